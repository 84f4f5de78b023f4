"""Vector formats of a layer and their file names."""

FORMATS = ("gpkg", "geojson", "parquet", "flatgeobuf")


def layer_file(layer: str, file_format: str) -> str:
    """Return the file name of a layer in one of FORMATS."""
    return f"{layer}.{'fgb' if file_format == 'flatgeobuf' else file_format}"

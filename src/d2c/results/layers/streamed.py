"""Chunked writer of the coverage layer, for more cells than fit in memory as polygons; outlines are computed per chunk.

It also writes layers of any size if only GeoParquet is requested: GeoPandas, which takes 0.1 s to load, is not needed.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from d2c import __version__
from d2c.coverage.result import Columns
from d2c.errors import OperationError
from d2c.region.grid import Grid
from d2c.results.format.rounding import coordinate_decimals, round_column, round_outlines
from d2c.results.layers.layer_file import layer_file

CHUNK_CELLS = 20_000  # their polygons, with all copies, take about 20 MB
_LAYER = "coverage"


def write_layer_streamed(
    columns: Columns, grid: Grid, folder: Path, *, formats: Sequence[str], title: str, description: str
) -> None:
    """Write coverage.parquet and coverage.fgb, as far as requested, into a staging folder.

    They read back like those of `write_layers`. Other formats are not written. ResultError if a file cannot be
    written.
    """
    parquet = folder / layer_file(_LAYER, "parquet")
    texts = {"title": title, "description": description}
    _write_parquet(parquet, columns, grid, texts)
    if "flatgeobuf" in formats:
        _write_flatgeobuf(folder / layer_file(_LAYER, "flatgeobuf"), parquet, texts)
    if "parquet" not in formats:
        parquet.unlink()


def _write_parquet(path: Path, columns: Columns, grid: Grid, texts: dict[str, str]) -> None:
    """Write the layer as GeoParquet 1.1, one row group per chunk."""
    writer, bounds, kinds = None, [], set()
    decimals = coordinate_decimals(grid.boundary_of(slice(0, CHUNK_CELLS)))
    try:
        for first in range(0, len(grid), CHUNK_CELLS):
            rows = slice(first, first + CHUNK_CELLS)
            outlines = round_outlines(grid.boundary_of(rows), decimals=decimals)
            chunk = _table({name: values[rows] for name, values in columns.items()}, outlines)
            if writer is None:
                # without Arrow's copy of the schema, which would hide the metadata added at the end
                writer = pq.ParquetWriter(path, chunk.schema, compression="zstd", store_schema=False)
            writer.write_table(chunk)
            bounds.append(shapely.total_bounds(outlines))
            _, first_of_each = np.unique(shapely.get_type_id(outlines), return_index=True)
            kinds |= {shape.geom_type for shape in outlines[first_of_each]}
        assert writer is not None  # a grid has at least one cell
        writer.add_key_value_metadata(_metadata(np.array(bounds), sorted(kinds), texts))
    finally:
        if writer is not None:
            writer.close()


def _table(columns: Columns, outlines: NDArray[Any]) -> pa.Table:
    """Return rows for writing: values rounded, NaN as null, outlines as WKB."""
    figures = {name: _arrow_array(round_column(name, values)) for name, values in columns.items()}
    shapes = _arrow_strings(shapely.to_wkb(outlines, flavor="iso").tolist(), pa.binary())
    return pa.table(figures | {"geometry": shapes})


# Built from Arrow buffers, since `pa.array` always loads Pandas.
def _arrow_array(values: NDArray[Any]) -> pa.Array:
    """Return texts, numbers or truth values as an Arrow array."""
    if values.dtype.kind == "U":
        return _arrow_strings([text.encode() for text in values.tolist()], pa.string())
    if values.dtype.kind == "b":
        bits = np.packbits(values, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])
    assert values.dtype.kind in "iuf"  # types with the same byte layout in Arrow and NumPy
    valid = np.packbits(~np.isnan(values), bitorder="little")
    buffers = [pa.py_buffer(valid), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), buffers)


def _arrow_strings(parts: list[bytes], kind: pa.DataType) -> pa.Array:
    """Return byte strings as an Arrow array."""
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int32)
    return pa.Array.from_buffers(kind, len(parts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(parts))])


def _metadata(bounds: NDArray[np.float64], kinds: list[str], texts: dict[str, str]) -> dict[str, str]:
    """Return the GeoParquet 1.1 metadata of chunks with these bounds (P, 4), and the texts for GeoPandas."""
    crs = CRS("EPSG:4326").to_json_dict()
    for member in crs["datum_ensemble"]["members"]:
        member.pop("id", None)  # older versions of PROJ cannot read them
    geometry = {
        "encoding": "WKB",
        "crs": crs,
        "geometry_types": kinds,
        "bbox": [*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()],
    }
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": geometry},
        "creator": {"library": "d2c", "version": __version__},
    }
    pandas = {"index_columns": [], "column_indexes": [], "columns": [], "attributes": texts}
    return {"geo": json.dumps(geo), "pandas": json.dumps(pandas)}


def _write_flatgeobuf(path: Path, parquet: Path, texts: dict[str, str]) -> None:
    """Convert a GeoParquet file to FlatGeobuf in batches; GDAL keeps one index entry per cell."""
    import pyogrio  # imported here for start-up time
    from pyogrio.errors import DataLayerError, DataSourceError  # likewise

    with pq.ParquetFile(parquet) as source:
        kinds = json.loads(source.metadata.metadata[b"geo"])["columns"]["geometry"]["geometry_types"]
        cells = source.metadata.num_rows
        schema = source.schema_arrow.remove_metadata()
        batches = (
            pa.RecordBatch.from_arrays(batch.columns, schema=schema)
            for batch in source.iter_batches(batch_size=CHUNK_CELLS)
        )
        try:
            pyogrio.write_arrow(
                pa.RecordBatchReader.from_batches(schema, batches),
                path,
                driver="FlatGeobuf",
                layer=_LAYER,
                geometry_name="geometry",
                geometry_type=kinds[0] if len(kinds) == 1 else "Unknown",
                crs="EPSG:4326",
                layer_options={"TITLE": texts["title"], "DESCRIPTION": texts["description"]},
            )
            written = pyogrio.read_info(path)["features"]
        except (DataSourceError, DataLayerError) as error:
            raise OperationError(
                f"{path.name} cannot be written: {str(error).splitlines()[0]}; free space on the disk, or leave out "
                "flatgeobuf"
            ) from error
    if written != cells:  # GDAL does not always report a full disk
        raise OperationError(
            f"{path.name} holds {written:,} of {cells:,} cells; free space on the disk, or leave out flatgeobuf"
        )

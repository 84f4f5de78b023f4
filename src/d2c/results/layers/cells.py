"""Reading and writing of the cell polygons with their columns, in four vector formats with equal values."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from d2c.errors import ResultError, did_you_mean
from d2c.files import write_bytes
from d2c.results.column_lookup import decimals_of
from d2c.results.format.rounding import coordinate_decimals, round_column, round_outlines
from d2c.results.layers.layer_file import FORMATS, layer_file

_READING_ORDER = ("parquet", "gpkg", "flatgeobuf", "geojson")  # most exact and fastest first

# A GeoPackage records the time of its last change. A fixed one gives equal bytes for equal results; the Unix
# epoch cannot be mistaken for a real time. The time of the run is in the summary.
_GPKG_LAST_CHANGE = "1970-01-01T00:00:00.000Z"


def cells_frame(columns: Mapping[str, np.ndarray], boundary: np.ndarray) -> gpd.GeoDataFrame:
    """Return the layer: columns `(G,)` in the order given, then the polygons `(G,)`, EPSG:4326.

    Values and coordinates are rounded here (columns.py), so that every format and the maps hold the same ones.
    """
    data = {name: round_column(name, np.asarray(values)) for name, values in columns.items()}
    return gpd.GeoDataFrame(data, geometry=round_outlines(boundary), crs="EPSG:4326")


def write_layers(
    frame: gpd.GeoDataFrame,
    folder: Path,
    *,
    formats: Sequence[str],
    layer: str = "coverage",
    title: str,
    description: str,
) -> list[Path]:
    """Write the layer once per format into `folder`, each file atomically, and return the paths.

    The same frame gives the same bytes in all formats (with the same library versions). All formats except
    GeoJSON store title and description; RFC 7946 has no member for them. ResultError for an unknown format and
    for errors of the operating system.
    """
    for name in formats:
        if name not in FORMATS:
            raise ResultError(f"unknown output format {name!r}{did_you_mean(name, FORMATS)}")
    paths = []
    for name in dict.fromkeys(formats):
        match name:
            case "gpkg":
                data = _gpkg(frame, layer=layer, title=title, description=description)
            case "geojson":
                data = _geojson(frame, layer=layer)
            case "parquet":
                data = _parquet(frame, title=title, description=description)
            case "flatgeobuf":
                data = _flatgeobuf(frame, layer=layer, title=title, description=description)
        # Built in memory and written here: GDAL and SQLite would leave journals beside the file, and do not
        # always report a full disk.
        path = folder / layer_file(layer, name)
        write_bytes(path, data)
        paths.append(path)
    return paths


def _gpkg(frame: gpd.GeoDataFrame, *, layer: str, title: str, description: str) -> bytes:
    """Return a GeoPackage with one layer."""
    out = io.BytesIO()
    with _fixed_gdal_clock():
        pyogrio.write_dataframe(
            frame,
            out,
            driver="GPKG",
            layer=layer,
            # A version that older QGIS opens without a warning.
            dataset_options={"VERSION": "1.3"},
            layer_options={
                "DATETIME_PRECISION": "MILLISECOND",
                "IDENTIFIER": title,
                "DESCRIPTION": description,
            },
        )
    return out.getvalue()


@contextmanager
def _fixed_gdal_clock() -> Iterator[None]:
    """Make GDAL write a fixed time of last change; restore its setting afterwards."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _GPKG_LAST_CHANGE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _geojson(frame: gpd.GeoDataFrame, *, layer: str) -> bytes:
    """Return GeoJSON by RFC 7946: longitude first, no crs member, null for NaN."""
    out = io.BytesIO()
    pyogrio.write_dataframe(
        frame,
        out,
        driver="GeoJSON",
        layer=layer,
        layer_options={
            "RFC7946": "YES",
            "COORDINATE_PRECISION": str(coordinate_decimals(frame.geometry.to_numpy())),
        },
    )
    return out.getvalue()


def _flatgeobuf(frame: gpd.GeoDataFrame, *, layer: str, title: str, description: str) -> bytes:
    """Return FlatGeobuf; its spatial index reorders the cells."""
    out = io.BytesIO()
    options = {"TITLE": title, "DESCRIPTION": description}
    pyogrio.write_dataframe(frame, out, driver="FlatGeobuf", layer=layer, layer_options=options)
    return out.getvalue()


def _parquet(frame: gpd.GeoDataFrame, *, title: str, description: str) -> bytes:
    """Return GeoParquet 1.1, zstd; GeoPandas reads title and description back as attrs."""
    out = io.BytesIO()
    described = frame.copy(deep=False)
    described.attrs = {"title": title, "description": description}
    described.to_parquet(out, index=False, compression="zstd", schema_version="1.1.0")
    return out.getvalue()


def read_layer(folder: Path, layer: str = "coverage") -> gpd.GeoDataFrame:
    """Read the layer of a result folder; ResultError if there is none or it cannot be read."""
    return _read(layer_path(folder, layer), layer)


def layer_path(folder: Path, layer: str = "coverage") -> Path:
    """Return the file of the first format present: Parquet, GeoPackage, FlatGeobuf, GeoJSON; ResultError for none."""
    for name in _READING_ORDER:
        path = folder / layer_file(layer, name)
        if path.is_file():
            return path
    names = ", ".join(layer_file(layer, name) for name in _READING_ORDER)
    raise ResultError(f"{folder} is not a result folder: it has none of {names}; make one with d2c run")


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    """Read the layer of one file, with the same column types for every format."""
    try:
        parquet = path.suffix == ".parquet"
        frame = gpd.read_parquet(path) if parquet else pyogrio.read_dataframe(path, layer=layer)
        if path.suffix == ".fgb" and "cell_id" in frame:
            frame = frame.sort_values("cell_id", kind="stable", ignore_index=True)
    except (OSError, ValueError, DataSourceError, DataLayerError) as error:
        reason = str(error).splitlines()[0].split(";")[0]  # the rest are hints for programmers
        raise ResultError(f"{path} cannot be read: {reason}; make the result again") from error
    # An all-null column has no type in GeoJSON.
    for name in frame.columns.drop("geometry"):
        if decimals_of(name) is not None and not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(np.float64)
    return frame

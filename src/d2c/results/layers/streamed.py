"""The layer of more cells than fit in memory as polygons: written piece by piece, the outlines made on the way.

Of any number of cells, where GeoParquet is all that is asked for: GeoPandas, which takes 0.1 s to load, is not needed.
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
from d2c.errors import ResultError
from d2c.region.grid import Grid
from d2c.results.format.rounding import rounded, rounded_outlines
from d2c.results.layers.layer_file import layer_file

PIECE_CELLS = 20_000  # of which the polygons, in all their copies, take some 20 MB
_LAYER = "coverage"


def write_many_cells(
    columns: Columns, grid: Grid, folder: Path, *, formats: Sequence[str], title: str, description: str
) -> None:
    """Write coverage.parquet and coverage.fgb, what of them is asked for, into a folder that is not yet anybody's.

    They read back as those of `write_layers` do. What comes from another than these two formats is left out.
    ResultError for what cannot be written.
    """
    parquet = folder / layer_file(_LAYER, "parquet")
    texts = {"title": title, "description": description}
    _write_parquet(parquet, columns, grid, texts)
    if "flatgeobuf" in formats:
        _write_flatgeobuf(folder / layer_file(_LAYER, "flatgeobuf"), parquet, texts)
    if "parquet" not in formats:
        parquet.unlink()


def _write_parquet(path: Path, columns: Columns, grid: Grid, texts: dict[str, str]) -> None:
    """Write the layer as GeoParquet 1.1, a row group for each piece."""
    writer, bounds, kinds = None, [], set()
    try:
        for first in range(0, len(grid), PIECE_CELLS):
            some = slice(first, first + PIECE_CELLS)
            outlines = rounded_outlines(grid.boundary_of(some))
            piece = _table({name: values[some] for name, values in columns.items()}, outlines)
            if writer is None:
                # without Arrow's own copy of the schema, which would hide what is only known at the end
                writer = pq.ParquetWriter(path, piece.schema, compression="zstd", store_schema=False)
            writer.write_table(piece)
            bounds.append(shapely.total_bounds(outlines))
            _, one_of_each = np.unique(shapely.get_type_id(outlines), return_index=True)
            kinds |= {shape.geom_type for shape in outlines[one_of_each]}
        assert writer is not None  # a grid has at least one cell
        writer.add_key_value_metadata(_metadata(np.array(bounds), sorted(kinds), texts))
    finally:
        if writer is not None:
            writer.close()


def _table(columns: Columns, outlines: NDArray[Any]) -> pa.Table:
    """Return rows as they are written: rounded, NaN as null, the outlines as bytes."""
    figures = {name: _array(rounded(name, values)) for name, values in columns.items()}
    shapes = _strings(shapely.to_wkb(outlines, flavor="iso").tolist(), pa.binary())
    return pa.table(figures | {"geometry": shapes})


# Made of Arrow's buffers, since `pa.array` loads Pandas, whatever it is given.
def _array(values: NDArray[Any]) -> pa.Array:
    """Return texts or numbers."""
    if values.dtype.kind == "U":
        return _strings([text.encode() for text in values.tolist()], pa.string())
    assert values.dtype.kind in "iuf"  # of whose values Arrow keeps the bytes that NumPy does
    known = np.packbits(~np.isnan(values), bitorder="little")
    buffers = [pa.py_buffer(known), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), buffers)


def _strings(parts: list[bytes], kind: pa.DataType) -> pa.Array:
    """Return strings of bytes."""
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int32)
    return pa.Array.from_buffers(kind, len(parts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(parts))])


def _metadata(bounds: NDArray[np.float64], kinds: list[str], texts: dict[str, str]) -> dict[str, str]:
    """Return what GeoParquet 1.1 wants to know of pieces with these bounds (P, 4), and the texts for GeoPandas."""
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
    """Write what a GeoParquet file holds as FlatGeobuf, batch after batch; GDAL keeps one index entry a cell."""
    import pyogrio  # here for start-up time
    from pyogrio.errors import DataLayerError, DataSourceError  # as well

    with pq.ParquetFile(parquet) as source:
        kinds = json.loads(source.metadata.metadata[b"geo"])["columns"]["geometry"]["geometry_types"]
        cells = source.metadata.num_rows
        schema = source.schema_arrow.remove_metadata()
        batches = (
            pa.RecordBatch.from_arrays(batch.columns, schema=schema)
            for batch in source.iter_batches(batch_size=PIECE_CELLS)
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
            raise ResultError(
                f"{path.name} cannot be written: {str(error).splitlines()[0]}; free space on the disk, or leave out "
                "flatgeobuf"
            ) from error
    if written != cells:  # GDAL does not always say that the disk was full
        raise ResultError(
            f"{path.name} got {written:,} of {cells:,} cells; free space on the disk, or leave out flatgeobuf"
        )

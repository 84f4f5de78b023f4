"""The layer of more cells than fit in memory as polygons: written piece by piece, the outlines made on the way."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from d2c.coverage.result import Columns
from d2c.errors import ResultError
from d2c.output.cells import cells_frame, layer_file
from d2c.region.grid import Grid

PIECE_CELLS = 50_000  # of which the polygons, in all their copies, take some 100 MB
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
    _write_parquet(parquet, _pieces(columns, grid, texts))
    if "flatgeobuf" in formats:
        _write_flatgeobuf(folder / layer_file(_LAYER, "flatgeobuf"), parquet, texts)
    if "parquet" not in formats:
        parquet.unlink()


def _pieces(columns: Columns, grid: Grid, texts: dict[str, str]) -> Iterator[pa.Table]:
    """Yield the layer's rows as the GeoParquet tables of GeoPandas."""
    for first in range(0, len(grid), PIECE_CELLS):
        some = slice(first, first + PIECE_CELLS)
        frame = cells_frame({name: values[some] for name, values in columns.items()}, grid.boundary_of(some))
        frame.attrs = texts
        piece = io.BytesIO()
        frame.to_parquet(piece, index=False, compression=None, schema_version="1.1.0")
        yield pq.read_table(piece)


def _write_parquet(path: Path, pieces: Iterator[pa.Table]) -> None:
    """Write the tables as row groups of one file, with the bounds and the kinds of shape of all of them."""
    writer, geo = None, None
    try:
        for piece in pieces:
            metadata = dict(piece.schema.metadata)
            geo = _widened(geo, json.loads(metadata.pop(b"geo")))
            if writer is None:
                # without Arrow's own copy of the schema, which would hide what is only known at the end
                schema = pa.schema([pa.field(f.name, f.type) for f in piece.schema])
                writer = pq.ParquetWriter(path, schema, compression="zstd", store_schema=False)
                texts = metadata
            writer.write_table(pa.table(piece.columns, schema=schema))
        assert writer is not None  # a grid has at least one cell
        writer.add_key_value_metadata({**texts, b"geo": json.dumps(geo).encode()})
    finally:
        if writer is not None:
            writer.close()


def _widened(geo: dict[str, Any] | None, more: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of GeoParquet for what came before and one more piece."""
    if geo is None:
        return more
    so_far, new = geo["columns"]["geometry"], more["columns"]["geometry"]
    corners = np.array([so_far["bbox"], new["bbox"]])
    so_far["bbox"] = [*corners[:, :2].min(axis=0).tolist(), *corners[:, 2:].max(axis=0).tolist()]
    so_far["geometry_types"] = sorted({*so_far["geometry_types"], *new["geometry_types"]})
    return geo


def _write_flatgeobuf(path: Path, parquet: Path, texts: dict[str, str]) -> None:
    """Write what a GeoParquet file holds as FlatGeobuf, batch after batch; GDAL keeps one index entry a cell."""
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

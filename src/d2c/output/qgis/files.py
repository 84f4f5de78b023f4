"""A result as QGIS opens it: styles inside the GeoPackage and beside other files, and a project."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geopandas import GeoDataFrame

from d2c.coverage.result import Columns
from d2c.files import write_bytes
from d2c.output.maps.basemap import Surroundings, surroundings
from d2c.output.qgis.project import ProjectLayer, TemporalFrames, metadata_texts, project_file
from d2c.output.qgis.style import Style, cells_style, columns_to_style, ground_style, lines_style, qml
from d2c.output.qgis.xml import VERSION, document, element
from d2c.results.columns import quantities
from d2c.results.format.text_files import write_text
from d2c.results.layers.geopackage import (
    MIDDLE,
    StoredStyle,
    add_hourly,
    add_metadata,
    add_polygons,
    add_styles,
    editing,
)
from d2c.results.layers.layer_file import layer_file

_WITH_A_STYLE_BESIDE = ("geojson", "flatgeobuf")
_MOST_ROWS = 2_000_000  # of the layer of hours, 50 bytes each
_GROUP = "Coverage, one at a time"
_LINES, _GROUND = "Coast and borders", "Land and sea"
_OF_BEAM_CELLS = ("throughput_mbps", "kbps_per_person", "duty", "blocked", "handovers_per_hour", "population")


@dataclass(frozen=True, eq=False, slots=True)
class _Table:
    """A layer of the GeoPackage with its styles by name, the default one first."""

    name: str
    title: str
    description: str
    styles: Mapping[str, Style]
    frame: GeoDataFrame | None = None  # of those that are still to be put into the GeoPackage


def write_qgis(
    frame: GeoDataFrame,
    hourly: Columns,
    folder: Path,
    *,
    beams: GeoDataFrame | None = None,
    title: str,
    description: str,
    licence: str,
    services: Sequence[str],
) -> None:
    """Make the layer files in `folder`, which write_layers has written just before, ready for QGIS.

    coverage.gpkg gets the layers `hourly`, `beams` and `borders`, styles and descriptions, and beside it a project,
    coverage.qgz; GeoJSON and FlatGeobuf get their style, coverage.qml and beams.qml. `hourly` holds `start_utc` and
    `end_utc` (H,) and figures (H, G), the cells in the order of `frame`; beyond 2,000,000 rows that layer is left
    out. `beams` holds the beam cells of a loaded network. Raises ResultError if the files cannot be written.
    """
    cells = _cells_table(frame, title=title, description=description, services=services)
    described = [cells]
    if beams is not None:
        described.append(_beams_table(beams, title=title, description=description))
    for table in described:
        if any((folder / layer_file(table.name, name)).is_file() for name in _WITH_A_STYLE_BESIDE):
            write_text(folder / f"{table.name}.qml", qml(next(iter(table.styles.values()))))
    path = folder / layer_file("coverage", "gpkg")
    if not path.is_file():
        return

    west, south, east, north = frame.total_bounds.tolist()
    around = surroundings((west, south, east, north))
    tables = described
    if 0 < len(frame) * len(hourly["start_utc"]) <= _MOST_ROWS:
        tables.append(_hourly_table(hourly, title=title, description=description, services=services))
    if around.polygons:
        tables.append(_borders_table(around, title, licence))
    _complete(path, tables, hourly=hourly, licence=licence)

    by_name = {table.name: table for table in tables}
    known = quantities(frame.columns)
    first = [known[column].title for column in columns_to_style(frame.columns, services)]
    layers = _project_layers(by_name, first=first)
    project = project_file(
        layers,
        data=path.name,
        bounds=(west, south, east, north),
        title=title,
        description=description,
        licence=licence,
        frames=_frames(hourly, layers) if "hourly" in by_name else None,
    )
    write_bytes(folder / "coverage.qgz", project)


def style_layer(
    frame: GeoDataFrame, folder: Path, *, layer: str, first: str, title: str, description: str, licence: str
) -> None:
    """Give the files of a layer, which write_layers has written just before, a style for every column with a map.

    `first` is the column of the default one, which LAYER.qml holds for the formats without styles of their own.
    Raises ResultError if the files cannot be written.
    """
    columns = [str(name) for name in frame.columns.drop("geometry")]
    known = quantities(columns)
    ordered = [first, *(name for name in known if name != first)]
    styles = {known[name].title: cells_style(name, columns, tips=ordered) for name in ordered}
    write_text(folder / f"{layer}.qml", qml(styles[known[first].title]))
    with editing(folder / layer_file(layer, "gpkg")) as database:
        _add_looks(database, [_Table(layer, title, description, styles)], licence)


def _cells_table(frame: GeoDataFrame, *, title: str, description: str, services: Sequence[str]) -> _Table:
    """Return the layer of cells, with a style for every column that can be mapped."""
    columns = [str(name) for name in frame.columns.drop("geometry")]
    first = columns_to_style(columns, services)
    known = quantities([*first, *(name for name in columns if name not in first)])
    styles = {entry.title: cells_style(name, columns, tips=first) for name, entry in known.items()}
    return _Table("coverage", title, description, styles)


def _beams_table(beams: GeoDataFrame, *, title: str, description: str) -> _Table:
    """Return the layer of beam cells."""
    columns = [str(name) for name in beams.columns.drop("geometry")]
    known = quantities(columns)
    styles = {
        f"Beam cells: {known[name].title}": cells_style(name, columns, tips=_OF_BEAM_CELLS)
        for name in _OF_BEAM_CELLS
    }
    described = f"One row per beam cell, the Earth-fixed place that a beam is steered to. {description}"
    return _Table("beams", f"{title}, beam cells", described, styles, beams)


def _hourly_table(hourly: Columns, *, title: str, description: str, services: Sequence[str]) -> _Table:
    """Return the layer of cells by the hour."""
    figures = [name for name in hourly if name not in ("start_utc", "end_utc")]
    columns = ["OGC_FID", "cell_id", "start_utc", MIDDLE, "end_utc", *figures]
    first = columns_to_style(figures, services)
    styles = {
        f"Hourly: {entry.title}": cells_style(name, columns, tips=first, hourly=True)
        for name, entry in quantities(first).items()
    }
    described = f"One row per cell and frame of time, for the Temporal Controller of QGIS. {description}"
    return _Table("hourly", f"{title}, hour by hour", described, styles)


def _borders_table(around: Surroundings, title: str, licence: str) -> _Table:
    styles = {_LINES: lines_style(), _GROUND: ground_style()}
    frame = GeoDataFrame({"name": around.names, "kind": around.kinds}, geometry=around.polygons)
    return _Table("borders", f"{title}, coast and borders", licence, styles, frame)


def _complete(path: Path, tables: Sequence[_Table], *, hourly: Columns, licence: str) -> None:
    """Add to the GeoPackage of the cells what else the tables hold, their styles and their descriptions."""
    with editing(path) as database:
        for table in tables:
            if table.name == "hourly":
                add_hourly(database, hourly, title=table.title, description=table.description)
            if table.frame is not None:
                plain = table.frame.drop(columns="geometry")
                add_polygons(
                    database,
                    table.name,
                    polygons=table.frame.geometry.to_numpy(),
                    columns={str(name): column.to_numpy() for name, column in plain.items()},
                    title=table.title,
                    description=table.description,
                )
        _add_looks(database, tables, licence)


def _add_looks(database: sqlite3.Connection, tables: Sequence[_Table], licence: str) -> None:
    """Add the styles and descriptions of tables."""
    styles = [
        StoredStyle(table.name, name, table.title, qml(style), default=k == 0)
        for table in tables
        for k, (name, style) in enumerate(table.styles.items())
    ]
    add_styles(database, styles)
    add_metadata(database, {table.name: _metadata(table, licence) for table in tables})


def _metadata(table: _Table, licence: str) -> str:
    root = element("qgis", version=VERSION)
    metadata_texts(
        root, identifier=table.name, title=table.title, description=table.description, licence=licence
    )
    return document(root)


def _project_layers(tables: Mapping[str, _Table], *, first: Sequence[str]) -> list[ProjectLayer]:
    """Return the layers of the project, of the cells those styles that people ask for first."""
    shown = [("coverage", name, tables["coverage"].styles[name]) for name in first]
    for table in ("beams", "hourly"):
        if table in tables:
            shown += [(table, name, style) for name, style in tables[table].styles.items()]
    cells = [
        ProjectLayer(table, name, style, drawn=1, group=_GROUP, checked=k == 0, expanded=k == 0)
        for k, (table, name, style) in enumerate(shown)
    ]
    if "borders" not in tables:
        return cells
    lines, land = tables["borders"].styles.items()
    return [
        *cells,
        ProjectLayer("borders", *lines, drawn=0, checked=True),
        ProjectLayer("borders", *land, drawn=2, checked=True),
    ]


def _frames(hourly: Columns, layers: Sequence[ProjectLayer]) -> TemporalFrames:
    start, end = hourly["start_utc"], hourly["end_utc"]
    following = [layer for layer in layers if layer.table == "hourly"]
    return TemporalFrames(start[0], end[-1], end[0] - start[0], following)

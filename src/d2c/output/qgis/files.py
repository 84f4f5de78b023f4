"""QGIS files of a result: styles in the GeoPackage and as QML beside other formats, and a project file."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from d2c.coverage.result import Columns
from d2c.files import write_bytes
from d2c.output.maps.basemap import Basemap, clip_basemap
from d2c.output.qgis.project import ProjectLayer, TemporalFrames, metadata_texts, project_file
from d2c.output.qgis.style import Style, cells_style, columns_to_style, ground_style, lines_style, qml
from d2c.output.qgis.xml import VERSION, document, element
from d2c.results.column_lookup import map_quantities
from d2c.results.format.text_files import write_text
from d2c.results.layers.geopackage import (
    MID_TIME_FIELD,
    StoredStyle,
    add_hourly,
    add_metadata,
    add_polygons,
    add_styles,
    edit_geopackage,
)
from d2c.results.layers.layer_file import layer_file

_FORMATS_WITH_QML = ("geojson", "flatgeobuf")
_MOST_ROWS = 2_000_000  # of the hourly layer, 50 bytes each
_GROUP = "Coverage, one at a time"
_LINES, _GROUND = "Coast and borders", "Land and sea"
_BEAM_CELL_COLUMNS = (
    "throughput_mbps",
    "kbps_per_person",
    "duty",
    "alight",
    "served",
    "handovers_per_hour",
    "population",
)


@dataclass(frozen=True, eq=False, slots=True)
class _Table:
    """A layer of the GeoPackage with its styles by name, default first."""

    name: str
    title: str
    description: str
    styles: Mapping[str, Style]
    frame: GeoDataFrame | None = None  # of layers not yet in the GeoPackage


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
    area: BaseGeometry | None = None,
) -> None:
    """Add QGIS layers, styles and a project to the layer files that write_layers has written to `folder`.

    coverage.gpkg gets the layers `hourly`, `beams` and `borders`, styles and metadata, and the project coverage.qgz
    beside it; GeoJSON and FlatGeobuf get the styles coverage.qml and beams.qml. `hourly` holds `start_utc` and
    `end_utc` (H,) and values (H, G), the cells in the order of `frame`; that layer is omitted beyond 2,000,000 rows.
    `beams` holds the beam cells of a loaded network, `area` what is outlined. ResultError if the files cannot be
    written.
    """
    cells = _cells_table(frame, title=title, description=description, services=services)
    tables = [cells]
    if beams is not None:
        tables.append(_beams_table(beams, title=title, description=description))
    for table in tables:
        if any((folder / layer_file(table.name, name)).is_file() for name in _FORMATS_WITH_QML):
            write_text(folder / f"{table.name}.qml", qml(next(iter(table.styles.values()))))
    path = folder / layer_file("coverage", "gpkg")
    if not path.is_file():
        return

    west, south, east, north = frame.total_bounds.tolist()
    basemap = clip_basemap((west, south, east, north), area)
    if 0 < len(frame) * len(hourly["start_utc"]) <= _MOST_ROWS:
        tables.append(_hourly_table(hourly, title=title, description=description, services=services))
    if basemap.polygons:
        tables.append(_borders_table(basemap, title, licence))
    _complete(path, tables, hourly=hourly, licence=licence)

    by_name = {table.name: table for table in tables}
    definitions = map_quantities(frame.columns)
    first = [definitions[column].title for column in columns_to_style(frame.columns, services)]
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
    """Add a style for every mapped column to the files of a layer that write_layers has written.

    `first` is the column of the default style, also written to LAYER.qml for formats without embedded styles.
    ResultError if the files cannot be written.
    """
    columns = [str(name) for name in frame.columns.drop("geometry")]
    definitions = map_quantities(columns)
    ordered = [first, *(name for name in definitions if name != first)]
    styles = {definitions[name].title: cells_style(name, columns, tips=ordered) for name in ordered}
    write_text(folder / f"{layer}.qml", qml(styles[definitions[first].title]))
    with edit_geopackage(folder / layer_file(layer, "gpkg")) as database:
        _add_styles_and_metadata(database, [_Table(layer, title, description, styles)], licence)


def _cells_table(frame: GeoDataFrame, *, title: str, description: str, services: Sequence[str]) -> _Table:
    """Return the cell layer, with a style for every mapped column."""
    columns = [str(name) for name in frame.columns.drop("geometry")]
    first = columns_to_style(columns, services)
    definitions = map_quantities([*first, *(name for name in columns if name not in first)])
    styles = {entry.title: cells_style(name, columns, tips=first) for name, entry in definitions.items()}
    return _Table("coverage", title, description, styles)


def _beams_table(beams: GeoDataFrame, *, title: str, description: str) -> _Table:
    """Return the beam cell layer."""
    columns = [str(name) for name in beams.columns.drop("geometry")]
    definitions = map_quantities(columns)
    styles = {
        f"Beam cells: {definitions[name].title}": cells_style(name, columns, tips=_BEAM_CELL_COLUMNS)
        for name in _BEAM_CELL_COLUMNS
    }
    text = f"One row per beam cell, the Earth-fixed target of a steered beam. {description}"
    return _Table("beams", f"{title}, beam cells", text, styles, beams)


def _hourly_table(hourly: Columns, *, title: str, description: str, services: Sequence[str]) -> _Table:
    """Return the hourly cell layer."""
    figures = [name for name in hourly if name not in ("start_utc", "end_utc")]
    columns = ["OGC_FID", "cell_id", "start_utc", MID_TIME_FIELD, "end_utc", *figures]
    first = columns_to_style(figures, services)
    styles = {
        f"Hourly: {entry.title}": cells_style(name, columns, tips=first, hourly=True)
        for name, entry in map_quantities(first).items()
    }
    text = f"One row per cell and time frame, for the Temporal Controller of QGIS. {description}"
    return _Table("hourly", f"{title}, hourly", text, styles)


def _borders_table(basemap: Basemap, title: str, licence: str) -> _Table:
    styles = {_LINES: lines_style(), _GROUND: ground_style()}
    frame = GeoDataFrame({"name": basemap.names, "kind": basemap.kinds}, geometry=basemap.polygons)
    return _Table("borders", f"{title}, coast and borders", licence, styles, frame)


def _complete(path: Path, tables: Sequence[_Table], *, hourly: Columns, licence: str) -> None:
    """Add further layers, styles and metadata to the GeoPackage of the cells."""
    with edit_geopackage(path) as database:
        for table in tables:
            if table.name == "hourly":
                add_hourly(database, hourly, title=table.title, description=table.description)
            if table.frame is not None:
                attributes = table.frame.drop(columns="geometry")
                add_polygons(
                    database,
                    table.name,
                    polygons=table.frame.geometry.to_numpy(),
                    columns={str(name): column.to_numpy() for name, column in attributes.items()},
                    title=table.title,
                    description=table.description,
                )
        _add_styles_and_metadata(database, tables, licence)


def _add_styles_and_metadata(database: sqlite3.Connection, tables: Sequence[_Table], licence: str) -> None:
    """Add the styles and metadata of tables."""
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
    """Return the layers of the project; of the cell layer only the styles `first`."""
    styled = [("coverage", name, tables["coverage"].styles[name]) for name in first]
    for table in ("beams", "hourly"):
        if table in tables:
            styled += [(table, name, style) for name, style in tables[table].styles.items()]
    cells = [
        ProjectLayer(table, name, style, drawn=1, group=_GROUP, checked=k == 0, expanded=k == 0)
        for k, (table, name, style) in enumerate(styled)
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
    temporal_layers = [layer for layer in layers if layer.table == "hourly"]
    return TemporalFrames(start[0], end[-1], end[0] - start[0], temporal_layers)

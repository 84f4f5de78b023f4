"""Further layers, QGIS styles and metadata in the GeoPackage of the cells."""

import errno
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from d2c.coverage.result import Columns
from d2c.files import cannot_write
from d2c.results.format.rounding import round_column
from d2c.utc import iso_texts

_WGS84 = 4326
_SQL_TYPES = {"f": "REAL", "i": "INTEGER", "b": "BOOLEAN"}  # by NumPy dtype kind, else TEXT
_LAST_CHANGE = "(SELECT min(last_change) FROM gpkg_contents)"  # time of the first layer, for equal bytes

_METADATA_TABLES = """
CREATE TABLE gpkg_metadata (
    id INTEGER PRIMARY KEY NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
    mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
    reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
    timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL,
    md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
    CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""  # OGC 12-128r17, annex F.8
_METADATA_EXTENSION = "http://www.geopackage.org/spec120/#extension_metadata"

_STYLES_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,
    f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT, ui TEXT, update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""  # the columns of a table created by QGIS


@dataclass(frozen=True, slots=True)
class StoredStyle:
    """QML style of a table of the GeoPackage."""

    table: str
    name: str
    description: str
    qml: str
    default: bool


@contextmanager
def edit_geopackage(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a GeoPackage that is open nowhere else; ResultError if it cannot be written.

    No journal is kept: after an error the file is unusable, so it must be in a staging folder.
    """
    try:
        with closing(sqlite3.connect(path)) as database:
            for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
                database.execute(f"PRAGMA {setting}")
            yield database
            database.commit()
    except sqlite3.OperationalError as error:
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        raise cannot_write(path, OSError(errno.ENOSPC if full else errno.EIO, str(error))) from error


def add_polygons(
    database: sqlite3.Connection,
    table: str,
    *,
    polygons: Sequence[Polygon | MultiPolygon],
    columns: Mapping[str, np.ndarray],
    title: str,
    description: str,
) -> None:
    """Add a layer of at least one polygon, all of one geometry type, with columns (N,) already rounded."""
    kind = polygons[0].geom_type.upper()
    declared = "".join(
        f", {quote_identifier(name)} {_SQL_TYPES.get(values.dtype.kind, 'TEXT')}"
        for name, values in columns.items()
    )
    database.execute(
        f"CREATE TABLE {quote_identifier(table)} (fid INTEGER PRIMARY KEY NOT NULL, geom {kind}{declared})"
    )
    values = (values.tolist() for values in columns.values())  # SQLite takes NaN for NULL
    _insert(database, table, [range(1, len(polygons) + 1), map(_gpkg_geometry, polygons), *values])
    bounds = shapely.total_bounds(np.array(polygons, dtype=object)).tolist()
    _register(database, table, title=title, description=description, bounds=bounds)
    _register_geometry(database, table, kind=kind, rows=len(polygons))


def add_hourly(database: sqlite3.Connection, hourly: Columns, *, title: str, description: str) -> None:
    """Add the layer `hourly`: a row per cell and hour, with the outline of the cell.

    It is a view that joins tables of the hours (H) and of the values (H times G) with the outlines of `coverage`, whose
    rows are the G cells in the same order. Copied outlines would take five times the space.
    """
    start, end = (hourly[name].astype("datetime64[ms]") for name in ("start_utc", "end_utc"))
    figures = {name: round_column(name, values) for name, values in hourly.items() if values.ndim == 2}
    cells = next(iter(figures.values())).shape[1]

    database.execute(
        f"CREATE TABLE hours (hour INTEGER PRIMARY KEY NOT NULL, "
        f"start_utc DATETIME NOT NULL, {MID_TIME_FIELD} DATETIME NOT NULL, end_utc DATETIME NOT NULL)"
    )
    instants = (start, start + (end - start) // 2, end)
    _insert(database, "hours", [range(len(start)), *(iso_texts(times, unit="ms") for times in instants)])

    columns = "".join(f", {quote_identifier(name)} REAL" for name in figures)
    database.execute(
        "CREATE TABLE hourly_values (fid INTEGER PRIMARY KEY NOT NULL, "
        f"cell INTEGER NOT NULL, hour INTEGER NOT NULL{columns})"
    )
    for hour in range(len(start)):
        rows = range(hour * cells + 1, (hour + 1) * cells + 1)
        values = (
            hourly_values[hour].tolist() for hourly_values in figures.values()
        )  # SQLite takes NaN for NULL
        _insert(database, "hourly_values", [rows, range(1, cells + 1), [hour] * cells, *values])
    database.execute("CREATE INDEX hourly_values_by_hour ON hourly_values (hour)")

    # GDAL recognises the key of a view by the name OGC_FID.
    selected = "".join(f", v.{quote_identifier(name)} AS {quote_identifier(name)}" for name in figures)
    database.execute(
        "CREATE VIEW hourly AS SELECT v.fid AS OGC_FID, c.geom AS geom, c.cell_id AS cell_id, "
        f"h.start_utc AS start_utc, h.{MID_TIME_FIELD} AS {MID_TIME_FIELD}, h.end_utc AS end_utc{selected} "
        "FROM hours h JOIN hourly_values v ON v.hour = h.hour JOIN coverage c ON c.fid = v.cell"
    )
    for table, content in (
        ("hours", "hours of the layer hourly"),
        ("hourly_values", "values of the layer hourly"),
    ):
        _register(database, table, title=None, description=content, bounds=[None] * 4)
    cell_bounds = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'coverage'"
    bounds = database.execute(cell_bounds).fetchone()
    (kind,) = database.execute(
        "SELECT geometry_type_name FROM gpkg_geometry_columns WHERE table_name = 'coverage'"
    ).fetchone()
    _register(database, "hourly", title=title, description=description, bounds=bounds)
    _register_geometry(database, "hourly", kind=kind, rows=len(start) * cells)


def add_styles(database: sqlite3.Connection, styles: Iterable[StoredStyle]) -> None:
    """Add the styles; QGIS lists those of a table by name and opens it with the default."""
    database.executescript(_STYLES_TABLE)
    database.executemany(
        # QGIS ignores a style whose f_geometry_column does not match.
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, useAsDefault, description, owner, update_time) "
        f"VALUES ('', '', ?, 'geom', ?, ?, ?, ?, '', {_LAST_CHANGE})",
        [(s.table, s.name, s.qml, int(s.default), s.description) for s in styles],
    )
    _register(database, "layer_styles", title=None, description="QGIS styles", bounds=[None] * 4)


def add_metadata(database: sqlite3.Connection, texts: dict[str, str]) -> None:
    """Add QGIS metadata documents (XML) by table name."""
    database.executescript(_METADATA_TABLES)
    for number, (table, text) in enumerate(texts.items(), start=1):
        database.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)",
            (number, text),
        )
        database.execute(
            f"INSERT INTO gpkg_metadata_reference VALUES ('table', ?, NULL, NULL, {_LAST_CHANGE}, ?, NULL)",
            (table, number),
        )
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
        [(table, _METADATA_EXTENSION) for table in ("gpkg_metadata", "gpkg_metadata_reference")],
    )


def _register(
    database: sqlite3.Connection,
    table: str,
    *,
    title: str | None,
    description: str,
    bounds: Sequence[float | None],
) -> None:
    """Register a table in gpkg_contents, as features if it has bounds; titles must be unique."""
    features = bounds[0] is not None
    kind, system = ("features", _WGS84) if features else ("attributes", None)
    database.execute(
        f"INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, {_LAST_CHANGE}, ?, ?, ?, ?, ?)",
        (table, kind, title, description, *bounds, system),
    )


def _register_geometry(database: sqlite3.Connection, table: str, *, kind: str, rows: int) -> None:
    database.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (table, kind, _WGS84)
    )
    database.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", (table, rows))


def _insert(database: sqlite3.Connection, table: str, columns: Sequence[Iterable[object]]) -> None:
    """Insert rows, given column by column."""
    placeholders = ", ".join("?" * len(columns))
    rows = zip(*columns, strict=True)
    database.executemany(f"INSERT INTO {quote_identifier(table)} VALUES ({placeholders})", rows)


def _gpkg_geometry(shape: Polygon | MultiPolygon) -> bytes:
    """Encode a geometry as a GeoPackage blob: header with envelope, then WKB (OGC 12-128r17, 2.1.3)."""
    west, south, east, north = shape.bounds
    flags = 0b11  # an envelope of four numbers, little-endian
    header = struct.pack("<2sBBi4d", b"GP", 0, flags, _WGS84, west, east, south, north)
    return header + bytes(shapely.to_wkb(shape, byte_order=1, flavor="iso"))


MID_TIME_FIELD = "middle_utc"  # the Temporal Controller selects the rows of a frame by this time


def quote_identifier(column: str) -> str:
    """Quote a column name for SQL and QGIS expressions."""
    return '"' + column.replace('"', '""') + '"'

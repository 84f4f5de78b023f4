"""What QGIS will find, read here by other programs: GDAL, SQLite and an XML parser. QGIS itself: test_qgis_program."""

import re
import resource
import signal
import sqlite3
import time
import zipfile
from contextlib import closing
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ResultError
from d2c.output.maps.basemap import clip_basemap
from d2c.output.qgis import files as qgis
from d2c.output.qgis.style import cells_style, class_rules, qml
from d2c.results.column_lookup import column_alias, map_quantities, map_quantity
from d2c.results.layers.cells import cells_frame, read_layer, write_layers

TEXTS = {"title": 'Città <script>alert(1)</script> & "more" \x07', "description": "24 h; <noise> only"}
ASKED = {**TEXTS, "licence": "Boundaries: CC BY 4.0", "services": ["text", "voice"]}
HOURS, COLUMNS, ROWS = 5, 12, 9
CELLS = COLUMNS * ROWS


def made_up(*, west=11.0, south=41.0):
    """Return columns and boxes of 0.1 deg about Rome: figures of every class, a cell without any."""
    x, y = (a.ravel() for a in np.meshgrid(np.arange(COLUMNS) * 0.1 + west, np.arange(ROWS) * 0.1 + south))
    random = np.random.default_rng(5)
    columns = {
        "cell_id": np.array([f"cell {k}" for k in range(CELLS)]),
        "latitude_deg": y + 0.05,
        "longitude_deg": x + 0.05,
        "surface": np.where(np.arange(CELLS) % 3, "land", "sea"),
        "mean_visible": random.random(CELLS) * 15,
        "max_visible": random.integers(0, 20, CELLS),
        "c_n_p50_db": random.normal(5, 10, CELLS),
        "voice_availability": 1 - random.random(CELLS) ** 4,
        "text_availability": 1 - random.random(CELLS) ** 6,
        "text_longest_gap_s": random.integers(0, 400, CELLS) * 30.0,
        "text_mean_wait_s": random.random(CELLS) * 4000,
        "text_margin_p50_db": random.normal(0, 10, CELLS),
        "text_within_5min": random.random(CELLS),
    }
    for name in ("c_n_p50_db", "text_margin_p50_db", "text_availability"):
        columns[name][7] = np.nan
    return columns, shapely.box(x, y, x + 0.1, y + 0.1)


def made_up_hours(*, hours=HOURS, cells=CELLS):
    random = np.random.default_rng(6)
    start = np.datetime64("2026-08-22T18:00:00", "us") + np.arange(hours) * np.timedelta64(3600, "s")
    end = start + np.timedelta64(3600, "s")
    end[-1] -= np.timedelta64(1200, "s")  # a span need not be whole hours
    c_n_db = random.normal(8, 6, (hours, cells))
    c_n_db[:, ::10] = np.nan
    return {
        "start_utc": start,
        "end_utc": end,
        "text_availability": random.random((hours, cells)),
        "voice_availability": random.random((hours, cells)),
        "c_n_mean_db": c_n_db,
    }


def write(folder, *, formats=("gpkg", "geojson"), frame=None, hourly=None, **asked):
    folder.mkdir(exist_ok=True)
    frame = cells_frame(*made_up()) if frame is None else frame
    write_layers(frame, folder, formats=formats, **TEXTS)
    qgis.write_qgis(frame, made_up_hours() if hourly is None else hourly, folder, **(ASKED | asked))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("result"))


def query(folder, sql):
    with closing(sqlite3.connect(folder / "coverage.gpkg")) as database:
        return database.execute(sql).fetchall()


def project(folder):
    with zipfile.ZipFile(folder / "coverage.qgz") as archive:
        (name,) = archive.namelist()
        assert name == "coverage.qgs"
        return ET.fromstring(archive.read(name))


# ---- classes


COLUMNS_WITH_CLASSES = [
    *("visible_fraction", "mean_visible", "max_visible", "max_elevation_deg", "c_n_p50_db", "c_n_mean_db"),
    *(
        "text_availability",
        "text_within_5min",
        "text_longest_gap_s",
        "text_mean_wait_s",
        "text_margin_p50_db",
    ),
]


def classes_by_sqlite(column, values):
    """Return for each value the numbers of the rules that hold, as SQLite reads them: the words are those of QGIS."""
    rules = [rule for rule, _, _ in class_rules(column, map_quantities([column])[column])]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f'CREATE TABLE t ("{column}" REAL)')
        database.executemany("INSERT INTO t VALUES (?)", [(float(value),) for value in values])
        held = [database.execute(f"SELECT {rule} FROM t ORDER BY rowid").fetchall() for rule in rules]
    return [[k for k, rows in enumerate(held) if rows[n][0]] for n in range(len(values))]


@pytest.mark.parametrize("column", COLUMNS_WITH_CLASSES)
def test_a_value_at_a_limit_belongs_to_the_class_above(column):
    entry = map_quantities([column])[column]
    limits = np.round(np.array(entry.limits) / entry.factor, 9)
    values = np.concatenate([limits, np.round(limits - 1e-6, 6), np.round(limits + 1e-6, 6), [-1e9, 1e9]])
    assert classes_by_sqlite(column, values) == [[k] for k in entry.classes(values).tolist()]


@given(
    column=st.sampled_from(COLUMNS_WITH_CLASSES),
    value=st.floats(-1e6, 1e6).map(lambda number: round(number, 6)),
)
def test_every_number_has_one_class_the_same_as_in_the_picture(column, value):
    expected = map_quantities([column])[column].classes(np.array([value])).tolist()
    assert classes_by_sqlite(column, [value]) == [expected]


def test_a_cell_without_a_figure_has_a_rule_of_its_own():
    style = ET.fromstring(
        qml(cells_style("c_n_p50_db", ["cell_id", "c_n_p50_db"], tips=[])).partition("\n")[2]
    )
    rules = style.findall("renderer-v2/rules/rule")
    assert (rules[-1].get("filter"), rules[-1].get("label")) == ('"c_n_p50_db" IS NULL', "no data")
    assert len(rules) == len(map_quantity("c_n_p50_db").colours) + 1
    assert [rule.get("label") for rule in rules[:2]] == [
        "≥ 20 dB",
        "15–20 dB",
    ]  # the best on top, as in print


@pytest.mark.parametrize(
    ("column", "named"),
    [
        ("text_longest_gap_s", "Longest gap, text (s)"),
        ("emergency_text_mean_wait_s", "Mean wait, emergency text (s)"),
        ("text_availability", "Availability, text (0 to 1)"),
        ("text_margin_p50_db", "Median margin, text (dB)"),
        ("max_elevation_deg", "Highest elevation reached (°)"),
        ("max_visible", "Satellites in view, most at once"),
        ("area_km2", "Area inside the region (km²)"),
        ("something_new", "something_new"),
    ],
)
def test_an_alias_has_the_unit_of_what_is_stored(column, named):
    assert column_alias(column) == named


# ---- the GeoPackage


def test_the_cells_stay_as_they_were(folder, tmp_path):
    frame = cells_frame(*made_up())
    write_layers(frame, tmp_path, formats=["gpkg"], **TEXTS)
    assert read_layer(folder).equals(read_layer(tmp_path))
    assert query(folder, "PRAGMA integrity_check") == [("ok",)]
    assert query(folder, "PRAGMA foreign_key_check") == []


def test_gdal_reads_a_row_per_cell_and_hour_with_the_outline_of_the_cell(folder):
    frame, hourly = cells_frame(*made_up()), made_up_hours()
    read = pyogrio.read_dataframe(folder / "coverage.gpkg", layer="hourly", datetime_as_string=True)
    assert len(read) == HOURS * CELLS
    assert read.crs.to_epsg() == 4326
    for hour, rows in read.groupby("start_utc"):
        h = hourly["start_utc"].tolist().index(np.datetime64(hour.removesuffix("Z"), "us").item())
        assert rows["cell_id"].tolist() == frame["cell_id"].tolist()
        assert rows.geometry.reset_index(drop=True).geom_equals(frame.geometry).all()
        for name, digits in (("text_availability", 6), ("voice_availability", 6), ("c_n_mean_db", 2)):
            np.testing.assert_allclose(rows[name], hourly[name][h], rtol=0, atol=0.5001 * 10.0**-digits)
    assert pyogrio.read_info(folder / "coverage.gpkg", layer="hourly")["features"] == HOURS * CELLS


def test_instants_are_those_of_the_specification_and_the_middle_lies_between(folder):
    """OGC 12-128r17, table 1: YYYY-MM-DDTHH:MM:SS.SSSZ."""
    rows = query(folder, "SELECT DISTINCT start_utc, middle_utc, end_utc FROM hourly ORDER BY 1")
    assert rows[0] == ("2026-08-22T18:00:00.000Z", "2026-08-22T18:30:00.000Z", "2026-08-22T19:00:00.000Z")
    assert rows[-1] == ("2026-08-22T22:00:00.000Z", "2026-08-22T22:20:00.000Z", "2026-08-22T22:40:00.000Z")


@pytest.mark.parametrize("column", ["start_utc", "middle_utc"])
@pytest.mark.parametrize("form", ["{}", "{}Z", "{}.000Z"])
def test_the_middle_falls_into_its_hour_however_the_instants_are_compared(folder, column, form):
    """QGIS lets SQLite compare instants as texts, in one of these forms; for the start of an hour that goes wrong."""
    begin, end = form.format("2026-08-22T19:00:00"), form.format("2026-08-22T20:00:00")
    found = query(
        folder, f"SELECT DISTINCT start_utc FROM hourly WHERE {column} >= '{begin}' AND {column} < '{end}'"
    )
    right = found == [("2026-08-22T19:00:00.000Z",)]
    assert right == (column == "middle_utc" or form != "{}Z")


def test_styles_are_found_by_table_and_column_and_the_first_service_is_the_default(folder):
    styles = query(
        folder, "SELECT f_table_name, f_geometry_column, styleName, useAsDefault, styleQML FROM layer_styles"
    )
    assert [style[2] for style in styles if style[3]] == [
        "Availability, text (%)",
        "Hourly: Availability, text (%)",
        "Coast and borders",
    ]
    of_cells = [style[2] for style in styles if style[0] == "coverage"]
    assert of_cells[:6] == [
        *("Availability, text (%)", "Longest gap, text (min)", "Median margin, text (dB)"),
        *("Availability, voice (%)", "Satellites in view, mean", "Satellites in view, most at once"),
    ]
    assert len(of_cells) == len(set(of_cells)) == len(map_quantities(made_up()[0]))
    geometry = dict(query(folder, "SELECT table_name, column_name FROM gpkg_geometry_columns"))
    assert all(geometry[table] == column for table, column, *_ in styles)
    assert all(ET.fromstring(style[4].partition("\n")[2]).tag == "qgis" for style in styles)


def test_tables_say_what_they_are(folder):
    contents = dict(
        query(folder, "SELECT table_name, data_type || ', ' || coalesce(identifier, '') FROM gpkg_contents")
    )
    title = TEXTS["title"]
    assert contents == {
        "coverage": f"features, {title}",
        "hourly": f"features, {title}, hourly",
        "borders": f"features, {title}, coast and borders",
        "hours": "attributes, ",
        "hourly_values": "attributes, ",
        "layer_styles": "attributes, ",
    }
    described = query(
        folder,
        "SELECT r.table_name, m.metadata FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON r.md_file_id = m.id",
    )
    texts = {table: ET.fromstring(text.partition("\n")[2]) for table, text in described}
    assert set(texts) == {"coverage", "hourly", "borders"}
    assert texts["coverage"].findtext("title") == title.replace("\x07", "")  # which XML cannot hold
    assert texts["coverage"].findtext("abstract") == TEXTS["description"]
    assert texts["coverage"].findtext("license") == ASKED["licence"]


def test_eleven_thousand_cells_and_a_day_stay_small_and_quick(tmp_path):
    """The bounds of the task: 40 MB; the time with room for a busy machine (0.35 s on an idle one)."""
    x, y = (a.ravel() for a in np.meshgrid(np.arange(110) * 0.1 + 5, np.arange(100) * 0.1 + 37))
    columns = {
        "cell_id": np.array([f"{k:015x}" for k in range(11_000)]),
        "text_availability": np.ones(11_000),
    }
    frame = cells_frame(columns, shapely.box(x, y, x + 0.1, y + 0.1))
    hourly = made_up_hours(hours=24, cells=11_000)
    write_layers(frame, tmp_path, formats=["gpkg"], **TEXTS)
    began = time.perf_counter()
    qgis.write_qgis(frame, hourly, tmp_path, **ASKED)
    assert time.perf_counter() - began < 3
    assert (tmp_path / "coverage.gpkg").stat().st_size < 40e6


def test_the_same_result_gives_the_same_bytes(folder, tmp_path):
    time.sleep(max(0.0, 1.01 - time.time() % 1.0))  # another second on the clock
    again = write(tmp_path / "again")
    for name in ("coverage.gpkg", "coverage.qgz", "coverage.qml", "coverage.geojson"):
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_full_disk_is_said_in_one_line(tmp_path):
    frame, hourly = cells_frame(*made_up()), made_up_hours(hours=200)
    write_layers(frame, tmp_path, formats=["gpkg"], **TEXTS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "coverage.gpkg").stat().st_size + 50_000, hard))
    try:
        with pytest.raises(ResultError, match=r"coverage\.gpkg cannot be written: .*choose another"):
            qgis.write_qgis(frame, hourly, tmp_path, **ASKED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


# ---- which files


@pytest.mark.parametrize(
    ("formats", "files"),
    [
        (["geojson"], ["coverage.geojson", "coverage.qml"]),
        (["flatgeobuf"], ["coverage.fgb", "coverage.qml"]),
        (["gpkg"], ["coverage.gpkg", "coverage.qgz"]),
        (["parquet"], ["coverage.parquet"]),
    ],
)
def test_only_what_the_formats_need(tmp_path, formats, files):
    assert sorted(file.name for file in write(tmp_path, formats=formats).iterdir()) == files


@pytest.mark.parametrize("why", ["too many rows", "no frames"])
def test_without_hours_there_is_no_such_layer(tmp_path, monkeypatch, why):
    if why == "too many rows":
        monkeypatch.setattr(qgis, "_MOST_ROWS", HOURS * CELLS - 1)
        write(tmp_path)
    else:
        write(
            tmp_path, hourly=made_up_hours() | made_up_hours(hours=1, cells=0) | {"start_utc": np.array([])}
        )
    assert "hourly" not in pyogrio.list_layers(tmp_path / "coverage.gpkg")[:, 0]
    root = project(tmp_path)
    assert root.find("ProjectTimeSettings") is None
    assert "hourly" not in ET.tostring(root, encoding="unicode")


def test_far_from_the_land_that_ships_there_is_nothing_around(tmp_path):
    write(tmp_path, frame=cells_frame(*made_up(west=138.0, south=35.0)))  # Tokyo
    assert "borders" not in pyogrio.list_layers(tmp_path / "coverage.gpkg")[:, 0]
    assert {
        layer.findtext("datasource").partition("=")[2] for layer in project(tmp_path).iter("maplayer")
    } == {
        "coverage",
        "hourly",
    }


# ---- the project


def test_the_project_names_its_data_relative_to_itself(folder):
    root = project(folder)
    sources = [layer.findtext("datasource") for layer in root.iter("maplayer")]
    assert set(sources) == {f"./coverage.gpkg|layername={name}" for name in ("coverage", "hourly", "borders")}
    assert str(folder) not in ET.tostring(root, encoding="unicode")
    assert root.findtext("properties/Paths/Absolute") == "false"
    assert root.findtext("title") == root.get("projectname") == TEXTS["title"].replace("\x07", "")


def test_the_layers_of_the_project_have_ids_that_qgis_takes(folder):
    root = project(folder)
    ids = [layer.findtext("id") for layer in root.iter("maplayer")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"\w+_[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}", name) for name in ids)
    assert ids == [node.get("id") for node in root.iter("layer-tree-layer")]
    assert sorted(ids) == sorted(node.text for node in root.iter("item"))


def test_one_layer_of_cells_is_on_between_borders_and_land(folder):
    root = project(folder)
    nodes = {node.get("id"): node for node in root.iter("layer-tree-layer")}
    on = [node.get("name") for node in nodes.values() if node.get("checked") == "Qt::Checked"]
    assert on == ["Availability, text (%)", "Coast and borders", "Land and sea"]
    drawn = [nodes[item.text].get("name") for item in root.iter("item")]
    assert (drawn[0], drawn[-1]) == ("Coast and borders", "Land and sea")


def test_the_project_opens_on_the_area(folder):
    """Web Mercator by hand (EPSG guidance note 7-2): x = R lon, y = R ln tan(pi/4 + lat/2), R = 6,378,137 m."""
    view = project(folder).find("ProjectViewSettings/DefaultViewExtent")
    west, east = 6378137 * np.radians([11.0, 12.2])
    south, north = 6378137 * np.log(np.tan(np.pi / 4 + np.radians([41.0, 41.9]) / 2))
    left, right, bottom, top = (float(view.get(name)) for name in ("xmin", "xmax", "ymin", "ymax"))
    assert left < west < east < right
    assert bottom < south < north < top
    margin = 0.06 * max(east - west, north - south)
    np.testing.assert_allclose([west - left, right - east, south - bottom, top - north], margin, atol=1)


def test_the_temporal_controller_steps_by_the_hours(folder):
    root = project(folder)
    settings = root.find("ProjectTimeSettings")
    assert (settings.get("timeStep"), settings.get("timeStepUnit")) == ("1", "h")
    assert settings.findtext("TemporalRange/start") == "2026-08-22T18:00:00Z"
    assert settings.findtext("TemporalRange/end") == "2026-08-22T22:40:00Z"
    temporal = {
        layer.findtext("datasource").partition("=")[2]: layer.find("temporal")
        for layer in root.iter("maplayer")
    }
    assert temporal["hourly"].get("startField") == "middle_utc"
    assert temporal["coverage"] is None


# ---- surroundings


def test_around_lampedusa_are_italy_sicily_and_the_sea():
    around = clip_basemap((12.5, 35.4, 12.7, 35.6))
    assert dict(zip(around.names, around.kinds, strict=True)) == {
        "Sea": "sea",
        "Italy": "country",
        "Sicilia": "region",
    }
    assert shapely.area(around.polygons[1]) == pytest.approx(shapely.area(around.polygons[2]), rel=1e-3)


def test_around_a_strip_at_the_edge_of_the_land_that_ships_the_sea_ends_with_it():
    around = clip_basemap((44.0, 40.0, 47.0, 42.0))
    assert around.polygons[0].bounds[2] == 45.0
    assert all(polygon.is_valid and not polygon.is_empty for polygon in around.polygons)
    assert all(around.polygons[0].buffer(1e-9).contains(polygon) for polygon in around.polygons)

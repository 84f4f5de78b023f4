import json
import sqlite3
import time

import h3
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from d2c.errors import ResultError
from d2c.results.layers.cells import cells_frame, read_layer, write_layers
from d2c.results.layers.layer_file import FORMATS, layer_file

TEXTS = {"title": "Coverage, città", "description": "24 h; <noise> only"}


def columns_and_cells():
    """Return 61 H3 cells about Rome: figures that need rounding, a column of nothing, missing names."""
    ids = sorted(h3.grid_disk(h3.latlng_to_cell(41.9, 12.5, 5), 4))
    centre = np.array([h3.cell_to_latlng(i) for i in ids])
    n, random = len(ids), np.random.default_rng(1)
    availability = random.random(n)
    availability[5] = np.nan
    columns = {
        "cell_id": np.array(ids),
        "latitude_deg": centre[:, 0],
        "longitude_deg": centre[:, 1],
        "area_km2": np.array([h3.cell_area(i) for i in ids]),
        "surface": np.where(np.arange(n) % 3, "land", "sea"),
        "region": np.array(["Lazio", None] * n, dtype=object)[:n],
        "max_visible": random.integers(0, 20, n, dtype=np.int32),
        "c_n_p50_db": random.normal(0, 10, n).astype(np.float32),
        "text_availability": availability,
        "text_longest_gap_s": np.round(random.random(n) * 100) * 30.0,
        "text_margin_p50_db": np.full(n, np.nan),
    }
    corners = [[(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(i)] for i in ids]
    return columns, np.array([shapely.Polygon(ring) for ring in corners])


@pytest.fixture(scope="module")
def frame():
    return cells_frame(*columns_and_cells())


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    folder = tmp_path_factory.mktemp("result")
    paths = write_layers(frame, folder, formats=FORMATS, **TEXTS)
    assert [path.name for path in paths] == [
        "coverage.gpkg",
        "coverage.geojson",
        "coverage.parquet",
        "coverage.fgb",
    ]
    assert sorted(entry.name for entry in folder.iterdir()) == sorted(path.name for path in paths)
    return folder


def features(folder):
    return json.loads((folder / "coverage.geojson").read_bytes(), parse_constant=pytest.fail)["features"]


def test_columns_keep_their_order_and_geometry_comes_last(frame):
    columns, _ = columns_and_cells()
    assert list(frame.columns) == [*columns, "geometry"]
    assert frame.crs.to_epsg() == 4326


def test_the_three_formats_hold_the_same_numbers(frame, folder):
    """Read by three programs that are not ours: json, sqlite3 and pyarrow."""
    figures = [name for name in frame.columns if name != "geometry"]
    from_json = [tuple(feature["properties"][name] for name in figures) for feature in features(folder)]
    with sqlite3.connect(folder / "coverage.gpkg") as database:
        from_sqlite = database.execute(f"SELECT {', '.join(figures)} FROM coverage ORDER BY fid").fetchall()
    database.close()
    table = pq.read_table(folder / "coverage.parquet").to_pydict()
    from_arrow = list(zip(*(table[name] for name in figures), strict=True))
    assert from_json == from_sqlite == from_arrow
    expected = [tuple(None if v != v else v for v in row) for row in frame[figures].itertuples(index=False)]
    assert from_json == expected


def test_numbers_are_those_given_within_half_a_digit(folder):
    columns, _ = columns_and_cells()
    read = {name: [feature["properties"][name] for feature in features(folder)] for name in columns}
    assert read["cell_id"] == columns["cell_id"].tolist()
    np.testing.assert_allclose(read["latitude_deg"], columns["latitude_deg"], rtol=0, atol=0.5e-6)
    np.testing.assert_allclose(read["c_n_p50_db"], columns["c_n_p50_db"], rtol=0, atol=0.5e-2 + 1e-6)
    assert read["text_availability"][5] is None
    assert set(read["text_margin_p50_db"]) == {None}


def test_geojson_follows_rfc_7946(folder):
    document = json.loads((folder / "coverage.geojson").read_bytes())
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document  # section 4
    columns, _ = columns_and_cells()
    for feature, latitude, longitude in zip(
        document["features"], columns["latitude_deg"], columns["longitude_deg"], strict=True
    ):
        assert feature["geometry"]["type"] == "Polygon"
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]  # 3.1.6: closed, and counter-clockwise outside
        x, y = np.array(ring).T
        assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0
        assert x.min() < longitude < x.max()  # 3.1.1: longitude first
        assert y.min() < latitude < y.max()
        assert all(
            len(str(v).partition(".")[2]) <= 6 for pair in ring for v in pair
        )  # 11.2: no false precision


def test_clockwise_polygons_are_turned(tmp_path):
    clockwise = shapely.Polygon([(12, 41), (12, 42), (13, 42), (13, 41)])
    frame = cells_frame({"cell_id": np.array(["a"])}, np.array([clockwise]))
    write_layers(frame, tmp_path, formats=FORMATS, **TEXTS)
    assert shapely.is_ccw(read_layer(tmp_path).geometry.iloc[0].exterior)
    assert shapely.is_ccw(shapely.geometry.shape(features(tmp_path)[0]["geometry"]).exterior)


def test_geopackage_by_its_specification(folder):
    """OGC 12-128r17 (1.3): application id "GPKG", user version 10300, the layer in gpkg_contents."""
    path = folder / "coverage.gpkg"
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA application_id").fetchone()[0] == int.from_bytes(b"GPKG", "big")
        assert database.execute("PRAGMA user_version").fetchone()[0] == 10300
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        contents = "SELECT table_name, data_type, identifier, description, srs_id FROM gpkg_contents"
        assert database.execute(contents).fetchall() == [
            ("coverage", "features", TEXTS["title"], TEXTS["description"], 4326)
        ]
        blobs = [row[0] for row in database.execute("SELECT geom FROM coverage ORDER BY fid")]
    database.close()
    # Section 2.1.3: 8 bytes of header, an envelope of 32 bytes, then WKB.
    in_gpkg = shapely.from_wkb([blob[40:] for blob in blobs])
    in_json = [shapely.geometry.shape(feature["geometry"]) for feature in features(folder)]
    assert shapely.equals_identical(in_gpkg, in_json).all()


def test_geoparquet_by_its_specification(frame, folder):
    file = pq.ParquetFile(folder / "coverage.parquet")
    geo = json.loads(file.schema_arrow.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert geo["columns"]["geometry"]["geometry_types"] == ["Polygon"]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    geometry = shapely.from_wkb(file.read(["geometry"])["geometry"].to_pylist())
    assert shapely.equals_identical(geometry, frame.geometry.to_numpy()).all()


def test_the_same_frame_gives_the_same_bytes(frame, folder, tmp_path):
    time.sleep(
        max(0.0, 1.01 - time.time() % 1.0)
    )  # into another second, which a clock in the file would show
    for path in write_layers(frame, tmp_path, formats=FORMATS, **TEXTS):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_is_read_back_equals_what_was_written(frame, tmp_path, file_format):
    write_layers(frame, tmp_path, formats=[file_format], **TEXTS)
    read = read_layer(tmp_path)
    assert list(read.columns) == list(frame.columns)
    assert read.crs.to_epsg() == 4326
    for name in frame.columns:
        if name == "geometry":
            assert shapely.equals_identical(read.geometry.to_numpy(), frame.geometry.to_numpy()).all()
        elif frame[name].dtype.kind in "fi":
            assert read[name].dtype.kind == frame[name].dtype.kind, name
            np.testing.assert_array_equal(read[name], frame[name])
        else:
            assert read[name].isna().tolist() == frame[name].isna().tolist()
            assert read[name].dropna().tolist() == frame[name].dropna().tolist()


def test_parquet_is_read_first_then_geopackage(tmp_path):
    _, boundary = columns_and_cells()
    for count, file_format in ((1, "geojson"), (2, "gpkg"), (3, "parquet")):
        frame = cells_frame({"max_visible": np.arange(count)}, boundary[:count])
        write_layers(frame, tmp_path, formats=[file_format], **TEXTS)
        assert len(read_layer(tmp_path)) == count


def test_an_unknown_format_writes_nothing(frame, tmp_path):
    with pytest.raises(ResultError, match="unknown output format 'geoparquet'; did you mean 'parquet'"):
        write_layers(frame, tmp_path, formats=["gpkg", "geoparquet"], **TEXTS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_result(tmp_path):
    with pytest.raises(ResultError, match=r"is not a result folder: it has none of coverage\.parquet, "):
        read_layer(tmp_path)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("damage", ["empty", "half", "another"])
def test_a_damaged_file_is_one_line(frame, tmp_path, file_format, damage):
    (path,) = write_layers(frame, tmp_path, formats=[file_format], **TEXTS)
    data = path.read_bytes()
    path.write_bytes(
        {"empty": b"", "half": data[: len(data) // 2], "another": b"<html>Not found</html>"}[damage]
    )
    with pytest.raises(
        ResultError, match=f"{layer_file('coverage', file_format)} cannot be read: "
    ) as caught:
        read_layer(tmp_path)
    assert "\n" not in str(caught.value)


def test_another_layer_of_a_geopackage_is_missed_by_name(frame, tmp_path):
    (path,) = write_layers(frame, tmp_path, formats=["gpkg"], layer="hourly", **TEXTS)
    path.rename(tmp_path / "coverage.gpkg")
    with pytest.raises(ResultError, match="coverage"):
        read_layer(tmp_path)

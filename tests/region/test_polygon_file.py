"""Polygon files: formats, coordinate systems and errors."""

import json

import geopandas as gpd
import pytest
import shapely

from d2c.errors import RegionError
from d2c.region.area import find_area
from d2c.region.boundaries import land

BOX = shapely.box(10, 40, 12, 42)
ELSEWHERE = shapely.box(14, 40, 15, 41)


def write(path, shapes, crs="EPSG:4326", **options):
    gpd.GeoSeries(shapes, crs=crs).to_frame("geometry").to_file(path, **options)
    return str(path)


def write_text(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", ["area.geojson", "area.gpkg", "area.shp", "area.fgb"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32632", "EPSG:3035", "EPSG:3857"])
def test_files_of_any_kind_and_system_are_read(tmp_path, name, crs):
    shapes = gpd.GeoSeries([shapely.segmentize(BOX, 0.02), ELSEWHERE], crs="EPSG:4326").to_crs(crs)
    area = find_area(write(tmp_path / name, shapes, crs=crs))
    assert area.name == "area"
    expected = shapely.union(BOX, ELSEWHERE)
    # Lines straight in a plane bend by a hundredth of a degree over one degree.
    assert area.polygon.symmetric_difference(expected).area < 0.01
    assert area.polygon.bounds == pytest.approx(expected.bounds, abs=0.01)


def test_long_projected_lines_are_densified(tmp_path):
    # A square of 1,200 km in LAEA Europe: its northern side runs 32 km off the line between its corners in
    # longitude and latitude (a chord of 15.6 deg at 50 N: 15.6^2 / 8 * pi / 180 * tan(lat) and the like).
    square = shapely.box(3_700_000, 1_800_000, 4_900_000, 3_000_000)
    area = find_area(write(tmp_path / "square.gpkg", [square], crs="EPSG:3035"))
    back = gpd.GeoSeries([area.polygon], crs="EPSG:4326").to_crs("EPSG:3035")[0]
    assert back.symmetric_difference(square).area / square.area < 1e-4


def test_overlapping_polygons_are_united(tmp_path):
    area = find_area(write(tmp_path / "two.geojson", [BOX, shapely.box(11, 41, 13, 43)]))
    assert area.polygon.area == pytest.approx(4 + 4 - 1)


def test_polygons_among_points_and_in_collections_are_read(tmp_path):
    mixed = [shapely.Point(1, 1), shapely.GeometryCollection([ELSEWHERE, shapely.Point(2, 2)]), BOX]
    features = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}
        for shape in mixed
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    area = find_area(write_text(tmp_path / "mixed.geojson", text))
    assert area.polygon.equals(shapely.union(BOX, ELSEWHERE))


def test_heights_are_dropped(tmp_path):
    area = find_area(write(tmp_path / "high.gpkg", [shapely.force_3d(BOX, 100)]))
    assert not area.polygon.has_z


def test_a_built_in_name_takes_precedence_over_a_file(tmp_path, monkeypatch):
    write(tmp_path / "italy.geojson", [BOX])
    (tmp_path / "italy.geojson").rename(tmp_path / "italy")
    monkeypatch.chdir(tmp_path)
    italy = next(area.polygon for area in land().countries if area.name == "Italy")
    assert find_area("italy").polygon.equals(italy)
    assert find_area("./italy").polygon.equals(italy)


def error_of(path):
    with pytest.raises(RegionError) as error:
        find_area(path)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_self_crossing_polygon_is_an_error_with_the_position(tmp_path):
    bow_tie = shapely.Polygon([(10, 40), (12, 42), (12, 40), (10, 42)])
    message = error_of(write(tmp_path / "tie.geojson", [BOX, bow_tie]))
    assert "tie.geojson, polygon 2" in message
    assert "self-intersection at longitude,latitude 11,41" in message
    assert "Fix geometries" in message


def test_coordinates_outside_the_earth_are_errors(tmp_path):
    assert "outside the Earth" in error_of(
        write(tmp_path / "swapped.geojson", [shapely.box(40, 100, 42, 102)])
    )
    assert "outside the Earth" in error_of(
        write(tmp_path / "metres.geojson", [shapely.box(5e5, 4e6, 6e5, 5e6)])
    )


def test_coordinates_outside_their_own_system_are_errors(tmp_path):
    message = error_of(write(tmp_path / "far.gpkg", [shapely.box(1e9, 1e9, 2e9, 2e9)], crs="EPSG:32632"))
    assert "outside" in message


def test_a_file_without_polygons_is_an_error(tmp_path):
    assert "no polygons" in error_of(write(tmp_path / "points.gpkg", [shapely.Point(1, 1)]))
    assert "no polygons" in error_of(write(tmp_path / "lines.gpkg", [shapely.LineString([(1, 1), (2, 2)])]))
    assert "no polygons" in error_of(
        write_text(tmp_path / "empty.geojson", '{"type": "FeatureCollection", "features": []}')
    )
    assert "it is not GeoJSON" in error_of(write_text(tmp_path / "table.csv", "a,b\n1,2\n"))


def test_a_file_without_a_system_is_an_error(tmp_path):
    path = write(tmp_path / "bare.shp", [BOX])
    (tmp_path / "bare.prj").unlink()
    assert "has no coordinate system" in error_of(path)


def test_two_layers_with_polygons_are_errors(tmp_path):
    path = tmp_path / "two.gpkg"
    write(path, [BOX], layer="first")
    write(path, [ELSEWHERE], layer="second")
    assert "2 layers with polygons (first, second)" in error_of(str(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing.geojson", b""),
        ("junk.gpkg", bytes(range(256)) * 40),
        ("page.geojson", b"<!DOCTYPE html><html><body>404</body></html>"),
        ("words.geojson", b"hello"),
        ("half.shp", b"\x00\x00\x27\x0a" + b"\x00" * 20),
    ],
)
def test_a_non_polygon_file_is_an_error(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert f"{tmp_path / name} cannot be read as a polygon file" in error_of(str(tmp_path / name))


@pytest.mark.parametrize("name", ["cut.geojson", "cut.gpkg", "cut.fgb"])
def test_a_truncated_file_is_an_error(tmp_path, name):
    path = write(tmp_path / name, [shapely.segmentize(BOX, 0.001)])
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    assert name in error_of(path)


def test_a_folder_is_an_error(tmp_path):
    assert "cannot be read" in error_of(str(tmp_path))

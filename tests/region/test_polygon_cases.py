"""Polygon files that are odd: names, formats, edges around the Earth, systems of other bodies, poles."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from d2c.errors import RegionError
from d2c.region.area import find_area
from d2c.region.grid import h3_grid
from d2c.results.format.rounding import round_outlines

CASES = Path(__file__).parent / "cases"
BOX = shapely.box(10, 40, 12, 42)
KML = """<?xml version="1.0" encoding="{0}"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>Forlì</name><MultiGeometry><Polygon>
<outerBoundaryIs><LinearRing><coordinates>10,40,0 12,40,0
 12,42,0 10,42,0 10,40,0</coordinates></LinearRing></outerBoundaryIs>
<innerBoundaryIs><LinearRing><coordinates>11,41 11.5,41 11.5,41.5 11,41</coordinates></LinearRing></innerBoundaryIs>
</Polygon></MultiGeometry></Placemark></Document></kml>
"""


def error_of(path):
    with pytest.raises(RegionError) as error:
        find_area(str(path))
    message = str(error.value)
    assert "\n" not in message
    assert Path(path).name in message
    return message


@pytest.mark.parametrize(
    "name", ["b1!area.geojson", "a;b.geojson", "http:x.geojson", "-x.geojson", "a b.gpkg"]
)
def test_a_name_is_that_of_a_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    if name.endswith("gpkg"):
        gpd.GeoSeries([shapely.box(11, 42, 12, 43)], crs="EPSG:4326").to_frame("geometry").to_file("x.gpkg")
        Path("x.gpkg").rename(name)
    else:
        shutil.copyfile(CASES / "b1!area.geojson", name)
    assert find_area(name).polygon.equals(shapely.box(11, 42, 12, 43))


def test_an_edge_over_half_the_earth_is_refused_with_the_way_out():
    message = error_of(CASES / "g02_antimeridian_uncut.geojson")
    assert "an edge longer than 180 deg, from longitude,latitude 177,-19 to -177,-19" in message
    assert "cut the polygon at the 180th meridian" in message


def test_a_polygon_cut_at_the_180th_meridian_has_its_area():
    # Between 16 and 19 S, 6 deg of longitude of the WGS 84 ellipsoid: 211,541 km2 (PROJ's geodesic area of the parts).
    grid = h3_grid(find_area(str(CASES / "g04_antimeridian_cut.geojson")), resolution=4)
    assert grid.area_m2.sum() / 1e6 == pytest.approx(211_541, abs=1)


@pytest.mark.parametrize(
    ("area", "resolution"),
    [
        (str(CASES / "g16_pole.geojson"), 3),
        (str(CASES / "g17_world.geojson"), 1),
        (str(CASES / "g17_world.geojson"), 0),
        ("-10,80,40,90", 4),
        ("170,-90,180,-60", 2),
        ("-180,-90,180,90", 1),
    ],
)
def test_cells_at_poles_and_around_the_earth_are_valid(area, resolution):
    grid = h3_grid(find_area(area), resolution=resolution)
    written = round_outlines(grid.boundary)
    assert shapely.is_valid(written).all()
    parts = shapely.get_parts(written)
    west, south, east, north = shapely.bounds(parts).T
    around_pole = (south == -90) | (north == 90)
    assert (east - west)[~around_pole].max() <= 180


def test_the_whole_earth_has_its_area():
    # 510,065,622 km2: the surface of the WGS 84 ellipsoid (NIMA TR8350.2, table 3.5: 510,065,621.724 km2).
    grid = h3_grid(find_area(str(CASES / "g17_world.geojson")), resolution=1)
    assert len(grid) == 842  # H3's count at resolution 1
    assert grid.area_m2.sum() / 1e6 == pytest.approx(510_065_621.724, abs=1)


@pytest.mark.parametrize(
    ("resolution", "box"), [(15, "12.4999,41.8999,12.5,41.9"), (12, "12.499,41.899,12.5,41.9")]
)
def test_small_cells_keep_their_size_when_rounded(resolution, box):
    outlines = h3_grid(find_area(box), resolution=resolution).boundary
    ratio = shapely.area(round_outlines(outlines)) / shapely.area(outlines)
    assert np.abs(ratio - 1).max() < 1e-3


def test_systems_that_are_not_of_the_earth(tmp_path):
    assert "no place on the Earth" in error_of(CASES / "q10_local.gpkg")
    moon = tmp_path / "moon.gpkg"
    wkt = (
        'GEOGCS["Moon 2000",DATUM["D_Moon_2000",SPHEROID["Moon_2000_IAU_IAG",1737400.0,0.0]],'
        'PRIMEM["Reference_Meridian",0.0],UNIT["Degree",0.0174532925199433]]'
    )
    gpd.GeoSeries([BOX], crs=wkt).to_frame("geometry").to_file(moon)
    assert "not of the Earth" in error_of(moon)


@pytest.mark.parametrize("text", ["", "rubbish", 'GEOGCS["half', 'PROJCS["x",GEOGCS["y"]]', "\0\1\2"])
def test_a_damaged_prj_is_one_line(tmp_path, text):
    file = tmp_path / "a.shp"
    gpd.GeoSeries([BOX], crs="EPSG:4326").to_frame("geometry").to_file(file)
    file.with_suffix(".prj").write_text(text)
    assert "coordinate system" in error_of(file)


@pytest.mark.parametrize(
    "rings",
    [
        [],
        [[]],
        [[[10, 40]]],
        [[[10, 40], [12, 40], [10, 40]]],
        [[[10, 40], [10, 40], [10, 40], [10, 40]]],
        [[[10, 40], [11, 41], [12, 42], [10, 40]]],
        [[[10, 40], [12, 42], [12, 40], [10, 42], [10, 40]]],
        [[[10, 40], [1e308, 40], [12, 1e308], [10, 40]]],
        [[[10, 40], ["a", 40], [12, 42], [10, 40]]],
        [[[10, 40], [None, 40], [12, 42], [10, 40]]],
        "rings",
        None,
    ],
)
def test_polygons_that_are_none_are_one_line(tmp_path, rings):
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": rings}))
    error_of(file)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_kml_by_its_own_declaration(tmp_path, encoding):
    file = tmp_path / "a.kml"
    file.write_text(KML.format(encoding), encoding=encoding)
    hole = shapely.Polygon([(11, 41), (11.5, 41), (11.5, 41.5)])
    assert find_area(str(file)).polygon.equals(BOX - hole)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_geojson_in_other_encodings_and_one_feature_a_line(tmp_path, encoding):
    file = tmp_path / "a.geojson"
    feature = json.dumps(
        {"type": "Feature", "properties": None, "geometry": json.loads(shapely.to_geojson(BOX))}
    )
    file.write_text(f"{feature}\n{feature}\n", encoding=encoding)
    assert find_area(str(file)).polygon.equals(BOX)


@pytest.mark.parametrize(
    "text",
    [
        '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>http://192.0.2.1/x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
        "<OGRWFSDataSource><URL>http://192.0.2.1/wfs</URL></OGRWFSDataSource>",
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"></gml:FeatureCollection>',
        '{"type": "GDALG", "gdal_version": "3.11", "command_line": "gdal vector convert http://192.0.2.1/x"}',
        '{"stac_version": "1.0.0", "links": [{"href": "http://192.0.2.1/x"}]}',
        '{"type": "Topology", "objects": {}, "arcs": []}',
        "http://192.0.2.1/x.geojson",
        "/vsicurl/http://192.0.2.1/x",
        "WKT,x\nPOINT(1 1),2\n",
    ],
)
def test_no_other_format_and_never_the_network(tmp_path, monkeypatch, text):
    def refuse(*_args, **_keywords):
        raise AssertionError("GDAL must not see this file")

    monkeypatch.setattr("pyogrio.list_layers", refuse)
    for name in ("a.geojson", "a.gpkg", "a.vrt"):
        (tmp_path / name).write_text(text)
        assert "cannot be read as a polygon file" in error_of(tmp_path / name)

"""Positions and areas against pyproj's ellipsoid and values derived by hand."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from d2c import geodesy
from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_POLAR_RADIUS_M

GEOD = Geod(ellps="WGS84")
LATITUDES = np.array([-90.0, -33.9, 0.0, 1e-9, 35.5, 45.0, 47.1, 89.999, 90.0])
LONGITUDES = np.array([0.0, 151.2, -180.0, 180.0, 12.6, 7.3, 12.2, -77.0, 45.0])


def test_positions_equal_those_of_proj():
    heights_m = np.linspace(-400, 9000, len(LATITUDES))
    to_geocentric = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    expected = np.column_stack(to_geocentric.transform(LONGITUDES, LATITUDES, heights_m))
    position = geodesy.position_m(latitude_deg=LATITUDES, longitude_deg=LONGITUDES, height_m=heights_m)
    assert position == pytest.approx(
        expected, abs=1e-8
    )  # other program, same closed formula: rounding of 6e6


def test_up_is_the_gradient_of_the_ellipsoid():
    zero = np.zeros_like(LATITUDES)
    x, y, z = geodesy.position_m(latitude_deg=LATITUDES, longitude_deg=LONGITUDES, height_m=zero).T
    # The surface is x2/a2 + y2/a2 + z2/b2 = 1; its normal is the gradient (x/a2, y/a2, z/b2).
    gradient = np.column_stack(
        [x / EARTH_EQUATORIAL_RADIUS_M**2, y / EARTH_EQUATORIAL_RADIUS_M**2, z / EARTH_POLAR_RADIUS_M**2]
    )
    expected = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    assert geodesy.up(latitude_deg=LATITUDES, longitude_deg=LONGITUDES) == pytest.approx(expected, abs=1e-12)


@given(st.floats(-90, 90), st.floats(-179.999, 179.999))
def test_a_normal_gives_its_place_back(latitude_deg, longitude_deg):
    normal = geodesy.up(latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg))
    longitude, latitude = geodesy.normal_longitude_latitude_deg(3.0 * normal)
    assert latitude == pytest.approx(latitude_deg, abs=1e-12)
    if abs(latitude_deg) < 89.999:  # at a pole every longitude is right
        assert longitude == pytest.approx(longitude_deg, abs=1e-9)


PLACES = {"latitude_deg": st.floats(-89, 89), "longitude_deg": st.floats(-179, 179)}
TO_GEODETIC = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)


@given(**PLACES)
def test_surface_points_have_the_place_that_proj_gives(latitude_deg, longitude_deg):
    place = {"latitude_deg": np.array([latitude_deg]), "longitude_deg": np.array([longitude_deg])}
    point_m = geodesy.position_m(**place, height_m=np.zeros(1))
    expected = np.column_stack(TO_GEODETIC.transform(*point_m.T))[:, :2]
    # other program: PROJ's closed formula is good to 1e-10 deg, 0.01 mm
    assert geodesy.surface_longitude_latitude_deg(point_m) == pytest.approx(expected, abs=1e-10)


@given(**PLACES, height_m=st.floats(200e3, 2000e3))
def test_the_foot_of_the_normal_is_the_place_that_proj_gives(latitude_deg, longitude_deg, height_m):
    place = {"latitude_deg": np.array([latitude_deg]), "longitude_deg": np.array([longitude_deg])}
    point_m = geodesy.position_m(**place, height_m=np.array([height_m]))
    expected = np.column_stack(TO_GEODETIC.transform(*point_m.T))[:, :2]
    foot = geodesy.foot_longitude_latitude_deg(point_m)
    assert foot == pytest.approx(
        expected, abs=5e-7
    )  # other program: PROJ's one step is off by 1e-7 at 1,500 km
    np.testing.assert_allclose(foot[0], [longitude_deg, latitude_deg], atol=1e-7)  # 1 cm


def test_places_of_points_in_any_shape():
    point_m = geodesy.position_m(
        latitude_deg=LATITUDES, longitude_deg=LONGITUDES, height_m=np.full(len(LATITUDES), 500e3)
    )
    flat = geodesy.foot_longitude_latitude_deg(point_m)
    np.testing.assert_array_equal(
        geodesy.foot_longitude_latitude_deg(point_m.reshape(3, 3, 3)), flat.reshape(3, 3, 2)
    )
    np.testing.assert_allclose(flat[:, 1], LATITUDES, atol=1e-7)


def test_the_whole_earth_has_the_area_of_its_authalic_sphere():
    # NIMA TR 8350.2, table 3.3: R2, the radius of the sphere of equal area, is 6371007.1809 m.
    whole = geodesy.area_m2(np.array([shapely.box(-180, -90, 180, 90), shapely.box(-180, -90, 180, 0)]))
    assert whole[0] == pytest.approx(4 * math.pi * 6371007.1809**2, rel=2e-11)  # half the last digit, squared
    assert whole[1] == pytest.approx(whole[0] / 2, rel=1e-12)


@given(
    st.floats(-80, 80),
    st.floats(-170, 170),
    st.floats(1e-4, 0.05),
    st.floats(1e-4, 0.05),
    st.floats(-0.02, 0.02),
)
def test_small_polygons_have_their_geodesic_area(south, west, height, width, slant):
    polygon = shapely.Polygon(
        [(west, south), (west + width, south + slant * height), (west + width / 3, south + height)]
    )
    # A geodesic deviates by an eighth of its length squared; between points 0.001 deg apart that is 4e-11 rad.
    expected, _ = GEOD.geometry_area_perimeter(shapely.segmentize(polygon, 1e-3))
    assert geodesy.area_m2(np.array([polygon]))[0] == pytest.approx(abs(expected), rel=1e-5, abs=1e-2)


def test_holes_are_subtracted_whatever_way_the_rings_turn():
    outer, hole = [(10, 40), (12, 40), (12, 42), (10, 42)], [(11, 41), (11.5, 41), (11.5, 41.5), (11, 41.5)]
    solid, piece = geodesy.area_m2(np.array([shapely.Polygon(outer), shapely.Polygon(hole)]))
    pierced = np.array([shapely.Polygon(o, [h]) for o in (outer, outer[::-1]) for h in (hole, hole[::-1])])
    assert geodesy.area_m2(pierced) == pytest.approx(solid - piece, rel=1e-12)


def test_slanted_edges_are_integrated():
    # A long slanted edge in one piece and in a thousand encloses the same area: it is straight in longitude and
    # latitude either way. Gauss's rule over 30 deg = 0.524 rad is off by 0.524^7 / 2,016,000 Earth radii squared.
    triangle = shapely.Polygon([(0, 30), (30, 60), (0, 60)])
    whole, fine = geodesy.area_m2(np.array([triangle, shapely.segmentize(triangle, 0.03)]))
    assert whole == pytest.approx(fine, abs=2.2e5)

"""Places and areas against pyproj's ellipsoid and hand-derived values."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from d2c import geodesy as ellipsoid
from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_POLAR_RADIUS_M

GEOD = Geod(ellps="WGS84")
LATITUDES = np.array([-90.0, -33.9, 0.0, 1e-9, 35.5, 45.0, 47.1, 89.999, 90.0])
LONGITUDES = np.array([0.0, 151.2, -180.0, 180.0, 12.6, 7.3, 12.2, -77.0, 45.0])


def test_positions_equal_those_of_proj():
    heights_m = np.linspace(-400, 9000, len(LATITUDES))
    to_geocentric = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    expected = np.column_stack(to_geocentric.transform(LONGITUDES, LATITUDES, heights_m))
    position = ellipsoid.position_m(latitude_deg=LATITUDES, longitude_deg=LONGITUDES, height_m=heights_m)
    assert position == pytest.approx(
        expected, abs=1e-8
    )  # other program, same closed formula: rounding of 6e6


def test_up_is_the_gradient_of_the_ellipsoid():
    zero = np.zeros_like(LATITUDES)
    x, y, z = ellipsoid.position_m(latitude_deg=LATITUDES, longitude_deg=LONGITUDES, height_m=zero).T
    # The surface is x2/a2 + y2/a2 + z2/b2 = 1; its normal is the gradient (x/a2, y/a2, z/b2).
    gradient = np.column_stack(
        [x / EARTH_EQUATORIAL_RADIUS_M**2, y / EARTH_EQUATORIAL_RADIUS_M**2, z / EARTH_POLAR_RADIUS_M**2]
    )
    expected = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    assert ellipsoid.up(latitude_deg=LATITUDES, longitude_deg=LONGITUDES) == pytest.approx(
        expected, abs=1e-12
    )


def test_the_whole_earth_has_the_area_of_its_authalic_sphere():
    # NIMA TR 8350.2, table 3.3: R2, the radius of the sphere of equal area, is 6371007.1809 m.
    whole = ellipsoid.area_m2(np.array([shapely.box(-180, -90, 180, 90), shapely.box(-180, -90, 180, 0)]))
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
    # A geodesic bulges by an eighth of its length squared; between points 0.001 deg apart that is 4e-11 rad.
    expected, _ = GEOD.geometry_area_perimeter(shapely.segmentize(polygon, 1e-3))
    assert ellipsoid.area_m2(np.array([polygon]))[0] == pytest.approx(abs(expected), rel=1e-5, abs=1e-2)


def test_holes_are_subtracted_whatever_way_the_rings_turn():
    outer, hole = [(10, 40), (12, 40), (12, 42), (10, 42)], [(11, 41), (11.5, 41), (11.5, 41.5), (11, 41.5)]
    solid, piece = ellipsoid.area_m2(np.array([shapely.Polygon(outer), shapely.Polygon(hole)]))
    pierced = np.array([shapely.Polygon(o, [h]) for o in (outer, outer[::-1]) for h in (hole, hole[::-1])])
    assert ellipsoid.area_m2(pierced) == pytest.approx(solid - piece, rel=1e-12)


def test_an_edge_that_crosses_latitudes_is_followed():
    # A long slanted edge in one piece and in a thousand encloses the same area: it is straight in longitude and
    # latitude either way. Gauss's rule over 30 deg = 0.524 rad is off by 0.524^7 / 2,016,000 Earth radii squared.
    triangle = shapely.Polygon([(0, 30), (30, 60), (0, 60)])
    whole, fine = ellipsoid.area_m2(np.array([triangle, shapely.segmentize(triangle, 0.03)]))
    assert whole == pytest.approx(fine, abs=2.2e5)

"""Buffers against geodesic distances."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from d2c.errors import RegionError
from d2c.region.area import find_area
from d2c.region.buffer import buffered

GEOD = Geod(ellps="WGS84")
A_PER_CENT = 1e-2  # documented accuracy of a buffer


def nearest_km(point, polygon):
    """Geodesic distance to the nearest corner of a finely divided outline, in km."""
    corners = shapely.get_coordinates(shapely.segmentize(polygon, 0.01).boundary)
    far = np.hypot((corners[:, 0] - point[0]) * np.cos(np.radians(point[1])), corners[:, 1] - point[1])
    close = corners[np.argsort(far)[:20]]
    _, _, distance_m = GEOD.inv(*np.broadcast_arrays(*point, *close.T), return_back_azimuth=True)
    return distance_m.min() / 1e3


@given(st.floats(-60, 60), st.floats(-150, 150), st.sampled_from([1.0, 50.0, 500.0]))
@settings(deadline=None, max_examples=30)
def test_a_buffered_point_is_a_circle(latitude, longitude, buffer_km):
    point_area = shapely.box(longitude, latitude, longitude + 1e-5, latitude + 1e-5)
    rim = shapely.get_coordinates(buffered(point_area, buffer_km=buffer_km).exterior)
    _, _, radius_m = GEOD.inv(np.full(len(rim), longitude), np.full(len(rim), latitude), *rim.T)
    assert radius_m / 1e3 == pytest.approx(buffer_km, rel=A_PER_CENT)


@pytest.mark.parametrize("buffer_km", [20.0, 200.0])
@pytest.mark.parametrize("name", ["6,36,19,47.5", "sicilia"])
def test_the_outline_is_at_the_buffer_distance(name, buffer_km):
    polygon = find_area(name).polygon
    around = find_area(name, buffer_km=buffer_km).polygon
    assert around.contains(polygon)
    rim = shapely.get_coordinates(around.boundary)
    distance_km = [nearest_km(point, polygon) for point in rim[:: max(1, len(rim) // 40)]]
    assert distance_km == pytest.approx([buffer_km] * len(distance_km), rel=A_PER_CENT)


def test_an_inward_buffer_is_at_the_buffer_distance():
    polygon = find_area("6,36,19,47.5").polygon
    inner = find_area("6,36,19,47.5", buffer_km=-100).polygon
    assert polygon.contains(inner)
    rim = shapely.get_coordinates(inner.exterior)
    distance_km = [nearest_km(point, polygon) for point in rim[:: max(1, len(rim) // 40)]]
    assert distance_km == pytest.approx([100] * len(distance_km), rel=A_PER_CENT)


def test_islands_of_a_country_are_buffered_too():
    around = find_area("italy", buffer_km=10).polygon
    # Lampedusa's harbour, 35 29 36 N 12 36 06 E (lampedusa-licciardi.it), and a place 9 km south of it.
    assert around.contains(shapely.Point(12.6017, 35.4933))
    assert around.contains(shapely.Point(12.6017, 35.4933 - 9 / 111))
    assert not around.contains(shapely.Point(12.6017, 35.4933 - 12 / 111))


def test_territorial_waters_are_buffer_and_sea():
    # Buffering and then clipping to the sea leaves no land.
    waters = find_area("italy", buffer_km=22.224, surface="sea").polygon
    assert not waters.intersects(shapely.Point(12.5, 41.9))  # Rome
    assert waters.contains(shapely.Point(12.2, 41.7))  # off Ostia


@pytest.mark.parametrize(
    ("name", "buffer_km", "message"),
    [
        ("italy", 501, "buffer_km = 501 is not between -500 and 500"),
        ("italy", float("nan"), "buffer_km = nan"),
        ("italy", float("inf"), "buffer_km = inf"),
        ("malta", -50, "buffer_km = -50 leaves no part of area 'Malta'"),
        ("177,-20,179.9,-15", 100, "180th meridian"),
        ("10,80,20,88", 200, "pole"),
    ],
)
def test_an_impossible_buffer_is_an_error(name, buffer_km, message):
    with pytest.raises(RegionError, match=message):
        find_area(name, buffer_km=buffer_km)

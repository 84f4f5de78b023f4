import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from d2c.output.maps.map_view import MapView

WGS84 = Geod(ellps="WGS84")

boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.floats(-170, 130),
    st.floats(-70, 50),
    st.floats(0.05, 40),
    st.floats(0.05, 20),
)


@pytest.mark.parametrize("latitude", [0.0, 41.0, 65.0])
def test_areas_are_kept(latitude):
    """Against the geodesic area of pyproj (Karney); edges are cut fine, since theirs are no map lines."""
    cell = shapely.segmentize(shapely.box(12, latitude, 12.3, latitude + 0.2), 0.002)
    view = MapView.around(np.array([shapely.box(5, latitude - 5, 19, latitude + 5)]))
    truth, _ = WGS84.geometry_area_perimeter(cell)
    assert shapely.area(view.projected(np.array([cell])))[0] == pytest.approx(truth, rel=1e-6)


def test_distances_near_the_centre_are_true():
    view = MapView.around(np.array([shapely.box(10, 40, 14, 44)]))
    a, b = shapely.get_coordinates(view.projected(shapely.points([12.0, 12.5], [42.0, 42.5])))
    _, _, truth = WGS84.inv(12.0, 42.0, 12.5, 42.5)
    assert np.hypot(*(b - a)) == pytest.approx(truth, rel=1e-4)


@settings(deadline=None, max_examples=50)  # each makes a projection
@given(boxes)
def test_the_area_lies_inside_the_frame_with_a_margin(area):
    view = MapView.around(np.array([area]))
    west, south, east, north = shapely.total_bounds(view.projected(np.array([area])))
    span = max(view.width_m, view.height_m)
    assert (
        min(west - view.left_m, view.right_m - east, south - view.bottom_m, view.top_m - north) > 0.04 * span
    )


@settings(deadline=None, max_examples=50)  # each makes a projection
@given(boxes, st.floats(0.3, 3.0))
def test_growing_gives_the_shape_and_keeps_all(area, shape):
    view = MapView.around(np.array([area]))
    grown = view.expanded_to(width_over_height=shape)
    assert grown.width_m / grown.height_m == pytest.approx(shape)
    assert grown.left_m <= view.left_m + 1e-6
    assert grown.top_m >= view.top_m - 1e-6


@settings(deadline=None, max_examples=50)  # each makes a projection
@given(boxes)
def test_ticks_stand_where_the_lines_leave_the_frame(area):
    """A tick, taken back to the ground, lies on its line within a pixel of a map 1290 pixels wide."""
    view = MapView.around(np.array([area]))
    pixel_m = view.width_m / 1290
    for line in view.meridians():
        if line.tick_m is not None:
            _, latitude = view.to_map.transform(line.tick_m, view.bottom_m, direction="INVERSE")
            x, _ = view.to_map.transform(degrees(line.label), latitude)
            assert abs(x - line.tick_m) < pixel_m
    for line in view.parallels():
        if line.tick_m is not None:
            longitude, _ = view.to_map.transform(view.left_m, line.tick_m, direction="INVERSE")
            _, y = view.to_map.transform(longitude, degrees(line.label))
            assert abs(y - line.tick_m) < pixel_m


def degrees(label: str) -> float:
    number, _, side = label.partition("°")
    return float(number) * (-1 if side.strip() in ("W", "S") else 1)


@settings(deadline=None, max_examples=50)  # each makes a projection
@given(boxes, st.floats(0.7, 2.0))
@example(area=shapely.box(-169, 0, -168, 11), shape=2.0)  # its frame crosses 180 deg
def test_a_readable_number_of_lines(area, shape):
    view = MapView.around(np.array([area])).expanded_to(width_over_height=shape)
    assume(view.height_m < 3e6)
    for lines in (view.meridians(), view.parallels()):
        seen = [line for line in lines if line.tick_m is not None]
        assert 1 <= len(seen) <= 13


@settings(deadline=None, max_examples=50)  # each makes a projection
@given(st.floats(10.0, 1e7))
def test_scale_is_the_longest_round_length_that_fits(longest_m):
    view = MapView.around(np.array([shapely.box(10, 40, 14, 44)]))
    length_m = view.scale_km(longest_m=longest_m) * 1e3
    assert length_m <= longest_m * (1 + 1e-12) < 2.5 * length_m * (1 + 1e-12)
    first = f"{length_m:e}"[0]
    assert first in "125"


def test_far_land_is_cut_away_and_near_land_is_not():
    view = MapView.around(np.array([shapely.box(10, 40, 14, 44)]))
    near, far = view.clipped(np.array([shapely.box(0, 30, 30, 60), shapely.box(-60, -20, -50, 0)]))
    frame = shapely.box(view.left_m, view.bottom_m, view.right_m, view.top_m)
    assert near.contains(frame)
    assert far.is_empty


WORLD = [(-170, -60, 170, 60), (-180, -90, 180, 90), (-180, 0, -20, 60), (20, -40, 180, 70), (0, -90, 10, 90)]


@pytest.mark.parametrize("sides", WORLD)
def test_a_map_about_as_wide_as_the_world_keeps_areas_and_shows_all(sides):
    """Against the geodesic area of pyproj (Karney), at both ends of the box."""
    view = MapView.around(np.array([shapely.box(*sides)])).expanded_to(width_over_height=1.5)
    west, south, east, north = view.bounds_deg()
    assert (west, south) <= (sides[0], sides[1])
    assert east >= sides[2]
    assert north >= sides[3]
    for x in (sides[0], sides[2] - 5):
        y = (sides[1] + sides[3]) / 2
        cell = shapely.segmentize(shapely.box(x, y, x + 5, y + 5), 0.02)
        truth, _ = WGS84.geometry_area_perimeter(cell)
        assert shapely.area(view.projected(np.array([cell])))[0] == pytest.approx(truth, rel=1e-5)
    assert not view.clipped(np.array([shapely.box(*sides)]))[0].is_empty
    assert all(line.tick_m is not None for line in view.parallels())


@settings(deadline=None, max_examples=50)  # each makes a projection
@given(st.floats(-180, 20), st.floats(-90, 0), st.floats(20, 360), st.floats(20, 180), st.floats(0.5, 2.5))
def test_wide_areas_lie_within_the_bounds(west, south, width, height, shape):
    area = shapely.box(west, south, min(west + width, 180), min(south + height, 90))
    view = MapView.around(np.array([area])).expanded_to(width_over_height=shape)
    bounds = view.bounds_deg()
    assert np.isfinite(bounds).all()
    assert bounds[0] < bounds[2]
    assert bounds[1] < bounds[3]

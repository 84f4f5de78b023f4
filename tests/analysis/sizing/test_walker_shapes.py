"""Shapes of Walker shells: how even they are, and that a doubled one holds the first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.analysis.sizing.walker_shapes import (
    WalkerShape,
    all_shapes,
    most_even_shapes,
    nearest_satellite_angle_deg,
    quick_shapes,
)
from d2c.orbit.walker import walker_constellation

EPOCH = np.datetime64("2026-01-01T00:00:00", "us")


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_doubled_shell_has_all_satellites_of_the_first(planes, per_plane, data):
    shape = WalkerShape(50.0, planes, per_plane, data.draw(st.integers(0, planes - 1)))

    def places(one):
        records = walker_constellation([one.shell(600.0)], epoch=EPOCH).records
        turns = [(record.nodeo, record.mo) for record in records]
        return {tuple(round(angle / (2 * np.pi), 6) % 1.0 for angle in pair) for pair in turns}

    doubled = shape.doubled()
    assert doubled.satellites == 2 * shape.satellites
    assert places(shape) <= places(doubled)


@pytest.mark.parametrize("satellites", [4, 12, 30])
def test_the_hole_of_a_ring_over_the_equator_is_half_its_spacing(satellites):
    # Half the spacing is the furthest that a place on the equator can be; a lattice of 8 phases comes near it.
    hole = nearest_satellite_angle_deg(WalkerShape(0.0, 1, satellites, 0), latitude_deg=[0.0], share=1.0)
    assert 0.85 * 180 / satellites <= hole <= 180 / satellites + 1e-9


def test_the_hole_of_one_satellite_over_the_pole():
    # A ring over the poles is 90 deg from the equator's point a quarter of a turn beside it, and no further.
    hole = nearest_satellite_angle_deg(WalkerShape(90.0, 1, 360, 0), latitude_deg=[0.0], share=1.0)
    assert 60 < hole <= 90


@given(st.integers(1, 60), st.sampled_from([0.0, 43.0, 90.0]))
def test_sizes(satellites, inclination):
    for shape in all_shapes(satellites, inclination):
        assert shape.satellites == satellites
        assert 0 <= shape.phasing < shape.planes
    quick = quick_shapes(satellites, inclination)
    assert len(set(quick)) == len(quick)
    assert {shape.satellites for shape in quick} <= set(range(1, satellites + 1))


def test_the_most_even_come_first():
    shapes = all_shapes(36, 50.0)
    first, *rest = most_even_shapes(shapes, latitude_deg=[38.0, 45.0], share=0.9, count=len(shapes))
    holes = [
        nearest_satellite_angle_deg(shape, latitude_deg=[38.0, 45.0], share=0.9) for shape in (first, *rest)
    ]
    assert holes[0] == pytest.approx(min(holes), abs=1e-6)
    assert holes[0] < 0.7 * max(holes)
    assert np.all(np.diff(holes) > -2e-6)

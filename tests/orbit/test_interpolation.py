"""Interpolation through twelve knots: exactness, textbook error bound, and the inaccuracy check."""

from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.orbit.interpolation import BEFORE, POINTS, doubtful, interpolate, knot_weights

RADIUS_M = 6.75e6
ROUNDING = 1e-13  # of sums of twelve products in float64
OFFSETS = np.arange(POINTS) - BEFORE
MIDDLE = POINTS // 2 - 1  # the last knot before the middle of the interval


def between(knots_m, fraction):
    out = np.empty((len(fraction), *knots_m.shape[1:]))
    interpolate(knots_m, knot_weights(fraction), out=out)
    return out


def circle(angle):
    """Return positions (N, 1, 3) on a circle."""
    return RADIUS_M * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)[:, None]


@given(
    coefficients=st.lists(st.floats(-1, 1), min_size=POINTS, max_size=POINTS),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_polynomials_of_degree_11_are_exact(coefficients, fraction):
    # in the variable place / 6, so that all powers are of one size
    knots_m = np.polyval(coefficients, OFFSETS / 6)[:, None, None] * np.ones((1, 1, 3))
    interpolated = between(knots_m, np.array([fraction]))
    assert np.allclose(interpolated, np.polyval(coefficients, fraction / 6), rtol=0, atol=ROUNDING * POINTS)


@pytest.mark.parametrize("turn_rad", [0.2, 0.28, 0.4])
def test_the_error_on_a_circle_matches_the_textbook(turn_rad):
    # f(x) - p(x) = f'(12)(somewhere) / 12! (x - x0) ... (x - x11); the twelfth derivative is r turn^12 in size.
    interpolated = between(circle(OFFSETS * turn_rad), np.array([0.5]))
    error_m = np.linalg.norm(interpolated - circle(np.array([0.5 * turn_rad])))
    expected_m = RADIUS_M * turn_rad**POINTS / factorial(POINTS) * abs(prod(0.5 - OFFSETS))
    assert error_m <= 1.01 * expected_m + RADIUS_M * 1e-15
    assert error_m > 0.5 * expected_m


def test_at_a_knot_the_bits_are_those_of_the_knot():
    knots_m = np.random.default_rng(1).normal(size=(POINTS, 50, 3)) * RADIUS_M
    assert np.array_equal(between(knots_m, np.zeros(1))[0], knots_m[BEFORE])


@given(steps=st.integers(1, 40), first=st.integers(0, 39), satellites=st.integers(1, 40))
def test_a_steps_bits_depend_on_nothing_else(steps, first, satellites):
    rng = np.random.default_rng(2)
    knots_m = rng.normal(size=(POINTS, 40, 3)) * RADIUS_M
    fraction = np.sort(rng.random(40))
    whole = between(knots_m, fraction)
    part = between(np.ascontiguousarray(knots_m[:, -satellites:]), fraction[first : first + steps])
    assert np.array_equal(part, whole[first : first + steps, -satellites:])


def test_low_circular_orbits_are_not_doubtful():
    # 240 s on a circle of 200 km: 2 pi 240 / 5310 rad
    assert not doubtful(circle(OFFSETS * 0.284)).any()


@pytest.mark.parametrize("turn_rad", [0.4, 0.6])
def test_fast_turns_are_doubtful(turn_rad):
    assert doubtful(circle(OFFSETS * turn_rad)).all()


def test_a_jump_makes_only_its_satellite_doubtful():
    knots_m = np.repeat(circle(OFFSETS * 0.2), 3, axis=1)
    knots_m[MIDDLE + 1 :, 1, 2] += 1.5
    assert doubtful(knots_m).tolist() == [False, True, False]


def test_missing_knots_are_doubtful_unless_all_are_missing():
    knots_m = np.repeat(circle(OFFSETS * 0.2), 4, axis=1)
    knots_m[-1:, 1] = knots_m[:-1, 2] = knots_m[:, 3] = np.nan
    assert doubtful(knots_m).tolist() == [False, True, True, False]
    assert np.isnan(between(knots_m, np.array([0.0, 0.5]))[:, 3]).all()

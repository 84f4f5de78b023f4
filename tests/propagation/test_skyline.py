"""Skylines: ranks at each azimuth, and how they hang together around the compass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.coverage.kernels import layout
from d2c.propagation.skyline import AZIMUTHS, skyline_ranks

STEP_DEG = 360.0 / AZIMUTHS


@given(st.integers(1, 60), st.floats(0.01, 1e5), st.integers(0, 5))
def test_ranks_are_a_permutation_at_each_azimuth(phones, correlation_deg, seed):
    rank = skyline_ranks(phones=phones, correlation_deg=correlation_deg, seed=seed)
    assert rank.shape == (phones, AZIMUTHS)
    np.testing.assert_array_equal(np.sort(rank, axis=0), np.arange(phones)[:, None] + np.zeros(AZIMUTHS, int))


@pytest.mark.parametrize("correlation_deg", [10.0, 45.0, 120.0])
def test_correlation_falls_with_the_angle_as_stated(correlation_deg):
    """Of the ranks of two normal variables with the correlation r it is 6 / pi asin(r / 2) (Pearson, 1907)."""
    phones = 1024
    rank = skyline_ranks(phones=phones, correlation_deg=correlation_deg, seed=3)
    deviation = (rank - (phones - 1) / 2) / np.sqrt((phones**2 - 1) / 12)
    four_standard_errors = 4 / np.sqrt(phones)  # of one pair of azimuths; the mean over all pairs is nearer
    for steps in (1, 4, 16, 32, 64, 100):
        found = (deviation * np.roll(deviation, steps, axis=1)).mean()
        angle_deg = min(steps, AZIMUTHS - steps) * STEP_DEG
        wanted = 6 / np.pi * np.arcsin(np.exp(-angle_deg / correlation_deg) / 2)
        assert found == pytest.approx(wanted, abs=four_standard_errors), angle_deg


def test_the_limits_of_the_angle():
    phones = 400
    wide, narrow = (skyline_ranks(phones=phones, correlation_deg=c, seed=4) for c in (1e7, 1e-3))
    assert np.abs(wide - wide[:, :1]).max() < 0.1 * phones  # the same all around
    one, other = narrow[:, 5], narrow[:, 6]
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(phones)


def test_skylines_of_a_seed_are_the_same_ones():
    one, again, other = (skyline_ranks(phones=16, correlation_deg=45.0, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_the_kernels_know_as_many_azimuths():
    assert layout.AZIMUTHS == AZIMUTHS

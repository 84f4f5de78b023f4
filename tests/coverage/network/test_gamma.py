"""Quantiles of gamma distributions against printed tables."""

import numpy as np
import pytest

from d2c.coverage.network.gamma import LOW_LOG2, PER_OCTAVE, gamma_quantiles


def row(shape, number):
    return gamma_quantiles(number)[round((np.log2(shape) - LOW_LOG2) * PER_OCTAVE)]


# A chi-squared variable of n degrees is gamma of shape n / 2 and mean n. Abramowitz and Stegun, table 26.8: P = 0.50
# and 0.25 and 0.75 (upper tail), two and four degrees; the exponential distribution has -ln(1 - p) in closed form.
@pytest.mark.parametrize(
    ("degrees", "median", "lower", "upper"),
    [(1, 0.454936, 0.101531, 1.32330), (2, 1.38629, 0.575364, 2.77259), (4, 3.35670, 1.92256, 5.38527)],
)
def test_quantiles_of_chi_squared(degrees, median, lower, upper):
    assert row(degrees / 2, 1)[0] * degrees == pytest.approx(median, rel=1e-3)
    assert row(degrees / 2, 2) * degrees == pytest.approx([lower, upper], rel=1e-3)


def test_the_exponential_distribution():
    wanted = -np.log1p(-(np.arange(8) + 0.5) / 8)
    assert row(1.0, 8) == pytest.approx(wanted, rel=1e-3)


def test_quantiles_rise_and_close_in_on_the_mean_for_large_shapes():
    table = gamma_quantiles(8)
    assert (np.diff(table, axis=1) >= 0).all()
    assert table[-1] == pytest.approx(np.ones(8), abs=0.03)
    spread = table[:, -1] - table[:, 4]
    assert spread[-1] < spread[len(spread) // 2]

"""Bessel function J1 against its integral and a printed table."""

import numpy as np
import pytest

from d2c.antenna.bessel import ZEROS_OF_J1, j1

DOCUMENTED = 1e-10


def by_integral(x):
    """Return J1 from its integral by the midpoint rule: exact to rounding for a smooth periodic integrand."""
    angle = (np.arange(4000) + 0.5) * np.pi / 4000
    return np.cos(angle - np.multiply.outer(x, np.sin(angle))).mean(axis=-1)


def test_j1_against_its_integral():
    x = np.concatenate([np.linspace(0, 30, 601), [11.999999, 12.0, 12.000001], np.linspace(31, 3000, 200)])
    assert np.abs(j1(x) - by_integral(x)).max() < DOCUMENTED


def test_printed_values():
    """Abramowitz and Stegun, table 9.1: J1(1), J1(5), J1(10)."""
    np.testing.assert_allclose(
        j1(np.array([1.0, 5.0, 10.0])), [0.4400505857, -0.3275791376, 0.0434727462], atol=1e-10
    )


def test_j1_is_odd_and_propagates_nan():
    assert j1(np.array([-2.5, 0.0, np.nan]))[:2].tolist() == [-j1(2.5), 0.0]
    assert np.isnan(j1(np.nan))


def test_zeros_are_the_first_ten():
    """The integral changes sign within 1e-11 of each, and nowhere else between 1 and 33."""
    assert (np.sign(by_integral(ZEROS_OF_J1 - 1e-11)) != np.sign(by_integral(ZEROS_OF_J1 + 1e-11))).all()
    changes = np.count_nonzero(np.diff(np.sign(by_integral(np.linspace(1, 33, 3201)))))
    assert changes == len(ZEROS_OF_J1)
    with pytest.raises(ValueError, match="read-only"):
        ZEROS_OF_J1[0] = 0

"""Directivity of patterns by off-axis angle against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.antenna.bessel import j1
from d2c.antenna.directivity import radial_directivity_dbi
from d2c.antenna.patterns import circular_aperture_gain_db
from d2c.constants import SPEED_OF_LIGHT_M_S
from d2c.units import to_db

QUADRATURE_DB = 0.001


def test_everywhere_and_half_of_everywhere():
    """An antenna that radiates evenly has 0 dBi, and 3.01 dBi if it radiates forward only."""
    for reach_deg, dbi in ((180.0, 0.0), (90.0, 10 * math.log10(2))):
        found = radial_directivity_dbi(lambda off_axis: np.zeros_like(off_axis), reach_deg=reach_deg)
        assert found == pytest.approx(dbi, abs=QUADRATURE_DB)


@pytest.mark.parametrize("exponent", [1, 2, 30, 3000, 300_000])
def test_power_of_the_cosine(exponent):
    """cos^n over the hemisphere has the directivity 2 (n + 1)."""
    found = radial_directivity_dbi(
        lambda off_axis: exponent * to_db(np.cos(np.radians(off_axis))), reach_deg=90.0
    )
    assert found == pytest.approx(10 * math.log10(2 * (exponent + 1)), abs=QUADRATURE_DB)


@given(st.floats(0.1, 40.0))
def test_circular_aperture(diameter_m):
    """The pattern 4 (J1(x) / x)^2, x = ka sin: its integral over the disc of direction cosines is known.

    The integral of 4 J1^2(ka u) / (ka u)^2 2 pi u du / sqrt(1 - u^2) to u = 1 is 4 pi / (ka)^2 (1 - J1(2 ka) / (ka)).
    """
    ka = math.pi * diameter_m * 2e9 / SPEED_OF_LIGHT_M_S
    found = radial_directivity_dbi(
        lambda off_axis: circular_aperture_gain_db(
            off_axis_deg=off_axis, diameter_m=diameter_m, frequency_hz=2e9
        ),
        reach_deg=90.0,
    )
    exact = 10 * math.log10(ka**2 / (1 - float(j1(2 * ka)) / ka))
    assert found == pytest.approx(exact, abs=0.01)

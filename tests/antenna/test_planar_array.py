"""Planar array: published array of Starlink Direct to Cell, closed forms, conservation of power."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c.antenna.directivity import planar_array_directivity_dbi
from d2c.antenna.patterns import (
    circular_aperture_gain_db,
    planar_array_gain_db,
    scan_loss_db,
    square_array_gain_db,
)
from d2c.constants import SPEED_OF_LIGHT_M_S
from d2c.errors import ModelRangeError
from d2c.units import from_db

# SpaceX, DIRECT_TO_CELL_FIRST_TEXT_UPDATE, January 2024, at the middle of 1990-1995 MHz
ARRAY = {"length_along_m": 2.7, "length_across_m": 2.3, "frequency_hz": 1992.5e6}
PRINTED_DB = 0.005
PRINTED_DEG = 0.05
DB = 1e-9
QUADRATURE_DB = 0.001  # of the directivity's quadrature against one that converges for all lobes
SIDES_M = st.floats(0.3, 6.0)
COSINES = st.floats(-1.0, 1.0)


def directivity_dbi(*, scan_deg, axis, exponent, points=300, **array):
    """Return the directivity in the steered direction: Gauss in the polar angle, even steps around the broadside."""
    node, weight = np.polynomial.legendre.leggauss(points)
    off_nadir = (node[:, None] + 1) * np.pi / 4
    around = np.arange(2 * points) / points * np.pi
    along, across = np.sin(off_nadir) * np.cos(around), np.sin(off_nadir) * np.sin(around)
    steered = [0.0, 0.0]
    steered[axis] = math.sin(math.radians(scan_deg))
    gain = from_db(
        planar_array_gain_db(sine_along=along - steered[0], sine_across=across - steered[1], **array)
    )
    element = np.cos(off_nadir) ** exponent
    total = (gain * element * np.sin(off_nadir) * weight[:, None]).sum() * (np.pi / 4) * (np.pi / points)
    return 10 * math.log10(4 * math.pi * math.cos(math.radians(scan_deg)) ** exponent / total)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("scan_deg", "independent_dbi"), [(0, 35.43), (30, 34.82), (55, 33.09)])
def test_the_steered_array_radiates_its_power(scan_deg, independent_dbi, axis):
    """Independent integration of the published array: 35.43, 34.82 and 33.09 dBi at 0, 30 and 55 deg of scan."""
    integrated = directivity_dbi(scan_deg=scan_deg, axis=axis, exponent=1, **ARRAY)
    assert integrated == pytest.approx(independent_dbi, abs=PRINTED_DB)


@pytest.mark.parametrize(("scan_deg", "past_horizon_db"), [(30, 0.02), (55, 0.08)])
def test_scan_loss_is_what_the_projected_aperture_loses(scan_deg, past_horizon_db):
    """cos: 0.62 dB at 30 deg and 2.41 at 55; side lobes past the horizon, which radiate nothing, give a little back."""
    lost = directivity_dbi(scan_deg=0, axis=0, exponent=1, **ARRAY) - directivity_dbi(
        scan_deg=scan_deg, axis=0, exponent=1, **ARRAY
    )
    assert 0 < scan_loss_db(scan_angle_deg=scan_deg, exponent=1) - lost < past_horizon_db


@pytest.mark.parametrize(("side", "hpbw_deg"), [("along", 2.8), ("across", 3.3)])
def test_half_power_beamwidths_of_the_published_array(side, hpbw_deg):
    """0.886 wavelengths over the side: 2.83 by 3.32 deg."""
    half = math.sin(math.radians(hpbw_deg / 2))
    sines = {"sine_along": 0.0, "sine_across": 0.0}
    inside, outside = (
        planar_array_gain_db(**sines | {f"sine_{side}": half + sign * math.radians(PRINTED_DEG / 2)}, **ARRAY)
        for sign in (-1, 1)
    )
    assert outside < 10 * math.log10(0.5) < inside


def test_side_lobes_of_a_uniform_array():
    """First side lobe of sinc^2 -13.26 dB at 1.4303, second -17.83 at 2.4590, nulls at whole numbers."""
    side_m = 3.0
    sine = np.array([1.0, 1.4303, 2.0, 2.4590]) * SPEED_OF_LIGHT_M_S / ARRAY["frequency_hz"] / side_m
    gain = planar_array_gain_db(
        sine_along=sine,
        sine_across=0.0,
        length_along_m=side_m,
        length_across_m=1.0,
        frequency_hz=ARRAY["frequency_hz"],
    )
    np.testing.assert_allclose(gain[[1, 3]], [-13.26, -17.83], atol=PRINTED_DB)
    assert (gain[[0, 2]] < -200).all()


def test_scan_widens_the_beam():
    """The -3 dB points are fixed in direction cosines: at 60 deg the beam is twice as wide in degrees."""
    half = 0.443 * SPEED_OF_LIGHT_M_S / ARRAY["frequency_hz"] / ARRAY["length_along_m"]
    steered = math.sin(math.radians(60.0))
    edges = np.degrees(np.arcsin([steered - half, steered + half]))
    assert edges[1] - edges[0] == pytest.approx(2 * 2 * math.degrees(half), rel=0.01)
    gain = planar_array_gain_db(
        sine_along=np.sin(np.radians(edges)) - steered, sine_across=np.zeros(2), **ARRAY
    )
    np.testing.assert_allclose(gain, -3.01, atol=0.02)


@given(COSINES, COSINES, SIDES_M, SIDES_M)
def test_gain_is_symmetric_and_at_most_the_peak(sine_along, sine_across, along_m, across_m):
    sides = {"length_along_m": along_m, "length_across_m": across_m, "frequency_hz": 2e9}
    gain = planar_array_gain_db(sine_along=sine_along, sine_across=sine_across, **sides)
    assert gain <= 0
    for signs in ((-1, 1), (1, -1), (-1, -1)):
        assert gain == planar_array_gain_db(
            sine_along=signs[0] * sine_along, sine_across=signs[1] * sine_across, **sides
        )
    turned = {"length_along_m": across_m, "length_across_m": along_m, "frequency_hz": 2e9}
    assert gain == pytest.approx(
        planar_array_gain_db(sine_along=sine_across, sine_across=sine_along, **turned), abs=DB
    )


@given(COSINES, SIDES_M, SIDES_M)
def test_gain_is_a_product_of_its_sides(sine, along_m, across_m):
    """Each sinc is guarded at zero by itself: on one axis the other side has no part."""
    sides = {"length_along_m": along_m, "length_across_m": across_m, "frequency_hz": 2e9}
    both, along, across = (
        planar_array_gain_db(sine_along=u, sine_across=v, **sides)
        for u, v in ((sine, sine), (sine, 0.0), (0.0, sine))
    )
    assert both == pytest.approx(along + across, abs=1e-6)
    assert np.isfinite(planar_array_gain_db(sine_along=0.0, sine_across=0.0, **sides))


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0), st.floats(0, 60), st.sampled_from([0, 1]))
def test_no_steered_array_radiates_more_than_its_power(along_m, across_m, scan_deg, axis):
    """4 pi A / lambda^2 cos(scan) is at most the directivity: the pattern's integral is at most 1."""
    array = {"length_along_m": along_m, "length_across_m": across_m, "frequency_hz": 2e9}
    aperture = 4 * math.pi * along_m * across_m * (2e9 / SPEED_OF_LIGHT_M_S) ** 2
    gain_dbi = 10 * math.log10(aperture * math.cos(math.radians(scan_deg)))
    assert gain_dbi <= directivity_dbi(scan_deg=scan_deg, axis=axis, exponent=1, **array) + 1e-3


@pytest.mark.parametrize("exponent", [0, 0.5, 1, 1.5, 3])
@pytest.mark.parametrize(("along_m", "across_m"), [(2.7, 2.3), (0.5, 4.0), (6.0, 4.0)])
def test_directivity_at_broadside(along_m, across_m, exponent):
    array = {"length_along_m": along_m, "length_across_m": across_m, "frequency_hz": 2e9}
    plain = directivity_dbi(scan_deg=0, axis=0, exponent=exponent, **array)
    assert planar_array_directivity_dbi(**array, exponent=exponent) == pytest.approx(plain, abs=QUADRATURE_DB)


@pytest.mark.parametrize("side_m", [3.0, 15.0, 60.0, 300.0])
def test_directivity_of_a_large_array_is_that_of_its_area(side_m):
    """4 pi A / lambda^2 plus what would lie past the horizon: of each sinc^2 1 / (pi^2 x) is beyond x lobes."""
    lobes = side_m * 2e9 / SPEED_OF_LIGHT_M_S
    found = planar_array_directivity_dbi(
        length_along_m=side_m, length_across_m=side_m, frequency_hz=2e9, exponent=1
    )
    beyond = 2 * 10 * math.log10(1 - 1 / (math.pi**2 * lobes))
    assert found == pytest.approx(10 * math.log10(4 * math.pi * lobes**2) - beyond, abs=0.005)


def test_square_array_by_off_axis_angle():
    """In a plane of equal width sinc^2 of side sin(angle); its half-power width is 0.8859 wavelengths over the side."""
    half_deg = math.degrees(math.asin(0.44295 * SPEED_OF_LIGHT_M_S / 2e9 / 2.5))
    gain = square_array_gain_db(
        off_axis_deg=np.array([0.0, half_deg, -half_deg, 90.0]), area_m2=6.25, frequency_hz=2e9
    )
    np.testing.assert_allclose(gain[:3], [0.0, -3.0103, -3.0103], atol=1e-3)
    along = planar_array_gain_db(
        sine_along=1.0, sine_across=0.0, length_along_m=2.5, length_across_m=2.5, frequency_hz=2e9
    )
    assert gain[3] == pytest.approx(along, abs=DB)
    with pytest.raises(ModelRangeError, match="off-axis angle 91 deg is outside the -90 to 90 deg"):
        square_array_gain_db(off_axis_deg=91.0, area_m2=6.25, frequency_hz=2e9)


def test_near_the_axis_a_square_is_as_wide_as_a_disc_of_its_area():
    """Power lost near the axis goes with the second moment of the aperture: pi / 3 as much for the square."""
    disc_m = math.sqrt(4 / math.pi) * 2.5
    lost = [
        square_array_gain_db(off_axis_deg=0.1, area_m2=6.25, frequency_hz=2e9),
        circular_aperture_gain_db(off_axis_deg=0.1, diameter_m=disc_m, frequency_hz=2e9),
    ]
    assert lost[0] / lost[1] == pytest.approx(math.pi / 3, rel=1e-3)

"""Antenna patterns against printed figures, tests of SHARC and hand derivations."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.antenna.patterns import (
    NEAR_SIDE_LOBES_DB,
    circular_aperture_beamwidth_deg,
    circular_aperture_gain_db,
    isotropic_gain_db,
    s1528_gain_dbi,
    s1528_leo_gain_dbi,
    s1528_taylor_gain_db,
    scan_loss_db,
    taylor_parameters,
)
from d2c.errors import ModelRangeError

FIGURES = Path(__file__).parents[2].parent / "shared" / "figures" / "systems.json"
PRINTED_ANGLE_DEG = 0.5e-4
DB = 1e-9
SYSTEM_3 = {
    "diameter_m": 1.6,
    "frequency_hz": 299_792_458.0 / 0.15,
    "side_lobe_ratio_db": 20.0,
    "secondary_lobes": 2,
}


def test_isotropic():
    assert isotropic_gain_db(off_axis_deg=np.array([0.0, 45.0, 180.0])).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("diameter_m", "ghz", "printed_deg"),
    [
        (2.0, 2.0, 4.4127),
        (22.0, 2.0, 0.4011),
        (0.5, 20.0, 1.7647),
        (5.0, 20.0, 0.1765),
        (12.0, 2.0, 0.7353),
        (0.2, 20.0, 4.4127),
    ],
)
def test_beamwidths_of_tr38821(diameter_m, ghz, printed_deg):
    """Tables 6.1.1.1-1 and 6.1.1.1-2; 4.4127 and 1.7647 were checked in the document, the others are from memory."""
    gain_db = circular_aperture_beamwidth_deg(diameter_m=diameter_m, frequency_hz=ghz * 1e9)
    assert gain_db == pytest.approx(printed_deg, abs=PRINTED_ANGLE_DEG)


@given(st.floats(0.3, 30.0), st.floats(1e9, 30e9))
def test_gain_at_the_beamwidth_is_minus_3_db(diameter_m, frequency_hz):
    dish = {"diameter_m": diameter_m, "frequency_hz": frequency_hz}
    edge = circular_aperture_beamwidth_deg(**dish) / 2
    gain_db = circular_aperture_gain_db(off_axis_deg=np.array([0.0, edge, -edge]), **dish)
    np.testing.assert_allclose(gain_db, [0.0, -3.0, -3.0], atol=DB)


def test_airy_pattern():
    """The Airy disc: null at 3.8317, first side lobe -17.57 dB at 5.1356, second -23.81 dB at 8.4172."""
    x = np.array([3.831705970208, 5.135622301841, 8.417244140400])
    diameter_m = 10.0
    off_axis = np.degrees(np.arcsin(x * 0.15 / (np.pi * diameter_m)))
    gain_db = circular_aperture_gain_db(
        off_axis_deg=off_axis, diameter_m=diameter_m, frequency_hz=299_792_458.0 / 0.15
    )
    assert gain_db[0] < -200
    np.testing.assert_allclose(gain_db[1:], [-17.57, -23.81], atol=0.005)


@given(st.floats(-90, 90), st.floats(0.1, 20), st.floats(1e9, 30e9))
def test_peak_gain_is_on_axis(off_axis_deg, diameter_m, frequency_hz):
    dish = {"off_axis_deg": off_axis_deg, "diameter_m": diameter_m, "frequency_hz": frequency_hz}
    assert circular_aperture_gain_db(**dish) <= DB
    assert s1528_taylor_gain_db(**dish, side_lobe_ratio_db=20, secondary_lobes=4) <= DB


def test_aperture_range_errors():
    with pytest.raises(
        ModelRangeError, match=r"off-axis angle 91 deg is outside the -90 to 90 deg that 3GPP TR 38\.811"
    ):
        circular_aperture_gain_db(off_axis_deg=91.0, diameter_m=2.0, frequency_hz=2e9)
    with pytest.raises(ModelRangeError, match=r"an aperture of 0\.05 m at 2 GHz has no -3 dB point"):
        circular_aperture_beamwidth_deg(diameter_m=0.05, frequency_hz=2e9)


def test_s1528_against_sharc():
    """SHARC's test of recommends 1.2: 39 dBi, 2 deg full width, two decimals."""
    off_axis = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 80, 100])
    beam = {"off_axis_deg": off_axis, "peak_gain_dbi": 39.0, "beamwidth_deg": 2.0}
    at_20 = [0, -3, -8.48, -20, -20, -20, -20, -21.10, -22.55, -23.83, -24.98, -39, -34.25]
    at_30 = [0, -3, -8.48, -30, -30, -30, -30, -31.10, -32.55, -33.83, -34.98, -39, -39]
    np.testing.assert_allclose(s1528_gain_dbi(**beam, near_side_lobe_db=-20) - 39, at_20, atol=0.01)
    np.testing.assert_allclose(s1528_gain_dbi(**beam, near_side_lobe_db=-30) - 39, at_30, atol=0.01)


@given(st.sampled_from(NEAR_SIDE_LOBES_DB), st.floats(36, 55), st.floats(0.3, 10))
def test_s1528_decreases_up_to_90_deg(near_side_lobe_db, peak_gain_dbi, beamwidth_deg):
    gain = s1528_gain_dbi(
        off_axis_deg=np.linspace(0, 90, 901),
        peak_gain_dbi=peak_gain_dbi,
        beamwidth_deg=beamwidth_deg,
        near_side_lobe_db=near_side_lobe_db,
    )
    assert gain[0] == peak_gain_dbi
    assert (np.diff(gain) <= DB).all()


def test_s1528_range_errors():
    beam = {"off_axis_deg": 1.0, "beamwidth_deg": 2.0}
    with pytest.raises(
        ModelRangeError, match="side-lobe level -18 dB is not one of -15, -20, -25, -30, -35 dB"
    ):
        s1528_gain_dbi(**beam, peak_gain_dbi=39.0, near_side_lobe_db=-18)
    with pytest.raises(
        ModelRangeError, match=r"peak gain 15 dBi is below the 20 dBi that ITU-R S\.1528-0, 1\.2"
    ):
        s1528_gain_dbi(**beam, peak_gain_dbi=15.0, near_side_lobe_db=-20)
    with pytest.raises(ModelRangeError, match=r"peak gain 10 dBi is below the 11\.75 dBi"):
        s1528_leo_gain_dbi(**beam, peak_gain_dbi=10.0)
    with pytest.raises(ModelRangeError, match="off-axis angle 181 deg"):
        s1528_leo_gain_dbi(off_axis_deg=181.0, beamwidth_deg=2.0, peak_gain_dbi=35.0)


def test_s1528_leo_by_hand():
    """35 dBi, 1.6 deg full width: half width 0.8.

    Y = 1.5 * 0.8 = 1.2 deg, with a loss of 3 * 1.5^2 = 6.75 dB; at 2.4 deg 25 log10 2 = 7.5257 dB more;
    Z = 1.2 * 10^(0.04 * 23.25) = 10.214 deg, beyond it 5 dBi.
    """
    gain_db = s1528_leo_gain_dbi(
        off_axis_deg=np.array([0.0, 0.8, 1.2, 2.4, 10.3, 180.0]), peak_gain_dbi=35.0, beamwidth_deg=1.6
    )
    np.testing.assert_allclose(gain_db, [35.0, 32.0, 28.25, 20.7243, 5.0, 5.0], atol=1e-4)


@given(st.floats(12, 55), st.floats(0.3, 20), st.floats(0, 179.9))
def test_s1528_leo_is_continuous_and_decreasing(peak_gain_dbi, beamwidth_deg, off_axis_deg):
    gain_db = s1528_leo_gain_dbi(
        off_axis_deg=off_axis_deg + np.array([0.0, 1e-7]),
        peak_gain_dbi=peak_gain_dbi,
        beamwidth_deg=beamwidth_deg,
    )
    assert -1e-4 < gain_db[1] - gain_db[0] <= DB


def test_taylor_parameters_printed_in_s1528():
    """S.1528, Annex II, example of recommends 1.4, as SHARC's test quotes it."""
    a, sigma = taylor_parameters(side_lobe_ratio_db=20, secondary_lobes=4)
    assert a == pytest.approx(0.95277, abs=1e-5)
    assert sigma == pytest.approx(1.1692, abs=0.5e-4)


def test_taylor_with_one_lobe_is_the_uniform_aperture():
    """No zero is displaced: the pattern is 2 J1(u) / u."""
    dish = {"off_axis_deg": np.linspace(0, 80, 161), "diameter_m": 1.6, "frequency_hz": 2e9}
    gain_db = s1528_taylor_gain_db(**dish, side_lobe_ratio_db=20, secondary_lobes=1)
    np.testing.assert_allclose(gain_db, circular_aperture_gain_db(**dish), atol=DB)


@pytest.mark.parametrize("secondary_lobes", [2, 3, 4, 6])
def test_taylor_nulls(secondary_lobes):
    """By construction the first zeros lie at pi sigma sqrt(A^2 + (i - 1/2)^2), the next at the zeros of J1."""
    a, sigma = taylor_parameters(side_lobe_ratio_db=20, secondary_lobes=secondary_lobes)
    displaced = [math.pi * sigma * math.hypot(a, i - 0.5) for i in range(1, secondary_lobes)]
    first_fixed = {2: 7.015586669816, 3: 10.173468135063, 4: 13.323691936314, 6: 19.615858510468}[
        secondary_lobes
    ]
    off_axis = np.degrees(np.arcsin(np.array([*displaced, first_fixed]) * 0.15 / (np.pi * 10.0)))
    gain_db = s1528_taylor_gain_db(
        off_axis_deg=off_axis, **(SYSTEM_3 | {"diameter_m": 10.0, "secondary_lobes": secondary_lobes})
    )
    assert (gain_db < -150).all()


def test_taylor_is_smooth_at_the_displaced_zeros():
    """Numerator and denominator vanish together at the first zero of J1; the gain is continuous there."""
    zero = 3.831705970208
    off_axis = np.degrees(np.arcsin(zero * (1 + np.array([-1e-5, 0.0, 1e-5])) * 0.15 / (np.pi * 1.6)))
    below, at, above = s1528_taylor_gain_db(off_axis_deg=off_axis, **SYSTEM_3)
    assert at == pytest.approx((below + above) / 2, abs=1e-3)


@pytest.mark.parametrize(("secondary_lobes", "tolerance_db"), [(2, 2.0), (4, 0.8), (8, 0.4)])
def test_taylor_side_lobes_approach_the_ratio(secondary_lobes, tolerance_db):
    """Taylor 1960: the lobes approach the ratio (here 20 dB) from below as the number of controlled lobes grows."""
    u = np.linspace(3.0, 7.0, 4001)
    off_axis = np.degrees(np.arcsin(u * 0.15 / (np.pi * 10.0)))
    gain = s1528_taylor_gain_db(
        off_axis_deg=off_axis, **(SYSTEM_3 | {"diameter_m": 10.0, "secondary_lobes": secondary_lobes})
    )
    inner = gain[1:-1]
    first_lobe = inner[(inner > gain[:-2]) & (inner > gain[2:])][0]
    assert -20 - tolerance_db < first_lobe < -20


def test_system_3_parameters_match_wp4c():
    if not FIGURES.is_file():
        pytest.skip("the figures of WP 4C are not available")
    pattern = json.loads(FIGURES.read_text())["starlink_d2c"]["itu_wp4c_system3"]["pattern"]["value"]
    assert pattern == "S.1528 Taylor, SLR 20 dB, 2 secondary lobes, l_r=l_t=1.6 m (lambda 0.15 m)"
    assert s1528_taylor_gain_db(off_axis_deg=0.0, **SYSTEM_3) == 0


def test_taylor_range_error():
    with pytest.raises(
        ModelRangeError, match=r"secondary_lobes = 0 is not 1 to 10 \(ITU-R S\.1528-0, 1\.4\)"
    ):
        s1528_taylor_gain_db(off_axis_deg=0.0, **(SYSTEM_3 | {"secondary_lobes": 0}))


def test_scan_loss_by_hand():
    """At 60 deg the projected aperture is halved: 3.0103 dB for n = 1, 1.5 times as much for n = 1.5."""
    assert scan_loss_db(scan_angle_deg=np.array([0.0, 60.0, -60.0]), exponent=1.0).tolist() == pytest.approx(
        [0, 3.0103, 3.0103], abs=1e-4
    )
    assert scan_loss_db(scan_angle_deg=60.0, exponent=1.5) == pytest.approx(4.5154, abs=1e-4)


@pytest.mark.parametrize(("scan_angle_deg", "exponent"), [(90.0, 1.0), ([0.0, -95.0], 1.0), (10.0, -1.0)])
def test_scan_loss_range_errors(scan_angle_deg, exponent):
    with pytest.raises(ModelRangeError, match="scan angle must be below 90 deg and exponent at least 0"):
        scan_loss_db(scan_angle_deg=scan_angle_deg, exponent=exponent)


def test_nan_propagates():
    nan = np.array([np.nan, 1.0])
    for gain_db in (
        circular_aperture_gain_db(off_axis_deg=nan, diameter_m=2.0, frequency_hz=2e9),
        s1528_gain_dbi(off_axis_deg=nan, peak_gain_dbi=39.0, beamwidth_deg=2.0, near_side_lobe_db=-20),
        s1528_leo_gain_dbi(off_axis_deg=nan, peak_gain_dbi=39.0, beamwidth_deg=2.0),
        s1528_taylor_gain_db(off_axis_deg=nan, **SYSTEM_3),
    ):
        assert np.isnan(gain_db).tolist() == [True, False]

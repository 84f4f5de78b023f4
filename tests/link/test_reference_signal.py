"""Power and quality of reference signals against calculations by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles_on_sphere
from d2c.link.reference_signal import resource_element_activity, rsrp_dbm, rsrq_db
from d2c.link.terminal import system_noise_temperature_db_k


def with_figures(handset, **figures):
    return handset.model_copy(
        update={
            key: getattr(handset, key).model_copy(update={"value": value}) for key, value in figures.items()
        }
    )


def test_rsrp_by_hand():
    """NF 7 dB, 0 dBi, 290 K: k T0 = -203.98 dBW/Hz, + 7 dB + 41.76 dBHz + 30 = -125.21 dBm of noise in 15 kHz."""
    handset = models.read_handset("3gpp-handheld")
    assert rsrp_dbm(handset, c_n_db=22.4) == pytest.approx(-102.81, abs=0.01)
    levels = rsrp_dbm(handset, c_n_db=np.array([0.0, np.nan, 22.4]))
    np.testing.assert_allclose(levels, [-125.21, np.nan, -102.81], atol=0.01)


def test_noise_of_rsrp_is_that_of_g_over_t():
    """NF 2 dB (factor 1.585), antenna at 120 K: T = 290 * 0.585 + 120 = 289.6 K = 24.62 dBK; the gain adds no noise."""
    handset = with_figures(
        models.read_handset("3gpp-handheld"), noise_figure_db=2.0, antenna_temperature_k=120.0
    )
    assert system_noise_temperature_db_k(handset) == pytest.approx(24.62, abs=0.005)
    better = with_figures(handset, rx_gain_dbi=6.0)
    assert rsrp_dbm(better, c_n_db=10.0) == pytest.approx(rsrp_dbm(handset, c_n_db=10.0), abs=1e-9)
    assert rsrp_dbm(handset, c_n_db=10.0) == pytest.approx(10 - 228.599 + 24.618 + 41.761 + 30, abs=0.005)


@pytest.mark.parametrize("elevation_deg", [25.0, 50.0, 90.0])
def test_rsrp_is_the_received_power_in_15_khz(elevation_deg):
    link = RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    look = look_angles_on_sphere(altitude_m=360e3, elevation_deg=elevation_deg)
    budget = link.downlink(
        slant_range_m=look.slant_range_m, elevation_deg=look.elevation_deg, off_nadir_deg=look.off_nadir_deg
    )
    noise = ("handset G/T", "Boltzmann's constant", "noise bandwidth")
    path = sum(line.signed_db for line in budget.lines if line.name not in noise)
    received_dbm = path + link.handset.rx_gain_dbi.value + 30
    expected = received_dbm - 10 * np.log10(budget.bandwidth_hz / 15e3)
    np.testing.assert_allclose(rsrp_dbm(link.handset, c_n_db=budget.c_n_db), expected, atol=1e-9)


def test_highest_rsrq_at_full_and_no_load():
    """One antenna port: of 12 resource elements 2 are its own reference signals, and 10 carry data if loaded."""
    # 10 log10(1 / 12) and 10 log10(1 / 2)
    assert rsrq_db(100.0, load=1.0) == pytest.approx(-10.79, abs=0.005)
    assert rsrq_db(100.0, load=0.0) == pytest.approx(-3.01, abs=0.005)
    # half loaded: 1 / (2 + 5)
    assert rsrq_db(100.0, load=0.5) == pytest.approx(-8.45, abs=0.005)


def test_rsrq_by_hand():
    # C/N 0 dB: 1 / (12 + 12) is -13.80 dB; C/N 10 dB at no load: 1 / (2 + 1.2) is -5.05 dB
    assert rsrq_db(0.0, load=1.0) == pytest.approx(-13.80, abs=0.005)
    assert rsrq_db(10.0, load=0.0) == pytest.approx(-5.05, abs=0.005)
    np.testing.assert_allclose(rsrq_db(np.array([0.0, np.nan]), load=1.0), [-13.80, np.nan], atol=0.005)


@given(st.floats(-30, 50), st.floats(0, 1), st.floats(0, 1))
def test_rsrq_falls_with_load_and_noise(c_in_db, load, other):
    low, high = sorted((load, other))
    assert rsrq_db(c_in_db, load=high) <= rsrq_db(c_in_db, load=low) <= -3.0
    assert rsrq_db(c_in_db - 1, load=load) < rsrq_db(c_in_db, load=load)


def test_activity_is_what_rsrq_says_of_its_own_beam():
    # the own beam's resource elements without noise, of 12: 10^(-RSRQ / 10) / 12
    for load in (0.0, 0.3, 1.0):
        own = 10 ** (-float(rsrq_db(200.0, load=load)) / 10)
        assert resource_element_activity(load) == pytest.approx(own / 12, abs=1e-12)

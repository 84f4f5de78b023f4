"""Scintillation and Faraday rotation against printed figures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError
from d2c.propagation.ionosphere import faraday_rotation_deg, scintillation_loss_db
from d2c.propagation.table import read_table


@pytest.mark.parametrize("latitude_deg", [20.001, 35.0, 41.9, 47.0, 60.0, -33.0])
def test_none_between_20_and_60_deg(latitude_deg):
    assert scintillation_loss_db(frequency_hz=2e9, latitude_deg=latitude_deg) == 0


@pytest.mark.parametrize("latitude_deg", [0.0, 20.0, -20.0, -7.5])
def test_2_2_db_near_the_equator(latitude_deg):
    """TR 38.821 carries 2.2 dB at 2 GHz; 1.1 * 2^1.5 / sqrt 2 = 2.2 exactly."""
    assert scintillation_loss_db(frequency_hz=2e9, latitude_deg=latitude_deg) == pytest.approx(2.2, abs=1e-12)


def test_ns3_figure():
    """Ns-3 writes 6.22 / f^1.5 for the same loss: three digits."""
    for ghz in (1.0, 1.6, 3.5):
        got = scintillation_loss_db(frequency_hz=ghz * 1e9, latitude_deg=10.0)
        assert got == pytest.approx(6.22 / ghz**1.5, rel=1e-3)


def test_none_from_6_ghz_up():
    got = scintillation_loss_db(frequency_hz=np.array([5.9e9, 6e9, 20e9]), latitude_deg=5.0)
    assert got[0] > 0
    assert got[1:].tolist() == [0, 0]


def test_inputs_broadcast_and_nan_passes():
    got = scintillation_loss_db(
        frequency_hz=np.array([[1e9], [2e9]]), latitude_deg=np.array([0.0, 40.0, np.nan])
    )
    assert got.shape == (2, 3)
    assert np.isnan(got[:, 2]).all()
    assert (got[:, 1] == 0).all()


@pytest.mark.parametrize(
    ("frequency_hz", "latitude_deg", "message"),
    [
        (
            2e9,
            60.5,
            r"latitude 60\.5 deg is outside the -60 to 60 deg that 3GPP TR 38\.811 V15\.4\.0, 6\.6\.6\.1",
        ),
        (2e9, -70.0, "latitude -70 deg"),
        (0.3e9, 10.0, r"frequency 0\.3 GHz is outside the 0\.5 to 100 GHz"),
    ],
)
def test_inputs_outside_the_report_are_errors(frequency_hz, latitude_deg, message):
    with pytest.raises(ModelRangeError, match=message):
        scintillation_loss_db(frequency_hz=frequency_hz, latitude_deg=latitude_deg)


def test_latitude_limits_are_marked_assumed():
    assert "from memory" in read_table("tr38811_ionospheric_scintillation").assumed


def test_faraday_rotation_of_p618_table_1():
    got = faraday_rotation_deg(frequency_hz=np.array([0.5e9, 1e9, 3e9]))
    np.testing.assert_allclose(got, [432.0, 108.0, 12.0], rtol=1e-12)


def test_faraday_rotation_is_of_the_size_of_p531():
    """P.531: 2.36e-14 B N / f^2 rad (f in GHz), so 1.18 rad at 1 GHz for 50 microtesla and N = 1e18.

    P.618 prints 1.88 rad for 1e18 upwards and a path at 30 deg, 1.6 times as much: a path at 30 deg is 1.73
    times as long in a layer at 400 km (secant of the zenith angle there, 54.6 deg).
    """
    along_the_path = math.degrees(2.36e-14 * 50e-6 * 1e18)
    slant = 1 / math.cos(math.asin(6371 / 6771 * math.cos(math.radians(30))))
    assert faraday_rotation_deg(frequency_hz=1e9) == pytest.approx(along_the_path * slant, rel=0.1)


@given(st.floats(0.1e9, 6e9), st.floats(1e15, 1e19))
def test_faraday_scaling(frequency_hz, electron_content_m2):
    one = faraday_rotation_deg(frequency_hz=frequency_hz, electron_content_m2=electron_content_m2)
    assert faraday_rotation_deg(
        frequency_hz=2 * frequency_hz, electron_content_m2=electron_content_m2
    ) == pytest.approx(one / 4)
    assert faraday_rotation_deg(
        frequency_hz=frequency_hz, electron_content_m2=3 * electron_content_m2
    ) == pytest.approx(3 * one)


def test_faraday_out_of_range_inputs_are_errors():
    with pytest.raises(
        ModelRangeError, match=r"frequency 13 GHz is outside the 0\.1 to 12 GHz that ITU-R P\.531-16"
    ):
        faraday_rotation_deg(frequency_hz=13e9)

"""Power flux density, field strength and margin to limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError
from d2c.library import models
from d2c.library.entry import entry_names
from d2c.link.pfd import (
    emitted_level,
    field_strength_dbuv_m,
    level_unit,
    limit_level,
    limit_margin_db,
)

LIMITS = entry_names("limits")


@pytest.mark.parametrize(("field", "pfd"), [(40.0, -105.76), (47.0, -98.76)])
def test_field_strength_by_hand(field, pfd):
    """E^2 / 377 ohm: 47 dBuV/m is 2.2387e-4 V/m, squared 5.012e-8, divided by 376.73 1.3304e-10 W/m2."""
    assert field_strength_dbuv_m(pfd_dbw_m2=pfd) == pytest.approx(field, abs=0.005)


def test_mss_limit_per_mhz_by_hand():
    """47 CFR 25.208(v)(2): -126, then -126 + 0.65 (d - 5) from 5 to 25 deg, then -113 dBW/m2 in 1 MHz."""
    level = limit_level(models.read_limit("fcc-25-208v-1mhz"), elevation_deg=[0, 3, 5, 15, 24, 25, 60, 90])
    np.testing.assert_allclose(level, [-126, -126, -126, -119.5, -113.65, -113, -113, -113], atol=1e-12)


def test_mss_limit_per_4_khz_by_hand():
    """47 CFR 25.208(v)(1) at 15 deg: -144 + 6.5; -110 dBW/m2/MHz is 23.98 dB less in 4 kHz."""
    limit = models.read_limit("fcc-25-208v-4khz")
    margin = limit_margin_db(limit, pfd_dbw_m2_mhz=-110.0, bandwidth_hz=5e6, elevation_deg=15.0)
    assert margin == pytest.approx(-137.5 + 110 + 23.979, abs=1e-3)


def test_starlink_against_the_limit_and_its_waiver():
    """-80 dBW/m2/MHz in the channel: 40 dB of out-of-channel suppression for 25.202(k), 30.6 dB under the waiver."""
    at = {"pfd_dbw_m2_mhz": -80.0, "bandwidth_hz": 4.5e6, "elevation_deg": 50.0}
    assert limit_margin_db(models.read_limit("fcc-25-202k"), **at) == pytest.approx(-40.0)
    assert limit_margin_db(models.read_limit("fcc-25-202k-starlink-waiver"), **at) == pytest.approx(-30.6)


def test_field_strength_of_a_channel_by_hand():
    """-80 dBW/m2/MHz over 4.5 MHz is -73.468 dBW/m2, 72.292 dBuV/m: 25.292 dB over the 47 of 25.208(w)(2)."""
    margin = limit_margin_db(
        models.read_limit("fcc-25-208w-pcs"), pfd_dbw_m2_mhz=-80.0, bandwidth_hz=4.5e6, elevation_deg=90.0
    )
    assert margin == pytest.approx(47 - 72.292, abs=1e-3)


def test_units():
    assert level_unit(models.read_limit("fcc-25-202k")) == "dBW/m2 in 1 MHz"
    assert level_unit(models.read_limit("fcc-25-208v-4khz")) == "dBW/m2 in 4 kHz"
    assert level_unit(models.read_limit("fcc-25-208w-low")) == "dBuV/m"


@pytest.mark.parametrize("name", LIMITS)
@given(pfd=st.floats(-160, -60), elevation=st.floats(0, 90), increase_db=st.floats(0, 40))
def test_margin_plus_level_is_the_limit_and_margin_falls_with_level(name, pfd, elevation, increase_db):
    limit = models.read_limit(name)
    at = {"bandwidth_hz": 5e6, "elevation_deg": elevation}
    margin = limit_margin_db(limit, pfd_dbw_m2_mhz=pfd, **at)
    level = emitted_level(limit, pfd_dbw_m2_mhz=pfd, bandwidth_hz=5e6)
    assert margin + level == pytest.approx(limit_level(limit, elevation_deg=elevation), abs=1e-9)
    assert limit_margin_db(limit, pfd_dbw_m2_mhz=pfd + increase_db, **at) == pytest.approx(
        margin - increase_db, abs=1e-9
    )


@given(st.floats(3.75e3, 1e6), st.floats(-120, -80))
def test_emission_narrower_than_the_reference_bandwidth_counts_fully(bandwidth_hz, pfd):
    limit = models.read_limit("fcc-25-208v-1mhz")
    level = emitted_level(limit, pfd_dbw_m2_mhz=pfd, bandwidth_hz=bandwidth_hz)
    assert level == pytest.approx(pfd + 10 * math.log10(bandwidth_hz / 1e6), abs=1e-9)


def test_arrays_broadcast():
    margin = limit_margin_db(
        models.read_limit("rr-21-4-2200mhz"),
        pfd_dbw_m2_mhz=np.array([[-90.0], [-100.0]]),
        bandwidth_hz=5e6,
        elevation_deg=np.array([0.0, 25.0, 90.0]),
    )
    assert margin.shape == (2, 3)
    np.testing.assert_allclose(margin[1] - margin[0], 10.0)
    assert margin[0, 1] > margin[0, 0]


@pytest.mark.parametrize("elevation", [-0.1, 90.1])
def test_elevation_range_errors(elevation):
    with pytest.raises(ModelRangeError, match=r"outside the 0 to 90 deg that FCC"):
        limit_level(models.read_limit("fcc-25-202k"), elevation_deg=elevation)

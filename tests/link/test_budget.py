"""Link budgets against printed results, and invariants of every budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles_on_sphere
from d2c.link.terminal import eirp_dbw, g_over_t_db_k


@pytest.fixture(scope="module")
def link():
    return RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )


def at(altitude_km, elevation_deg):
    look = look_angles_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=elevation_deg)
    return {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": look.elevation_deg,
        "off_nadir_deg": look.off_nadir_deg,
    }


def test_g_over_t_of_the_3gpp_handheld():
    # 3GPP R1-1913224 (ESA), tables 1 to 3
    assert g_over_t_db_k(models.read_handset("3gpp-handheld")) == pytest.approx(-31.62, abs=0.005)


def test_eirp_of_the_3gpp_handheld():
    # 23 dBm and 0 dBi are -7 dBW
    assert eirp_dbw(models.read_handset("3gpp-handheld")) == pytest.approx(-7.0, abs=1e-12)


def test_filed_pfd_below_the_cap(link):
    # FCC SAT-MOD-20230207-00021, Schedule S: the 29 dBi beam (-11.33 dBW/Hz) at 525 km, highest PFD of each
    # elevation bin, which is full power at the upper edge of the bin
    density = models.Figure(value=48.67, source="Schedule S")
    downlink = link.payload.downlink.model_copy(update={"eirp_density_dbw_mhz": density})
    beam_29 = RadioLink(
        link.payload.model_copy(update={"downlink": downlink}), link.handset, link.losses
    ).without_scan_loss()  # Schedule S counts none
    budget = beam_29.downlink(**at(525, np.array([5, 10, 15, 20, 25])))
    np.testing.assert_allclose(budget.pfd_dbw_m2_mhz, [-88.9, -87.2, -85.6, -84.2, -83.0], atol=0.1)
    assert beam_29.downlink(**at(525, 90)).pfd_dbw_m2_mhz == pytest.approx(-80.0, abs=1e-9)


def test_c_n_of_the_filing_by_hand(link):
    # PFD -80 dBW/m2/MHz into an isotropic antenna at 1992.5 MHz (lambda^2 / 4 pi = -27.43 dBm2), G/T -31.62 dB/K,
    # k -228.60 dBW/K/Hz, 60 dBHz per MHz, losses 3 + 4 dB and gases 0.05 dB at 40 deg:
    # -80 - 27.43 - 31.62 + 228.60 - 60 - 7 - 0.055 = 22.49 dB
    assert link.downlink(**at(360, 40)).c_n_db == pytest.approx(22.49, abs=0.02)


def test_lines_sum_to_c_n(link):
    for budget in (
        link.downlink(**at(360, np.linspace(10, 90, 9))),
        link.uplink(**at(360, np.linspace(10, 90, 9))),
    ):
        total = np.zeros(9)
        for line in budget.lines:
            total = total + line.sign * line.value_db
        np.testing.assert_allclose(total, budget.c_n_db, atol=1e-12)


@given(st.floats(100e3, 5_000e3), st.floats(10, 90))
def test_doubled_range_costs_6_02_db_on_the_uplink(slant_range_m, elevation_deg):
    radio = RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    near, far = (
        radio.uplink(slant_range_m=r, elevation_deg=elevation_deg, off_nadir_deg=20.0).c_n_db
        for r in (slant_range_m, 2 * slant_range_m)
    )
    assert near - far == pytest.approx(20 * np.log10(2), abs=1e-9)


@given(st.floats(200, 2_000), st.floats(10, 89))
def test_uplink_improves_with_elevation(altitude_km, elevation_deg):
    radio = RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    lower, higher = (radio.uplink(**at(altitude_km, e)).c_n_db for e in (elevation_deg, elevation_deg + 1))
    assert higher > lower


def test_payload_without_uplink(link):
    downlink_only = RadioLink(link.payload.model_copy(update={"uplink": None}), link.handset, link.losses)
    with pytest.raises(ScenarioError, match="no uplink"):
        downlink_only.uplink(**at(360, 40))

"""Figures of a link that the user gives: in place of those of entries, and without any entry."""

import math

import numpy as np
import pytest

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.entry import GIVEN
from d2c.link.budget import RadioLink
from d2c.link.given import HANDSET_FIGURES, handset_with, missing_figures, payload_with

OWN = {"eirp_dbw": 40.0, "frequency_mhz": 2000.0, "bandwidth_mhz": 5.0, "g_over_t_db_k": 5.0}
PHONE = dict(zip(HANDSET_FIGURES, (23.0, 0.0, 0.0, 7.0, 290.0), strict=True))
PATH = {"slant_range_m": 1075.09e3, "elevation_deg": 30.0, "off_nadir_deg": 52.3}


def link(**given):
    return RadioLink(
        payload_with(None, OWN), handset_with(None, PHONE), models.read_loss_set("outdoor"), **given
    )


def lines_of(budget):
    return {line.name: float(line.value_db) for line in budget.lines}


def test_a_budget_of_given_figures_alone_is_the_one_of_the_hand():
    # 1075.09 km at 2 GHz: 20 log10(4 pi r f / c) = 159.10 dB; G/T = 0 - 7 - 10 log10(290) = -31.62 dB/K
    quiet = models.read_loss_set("outdoor").model_copy(update={"models": (), "losses": ()})
    radio = RadioLink(payload_with(None, OWN), handset_with(None, PHONE), quiet)
    down = radio.downlink(**PATH)
    free_space = 20 * math.log10(4 * math.pi * PATH["slant_range_m"] * 2e9 / 299_792_458)
    noise = -7 - 10 * math.log10(290) + 228.5992 - 10 * math.log10(5e6)
    assert float(down.c_n_db) == pytest.approx(40 - free_space + noise, abs=1e-4)
    up = radio.uplink(**PATH)
    assert float(up.c_n_db) == pytest.approx(
        23 - 30 - free_space + 5 + 228.5992 - 10 * math.log10(5e6), abs=1e-4
    )
    assert lines_of(down)["scan loss"] == 0


def test_given_figures_replace_those_of_an_entry_and_say_so():
    base = models.read_payload("starlink-d2c")
    payload = payload_with(base, {"eirp_dbw": 50.0, "uplink_bandwidth_mhz": 1.08, "frequency_mhz": 1990.0})
    assert (payload.downlink.eirp_dbw.value, payload.downlink.eirp_density_dbw_mhz) == (50, None)
    assert payload.downlink.bandwidth_mhz == base.downlink.bandwidth_mhz
    assert payload.downlink.pfd_cap_dbw_m2_mhz == base.downlink.pfd_cap_dbw_m2_mhz
    assert (payload.uplink.bandwidth_mhz.value, payload.uplink.bandwidth_mhz.source) == (1.08, GIVEN)
    assert payload.uplink.g_over_t_db_k == base.uplink.g_over_t_db_k
    assert {payload.downlink.frequency_mhz.value, payload.uplink.frequency_mhz.value} == {1990}
    handset = handset_with(models.read_handset("smartphone"), {"rx_gain_dbi": 0.0})
    assert (handset.rx_gain_dbi.source, handset.tx_gain_dbi.value) == (GIVEN, -5)


@pytest.mark.parametrize(
    ("figures", "missing"),
    [
        ({"eirp_dbw": 40.0}, ["frequency_mhz", "bandwidth_mhz"]),
        ({"eirp_density_dbw_mhz": 40.0, "frequency_mhz": 2e3, "bandwidth_mhz": 5.0}, []),
        ({"frequency_mhz": 2e3}, ["eirp_dbw", "bandwidth_mhz"]),
        (
            {"eirp_dbw": 4.0, "frequency_mhz": 2e3, "downlink_bandwidth_mhz": 5.0, "g_over_t_db_k": 5.0},
            ["uplink_bandwidth_mhz"],
        ),
    ],
)
def test_what_a_payload_without_an_entry_lacks_is_named_at_once(figures, missing):
    assert missing_figures(figures) == missing
    if missing:
        with pytest.raises(ScenarioError, match=f"{', '.join(missing)}: neither given nor of a payload"):
            payload_with(None, figures)
    else:
        assert payload_with(None, figures).uplink is None


def test_a_handset_without_an_entry_needs_all_its_figures():
    with pytest.raises(ScenarioError, match="tx_gain_dbi, noise_figure_db: neither given nor of a handset"):
        handset_with(
            None, {key: 1.0 for key in HANDSET_FIGURES if key not in ("tx_gain_dbi", "noise_figure_db")}
        )


def test_a_payload_without_an_uplink_gets_one():
    base = models.read_payload("wp4c-system4")
    with pytest.raises(
        ScenarioError, match="has no uplink; to give it one, give frequency_mhz and bandwidth_mhz"
    ):
        payload_with(base, {"g_over_t_db_k": 3.0})
    uplink = payload_with(
        base, {"g_over_t_db_k": 3.0, "frequency_mhz": 2100.0, "uplink_bandwidth_mhz": 0.18}
    ).uplink
    assert (uplink.g_over_t_db_k.value, uplink.bandwidth_mhz.value) == (3, 0.18)


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"eirp_dbw": math.nan}, "eirp_dbw = nan must be a finite number"),
        ({"bandwidth_mhz": 0.0}, "bandwidth_mhz = 0 must be above 0"),
        ({"eirp_dbw": 1.0, "eirp_density_dbw_mhz": 1.0}, "not both"),
    ],
)
def test_figures_out_of_range_are_errors(figures, message):
    with pytest.raises(ScenarioError, match=message):
        payload_with(models.read_payload("starlink-d2c"), figures)


@pytest.mark.parametrize(
    "name", ["free-space loss", "gases", "body loss", "scan loss", "ionospheric scintillation"]
)
def test_a_given_loss_stands_for_the_line_of_its_name(name):
    plain, given = link(), link(given_losses_db=((name, 2.5),))
    for direction in ("downlink", "uplink"):
        before = getattr(plain, direction)(**PATH)
        after = getattr(given, direction)(**PATH)
        assert lines_of(after) == lines_of(before) | {name: 2.5}
        assert {line.source for line in after.lines if line.name == name} == {GIVEN}
        change = lines_of(before)[name] - 2.5
        assert float(after.c_n_db) == pytest.approx(float(before.c_n_db) + change, abs=1e-10)


def test_a_loss_of_a_new_name_is_a_line_of_its_own():
    down = link(given_losses_db=(("rain", 1.5),)).downlink(
        slant_range_m=np.full(3, 1e6), elevation_deg=np.full(3, 30.0), off_nadir_deg=np.full(3, 50.0)
    )
    (rain,) = (line for line in down.lines if line.name == "rain")
    assert (rain.sign, rain.value_db.tolist()) == (-1, [1.5] * 3)


def test_a_given_back_off_moves_the_flux_density_too():
    losses = models.read_loss_set("outdoor")
    ends = models.read_payload("starlink-d2c"), models.read_handset("3gpp-handheld"), losses
    path = PATH | {"slant_range_m": 669.9e3}
    capped = RadioLink(*ends).downlink(**path)
    name = next(name for name in lines_of(capped) if name.startswith("back-off"))
    free = RadioLink(*ends, given_losses_db=((name, 0.0),)).downlink(**path)
    assert float(capped.pfd_dbw_m2_mhz) == pytest.approx(-80, abs=1e-9)
    assert float(free.pfd_dbw_m2_mhz) == pytest.approx(-80 + lines_of(capped)[name], abs=1e-9)


@pytest.mark.parametrize("name", ["EIRP", "handset G/T", "satellite G/T", "noise bandwidth"])
def test_a_line_that_is_no_loss_is_refused(name):
    with pytest.raises(ScenarioError, match=f"'{name}' is a line of link budgets, but no loss; give "):
        link(given_losses_db=((name, 1.0),))

"""Phones under a network of beams: each cause in a case made by hand, and margins by the rules of the network alone."""

from dataclasses import replace

import numpy as np
import pytest
from network_case import network_case

from d2c.analysis.explain_network.around import Choices, phone_margins
from d2c.analysis.explain_network.cell import network_cell
from d2c.analysis.explain_network.margins import BeamAtHand, NetworkMargins
from d2c.analysis.explain_network.sampled_levels import Held
from d2c.analysis.phone_losses import Directions, PhonesOfCell
from d2c.analysis.phone_margins import CAUSES, StepTable
from d2c.link.phones import VARIANTS, CellPhones, Phones
from d2c.link.rate import efficiency_bit_symbol
from d2c.link.service import uplink_c_n_db

POSTURES_DB = [0.0, 24.0, 0.0, 3.0]  # in the open, where no beam is heard, behind a house, in a pocket
HIDDEN = 2
SAME_FORMULA = 1e-9


@pytest.fixture(scope="module")
def cell():
    """A cell of a network that serves text, with four phones made by hand."""
    case = network_case("link.services=['text']", "beams.load=0.5", count=1)
    number = len(POSTURES_DB)
    obstruction = np.zeros((VARIANTS, number, 128), np.int64)
    obstruction[:, HIDDEN] = number * VARIANTS - 1
    path_db = np.zeros((2, 256, number * VARIANTS))
    path_db[1] = 30.0
    phones = Phones(
        posture_db=np.broadcast_to(np.array(POSTURES_DB)[:, None], (VARIANTS, number, 256)).copy(),
        obstruction=obstruction,
        shadowing=np.zeros_like(obstruction),
        line_of_sight=np.full(256, 0.5),
        path_db=path_db,
        postures=(),
        posture=np.zeros((VARIANTS, number), np.int64),
    )
    return replace(network_cell(case.scenario, case.inputs, 4), phones=PhonesOfCell(phones, CellPhones(0, 0)))


def choices(level_db, *, near=0.0, share=1.0, uplink_db=40.0):
    """Return one satellite at each step, minus infinity for none; all (T,)."""
    level_db, near, share = np.broadcast_arrays(np.array(level_db, float), near, share)
    step = np.flatnonzero(level_db > -np.inf)
    here = np.full(len(step), 45.0)
    return Choices(
        level_db=level_db[:, None].copy(),
        near=np.array(near, float)[:, None, None],
        beam=BeamAtHand(
            np.zeros((len(level_db), 1), int),
            np.array(share, float)[:, None],
            np.full((len(level_db), 1), uplink_db),
        ),
        table=StepTable.of(step, len(level_db)),
        towards=Directions(here, here, np.full(len(step), 5e5)),
    )


def held(*values):
    exact = np.array(values, float)
    return Held(exact, exact, exact)


def test_each_cause(cell):
    """Text needs -6.7 dB down; a phone camps from -128 dBm on, which is a C/N of -2.8 dB, and -6 dB over interference.

    Quiet; 30 dB of interference over noise; a beam that is hardly ever here; no beam.
    """
    case = choices([20.0, 20.0, 20.0, -np.inf], near=[0.0, 1000.0, 0.0, 0.0], share=[1.0, 1.0, 1e-9, 1.0])
    margins = phone_margins(NetworkMargins.of(cell), case, held(0, 0, 0, 0))
    found = [[CAUSES[cause] for cause in of_phone] for of_phone in margins.cause[0]]
    assert found == [
        ["served", "interference", "capacity", "no_satellite"],
        ["level", "level", "level", "no_satellite"],
        ["sight", "sight", "sight", "no_satellite"],
        ["served", "interference", "capacity", "no_satellite"],
    ]
    assert sum(margins.shares()[0].values()) == pytest.approx(1, abs=1e-12)


def test_interference_goes_before_sight(cell):
    """A phone behind a house, 30 dB down, would not be served for the interference of others without the house.

    In the line of sight it would be, without interference: that is what it fails on, and not on interference.
    """
    case = choices([20.0], near=[1000.0])
    margins = phone_margins(NetworkMargins.of(cell), case, held(1000))
    assert CAUSES[margins.cause[0, HIDDEN, 0]] == "sight"


def test_margins_by_hand(cell):
    """C/N 20 dB, of which the pocket leaves 17; interference of 2 held and 3 near over noise, both through the pocket.

    With a load of 0.5 interferers send 7 of 12 resource elements: (2 + 10 * 0.5) / 12.
    """
    case = choices([20.0], near=[3.0], share=[0.01], uplink_db=9.0)
    margins = phone_margins(NetworkMargins.of(cell), case, held(2.0))
    kept = 10**-0.3
    for phone, keeps in ((0, 1.0), (3, kept)):
        down_db = 10 * np.log10(100 * keeps / (1 + 7 / 12 * 5 * keeps))
        up_db = 9.0 + 10 * np.log10(keeps) - 3.0  # the default noise rise
        service = cell.services["text"]
        up_needs_db = uplink_c_n_db(service)
        users = max(cell.plan.population[0] * 0.001, 1)
        middle_db = np.floor(10 * down_db) / 10 + 0.05
        carried = 0.01 * efficiency_bit_symbol(c_n_db=middle_db) * 4.5e6 * 14 / 15 * 0.86
        capacity_db = 10 * np.log10(carried / users / (service.downlink.bit_rate_kbps.value * 1e3))
        expected = min(down_db + 6.7, up_db - up_needs_db, capacity_db)
        assert margins.exact[0, phone, 0] == pytest.approx(expected, abs=0.01)  # -6.7 is rounded
        assert margins.lowest[0, phone, 0] < margins.exact[0, phone, 0] < margins.highest[0, phone, 0]
    assert np.isnan(margins.exact[0, 1, 0])


def test_interference_in_doubt_widens_the_margins(cell):
    exact = np.array([100.0])
    sure, unsure = (
        phone_margins(NetworkMargins.of(cell), choices([20.0]), Held(exact, least, most))
        for least, most in ((exact, exact), (exact / 2, exact * 2))
    )
    np.testing.assert_array_equal(sure.exact, unsure.exact)
    assert (unsure.lowest[0, 0] < sure.lowest[0, 0] - 2).all()
    assert (unsure.highest[0, 0] > sure.highest[0, 0] + 2).all()


def test_steps_in_parts_are_all_steps(cell, monkeypatch):
    case = choices([20.0, -np.inf, 12.0, 3.0, -2.0], near=[0.0, 0.0, 5.0, 1.0, 0.0])
    of_steps = held(1, 2, 3, 4, 5)
    whole = phone_margins(NetworkMargins.of(cell), case, of_steps)
    monkeypatch.setattr("d2c.analysis.explain_network.around._LOSSES_AT_ONCE", 1)
    parts = phone_margins(NetworkMargins.of(cell), case, of_steps)
    for name in type(whole).__slots__:
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))

"""Levels of beams at a place: closed forms, and the slow twin of the network."""

from dataclasses import replace

import numpy as np
import pytest
from network_case import APERTURE, network_case
from network_twin import levels_slowly

from d2c.analysis.explain_network.beam_levels import list_beams, uplink_c_n_db
from d2c.analysis.explain_network.cell import network_cell
from d2c.coverage.network.association import hopping_beams
from d2c.units import from_db

SAME_FORMULA = 1e-9
CELL = 4


def listed(case):
    _, beams = hopping_beams(case.position_m, case.network.association)
    return beams, list_beams(beams, case.position_m, np.arange(len(case.position_m)))


@pytest.mark.parametrize("overrides", [[], [APERTURE], ["beams.full_power_beams=4"]])
def test_levels_are_those_of_the_twin(overrides):
    case = network_case(*overrides, count=2)
    cell = network_cell(case.scenario, case.inputs, CELL)
    beams, all_beams = listed(case)
    levels = cell.levels_in_centre(all_beams)
    for step in range(2):
        of_step, part, _ = all_beams.of_step(step)
        expected, _ = levels_slowly(case, beams, step, cell.centre_m, cell.centre_up)
        assert len(of_step.cell) == len(expected)
        np.testing.assert_array_equal(of_step.cell, beams.cell[step, : len(expected)])
        np.testing.assert_array_equal(
            of_step.satellite[of_step.pair], beams.satellite[step][beams.serving[step, : len(expected)]]
        )
        # nulls of the pattern are as deep as rounding leaves them
        np.testing.assert_allclose(from_db(levels.c_n_db[part]), expected, rtol=1e-7, atol=1e-9)


def test_a_beam_on_its_own_axis_is_the_plain_budget():
    case = network_case(count=1)
    cell = network_cell(case.scenario, case.inputs, CELL)
    _, all_beams = listed(case)
    centre_m, up = cell.plan.lattice.position_m[7], cell.plan.lattice.up[7]
    one = all_beams.take(np.flatnonzero(all_beams.cell == 7))
    levels = cell._levels(one, place_m=np.broadcast_to(centre_m, one.satellite_m.shape), up=up)
    pair = one.pair[0]
    look = {
        "slant_range_m": levels.look.slant_range_m[pair],
        "elevation_deg": levels.look.elevation_deg[pair],
        "off_nadir_deg": levels.look.off_nadir_deg[pair],
    }
    assert levels.c_n_db[0] == pytest.approx(float(cell.link.downlink(**look).c_n_db), abs=SAME_FORMULA)
    assert levels.off_axis_loss_db[0] == pytest.approx(0, abs=SAME_FORMULA)
    uplink = uplink_c_n_db(
        cell.link,
        one,
        levels,
        np.zeros(1, int),
        centre_m=cell.plan.lattice.position_m,
        place_m=np.broadcast_to(centre_m, one.satellite_m.shape),
    )
    assert uplink[0] == pytest.approx(float(cell.link.uplink(**look).c_n_db), abs=SAME_FORMULA)


def test_half_power_of_an_array_by_hand():
    """sinc^2 is one half at 0.44295: so many wavelengths over the side off axis, 2.7 m at 1992.5 MHz, at the nadir."""
    case = network_case(count=1)
    cell = network_cell(case.scenario, case.inputs, CELL)
    _, all_beams = listed(case)
    one = all_beams.take(np.array([0]))
    satellite_m = one.satellite_m[one.pair[0]]
    radius_m = np.linalg.norm(satellite_m)
    down = -satellite_m / radius_m
    east = np.cross([0.0, 0.0, 1.0], satellite_m) / np.linalg.norm(np.cross([0.0, 0.0, 1.0], satellite_m))
    north = np.cross(east, down)
    angle = np.arcsin(0.44295 * 299_792_458 / 1992.5e6 / 2.7)
    centre_m = np.array(cell.plan.lattice.position_m)
    centre_m[one.cell[0]] = satellite_m + 4e5 * down
    for side, is_half in ((north, True), (east, False)):  # 2.3 m to the east: wider
        place_m = satellite_m + 4e5 * (np.cos(angle) * down + np.sin(angle) * side)
        lattice = replace(cell.plan.lattice, position_m=centre_m)
        here = replace(cell, plan=replace(cell.plan, lattice=lattice), centre_m=place_m, centre_up=-down)
        loss_db = here.levels_in_centre(one).off_axis_loss_db[0]
        assert (abs(loss_db - 3.0103) < 1e-3) == is_half

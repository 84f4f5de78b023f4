"""Beams far from a tile of cells, which are added by the mean of their side lobes: as the kernel has them."""

import numpy as np
import pytest
from network_case import APERTURE, count_levels, network_case

from d2c.analysis.explain_network.beam_levels import list_beams
from d2c.analysis.explain_network.cell import network_cell
from d2c.analysis.explain_network.far_beams import Tile
from d2c.analysis.explain_network.sampled_levels import SampledLevels
from d2c.units import from_db

MANY = ["beams.margin_km=300", "beams.elsewhere=none"]  # so that far beams matter
FLOAT32 = 1e-5  # of the mean interference; far beams one by one would move it by 6e-5
STEPS = 3


def test_points_that_take_turns():
    """Each cell of a tile takes the point after that of the cell before, by the order of all tiles."""
    point_m = np.arange(2 * 3)[:, None] + np.zeros(3)
    tile = Tile(point_m.reshape(2, 3, 3), first=5, own=0, near=np.zeros(1, bool))
    assert tile.middle == 1
    np.testing.assert_array_equal(tile.points_at(np.array([0, 1]))[:, :, 0], [[3, 1, 5], [0, 4, 2]])


def levels_of(case, beams, number):
    """Return a cell, its beams and levels at the steps of a case, and those that are far from its tile."""
    cell = network_cell(case.scenario, case.inputs, number)
    step = cell.level_steps.step(np.arange(STEPS))
    listed = list_beams(beams, case.position_m, np.arange(STEPS))
    of_pair = step[listed.step]
    levels = cell.levels_at_point(listed, of_pair)
    return cell, listed, levels, cell.beams_apart_at_point(beams, listed, levels, of_pair)


@pytest.mark.parametrize(
    ("overrides", "far"),
    [
        (["beams.elsewhere=all"], True),
        (["link.phones=none", "beams.load=0.4"], True),
        (["beams.polarisations=2"], True),
        (["beams.isolation_km=150"], False),
        ([APERTURE], False),
    ],
)
def test_the_kernel_holds_the_same_interference(overrides, far):
    """Of all beams but those around, at cells of several tiles."""
    case = network_case("grid.resolution=6", *MANY, *overrides, count=STEPS)
    _, beams, held = count_levels(case, turn=np.arange(STEPS))
    assert len(case.network.ground.first) > 2
    for number in (0, 50, len(case.inputs.grid) - 1):
        cell, *_, apart = levels_of(case, beams, number)
        assert apart.far.any() == far
        exact = held_by(cell, beams, case)
        np.testing.assert_allclose(held[:, cell.number], exact, rtol=FLOAT32)


def held_by(cell, beams, case):
    sampled = SampledLevels(cell)
    for at in range(STEPS):
        step = cell.level_steps.step(np.array([at]))
        sampled.add(beams, case.position_m, np.where(np.arange(STEPS) == at, step, -1))
    return [sampled.held_at(cell.level_steps.step(np.array([at]))).exact[0] for at in range(STEPS)]


def test_the_mean_of_the_side_lobes_is_that_of_the_beams():
    """All far beams one by one, over cells and steps: the lobes of single ones differ, their sum hardly."""
    case = network_case("grid.resolution=6", *MANY, count=STEPS)
    _, beams, _ = count_levels(case)
    by_mean, one_by_one = 0.0, 0.0
    for number in range(0, len(case.inputs.grid), 10):
        _, listed, levels, apart = levels_of(case, beams, number)
        by_mean += apart.sums.mean.sum()
        one_by_one += (listed.lit * from_db(levels.c_n_db))[apart.far].sum()
    assert by_mean == pytest.approx(one_by_one, rel=0.1)

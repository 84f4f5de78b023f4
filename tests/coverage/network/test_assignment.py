"""Which satellite lights which beam cell: against the slow twin, and what must hold whatever the rules."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loaded_case import cells_at, loaded, loaded_network, nothing_assigned, period
from network_twin import assign_slowly, carrier_to_noise_slowly, handovers_slowly

from d2c.coverage.kernels import _assignment, _tables
from d2c.coverage.kernels._assignment import AssignmentRules, assign
from d2c.coverage.network.assignment import assign_beams
from d2c.coverage.windows import Window
from d2c.link.geometry import look_angles
from d2c.orbit.decay import NEVER
from d2c.units import from_db

MASK_DEG = 25.0
ROWS = slice(10, 50)  # of the 300 steps of `position_m`


@pytest.fixture
def sky(position_m):
    return position_m[ROWS].copy()


@pytest.fixture
def kernel_link(watch_case):
    return watch_case(MASK_DEG)[2]


def rules(beams=2, *, scan_deg=60.0, handover_db=1.0, isolation_m=0.0):
    return AssignmentRules(
        beams,
        float(np.cos(np.radians(scan_deg))),
        float(np.sin(np.radians(MASK_DEG))),
        float(from_db(handover_db)),
        isolation_m**2,
    )


def assigned(sky, cells, kernel_link, how, *, kernel=assign, first_rank=0):
    """Return what the kernel finds over one period, with every satellite on its list."""
    steps, satellites, _ = sky.shape
    in_range = np.tile(np.arange(satellites, dtype=np.int32), (steps, 1))
    in_range_count = (~np.isnan(sky[:, :, 0])).sum(axis=1)
    for t in range(steps):
        in_range[t, : in_range_count[t]] = np.flatnonzero(~np.isnan(sky[t, :, 0]))
    found = nothing_assigned(steps, len(cells.weight), satellites)
    tables = kernel_link.tables
    when = period(steps, first_rank=first_rank)
    kernel(sky, in_range, in_range_count, cells, tables.table[0], float(tables.cap[0]), how, when, found)
    return found


@pytest.fixture
def cells(grid):
    """Sicily's cells as beam cells, of three colours, some of them more urgent and some without demand."""
    n = np.arange(len(grid))
    return cells_at(grid.position_m, colour=n % 3, weight=np.array([1, 1, 5, 0, 2])[n % 5])._replace(
        up=grid.up.copy()
    )


@pytest.mark.parametrize("isolation_km", [0, 150])
@pytest.mark.parametrize(
    ("beams", "scan_deg", "handover_db"), [(1, 60, 0), (2, 60, 3), (6, 35, 1), (100, 60, 1)]
)
def test_kernel_equals_twin(sky, cells, kernel_link, link, beams, scan_deg, handover_db, isolation_km):
    how = rules(beams, scan_deg=scan_deg, handover_db=handover_db, isolation_m=isolation_km * 1e3)
    found = assigned(sky, cells, kernel_link, how, first_rank=7)
    ratio = carrier_to_noise_slowly(link, sky, cells, max_scan_deg=scan_deg, mask_deg=MASK_DEG)
    server, blocked = assign_slowly(
        ratio, cells, beams=beams, handover_db=handover_db, isolation_m=isolation_km * 1e3, first_rank=7
    )
    assert (server >= 0).sum() > 10
    np.testing.assert_array_equal(found.server, server)
    np.testing.assert_array_equal(found.blocked, blocked.sum(axis=1))
    np.testing.assert_array_equal(found.cell_blocked[0], blocked.sum(axis=0))
    np.testing.assert_array_equal(found.handovers[0], handovers_slowly(server))
    np.testing.assert_array_equal(found.in_reach[0], (ratio > 0).any(axis=2).sum(axis=0))
    best = np.argmax(ratio, axis=1)[blocked]
    np.testing.assert_array_equal(found.satellite_blocked[0], np.bincount(best, minlength=sky.shape[1]))


def test_kernel_without_compiler_equals_twin(sky, cells, kernel_link, link, monkeypatch):
    plain = _assignment.assign.py_func
    for module in (_assignment, _tables):
        for name, function in vars(module).copy().items():
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
    how = rules(2, isolation_m=150e3)
    found = assigned(sky[18:22], cells, kernel_link, how, kernel=plain)
    ratio = carrier_to_noise_slowly(link, sky[18:22], cells, max_scan_deg=60, mask_deg=MASK_DEG)
    server, blocked = assign_slowly(ratio, cells, beams=2, handover_db=1.0, isolation_m=150e3)
    assert (server >= 0).any()
    assert blocked.any()
    np.testing.assert_array_equal(found.server, server)
    np.testing.assert_array_equal(found.cell_blocked[0], blocked.sum(axis=0))


def test_order_of_satellites_and_cells_does_not_matter(sky, cells, kernel_link):
    satellites, size = sky.shape[1], len(cells.weight)
    random = np.random.default_rng(3)
    other, shuffled = random.permutation(satellites), random.permutation(size)
    plain = assigned(sky, cells, kernel_link, rules()).server
    again = assigned(
        np.ascontiguousarray(sky[:, other]), type(cells)(*(a[shuffled] for a in cells)), kernel_link, rules()
    ).server
    back = np.append(other, -1)[again]  # -1 stays
    np.testing.assert_array_equal(back, plain[:, shuffled])


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    beams=st.integers(1, 8),
    scan_deg=st.floats(20, 60),
    handover_db=st.floats(0, 6),
    isolation_km=st.sampled_from([0.0, 120.0, 300.0]),
    first=st.integers(0, 259),
    first_rank=st.integers(0, 30),
    seed=st.integers(0, 99),
)
def test_invariants(
    position_m, cells, kernel_link, beams, scan_deg, handover_db, isolation_km, first, first_rank, seed
):
    sky = position_m[first : first + 40].copy()
    random = np.random.default_rng(seed)
    sky[20:, random.random(sky.shape[1]) < 0.1] = np.nan  # some decay
    cells = cells._replace(weight=random.integers(0, 4, len(cells.weight)))
    how = rules(beams, scan_deg=scan_deg, handover_db=handover_db, isolation_m=isolation_km * 1e3)
    found = assigned(sky, cells, kernel_link, how, first_rank=first_rank)
    step, cell = np.nonzero(found.server >= 0)
    satellite = found.server[step, cell]
    # a satellite has no more beams than it has, a cell without demand or allowance none
    of_satellite = np.zeros(sky.shape[:2], int)
    np.add.at(of_satellite, (step, satellite), 1)
    assert of_satellite.max(initial=0) <= beams
    assert (cells.weight[cell] > 0).all()
    # so the duties sum to at most the beams of the satellites that could light anything
    duty = (found.server >= 0).mean(axis=0)
    assert duty.sum() <= beams * found.in_reach.sum() / len(sky) + 1e-12
    # nobody is served outside the limits, nor by a satellite that is gone
    look = look_angles(sky[step, satellite], handset_m=cells.position_m[cell], up=cells.up[cell])
    assert (look.elevation_deg >= MASK_DEG - 1e-9).all()
    assert (look.off_nadir_deg <= scan_deg + 1e-9).all()
    # beams of one colour keep their distance
    if isolation_km:
        apart = np.linalg.norm(cells.position_m[:, None] - cells.position_m, axis=-1)
        alike = (cells.colour[:, None] == cells.colour) & ~np.eye(len(cells.colour), dtype=bool)
        for t in range(len(sky)):
            lit = np.flatnonzero(found.server[t] >= 0)
            assert (apart[np.ix_(lit, lit)][alike[np.ix_(lit, lit)]] >= isolation_km * 1e3).all()
    # what is counted is what was done
    np.testing.assert_array_equal(found.handovers[0], handovers_slowly(found.server))
    assert found.blocked.sum() == found.cell_blocked.sum() == found.satellite_blocked.sum()


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(handover_db=st.floats(0, 6), first=st.integers(0, 259))
def test_hysteresis_keeps_a_beam_until_another_is_better(
    position_m, cells, kernel_link, link, handover_db, first
):
    """With beams for all, every change has its reason: the other one is better by the margin, or the old one set."""
    sky = position_m[first : first + 40].copy()
    server = assigned(sky, cells, kernel_link, rules(1000, handover_db=handover_db)).server
    ratio = carrier_to_noise_slowly(link, sky, cells, max_scan_deg=60, mask_deg=MASK_DEG)
    margin = from_db(handover_db)
    for t in range(1, len(sky)):
        for b in np.flatnonzero(server[t] >= 0):
            now, before = server[t, b], server[t - 1, b]
            best = ratio[t, :, b].max()
            if now == before:
                assert best <= ratio[t, now, b] * margin * (1 + 1e-5)
            else:
                assert ratio[t, now, b] >= best * (1 - 1e-5)
                assert before < 0 or ratio[t, before, b] * margin <= best * (1 + 1e-5)
    assert ((ratio.max(axis=1) > 0) == (server >= 0)).all()


@pytest.mark.parametrize(("beams", "cells_here"), [(1, 7), (3, 10), (4, 9)])
def test_in_overload_the_longest_waiting_is_first(kernel_link, beams, cells_here):
    """Cells with the same sky, one satellite that stands still: each has its turn, no sooner and no later than due."""
    up = np.array([1.0, 0.0, 0.0])
    place = 6378e3 * up + np.array([0, 1, 0]) * np.arange(cells_here)[:, None] * 10e3
    sky = np.broadcast_to(6378e3 * up + 400e3 * up, (60, 1, 3)).copy()
    server = assigned(sky, cells_at(place), kernel_link, rules(beams), first_rank=4).server
    turns = -(-cells_here // beams)
    for b in range(cells_here):
        served = np.flatnonzero(server[:, b] >= 0)
        assert served[0] < turns
        assert set(np.diff(served)) <= {turns - 1, turns}
    assert ((server >= 0).sum(axis=1) == beams).all()


def test_a_weight_is_a_share_of_the_turns(kernel_link):
    """Four cells, one beam: a cell of weight 3 among three of weight 1 has as many turns as these together."""
    up = np.array([1.0, 0.0, 0.0])
    place = 6378e3 * up + np.array([0, 1, 0]) * np.arange(4)[:, None] * 10e3
    sky = np.broadcast_to(6778e3 * up, (120, 1, 3)).copy()
    server = assigned(sky, cells_at(place, weight=[1, 3, 1, 1]), kernel_link, rules(1)).server
    share = (server >= 0).mean(axis=0)
    assert share.sum() == pytest.approx(1)
    assert share[1] == pytest.approx(0.5, abs=0.05)
    assert share[[0, 2, 3]] == pytest.approx(1 / 6, abs=0.03)


def test_periods_begin_with_others():
    """In overload the same cells would else have the odd turn of every hour."""
    *_, network = loaded_network("time.duration_h=12", "beams.beams_per_satellite=1")
    setup = network.assignment
    position_m = np.zeros((1440, 1, 3))
    position_m[:] = setup.axis * 6800e3
    server = assign_beams(position_m, setup, network.link, Window(0, 1440)).server
    turns = (server >= 0).sum(axis=0)[setup.cells.weight > 0]
    assert turns.max() - turns.min() <= 0.1 * turns.mean()


def test_excluded_areas_get_no_beam():
    _, inputs, job = loaded("beams.exclusions=[{area = 'puglia', distance_km = 30}]")
    network = job.process_window(Window(0, 60), np.full(len(inputs.constellation), NEVER)).network
    active = network.cell_active > 0
    assert not active[inputs.beams.excluded].any()
    assert active[~inputs.beams.excluded].any()
    assert network.cell_blocked[inputs.beams.excluded].sum() == 0

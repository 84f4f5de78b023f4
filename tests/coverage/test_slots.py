"""C/N and server of each slot: against the budgets, in any cutting, and whole after a run that was cut."""

import dataclasses

import numpy as np
import pytest

from d2c.coverage import blocks, run
from d2c.coverage.engine import checkpoint
from d2c.coverage.engine.accumulator import process_window
from d2c.coverage.engine.checkpoint import CheckpointStore
from d2c.coverage.engine.engine import local_engine, run_span, span_job
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.run import run_coverage
from d2c.coverage.windows import span_windows
from d2c.errors import ScenarioError
from d2c.link.geometry import look_angles
from d2c.scenario.load import read_scenario

NO_LEVEL, NO_SERVER = -32768, -1
QUESTION = ["network=false", "region.area=molise", "time.duration_h=10", "time.step_s=60", "output.cube=true"]


def test_slots_hold_the_best_of_all_budgets(watch_case, grid, link):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    *_, slots = process_window(position_m, tiled, kernel_link, every=1)
    look = look_angles(
        position_m[:, None], handset_m=grid.position_m[None, :, None], up=grid.up[None, :, None]
    )
    visible = look.elevation_deg >= 25.0
    at = {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": np.clip(look.elevation_deg, 25.0, 90.0),
        "off_nadir_deg": look.off_nadir_deg,
    }
    c_n = np.where(visible, link.downlink(**at).c_n_db, -np.inf)
    seen, best = visible.any(axis=2), c_n.max(axis=2)
    assert slots.first == 0
    assert slots.c_n_centi_db.dtype == np.int16
    assert 0 < seen.mean() < 1
    np.testing.assert_array_equal(slots.c_n_centi_db[~seen], NO_LEVEL)
    np.testing.assert_array_equal(slots.server[~seen], NO_SERVER)
    # half of 0.01 dB by rounding, and 0.01 dB between tables and budgets
    np.testing.assert_allclose(slots.c_n_centi_db[seen] / 100, best[seen], atol=0.015)
    # the server is the best one, or no budget tells it from the best
    chosen = np.take_along_axis(c_n, np.maximum(slots.server, 0)[..., None], axis=2)[..., 0]
    np.testing.assert_allclose(chosen[seen], best[seen], atol=0.01)


@pytest.mark.parametrize("every", [1, 7, 50, 1000])
def test_slots_of_windows_are_those_of_the_whole(watch_case, every):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    *_, all_steps = process_window(position_m, tiled, kernel_link, every=1)
    level, server, follows = [], [], 0
    for first, end in ((0, 13), (13, 14), (14, 100), (100, 300)):
        part = np.ascontiguousarray(position_m[first:end])
        *_, slots = process_window(part, tiled, kernel_link, first=first, every=every)
        assert slots.first == follows
        follows += len(slots.c_n_centi_db)
        level.append(slots.c_n_centi_db)
        server.append(slots.server)
    np.testing.assert_array_equal(np.concatenate(level), all_steps.c_n_centi_db[::every])
    np.testing.assert_array_equal(np.concatenate(server), all_steps.server[::every])


def test_no_slots_unless_asked_for(watch_case):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    *_, slots = process_window(position_m, tiled, kernel_link)
    assert slots.c_n_centi_db.shape == slots.server.shape == (0, len(tiled.order))


def test_windows_go_on_after_what_was_done():
    parts = list(span_windows(samples=1000, satellites=100, done=333, max_steps=100))
    assert [part.first for part in parts] == [333 + 100 * k for k in range(7)]
    assert parts[-1].first + parts[-1].count == 1000


class Memory:
    """A cube in memory."""

    def __init__(self, slots):
        self.c_n_centi_db = [None] * slots
        self.server = [None] * slots

    @property
    def leading_slots(self):
        return next((k for k, row in enumerate(self.c_n_centi_db) if row is None), len(self.c_n_centi_db))

    def write(self, first_slot, c_n_centi_db, server):
        self.c_n_centi_db[first_slot : first_slot + len(c_n_centi_db)] = list(c_n_centi_db)
        self.server[first_slot : first_slot + len(server)] = list(server)


@pytest.fixture
def case(monkeypatch):
    monkeypatch.setattr(checkpoint, "_EVERY_S", 0.0)
    monkeypatch.setattr("d2c.coverage.windows._LONGEST", 64)
    scenario = read_scenario("italy", overrides=[*QUESTION, "output.cube_every_s=300"])
    inputs = read_inputs(scenario)
    job = span_job(scenario, inputs, *kernel_link(scenario, inputs), every=scenario.cube_steps)
    return scenario, inputs, local_engine(job)


def stop_after(samples):
    def show(done, _total):
        if done >= samples:
            raise KeyboardInterrupt

    return show


def assert_same(one, other):
    np.testing.assert_array_equal(np.array(one.c_n_centi_db), np.array(other.c_n_centi_db))
    np.testing.assert_array_equal(np.array(one.server), np.array(other.server))


def test_a_cut_run_ends_with_a_whole_cube(case, tmp_path):
    whole, cube = Memory(120), Memory(120)
    run_span(*case, cube=whole)
    assert whole.leading_slots == 120
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(*case, store=store, cube=cube, progress=stop_after(200))
    assert 0 < cube.leading_slots < 120
    seen = []
    with CheckpointStore(tmp_path) as store:
        run_span(*case, store=store, cube=cube, progress=lambda done, _: seen.append(done))
    assert min(seen) > 200
    assert_same(cube, whole)


@pytest.mark.parametrize("lost_from", [0, 20])
def test_where_the_cube_lacks_a_part_the_run_begins_anew(case, tmp_path, lost_from):
    whole, cube = Memory(120), Memory(120)
    wanted = run_span(*case, cube=whole)
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(*case, store=store, cube=cube, progress=stop_after(200))
    cube.c_n_centi_db[lost_from:] = [None] * (120 - lost_from)
    with CheckpointStore(tmp_path) as store:
        found = run_span(*case, store=store, cube=cube)
    assert_same(cube, whole)
    for field in dataclasses.fields(wanted.statistics):
        np.testing.assert_array_equal(
            getattr(found.statistics, field.name), getattr(wanted.statistics, field.name)
        )


def test_progress_with_a_cube_serves_a_run_without(case, tmp_path, monkeypatch):
    wanted = run_span(*case)
    monkeypatch.setattr("d2c.coverage.windows._SLOT_BYTES", 6 * 30 * len(case[1].grid))  # shorter windows
    monkeypatch.setattr("d2c.coverage.windows._LONGEST", 1000)
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(*case, store=store, cube=Memory(120), progress=stop_after(160))
    monkeypatch.setattr("d2c.coverage.windows._LONGEST", 64)
    with CheckpointStore(tmp_path) as store:
        found = run_span(*case, store=store)
    np.testing.assert_array_equal(found.statistics.margin_bins, wanted.statistics.margin_bins)
    np.testing.assert_array_equal(found.timeline.visible_m2, wanted.timeline.visible_m2)


def test_a_run_asks_for_the_cube_of_its_inputs():
    made = []

    def cube_of(inputs, key):
        made.append((len(inputs.grid), key, Memory(600)))
        return made[-1][2]

    run_coverage(read_scenario("italy", overrides=QUESTION), cube_of=cube_of)
    ((_, key, cube),) = made
    assert len(key) == 64
    assert cube.leading_slots == 600


def test_a_cube_of_many_cells_is_refused(monkeypatch):
    for module in (blocks, run):
        monkeypatch.setattr(module, "MOST_CELLS_AT_ONCE", 3)
    with pytest.raises(ScenarioError, match=r"\[output\] cube = true: \d+ cells are more than 3; make the"):
        run_coverage(read_scenario("italy", overrides=QUESTION))


@pytest.mark.parametrize("every_s", [90, 30, 61])
def test_a_cube_between_the_steps_is_refused(every_s):
    with pytest.raises(
        ScenarioError, match=f"cube_every_s = {every_s} is not a multiple of the step of 60 s"
    ):
        read_scenario("italy", overrides=[*QUESTION, f"output.cube_every_s={every_s}"])


def test_slots_of_a_scenario():
    scenario = read_scenario("italy", overrides=[*QUESTION, "output.cube_every_s=420"])
    assert scenario.cube_steps == 7
    assert scenario.cube_slots == 86  # steps 0, 7, ... 595 of 600
    assert read_scenario("italy", overrides=QUESTION).cube_slots == 600

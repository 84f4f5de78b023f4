"""Cells in blocks: the figures of one block, in bounded pieces, and resumed where a run was killed."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from link_case import ALIKE

from d2c.coverage import blocks as blocks_module
from d2c.coverage.blocks import run_region
from d2c.coverage.engine import checkpoint
from d2c.coverage.engine.checkpoint import CheckpointStore
from d2c.coverage.engine.engine import local_engine
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernels.tiles import cell_blocks, tile_cells
from d2c.coverage.run import run_coverage
from d2c.errors import ResultError
from d2c.scenario.load import read_scenario

QUESTION = [
    "network=false",
    "region.area=sicilia",
    "grid.resolution=6",
    "time.duration_h=3",
    "time.step_s=60",
]


PHONES = ["link.phones=mix", "link.environment=urban", "link.phones_per_cell=5"]


@pytest.fixture(scope="module", params=[ALIKE, PHONES], ids=["alike", "phones"])
def question(request):
    scenario = read_scenario("italy", overrides=[*QUESTION, *request.param])
    return scenario, read_inputs(scenario)


@pytest.fixture(scope="module")
def whole(question):
    return watch(question)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks_module, "MOST_CELLS_AT_ONCE", 300)
    monkeypatch.setattr("d2c.coverage.windows._LONGEST", 60)  # three windows
    monkeypatch.setattr(checkpoint, "_EVERY_S", 0.0)


def watch(question, **options):
    return run_region(*question, lambda job, _key: local_engine(job), **options)


def assert_same(found, wanted):
    assert list(found.figures) == list(wanted.figures)
    for name, values in wanted.figures.items():
        np.testing.assert_array_equal(found.figures[name], values, err_msg=name)
        assert found.figures[name].dtype == values.dtype
    for field in dataclasses.fields(wanted.timeline):
        np.testing.assert_array_equal(
            getattr(found.timeline, field.name), getattr(wanted.timeline, field.name), err_msg=field.name
        )
    np.testing.assert_array_equal(found.decayed_at, wanted.decayed_at)
    # weighted sums of floats: added up block by block, the last bits differ
    np.testing.assert_allclose(found.waiting.shares(), wanted.waiting.shares(), rtol=1e-12)
    np.testing.assert_allclose(found.by_posture.shares(), wanted.by_posture.shares(), rtol=1e-12)


def test_blocks_hold_every_cell_once_and_the_same_tiles(question):
    grid = question[1].grid
    parts = cell_blocks(grid, max_cells=300)
    assert len(parts) > 2
    assert max(len(part) for part in parts) <= 300
    assert sorted(np.concatenate(parts)) == list(range(len(grid)))
    tiled, all_cells = [tile_cells(grid, part) for part in parts], tile_cells(grid)
    np.testing.assert_array_equal(np.concatenate([t.tiles.cells for t in tiled]), all_cells.tiles.cells)
    order = np.concatenate([part[t.order] for part, t in zip(parts, tiled, strict=True)])
    np.testing.assert_array_equal(order, all_cells.order)


def test_figures_do_not_depend_on_the_blocks(question, whole, small_blocks):
    assert len(whole.frames.samples)
    steps = []
    found = watch(question, progress=lambda done, total: steps.append((done, total)))
    assert_same(found, whole)
    parts = len(cell_blocks(question[1].grid, max_cells=300))
    assert steps == [(60 * k, 180 * parts) for k in range(1, 3 * parts + 1)]
    assert found.frames.visible.shape == (0, len(question[1].grid))


@pytest.mark.slow
def test_wide_histograms_make_smaller_blocks(question, whole, small_blocks, monkeypatch):
    monkeypatch.setattr(blocks_module, "_HISTOGRAM_BYTES", 30_000)
    totals = set()
    found = watch(question, progress=lambda _, total: totals.add(total))
    assert totals.pop() // 180 > len(cell_blocks(question[1].grid, max_cells=300))
    for name in ("max_visible", "max_elevation_deg"):  # other tiles: what float32 decides may differ
        np.testing.assert_allclose(found.figures[name], whole.figures[name], atol=1e-6)


def test_a_result_of_blocks_has_all_columns(question, small_blocks):
    result = run_coverage(question[0])
    assert {len(values) for values in result.columns().values()} == {len(question[1].grid)}
    assert len(result.timeline_columns()["utc"]) == 180
    assert len(result.hourly_columns()["start_utc"]) == 0
    assert result.hourly_columns()["c_n_mean_db"].shape == (0, len(question[1].grid))


class Stop(Exception):
    pass


@pytest.mark.parametrize("stop", [60, 180, 240, 360, 420])
def test_a_run_goes_on_in_the_block_and_window_where_it_was(
    question, whole, small_blocks, tmp_path, monkeypatch, stop
):
    def show(done, _total):
        if done >= stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        watch(question, store=store, progress=show)
    assert len(list(tmp_path.glob(".d2c-block-*"))) == (stop - 1) // 180  # the last window ends in a stop
    seen = []
    with CheckpointStore(tmp_path) as store:
        found = watch(question, store=store, progress=lambda done, _: seen.append(done))
    # all blocks that were finished, and of the one at hand what had been written when it stopped
    assert (stop - 1) // 180 * 180 < min(seen) <= stop + 60
    assert_same(found, whole)
    assert [file.name for file in tmp_path.iterdir()] == [".d2c-lock"]


def test_a_damaged_block_is_done_again(question, whole, small_blocks, tmp_path):
    with pytest.raises(Stop), CheckpointStore(tmp_path) as store:
        watch(question, store=store, progress=stop_after(400))
    file = tmp_path / ".d2c-block-0000"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    seen = []
    with CheckpointStore(tmp_path) as store:
        assert_same(watch(question, store=store, progress=lambda done, _: seen.append(done)), whole)
    assert min(seen) == 60
    assert not {240, 300, 360} & set(seen)  # the second block was sound


def test_other_blocks_are_not_taken_for_these(question, whole, small_blocks, tmp_path, monkeypatch):
    with pytest.raises(Stop), CheckpointStore(tmp_path) as store:
        watch(question, store=store, progress=stop_after(400))
    monkeypatch.setattr(blocks_module, "MOST_CELLS_AT_ONCE", 600)
    with CheckpointStore(tmp_path) as store:
        assert_same(watch(question, store=store), whole)


def test_fresh_begins_with_the_first_block(question, small_blocks, tmp_path):
    with pytest.raises(Stop), CheckpointStore(tmp_path) as store:
        watch(question, store=store, progress=stop_after(400))
    seen = []
    with CheckpointStore(tmp_path, fresh=True) as store:
        watch(question, store=store, progress=lambda done, _: seen.append(done))
    assert min(seen) == 60


def test_a_full_disk_leaves_the_finished_blocks(question, whole, small_blocks, tmp_path, monkeypatch):
    real = checkpoint.atomic_path

    def full(path):
        if path.name == ".d2c-block-0001":
            raise ResultError(f"{path} cannot be written: no space left")
        return real(path)

    monkeypatch.setattr(checkpoint, "atomic_path", full)
    with pytest.raises(ResultError, match="no space left"), CheckpointStore(tmp_path) as store:
        watch(question, store=store)
    monkeypatch.setattr(checkpoint, "atomic_path", real)
    seen = []
    with CheckpointStore(tmp_path) as store:
        assert_same(watch(question, store=store, progress=lambda done, _: seen.append(done)), whole)
    assert min(seen) > 180


def stop_after(steps):
    def show(done, _total):
        if done >= steps:
            raise Stop

    return show


PROGRAM = (
    "import sys; import d2c.coverage.engine.checkpoint as store; store._EVERY_S = 0.0; "
    "import d2c.coverage.windows as window; window._LONGEST = 60; "
    "import d2c.coverage.blocks as blocks; blocks.MOST_CELLS_AT_ONCE = 300; "
    "from d2c.cli.main import main; "
    "sys.argv = ['d2c', 'run', 'italy', '-q', '-o', sys.argv[1], '--set', 'output.formats=[\"parquet\"]']"
    " + [word for setting in sys.argv[2:] for word in ('--set', setting)]; main()"
)


@pytest.mark.slow
def test_kills_in_any_block(tmp_path):
    def start(folder):
        return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), *QUESTION])

    assert start(tmp_path / "whole").wait() == 0
    folder, killed = tmp_path / "killed", 0
    wanted = [".d2c-progress", ".d2c-block-0000", ".d2c-block-0002", ".d2c-block-0003"]
    for name in wanted:  # killed as soon as this file is there
        run = start(folder)
        while run.poll() is None and not (folder / name).exists():
            pass
        run.kill()
        killed += run.wait() != 0
    assert start(folder).wait() == 0
    assert killed >= 2
    for name in ("coverage.parquet", "timeline.csv"):
        assert (folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not list(folder.glob(".d2c-[bp]*"))

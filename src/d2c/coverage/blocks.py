"""The cells block after block, each over the whole span, so that memory does not grow with the region."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.engine.checkpoint import CheckpointStore, FinishedBlock, checkpoint_key
from d2c.coverage.engine.engine import (
    Cube,
    Engine,
    ProgressCallback,
    SpanJob,
    offset_progress,
    run_span,
    span_job,
)
from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels.link_curves import HistogramBins, KernelLink
from d2c.coverage.kernels.tiles import Cells, blocks
from d2c.coverage.network.columns import ground_columns
from d2c.coverage.radio import kernel_link
from d2c.coverage.result import Columns, coverage_columns
from d2c.coverage.statistics.coverage import Frames, Timeline, add_cells
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.statistics.waiting import WAITS_S, Waiting, add_waiting, waiting_sums
from d2c.scenario.model import Scenario

MOST_CELLS_AT_ONCE = 250_000
# Where levels spread wide, the histograms are what takes the memory: so much for one set of a block.
_HISTOGRAM_BYTES = 250_000_000

# Takes the task and the key of a block (of all cells, where they are few).
EngineOf = Callable[[SpanJob, str], Engine]


@dataclass(frozen=True, eq=False, slots=True)
class RegionCoverage:
    """What the G cells saw over the span: the columns of figures; no frames where the cells were done in blocks."""

    figures: Columns
    waiting: Waiting
    timeline: Timeline
    frames: Frames
    beams: NetworkStatistics | None
    levels: HistogramBins
    decayed_at: NDArray[np.int64]


def run_region(
    scenario: Scenario,
    inputs: Inputs,
    engine_of: EngineOf,
    *,
    show: ProgressCallback | None = None,
    store: CheckpointStore | None = None,
    cube: Cube | None = None,
) -> RegionCoverage:
    """Return what all cells saw over the whole span; the same figures for any number of blocks.

    `cube` is for what is done in one block only.
    """
    radio, levels = kernel_link(scenario, inputs)
    if len(inputs.grid) <= MOST_CELLS_AT_ONCE:
        task = span_job(scenario, inputs, radio, levels, every=scenario.cube_steps if cube else 0)
        engine = engine_of(task, checkpoint_key(scenario, inputs))
        seen = run_span(scenario, inputs, engine, show=show, store=store, cube=cube)
        figures = coverage_columns(seen.statistics, levels, scenario=scenario, inputs=inputs)
        waiting = waiting_sums(seen.statistics, _weights(inputs), step_us=scenario.time.step_us)
        if seen.beams:
            figures |= ground_columns(seen.beams, levels, scenario=scenario, inputs=inputs)
        return RegionCoverage(
            figures, waiting, seen.timeline, seen.frames, seen.beams, levels, seen.decayed_at
        )
    services = len(inputs.services)
    per_cell = 4 * (levels.bins * (1 + services) + 2 * len(WAITS_S) * services)
    parts = blocks(inputs.grid, most=min(MOST_CELLS_AT_ONCE, _HISTOGRAM_BYTES // per_cell))
    question = BlockRun(scenario, inputs, radio, levels, engine_of, store, len(parts))
    return _run_blocks(question, parts, show)


@dataclass(frozen=True, eq=False, slots=True)
class BlockRun:
    """What all blocks have in common."""

    scenario: Scenario
    inputs: Inputs
    radio: KernelLink
    levels: HistogramBins
    engine_of: EngineOf
    store: CheckpointStore | None
    blocks: int

    def run(self, number: int, cells: Cells, show: ProgressCallback | None) -> FinishedBlock:
        """Return what one block saw: from the store, if an earlier run has finished it."""
        name = f" block {number + 1} of {self.blocks}"
        key = checkpoint_key(self.scenario, self.inputs) + name
        done = self.store.finished(number, key) if self.store else None
        if done:
            return done
        engine = self.engine_of(span_job(self.scenario, self.inputs, self.radio, self.levels, cells), key)
        seen = run_span(self.scenario, self.inputs, engine, show=show, store=self.store, block=name)
        figures = coverage_columns(seen.statistics, self.levels, scenario=self.scenario, inputs=self.inputs)
        weights = _weights(self.inputs)[:, cells]
        waiting = waiting_sums(seen.statistics, weights, step_us=self.scenario.time.step_us)
        done = FinishedBlock(figures, waiting, seen.timeline, seen.decayed_at)
        if self.store:
            self.store.finish(number, key, done)
        return done


def _run_blocks(question: BlockRun, parts: list[Cells], show: ProgressCallback | None) -> RegionCoverage:
    """Return what the blocks saw, each in its place."""
    cells, samples = len(question.inputs.grid), question.scenario.time.samples
    figures: Columns = {}
    timeline: Timeline | None = None
    waiting: Waiting | None = None
    for number, part in enumerate(parts):
        block = question.run(
            number, part, offset_progress(show, before=number * samples, total=len(parts) * samples)
        )
        for name, values in block.figures.items():
            figures.setdefault(name, np.empty(cells, values.dtype))[part] = values
        timeline = add_cells(timeline, block.timeline) if timeline else block.timeline
        waiting = add_waiting(waiting, block.waiting) if waiting else block.waiting
    assert timeline is not None  # a grid has at least one cell
    assert waiting is not None
    nothing = np.zeros((0, cells), np.int32)
    served = np.zeros((0, len(question.inputs.services), cells), np.int32)
    frames = Frames(0, np.zeros(0, np.int64), nothing, nothing.copy(), served)
    return RegionCoverage(figures, waiting, timeline, frames, None, question.levels, block.decayed_at)


def _weights(inputs: Inputs) -> NDArray[np.float64]:
    """Return what the cells of a region are weighed by, (2, G), in the order of WEIGHTS."""
    return np.array([inputs.grid.area_m2, inputs.population], np.float64)

"""A region's cells block by block, each over the whole span, so that memory does not grow with the region."""

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
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.kernels.link_curves import HistogramBins, KernelLink
from d2c.coverage.kernels.tiles import Cells, cell_blocks
from d2c.coverage.network.columns import NetworkResult, ground_columns
from d2c.coverage.result import Columns, CoverageResult, coverage_columns
from d2c.coverage.statistics.coverage import CoverageStatistics, Timeline, add_cells, no_frames
from d2c.coverage.statistics.postures import PostureService, add_posture_service, posture_service
from d2c.coverage.statistics.waiting import WAITS_S, Waiting, add_waiting, waiting_sums
from d2c.link.phones import cell_phones
from d2c.scenario.model import Scenario

MOST_CELLS_AT_ONCE = 250_000
# Where levels spread wide, the histograms are what takes the memory: so much for one set of a block.
_HISTOGRAM_BYTES = 250_000_000

# Takes the job and the key of a block (of all cells, where they are few).
EngineOf = Callable[[SpanJob, str], Engine]


def run_region(
    scenario: Scenario,
    inputs: Inputs,
    engine_of: EngineOf,
    *,
    progress: ProgressCallback | None = None,
    store: CheckpointStore | None = None,
    cube: Cube | None = None,
) -> CoverageResult:
    """Compute the coverage of all cells over the whole span; the same figures for any number of blocks.

    `cube` is for what is done in one block only.
    """
    link, bins = kernel_link(scenario, inputs)
    if len(inputs.grid) > MOST_CELLS_AT_ONCE:
        return _run_blocks(_BlockRun(scenario, inputs, link, bins, engine_of, store), progress)
    job = span_job(scenario, inputs, link, bins, every=scenario.cube_steps if cube else 0)
    engine = engine_of(job, checkpoint_key(scenario, inputs))
    span = run_span(scenario, inputs, engine, progress=progress, store=store, cube=cube)
    figures = coverage_columns(span.statistics, bins, scenario=scenario, inputs=inputs)
    network = None
    if inputs.beams and span.network:
        figures |= ground_columns(span.network, inputs.beams, link=inputs.link, time=scenario.time)
        network = NetworkResult(inputs.beams, span.network, inputs.link, scenario.time, inputs.constellation)
    return CoverageResult(
        scenario=scenario,
        inputs=inputs,
        figures=figures,
        waiting=waiting_sums(span.statistics, _weights(inputs), step_us=scenario.time.step_us),
        by_posture=_by_posture(span.statistics, inputs, np.arange(len(inputs.grid))),
        timeline=span.timeline,
        frames=span.frames,
        network=network,
        decayed_at=span.decayed_at,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _BlockRun:
    """What all blocks have in common."""

    scenario: Scenario
    inputs: Inputs
    link: KernelLink
    bins: HistogramBins
    engine_of: EngineOf
    store: CheckpointStore | None

    def blocks(self) -> list[Cells]:
        """Return the cells of each block."""
        services = len(self.inputs.services)
        per_cell = 4 * (self.bins.bins * (1 + services) + 2 * len(WAITS_S) * services)
        return cell_blocks(self.inputs.grid, max_cells=min(MOST_CELLS_AT_ONCE, _HISTOGRAM_BYTES // per_cell))

    def run(self, name: str, number: int, cells: Cells, progress: ProgressCallback | None) -> FinishedBlock:
        """Compute one block, or take it from the store, if an earlier run has finished it."""
        key = checkpoint_key(self.scenario, self.inputs) + name
        finished = self.store.read_block(number, key) if self.store else None
        if finished:
            return finished
        engine = self.engine_of(span_job(self.scenario, self.inputs, self.link, self.bins, cells), key)
        span = run_span(self.scenario, self.inputs, engine, progress=progress, store=self.store, block=name)
        weights = _weights(self.inputs)[:, cells]
        finished = FinishedBlock(
            coverage_columns(span.statistics, self.bins, scenario=self.scenario, inputs=self.inputs),
            waiting_sums(span.statistics, weights, step_us=self.scenario.time.step_us),
            _by_posture(span.statistics, self.inputs, cells),
            span.timeline,
            span.decayed_at,
        )
        if self.store:
            self.store.write_block(number, key, finished)
        return finished


def _run_blocks(run: _BlockRun, progress: ProgressCallback | None) -> CoverageResult:
    """Compute the blocks one after the other, and put the figures of each in their place."""
    cells, samples = len(run.inputs.grid), run.scenario.time.samples
    parts = run.blocks()
    figures: Columns = {}
    timeline: Timeline | None = None
    waiting: Waiting | None = None
    by_posture: PostureService | None = None
    for number, part in enumerate(parts):
        of_block = offset_progress(progress, before=number * samples, total=len(parts) * samples)
        block = run.run(f" block {number + 1} of {len(parts)}", number, part, of_block)
        for name, values in block.figures.items():
            figures.setdefault(name, np.empty(cells, values.dtype))[part] = values
        timeline = add_cells(timeline, block.timeline) if timeline else block.timeline
        waiting = add_waiting(waiting, block.waiting) if waiting else block.waiting
        by_posture = add_posture_service(by_posture, block.by_posture) if by_posture else block.by_posture
    assert timeline is not None  # a grid has at least one cell
    assert waiting is not None
    assert by_posture is not None
    return CoverageResult(
        scenario=run.scenario,
        inputs=run.inputs,
        figures=figures,
        waiting=waiting,
        by_posture=by_posture,
        timeline=timeline,
        frames=no_frames(cells=cells, services=len(run.inputs.services)),
        network=None,
        decayed_at=block.decayed_at,
    )


def _by_posture(statistics: CoverageStatistics, inputs: Inputs, cells: Cells) -> PostureService:
    """Return the service of the phones of some cells by posture."""
    phones = inputs.phones
    variant, _ = cell_phones(inputs.grid.position_m[cells])
    return posture_service(
        statistics,
        phones.posture,
        postures=len(phones.postures),
        variant=variant,
        area_m2=inputs.grid.area_m2[cells],
    )


def _weights(inputs: Inputs) -> NDArray[np.float64]:
    """Return what the cells of a region are weighed by, (2, G), in the order of WEIGHTS."""
    return np.array([inputs.grid.area_m2, inputs.population], np.float64)

"""Computation of the statistics of a span window by window, on the threads of this machine or by another engine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.engine.accumulator import CoverageAccumulator
from d2c.coverage.engine.checkpoint import Checkpoint, CheckpointStore, checkpoint_key
from d2c.coverage.engine.models import BeamNetwork, OpenSky, ServiceModel, WindowPart
from d2c.coverage.inputs import Inputs, position_stream
from d2c.coverage.kernels.layout import use_threads
from d2c.coverage.kernels.link_curves import HistogramBins, KernelLink
from d2c.coverage.kernels.tiles import Cells, TiledCells, tile_cells
from d2c.coverage.network.levels import network_setup
from d2c.coverage.statistics.coverage import (
    CoverageStatistics,
    Frames,
    Timeline,
    join_frames,
    join_timelines,
    merge,
)
from d2c.coverage.statistics.network import NetworkStatistics, merge_networks
from d2c.coverage.windows import FrameClock, Slots, Window, span_windows, window_pieces
from d2c.errors import OperationError
from d2c.orbit.positions import PositionStream, PositionWindow
from d2c.scenario.model import Scenario

ProgressCallback = Callable[[int, int], None]
_MOST_FRAMED_CELLS = 100_000  # no hourly frames beyond, which would take a gigabyte


class Cube(Protocol):
    """A writer of C/N and best server of every slot; slots written are kept when a run resumes."""

    @property
    def leading_slots(self) -> int:
        """Return the number of leading slots that are written."""

    def write(
        self, first_slot: int, c_n_centi_db: NDArray[np.int16], server: NDArray[np.integer[Any]]
    ) -> None:
        """Write K slots, arrays (K, G) as in `Slots`."""


def offset_progress(progress: ProgressCallback | None, *, before: int, total: int) -> ProgressCallback | None:
    """Return the progress callback of one part of a longer job, with steps counted over the whole job."""
    return progress and (lambda done, _: progress(before + done, total))


class WindowResult(NamedTuple):
    """The statistics of one window alone; absent (S,): satellites without a position at the first step it needs.

    decayed_at (S,): the step at which each satellite has decayed, NEVER for those in orbit at the window's end.
    """

    statistics: CoverageStatistics
    timeline: Timeline
    frames: Frames
    slots: Slots
    network: NetworkStatistics | None
    absent: NDArray[np.bool_]
    decayed_at: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class WindowSetup:
    """The setup shared by all windows of a run or of a block of its cells, beside positions; can be serialised.

    every: steps between two slots of C/N and server, 0 for none; no frames without a clock.
    """

    cells: TiledCells
    link: KernelLink
    model: ServiceModel
    clock: FrameClock | None
    every: int


@dataclass(frozen=True, eq=False, slots=True)
class SpanJob:
    """The computation of all cells or of one block of cells over the whole span."""

    positions: PositionStream
    setup: WindowSetup

    def first_step(self, window: Window) -> int:
        """Return the first step whose positions a window needs."""
        return window.first - self.setup.model.lead_steps(window)

    def accumulator(
        self, span: Window, so_far: tuple[CoverageStatistics, Frames] | None = None
    ) -> CoverageAccumulator:
        """Return the accumulator of a span, at its first step or after the statistics of an earlier run."""
        setup = self.setup
        return CoverageAccumulator(setup.cells, setup.link, span, clock=setup.clock, so_far=so_far)

    def add_window(
        self, accumulator: CoverageAccumulator, window: Window, decayed_at: NDArray[np.int64]
    ) -> tuple[WindowPart, PositionWindow]:
        """Add a window to an accumulator; decayed_at (S,): decay steps known before it."""
        first = self.first_step(window)
        positions = self.positions.window(
            first=first, count=window.first + window.count - first, decayed_at=decayed_at
        )
        part = self.setup.model.add_window(accumulator, positions.position_m, window, every=self.setup.every)
        return part, positions

    def process_window(self, window: Window, decayed_at: NDArray[np.int64]) -> WindowResult:
        """Compute the statistics of a window alone; decayed_at (S,): decay steps known before it."""
        accumulator = self.accumulator(window)
        part, positions = self.add_window(accumulator, window, decayed_at)
        return WindowResult(
            accumulator.statistics(),
            part.timeline,
            accumulator.frames(),
            part.slots,
            part.network,
            positions.absent,
            positions.decayed_at,
        )


class SpanProgress(NamedTuple):
    """Progress of a span; checkpoint: makes the checkpoint of this state, to be called before the next progress."""

    samples: int
    slots: Slots
    checkpoint: Callable[[], Checkpoint]


# Takes the remaining windows and the checkpoint before them, None at the start; yields the progress in order.
Engine = Callable[[Sequence[Window], Checkpoint | None], Iterator[SpanProgress]]


def span_job(
    scenario: Scenario,
    inputs: Inputs,
    link: KernelLink,
    bins: HistogramBins,
    cells: Cells | None = None,
    *,
    every: int = 0,
) -> SpanJob:
    """Return the job of a run, or of one block of its cells; `every`: steps between two slots, 0 for none."""
    samples, step_us = scenario.time.samples, scenario.time.step_us
    framed = cells is None and len(inputs.grid) <= _MOST_FRAMED_CELLS and scenario.output.shows_hours
    tiled = tile_cells(inputs.grid, cells)
    model: ServiceModel = OpenSky()
    if inputs.beams:
        model = BeamNetwork(network_setup(inputs.beams, inputs, tiled, link, bins, step_us=step_us))
    clock = FrameClock.of(samples=samples, step_us=step_us) if framed else None
    return SpanJob(position_stream(scenario, inputs), WindowSetup(tiled, link, model, clock, every))


def local_engine(job: SpanJob, workers: int | None = None) -> Engine:
    """Return the engine of this machine: one window after another, with threads inside the kernel."""

    def run(windows: Sequence[Window], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
        try:
            use_threads(workers)
        except ValueError as error:
            reason = str(error).splitlines()[0]
            raise OperationError(
                f"numba cannot start its threads: {reason} Unset NUMBA_THREADING_LAYER"
            ) from error
        span = _LocalSpan(job, Window(0, windows[-1].first + windows[-1].count), so_far)
        for window in windows:
            yield from span.process(window)

    return run


class _LocalSpan:
    """A span whose counters the kernels update in place; only the statistics of a network of beams are merged."""

    def __init__(self, job: SpanJob, span: Window, so_far: Checkpoint | None) -> None:
        self._job, self._span = job, span
        resumed = (so_far.statistics, so_far.frames) if so_far else None
        self._accumulator = job.accumulator(span, resumed)
        self._timelines = [so_far.timeline] if so_far else []
        self._network = so_far.network if so_far else None
        self._decayed_at = so_far.decayed_at if so_far else job.positions.in_orbit()
        self._end: Checkpoint | None = None

    def process(self, window: Window) -> Iterator[SpanProgress]:
        """Process a window, in pieces where the service model allows it."""
        job, satellites = self._job, len(self._job.positions.constellation)
        divisible = job.setup.model.divisible
        for piece in window_pieces(window, satellites=satellites) if divisible else [window]:
            part, positions = job.add_window(self._accumulator, piece, self._decayed_at)
            self._decayed_at = positions.decayed_at
            self._timelines.append(part.timeline)
            self._network = _merged_networks(self._network, part.network)
            yield SpanProgress(self._accumulator.samples, part.slots, self.checkpoint)

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint of this state; at the end of the span it shares the memory of the counters."""
        if self._end:
            return self._end
        ended = self._accumulator.samples == self._span.count
        statistics = self._accumulator.final_statistics() if ended else self._accumulator.statistics()
        checkpoint = Checkpoint(
            statistics,
            join_timelines(self._timelines),
            self._accumulator.frames(),
            self._network,
            self._decayed_at,
        )
        self._end = checkpoint if ended else None
        return checkpoint


def merge_windows(results: Iterator[WindowResult], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
    """Merge the results of consecutive windows into the checkpoint before them and yield the progress."""
    for result in results:
        so_far = _merge_result(so_far, result)
        yield _progress(so_far, result.slots)


def _progress(checkpoint: Checkpoint, slots: Slots) -> SpanProgress:
    return SpanProgress(checkpoint.statistics.samples, slots, lambda: checkpoint)


def run_span(
    scenario: Scenario,
    inputs: Inputs,
    engine: Engine,
    *,
    progress: ProgressCallback | None = None,
    store: CheckpointStore | None = None,
    block: str = "",
    cube: Cube | None = None,
) -> Checkpoint:
    """Compute the statistics of the whole span.

    The bits depend neither on the engine nor on where a run was interrupted and resumed. `block` distinguishes the
    checkpoints of different blocks of cells. `cube` gets the slots of each window before its checkpoint is saved, so
    that a resumed run has all earlier slots in it, or else starts again.
    """
    samples, satellites = scenario.time.samples, len(inputs.constellation)
    so_far = store.resume(checkpoint_key(scenario, inputs) + block) if store else None
    max_steps = None
    if cube:
        every = scenario.cube_steps
        max_steps = Slots.max_steps(every=every, cells=len(inputs.grid))
        if so_far and cube.leading_slots < -(-so_far.statistics.samples // every):
            so_far = None  # the interrupted run wrote no cube, or it was removed
    done = so_far.statistics.samples if so_far else 0
    remaining = list(span_windows(samples=samples, satellites=satellites, done=done, max_steps=max_steps))
    reached = None
    with store.in_background() if store else nullcontext():
        for reached in engine(remaining, so_far) if remaining else ():
            if cube:
                cube.write(*reached.slots)
            if store:
                store.save(reached.checkpoint)
            if progress:
                progress(reached.samples, samples)
    checkpoint = reached.checkpoint() if reached else so_far
    assert checkpoint is not None  # a scenario has at least one sample
    return checkpoint


def _merge_result(so_far: Checkpoint | None, result: WindowResult) -> Checkpoint:
    if so_far is None:
        return Checkpoint(
            result.statistics, result.timeline, result.frames, result.network, result.decayed_at
        )
    return Checkpoint(
        merge(so_far.statistics, result.statistics),
        join_timelines([so_far.timeline, result.timeline]),
        join_frames(so_far.frames, result.frames),
        _merged_networks(so_far.network, result.network),
        result.decayed_at,
    )


def _merged_networks(
    earlier: NetworkStatistics | None, later: NetworkStatistics | None
) -> NetworkStatistics | None:
    return merge_networks(earlier, later) if earlier and later else earlier or later

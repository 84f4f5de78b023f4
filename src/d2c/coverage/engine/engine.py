"""Windows to statistics of the whole span, by whichever engine does the windows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.engine.accumulator import CoverageAccumulator, process_window
from d2c.coverage.engine.checkpoint import Checkpoint, CheckpointStore, checkpoint_key
from d2c.coverage.inputs import Inputs, gateways_of
from d2c.coverage.kernels._accumulate import use_threads
from d2c.coverage.kernels.link_curves import HistogramBins, KernelLink
from d2c.coverage.kernels.tiles import Cells, TiledCells, tile_cells
from d2c.coverage.network.interference import LoadedNetwork, network_setup, process_network
from d2c.coverage.statistics.coverage import (
    CoverageStatistics,
    Frames,
    Timeline,
    join_frames,
    join_timelines,
    merge,
)
from d2c.coverage.statistics.network import NetworkStatistics, merge_networks
from d2c.coverage.windows import FrameClock, Slots, Window, pieces, windows
from d2c.orbit.constellation import Constellation
from d2c.orbit.decay import NEVER, remove_decayed
from d2c.orbit.ephemeris import step_positions
from d2c.orbit.gateways import Gateways, remove_unconnected
from d2c.scenario.model import Scenario

ProgressCallback = Callable[[int, int], None]
_MOST_FRAMED_CELLS = 100_000  # beyond that nobody plays the day, and it would take a gigabyte


class Cube(Protocol):
    """What takes C/N and server of every slot; what was written once is there when a run is resumed."""

    @property
    def leading_slots(self) -> int:
        """Return how many slots from the first one on were written."""

    def write(
        self, first_slot: int, level_centi_db: NDArray[np.int16], server: NDArray[np.integer[Any]]
    ) -> None:
        """Write some slots, both (K, G); what they hold is said in `Slots`."""


def offset_progress(show: ProgressCallback | None, *, before: int, total: int) -> ProgressCallback | None:
    """Return what shows the steps of one part among those of all."""
    return show and (lambda done, _: show(before + done, total))


class WindowResult(NamedTuple):
    """What one window alone gave; absent (S,): satellites without a position at the first step that it looked at.

    lost_at (S,): the step from which each satellite is lost, NEVER unless by the window's end.
    """

    statistics: CoverageStatistics
    timeline: Timeline
    frames: Frames
    slots: Slots
    beams: NetworkStatistics | None
    absent: NDArray[np.bool_]
    decayed_at: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class SpanJob:
    """What every window of a run, or of one block of its cells, needs; no frames are kept without a clock.

    every: steps between two slots that keep C/N and server; 0 for none. load: beams and their interference; none
    where every satellite above the mask serves every cell it sees. gateways: a satellite that sees none is not there.
    """

    constellation: Constellation
    start: np.datetime64
    step_us: int
    clock: FrameClock | None
    field: TiledCells
    radio: KernelLink
    every: int = 0
    load: LoadedNetwork | None = None
    gateways: Gateways | None = None

    def begin(self, window: Window) -> int:
        """Return the first step that a window looks at: beams depend on some before it."""
        return window.first - (self.load.field.before(window) if self.load else 0)

    def positions(
        self, window: Window, decayed_at: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
        """Return positions (T, S, 3) from the first step that a window looks at on, `absent` and `lost_at` of a Part.

        lost_at: when satellites were lost before.
        """
        begin = self.begin(window)
        position_m = step_positions(
            self.constellation,
            start=self.start,
            step_us=self.step_us,
            first=begin,
            count=window.first + window.count - begin,
        )
        absent = np.isnan(position_m[0, :, 0])
        decayed_at = remove_decayed(position_m, decayed_at, first=begin)
        remove_unconnected(position_m, self.gateways)
        return position_m, absent, decayed_at

    def process_window(self, window: Window, decayed_at: NDArray[np.int64]) -> WindowResult:
        """Return what the cells saw in a window before which some satellites were lost, each at its step (S,)."""
        since_before, absent, decayed_at = self.positions(window, decayed_at)
        position = since_before[window.first - self.begin(window) :]
        statistics, timeline, frames, slots = process_window(
            position, self.field, self.radio, first=window.first, clock=self.clock, every=self.every
        )
        if self.load is None:
            return WindowResult(statistics, timeline, frames, slots, None, absent, decayed_at)
        loaded = process_network(
            since_before,
            self.load,
            self.field,
            self.radio,
            window,
            (statistics, timeline, frames),
            clock=self.clock,
        )
        return WindowResult(
            loaded.statistics, loaded.timeline, loaded.frames, slots, loaded.beams, absent, decayed_at
        )


class SpanProgress(NamedTuple):
    """How far a span has come; progress: all that is known, to be asked for before the next stage."""

    samples: int
    slots: Slots
    progress: Callable[[], Checkpoint]


# Takes the windows still to do and what is known before them, nothing at the first; yields stages, in order.
Engine = Callable[[Sequence[Window], Checkpoint | None], Iterator[SpanProgress]]


def span_job(
    scenario: Scenario,
    inputs: Inputs,
    radio: KernelLink,
    levels: HistogramBins,
    cells: Cells | None = None,
    *,
    every: int = 0,
) -> SpanJob:
    """Return the task of a run, or of one block of its cells; `every`: steps between two slots, 0 for none."""
    samples, step_us = scenario.time.samples, scenario.time.step_us
    framed = cells is None and len(inputs.grid) <= _MOST_FRAMED_CELLS and scenario.output.shows_hours
    clock = FrameClock.of(samples=samples, step_us=step_us) if framed else None
    field = tile_cells(inputs.grid, cells)
    load = None
    if scenario.beams:
        load = network_setup(scenario.beams, inputs, field, radio, levels, step_us=step_us)
    return SpanJob(
        inputs.constellation,
        inputs.start,
        step_us,
        clock,
        field,
        radio,
        every,
        load,
        gateways_of(scenario.constellation),
    )


def local_engine(task: SpanJob, workers: int | None = None) -> Engine:
    """Return the engine of this machine: one window after the other, the threads inside the kernel."""

    def run(windows: Sequence[Window], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
        use_threads(workers)
        return _in_parts(task, windows, so_far) if task.load else _in_place(task, windows, so_far)

    return run


def _in_parts(task: SpanJob, windows: Sequence[Window], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
    """Do each window by itself: what the network's load changes is known only then."""

    def parts() -> Iterator[WindowResult]:
        decayed_at = decayed_before(task.constellation, so_far)
        for window in windows:
            part = task.process_window(window, decayed_at)
            decayed_at = part.decayed_at
            yield part

    return merge_windows(parts(), so_far)


def _in_place(task: SpanJob, windows: Sequence[Window], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
    """Let the kernel go on where it was: nothing is merged, and nothing is there twice."""
    span = Window(0, windows[-1].first + windows[-1].count)
    known = (so_far.statistics, so_far.frames) if so_far else None
    running = CoverageAccumulator(task.field, task.radio, span, clock=task.clock, so_far=known)
    lines = [so_far.timeline] if so_far else []
    decayed_at = decayed_before(task.constellation, so_far)
    end: Checkpoint | None = None

    def progress() -> Checkpoint:
        nonlocal end
        if running.samples < span.count:
            return Checkpoint(running.statistics(), join_timelines(lines), running.frames(), None, decayed_at)
        end = end or Checkpoint(running.end(), join_timelines(lines), running.frames(), None, decayed_at)
        return end

    for window in windows:
        for piece in pieces(window, satellites=len(task.constellation)):
            position_m, _, decayed_at = task.positions(piece, decayed_at)
            line, slots = running.accumulate(position_m, every=task.every)
            lines.append(line)
            yield SpanProgress(running.samples, slots, progress)


def decayed_before(constellation: Constellation, so_far: Checkpoint | None) -> NDArray[np.int64]:
    """Return the step at which each satellite was lost, (S,), NEVER for those that were not."""
    return so_far.decayed_at if so_far else np.full(len(constellation), NEVER)


def merge_windows(parts: Iterator[WindowResult], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
    """Yield the stages that the parts of neighbouring windows make, after what is known before them."""
    for part in parts:
        so_far = _joined(so_far, part)
        yield _stage(so_far, part.slots)


def _stage(known: Checkpoint, slots: Slots) -> SpanProgress:
    return SpanProgress(known.statistics.samples, slots, lambda: known)


def run_span(
    scenario: Scenario,
    inputs: Inputs,
    engine: Engine,
    *,
    show: ProgressCallback | None = None,
    store: CheckpointStore | None = None,
    block: str = "",
    cube: Cube | None = None,
) -> Checkpoint:
    """Return what the cells saw over the whole span.

    The bits depend neither on the engine nor on where a run was interrupted and resumed by its store. `block`
    tells the progress of one block of cells from that of the others. `cube` gets the slots of each window before
    the progress of that window is kept, so that a resumed run finds all before it there, or begins anew.
    """
    samples, satellites = scenario.time.samples, len(inputs.constellation)
    so_far = store.resume(checkpoint_key(scenario, inputs) + block) if store else None
    most = None
    if cube:
        every = scenario.cube_steps
        most = Slots.most_steps(every=every, cells=len(inputs.grid))
        if so_far and cube.leading_slots < -(-so_far.statistics.samples // every):
            so_far = None  # the run that was cut made no cube, or its cube is gone
    done = so_far.statistics.samples if so_far else 0
    todo = list(windows(samples=samples, satellites=satellites, done=done, most=most))
    stage = None
    with store.in_background() if store else nullcontext():
        for stage in engine(todo, so_far) if todo else ():
            if cube:
                cube.write(*stage.slots)
            if store:
                store.keep(stage.progress)
            if show:
                show(stage.samples, samples)
    known = stage.progress() if stage else so_far
    assert known is not None  # a scenario has at least one sample
    return known


def _joined(so_far: Checkpoint | None, part: WindowResult) -> Checkpoint:
    if so_far is None:
        return Checkpoint(part.statistics, part.timeline, part.frames, part.beams, part.decayed_at)
    return Checkpoint(
        merge(so_far.statistics, part.statistics),
        join_timelines([so_far.timeline, part.timeline]),
        join_frames(so_far.frames, part.frames),
        merge_networks(so_far.beams, part.beams) if so_far.beams and part.beams else None,
        part.decayed_at,
    )

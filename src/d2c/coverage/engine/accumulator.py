"""The statistics of a span while it is computed: the kernels take the counters from window to window, in place."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_POLAR_RADIUS_M
from d2c.coverage.kernels._accumulate import accumulate, accumulate_margins
from d2c.coverage.kernels._best_server import fill_directions
from d2c.coverage.kernels.in_range import lowest_mask_rad, reach_rad, satellites_in_range
from d2c.coverage.kernels.layout import (
    CHUNK,
    DOUBT,
    AccumulatorState,
    SatelliteTracks,
    ServiceRequirements,
    WindowCounters,
    threads,
)
from d2c.coverage.kernels.link_curves import KernelLink
from d2c.coverage.kernels.tiles import TiledCells, to_grid_order
from d2c.coverage.statistics.coverage import CoverageStatistics, Frames, Timeline
from d2c.coverage.statistics.fields import allocate, cell_index, declarations
from d2c.coverage.windows import FrameClock, Slots, Window, frame_ends
from d2c.link.geometry import look_angles

_HISTOGRAMS = ("c_n_bins", "margin_bins")  # with one more bin in the state, for the steps without a server
_NOT_IN_STATE = ("gap_edges", "max_elevation_deg")  # constant; computed in float64 by `_update_highest`


class CoverageAccumulator:
    """The statistics of a span up to the last window added.

    Counters are in the order of the tiles, what is returned in the grid's. What was returned stays as it was when more
    windows are added.
    """

    def __init__(
        self,
        cells: TiledCells,
        link: KernelLink,
        span: Window,
        *,
        clock: FrameClock | None,
        so_far: tuple[CoverageStatistics, Frames] | None = None,
    ) -> None:
        """Begin at the first step of a span, or after what an earlier run did of it; no frames without a clock."""
        self._cells, self._link, self._clock = cells, link, clock
        self._first, self.samples = span.first, 0
        _, frame = frame_ends(span, clock)
        frames = int(frame[-1] - frame[0]) + 1 if frame.size else 0
        self._first_frame = int(frame[0]) if frame.size else 0
        self._state = _empty_state(cells, link, frames=frames)
        self._max_elevation_deg = np.full(len(cells.order), -np.inf)
        if so_far:
            self._resume(*so_far)

    def add_window(
        self, position_m: NDArray[np.float64], *, every: int = 0, count_services: bool = True
    ) -> tuple[Timeline, Slots]:
        """Add the steps with the satellites at these positions (T, S, 3), NaN for none; return the part of these alone.

        every: steps between two slots; none for 0. count_services: whether each satellite above the mask serves the
        cells; else `add_margins` must follow for the same steps.
        """
        steps, satellites, _ = position_m.shape
        window = Window(self._first + self.samples, steps)
        state, requirements = self._state, self._link.requirements
        if not count_services:
            state, requirements = _without_services(state, requirements)
        slot, first_slot = _slot_of_steps(window, every)
        cells, services = len(self._cells.order), requirements.down_db.size
        counters = WindowCounters(
            top_step=np.zeros(cells, np.int32),
            top_satellite=np.zeros(cells, np.int32),
            timeline=np.zeros((threads(), steps, 2 + 2 * services), np.int64),
            seen=np.zeros((steps, satellites), np.uint8),
            c_n_centi_db=np.zeros((int(slot.max()) + 1, cells), np.int16),
            server=np.zeros((int(slot.max()) + 1, cells), np.int32),
            work=np.zeros((len(self._cells.tiles.centre_m), 2), np.int64),
        )
        tracks = _satellite_tracks(position_m, self._cells, self._link, self._frame_end(window), slot)
        accumulate(
            self._cells.tiles, tracks, self._link.tables, self._link.phones, requirements, state, counters
        )
        self._update_highest(position_m, counters)
        self.samples += steps
        order = self._cells.order
        slots = Slots(
            first_slot, to_grid_order(counters.c_n_centi_db, order), to_grid_order(counters.server, order)
        )
        return _timeline(counters.seen, counters.timeline), slots

    def add_margins(
        self, margin_db: NDArray[np.float32], *, first: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Add the services of steps that `add_window` has added without them, from step `first` of the span on.

        margin_db (V, P, T, G) in the order of the tiles, as in `accumulate_margins`. Return the served cells and their
        area in m2, summed over phones, both (T, V).
        """
        services, _, steps, _ = margin_db.shape
        asked = np.zeros(services, np.float32)
        requirements = self._link.requirements._replace(down_db=asked, up_db=asked - np.float32(np.inf))
        timeline = np.zeros((threads(), steps, 2 + 2 * services), np.int64)
        frame_end = self._frame_end(Window(first, steps))
        accumulate_margins(self._cells.tiles, margin_db, frame_end, requirements, self._state, timeline)
        total = timeline.sum(axis=0)
        return total[:, 2::2].copy(), total[:, 3::2].copy()

    def raise_pfd_over_limits(self, ratio: NDArray[np.float64]) -> None:
        """Take the highest PFD over what each limit allows, (L, G) in the order of the tiles, where it is higher."""
        np.maximum(self._state.pfd_over_limit, ratio.astype(np.float32), out=self._state.pfd_over_limit)

    def statistics(self) -> CoverageStatistics:
        """Return the statistics of the steps so far."""
        return self._statistics(to_grid_order)

    def final_statistics(self) -> CoverageStatistics:
        """Return the statistics in the memory of the counters, to which no window can be added any more."""

        def in_place(values: NDArray[Any], order: NDArray[np.int64], *, axis: int = -1) -> NDArray[Any]:
            for part in values if values.ndim > -axis else [values]:  # of one service after the other
                part[:] = to_grid_order(part, order, axis=axis)
            return values

        return self._statistics(in_place)

    def _statistics(self, reorder: Callable[..., NDArray[Any]]) -> CoverageStatistics:
        figures = {
            # a locked array would be another type to the kernel
            "gap_edges": self._link.requirements.gap_edges.copy(),
            "max_elevation_deg": np.where(
                to_grid_order(self._state.visible_samples, self._cells.order) > 0,
                self._max_elevation_deg,
                -np.inf,
            ),
        }
        for name, declared in declarations(CoverageStatistics).items():
            if name not in figures:
                counted = getattr(self._state, name)
                counted = counted[..., :-1] if name in _HISTOGRAMS else counted
                figures[name] = reorder(
                    counted, self._cells.order, axis=declared.axes.index("G") - len(declared.axes)
                )
        return CoverageStatistics(self.samples, **figures)

    def frames(self) -> Frames:
        """Return the frames of the steps so far: the differences of the running sums at their ends."""
        _, frame = frame_ends(Window(self._first, self.samples), self._clock)
        samples = np.bincount(frame - self._first_frame).astype(np.int64) if frame.size else frame

        def differences(running: NDArray[np.int32]) -> NDArray[np.int32]:
            return to_grid_order(
                np.diff(running[: len(samples)], axis=0, prepend=np.int32(0)), self._cells.order
            )

        state = self._state
        return Frames(
            self._first_frame,
            samples,
            differences(state.frame_visible),
            differences(state.frame_c_n_centi_db),
            differences(state.frame_served),
        )

    def _frame_end(self, window: Window) -> NDArray[np.int64]:
        """Return for each step of a window the frame of the span that it ends, -1 for none."""
        frame_end, frame = frame_ends(window, self._clock)
        if frame.size:
            return np.where(frame_end < 0, -1, frame_end + frame[0] - self._first_frame)
        return frame_end

    def _update_highest(self, position_m: NDArray[np.float64], counters: WindowCounters) -> None:
        """Compute the elevation of the satellites that stood higher than any before.

        The kernel finds which one is highest; near the zenith its float32 sine says not how high.
        """
        risen = np.flatnonzero(counters.top_step >= 0)
        highest_m = position_m[counters.top_step[risen], counters.top_satellite[risen]]
        cells = self._cells.order[risen]
        exact = look_angles(highest_m, handset_m=self._cells.position_m[cells], up=self._cells.up[cells])
        self._max_elevation_deg[cells] = exact.elevation_deg

    def _resume(self, statistics: CoverageStatistics, frames: Frames) -> None:
        """Begin with what an earlier run has counted."""
        order, state = self._cells.order, self._state
        self.samples = statistics.samples
        self._max_elevation_deg[:] = statistics.max_elevation_deg
        for name, declared in declarations(CoverageStatistics).items():
            if name not in _NOT_IN_STATE:
                earlier, counted = getattr(statistics, name), getattr(state, name)
                counted = counted[..., :-1] if name in _HISTOGRAMS else counted
                counted[:] = earlier[cell_index(declared.axes, order)]
        for running, part in (
            (state.frame_visible, frames.visible),
            (state.frame_c_n_centi_db, frames.c_n_centi_db),
            (state.frame_served, frames.served),
        ):
            np.cumsum(part[..., order], axis=0, out=running[: len(part)])
        if len(frames.c_n_centi_db):
            state.c_n_centi_db[:] = state.frame_c_n_centi_db[len(frames.c_n_centi_db) - 1]


def process_window(
    position_m: NDArray[np.float64],
    cells: TiledCells,
    link: KernelLink,
    *,
    first: int = 0,
    clock: FrameClock | None = None,
    every: int = 0,
) -> tuple[CoverageStatistics, Timeline, Frames, Slots]:
    """Compute the statistics of one window, each satellite above the mask serving the cells it sees.

    position_m (T, S, 3), NaN for none; `first` is the number of the first step, which the clock tells the frames by;
    no frames without a clock. every: steps between two slots; none for 0.
    """
    accumulator = CoverageAccumulator(cells, link, Window(first, len(position_m)), clock=clock)
    timeline, slots = accumulator.add_window(position_m, every=every)
    return accumulator.statistics(), timeline, accumulator.frames(), slots


def _empty_state(cells: TiledCells, link: KernelLink, *, frames: int) -> AccumulatorState:
    """Return the counters of no steps."""
    size, services = len(cells.order), link.requirements.down_db.size
    figures = allocate(
        CoverageStatistics,
        G=size,
        V=services,
        P=max(link.phones.number, 1),
        L=len(link.requirements.allowed),
        B=link.bins + 1,
        J=link.requirements.gap_edges.size,
    )
    # What is taken for the highest elevation so far where no satellite was visible: less than the mask by the rounding
    # of float32, so that a cell that counts a satellite as visible knows its elevation too.
    figures["max_sine"][:] = max(float(link.tables.sin_mask) - float(DOUBT), 0.0)
    # A figure that is declared and not in AccumulatorState, or the other way round, is a TypeError that names it.
    return AccumulatorState(
        c_n_centi_db=np.zeros(size, np.int32),
        frame_visible=np.zeros((frames, size), np.int32),
        frame_c_n_centi_db=np.zeros((frames, size), np.int32),
        frame_served=np.zeros((frames, services, size), np.int32),
        **{name: values for name, values in figures.items() if name not in _NOT_IN_STATE},
    )


def _without_services(
    state: AccumulatorState, requirements: ServiceRequirements
) -> tuple[AccumulatorState, ServiceRequirements]:
    """Return the same counters and requirements without services and limits."""
    none = {
        name: getattr(state, name)[:0]
        for name, declared in declarations(CoverageStatistics).items()
        if declared.axes[0] in "VL"
    }
    of_no_service = ("down_db", "up_db", "margin_low_db", "allowed")
    return state._replace(**none), requirements._replace(
        **{name: getattr(requirements, name)[:0] for name in of_no_service}
    )


def _slot_of_steps(window: Window, every: int) -> tuple[NDArray[np.int64], int]:
    """Return for each step of a window its slot among the window's own, -1 for none, and the first one's number."""
    first, steps = window.first, window.count
    step = first + np.arange(steps)
    if not every:
        return np.full(steps, -1), 0
    first_slot = -(-first // every)
    return np.where(step % every == 0, step // every - first_slot, -1), first_slot


def _satellite_tracks(
    position_m: NDArray[np.float64],
    cells: TiledCells,
    link: KernelLink,
    frame_end: NDArray[np.int64],
    slot: NDArray[np.int64],
) -> SatelliteTracks:
    reach = reach_rad(position_m, link.min_elevation_deg)
    in_range, in_range_count = satellites_in_range(
        position_m, reach, axis=cells.axis, span_rad=cells.span_rad
    )
    most = -(-int(in_range_count.max()) // CHUNK) * CHUNK
    direction = np.empty((len(position_m), 5, most), np.float32)
    mask_rad = lowest_mask_rad(link.min_elevation_deg)
    fill_directions(
        position_m,
        in_range,
        in_range_count,
        EARTH_POLAR_RADIUS_M,
        np.cos(mask_rad),
        np.sin(mask_rad),
        direction,
    )
    return SatelliteTracks(position_m, in_range, in_range_count, direction, link.payload, frame_end, slot)


def _timeline(seen: NDArray[np.uint8], of_threads: NDArray[np.int64]) -> Timeline:
    total = of_threads.sum(axis=0)
    return Timeline(
        satellites=np.packbits(seen, axis=1),
        visible_cells=total[:, 0].copy(),
        visible_m2=total[:, 1].copy(),
        served_cells=total[:, 2::2].copy(),
        served_m2=total[:, 3::2].copy(),
    )

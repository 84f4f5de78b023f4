"""What the cells saw from the start of a span on: the kernel takes it up window after window, in place."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_POLAR_RADIUS_M
from d2c.coverage.kernels._accumulate import (
    CHUNK,
    AccumulatorState,
    SatelliteTracks,
    WindowCounters,
    accumulate,
    fill_directions,
    threads,
)
from d2c.coverage.kernels.in_range import lowest_mask_rad, reach_rad, satellites_in_range
from d2c.coverage.kernels.link_curves import KernelLink
from d2c.coverage.kernels.tiles import TiledCells, to_grid_order
from d2c.coverage.statistics.coverage import BINNED, CoverageStatistics, Frames, Timeline
from d2c.coverage.windows import FrameClock, Slots, Window, frame_ends
from d2c.link.geometry import look_angles

# What is taken for the highest elevation so far where nobody was visible: less than the mask by what float32 leaves in
# doubt, so that a cell that counts a satellite as visible knows its elevation too.
_DOUBT = 1e-5


class CoverageAccumulator:
    """The statistics of a span so far, in the order of the tiles; what it returns is in that of the grid.

    Nothing but `watch` changes it. What was returned stays as it was.
    """

    def __init__(
        self,
        field: TiledCells,
        radio: KernelLink,
        span: Window,
        *,
        clock: FrameClock | None,
        so_far: tuple[CoverageStatistics, Frames] | None = None,
    ) -> None:
        """Begin at the first step of a span, or after what an earlier run did of it; no frames without a clock."""
        self._field, self._radio, self._clock = field, radio, clock
        self._first, self.samples = span.first, 0
        _, frame = frame_ends(span, clock)
        frames = int(frame[-1] - frame[0]) + 1 if frame.size else 0
        self._first_frame = int(frame[0]) if frame.size else 0
        self._totals = _empty_state(field, radio, frames=frames)
        self._max_elevation_deg = np.full(len(field.order), -np.inf)
        if so_far:
            self._take_up(*so_far)

    def accumulate(self, position_m: NDArray[np.float64], *, every: int = 0) -> tuple[Timeline, Slots]:
        """Go on with the satellites at these positions (T, S, 3), NaN for none; return what is of these steps alone.

        every: steps between two slots; none for 0.
        """
        steps, satellites, _ = position_m.shape
        window = Window(self._first + self.samples, steps)
        frame_end, frame = frame_ends(window, self._clock)
        if frame.size:
            frame_end = np.where(frame_end < 0, -1, frame_end + frame[0] - self._first_frame)
        slot, first_slot = _slot_of_steps(window, every)
        cells, services = len(self._field.order), self._radio.requirements.down_db.size
        counters = WindowCounters(
            top_step=np.zeros(cells, np.int32),
            top_satellite=np.zeros(cells, np.int32),
            line=np.zeros((threads(), steps, 2 + 2 * services), np.int64),
            seen=np.zeros((steps, satellites), np.uint8),
            c_n_centi_db=np.zeros((int(slot.max()) + 1, cells), np.int16),
            server=np.zeros((int(slot.max()) + 1, cells), np.int32),
            work=np.zeros((len(self._field.tiles.centre_m), 2), np.int64),
        )
        sky = _satellite_tracks(position_m, self._field, self._radio, frame_end, slot)
        accumulate(
            self._field.tiles, sky, self._radio.tables, self._radio.requirements, self._totals, counters
        )
        self._note_highest(position_m, counters)
        self.samples += steps
        order = self._field.order
        slots = Slots(
            first_slot, to_grid_order(counters.c_n_centi_db, order), to_grid_order(counters.server, order)
        )
        return _timeline(counters), slots

    def statistics(self) -> CoverageStatistics:
        """Return the statistics of the steps so far."""
        return self._statistics(to_grid_order)

    def end(self) -> CoverageStatistics:
        """Return the statistics in the memory of the totals, at the end: nothing can be watched any more."""

        def in_place(values: NDArray[Any], order: NDArray[np.int64], *, axis: int = -1) -> NDArray[Any]:
            for part in values if values.ndim > -axis else [values]:  # of one service after the other
                part[:] = to_grid_order(part, order, axis=axis)
            return values

        return self._statistics(in_place)

    def _statistics(self, reorder: Callable[..., NDArray[Any]]) -> CoverageStatistics:
        totals, order = self._totals, self._field.order
        seen = reorder(totals.visible_samples, order)
        return CoverageStatistics(
            samples=self.samples,
            gap_edges=self._radio.requirements.gap_edges.copy(),  # a locked one would be another type to the kernel
            visible_samples=seen,
            visible_sum=reorder(totals.visible_sum, order),
            visible_max=reorder(totals.visible_max, order),
            max_sine=reorder(totals.max_sine, order),
            max_elevation_deg=np.where(seen > 0, self._max_elevation_deg, -np.inf),
            c_n_bins=reorder(totals.c_n_bins[:, :-1], order, axis=-2),
            served=reorder(totals.served, order),
            leading_gap=reorder(totals.leading_gap, order),
            trailing_gap=reorder(totals.trailing_gap, order),
            longest_gap=reorder(totals.longest_gap, order),
            gap_squared_sum=reorder(totals.gap_squared_sum, order),
            gap_count=reorder(totals.gap_count, order, axis=-2),
            gap_steps=reorder(totals.gap_steps, order, axis=-2),
            link_probability=reorder(totals.link_probability, order),
            pfd_over_limit=reorder(totals.pfd_over_limit, order),
            margin_bins=reorder(totals.margin_bins[:, :, :-1], order, axis=-2),
        )

    def frames(self) -> Frames:
        """Return the frames of the steps so far: the differences of the running sums at their ends."""
        _, frame = frame_ends(Window(self._first, self.samples), self._clock)
        samples = np.bincount(frame - self._first_frame).astype(np.int64) if frame.size else frame

        def differences(running: NDArray[np.int32]) -> NDArray[np.int32]:
            return to_grid_order(
                np.diff(running[: len(samples)], axis=0, prepend=np.int32(0)), self._field.order
            )

        totals = self._totals
        return Frames(
            self._first_frame,
            samples,
            differences(totals.frame_seen),
            differences(totals.frame_c_n_centi_db),
            differences(totals.frame_served),
        )

    def _note_highest(self, position_m: NDArray[np.float64], counters: WindowCounters) -> None:
        """Give the cells that a satellite rose higher over than any before its elevation.

        The kernel finds which one is highest; near the zenith its float32 sine says not how high.
        """
        risen = np.flatnonzero(counters.top_step >= 0)
        highest_m = position_m[counters.top_step[risen], counters.top_satellite[risen]]
        cells = self._field.order[risen]
        exact = look_angles(highest_m, handset_m=self._field.position_m[cells], up=self._field.up[cells])
        self._max_elevation_deg[cells] = exact.elevation_deg

    def _take_up(self, statistics: CoverageStatistics, frames: Frames) -> None:
        """Begin with what an earlier run found."""
        order = self._field.order
        self.samples = statistics.samples
        self._max_elevation_deg[:] = statistics.max_elevation_deg
        totals = self._totals
        for name in set(AccumulatorState._fields) & {field.name for field in fields(CoverageStatistics)}:
            earlier, total = getattr(statistics, name), getattr(totals, name)
            if name in BINNED:  # histograms come without the bin of the steps without a server
                total[..., : earlier.shape[-1]] = earlier[..., order, :]
            else:
                total[:] = earlier[..., order]
        for total, part in zip(
            (totals.frame_seen, totals.frame_c_n_centi_db, totals.frame_served),
            (frames.seen, frames.c_n_centi_db, frames.served),
            strict=True,
        ):
            np.cumsum(part[..., order], axis=0, out=total[: len(part)])
        if len(frames.c_n_centi_db):
            totals.c_n_centi_db[:] = totals.frame_c_n_centi_db[len(frames.c_n_centi_db) - 1]


def process_window(
    position_m: NDArray[np.float64],
    field: TiledCells,
    radio: KernelLink,
    *,
    first: int = 0,
    clock: FrameClock | None = None,
    every: int = 0,
) -> tuple[CoverageStatistics, Timeline, Frames, Slots]:
    """Return what the cells saw of the satellites at these positions (T, S, 3), NaN for none, in this window alone.

    `first` is the number of the first step, which the clock tells the frames by; no frames without a clock.
    every: steps between two slots; none for 0.
    """
    running = CoverageAccumulator(field, radio, Window(first, len(position_m)), clock=clock)
    timeline, slots = running.accumulate(position_m, every=every)
    return running.statistics(), timeline, running.frames(), slots


def _empty_state(field: TiledCells, radio: KernelLink, *, frames: int) -> AccumulatorState:
    """Return the totals of no steps."""
    cells, services, bins = len(field.order), radio.requirements.down_db.size, radio.bins
    gaps, limits = radio.requirements.gap_edges.size, len(radio.requirements.allowed)
    lowest = max(float(radio.tables.sin_mask) - _DOUBT, 0.0)

    def none(*shape: int) -> NDArray[np.int32]:
        return np.zeros(shape, np.int32)

    return AccumulatorState(
        visible_samples=none(cells),
        visible_sum=np.zeros(cells, np.int64),
        visible_max=none(cells),
        max_sine=np.full(cells, lowest, np.float32),
        c_n_centi_db=none(cells),
        c_n_bins=none(cells, bins + 1),
        served=none(services, cells),
        leading_gap=none(services, cells),
        trailing_gap=none(services, cells),
        longest_gap=none(services, cells),
        gap_squared_sum=np.zeros((services, cells), np.int64),
        link_probability=np.zeros((services, cells), np.int64),
        gap_count=none(services, cells, gaps),
        gap_steps=none(services, cells, gaps),
        margin_bins=none(services, cells, bins + 1),
        pfd_over_limit=np.zeros((limits, cells), np.float32),
        frame_seen=none(frames, cells),
        frame_c_n_centi_db=none(frames, cells),
        frame_served=none(frames, services, cells),
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
    field: TiledCells,
    radio: KernelLink,
    frame_end: NDArray[np.int64],
    slot: NDArray[np.int64],
) -> SatelliteTracks:
    reach = reach_rad(position_m, radio.min_elevation_deg)
    near_list, near_count = satellites_in_range(position_m, reach, axis=field.axis, span_rad=field.span_rad)
    most = -(-int(near_count.max()) // CHUNK) * CHUNK
    direction = np.empty((len(position_m), 5, most), np.float32)
    mask_rad = lowest_mask_rad(radio.min_elevation_deg)
    fill_directions(
        position_m, near_list, near_count, EARTH_POLAR_RADIUS_M, np.cos(mask_rad), np.sin(mask_rad), direction
    )
    return SatelliteTracks(position_m, near_list, near_count, direction, radio.payload, frame_end, slot)


def _timeline(counters: WindowCounters) -> Timeline:
    line = counters.line.sum(axis=0)
    return Timeline(
        satellites=np.packbits(counters.seen, axis=1),
        visible_cells=line[:, 0].copy(),
        visible_m2=line[:, 1].copy(),
        served_cells=line[:, 2::2].copy(),
        served_m2=line[:, 3::2].copy(),
    )

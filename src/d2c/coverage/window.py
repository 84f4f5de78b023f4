"""The span as windows, the unit of work; one window's sky and cells in, its statistics out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_POLAR_RADIUS_M
from d2c.coverage._kernels import CHUNK, Counters, Demands, LinkTables, Sky, Tiles, near, point, watch
from d2c.coverage.statistics import CoverageStatistics, Frames, Timeline
from d2c.link.geometry import look_at

_POSITION_BYTES = 64_000_000  # of one window, so that memory does not grow with the span
_SLOT_BYTES = 250_000_000  # of one window's slots, six bytes a cell
_LONGEST = 2880
MOST_FRAMES = 48
_HOUR_US = 3_600_000_000
_PLUMB_DEG = 0.2  # the ellipsoid's normal leans against the radius by up to 0.193 deg


@dataclass(frozen=True, slots=True)
class Window:
    """Steps `first` to `first + count - 1` of the span."""

    first: int
    count: int


def windows(*, samples: int, satellites: int, done: int = 0, most: int | None = None) -> Iterator[Window]:
    """Yield the windows of a span in order, after the steps done before; how it is cut changes no bit.

    Their length follows from the number of satellites, and is `most` steps at most.
    """
    length = int(np.clip(_POSITION_BYTES // (24 * max(satellites, 1)), 16, _LONGEST))
    length = min(length, most or length)
    for first in range(done, samples, length):
        yield Window(first, min(length, samples - first))


@dataclass(frozen=True, slots=True)
class FrameClock:
    """Which frame a step belongs to: frames of whole hours, at most 48 in the span."""

    step_us: int
    frame_us: int

    @staticmethod
    def of(*, samples: int, step_us: int) -> "FrameClock":
        """Return the clock of a span."""
        hours = -(-samples * step_us // _HOUR_US)
        return FrameClock(step_us, -(-hours // MOST_FRAMES) * _HOUR_US)

    def frame(self, step: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of the frame that each step falls into, same shape."""
        return step * self.step_us // self.frame_us


class Slots(NamedTuple):
    """What each of G cells had at every so many steps of the span, K of them; slot `first` is the first.

    level (K, G): the best server's C/N in 0.01 dB, -32768 for none; server (K, G): its index, -1 for none.
    """

    first: int
    level: NDArray[np.int16]
    server: NDArray[np.int32]

    @staticmethod
    def most_steps(*, every: int, cells: int) -> int:
        """Return how many steps a window may have, so that memory does not grow with the cells."""
        return every * max(_SLOT_BYTES // (6 * cells), 1)


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """The cells as the kernel takes them: in tiles.

    position_m, up (G, 3) as in the grid; order (G,): which of them each cell of the tiles is; axis (3,) and
    span_rad: a cone from the Earth's centre that holds them all.
    """

    position_m: NDArray[np.float64]
    up: NDArray[np.float64]
    tiles: Tiles
    order: NDArray[np.int64]
    axis: NDArray[np.float64]
    span_rad: float


@dataclass(frozen=True, eq=False, slots=True)
class Radio:
    """The link as the kernel takes it: tables, demands, bins, and the table row of each satellite (S,)."""

    tables: LinkTables
    demands: Demands
    bins: int
    payload: NDArray[np.int64]
    min_elevation_deg: float


def watch_window(
    position_m: NDArray[np.float64],
    field: Field,
    radio: Radio,
    *,
    first: int = 0,
    clock: FrameClock | None = None,
    every: int = 0,
) -> tuple[CoverageStatistics, Timeline, Frames, Slots]:
    """Return what the cells saw of the satellites at these positions (T, S, 3), NaN for none.

    `first` is the number of the first step, which the clock tells the frames by; no frames without a clock.
    every: steps between two slots; none for 0.
    """
    steps, satellites, _ = position_m.shape
    frame_end, frame = frame_ends(Window(first, steps), clock)
    slot, first_slot = _slot_of_steps(first, steps, every)
    sky = _sky(position_m, field, radio, frame_end, slot)
    counters = _counters(
        cells=len(field.order),
        services=radio.demands.down_db.size,
        bins=radio.bins,
        gap_bins=radio.demands.gap_edges.size,
        tiles=field.tiles.first.size - 1,
        steps=steps,
        satellites=satellites,
        frames=int(frame_end.max()) + 1,
        limits=len(radio.demands.allowed),
        slots=int(slot.max()) + 1,
    )
    watch(field.tiles, sky, radio.tables, radio.demands, counters)
    frames = _frames(counters, frame, field)
    slots = Slots(first_slot, reordered(counters.level, field.order), reordered(counters.server, field.order))
    return _statistics(counters, position_m, field, radio), _timeline(counters), frames, slots


def frame_ends(window: Window, clock: FrameClock | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each step the frame that it ends, counted from the window's first one, -1 for none; and its frame.

    Without a clock no step ends a frame, and there are none.
    """
    frame_end = np.full(window.count, -1, np.int64)
    if clock is None:
        return frame_end, np.zeros(0, np.int64)
    frame = clock.frame(window.first + np.arange(window.count))
    last = np.append(np.flatnonzero(np.diff(frame)), window.count - 1)
    frame_end[last] = frame[last] - frame[0]
    return frame_end, frame


def _slot_of_steps(first: int, steps: int, every: int) -> tuple[NDArray[np.int64], int]:
    """Return for each step of a window its slot among the window's own, -1 for none, and the first one's number."""
    step = first + np.arange(steps)
    if not every:
        return np.full(steps, -1), 0
    first_slot = -(-first // every)
    return np.where(step % every == 0, step // every - first_slot, -1), first_slot


def reach_rad(position_m: NDArray[np.float64], min_elevation_deg: float) -> NDArray[np.float64]:
    """Return the angle at the Earth's centre within which each satellite can be above the mask, (S,)."""
    # squared radii first: one pass without a temporary of the whole window
    radius2 = np.einsum("tsx,tsx->ts", position_m, position_m)
    highest = np.sqrt(
        np.nanmax(np.where(np.isnan(radius2), 0.0, radius2), axis=0, initial=EARTH_POLAR_RADIUS_M**2)
    )
    mask = np.radians(max(min_elevation_deg - _PLUMB_DEG, -_PLUMB_DEG))
    return np.asarray(np.arccos(EARTH_POLAR_RADIUS_M / highest * np.cos(mask)) - mask)


def _sky(
    position_m: NDArray[np.float64],
    field: Field,
    radio: Radio,
    frame_end: NDArray[np.int64],
    slot: NDArray[np.int64],
) -> Sky:
    reach = reach_rad(position_m, radio.min_elevation_deg)
    near_list, near_count = near_satellites(position_m, reach, axis=field.axis, span_rad=field.span_rad)
    most = -(-int(near_count.max()) // CHUNK) * CHUNK
    direction = np.empty((len(position_m), 5, most), np.float32)
    point(position_m, near_list, near_count, np.cos(reach), np.sin(reach), direction)
    return Sky(position_m, near_list, near_count, direction, radio.payload, frame_end, slot)


def near_satellites(
    position_m: NDArray[np.float64], reach: NDArray[np.float64], *, axis: NDArray[np.float64], span_rad: float
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the satellites that may see a place within a cone about the axis, and how many, as in `Sky`.

    position_m (T, S, 3); reach (S,): from `reach_rad`.
    """
    steps, satellites, _ = position_m.shape
    near_list, near_count = np.empty((steps, satellites), np.int32), np.empty(steps, np.int64)
    near(position_m, np.cos(np.minimum(reach + span_rad, np.pi)), axis, near_list, near_count)
    return near_list, near_count


def _counters(
    *,
    cells: int,
    services: int,
    bins: int,
    gap_bins: int,
    tiles: int,
    steps: int,
    satellites: int,
    frames: int,
    limits: int,
    slots: int,
) -> Counters:
    per_cell = [np.zeros(cells, np.int32) for _ in range(5)]
    per_service = [np.zeros((services, cells), np.int32) for _ in range(6)]
    return Counters(
        *per_cell,  # type: ignore[call-arg]  # mypy counts a list as any number
        np.zeros((cells, bins + 1), np.int32),
        *per_service,
        np.zeros((services, cells, gap_bins), np.int32),
        np.zeros((services, cells, gap_bins), np.int32),
        np.zeros((services, cells, bins + 1), np.int32),
        np.zeros((tiles, steps), np.int64),
        np.zeros((tiles, steps), np.int64),
        np.zeros((tiles, steps, services), np.int64),
        np.zeros((tiles, steps, services), np.int64),
        np.zeros((steps, satellites), np.uint8),
        np.zeros((limits, cells), np.float32),
        np.zeros((frames, cells), np.int32),
        np.zeros((frames, cells), np.int32),
        np.zeros((frames, services, cells), np.int32),
        np.zeros((slots, cells), np.int16),
        np.zeros((slots, cells), np.int32),
        np.zeros((tiles, 2), np.int64),
    )


def _statistics(
    counters: Counters, position_m: NDArray[np.float64], field: Field, radio: Radio
) -> CoverageStatistics:
    def in_grid_order(values: NDArray[np.int32], *, axis: int = -1) -> NDArray[np.int32]:
        return reordered(values, field.order, axis=axis)

    seen = in_grid_order(counters.visible_samples)
    highest = position_m[in_grid_order(counters.top_step), in_grid_order(counters.top_satellite)]
    # the kernel finds which one is highest; near the zenith its float32 sine says not how high
    exact = look_at(highest, handset_m=field.position_m, up=field.up).elevation_deg
    return CoverageStatistics(
        samples=len(position_m),
        gap_edges=radio.demands.gap_edges.copy(),  # a locked one would be another type to the kernel
        visible_samples=seen,
        visible_sum=in_grid_order(counters.visible_sum).astype(np.int64),
        visible_max=in_grid_order(counters.visible_max),
        max_elevation_deg=np.where(seen > 0, exact, -np.inf),
        c_n_bins=in_grid_order(counters.c_n_bins[:, :-1], axis=-2),
        served=in_grid_order(counters.served),
        head=in_grid_order(counters.head),
        tail=in_grid_order(counters.tail),
        longest=in_grid_order(counters.longest),
        squares=in_grid_order(counters.squares).astype(np.int64),
        gap_count=in_grid_order(counters.gap_count, axis=-2),
        gap_steps=in_grid_order(counters.gap_steps, axis=-2),
        chance=in_grid_order(counters.chance).astype(np.int64),
        excess=reordered(counters.excess, field.order),
        margin_bins=in_grid_order(counters.margin_bins[:, :, :-1], axis=-2),
    )


def _timeline(counters: Counters) -> Timeline:
    return Timeline(
        satellites=np.packbits(counters.seen, axis=1),
        visible_cells=counters.visible_cells.sum(axis=0),
        visible_m2=counters.visible_m2.sum(axis=0),
        served_cells=counters.served_cells.sum(axis=0),
        served_m2=counters.served_m2.sum(axis=0),
    )


def _frames(counters: Counters, frame: NDArray[np.int64], field: Field) -> Frames:
    """Return the sums of each frame from the running sums at their ends."""

    def differences(running: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.diff(reordered(running, field.order), axis=0, prepend=np.int32(0))

    return Frames(
        int(frame[0]) if frame.size else 0,
        np.bincount(frame - frame[0]).astype(np.int64) if frame.size else frame,
        differences(counters.frame_seen),
        differences(counters.frame_level),
        differences(counters.frame_served),
    )


def reordered(values: NDArray[Any], order: NDArray[np.int64], *, axis: int = -1) -> NDArray[Any]:
    """Return cells of the tiles' order in the grid's; they stand on the last axis, or the one before."""
    ordered = np.empty_like(values)
    ordered[(..., order) if axis == -1 else (..., order, slice(None))] = values
    return ordered

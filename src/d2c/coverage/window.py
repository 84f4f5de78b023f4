"""The span as windows, the unit of work; one window's sky and cells in, its statistics out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_POLAR_RADIUS_M
from d2c.coverage._kernels import Counters, Demands, LinkTables, Sky, Tiles, near, watch
from d2c.coverage.statistics import CoverageStatistics, Frames, Timeline
from d2c.link.geometry import look_at
from d2c.region.grid import Grid

_POSITION_BYTES = 64_000_000  # of one window, so that memory does not grow with the span
_LONGEST = 2880
MOST_FRAMES = 48
_MOST_FRAMED_CELLS = 100_000  # beyond that nobody plays the day, and it would take a gigabyte
_HOUR_US = 3_600_000_000
_PLUMB_DEG = 0.2  # the ellipsoid's normal leans against the radius by up to 0.193 deg


@dataclass(frozen=True, slots=True)
class Window:
    """Steps `first` to `first + count - 1` of the span."""

    first: int
    count: int


def windows(*, samples: int, satellites: int) -> Iterator[Window]:
    """Yield the windows of a span, in order; their length follows from the number of satellites alone."""
    length = int(np.clip(_POSITION_BYTES // (24 * max(satellites, 1)), 16, _LONGEST))
    for first in range(0, samples, length):
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


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """The cells as the kernel takes them: in tiles, with the order that leads back to the grid's."""

    grid: Grid
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
) -> tuple[CoverageStatistics, Timeline, Frames]:
    """Return what the cells saw of the satellites at these positions (T, S, 3), NaN for none.

    `first` is the number of the first step, which the clock tells the frames by; no frames without a clock.
    """
    steps, satellites, _ = position_m.shape
    frame = np.zeros(0, np.int64)
    if clock and len(field.grid) <= _MOST_FRAMED_CELLS:
        frame = clock.frame(first + np.arange(steps))
    frame_end = np.full(steps, -1, np.int64)
    if frame.size:
        last = np.append(np.flatnonzero(np.diff(frame)), steps - 1)
        frame_end[last] = frame[last] - frame[0]
    sky = _sky(position_m, field, radio, frame_end)
    counters = _counters(
        cells=len(field.grid),
        services=radio.demands.down_db.size,
        bins=radio.bins,
        tiles=field.tiles.first.size - 1,
        steps=steps,
        satellites=satellites,
        frames=int(frame_end.max()) + 1,
        limits=len(radio.demands.allowed),
    )
    watch(field.tiles, sky, radio.tables, radio.demands, counters)
    frames = _frames(counters, frame, field)
    return _statistics(counters, position_m, field), _timeline(counters), frames


def _sky(position_m: NDArray[np.float64], field: Field, radio: Radio, frame_end: NDArray[np.int64]) -> Sky:
    steps, satellites, _ = position_m.shape
    # squared radii first: one pass without a temporary of the whole window
    radius2 = np.einsum("tsx,tsx->ts", position_m, position_m)
    highest = np.sqrt(
        np.nanmax(np.where(np.isnan(radius2), 0.0, radius2), axis=0, initial=EARTH_POLAR_RADIUS_M**2)
    )
    mask = np.radians(max(radio.min_elevation_deg - _PLUMB_DEG, -_PLUMB_DEG))
    reach = np.arccos(EARTH_POLAR_RADIUS_M / highest * np.cos(mask)) - mask
    near_list = np.empty((steps, satellites), np.int32)
    near_count = np.empty(steps, np.int64)
    near(position_m, np.cos(np.minimum(reach + field.span_rad, np.pi)), field.axis, near_list, near_count)
    return Sky(position_m, near_list, near_count, np.cos(reach), np.sin(reach), radio.payload, frame_end)


def _counters(
    *, cells: int, services: int, bins: int, tiles: int, steps: int, satellites: int, frames: int, limits: int
) -> Counters:
    per_cell = [np.zeros(cells, np.int32) for _ in range(5)]
    per_service = [np.zeros((services, cells), np.int32) for _ in range(6)]
    return Counters(
        *per_cell,  # type: ignore[call-arg]  # mypy counts a list as any number
        np.zeros((cells, bins + 1), np.int32),
        *per_service,
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
    )


def _statistics(counters: Counters, position_m: NDArray[np.float64], field: Field) -> CoverageStatistics:
    def in_grid_order(values: NDArray[np.int32], *, axis: int = -1) -> NDArray[np.int32]:
        return _reordered(values, field.order, axis=axis)

    seen = in_grid_order(counters.visible_samples)
    highest = position_m[in_grid_order(counters.top_step), in_grid_order(counters.top_satellite)]
    # the kernel finds which one is highest; near the zenith its float32 sine says not how high
    exact = look_at(highest, handset_m=field.grid.position_m, up=field.grid.up).elevation_deg
    return CoverageStatistics(
        samples=len(position_m),
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
        chance=in_grid_order(counters.chance).astype(np.int64),
        excess=_reordered(counters.excess, field.order),
        margin_bins=in_grid_order(counters.margin_bins[:, :, :-1], axis=-2),
    )


def _timeline(counters: Counters) -> Timeline:
    return Timeline(
        satellites=counters.seen.sum(axis=1, dtype=np.int64),
        visible_cells=counters.visible_cells.sum(axis=0),
        visible_m2=counters.visible_m2.sum(axis=0),
        served_cells=counters.served_cells.sum(axis=0),
        served_m2=counters.served_m2.sum(axis=0),
    )


def _frames(counters: Counters, frame: NDArray[np.int64], field: Field) -> Frames:
    """Return the sums of each frame from the running sums at their ends."""

    def differences(running: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.diff(_reordered(running, field.order), axis=0, prepend=np.int32(0))

    return Frames(
        int(frame[0]) if frame.size else 0,
        np.bincount(frame - frame[0]).astype(np.int64) if frame.size else frame,
        differences(counters.frame_seen),
        differences(counters.frame_level),
        differences(counters.frame_served),
    )


def _reordered(values: NDArray[Any], order: NDArray[np.int64], *, axis: int = -1) -> NDArray[Any]:
    """Return cells of the tiles' order in the grid's; they stand on the last axis, or the one before."""
    ordered = np.empty_like(values)
    ordered[(..., order) if axis == -1 else (..., order, slice(None))] = values
    return ordered

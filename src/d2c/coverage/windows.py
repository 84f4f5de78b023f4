"""The span as windows, the unit of work; one window's sky and cells in, its statistics out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_POLAR_RADIUS_M
from d2c.coverage.kernels._accumulate import Demands, LinkTables, Tiles, near

_POSITION_BYTES = 64_000_000  # of one window, so that memory does not grow with the span
_PIECE_BYTES = 16_000_000  # of what is in memory at once where windows are not done by themselves
_SLOT_BYTES = 250_000_000  # of one window's slots, six bytes a cell
_LONGEST = 2000  # probabilities of more would not fit into the kernel's sums
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
    length = _steps_in(_POSITION_BYTES, satellites)
    yield from _cut(Window(done, samples - done), min(length, most or length))


def pieces(window: Window, *, satellites: int) -> Iterator[Window]:
    """Yield a window in shorter ones, whose positions take less memory."""
    yield from _cut(window, _steps_in(_PIECE_BYTES, satellites))


def _steps_in(size: int, satellites: int) -> int:
    return int(np.clip(size // (24 * max(satellites, 1)), 16, _LONGEST))


def _cut(window: Window, length: int) -> Iterator[Window]:
    end = window.first + window.count
    for first in range(window.first, end, length):
        yield Window(first, min(length, end - first))


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


def reach_rad(position_m: NDArray[np.float64], min_elevation_deg: float) -> NDArray[np.float64]:
    """Return the angle at the Earth's centre within which each satellite can be above the mask, (S,)."""
    # squared radii first: one pass without a temporary of the whole window
    radius2 = np.einsum("tsx,tsx->ts", position_m, position_m)
    highest = np.sqrt(
        np.nanmax(np.where(np.isnan(radius2), 0.0, radius2), axis=0, initial=EARTH_POLAR_RADIUS_M**2)
    )
    mask_rad = lowest_mask_rad(min_elevation_deg)
    return np.asarray(np.arccos(EARTH_POLAR_RADIUS_M / highest * np.cos(mask_rad)) - mask_rad)


def lowest_mask_rad(min_elevation_deg: float) -> float:
    """Return the elevation over the plane across the radius that a satellite at the mask has at least, in radians."""
    return float(np.radians(max(min_elevation_deg - _PLUMB_DEG, -_PLUMB_DEG)))


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


def reordered(values: NDArray[Any], order: NDArray[np.int64], *, axis: int = -1) -> NDArray[Any]:
    """Return cells of the tiles' order in the grid's; they stand on the last axis, or the one before."""
    ordered = np.empty_like(values)
    ordered[(..., order) if axis == -1 else (..., order, slice(None))] = values
    return ordered

"""The span cut into windows, the unit of work, and into frames of whole hours that maps show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_POSITION_BYTES = 64_000_000  # of one window, so that memory does not grow with the span
_PIECE_BYTES = 16_000_000  # of what is in memory at once where windows are not done by themselves
_SLOT_BYTES = 250_000_000  # of one window's slots, six bytes a cell
_LONGEST = 2000  # probabilities of more would not fit into the kernel's sums
MOST_FRAMES = 48
_HOUR_US = 3_600_000_000


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
    c_n_centi_db: NDArray[np.int16]
    server: NDArray[np.int32]

    @staticmethod
    def most_steps(*, every: int, cells: int) -> int:
        """Return how many steps a window may have, so that memory does not grow with the cells."""
        return every * max(_SLOT_BYTES // (6 * cells), 1)


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

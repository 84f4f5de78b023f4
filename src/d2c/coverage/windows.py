"""Division of the time span into windows, the unit of computation, and into hourly frames for maps.

Windows are only split here; their statistics are merged in `statistics/`, by the rules declared with each figure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.errors import ScenarioError
from d2c.local_time import shown_instant
from d2c.scenario.model import Scenario
from d2c.utc import HOUR_US, utc_text

_POSITION_BYTES = 64_000_000  # of one window, so that memory does not grow with the span
_PIECE_BYTES = 16_000_000  # of the positions in memory at once where a window is processed in pieces
_SLOT_BYTES = 250_000_000  # of the slots of one window, six bytes per cell
_LONGEST = 2000  # steps, so that a run reports and keeps its progress
MAX_FRAMES = 48


@dataclass(frozen=True, slots=True)
class Window:
    """Steps `first` to `first + count - 1` of the span."""

    first: int
    count: int


def span_windows(
    *, samples: int, satellites: int, done: int = 0, max_steps: int | None = None
) -> Iterator[Window]:
    """Yield the windows of a span in order, from step `done` on; results do not depend on the division.

    The length follows from the number of satellites, at most `max_steps`.
    """
    length = _steps_in(_POSITION_BYTES, satellites)
    yield from _split(Window(done, samples - done), min(length, max_steps or length))


def window_pieces(window: Window, *, satellites: int) -> Iterator[Window]:
    """Divide a window into shorter ones whose positions need less memory."""
    yield from _split(window, _steps_in(_PIECE_BYTES, satellites))


def _steps_in(size: int, satellites: int) -> int:
    return int(np.clip(size // (24 * max(satellites, 1)), 16, _LONGEST))


def _split(window: Window, length: int) -> Iterator[Window]:
    end = window.first + window.count
    for first in range(window.first, end, length):
        yield Window(first, min(length, end - first))


def sample_index(instant_utc: np.datetime64, scenario: Scenario, *, start: np.datetime64) -> int:
    """Return the index of the sample whose step contains an instant; ScenarioError outside the span."""
    step = np.timedelta64(scenario.time.step_us, "us")
    sample = int((instant_utc - start) // step)
    if not 0 <= sample < scenario.time.samples:
        end = start + scenario.time.samples * step
        raise ScenarioError(
            f"{shown_instant(utc_text(instant_utc))} is outside the result's span; choose an instant from "
            f"{shown_instant(utc_text(start))} to before {shown_instant(utc_text(end))}"
        )
    return sample


@dataclass(frozen=True, slots=True)
class FrameClock:
    """The division of the span into frames of whole hours, at most 48."""

    step_us: int
    frame_us: int

    @staticmethod
    def of(*, samples: int, step_us: int) -> "FrameClock":
        """Return the clock of a span."""
        hours = -(-samples * step_us // HOUR_US)
        return FrameClock(step_us, -(-hours // MAX_FRAMES) * HOUR_US)

    def frame(self, step: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of the frame of each step, same shape."""
        return step * self.step_us // self.frame_us


class Slots(NamedTuple):
    """C/N and best server of G cells at K regularly spaced steps of the span (slots), from slot `first` on.

    c_n_centi_db (K, G): C/N of the best server in 0.01 dB, -32768 for none; server (K, G): its index, -1 for none.
    """

    first: int
    c_n_centi_db: NDArray[np.int16]
    server: NDArray[np.int32]

    @staticmethod
    def max_steps(*, every: int, cells: int) -> int:
        """Return the longest window in steps, so that memory does not grow with the number of cells."""
        return every * max(_SLOT_BYTES // (6 * cells), 1)


def frame_ends(window: Window, clock: FrameClock | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the frame that each step ends, counted from the window's first, -1 for none, and the frame of each step.

    Without a clock no step ends a frame, and the second array is empty.
    """
    frame_end = np.full(window.count, -1, np.int64)
    if clock is None:
        return frame_end, np.zeros(0, np.int64)
    frame = clock.frame(window.first + np.arange(window.count))
    last = np.append(np.flatnonzero(np.diff(frame)), window.count - 1)
    frame_end[last] = frame[last] - frame[0]
    return frame_end, frame

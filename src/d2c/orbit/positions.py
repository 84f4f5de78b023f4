"""Satellite positions at the steps of a span: the one stream that coverage, footprints, explanation and sites read.

A satellite that decays does not return, and one without inter-satellite links has no position while it sees no gateway.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.orbit.constellation import Constellation
from d2c.orbit.decay import NEVER, remove_decayed
from d2c.orbit.ephemeris import step_positions
from d2c.orbit.gateways import Gateways, remove_unconnected

_BYTES_AT_ONCE = 16_000_000  # of the positions of a window


@dataclass(frozen=True, eq=False, slots=True)
class PositionWindow:
    """Positions of consecutive steps from `first` on.

    position_m (T, S, 3): Earth-fixed, NaN where a satellite has decayed or sees no gateway; absent (S,): satellites
    for which SGP4 gives no position at the first step; decayed_at (S,): step of the decay, NEVER for those in orbit at
    the end of the window.
    """

    first: int
    position_m: NDArray[np.float64]
    absent: NDArray[np.bool_]
    decayed_at: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class PositionStream:
    """The satellites of a run at `start` + k * `step_us`; without gateways every satellite is connected."""

    constellation: Constellation
    start: np.datetime64
    step_us: int
    gateways: Gateways | None = None

    def in_orbit(self) -> NDArray[np.int64]:
        """Return `decayed_at` (S,) at the start of the span: NEVER for all."""
        return np.full(len(self.constellation), NEVER)

    def window(self, *, first: int, count: int, decayed_at: NDArray[np.int64]) -> PositionWindow:
        """Return the positions of steps `first` to `first + count - 1`; decayed_at (S,): decays before them."""
        position_m = step_positions(
            self.constellation, start=self.start, step_us=self.step_us, first=first, count=count
        )
        absent = np.isnan(position_m[0, :, 0])
        decayed_at = remove_decayed(position_m, decayed_at, first=first)
        remove_unconnected(position_m, self.gateways)
        return PositionWindow(first, position_m, absent, decayed_at)

    def windows(self, cuts: Iterable[tuple[int, int]]) -> Iterator[PositionWindow]:
        """Yield the windows (first step, number of steps) that follow one another from the start of the span on."""
        decayed_at = self.in_orbit()
        for first, count in cuts:
            window = self.window(first=first, count=count, decayed_at=decayed_at)
            decayed_at = window.decayed_at
            yield window

    def steps_before(self, end: int) -> Iterator[PositionWindow]:
        """Yield the positions of all steps from the start of the span to before `end`, in windows of bounded memory."""
        length = max(_BYTES_AT_ONCE // (24 * max(len(self.constellation), 1)), 1)
        yield from self.windows((first, min(length, end - first)) for first in range(0, end, length))

    def decays_before(self, step: int) -> NDArray[np.int64]:
        """Return `decayed_at` (S,) as it is known just before a step: all steps from the start on are looked at."""
        decayed_at = self.in_orbit()
        for window in self.steps_before(step):
            decayed_at = window.decayed_at
        return decayed_at

"""The time steps at which a network's levels are sampled: one of each interval, now earlier in it and now later.

Satellites of evenly spaced planes come back to the same places after a fixed time. Samples a fixed time apart would see
some of their positions only: every 120 s the nominal Starlinks of August 2026 moved the 5th percentile of C/(I+N) over
Umbria by 1.4 dB.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GOLDEN = 0.6180339887498949  # the fraction of a turn whose multiples spread most evenly

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LevelSteps:
    """One step of each interval of `every` time steps, the first one at the start.

    lattice: steps between those among which it is chosen, so that shorter time steps choose the same instants.
    """

    every: int
    lattice: int = 1

    def step(self, number: Any) -> Longs:
        """Return the step of each interval by its number, same shape."""
        choices = max(self.every // self.lattice, 1)
        offset = np.floor(number * _GOLDEN % 1 * choices) * self.lattice
        return np.asarray(number * self.every + offset, np.int64)

    def number(self, step: Any) -> Longs:
        """Return the number of the last of these steps at or before each time step, same shape."""
        interval = np.asarray(step) // self.every
        return np.asarray(interval - (step < self.step(interval)), np.int64)

    def among(self, step: Longs) -> NDArray[np.bool_]:
        """Return which of these time steps are among them, same shape."""
        return np.asarray(step == self.step(step // self.every))

"""Statistics of a network of beams over a window, beside those of coverage, and how neighbouring windows merge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.statistics.fields import counter, lock, merged

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class NetworkStatistics:
    """Counts over T steps for G ground cells, C beam cells, S satellites and L limits; B bins of 0.1 dB.

    active_samples: steps with a beam; c_in_bins, c_i_bins: C/(I+N) and C/I over them; rate_sum: bit/s of a whole beam,
    summed over them; pfd_max: highest PFD of all beams of one frequency, W/m2/MHz. Of the beam cells: cell_active,
    cell_blocked (steps with a beam, and with a satellite in reach but no beam), handovers. Of the satellites:
    beam_steps, beams summed over the steps; busy_steps, steps with a beam; reach_steps, steps at which it could serve
    a beam cell; blocked: beam cells without a beam whose best satellite it was, summed over the steps. Of the steps:
    active_beams, and blocked_cells, the beam cells with a satellite in reach but no beam.
    """

    active_samples: Ints = counter("G")
    c_in_bins: Ints = counter("GB")
    c_i_bins: Ints = counter("GB")
    rate_sum: Longs = counter("G", np.int64)
    pfd_max: NDArray[np.float64] = counter("G", np.float64, merge="max")
    cell_active: Ints = counter("C")
    cell_blocked: Ints = counter("C")
    handovers: Ints = counter("C")
    beam_steps: Longs = counter("S", np.int64)
    busy_steps: Longs = counter("S", np.int64)
    reach_steps: Longs = counter("S", np.int64)
    blocked: Longs = counter("S", np.int64)
    active_beams: Ints = counter("T", merge="append")
    blocked_cells: Ints = counter("T", merge="append")

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)


def merge_networks(earlier: NetworkStatistics, later: NetworkStatistics) -> NetworkStatistics:
    """Return the statistics of the one long window that two neighbouring windows make."""
    return NetworkStatistics(**merged(earlier, later))

"""Statistics of a network of beams over a window, beside those of coverage, and how neighbouring windows merge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.statistics.fields import counter, lock, merged

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class NetworkStatistics:
    """Counts over T steps for G ground cells, C beam cells and S satellites; B bins of 0.1 dB.

    Of the ground cells, over the steps of levels: camped, steps with a beam to camp on; c_n_bins, and in parts of a
    step c_in_bins, data_bins, c_i_bins: C/N, C/(I+N) with all interferers sending and with their activity, and C/I
    over them; share_sum, lit_sum: the serving beam's share of time while a cell asks, and how long it is alight, in
    parts of a step; pfd_max: highest PFD of the beams of one frequency, W/m2/MHz. Over all steps: handovers of a
    phone. Of the beam cells: cell_served, steps with a satellite; cell_share, cell_lit as above. Of the satellites:
    serving_steps, steps with a beam cell; cell_steps, alight_sum: their cells, and the beams alight, summed over them.
    Of the steps: alight_beams over the beam cells, and unserved_cells, those without a satellite.
    """

    camped: Ints = counter("G")
    c_n_bins: Ints = counter("GB")
    c_in_bins: Longs = counter("GB", np.int64)
    data_bins: Longs = counter("GB", np.int64)
    c_i_bins: Longs = counter("GB", np.int64)
    share_sum: Longs = counter("G", np.int64)
    lit_sum: Longs = counter("G", np.int64)
    pfd_max: NDArray[np.float64] = counter("G", np.float64, merge="max")
    handovers: Ints = counter("G")
    cell_served: Ints = counter("C")
    cell_share: Longs = counter("C", np.int64)
    cell_lit: Longs = counter("C", np.int64)
    serving_steps: Longs = counter("S", np.int64)
    cell_steps: Longs = counter("S", np.int64)
    alight_sum: Longs = counter("S", np.int64)
    alight_beams: NDArray[np.float64] = counter("T", np.float64, merge="append")
    unserved_cells: Ints = counter("T", merge="append")

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)


def merge_networks(earlier: NetworkStatistics, later: NetworkStatistics) -> NetworkStatistics:
    """Return the statistics of the one long window that two neighbouring windows make."""
    return NetworkStatistics(**merged(earlier, later))

"""BeamStatistics: what a loaded network leaves behind beside CoverageStatistics, and how two windows become one."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class NetworkStatistics:
    """Counts over T steps for G ground cells, B beam cells, S satellites; bins of 0.1 dB.

    lit (G,): steps with a beam; c_in_bins, c_i_bins (G, bins): C/(I+N) and C/I over them; rate_sum (G,): bit/s of
    a whole beam, summed over them; pfd_max (G,): highest PFD of all beams of one frequency, W/m2/MHz. Of the beam
    cells: cell_lit, cell_blocked, handovers (B,). Of the satellites (S,): beam_steps, beams summed over the steps;
    busy_steps, steps with a beam; reach_steps, steps at which it could light a beam cell; blocked: beam cells that
    got none, whose best satellite it was, summed over the steps. active, blocked_cells (T,): beams lit, and beam
    cells that had a satellite in reach but no beam.
    """

    lit: Ints
    c_in_bins: Ints
    c_i_bins: Ints
    rate_sum: Longs
    pfd_max: NDArray[np.float64]
    cell_lit: Ints
    cell_blocked: Ints
    handovers: Ints
    beam_steps: Longs
    busy_steps: Longs
    reach_steps: Longs
    blocked: Longs
    active: Ints
    blocked_cells: Ints

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for field in fields(self):
            getattr(self, field.name).flags.writeable = False


_BY_STEP = ("active", "blocked_cells")


def merge_networks(earlier: NetworkStatistics, later: NetworkStatistics) -> NetworkStatistics:
    """Return the statistics of two neighbouring windows as of the one long window they make."""

    def merged(name: str) -> NDArray[Any]:
        a, b = getattr(earlier, name), getattr(later, name)
        if name in _BY_STEP:
            return np.concatenate([a, b])
        return np.asarray(np.maximum(a, b) if name == "pfd_max" else a + b)

    return NetworkStatistics(**{field.name: merged(field.name) for field in fields(NetworkStatistics)})

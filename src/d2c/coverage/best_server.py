"""The order of satellites as servers of a place: the rule of the coverage map, for explanations and single sites."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.kernels._best_server import rounded_c_n
from d2c.units import from_db


def server_order(
    *,
    c_n_db: NDArray[np.float64],
    elevation_deg: NDArray[np.float64],
    satellite: NDArray[np.int64],
    step: Any = None,
) -> NDArray[np.int64]:
    """Return the order of pairs of steps and satellites (N,): by step, and at each step the best server first.

    Best is the highest downlink C/N, rounded to about 0.001 dB; then the higher elevation; then the lower index.
    Without `step` all are of one step.
    """
    level = rounded_c_n(np.asarray(from_db(c_n_db), np.float32))
    return np.lexsort(
        (satellite, -elevation_deg, -level, np.zeros(len(level), np.int64) if step is None else step)
    )


def first_of_each(step: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each step begins in a rising list of steps."""
    return np.flatnonzero(np.append(True, np.diff(step) > 0)[: len(step)])

"""Quantile of the figures of cells, weighted by area or people."""

import numpy as np
from numpy.typing import NDArray

_TOLERANCE = 1e-12  # of the weight: a share of 1 may exceed the sum by rounding


def weighted_quantile(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """Return the lowest value at or below which this share of the weight lies, 0 to 1."""
    lowest_first = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[lowest_first], dtype=np.float64)
    last = int(np.searchsorted(cumulative, share * cumulative[-1] * (1 - _TOLERANCE)))
    return float(values[lowest_first[min(last, len(values) - 1)]])

"""Sums over groups of an array."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def group_sums(group: NDArray[np.integer[Any]], values: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Return the sum of the values (N,) of each group, (groups,), exact below 2**53; group (N,): of each value."""
    return np.bincount(group, values, minlength=groups).astype(np.int64)

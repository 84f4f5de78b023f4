"""Conversion between power ratios and decibels."""

from typing import Any

import numpy as np


def to_db(ratio: Any) -> Any:
    """Return 10 log10 of a power ratio, same shape; minus infinity for zero."""
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(ratio)


def from_db(level_db: Any) -> Any:
    """Return the power ratio of a level in decibels, same shape."""
    return 10.0 ** (np.asarray(level_db) / 10.0)

"""Validity range check of the propagation models; values outside raise an error and are never clamped."""

from typing import Any

import numpy as np

from d2c.errors import ModelRangeError


def check_range(*, name: str, value: Any, low: float, high: float, unit: str, document: str) -> None:
    """Raise ModelRangeError unless every value is in `low` to `high`, both included.

    NaN passes: in arrays it marks a pair that does not exist, and the result is NaN there.
    """
    values = np.asarray(value, dtype=float)
    outside = (values < low) | (values > high)
    if outside.any():
        worst = values[outside].flat[0]
        raise ModelRangeError(
            f"{name} {worst:.10g} {unit} is outside the {low:g} to {high:g} {unit} that {document} covers"
        )

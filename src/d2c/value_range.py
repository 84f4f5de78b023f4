"""Evenly spaced numbers, such as the altitudes to try."""

import math

MOST_VALUES = 40


def value_range(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return the numbers from low to high inclusive, MOST_VALUES and two at most; the last step may be smaller."""
    count = min(math.ceil((high - low) / step - 1e-9), MOST_VALUES + 1)
    return (*(round(low + k * step, 12) for k in range(count)), high)

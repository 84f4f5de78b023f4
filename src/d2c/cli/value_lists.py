"""Lists of numbers on the command line: `10,20,30` or `10..90:10`."""

import math

from d2c.errors import ScenarioError

MAX_VALUES = 40


def parse_numbers(
    text: str,
    option: str,
    *,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    step: float | None = None,
) -> tuple[float, ...]:
    """Parse `A,B,C` or `LOW..HIGH:STEP`, in their order and each once; ScenarioError for anything else.

    `step` is that of `LOW..HIGH` without one, which is an error without it.
    """
    try:
        values = _numbers(text, step)
    except ValueError:
        values = ()
    if not values or not all(minimum <= v <= maximum for v in values) or len(values) > MAX_VALUES:
        limits = "" if math.isinf(minimum) else f" from {minimum:g} to {maximum:g}"
        raise ScenarioError(
            f"{option} {text}: write numbers{limits} as A,B,C or LOW..HIGH:STEP, at most {MAX_VALUES} of them"
        )
    return tuple(dict.fromkeys(values))


def value_range(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return the numbers from low to high inclusive; the last step may be smaller."""
    count = min(math.ceil((high - low) / step - 1e-9), MAX_VALUES + 1)
    return (*(round(low + k * step, 12) for k in range(count)), high)


def _numbers(text: str, step: float | None) -> tuple[float, ...]:
    if ".." not in text:
        return tuple(map(float, text.split(",")))
    span, _, given = text.partition(":")
    low, high = map(float, span.split(".."))
    step = float(given) if given else step
    return value_range(low, high, step) if step is not None and low <= high and step > 0 else ()

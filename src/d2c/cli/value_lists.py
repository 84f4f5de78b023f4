"""Lists of numbers on the command line: `10,20,30` or `10..90:10`."""

import math

from d2c.errors import ScenarioError
from d2c.value_range import MOST_VALUES, value_range


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
    if not values or not all(minimum <= v <= maximum for v in values) or len(values) > MOST_VALUES:
        limits = "" if math.isinf(minimum) else f" from {minimum:g} to {maximum:g}"
        raise ScenarioError(
            f"{option} {text}: write numbers{limits} as A,B,C or LOW..HIGH:STEP, at most {MOST_VALUES} of them"
        )
    return tuple(dict.fromkeys(values))


def _numbers(text: str, step: float | None) -> tuple[float, ...]:
    if ".." not in text:
        return tuple(map(float, text.split(",")))
    span, _, given = text.partition(":")
    low, high = map(float, span.split(".."))
    step = float(given) if given else step
    return value_range(low, high, step) if step is not None and low <= high and step > 0 else ()

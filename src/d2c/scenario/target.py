"""Coverage target for constellation sizing: a quantity, its bound, and the share of population or area to meet it."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from d2c.errors import ScenarioError, did_you_mean

Weight = Literal["population", "area"]

EXAMPLE = "availability >= 0.99 for 99% of population"
_NUMBER = r"(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"
_PATTERN = re.compile(rf"\s*(\w+)\s*([<>=!]+)\s*{_NUMBER}\s*(%?)\s+for\s+{_NUMBER}\s*%\s+of\s+(\w+)\s*")
# Quantities of a target, their result column, and the number of column units in one unit of the target.
_SHARES = {"availability": "availability", "within_15min": "within_15min"}
_TIMES = {
    "longest_gap_s": ("longest_gap_s", 1.0),
    "longest_gap_min": ("longest_gap_s", 60.0),
    "mean_wait_s": ("mean_wait_s", 1.0),
    "mean_wait_min": ("mean_wait_s", 60.0),
}
QUANTITIES = (*_SHARES, *_TIMES)


@dataclass(frozen=True, slots=True)
class Target:
    """Bound of a quantity for a share of the population or area: a minimum for shares, a maximum for times."""

    quantity: str
    bound: float
    share_percent: float
    of: Weight

    def __post_init__(self) -> None:
        """Raise ScenarioError for an unknown quantity or a bound or share that none or all could meet."""
        if self.quantity not in QUANTITIES:
            raise ScenarioError(
                f"target: unknown quantity '{self.quantity}'{did_you_mean(self.quantity, QUANTITIES)}"
            )
        if self.at_least and not 0 < self.bound <= 1:
            raise ScenarioError(
                f"target: {self.quantity} >= {self.bound:g} is not a share above 0 and up to 1; write 0.99 or 99%"
            )
        if not 0 < self.share_percent <= 100:
            raise ScenarioError(f"target: {self.share_percent:g}% is not above 0 and up to 100")
        if self.of not in get_args(Weight):
            raise ScenarioError(f"target: '% of {self.of}': write population or area")

    def __str__(self) -> str:
        """Return the target in the form that `parse_target` reads."""
        sign = ">=" if self.at_least else "<="
        return f"{self.quantity} {sign} {_shortest(self.bound)} for {_shortest(self.share_percent)}% of {self.of}"

    @property
    def at_least(self) -> bool:
        """Return whether the bound is a minimum."""
        return self.quantity in _SHARES

    @property
    def column(self) -> str:
        """Return the suffix of the result column with the quantity."""
        return self.quantity if self.at_least else _TIMES[self.quantity][0]

    @property
    def unit(self) -> float:
        """Return the number of column units in one unit of the target."""
        return 1.0 if self.at_least else _TIMES[self.quantity][1]

    def is_met_by(self, value: float) -> bool:
        """Return whether a value, in the unit of the target, meets it."""
        return value >= self.bound if self.at_least else value <= self.bound


def parse_target(text: str) -> Target:
    """Parse a line such as `availability >= 0.99 for 99% of population`; ScenarioError if it is invalid."""
    match = _PATTERN.fullmatch(text)
    if not match:
        raise ScenarioError(
            f"target '{text}': write QUANTITY >= VALUE for SHARE% of population or of area, such as '{EXAMPLE}'"
        )
    quantity, sign, number, percent, share, of = match.groups()
    if quantity in QUANTITIES:
        expected = ">=" if quantity in _SHARES else "<="
        if sign != expected:
            raise ScenarioError(f"target '{text}': {quantity} needs {expected}, not {sign}")
        if percent and quantity not in _SHARES:
            raise ScenarioError(f"target '{text}': {quantity} is a time; leave out the % after {number}")
    bound = float(number) / 100 if percent else float(number)
    return Target(quantity, bound, float(share), of)  # type: ignore[arg-type]  # checked by Target


def _shortest(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    return repr(int(number)) if number.is_integer() and number < 1e15 else repr(number)

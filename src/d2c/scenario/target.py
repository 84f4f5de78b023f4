"""The target of a constellation's size: a quantity, its bound, and for whom: read from one line, strictly."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from d2c.errors import ScenarioError, did_you_mean

Weight = Literal["population", "area"]

EXAMPLE = "availability >= 0.99 for 99% of population"
_NUMBER = r"(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"
_FORM = re.compile(rf"\s*(\w+)\s*([<>=!]+)\s*{_NUMBER}\s*(%?)\s+for\s+{_NUMBER}\s*%\s+of\s+(\w+)\s*")
# What a target may ask, the column of a result that has it, and how many of the column's units are one of its own.
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
    """A quantity that so many per cent of the people, or of the area, shall have at least, or a time at most."""

    quantity: str
    bound: float
    share_percent: float
    of: Weight

    def __post_init__(self) -> None:
        """Raise ScenarioError where nothing could meet it, or everything would."""
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
        """Return the target as `parse_target` reads it."""
        sign = ">=" if self.at_least else "<="
        return f"{self.quantity} {sign} {_plain(self.bound)} for {_plain(self.share_percent)}% of {self.of}"

    @property
    def at_least(self) -> bool:
        """Return whether more is better."""
        return self.quantity in _SHARES

    @property
    def column(self) -> str:
        """Return the ending of the column that has the quantity."""
        return self.quantity if self.at_least else _TIMES[self.quantity][0]

    @property
    def unit(self) -> float:
        """Return how many of the column's units make one of the target's."""
        return 1.0 if self.at_least else _TIMES[self.quantity][1]

    def is_met_by(self, value: float) -> bool:
        """Return whether a value in the target's own unit meets it."""
        return value >= self.bound if self.at_least else value <= self.bound


def parse_target(text: str) -> Target:
    """Return the target of a line such as `availability >= 0.99 for 99% of population`; ScenarioError otherwise."""
    match = _FORM.fullmatch(text)
    if not match:
        raise ScenarioError(
            f"target '{text}': write QUANTITY >= VALUE for SHARE% of population or of area, such as '{EXAMPLE}'"
        )
    quantity, sign, number, percent, share, of = match.groups()
    if quantity in QUANTITIES:
        wanted = ">=" if quantity in _SHARES else "<="
        if sign != wanted:
            raise ScenarioError(f"target '{text}': {quantity} goes with {wanted}, not with {sign}")
        if percent and quantity not in _SHARES:
            raise ScenarioError(f"target '{text}': {quantity} is a time; leave out the % after {number}")
    bound = float(number) / 100 if percent else float(number)
    return Target(quantity, bound, float(share), of)  # type: ignore[arg-type]  # checked by Target


def _plain(number: float) -> str:
    """Return the shortest text that gives the same number again."""
    return repr(int(number)) if number.is_integer() and number < 1e15 else repr(number)

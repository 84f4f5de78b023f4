"""What can go wrong because of what the user gave; anything else is a bug and keeps its traceback."""

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_NAMED = 30


class D2CError(Exception):
    """Bad input: one line that names the thing, its value, what is allowed and the way out."""


class ScenarioError(D2CError):
    """A scenario, a library entry or an override is wrong."""


class CatalogueError(D2CError):
    """An element file cannot be used, or nothing in it was selected."""


class RegionError(D2CError):
    """An area or a grid cannot be made."""


class ModelRangeError(D2CError):
    """A model was asked outside the range its document gives."""


class ResultError(D2CError):
    """A result cannot be written or read."""


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest allowed name, else the list of what is allowed."""
    allowed = sorted(allowed)
    near = get_close_matches(name.lower(), {a.lower(): a for a in allowed}, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{next(a for a in allowed if a.lower() == near[0])}'?"
    more = f" and {len(allowed) - _MOST_NAMED} more" if len(allowed) > _MOST_NAMED else ""
    return f"; there are: {', '.join(allowed[:_MOST_NAMED])}{more}"

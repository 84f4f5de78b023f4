"""Errors caused by user input; any other exception is a bug and keeps its traceback."""

from collections.abc import Iterable
from difflib import get_close_matches

from d2c.printable import printable

_MAX_LISTED = 30


class D2CError(Exception):
    """Invalid input: one line that names the item, its value, the allowed values and the remedy.

    All errors that d2c raises on purpose are of this class; any other is a bug.

    Examples
    --------
    >>> import d2c
    >>> try:
    ...     d2c.Site("Lampedussa")
    ... except d2c.D2CError as error:
    ...     print(error)
    unknown place 'Lampedussa'; did you mean 'Lampedusa'? latitude,longitude in degrees is also accepted, such as
    41.9,12.5
    """

    def __str__(self) -> str:
        """Return the message in one line, whatever the names in it hold."""
        return printable(super().__str__())


class ScenarioError(D2CError):
    """A scenario, a library entry or an override is invalid."""


class ArgumentError(ScenarioError):
    """An argument of a function is missing, out of range or excludes another; the message names it as the function."""


class CatalogueError(D2CError):
    """An element file is not usable, or no satellite of it is selected."""


class RegionError(D2CError):
    """An area or a grid cannot be built."""


class ModelRangeError(D2CError):
    """A model was evaluated outside the range of its document."""


class ResultError(D2CError):
    """What was given for a result is not one, or does not hold what is asked of it."""


class OtherResultError(ResultError):
    """A folder holds the result of another question."""


class OperationError(ResultError):
    """The disk, another process or the network stands in the way."""


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest allowed name, else the list of allowed names."""
    allowed = sorted(allowed)
    nearest = get_close_matches(name.lower(), {a.lower(): a for a in allowed}, n=1, cutoff=0.6)
    if nearest:
        return f"; did you mean '{next(a for a in allowed if a.lower() == nearest[0])}'?"
    more = f" and {len(allowed) - _MAX_LISTED} more" if len(allowed) > _MAX_LISTED else ""
    return f"; there are: {', '.join(allowed[:_MAX_LISTED])}{more}"

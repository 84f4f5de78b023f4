"""Notices to the user: warnings of doubtful input go through `warnings`, detail goes through `logging`."""

import logging
import sys
import warnings

log = logging.getLogger("d2c")


class D2CWarning(UserWarning):
    """Input that is used although something about it is doubtful, such as old elements or assumed figures.

    Examples
    --------
    >>> import warnings
    >>> import d2c
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", d2c.D2CWarning)
    ...     site = d2c.Site("Tripoli")
    >>> str(caught[0].message)
    "'Tripoli' is taken as Tripoli, Libya, 1,302,947 inhabitants; there is also Tripoli, Lebanon, ..."
    """


def warn(text: str) -> None:
    """Warn of doubtful input, at the line of the user that called d2c."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "d2c":
        level, frame = level + 1, frame.f_back
    warnings.warn(text, D2CWarning, stacklevel=level)

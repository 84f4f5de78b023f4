"""Satellite lookup by name or NORAD number."""

from difflib import get_close_matches

import numpy as np

from d2c.errors import CatalogueError
from d2c.orbit.constellation import Constellation

_LISTED = 3
_MOST_DIGITS = 18  # of a number that an array can hold


def find_satellite(constellation: Constellation, name_or_id: str) -> int:
    """Return the index of the satellite with this NORAD number, this name, or the only name that contains it.

    Case is ignored. CatalogueError for no match, with the nearest name, and for several.
    """
    query = name_or_id.strip().upper()
    numbered: list[int] = []
    if query.isascii() and query.isdigit() and len(query) <= _MOST_DIGITS:
        numbered = np.flatnonzero(constellation.norad_id == int(query)).tolist()
    names = [name.upper() for name in constellation.name]
    exact = [i for i, name in enumerate(names) if name == query]
    matches = numbered or exact or [i for i, name in enumerate(names) if query and query in name]
    if len(matches) == 1:
        return matches[0]
    label = f"satellite '{name_or_id}'"
    if not matches:
        (near,) = get_close_matches(query, names, n=1, cutoff=0.0)
        name = constellation.name[names.index(near)]
        raise CatalogueError(
            f"{label}: none of the {len(constellation)} in {constellation.source} has this name or NORAD number;"
            f" the nearest name is '{name}'"
        )
    listed = ", ".join(f"'{constellation.name[i]}' ({constellation.norad_id[i]})" for i in matches[:_LISTED])
    more = ", ..." if len(matches) > _LISTED else ""
    what, way_out = (
        ("have this number", "a name")
        if numbered
        else ("contain this in their names", "the whole name or the NORAD number")
    )
    raise CatalogueError(
        f"{label}: {len(matches)} satellites of {constellation.source} {what} ({listed}{more}); write {way_out}"
    )

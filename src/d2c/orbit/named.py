"""One satellite of a constellation by its name or number."""

from difflib import get_close_matches

import numpy as np

from d2c.errors import CatalogueError
from d2c.orbit.constellation import Constellation

_TOLD = 3


def find_satellite(constellation: Constellation, name_or_id: str) -> int:
    """Return the index of the satellite with this NORAD number, this name, or alone with this in its name.

    Upper and lower case are the same. CatalogueError for none, with the nearest name, and for several.
    """
    wanted = name_or_id.strip().upper()
    if wanted.isascii() and wanted.isdigit():
        numbered = np.flatnonzero(constellation.norad_id == int(wanted))
        if len(numbered):
            return int(numbered[0])
    names = [name.upper() for name in constellation.name]
    exact = [i for i, name in enumerate(names) if name == wanted]
    found = exact or [i for i, name in enumerate(names) if wanted and wanted in name]
    if len(found) == 1:
        return found[0]
    what = f"satellite '{name_or_id}'"
    if not found:
        (near,) = get_close_matches(wanted, names, n=1, cutoff=0.0)
        name = constellation.name[names.index(near)]
        raise CatalogueError(
            f"{what}: none of the {len(constellation)} in {constellation.source} has this name or NORAD number;"
            f" the nearest name is '{name}'"
        )
    told = ", ".join(f"'{constellation.name[i]}' ({constellation.norad_id[i]})" for i in found[:_TOLD])
    more = ", ..." if len(found) > _TOLD else ""
    raise CatalogueError(
        f"{what}: {len(found)} satellites of {constellation.source} have this in their names ({told}{more});"
        " write the whole name or the NORAD number"
    )

"""Some satellites of a constellation, by name, number, inclination and altitude."""

import re

import numpy as np
from numpy.typing import NDArray

from d2c.errors import CatalogueError, ScenarioError
from d2c.orbit.constellation import Constellation, shells

# CelesTrak's names of direct-to-cell Starlinks, and those of tles/starlink-d2c-*.tle.
_D2C_NAME = re.compile(r"STARLINK-\d+ \[DTC\]|D2C \d\d-\d\d/\d\d NOMINAL$")
_SHELLS_TOLD = 6
_NAMES_TOLD = 3


def select(
    constellation: Constellation,
    *,
    name: str | None = None,
    norad_id: tuple[int, ...] = (),
    inclination_deg: tuple[float, float] | None = None,
    altitude_km: tuple[float, float] | None = None,
    only_d2c: bool = False,
) -> Constellation:
    """Return the satellites that meet every given condition, in their order.

    `name` is a regular expression found anywhere in the name, upper or lower case; the ranges are lowest and
    highest value, both included, the altitude being the mean one. ScenarioError when a condition is itself
    wrong, CatalogueError when no satellite meets them.
    """
    pattern = _compiled(name)
    inclination_deg = _checked_range("inclination_deg", inclination_deg)
    altitude_km = _checked_range("altitude_km", altitude_km)
    keep = np.ones(len(constellation), dtype=bool)
    asked = []
    if pattern is not None:
        keep &= np.array([bool(pattern.search(n)) for n in constellation.name])
        asked.append(f"name '{name}'")
    if norad_id:
        keep &= np.isin(constellation.norad_id, norad_id)
        asked.append(f"norad_id {', '.join(map(str, norad_id))}")
    if inclination_deg is not None:
        keep &= _within(constellation.inclination_deg, inclination_deg)
        asked.append(f"inclination {inclination_deg[0]:g} to {inclination_deg[1]:g} deg")
    if altitude_km is not None:
        keep &= _within(constellation.altitude_km, altitude_km)
        asked.append(f"altitude {altitude_km[0]:g} to {altitude_km[1]:g} km")
    if only_d2c:
        keep &= np.array([is_d2c(n) for n in constellation.name])
        asked.append("only_d2c")
    if not keep.any():
        raise CatalogueError(
            f"{constellation.source}: no satellite meets {' and '.join(asked)}; it holds"
            f" {_content(constellation)}; widen the selection or take another file"
        )
    return constellation.take(np.flatnonzero(keep))


def is_d2c(name: str) -> bool:
    """Return whether a satellite is known by its name to serve handsets directly."""
    return bool(_D2C_NAME.match(name))


def _compiled(name: str | None) -> re.Pattern[str] | None:
    try:
        return None if name is None else re.compile(name, re.IGNORECASE)
    except re.error as error:
        raise ScenarioError(
            f"select name = '{name}' is no regular expression: {error}; write \\[ \\( \\+ for the signs [ ( +"
        ) from None


def _checked_range(key: str, limits: tuple[float, float] | None) -> tuple[float, float] | None:
    if limits is not None and not limits[0] <= limits[1]:
        raise ScenarioError(f"select {key} = {list(limits)}: give the lowest value first, then the highest")
    return limits


def _within(values: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])


def _content(constellation: Constellation) -> str:
    count = len(constellation)
    found = shells(constellation)
    told = "; ".join(str(shell) for shell in found[:_SHELLS_TOLD])
    more = f"; {len(found) - _SHELLS_TOLD} more shells" if len(found) > _SHELLS_TOLD else ""
    # Names from over the whole file, not three neighbours.
    chosen = np.unique(np.linspace(0, count - 1, _NAMES_TOLD).astype(int))
    names = ", ".join(f"'{constellation.name[i]}'" for i in chosen)
    return f"{count} satellite{'s' if count > 1 else ''} ({told}{more}), named like {names}"

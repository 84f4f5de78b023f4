"""Satellite selection by name, NORAD number, inclination and altitude."""

import re

import numpy as np
from numpy.typing import NDArray

from d2c.errors import CatalogueError, ScenarioError
from d2c.orbit.constellation import Constellation, shells

# Names of direct-to-cell Starlinks in CelesTrak's catalogue and in tles/starlink-d2c-*.tle.
_D2C_NAME = re.compile(r"STARLINK-\d+ \[DTC\]|D2C \d\d-\d\d/\d\d NOMINAL$")
_SHELLS_LISTED = 6
_NAMES_LISTED = 3


def select(
    constellation: Constellation,
    *,
    name: str | None = None,
    norad_id: tuple[int, ...] = (),
    inclination_deg: tuple[float, float] | None = None,
    altitude_km: tuple[float, float] | None = None,
    only_d2c: bool = False,
) -> Constellation:
    """Select the satellites that meet every given condition, in their order.

    Conditions and errors are those of `meets`.
    """
    keep = meets(
        constellation,
        name=name,
        norad_id=norad_id,
        inclination_deg=inclination_deg,
        altitude_km=altitude_km,
        only_d2c=only_d2c,
    )
    return constellation.take(np.flatnonzero(keep))


def meets(
    constellation: Constellation,
    *,
    name: str | None = None,
    norad_id: tuple[int, ...] = (),
    inclination_deg: tuple[float, float] | None = None,
    altitude_km: tuple[float, float] | None = None,
    only_d2c: bool = False,
) -> NDArray[np.bool_]:
    """Return which satellites (S,) meet every given condition.

    `name` is a regular expression matched anywhere in the name, ignoring case; the ranges are lowest and highest
    value, both included; the altitude is the mean one. ScenarioError for an invalid condition, CatalogueError if
    no satellite meets them.
    """
    pattern = _compile_name(name)
    inclination_deg = _checked_range("inclination_deg", inclination_deg)
    altitude_km = _checked_range("altitude_km", altitude_km)
    keep = np.ones(len(constellation), dtype=bool)
    conditions = []
    if pattern is not None:
        keep &= np.array([bool(pattern.search(n)) for n in constellation.name])
        conditions.append(f"name '{name}'")
    if norad_id:
        keep &= np.isin(constellation.norad_id, norad_id)
        conditions.append(f"norad_id {', '.join(map(str, norad_id))}")
    if inclination_deg is not None:
        keep &= _within(constellation.inclination_deg, inclination_deg)
        conditions.append(f"inclination {inclination_deg[0]:g} to {inclination_deg[1]:g} deg")
    if altitude_km is not None:
        keep &= _within(constellation.altitude_km, altitude_km)
        conditions.append(f"altitude {altitude_km[0]:g} to {altitude_km[1]:g} km")
    if only_d2c:
        keep &= np.array([is_d2c(n) for n in constellation.name])
        conditions.append("only_d2c")
    if not keep.any():
        raise CatalogueError(
            f"{constellation.source}: no satellite meets {' and '.join(conditions)}; it holds"
            f" {_describe_constellation(constellation)}; widen the selection or use another file"
        )
    return keep


def is_d2c(name: str) -> bool:
    """Return whether the name identifies a direct-to-cell satellite."""
    return bool(_D2C_NAME.match(name))


def _compile_name(name: str | None) -> re.Pattern[str] | None:
    try:
        return None if name is None else re.compile(name, re.IGNORECASE)
    except re.error as error:
        raise ScenarioError(
            f"select name = '{name}' is not a regular expression: {error}; write \\[ \\( \\+ for the characters [ ( +"
        ) from None


def _checked_range(key: str, limits: tuple[float, float] | None) -> tuple[float, float] | None:
    if limits is not None and not limits[0] <= limits[1]:
        raise ScenarioError(f"select {key} = {list(limits)}: give the lowest value first, then the highest")
    return limits


def _within(values: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])


def _describe_constellation(constellation: Constellation) -> str:
    count = len(constellation)
    all_shells = shells(constellation)
    listed = "; ".join(str(shell) for shell in all_shells[:_SHELLS_LISTED])
    more = f"; {len(all_shells) - _SHELLS_LISTED} more shells" if len(all_shells) > _SHELLS_LISTED else ""
    # Names from across the whole file, not three neighbours.
    sampled = np.unique(np.linspace(0, count - 1, _NAMES_LISTED).astype(int))
    names = ", ".join(f"'{constellation.name[i]}'" for i in sampled)
    return f"{count} satellite{'s' if count > 1 else ''} ({listed}{more}), named like {names}"

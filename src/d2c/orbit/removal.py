"""Failure cases of a constellation: remove some of its orbital planes or satellites.

A seed selects them, and removals are nested: for one seed, the planes removed with 3 are those removed with 2 and one
more. So the remaining satellites never serve a cell that a smaller removal would leave unserved.
"""

import hashlib
import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from d2c.errors import ScenarioError
from d2c.orbit.constellation import Constellation

_REMOVAL = re.compile(r"(planes|satellites)\s*=\s*(\d+(?:\.\d+)?)\s*(%?)")
_WALKER_NAME = re.compile(r"(WALKER .+ P\d+)S\d+")
# Tuned on Starlink, Iridium and OneWeb of 2026-08-22: their planes are 7 deg or more apart, satellites of one plane
# lie within 0.5 deg, and planes of a shell differ by up to 4 km in altitude.
_NODE_GAP_DEG = 1.0
_ALTITUDE_GAP_KM = 10.0


def remove_satellites(
    constellation: Constellation, removal: str, *, seed: int = 0
) -> tuple[Constellation, NDArray[np.bool_]]:
    """Return the constellation after a removal such as `planes=2`, `satellites=64` or `10%`, and which (S,) remain.

    ScenarioError for any other text, for a fraction of a satellite or plane, and if none would remain.
    """
    match = _REMOVAL.fullmatch(removal.strip())
    if not match or (match[1] == "planes" and match[3]):
        raise ScenarioError(f"lose = '{removal}': write planes=2, satellites=64 or satellites=10%")
    unit, number, percent = match[1], float(match[2]), match[3]
    group = orbital_planes(constellation) if unit == "planes" else np.arange(len(constellation))
    groups = int(group.max()) + 1
    count = round(groups * number / 100) if percent else number
    if count % 1 or not 0 <= count < groups:
        raise ScenarioError(
            f"lose = '{removal}': {constellation.source} has {groups} {unit}; "
            f"whole numbers from 0 to {groups - 1} are allowed"
        )
    rank = [_rank(constellation.norad_id[group == g], seed) for g in range(groups)]
    removed = sorted(range(groups), key=rank.__getitem__)[: int(count)]
    keep = ~np.isin(group, removed)
    remaining = constellation.take(np.flatnonzero(keep))
    removed_count = len(constellation) - len(remaining)
    description = f"{removed_count:,} of {groups:,} satellites (seed {seed})"
    if unit == "planes":
        description = f"{int(count)} of {groups} planes ({removed_count:,} satellites; seed {seed})"
    return replace(remaining, source=f"{constellation.source} without {description}"), keep


def orbital_planes(constellation: Constellation) -> NDArray[np.intp]:
    """Return the orbital plane (S,) of each satellite, numbered from 0.

    Names of Walker satellites give their plane. Other satellites share a plane when their inclinations round to the
    same degree and no gap of 10 km in mean altitude nor of 1 deg in ascending node, at one instant, separates them.
    """
    walker_names = [_WALKER_NAME.fullmatch(name) for name in constellation.name]
    altitude_km = constellation.altitude_km
    if all(walker_names):
        plane_names = [
            (name[1], round(km, 3)) for name, km in zip(walker_names, altitude_km, strict=True) if name
        ]
        return np.unique([f"{km:012.3f} {title}" for title, km in plane_names], return_inverse=True)[1]
    node_deg = _node_deg(constellation)
    plane = np.zeros(len(constellation), dtype=np.intp)
    planes = 0
    for degree in np.unique(np.rint(constellation.inclination_deg)):
        same_inclination = np.flatnonzero(np.rint(constellation.inclination_deg) == degree)
        for layer in _split_at_gaps(same_inclination, altitude_km[same_inclination], _ALTITUDE_GAP_KM):
            for members in _split_by_node(layer, node_deg[layer]):
                plane[members] = planes
                planes += 1
    return plane


def _node_deg(constellation: Constellation) -> NDArray[np.float64]:
    """Return the right ascensions (S,) of the ascending nodes at the newest epoch, 0 to 360 deg."""
    minutes = (constellation.epoch_utc.max() - constellation.epoch_utc) / np.timedelta64(1, "m")
    node = np.array([record.nodeo for record in constellation.records])
    drift_per_min = np.array([record.nodedot for record in constellation.records])
    at_epoch_deg: NDArray[np.float64] = np.degrees(node + drift_per_min * minutes) % 360
    return at_epoch_deg


def _split_at_gaps(
    members: NDArray[np.intp], value: NDArray[np.float64], gap: float
) -> list[NDArray[np.intp]]:
    """Sort the members by value and split them wherever two neighbours differ by more than the gap."""
    order = np.argsort(value, kind="stable")
    return np.split(members[order], np.flatnonzero(np.diff(value[order]) > gap) + 1)


def _split_by_node(members: NDArray[np.intp], node_deg: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Split the members at gaps between their ascending nodes on the circle, where 359 and 0 deg are neighbours."""
    parts = _split_at_gaps(members, node_deg, _NODE_GAP_DEG)
    if len(parts) > 1 and node_deg.min() + 360 - node_deg.max() <= _NODE_GAP_DEG:
        parts[0] = np.concatenate([parts.pop(), parts[0]])
    return parts


def _rank(norad_id: NDArray[np.int64], seed: int) -> bytes:
    """Return the sort key of a plane or satellite in the order of removal: the same on every machine."""
    return hashlib.sha256(f"{seed} {norad_id.min()}".encode()).digest()

"""What if satellites were lost: a constellation without some of its planes or satellites.

Which ones is settled by a seed, and losses are nested: of one seed, those lost with 3 planes are those lost with 2
and one more. So what is left serves no cell that more satellites would not serve too.
"""

import hashlib
import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from d2c.errors import ScenarioError
from d2c.orbit.constellation import Constellation

_LOSS = re.compile(r"(planes|satellites)\s*=\s*(\d+(?:\.\d+)?)\s*(%?)")
_WALKER_NAME = re.compile(r"(WALKER .+ P\d+)S\d+")
# Chosen on the Starlinks, Iridiums and OneWebs of 2026-08-22: their planes lie 7 deg and more apart, those of one
# plane within 0.5 deg, and planes of a shell differ by up to 4 km in altitude.
_NODE_GAP_DEG = 1.0
_ALTITUDE_GAP_KM = 10.0


def remove_satellites(constellation: Constellation, what: str, *, seed: int = 0) -> Constellation:
    """Return what is left after a loss such as `planes=2`, `satellites=64` or `satellites=10%`.

    ScenarioError for another text, for a part of a satellite or plane, and when none would be left.
    """
    match = _LOSS.fullmatch(what.strip())
    if not match or (match[1] == "planes" and match[3]):
        raise ScenarioError(f"lose = '{what}': write planes=2, satellites=64 or satellites=10%")
    unit, number, percent = match[1], float(match[2]), match[3]
    group = planes(constellation) if unit == "planes" else np.arange(len(constellation))
    groups = int(group.max()) + 1
    count = round(groups * number / 100) if percent else number
    if count % 1 or not 0 <= count < groups:
        raise ScenarioError(
            f"lose = '{what}': {constellation.source} has {groups} {unit}; "
            f"whole numbers from 0 to {groups - 1} can be lost"
        )
    rank = [_rank(constellation.norad_id[group == g], seed) for g in range(groups)]
    lost = sorted(range(groups), key=rank.__getitem__)[: int(count)]
    left = constellation.take(np.flatnonzero(~np.isin(group, lost)))
    gone = len(constellation) - len(left)
    told = f"{gone:,} of {groups:,} satellites (seed {seed})"
    if unit == "planes":
        told = f"{int(count)} of {groups} planes ({gone:,} satellites; seed {seed})"
    return replace(left, source=f"{constellation.source} without {told}")


def planes(constellation: Constellation) -> NDArray[np.intp]:
    """Return the plane (S,) of each satellite, numbered from 0.

    Walker shells know their planes. Other satellites share a plane when their inclinations round to the same degree,
    and no gap of 10 km parts their mean altitudes, and none of 1 deg their ascending nodes, taken at one instant.
    """
    made = [_WALKER_NAME.fullmatch(name) for name in constellation.name]
    altitude_km = constellation.altitude_km
    if all(made):
        known = [(name[1], round(km, 3)) for name, km in zip(made, altitude_km, strict=True) if name]
        return np.unique([f"{km:012.3f} {title}" for title, km in known], return_inverse=True)[1]
    node_deg = _node_deg(constellation)
    plane = np.zeros(len(constellation), dtype=np.intp)
    found = 0
    for degree in np.unique(np.rint(constellation.inclination_deg)):
        alike = np.flatnonzero(np.rint(constellation.inclination_deg) == degree)
        for layer in _parted(alike, altitude_km[alike], _ALTITUDE_GAP_KM):
            for members in _around(layer, node_deg[layer]):
                plane[members] = found
                found += 1
    return plane


def _node_deg(constellation: Constellation) -> NDArray[np.float64]:
    """Return the right ascensions (S,) of the ascending nodes at the newest epoch, 0 to 360 deg."""
    minutes = (constellation.epoch_utc.max() - constellation.epoch_utc) / np.timedelta64(1, "m")
    node = np.array([record.nodeo for record in constellation.records])
    drift_per_min = np.array([record.nodedot for record in constellation.records])
    at_epoch_deg: NDArray[np.float64] = np.degrees(node + drift_per_min * minutes) % 360
    return at_epoch_deg


def _parted(members: NDArray[np.intp], value: NDArray[np.float64], gap: float) -> list[NDArray[np.intp]]:
    """Return the members in rising order of value, parted wherever two neighbours are a gap apart."""
    order = np.argsort(value, kind="stable")
    return np.split(members[order], np.flatnonzero(np.diff(value[order]) > gap) + 1)


def _around(members: NDArray[np.intp], node_deg: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Return the members parted by their nodes on the circle, where 359 and 0 deg are neighbours."""
    parts = _parted(members, node_deg, _NODE_GAP_DEG)
    if len(parts) > 1 and node_deg.min() + 360 - node_deg.max() <= _NODE_GAP_DEG:
        parts[0] = np.concatenate([parts.pop(), parts[0]])
    return parts


def _rank(norad_id: NDArray[np.int64], seed: int) -> bytes:
    """Return where a plane or satellite stands in the order of loss: the same on every machine."""
    return hashlib.sha256(f"{seed} {norad_id.min()}".encode()).digest()

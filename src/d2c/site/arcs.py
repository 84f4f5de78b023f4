"""The parts of satellites' paths above the elevation mask of a place, to the microsecond.

SGP4 gives states every 30 s, and a cubic of position and velocity lies between two of them (0.05 m off for
satellites at 360 km). What lies between two states is cut where the elevation turns, so that it crosses the mask
at most once in each piece: halving the piece finds where, however low or short the pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.orbit.constellation import Constellation
from d2c.orbit.ephemeris import propagate
from d2c.site.site import Site

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_KNOT_US = 30_000_000
_STATES_AT_ONCE = 500_000  # 24 MB of positions and velocities


@dataclass(frozen=True, eq=False, slots=True)
class Cubics:
    """N stretches between two states of a satellite; times in microseconds since the start of the span.

    `position_m` and `velocity_m_s` (N, 2, 3) are the Earth-fixed states at `first_us` and `last_us` (N,).
    """

    satellite: Ints
    first_us: Ints
    last_us: Ints
    position_m: Floats
    velocity_m_s: Floats

    def take(self, index: Ints) -> "Cubics":
        """Return the stretches at these indices."""
        return Cubics(
            self.satellite[index],
            self.first_us[index],
            self.last_us[index],
            self.position_m[index],
            self.velocity_m_s[index],
        )

    def states(self, at_us: Ints) -> tuple[Floats, Floats]:
        """Return position in m and velocity in m/s, both (N, 3), of each stretch at its instant (N,)."""
        length_us = self.last_us - self.first_us
        length_s, u = (length_us / 1e6)[:, None], ((at_us - self.first_us) / length_us)[:, None]
        (p0, p1), (v0, v1) = np.moveaxis(self.position_m, 1, 0), np.moveaxis(self.velocity_m_s, 1, 0)
        at_ends = (1 + 2 * u) * (1 - u) ** 2 * p0 + u**2 * (3 - 2 * u) * p1
        position_m = at_ends + length_s * (u * (1 - u) ** 2 * v0 + u**2 * (u - 1) * v1)
        chord_m_s = (p1 - p0) / length_s
        velocity_m_s = 6 * u * (1 - u) * chord_m_s + (1 - u) * (1 - 3 * u) * v0 + u * (3 * u - 2) * v1
        return position_m, velocity_m_s


@dataclass(frozen=True, eq=False, slots=True)
class Arcs:
    """N pieces of paths above the mask, each rising or falling all the way; by satellite, then by time.

    Piece n is that of `cubics` from `begin_us` to `end_us` (N,), both above. `rises`: the satellite comes over the
    mask at the beginning; `sets`: it goes below it after the end; `culminates`: it turns to falling at the end.
    """

    cubics: Cubics
    begin_us: Ints
    end_us: Ints
    rises: Flags
    sets: Flags
    culminates: Flags


def arcs_above(
    constellation: Constellation, site: Site, *, start: np.datetime64, span_us: int, mask_deg: float
) -> Arcs:
    """Return all pieces of paths above the mask within the span, both ends included.

    Without a state (decay, see `Ephemeris`) a satellite is not in view, and does not come back.
    """
    lost = np.zeros(len(constellation), bool)
    parts = []
    for knots_us in _knots(span_us, satellites=len(constellation)):
        states = propagate(constellation, start + knots_us.astype("timedelta64[us]"))
        gone = np.logical_or.accumulate(np.isnan(states.position_m[:, :, 0]) | lost)
        lost = gone[-1]
        position_m = np.where(gone[:, :, None], np.nan, states.position_m)
        parts.append(_worth_a_look(knots_us, position_m, states.velocity_m_s, site, mask_deg))
    return _cut(_joined(parts), site, mask_deg)


def first_change_us(holds: Callable[[Ints], Flags], low_us: Ints, high_us: Ints) -> Ints:
    """Return the first instants (N,) at which `holds` is not as it is at `low_us`, as it is not at `high_us`."""
    before = holds(low_us)
    while len(low_us) and np.max(high_us - low_us) > 1:
        middle_us = (low_us + high_us) // 2
        same = holds(middle_us) == before
        low_us, high_us = np.where(same, middle_us, low_us), np.where(same, high_us, middle_us)
    return high_us


def _knots(span_us: int, *, satellites: int) -> Iterator[Ints]:
    """Yield the instants of states, in groups that share their ends."""
    knots_us = np.append(np.arange(0, span_us, _KNOT_US, dtype=np.int64), span_us)
    length = max(1, _STATES_AT_ONCE // max(satellites, 1))
    for first in range(0, len(knots_us) - 1, length):
        yield knots_us[first : first + length + 1]


def _worth_a_look(
    knots_us: Ints, position_m: Floats, velocity_m_s: Floats, site: Site, mask_deg: float
) -> Cubics:
    """Return the stretches between states (K, S, 3) that are above the mask at an end, or culminate within."""
    elevation_deg = site.look(position_m).elevation_deg
    climbs = site.climbs(position_m, velocity_m_s)
    above, known = elevation_deg >= mask_deg, ~np.isnan(elevation_deg)
    wanted = above[:-1] | above[1:] | (climbs[:-1] & ~climbs[1:])
    k, satellite = np.nonzero(wanted & known[:-1] & known[1:])
    ends = (np.stack([k, k + 1], axis=1), satellite[:, None])
    return Cubics(satellite, knots_us[k], knots_us[k + 1], position_m[ends], velocity_m_s[ends])


def _joined(parts: list[Cubics]) -> Cubics:
    return Cubics(
        np.concatenate([part.satellite for part in parts]),
        np.concatenate([part.first_us for part in parts]),
        np.concatenate([part.last_us for part in parts]),
        np.concatenate([part.position_m for part in parts]),
        np.concatenate([part.velocity_m_s for part in parts]),
    )


def _cut(cubics: Cubics, site: Site, mask_deg: float) -> Arcs:
    """Return the pieces of the stretches above the mask."""
    pieces, begin_us, end_us, culminates = _between_turns(cubics, site)

    def above(rows: Cubics, at_us: Ints) -> Flags:
        return np.asarray(site.look(rows.states(at_us)[0]).elevation_deg >= mask_deg)

    above_begin, above_end = above(pieces, begin_us), above(pieces, end_us)
    crossing = np.flatnonzero(above_begin != above_end)
    crossed, crosses_us = pieces.take(crossing), begin_us.copy()
    crosses_us[crossing] = first_change_us(
        lambda at_us: above(crossed, at_us), begin_us[crossing], end_us[crossing]
    )
    rises, sets = above_end & ~above_begin, above_begin & ~above_end
    begin_us = np.where(rises, crosses_us, begin_us)
    end_us = np.where(sets, crosses_us - 1, end_us)  # the last microsecond above
    kept = np.flatnonzero(above_begin | above_end)
    kept = kept[np.lexsort((end_us[kept], begin_us[kept], pieces.satellite[kept]))]
    culminates &= above_end
    return Arcs(pieces.take(kept), begin_us[kept], end_us[kept], rises[kept], sets[kept], culminates[kept])


def _between_turns(cubics: Cubics, site: Site) -> tuple[Cubics, Ints, Ints, Flags]:
    """Return pieces in which the elevation does not turn: stretches, beginnings, ends, and culminations at these."""
    climbs_first = site.climbs(cubics.position_m[:, 0], cubics.velocity_m_s[:, 0])
    climbs_last = site.climbs(cubics.position_m[:, 1], cubics.velocity_m_s[:, 1])
    turning = np.flatnonzero(climbs_first != climbs_last)
    turned, turn_us = cubics.take(turning), cubics.last_us.copy()
    turn_us[turning] = first_change_us(
        lambda at_us: site.climbs(*turned.states(at_us)), turned.first_us, turned.last_us
    )
    after = np.flatnonzero(turn_us < cubics.last_us)
    index = np.concatenate([np.arange(len(turn_us)), after])
    culminates = np.concatenate([climbs_first & ~climbs_last, np.zeros(len(after), bool)])
    begin_us = np.concatenate([cubics.first_us, turn_us[after]])
    end_us = np.concatenate([turn_us, cubics.last_us[after]])
    return cubics.take(index), begin_us, end_us, culminates

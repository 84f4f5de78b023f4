"""Arcs of satellite trajectories above the elevation mask of a site, with rise and set times to the microsecond.

SGP4 gives states every 30 s, with cubic Hermite interpolation between them (error 0.05 m for satellites at 360 km).
Each segment is split where the elevation has an extremum, so that it crosses the mask at most once in each piece;
bisection finds the crossing, however low or short the pass.
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
    """N cubic segments between two states of a satellite; times in microseconds since the start of the span.

    `position_m` and `velocity_m_s` (N, 2, 3) are the Earth-fixed states at `first_us` and `last_us` (N,).
    """

    satellite: Ints
    first_us: Ints
    last_us: Ints
    position_m: Floats
    velocity_m_s: Floats

    def take(self, index: Ints) -> "Cubics":
        """Return the segments at these indices."""
        return Cubics(
            self.satellite[index],
            self.first_us[index],
            self.last_us[index],
            self.position_m[index],
            self.velocity_m_s[index],
        )

    def states(self, at_us: Ints) -> tuple[Floats, Floats]:
        """Return position in m and velocity in m/s, both (N, 3), of each segment at its instant (N,)."""
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
    """N pieces of trajectories above the mask with monotonic elevation; by satellite, then by time.

    Piece n is segment n of `cubics` from `begin_us` to `end_us` (N,), both above the mask. `rises`: the satellite
    crosses the mask upwards at the beginning; `sets`: downwards after the end; `culminates`: the elevation has its
    maximum at the end.
    """

    cubics: Cubics
    begin_us: Ints
    end_us: Ints
    rises: Flags
    sets: Flags
    culminates: Flags


def arcs_above_mask(
    constellation: Constellation, site: Site, *, start: np.datetime64, span_us: int, mask_deg: float
) -> Arcs:
    """Return all arcs above the mask within the span, both ends included.

    A satellite without a state (decay, see `Ephemeris`) is not in view from then on.
    """
    decayed = np.zeros(len(constellation), bool)
    parts = []
    for knots_us in _knots(span_us, satellites=len(constellation)):
        states = propagate(constellation, start + knots_us.astype("timedelta64[us]"))
        without_state = np.logical_or.accumulate(np.isnan(states.position_m[:, :, 0]) | decayed)
        decayed = without_state[-1]
        position_m = np.where(without_state[:, :, None], np.nan, states.position_m)
        parts.append(_candidate_segments(knots_us, position_m, states.velocity_m_s, site, mask_deg))
    return _split_at_mask(_concatenate(parts), site, mask_deg)


def first_change_us(holds: Callable[[Ints], Flags], low_us: Ints, high_us: Ints) -> Ints:
    """Return the first instants (N,) at which `holds` differs from its value at `low_us`; at `high_us` it must."""
    before = holds(low_us)
    while len(low_us) and np.max(high_us - low_us) > 1:
        middle_us = (low_us + high_us) // 2
        same = holds(middle_us) == before
        low_us, high_us = np.where(same, middle_us, low_us), np.where(same, high_us, middle_us)
    return high_us


def _knots(span_us: int, *, satellites: int) -> Iterator[Ints]:
    """Yield the instants of states in groups; consecutive groups share an instant."""
    knots_us = np.append(np.arange(0, span_us, _KNOT_US, dtype=np.int64), span_us)
    length = max(1, _STATES_AT_ONCE // max(satellites, 1))
    for first in range(0, len(knots_us) - 1, length):
        yield knots_us[first : first + length + 1]


def _candidate_segments(
    knots_us: Ints, position_m: Floats, velocity_m_s: Floats, site: Site, mask_deg: float
) -> Cubics:
    """Return the segments between states (K, S, 3) that are above the mask at an end, or culminate within."""
    elevation_deg = site.look(position_m).elevation_deg
    climbs = site.climbs(position_m, velocity_m_s)
    above, known = elevation_deg >= mask_deg, ~np.isnan(elevation_deg)
    candidate = above[:-1] | above[1:] | (climbs[:-1] & ~climbs[1:])
    k, satellite = np.nonzero(candidate & known[:-1] & known[1:])
    ends = (np.stack([k, k + 1], axis=1), satellite[:, None])
    return Cubics(satellite, knots_us[k], knots_us[k + 1], position_m[ends], velocity_m_s[ends])


def _concatenate(parts: list[Cubics]) -> Cubics:
    return Cubics(
        np.concatenate([part.satellite for part in parts]),
        np.concatenate([part.first_us for part in parts]),
        np.concatenate([part.last_us for part in parts]),
        np.concatenate([part.position_m for part in parts]),
        np.concatenate([part.velocity_m_s for part in parts]),
    )


def _split_at_mask(cubics: Cubics, site: Site, mask_deg: float) -> Arcs:
    """Return the pieces of segments above the mask."""
    pieces, begin_us, end_us, culminates = _split_at_extrema(cubics, site)

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


def _split_at_extrema(cubics: Cubics, site: Site) -> tuple[Cubics, Ints, Ints, Flags]:
    """Return pieces with monotonic elevation: segments, beginnings, ends, and whether they culminate at the end."""
    climbs_first = site.climbs(cubics.position_m[:, 0], cubics.velocity_m_s[:, 0])
    climbs_last = site.climbs(cubics.position_m[:, 1], cubics.velocity_m_s[:, 1])
    with_extremum = np.flatnonzero(climbs_first != climbs_last)
    extremum_cubics, extremum_us = cubics.take(with_extremum), cubics.last_us.copy()
    extremum_us[with_extremum] = first_change_us(
        lambda at_us: site.climbs(*extremum_cubics.states(at_us)),
        extremum_cubics.first_us,
        extremum_cubics.last_us,
    )
    after = np.flatnonzero(extremum_us < cubics.last_us)
    index = np.concatenate([np.arange(len(extremum_us)), after])
    culminates = np.concatenate([climbs_first & ~climbs_last, np.zeros(len(after), bool)])
    begin_us = np.concatenate([cubics.first_us, extremum_us[after]])
    end_us = np.concatenate([extremum_us, cubics.last_us[after]])
    return cubics.take(index), begin_us, end_us, culminates

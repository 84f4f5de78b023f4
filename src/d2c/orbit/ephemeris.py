"""SGP4 propagation of a constellation to Earth-fixed (ITRS) states; the only module that imports Skyfield.

SGP4 gives TEME states. In Skyfield's transformation to the Earth-fixed frame, precession and nutation cancel; the
remaining rotation by the sidereal angle is applied here once per instant for all satellites. Polar motion is
neglected, as in Skyfield without IERS files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sgp4.api import Satrec, SatrecArray
from skyfield.api import load
from skyfield.constants import ANGVEL
from skyfield.sgp4lib import theta_GMST1982
from skyfield.timelib import Timescale

from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_POLAR_RADIUS_M
from d2c.orbit.constellation import Constellation
from d2c.orbit.heyoka_engine import heyoka_states
from d2c.orbit.interpolation import BEFORE, POINTS, doubtful, interpolate, knot_weights
from d2c.utc import DAY_US, UNIX_EPOCH_JD

# Twelve knots at this spacing reproduce the Starlinks of 2026-08-22 to 1 cm and reveal sharp perigees and decays.
KNOT_US = 240_000_000
_BATCH_TIMES = 16  # instants per SGP4 call, to limit memory
_BLOCK = 4  # knots cached together
_DAY = 96  # blocks of a day and somewhat more
_FEW = 1_200  # satellites whose knots of a day are kept
_JOINED = -(-(POINTS + _BLOCK - 1) // _BLOCK)  # blocks with the knots around all intervals of one block
_EQUATORIAL_KM2 = (EARTH_EQUATORIAL_RADIUS_M / 1000) ** 2
_POLAR_KM2 = (EARTH_POLAR_RADIUS_M / 1000) ** 2
# A larger radius is an invalid SGP4 state after decay, returned with error code 0 (python-sgp4 issue 137); drag only
# lowers orbits, and thrust raises them by far less than a tenth within the validity of the elements.
_MAX_RADIUS_PER_APOGEE = 1.1


@dataclass(frozen=True, eq=False, slots=True)
class Ephemeris:
    """Earth-fixed (ITRS) states: `utc (T,)`, `position_m` and `velocity_m_s (T, S, 3)`.

    The velocity is relative to the rotating Earth. NaN where SGP4 reports an error, below the surface of the
    Earth, and far beyond the apogee. Each instant is checked independently: days after a decay SGP4 may give
    valid positions again for some minutes.
    """

    utc: NDArray[np.datetime64]
    position_m: NDArray[np.float64]
    velocity_m_s: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the shapes and lock the arrays."""
        if self.position_m.shape != self.velocity_m_s.shape or self.position_m.shape[::2] != (
            len(self.utc),
            3,
        ):
            raise ValueError("position_m and velocity_m_s must both be (T, S, 3), utc (T,)")
        for array in (self.utc, self.position_m, self.velocity_m_s):
            array.flags.writeable = False


def propagate(constellation: Constellation, utc: NDArray[np.datetime64]) -> Ephemeris:
    """Propagate all satellites to the instants (T,), UTC, with SGP4."""
    utc = utc.astype("datetime64[us]")
    utc_us = utc.astype(np.int64)
    position_km, velocity_km_s = _teme(_sgp4_of(constellation), utc_us)
    theta = _sidereal_angle(utc_us)
    position_m, velocity_m_s = _rotate(position_km, theta), _rotate(velocity_km_s, theta)
    velocity_m_s[:, :, 0] += ANGVEL * position_m[:, :, 1]
    velocity_m_s[:, :, 1] -= ANGVEL * position_m[:, :, 0]
    return Ephemeris(utc, position_m, velocity_m_s)


def step_positions(
    constellation: Constellation, *, start: np.datetime64, step_us: int, first: int, count: int
) -> NDArray[np.float64]:
    """Return the Earth-fixed positions (count, S, 3) in m at start + k step, k = first .. first + count - 1.

    Steps below 240 s are interpolated between SGP4's positions every 240 s from the start on (and before it), so
    any cutting of a span into windows gives the same bits. Where that may be off (see `doubtful`: sharp perigees,
    jumps of SGP4, the last hour before a decay), SGP4 is asked at the steps themselves. NaN as in `Ephemeris`,
    and where the twelve knots around a step are all NaN. `count` is at least 1.
    """
    start_us = int(start.astype("datetime64[us]").astype(np.int64))
    since_start_us = step_us * np.arange(first, first + count, dtype=np.int64)
    if step_us >= KNOT_US:
        return _positions(_sgp4_of(constellation), start_us + since_start_us)
    interval, after_knot_us = np.divmod(since_start_us, KNOT_US)
    weights = knot_weights(after_knot_us / KNOT_US)
    result = np.empty((count, len(constellation), 3))
    edges = [0, *(np.flatnonzero(np.diff(interval)) + 1).tolist(), count]
    for steps in map(slice, edges, edges[1:]):
        knots_m = _knots_around(constellation, start_us, int(interval[steps.start]))
        interpolate(knots_m, weights[steps], out=result[steps])
        few = np.flatnonzero(
            doubtful(knots_m)
        )  # of these sgp4 itself, whatever the engine: a few are no work
        if few.size:
            sgp4 = _sgp4([constellation.records[i] for i in few])
            result[steps, few] = _positions(sgp4, start_us + since_start_us[steps])
    return result


def _knots_around(constellation: Constellation, start_us: int, interval: int) -> NDArray[np.float64]:
    """Return the positions (12, S, 3) in m at the knots around an interval, numbered from the start."""
    block, within = divmod(interval, _BLOCK)
    return _joined_blocks(constellation, start_us, block)[within : within + POINTS]


@lru_cache(maxsize=1)  # for the intervals that begin in the same block
def _joined_blocks(constellation: Constellation, start_us: int, block: int) -> NDArray[np.float64]:
    return np.concatenate([_knots(constellation, start_us, block + k) for k in range(_JOINED)])


def _knots_at(constellation: Constellation, start_us: int, block: int) -> NDArray[np.float64]:
    """Return the positions (4, S, 3) in m at a block of knots; block 0 starts at the first knot around interval 0."""
    knot = _BLOCK * block - BEFORE + np.arange(_BLOCK)
    return _positions(_sgp4_of(constellation), start_us + KNOT_US * knot)


_knots_of_many = lru_cache(maxsize=_JOINED)(
    _knots_at
)  # the next intervals and the next window reuse most of them
_knots_of_few = lru_cache(maxsize=_DAY)(_knots_at)  # and a second look at the span all: 12 MB at most


def _knots(constellation: Constellation, start_us: int, block: int) -> NDArray[np.float64]:
    return (_knots_of_few if len(constellation) <= _FEW else _knots_of_many)(constellation, start_us, block)


class _Sgp4(NamedTuple):
    """SGP4 propagator: error, position and velocity at Julian days and fractions; and the largest valid radius (S,)."""

    states: Callable[
        [NDArray[np.float64], NDArray[np.float64]],
        tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]],
    ]
    max_radius_km: NDArray[np.float64]


@lru_cache(maxsize=1)  # a run propagates the same satellites in every window
def _sgp4_of(constellation: Constellation) -> _Sgp4:
    sgp4 = _sgp4(constellation.records)
    if constellation.engine == "heyoka":
        return sgp4._replace(states=partial(heyoka_states, constellation.records))
    return sgp4


def _sgp4(records: Sequence[Satrec]) -> _Sgp4:
    max_radius_km = np.array([(1 + r.alta) * r.radiusearthkm for r in records]) * _MAX_RADIUS_PER_APOGEE
    return _Sgp4(SatrecArray(records).sgp4, max_radius_km)


def _positions(sgp4: _Sgp4, utc_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return Earth-fixed positions (T, S, 3) in m, NaN where SGP4 gives none."""
    theta = _sidereal_angle(utc_us)
    result = np.empty((len(utc_us), len(sgp4.max_radius_km), 3))
    for first in range(0, len(utc_us), _BATCH_TIMES):
        batch = slice(first, first + _BATCH_TIMES)
        result[batch] = _rotate(_teme(sgp4, utc_us[batch])[0], theta[batch])
    return result


def _teme(sgp4: _Sgp4, utc_us: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return SGP4's positions in km and velocities in km/s, both (S, T, 3), NaN where invalid."""
    day, within_us = np.divmod(utc_us, DAY_US)
    error, position_km, velocity_km_s = sgp4.states(day + UNIX_EPOCH_JD, within_us / DAY_US)
    with np.errstate(over="ignore", invalid="ignore"):  # invalid states may be NaN or too large to square
        plane_km2 = position_km[:, :, 0] ** 2 + position_km[:, :, 1] ** 2
        axis_km2 = position_km[:, :, 2] ** 2
        below = plane_km2 / _EQUATORIAL_KM2 + axis_km2 / _POLAR_KM2 < 1
        beyond = plane_km2 + axis_km2 > sgp4.max_radius_km[:, None] ** 2
    invalid = (error != 0) | below | beyond
    position_km[invalid] = np.nan
    velocity_km_s[invalid] = np.nan
    return position_km, velocity_km_s


def _rotate(vectors_km: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotate vectors (S, T, 3) in km by the angles -theta (T,) about the pole; return (T, S, 3) in metres."""
    x, y, z = (vectors_km[:, :, axis].T for axis in range(3))
    cos_m, sin_m = 1000.0 * np.cos(theta)[:, None], 1000.0 * np.sin(theta)[:, None]
    result = np.empty((vectors_km.shape[1], vectors_km.shape[0], 3))
    result[:, :, 0] = cos_m * x + sin_m * y
    result[:, :, 1] = cos_m * y - sin_m * x
    result[:, :, 2] = 1000.0 * z
    return result


def _sidereal_angle(utc_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return Skyfield's GMST 1982 angle (T,) in radians."""
    utc = utc_us.astype("datetime64[us]")
    year, month, day = (utc.astype(f"datetime64[{unit}]") for unit in "YMD")
    time = _time_scale().utc(
        year.astype(np.int64) + 1970,
        (month - year).astype(np.int64) + 1,
        (day - month).astype(np.int64) + 1,
        second=(utc - day) / np.timedelta64(1, "s"),
    )
    theta: NDArray[np.float64] = theta_GMST1982(time.whole, time.ut1_fraction)[0]
    return theta


@lru_cache(maxsize=1)
def _time_scale() -> Timescale:
    return load.timescale(builtin=True)

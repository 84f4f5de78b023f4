"""Constellation and times -> Earth-fixed positions; the only door to Skyfield.

SGP4 answers in TEME. Skyfield's way from there to the Earth-fixed frame goes through precession and nutation
and straight back; what remains is its rotation by the sidereal angle, which is applied here once per instant
for all satellites. Polar motion is left out, as in Skyfield without IERS files.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sgp4.api import SatrecArray
from skyfield.api import load
from skyfield.constants import ANGVEL
from skyfield.sgp4lib import theta_GMST1982
from skyfield.timelib import Timescale

from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_POLAR_RADIUS_M
from d2c.orbit.constellation import Constellation
from d2c.orbit.heyoka_engine import heyoka_states

# SGP4 every 60 s and a cubic between: at most 0.6 m off for the Starlinks of 2026-08-22, 4 m at the perigee of
# Molniya-like orbits, tens of metres in the last hours before re-entry.
KNOT_US = 60_000_000
_EQUATORIAL_KM2 = (EARTH_EQUATORIAL_RADIUS_M / 1000) ** 2
_POLAR_KM2 = (EARTH_POLAR_RADIUS_M / 1000) ** 2
_UNIX_EPOCH_JD = 2_440_587.5
_DAY_US = 86_400_000_000
# A state further out is SGP4's garbage after decay, which comes with error code 0 (python-sgp4 issue 137);
# drag only lowers orbits, and thrust raises them by far less than a tenth in the days elements are good for.
_FURTHEST_IN_APOGEE_RADII = 1.1


@dataclass(frozen=True, eq=False, slots=True)
class Ephemeris:
    """Earth-fixed (ITRS) states: `utc (T,)`, `position_m` and `velocity_m_s (T, S, 3)`.

    The velocity is relative to the turning Earth. NaN where SGP4 reports an error, below the surface of the
    Earth, and far beyond the apogee. Each instant is judged by itself: days after its decay SGP4 may bring a
    satellite back for some minutes.
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
    """Return the states of all satellites at these instants (T,), UTC, by SGP4."""
    utc = utc.astype("datetime64[us]")
    position_m, velocity_m_s = _earth_fixed(constellation, utc.astype(np.int64))
    return Ephemeris(utc, position_m, velocity_m_s)


def step_positions(
    constellation: Constellation, *, start: np.datetime64, step_us: int, first: int, count: int
) -> NDArray[np.float64]:
    """Return the Earth-fixed positions (count, S, 3) in m at start + k step, k = first .. first + count - 1.

    Steps below 60 s are interpolated between SGP4 states every 60 s from the start on, so any cutting of a
    span into windows gives the same bits. NaN as in `Ephemeris`, and between a state and a NaN. `count` is at
    least 1.
    """
    start_us = int(start.astype("datetime64[us]").astype(np.int64))
    since_start_us = step_us * np.arange(first, first + count, dtype=np.int64)
    if step_us >= KNOT_US:
        return _earth_fixed(constellation, start_us + since_start_us)[0]
    knot, after_knot_us = np.divmod(since_start_us, KNOT_US)
    knots_us = start_us + KNOT_US * np.arange(knot[0], knot[-1] + 2)
    position_m, velocity_m_s = _earth_fixed(constellation, knots_us)
    return _hermite(position_m, velocity_m_s, index=knot - knot[0], fraction=after_knot_us / KNOT_US)


def _hermite(
    position_m: NDArray[np.float64],
    velocity_m_s: NDArray[np.float64],
    *,
    index: NDArray[np.int64],
    fraction: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the cubic of position and velocity (K, S, 3) at knot `index` + `fraction` (T,)."""
    interval_s = KNOT_US / 1e6
    u = fraction
    weights = np.stack(
        [
            (1 + 2 * u) * (1 - u) ** 2,
            u**2 * (3 - 2 * u),
            u * (1 - u) ** 2 * interval_s,
            u**2 * (u - 1) * interval_s,
        ]
    )
    result = np.empty((len(index), *position_m.shape[1:]))
    term = np.empty(position_m.shape[1:])
    # Step by step and in place: one step's satellites stay in the processor's cache. At a knot, just its state.
    steps = zip(result, index.tolist(), u.tolist(), weights.T.tolist(), strict=True)
    for row, i, after_knot, (w0, w1, w2, w3) in steps:
        if after_knot == 0:
            row[:] = position_m[i]
            continue
        np.multiply(position_m[i], w0, out=row)
        row += np.multiply(position_m[i + 1], w1, out=term)
        row += np.multiply(velocity_m_s[i], w2, out=term)
        row += np.multiply(velocity_m_s[i + 1], w3, out=term)
    return result


def _earth_fixed(
    constellation: Constellation, utc_us: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Earth-fixed positions in m and velocities in m/s, both (T, S, 3), NaN where there is none."""
    position_km, velocity_km_s = _teme(constellation, utc_us)
    theta = _sidereal_angle(utc_us)
    cos, sin = np.cos(theta), np.sin(theta)
    position_m = _turned(position_km, cos, sin)
    velocity_m_s = _turned(velocity_km_s, cos, sin)
    velocity_m_s[:, :, 0] += ANGVEL * position_m[:, :, 1]
    velocity_m_s[:, :, 1] -= ANGVEL * position_m[:, :, 0]
    return position_m, velocity_m_s


def _teme(
    constellation: Constellation, utc_us: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return SGP4's positions in km and velocities in km/s, both (S, T, 3), NaN where there is none."""
    day, within_us = np.divmod(utc_us, _DAY_US)
    records = constellation.records
    jd, fraction = day + _UNIX_EPOCH_JD, within_us / _DAY_US
    if constellation.engine == "heyoka":
        error, position_km, velocity_km_s = heyoka_states(records, jd, fraction)
    else:
        error, position_km, velocity_km_s = SatrecArray(records).sgp4(jd, fraction)
    furthest_km = np.array([(1 + r.alta) * r.radiusearthkm for r in records]) * _FURTHEST_IN_APOGEE_RADII
    with np.errstate(over="ignore", invalid="ignore"):  # garbage may be NaN or too large to square
        plane_km2 = position_km[:, :, 0] ** 2 + position_km[:, :, 1] ** 2
        axis_km2 = position_km[:, :, 2] ** 2
        below = plane_km2 / _EQUATORIAL_KM2 + axis_km2 / _POLAR_KM2 < 1
        beyond = plane_km2 + axis_km2 > furthest_km[:, None] ** 2
    none = (error != 0) | below | beyond
    position_km[none] = np.nan
    velocity_km_s[none] = np.nan
    return position_km, velocity_km_s


def _turned(
    vectors_km: NDArray[np.float64], cos: NDArray[np.float64], sin: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return vectors (S, T, 3) turned by -angle about the axis, as (T, S, 3) and in metres."""
    x, y, z = (vectors_km[:, :, axis].T for axis in range(3))
    cos_m, sin_m = 1000.0 * cos[:, None], 1000.0 * sin[:, None]
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

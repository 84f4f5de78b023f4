"""One element set: a record that SGP4 can use, or the reason why it was refused."""

from dataclasses import dataclass
from math import hypot, isfinite, pi, radians

import numpy as np
from sgp4.api import SGP4_ERRORS, WGS72, Satrec

from d2c.constants import EARTH_EQUATORIAL_RADIUS_M

EQUATORIAL_RADIUS_KM = EARTH_EQUATORIAL_RADIUS_M / 1000.0
LARGEST_SGP4_NUMBER = 339_999  # Z9999 in Alpha-5, the most that sgp4's own number field can hold
_SGP4_DAY_ZERO = np.datetime64("1949-12-31T00:00:00", "us")  # sgp4init counts its epoch in days from here
_DAY = np.timedelta64(86_400_000_000, "us")
# Mean elements of a satellite about to re-enter may dip below the ground while it still flies (Clusters in August 2026:
# 36 km; Vallado's 28872: 52 km). Assumed: beyond this it is a typing error.
_LOWEST_PERIGEE_KM = -100.0


@dataclass(frozen=True, slots=True)
class RejectedSet:
    """An element set left out: the line at fault (from 1), the satellite's name, and why."""

    line: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ElementSet:
    """One usable element set; `norad_id` is the real number, which `record` may be unable to hold."""

    line: int
    name: str
    norad_id: int
    record: Satrec


def new_record(
    *,
    norad_id: int,
    epoch_utc: np.datetime64,
    mean_motion_rev_day: float,
    eccentricity: float,
    inclination_deg: float,
    raan_deg: float,
    argument_of_perigee_deg: float,
    mean_anomaly_deg: float,
    bstar: float,
) -> Satrec:
    """Return an SGP4 record (WGS 72, improved mode) of mean elements; nothing is checked here.

    The derivatives of the mean motion stay zero because SGP4 does not use them; a number above 339999 becomes
    0 in the record.
    """
    record = Satrec()
    record.sgp4init(
        WGS72,
        "i",
        norad_id if norad_id <= LARGEST_SGP4_NUMBER else 0,
        (epoch_utc - _SGP4_DAY_ZERO) / _DAY,
        bstar,
        0.0,
        0.0,
        eccentricity,
        radians(argument_of_perigee_deg),
        radians(inclination_deg),
        radians(mean_anomaly_deg),
        mean_motion_rev_day * 2 * pi / 1440.0,
        radians(raan_deg),
    )
    return record


def checked(*, line: int, name: str, norad_id: int, record: Satrec) -> ElementSet | RejectedSet:
    """Return the element set, or its refusal when no satellite can fly these elements."""
    reason = _why_impossible(record)
    if reason:
        return RejectedSet(line, name, reason)
    return ElementSet(line, name, norad_id, record)


def semi_major_axis_km(record: Satrec) -> float:
    """Return SGP4's mean semi-major axis (Brouwer's, the Kozai mean motion undone)."""
    return float(record.a * record.radiusearthkm)


def _why_impossible(record: Satrec) -> str | None:
    # Written so that NaN fails every test.
    if not 0 <= record.ecco < 1:
        return f"eccentricity {record.ecco:g} is outside 0 to 1"
    if not 0 <= record.inclo <= pi:
        return f"inclination {record.inclo * 180 / pi:g} deg is outside 0 to 180"
    if not record.no_kozai > 0:
        return f"mean motion {record.no_kozai * 720 / pi:g} revolutions a day is not above 0"
    perigee_km = semi_major_axis_km(record) * (1 - record.ecco) - EQUATORIAL_RADIUS_KM
    if not perigee_km >= _LOWEST_PERIGEE_KM:
        return f"its perigee is {-perigee_km:.0f} km below the ground"
    error, position_km, _ = record.sgp4_tsince(0.0)
    if error:
        return f"SGP4 error {error} at its own epoch: {SGP4_ERRORS[error]}"
    if not isfinite(hypot(*position_km)):
        return "SGP4 gives no position at its own epoch"
    return None

"""Element set of one satellite: a valid SGP4 record, or the reason for its rejection."""

from dataclasses import dataclass
from math import hypot, isfinite, pi, radians
from typing import Any

import numpy as np
from sgp4.api import SGP4_ERRORS, WGS72, Satrec

from d2c.constants import EARTH_EQUATORIAL_RADIUS_M
from d2c.utc import DAY_US

EQUATORIAL_RADIUS_KM = EARTH_EQUATORIAL_RADIUS_M / 1000.0
UNNUMBERED = "NORAD 0"  # name of a set that has neither a name nor a number
LARGEST_SGP4_NUMBER = 339_999  # Z9999 in Alpha-5, the largest value of sgp4's number field
_SGP4_DAY_ZERO = np.datetime64("1949-12-31T00:00:00", "us")  # sgp4init counts its epoch in days from here
_DAY = np.timedelta64(DAY_US, "us")
# The mean perigee of a satellite about to re-enter may lie below ground while it is still in orbit (Clusters in August
# 2026: 36 km; Vallado's 28872: 52 km). Assumed: beyond this limit it is a typing error.
_LOWEST_PERIGEE_KM = -100.0
# Assumed: beyond it is a typing error. The largest of 16,069 active satellites of August 2026 is 3.7.
_LARGEST_BSTAR = 10.0
# The year of the first satellite; the last is assumed: what is far beyond the elements of today is a typing error.
FIRST_YEAR, LAST_YEAR = 1957, 2099
_FIRST_JD, _END_JD = 2_435_839.5, 2_488_069.5  # their first instant, and the first after them


@dataclass(frozen=True, slots=True)
class RejectedSet:
    """An element set that is not used: the line at fault (from 1), the satellite's name, and the reason."""

    line: int
    name: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return what summaries and reports say of it."""
        return {"line": self.line, "name": self.name, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class ElementSet:
    """One usable element set; `norad_id` is the true number, which may exceed the range of `record`."""

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
    """Return an SGP4 record (WGS 72, improved mode) of mean elements, without validation.

    The derivatives of the mean motion are zero because SGP4 does not use them; a NORAD number above 339999
    becomes 0 in the record.
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


def check_element_set(*, line: int, name: str, norad_id: int, record: Satrec) -> ElementSet | RejectedSet:
    """Return the element set, or a rejection if its elements are physically impossible."""
    reason = _rejection_reason(record)
    if reason:
        return RejectedSet(line, name, reason)
    return ElementSet(line, name, norad_id, record)


def semi_major_axis_km(record: Satrec) -> float:
    """Return SGP4's mean semi-major axis (Brouwer's, from the Kozai mean motion)."""
    return float(record.a * record.radiusearthkm)


def _rejection_reason(record: Satrec) -> str | None:
    # Conditions are written so that NaN fails each of them.
    if not _FIRST_JD <= record.jdsatepoch + record.jdsatepochF < _END_JD:
        return f"its epoch is outside the years {FIRST_YEAR} to {LAST_YEAR}"
    if not abs(record.bstar) <= _LARGEST_BSTAR:
        return f"drag term BSTAR {record.bstar:g} is outside -{_LARGEST_BSTAR:g} to {_LARGEST_BSTAR:g}"
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

"""Geostationary satellites by their longitudes, as elements for SGP4."""

from collections.abc import Sequence

import numpy as np
from sgp4.api import Satrec
from sgp4.propagation import gstime

from d2c.errors import ScenarioError
from d2c.orbit.constellation import Constellation, build_constellation
from d2c.orbit.element_set import ElementSet, new_record
from d2c.utc import DAY_US, UNIX_EPOCH_JD

_FIRST_NUMBER = 90_001  # as of Walker shells: not assigned to satellites
_MOST = 1000  # assumed: more than there are slots; stops a typing error from filling memory
_SIDEREAL_REV_DAY = 1.00273790935  # sidereal days in a day; Aoki et al., Astron. Astrophys. 105 (1982)
_HELD_DAYS = 14.0  # the longest span of a place; within it the Sun and the Moon pull by less than 0.05 deg


def geostationary_constellation(longitudes_deg: Sequence[float], *, epoch: np.datetime64) -> Constellation:
    """Generate a satellite over the equator at each longitude: circular orbits, NORAD numbers from 90001.

    Each is at its longitude to 0.05 deg, as far as satellites drift between two manoeuvres: the mean motion is the one
    for which SGP4 has it there after two weeks, too. ScenarioError for a longitude that is out of range or comes twice.
    """
    if len(set(longitudes_deg)) != len(longitudes_deg) or not 0 < len(longitudes_deg) <= _MOST:
        raise ScenarioError(
            f"geo_longitudes_deg names {len(longitudes_deg)} longitudes; give 1 to {_MOST}, each once"
        )
    sets = [
        _satellite(longitude_deg, epoch.astype("datetime64[us]"), number=_FIRST_NUMBER + k)
        for k, longitude_deg in enumerate(longitudes_deg)
    ]
    return build_constellation(sets, rejected=(), source=geostationary_title(longitudes_deg))


def geostationary_title(longitudes_deg: Sequence[float]) -> str:
    """Return what texts call the satellites: geostationary at 16.4 E, 5 W."""
    return f"geostationary at {', '.join(map(_slot, longitudes_deg))}"


def _slot(longitude_deg: float) -> str:
    return f"{abs(longitude_deg):g} {'W' if longitude_deg < 0 else 'E'}"


def _satellite(longitude_deg: float, epoch: np.datetime64, *, number: int) -> ElementSet:
    if not -180 <= longitude_deg <= 180:
        raise ScenarioError(f"geo_longitudes_deg: {longitude_deg:g} is outside -180 to 180")
    mean_motion_rev_day = _SIDEREAL_REV_DAY
    for _ in range(4):  # the drift is linear in the mean motion: each gains three digits
        record = _record(longitude_deg, epoch, mean_motion_rev_day, number=number)
        after_deg = _longitude_deg(record, epoch, days=_HELD_DAYS)
        mean_motion_rev_day -= _wrapped_deg(after_deg - longitude_deg) / 360 / _HELD_DAYS
    record = _record(longitude_deg, epoch, mean_motion_rev_day, number=number)
    return ElementSet(line=0, name=f"GEO {_slot(longitude_deg)}", norad_id=number, record=record)


def _record(longitude_deg: float, epoch: np.datetime64, mean_motion_rev_day: float, *, number: int) -> Satrec:
    """Return elements whose mean longitude at the epoch is over the longitude."""
    return new_record(
        norad_id=number,
        epoch_utc=epoch,
        mean_motion_rev_day=mean_motion_rev_day,
        eccentricity=0.0,
        inclination_deg=0.0,
        raan_deg=0.0,
        argument_of_perigee_deg=0.0,
        mean_anomaly_deg=(longitude_deg + _sidereal_deg(epoch, days=0.0)) % 360,
        bstar=0.0,
    )


def _longitude_deg(record: Satrec, epoch: np.datetime64, *, days: float) -> float:
    """Return the longitude some days after the epoch, by the sidereal time of TEME."""
    _, (x, y, _z), _ = record.sgp4_tsince(days * 1440)
    return float(np.degrees(np.arctan2(y, x))) - _sidereal_deg(epoch, days=days)


def _sidereal_deg(epoch: np.datetime64, *, days: float) -> float:
    julian_date = UNIX_EPOCH_JD + float(epoch.astype(np.int64)) / DAY_US + days
    return float(np.degrees(gstime(julian_date)))


def _wrapped_deg(angle_deg: float) -> float:
    return (angle_deg + 180) % 360 - 180

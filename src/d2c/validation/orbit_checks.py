"""Checks of satellite positions: SGP4 in TEME, rotation to ITRS, and interpolation, against Skyfield itself."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sgp4.api import jday
from skyfield.api import EarthSatellite, load
from skyfield.framelib import itrs

from d2c.orbit.catalogue import find_elements, read_elements, select
from d2c.orbit.constellation import Constellation
from d2c.orbit.ephemeris import propagate, step_positions
from d2c.validation.case import REFERENCE_FOLDER, Check

_MINUTE_US = 60_000_000


def teme_position(*, elements: str, norad_id: int, minutes: float) -> Any:
    """Return the SGP4 position in km, TEME, of an element set read by d2c."""
    return _teme_state(elements, norad_id, minutes)[0]


def teme_velocity(*, elements: str, norad_id: int, minutes: float) -> Any:
    """Return the SGP4 velocity in km/s, TEME, of an element set read by d2c."""
    return _teme_state(elements, norad_id, minutes)[1]


def earth_fixed_height(*, elements: str, norad_id: int, minutes: float) -> float:
    """Return the Earth-fixed z in km: the rotation from TEME does not change it."""
    satellite = _satellite(elements, norad_id)
    after_us = np.timedelta64(round(minutes * _MINUTE_US), "us")
    position_m = propagate(satellite, satellite.epoch_utc[:1] + after_us).position_m
    return float(position_m[0, 0, 2]) / 1e3


def sidereal_angle(*, elements: str, norad_id: int, utc: str) -> float:
    """Return the sidereal angle in deg: a satellite's right ascension in TEME less its Earth-fixed longitude."""
    satellite = _satellite(elements, norad_id)
    instant = np.datetime64(utc, "us")
    day = instant.astype("datetime64[D]")
    since_midnight = (instant - day) / np.timedelta64(1, "D")
    midnight, _ = jday(*map(int, str(day).split("-")), 0, 0, 0)
    _, teme_km, _ = satellite.records[0].sgp4(midnight, since_midnight)
    x, y = propagate(satellite, np.array([instant])).position_m[0, 0, :2]
    return float(np.degrees(np.arctan2(teme_km[1], teme_km[0]) - np.arctan2(y, x)) % 360.0)


def max_distance_from_skyfield(*, elements: str, norad_id: int, hours: int, step_s: int) -> float:
    """Return the largest distance in m of the interpolated positions at all steps from Skyfield's."""
    satellite = _satellite(elements, norad_id)
    start, step_us = satellite.epoch_utc[0], step_s * 1_000_000
    count = hours * 3600 // step_s
    ours = step_positions(satellite, start=start, step_us=step_us, first=0, count=count)[:, 0]
    utc = start + np.arange(len(ours)) * np.timedelta64(step_us, "us")
    return float(np.linalg.norm(ours - _skyfield_positions_m(satellite, utc), axis=1).max())


def _skyfield_positions_m(satellite: Constellation, utc: NDArray[np.datetime64]) -> Any:
    timescale = load.timescale(builtin=True)
    days = utc.astype("datetime64[D]")
    # Skyfield allows a day of January beyond 31
    january = 1 + days.astype(np.int64)
    times = timescale.utc(1970, 1, january, 0, 0, (utc - days) / np.timedelta64(1, "s"))
    return EarthSatellite.from_satrec(satellite.records[0], timescale).at(times).frame_xyz(itrs).m.T


def _teme_state(elements: str, norad_id: int, minutes: float) -> tuple[Any, Any]:
    error, position_km, velocity_km_s = _satellite(elements, norad_id).records[0].sgp4_tsince(minutes)
    return (position_km, velocity_km_s) if error == 0 else (np.full(3, np.nan), np.full(3, np.nan))


def _satellite(elements: str, norad_id: int) -> Constellation:
    return select(_constellation(elements), norad_id=(norad_id,))


@cache
def _constellation(elements: str) -> Constellation:
    reference: Path = REFERENCE_FOLDER / elements
    return read_elements(reference if reference.is_file() else find_elements(elements))


ORBIT_CHECKS: Mapping[str, Check] = {
    "teme-position": teme_position,
    "teme-velocity": teme_velocity,
    "earth-fixed-height": earth_fixed_height,
    "sidereal-angle": sidereal_angle,
    "distance-from-skyfield": max_distance_from_skyfield,
}

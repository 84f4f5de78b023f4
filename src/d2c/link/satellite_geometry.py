"""One satellite from one site: look angles, delay, Doppler, and residual Doppler after beam-centre compensation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.constants import SPHERE_RADIUS_M
from d2c.errors import ModelRangeError
from d2c.link.geometry import (
    LookAngles,
    delay_s,
    doppler,
    doppler_on_sphere,
    doppler_rate_on_sphere,
    elevation_at_offset_deg,
    look_angles,
    look_angles_on_sphere,
)
from d2c.orbit.constellation import Constellation
from d2c.orbit.ephemeris import Ephemeris, propagate

Array = NDArray[np.float64]

# Of the central difference: relative error of the rate 2e-6 at 360 km, of rounding 1e-9
_HALF_STEP_US = 100_000


@dataclass(frozen=True, eq=False, slots=True)
class SatelliteGeometry:
    """Geometry and Doppler of one satellite from one site, arrays of one shape.

    `altitude_m` is above the sphere of 6,371 km. `doppler` is the relative frequency shift, positive while the
    satellite approaches, `doppler_rate` its change per second. The residuals remain after the satellite has
    compensated the shift at its beam centre, `beam_radius_m` away from the handset along the ground track, on the
    worse side; magnitudes, NaN without a beam radius.
    """

    look: LookAngles
    altitude_m: Array
    delay_s: Array
    doppler: Array
    doppler_rate: Array
    beam_radius_m: float
    residual_doppler: Array
    residual_doppler_rate: Array


def geometry_on_sphere(
    *, altitude_m: float, elevation_deg: Any, beam_radius_m: float = np.nan
) -> SatelliteGeometry:
    """Return the geometry of a satellite on a circular orbit, rising, from a site in the orbital plane: the worst pass.

    On a non-rotating sphere of 6,371 km (3GPP TR 38.811 V15.4.0, eq. (6.6-3)); the shape is that of the elevation.
    ModelRangeError outside 0 to 90 deg.
    """
    at = {"altitude_m": altitude_m, "elevation_deg": np.asarray(elevation_deg, dtype=float)}
    look = look_angles_on_sphere(**at)
    shift, rate = doppler_on_sphere(**at), doppler_rate_on_sphere(**at)
    residuals = []
    for offset_m in (beam_radius_m, -beam_radius_m):
        centre = elevation_at_offset_deg(**at, offset_m=offset_m)
        with np.errstate(invalid="ignore"):
            centre = np.where((centre >= 0) & (centre <= 180), centre, np.nan)
        folded_elevation = np.minimum(centre, 180 - centre)  # the Doppler rate is symmetric about the zenith
        residuals.append(
            (
                shift - doppler_on_sphere(altitude_m=altitude_m, elevation_deg=centre),
                rate - doppler_rate_on_sphere(altitude_m=altitude_m, elevation_deg=folded_elevation),
            )
        )
    return SatelliteGeometry(
        look=look,
        altitude_m=np.full(look.slant_range_m.shape, altitude_m),
        delay_s=delay_s(slant_range_m=look.slant_range_m),
        doppler=shift,
        doppler_rate=rate,
        beam_radius_m=beam_radius_m,
        residual_doppler=_worst_case([shift for shift, _ in residuals]),
        residual_doppler_rate=_worst_case([rate for _, rate in residuals]),
    )


def satellite_geometry(
    constellation: Constellation,
    satellite: int,
    *,
    utc: np.datetime64,
    latitude_deg: float,
    longitude_deg: float,
    beam_radius_m: float = np.nan,
) -> SatelliteGeometry:
    """Return the geometry, shape (), of a satellite of a constellation from a stationary site on the ellipsoid.

    The Doppler rate is a central difference over 0.2 s. ModelRangeError where SGP4 has no position at that time.
    """
    steps_us = np.array([-_HALF_STEP_US, 0, _HALF_STEP_US]).astype("timedelta64[us]")
    times_utc = utc.astype("datetime64[us]") + steps_us
    states = propagate(constellation.take(np.array([satellite])), times_utc)
    if np.isnan(states.position_m).any():
        raise ModelRangeError(
            f"satellite '{constellation.name[satellite]}' has no position at {utc}Z: SGP4 reports that it has decayed; "
            "choose a time near the epoch of its elements"
        )
    handset_m = _surface_position_m(latitude_deg, longitude_deg)
    satellite_m = states.position_m[1, 0]
    up = geodesy.up(latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg))
    look = look_angles(satellite_m, handset_m=handset_m, up=up)
    shift, rate = _doppler_and_rate(states, handset_m)
    track = states.velocity_m_s[1, 0] - np.sum(states.velocity_m_s[1, 0] * up) * up
    centres = [
        _doppler_and_rate(states, _displaced_position_m(latitude_deg, longitude_deg, track, distance_m))
        for distance_m in (beam_radius_m, -beam_radius_m)
    ]
    return SatelliteGeometry(
        look=look,
        altitude_m=np.asarray(np.linalg.norm(satellite_m) - SPHERE_RADIUS_M),
        delay_s=delay_s(slant_range_m=look.slant_range_m),
        doppler=shift,
        doppler_rate=rate,
        beam_radius_m=beam_radius_m,
        residual_doppler=_worst_case([shift - centre_shift for centre_shift, _ in centres]),
        residual_doppler_rate=_worst_case([rate - centre_rate for _, centre_rate in centres]),
    )


def next_in_view_utc(
    constellation: Constellation,
    satellite: int,
    *,
    utc: np.datetime64,
    latitude_deg: float,
    longitude_deg: float,
) -> np.datetime64 | None:
    """Return the next whole minute, within 24 h, at which the satellite is above the horizon; None if there is none."""
    minutes = utc.astype("datetime64[m]") + np.arange(1, 24 * 60 + 1).astype("timedelta64[m]")
    position_m = propagate(constellation.take(np.array([satellite])), minutes).position_m[:, 0]
    up = geodesy.up(latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg))
    look = look_angles(position_m, handset_m=_surface_position_m(latitude_deg, longitude_deg), up=up)
    visible = np.flatnonzero(look.elevation_deg > 0)
    return minutes[visible[0]] if len(visible) else None


def _doppler_and_rate(states: Ephemeris, handset_m: Array) -> tuple[Array, Array]:
    """Return the Doppler shift at the middle of three states, and its rate per second."""
    shifts = doppler(
        satellite_m=states.position_m[:, 0], velocity_m_s=states.velocity_m_s[:, 0], handset_m=handset_m
    )
    return shifts[1], (shifts[2] - shifts[0]) / (2 * _HALF_STEP_US / 1e6)


def _displaced_position_m(
    latitude_deg: float, longitude_deg: float, direction: Array, distance_m: float
) -> Array:
    """Return the position at a distance in a horizontal direction; arc length as on the sphere of 6,371 km."""
    up = geodesy.up(latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg))
    angle = distance_m / SPHERE_RADIUS_M
    normal = up * np.cos(angle) + direction / np.linalg.norm(direction) * np.sin(angle)
    longitude_deg, latitude_deg = geodesy.normal_longitude_latitude_deg(normal)
    return _surface_position_m(latitude_deg, longitude_deg)


def _surface_position_m(latitude_deg: float, longitude_deg: float) -> Array:
    place = {"latitude_deg": np.array(latitude_deg), "longitude_deg": np.array(longitude_deg)}
    return geodesy.position_m(**place, height_m=np.array(0.0))


def _worst_case(residuals: Sequence[Array]) -> Array:
    """Return the largest magnitude, NaN only where all are NaN."""
    worst: Array = np.fmax(*np.abs(residuals))
    return worst

"""Satellite-handset geometry: slant range, elevation, off-nadir angle, propagation delay and Doppler shift.

Doppler shifts are relative (delta f / f), positive while the satellite approaches, and of first order: the
term in (v / c)^2 adds 3e-10.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_GM_M3_S2, SPEED_OF_LIGHT_M_S, SPHERE_RADIUS_M
from d2c.errors import ModelRangeError
from d2c.propagation.model_range import check_range


@dataclass(frozen=True, eq=False, slots=True)
class LookAngles:
    """Slant range and angles of satellite-handset pairs, arrays of one shape.

    `off_nadir_deg` is the angle at the satellite between the Earth's centre and the handset.
    """

    slant_range_m: NDArray[np.float64]
    elevation_deg: NDArray[np.float64]
    off_nadir_deg: NDArray[np.float64]


def look_angles(
    satellite_m: NDArray[np.float64], *, handset_m: NDArray[np.float64], up: NDArray[np.float64]
) -> LookAngles:
    """Return the look angles of Earth-fixed positions (..., 3), broadcast; `up` is the unit normal of the ellipsoid."""
    path = satellite_m - handset_m
    slant_range = np.linalg.norm(path, axis=-1)
    radius = np.linalg.norm(satellite_m, axis=-1)
    height = np.sum(path * up, axis=-1)
    horizontal = np.linalg.norm(path - height[..., None] * up, axis=-1)
    along = np.sum(path * satellite_m, axis=-1) / radius
    across = np.linalg.norm(path - (along / radius)[..., None] * satellite_m, axis=-1)
    # atan2 keeps full precision near zenith and nadir, where asin and acos lose half of the digits
    return LookAngles(
        slant_range,
        np.degrees(np.arctan2(height, horizontal)),
        np.degrees(np.arctan2(across, along)),
    )


def azimuth_deg(
    satellite_m: NDArray[np.float64], *, handset_m: NDArray[np.float64], up: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the directions over the ground of Earth-fixed positions (..., 3), broadcast: 0 is north, 90 east."""
    path = satellite_m - handset_m
    east = np.stack([-up[..., 1], up[..., 0], np.zeros(up.shape[:-1])], axis=-1)  # of any length: so is north
    azimuth = np.degrees(np.arctan2(np.sum(path * east, axis=-1), np.sum(path * np.cross(up, east), axis=-1)))
    turned = azimuth % 360.0
    return np.where(turned == 360.0, 0.0, turned)  # the modulus of a tiny negative number rounds up


def look_angles_on_sphere(*, altitude_m: Any, elevation_deg: Any) -> LookAngles:
    """Return the look angles on a sphere of 6,371 km, broadcast; elevation 0 to 90 deg, else ModelRangeError.

    Source: 3GPP TR 38.811 V15.4.0, eq. (6.6-3).
    """
    altitude, elevation = np.broadcast_arrays(
        np.asarray(altitude_m, dtype=float), np.asarray(elevation_deg, dtype=float)
    )
    check_range(
        name="elevation", value=elevation, low=0, high=90, unit="deg", document="TR 38.811, eq. (6.6-3),"
    )
    if np.any(altitude <= 0):
        raise ModelRangeError(f"altitude {altitude.min() / 1e3:g} km must be above 0 km")
    sine = np.sin(np.radians(elevation))
    slant_range = (
        np.sqrt((SPHERE_RADIUS_M * sine) ** 2 + altitude**2 + 2 * altitude * SPHERE_RADIUS_M)
        - SPHERE_RADIUS_M * sine
    )
    off_nadir = np.arcsin(
        np.clip(SPHERE_RADIUS_M * np.cos(np.radians(elevation)) / (SPHERE_RADIUS_M + altitude), 0, 1)
    )
    return LookAngles(slant_range, elevation.copy(), np.degrees(off_nadir))


def delay_s(*, slant_range_m: Any) -> Any:
    """Return the one-way propagation delay, same shape."""
    return np.asarray(slant_range_m) / SPEED_OF_LIGHT_M_S


def doppler(
    *,
    satellite_m: NDArray[np.float64],
    velocity_m_s: NDArray[np.float64],
    handset_m: NDArray[np.float64],
) -> Any:
    """Return the relative Doppler shift at a stationary handset; Earth-fixed vectors (..., 3), positive: approach."""
    path = satellite_m - handset_m
    range_rate = np.sum(path * velocity_m_s, axis=-1) / np.linalg.norm(path, axis=-1)
    return -range_rate / SPEED_OF_LIGHT_M_S


def orbital_speed_m_s(*, altitude_m: Any) -> Any:
    """Return the orbital speed of a circular orbit over the 6,371 km sphere, same shape."""
    return np.sqrt(EARTH_GM_M3_S2 / (SPHERE_RADIUS_M + np.asarray(altitude_m)))


def doppler_on_sphere(*, altitude_m: Any, elevation_deg: Any) -> Any:
    """Return the relative Doppler shift of a rising satellite at a stationary handset in its orbital plane, broadcast.

    Circular orbit over a non-rotating sphere of 6,371 km: the worst pass. By the law of sines the range rate is
    w R cos(elevation), with the angular speed w; the sign is reversed while the satellite sets.
    """
    elevation = np.radians(np.asarray(elevation_deg, dtype=float))
    return _angular_speed(altitude_m) * SPHERE_RADIUS_M * np.cos(elevation) / SPEED_OF_LIGHT_M_S


def doppler_rate_on_sphere(*, altitude_m: Any, elevation_deg: Any) -> Any:
    """Return the Doppler rate of `doppler_on_sphere`, per second, broadcast; never above zero.

    The time derivative, with an elevation rate of w (1 + R sin(elevation) / range): equal for rising and setting.
    """
    slant_range = look_angles_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg).slant_range_m
    sine = np.sin(np.radians(np.asarray(elevation_deg, dtype=float)))
    elevation_rate_factor = 1 + SPHERE_RADIUS_M * sine / slant_range
    return (
        -(_angular_speed(altitude_m) ** 2)
        * SPHERE_RADIUS_M
        * sine
        * elevation_rate_factor
        / SPEED_OF_LIGHT_M_S
    )


def elevation_at_offset_deg(*, altitude_m: Any, elevation_deg: Any, offset_m: Any) -> Any:
    """Return the elevation at a site displaced by `offset_m` on the ground towards the sub-satellite point, broadcast.

    On the 6,371 km sphere. Past the sub-satellite point the elevation exceeds 90 deg; with negative `offset_m` it may
    be below 0, where the satellite is not visible.
    """
    look = look_angles_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg)
    central_angle = (
        np.radians(90 - look.elevation_deg - look.off_nadir_deg) - np.asarray(offset_m) / SPHERE_RADIUS_M
    )
    radius = SPHERE_RADIUS_M + np.asarray(altitude_m, dtype=float)
    return np.degrees(
        np.arctan2(radius * np.cos(central_angle) - SPHERE_RADIUS_M, radius * np.sin(central_angle))
    )


def footprint_radius_m(*, altitude_m: Any, half_beamwidth_deg: Any) -> Any:
    """Return the footprint radius of a nadir-pointing beam, broadcast; NaN where the beam edge misses the Earth.

    On the 6,371 km sphere, like the beam diameters of 3GPP TR 36.763 V0.0.12, tables 6.2-6 and 6.2-7.
    """
    half = np.radians(np.asarray(half_beamwidth_deg, dtype=float))
    sine = (SPHERE_RADIUS_M + np.asarray(altitude_m, dtype=float)) / SPHERE_RADIUS_M * np.sin(half)
    sine_on_earth = np.where(sine <= 1, sine, np.nan)
    return SPHERE_RADIUS_M * (np.arcsin(sine_on_earth) - half)


def _angular_speed(altitude_m: Any) -> Any:
    """Return the angular speed of a circular orbit, in rad/s."""
    return orbital_speed_m_s(altitude_m=altitude_m) / (SPHERE_RADIUS_M + np.asarray(altitude_m, dtype=float))

"""Where a satellite stands for a handset: slant range, elevation, off-nadir angle, delay and Doppler.

Frequency shifts are relative, positive while the satellite comes nearer, and to first order: the square of
speed over light adds 3e-10.
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
    """Geometry of satellite and handset pairs, arrays of one shape.

    `off_nadir_deg` is the angle at the satellite between the Earth's centre and the handset.
    """

    slant_range_m: NDArray[np.float64]
    elevation_deg: NDArray[np.float64]
    off_nadir_deg: NDArray[np.float64]


def look_angles(
    satellite_m: NDArray[np.float64], *, handset_m: NDArray[np.float64], up: NDArray[np.float64]
) -> LookAngles:
    """Return the geometry of Earth-fixed positions (..., 3), broadcast; `up` is the ellipsoid's unit normal."""
    path = satellite_m - handset_m
    slant_range = np.linalg.norm(path, axis=-1)
    radius = np.linalg.norm(satellite_m, axis=-1)
    height = np.sum(path * up, axis=-1)
    horizontal = np.linalg.norm(path - height[..., None] * up, axis=-1)
    along = np.sum(path * satellite_m, axis=-1) / radius
    across = np.linalg.norm(path - (along / radius)[..., None] * satellite_m, axis=-1)
    # atan2 keeps its digits near the zenith and the nadir, where asin and acos lose half of them
    return LookAngles(
        slant_range,
        np.degrees(np.arctan2(height, horizontal)),
        np.degrees(np.arctan2(across, along)),
    )


def look_angles_on_sphere(*, altitude_m: Any, elevation_deg: Any) -> LookAngles:
    """Return the geometry on a sphere of 6,371 km, broadcast; elevation 0 to 90 deg, else ModelRangeError.

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
    """Return the relative frequency shift at a handset at rest, Earth-fixed vectors (..., 3); positive: nearing."""
    path = satellite_m - handset_m
    range_rate = np.sum(path * velocity_m_s, axis=-1) / np.linalg.norm(path, axis=-1)
    return -range_rate / SPEED_OF_LIGHT_M_S


def orbital_speed_m_s(*, altitude_m: Any) -> Any:
    """Return the speed on a circular orbit over the 6,371 km sphere, same shape."""
    return np.sqrt(EARTH_GM_M3_S2 / (SPHERE_RADIUS_M + np.asarray(altitude_m)))


def doppler_on_sphere(*, altitude_m: Any, elevation_deg: Any) -> Any:
    """Return the relative frequency shift at a handset at rest in the orbital plane, as the satellite rises, broadcast.

    Circular orbit over the 6,371 km sphere, which does not turn: the worst pass. By the law of sines the range
    changes by w R cos(elevation), with the angular speed w; as it sets, the sign is the other one.
    """
    elevation = np.radians(np.asarray(elevation_deg, dtype=float))
    return _angular_speed(altitude_m) * SPHERE_RADIUS_M * np.cos(elevation) / SPEED_OF_LIGHT_M_S


def doppler_rate_on_sphere(*, altitude_m: Any, elevation_deg: Any) -> Any:
    """Return how fast the shift of `doppler_on_sphere` changes, per second, broadcast; never above zero.

    Its derivative, since the elevation changes by w (1 + R sin(elevation) / range): the same as it rises and sets.
    """
    slant_range = look_angles_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg).slant_range_m
    sine = np.sin(np.radians(np.asarray(elevation_deg, dtype=float)))
    nearing = 1 + SPHERE_RADIUS_M * sine / slant_range
    return -(_angular_speed(altitude_m) ** 2) * SPHERE_RADIUS_M * sine * nearing / SPEED_OF_LIGHT_M_S


def elevation_nearby_deg(*, altitude_m: Any, elevation_deg: Any, toward_m: Any) -> Any:
    """Return the elevation at a place so far along the ground towards the point below the satellite, broadcast.

    On the 6,371 km sphere; past that point the elevation grows beyond 90 deg, and with negative `toward_m`
    it may fall below 0, where the satellite cannot be seen.
    """
    look = look_angles_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg)
    centre = np.radians(90 - look.elevation_deg - look.off_nadir_deg) - np.asarray(toward_m) / SPHERE_RADIUS_M
    radius = SPHERE_RADIUS_M + np.asarray(altitude_m, dtype=float)
    return np.degrees(np.arctan2(radius * np.cos(centre) - SPHERE_RADIUS_M, radius * np.sin(centre)))


def footprint_radius_m(*, altitude_m: Any, half_beamwidth_deg: Any) -> Any:
    """Return the radius on the ground of a beam to the nadir, broadcast; NaN where it reaches past the horizon.

    On the 6,371 km sphere, as the beam diameters of 3GPP TR 36.763 V0.0.12, tables 6.2-6 and 6.2-7.
    """
    half = np.radians(np.asarray(half_beamwidth_deg, dtype=float))
    sine = (SPHERE_RADIUS_M + np.asarray(altitude_m, dtype=float)) / SPHERE_RADIUS_M * np.sin(half)
    sees = np.where(sine <= 1, sine, np.nan)
    return SPHERE_RADIUS_M * (np.arcsin(sees) - half)


def _angular_speed(altitude_m: Any) -> Any:
    """Return radians per second."""
    return orbital_speed_m_s(altitude_m=altitude_m) / (SPHERE_RADIUS_M + np.asarray(altitude_m, dtype=float))

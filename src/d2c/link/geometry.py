"""Where a satellite stands for a handset: slant range, elevation, off-nadir angle, delay and Doppler."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_GM_M3_S2, SPEED_OF_LIGHT_M_S, SPHERE_RADIUS_M
from d2c.errors import ModelRangeError


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """Geometry of satellite and handset pairs, arrays of one shape.

    `off_nadir_deg` is the angle at the satellite between the Earth's centre and the handset.
    """

    slant_range_m: NDArray[np.float64]
    elevation_deg: NDArray[np.float64]
    off_nadir_deg: NDArray[np.float64]


def look_at(
    satellite_m: NDArray[np.float64], *, handset_m: NDArray[np.float64], up: NDArray[np.float64]
) -> Look:
    """Return the geometry of Earth-fixed positions (..., 3), broadcast; `up` is the ellipsoid's unit normal."""
    path = satellite_m - handset_m
    slant_range = np.linalg.norm(path, axis=-1)
    radius = np.linalg.norm(satellite_m, axis=-1)
    height = np.sum(path * up, axis=-1)
    horizontal = np.linalg.norm(path - height[..., None] * up, axis=-1)
    along = np.sum(path * satellite_m, axis=-1) / radius
    across = np.linalg.norm(path - (along / radius)[..., None] * satellite_m, axis=-1)
    # atan2 keeps its digits near the zenith and the nadir, where asin and acos lose half of them
    return Look(
        slant_range,
        np.degrees(np.arctan2(height, horizontal)),
        np.degrees(np.arctan2(across, along)),
    )


def look_on_sphere(*, altitude_m: Any, elevation_deg: Any) -> Look:
    """Return the geometry on a sphere of 6,371 km, broadcast; elevation 0 to 90 deg, else ModelRangeError.

    Source: 3GPP TR 38.811 V15.4.0, eq. (6.6-3).
    """
    altitude, elevation = np.broadcast_arrays(
        np.asarray(altitude_m, dtype=float), np.asarray(elevation_deg, dtype=float)
    )
    if np.any((elevation < 0) | (elevation > 90)):
        raise ModelRangeError(
            f"elevation {elevation.min():g}..{elevation.max():g} deg is outside 0..90 deg (TR 38.811, eq. 6.6-3)"
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
    return Look(slant_range, elevation.copy(), np.degrees(off_nadir))


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

"""Preselection of the satellites in range of a region, before the kernel evaluates single cells."""

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_POLAR_RADIUS_M
from d2c.coverage.kernels._best_server import list_in_range

_NORMAL_DEVIATION_DEG = 0.2  # the ellipsoid normal deviates from the geocentric radius by up to 0.193 deg


def reach_rad(position_m: NDArray[np.float64], min_elevation_deg: float) -> NDArray[np.float64]:
    """Return the geocentric angle within which each satellite can be above the elevation mask, (S,)."""
    # squared radii first: one pass without a temporary of the whole window
    radius2 = np.einsum("tsx,tsx->ts", position_m, position_m)
    highest = np.sqrt(
        np.nanmax(np.where(np.isnan(radius2), 0.0, radius2), axis=0, initial=EARTH_POLAR_RADIUS_M**2)
    )
    mask_rad = lowest_mask_rad(min_elevation_deg)
    return np.asarray(np.arccos(EARTH_POLAR_RADIUS_M / highest * np.cos(mask_rad)) - mask_rad)


def lowest_mask_rad(min_elevation_deg: float) -> float:
    """Return the least geocentric elevation in radians of a satellite at the elevation mask."""
    return float(np.radians(max(min_elevation_deg - _NORMAL_DEVIATION_DEG, -_NORMAL_DEVIATION_DEG)))


def satellites_in_range(
    position_m: NDArray[np.float64], reach: NDArray[np.float64], *, axis: NDArray[np.float64], span_rad: float
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the satellites that may be visible within a cone about the axis: indices (T, S) and their number (T,).

    position_m (T, S, 3); reach (S,): from `reach_rad`.
    """
    steps, satellites, _ = position_m.shape
    in_range, in_range_count = np.empty((steps, satellites), np.int32), np.empty(steps, np.int64)
    list_in_range(position_m, np.cos(np.minimum(reach + span_rad, np.pi)), axis, in_range, in_range_count)
    return in_range, in_range_count

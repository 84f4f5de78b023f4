"""How big a polygon is, for an estimate of how many cells it needs."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from d2c import geodesy as ellipsoid
from d2c.constants import SPHERE_RADIUS_M


def area_and_outline_m(polygon: BaseGeometry) -> tuple[float, float]:
    """Return the area in square metres and the length of the outline in metres."""
    parts = shapely.get_parts(polygon)
    area_m2 = float(ellipsoid.area_m2(parts).sum())
    points, ring = shapely.get_coordinates(shapely.get_rings(parts), return_index=True)
    longitude, latitude = np.radians(points).T
    edge = ring[1:] == ring[:-1]
    east = np.diff(longitude) * np.cos((latitude[1:] + latitude[:-1]) / 2)
    return area_m2, float(np.hypot(east, np.diff(latitude))[edge].sum()) * SPHERE_RADIUS_M

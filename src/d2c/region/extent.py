"""Area and perimeter of a polygon, for an estimate of its cell count."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from d2c import geodesy
from d2c.constants import SPHERE_RADIUS_M


def area_and_perimeter(polygon: BaseGeometry) -> tuple[float, float]:
    """Return the area in m2 and the perimeter in m; the perimeter on a sphere."""
    parts = shapely.get_parts(polygon)
    area_m2 = float(geodesy.area_m2(parts).sum())
    points, ring = shapely.get_coordinates(shapely.get_rings(parts), return_index=True)
    longitude, latitude = np.radians(points).T
    edge = ring[1:] == ring[:-1]
    east = np.diff(longitude) * np.cos((latitude[1:] + latitude[:-1]) / 2)
    return area_m2, float(np.hypot(east, np.diff(latitude))[edge].sum()) * SPHERE_RADIUS_M

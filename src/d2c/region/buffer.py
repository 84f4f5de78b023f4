"""Buffer of an area by a distance on the ground, outwards or inwards."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from d2c.constants import SPHERE_RADIUS_M
from d2c.errors import RegionError
from d2c.region.reproject import reproject

MAX_BUFFER_KM = 500.0
# The outline is buffered in short pieces, each in an azimuthal equidistant projection about a nearby point:
# at angular distance x from its centre, lengths are stretched by at most x/sin(x); x = 2.8 + 0.8 deg (tile and
# piece) + 4.5 deg (largest buffer) gives 0.4 per cent.
TILE_DEG = 4.0
LONGEST_EDGE_DEG = 0.2  # an edge straight in longitude and latitude is curved in the projection
EDGES_PER_PIECE = 8  # GEOS time grows with its square; 8 is 15 times faster than the coast in one piece


@lru_cache(maxsize=4)  # a study has the same areas in every run
def buffered(polygon: Polygon | MultiPolygon, *, buffer_km: float) -> BaseGeometry:
    """Buffer a polygon outwards, or inwards if negative.

    RegionError if the buffer is out of range or would reach a pole or the 180th meridian.
    """
    if not abs(buffer_km) <= MAX_BUFFER_KM:
        raise RegionError(
            f"buffer_km = {buffer_km:g} is not between {-MAX_BUFFER_KM:g} and {MAX_BUFFER_KM:g}"
        )
    if buffer_km > 0:
        _check_reach(polygon, buffer_km)
    pieces = _pieces(shapely.segmentize(polygon, LONGEST_EDGE_DEG))
    tile = np.floor(shapely.get_coordinates(shapely.centroid(pieces)) / TILE_DEG)
    strips = []
    for corner in np.unique(tile, axis=0):
        longitude_deg, latitude_deg = (corner + 0.5) * TILE_DEG
        tile_pieces = pieces[(tile == corner).all(axis=1)]
        strips.append(
            _strips(
                tile_pieces, longitude_deg=longitude_deg, latitude_deg=latitude_deg, width_km=abs(buffer_km)
            )
        )
    change = shapely.union_all(strips)
    return polygon.union(change) if buffer_km > 0 else polygon.difference(change)


def _pieces(polygon: BaseGeometry) -> NDArray[Any]:
    """Split the outline into lines of a few edges each."""
    outlines = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(polygon))]
    return np.array(
        [
            shapely.LineString(points[i : i + EDGES_PER_PIECE + 1])
            for points in outlines
            for i in range(0, len(points) - 1, EDGES_PER_PIECE)
        ]
    )


def _strips(
    lines: NDArray[Any], *, longitude_deg: float, latitude_deg: float, width_km: float
) -> BaseGeometry:
    """Return the union of the buffers of lines near the given position."""
    # `from_crs` would choose these same steps, but looks them up for 9 ms
    to_local = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=aeqd +lat_0={latitude_deg} +lon_0={longitude_deg} +ellps=WGS84 "
        "+step +proj=unitconvert +xy_in=m +xy_out=km"
    )
    flat = reproject(lines, to_local)
    strip = shapely.union_all(shapely.buffer(flat, width_km))
    union: BaseGeometry = reproject(strip, to_local, inverse=True)
    return union


def _check_reach(polygon: BaseGeometry, buffer_km: float) -> None:
    """Raise RegionError if the buffered polygon would reach a pole or the 180th meridian."""
    west, south, east, north = polygon.bounds
    # margin for the flattening of the ellipsoid, 0.7 %
    latitude_reach = math.degrees(buffer_km * 1e3 / SPHERE_RADIUS_M) * 1.01
    farthest = max(-south, north) + latitude_reach
    longitude_reach = latitude_reach / math.cos(math.radians(min(farthest, 89.9)))
    if farthest > 89 or west - longitude_reach < -180 or east + longitude_reach > 180:
        raise RegionError(
            f"buffer_km = {buffer_km:g} makes the area {west:g},{south:g},{east:g},{north:g} reach a pole or "
            "the 180th meridian; use a smaller buffer or a polygon file cut there"
        )

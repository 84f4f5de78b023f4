"""Places and areas on the WGS 84 ellipsoid."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_FLATTENING

_E2 = EARTH_FLATTENING * (2 - EARTH_FLATTENING)  # first eccentricity squared
_E = _E2**0.5

# Places along an edge of length 1 and their weights, Abramowitz and Stegun, table 25.4, n = 3.
_GAUSS = ((0.5 - 0.15**0.5, 5 / 18), (0.5, 8 / 18), (0.5 + 0.15**0.5, 5 / 18))

Floats = NDArray[np.float64]


def up(*, latitude_deg: Floats, longitude_deg: Floats) -> Floats:
    """Return the outward unit normal of the ellipsoid, Earth-fixed, shape (..., 3)."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    return np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)],
        axis=-1,
    )


def position_m(*, latitude_deg: Floats, longitude_deg: Floats, height_m: Floats) -> Floats:
    """Return Earth-fixed coordinates of geodetic ones, shape (..., 3).

    Source: NIMA TR 8350.2, 3rd edition, eq. (4-14).
    """
    normal = up(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    prime_vertical_m = EARTH_EQUATORIAL_RADIUS_M / np.sqrt(1 - _E2 * normal[..., 2] ** 2)
    scale_m = np.stack([prime_vertical_m, prime_vertical_m, prime_vertical_m * (1 - _E2)], axis=-1)
    return np.asarray((scale_m + np.asarray(height_m)[..., np.newaxis]) * normal)


def area_m2(polygons: NDArray[Any]) -> Floats:
    """Return the area on the ellipsoid of polygons in longitude and latitude, same shape (P,).

    Edges are straight in longitude and latitude. Source: Snyder, USGS Professional Paper 1395, eq. (3-12) and
    (10-15): x = a lambda, y = a q / 2 keep areas; Gauss's rule of three points follows an edge in y.
    """
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    longitude, latitude = np.radians(points[:, 0]), np.radians(points[:, 1])
    # Heights above the ring's first point: else a small ring loses its digits far from the equator.
    base_m = _equal_area_y_m(latitude[np.searchsorted(ring, np.arange(len(rings)))])[ring[edge]]
    y_m = np.zeros(len(edge))
    for place, weight in _GAUSS:
        y_m += weight * (_equal_area_y_m((1 - place) * latitude[edge] + place * latitude[edge + 1]) - base_m)
    under_edge_m2 = EARTH_EQUATORIAL_RADIUS_M * (longitude[edge + 1] - longitude[edge]) * y_m
    ring_m2 = np.abs(np.bincount(ring[edge], under_edge_m2, minlength=len(rings)))
    outer = np.diff(polygon, prepend=-1) > 0  # the first ring of a polygon, the others are holes
    signed_m2 = np.where(outer, ring_m2, -ring_m2)
    return np.asarray(np.bincount(polygon, signed_m2, minlength=len(polygons)), dtype=np.float64)


def _equal_area_y_m(latitude_rad: Floats) -> Floats:
    """Return the ordinate of the cylindrical equal-area projection true at the equator."""
    sine = np.sin(latitude_rad)
    q = (1 - _E2) * (sine / (1 - _E2 * sine**2) + np.arctanh(_E * sine) / _E)
    return np.asarray(EARTH_EQUATORIAL_RADIUS_M / 2 * q)

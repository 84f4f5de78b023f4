"""Geodesy on the WGS 84 ellipsoid: normals, Earth-fixed positions, their inverses, and polygon areas."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_FLATTENING

_E2 = EARTH_FLATTENING * (2 - EARTH_FLATTENING)  # first eccentricity squared
_E = _E2**0.5
_FOOT_ITERATIONS = 12  # the error falls tenfold or more with each, up to orbits of 2,000 km

# Gauss-Legendre nodes on an edge of length 1 and their weights, Abramowitz and Stegun, table 25.4, n = 3.
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
    """Return the Earth-fixed position of geodetic coordinates, shape (..., 3).

    Source: NIMA TR 8350.2, 3rd edition, eq. (4-14).
    """
    normal = up(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    prime_vertical_m = EARTH_EQUATORIAL_RADIUS_M / np.sqrt(1 - _E2 * normal[..., 2] ** 2)
    scale_m = np.stack([prime_vertical_m, prime_vertical_m, prime_vertical_m * (1 - _E2)], axis=-1)
    return np.asarray((scale_m + np.asarray(height_m)[..., np.newaxis]) * normal)


def normal_longitude_latitude_deg(normal: Floats) -> Floats:
    """Return longitude and geodetic latitude (..., 2) of the place with this outward normal (..., 3), of any length.

    The inverse of `up`.
    """
    x, y, z = np.moveaxis(normal, -1, 0)
    return np.stack([np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))], axis=-1)


def surface_longitude_latitude_deg(point_m: Floats) -> Floats:
    """Return longitude and geodetic latitude (..., 2) of Earth-fixed points of the ellipsoid (..., 3).

    The gradient (x/a2, y/a2, z/b2) of the ellipsoid x2/a2 + y2/a2 + z2/b2 = 1 is its normal.
    """
    return normal_longitude_latitude_deg(np.asarray(point_m) * [1 - _E2, 1 - _E2, 1.0])


def foot_longitude_latitude_deg(point_m: Floats) -> Floats:
    """Return longitude and geodetic latitude (..., 2) of the foot of the normal through Earth-fixed points (..., 3).

    For heights up to those of low orbits; by fixed-point iteration.
    """
    place = surface_longitude_latitude_deg(point_m)
    for _ in range(_FOOT_ITERATIONS):
        place_deg = {"longitude_deg": place[..., 0], "latitude_deg": place[..., 1]}
        normal = up(**place_deg)
        foot_m = position_m(**place_deg, height_m=np.zeros(place.shape[:-1]))
        height_m = np.sum((point_m - foot_m) * normal, axis=-1)
        place = surface_longitude_latitude_deg(point_m - height_m[..., np.newaxis] * normal)
    return place


def area_m2(polygons: NDArray[Any]) -> Floats:
    """Return the ellipsoidal area of polygons in longitude and latitude, same shape (P,).

    Edges are straight in longitude and latitude. Source: Snyder, USGS Professional Paper 1395, eq. (3-12) and
    (10-15): x = a lambda, y = a q / 2 preserve area; three-point Gauss quadrature integrates y along an edge.
    """
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    longitude, latitude = np.radians(points[:, 0]), np.radians(points[:, 1])
    # Ordinates relative to the ring's first point: else a small ring loses precision far from the equator.
    base_m = _equal_area_y_m(latitude[np.searchsorted(ring, np.arange(len(rings)))])[ring[edge]]
    y_m = np.zeros(len(edge))
    for node, weight in _GAUSS:
        y_m += weight * (_equal_area_y_m((1 - node) * latitude[edge] + node * latitude[edge + 1]) - base_m)
    under_edge_m2 = EARTH_EQUATORIAL_RADIUS_M * (longitude[edge + 1] - longitude[edge]) * y_m
    ring_m2 = np.abs(np.bincount(ring[edge], under_edge_m2, minlength=len(rings)))
    outer = np.diff(polygon, prepend=-1) > 0  # the first ring of a polygon; the others are holes
    signed_m2 = np.where(outer, ring_m2, -ring_m2)
    return np.asarray(np.bincount(polygon, signed_m2, minlength=len(polygons)), dtype=np.float64)


def _equal_area_y_m(latitude_rad: Floats) -> Floats:
    """Return the ordinate of the cylindrical equal-area projection with the equator as standard parallel."""
    sine = np.sin(latitude_rad)
    q = (1 - _E2) * (sine / (1 - _E2 * sine**2) + np.arctanh(_E * sine) / _E)
    return np.asarray(EARTH_EQUATORIAL_RADIUS_M / 2 * q)

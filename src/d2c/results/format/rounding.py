"""Rounding of published numbers to the decimals of the table of columns, the same for every format."""

import math

import numpy as np
import shapely

from d2c.results.column_lookup import decimals_of

COORDINATE_DECIMALS = 6  # 0.1 m, or more for cells of some metres; neighbours keep identical shared corners
_DECIMALS_OF_CELL = 4  # of its extent: a corner is off by 1/2000 of the side at most


def round_column(column: str, values: np.ndarray) -> np.ndarray:
    """Round float columns by the table, as float64; return other columns unchanged.

    ValueError for a float column that is missing from the table or holds an infinity: both are programming
    errors, and exchange formats cannot hold an infinity.
    """
    if values.dtype.kind != "f":
        return values
    decimals = decimals_of(column)
    if decimals is None:
        raise ValueError(f"no number of decimals for the column {column!r}: add it to results/columns.py")
    if np.isinf(values).any():
        raise ValueError(f"the column {column!r} holds an infinity; use NaN for missing values")
    # float64 first, or 0.1 from a float32 stays 0.10000000149; adding zero turns -0.0 into 0.0.
    return np.round(values.astype(np.float64), decimals) + 0.0


def coordinate_decimals(boundary: np.ndarray) -> int:
    """Return the decimals of degrees that outlines of this size need."""
    if len(boundary) == 0:
        return COORDINATE_DECIMALS
    west, south, east, north = shapely.bounds(boundary).T
    extent_deg = float(np.nanmedian(np.maximum(east - west, north - south)))
    needed = _DECIMALS_OF_CELL - math.floor(math.log10(extent_deg)) - 1 if extent_deg > 0 else 0
    return max(COORDINATE_DECIMALS, needed)


def round_outlines(boundary: np.ndarray, *, decimals: int | None = None) -> np.ndarray:
    """Return polygons with rounded coordinates and counter-clockwise outer rings (RFC 7946), same shape.

    decimals: of degrees; those that the outlines need unless given.
    """
    places = coordinate_decimals(boundary) if decimals is None else decimals
    polygons = shapely.transform(boundary, lambda corners: np.round(corners, places))
    return np.asarray(shapely.orient_polygons(polygons))

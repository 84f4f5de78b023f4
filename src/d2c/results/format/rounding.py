"""Rounding of published numbers to the decimals of the table of columns, the same for every format."""

import numpy as np
import shapely

from d2c.results.column_lookup import decimals_of

COORDINATE_DECIMALS = 6  # 0.1 m; neighbouring cells keep identical shared corners


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


def round_outlines(boundary: np.ndarray) -> np.ndarray:
    """Return polygons with rounded coordinates and counter-clockwise outer rings (RFC 7946), same shape."""
    polygons = shapely.transform(boundary, lambda corners: np.round(corners, COORDINATE_DECIMALS))
    return np.asarray(shapely.orient_polygons(polygons))

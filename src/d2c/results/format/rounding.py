"""How many decimals a published number has: one table, by the ending of its name, for every format.

The last digit is well below what the models can promise and well above what 24 hours of samples resolve
(one sample of 30 s in a day is 0.00035 of it, and a degree has 111 km).
"""

import numpy as np
import shapely

from d2c.coverage.statistics.waiting import COLUMN_WAITS_S

DECIMALS_BY_ENDING = {
    "_deg": 6,  # 0.1 m on the ground
    "_db": 2,
    "_s": 3,  # one missed sample of 30 s in a day is a mean wait of 0.005 s
    "_min": 2,
    "_km": 3,
    "_km2": 3,
    "_m": 1,
    "_days": 3,
    "_fraction": 6,
    "_availability": 6,
    "_probability": 6,
    **{f"_{ending}": 6 for ending in COLUMN_WAITS_S},
    "_visible": 6,  # mean_visible; max_visible is whole
    # of a network with beams
    "_dbw_m2_mhz": 2,
    "_kbps": 1,
    "_mbps": 4,
    "_per_person": 4,
    "_per_hour": 3,
    **dict.fromkeys(("duty", "blocked", "in_reach", "busy", "beams_used", "idle_beams"), 6),
}


COORDINATE_DECIMALS = 6  # 0.1 m, and neighbours that share a corner share it digit by digit


def decimals_of(column: str) -> int | None:
    """Return the number of decimals of a column, or None when its ending is in no row of the table."""
    # A percentile stands before the unit (c_n_p05_db), so the ending alone decides.
    column = column.removesuffix("_change")  # a difference has the digits of what it is one of
    endings = [ending for ending in DECIMALS_BY_ENDING if column.endswith(ending)]
    return DECIMALS_BY_ENDING[max(endings, key=len)] if endings else None


def rounded(column: str, values: np.ndarray) -> np.ndarray:
    """Return float columns as float64 rounded by the table, everything else as it is.

    Raises ValueError for a float column that the table does not know or that holds an infinity: both are
    mistakes of the caller, and no exchange format can hold an infinity.
    """
    if values.dtype.kind != "f":
        return values
    decimals = decimals_of(column)
    if decimals is None:
        raise ValueError(f"no number of decimals for the column {column!r}: add its ending to rounding.py")
    if np.isinf(values).any():
        raise ValueError(f"the column {column!r} holds an infinity; use NaN for what does not exist")
    # float64 before rounding, or 0.1 from a float32 stays 0.10000000149; plus zero, or -0.0 is printed.
    return np.round(values.astype(np.float64), decimals) + 0.0


def rounded_outlines(boundary: np.ndarray) -> np.ndarray:
    """Return polygons with rounded corners and counter-clockwise outer rings (RFC 7946), same shape."""
    polygons = shapely.transform(boundary, lambda corners: np.round(corners, COORDINATE_DECIMALS))
    return np.asarray(shapely.orient_polygons(polygons))

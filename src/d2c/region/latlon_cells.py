"""Latitude/longitude cells: boxes between multiples of a step in degrees."""

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from d2c.constants import SPHERE_RADIUS_M
from d2c.errors import RegionError
from d2c.region.extent import area_and_perimeter

# Ids have four decimals: half of the smallest step.
SMALLEST_STEP_DEG, LARGEST_STEP_DEG = 0.001, 10.0
_ROW = 1_000_000  # more than the 360,000 boxes of the longest row
Floats = NDArray[np.float64]


def check_step(step_deg: float) -> None:
    """Raise RegionError for a step out of range."""
    if not SMALLEST_STEP_DEG <= step_deg <= LARGEST_STEP_DEG:
        raise RegionError(
            f"[grid] step_deg = {step_deg:g} is out of range; use {SMALLEST_STEP_DEG:g} to {LARGEST_STEP_DEG:g}"
        )


def estimate_cells(polygon: BaseGeometry, step_deg: float) -> float:
    """Estimate how many boxes cover a polygon: its area in boxes plus half a row of boxes along its outline."""
    area_m2, perimeter_m = area_and_perimeter(polygon)
    step_m = math.radians(step_deg) * SPHERE_RADIUS_M
    narrowing = math.cos(math.radians(polygon.representative_point().y))
    return area_m2 / (step_m**2 * narrowing) + perimeter_m / (step_m * math.sqrt(narrowing)) / 2


def finest_step(polygon: BaseGeometry, step_deg: float, cells: int) -> float:
    """Return the next larger step with two significant digits that gives at most this number of cells."""
    while estimate_cells(polygon, step_deg) > cells:
        digit = 10.0 ** (math.floor(math.log10(step_deg)) - 1)
        step_deg = round((math.floor(step_deg / digit + 1e-9) + 1) * digit, 4)
    return step_deg


def covering_centres(polygons: NDArray[Any], step_deg: float) -> tuple[Floats, Floats]:
    """Return latitude and longitude of the centres of all boxes that may overlap one of the polygons.

    Some boxes that only touch a polygon are included.
    """
    numbers = []
    for west, south, east, north in shapely.bounds(polygons) / step_deg:
        column = np.arange(math.floor(west), math.ceil(east))
        row = np.arange(math.floor(south), math.ceil(north))
        numbers.append(_number(row[:, np.newaxis], column).ravel())
    rows, columns = np.divmod(np.unique(np.concatenate(numbers)), _ROW)
    columns -= _ROW // 2
    west, south, east, north = _edges(columns, rows, step_deg)
    return (south + north) / 2, (west + east) / 2


def box_number(latitude_deg: Floats, longitude_deg: Floats, step_deg: float) -> NDArray[np.int64]:
    """Return the number of the box that contains each position."""
    columns, rows = np.floor(longitude_deg / step_deg), np.floor(latitude_deg / step_deg)
    return np.asarray(_number(rows, columns), dtype=np.int64)


def _number(rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Return a unique number for each box; columns west of Greenwich and rows south of the equator are negative."""
    number: NDArray[Any] = rows * _ROW + columns + _ROW // 2
    return number


def boundaries(latitude_deg: Floats, longitude_deg: Floats, step_deg: float) -> NDArray[Any]:
    """Return the boxes with these centres as polygons."""
    columns, rows = np.floor(longitude_deg / step_deg), np.floor(latitude_deg / step_deg)
    return np.asarray(shapely.box(*_edges(columns, rows, step_deg)))


def _edges(
    columns: NDArray[Any], rows: NDArray[Any], step_deg: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return west, south, east and north of boxes."""
    # The last box before a pole or the 180th meridian is clipped if the step does not divide 90 degrees.
    return (
        np.clip(columns * step_deg, -180, 180),
        np.clip(rows * step_deg, -90, 90),
        np.clip((columns + 1) * step_deg, -180, 180),
        np.clip((rows + 1) * step_deg, -90, 90),
    )


def ids(latitude_deg: Floats, longitude_deg: Floats) -> NDArray[np.str_]:
    """Return ids made of the centres, such as `N45.2500E007.2500`."""
    rows, row = np.unique(latitude_deg, return_inverse=True)  # far fewer than boxes
    columns, column = np.unique(longitude_deg, return_inverse=True)
    north = np.array([f"{'S' if y < 0 else 'N'}{abs(y):07.4f}" for y in rows.tolist()])
    east = np.array([f"{'W' if x < 0 else 'E'}{abs(x):08.4f}" for x in columns.tolist()])
    return np.strings.add(north[row], east[column])

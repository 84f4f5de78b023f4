"""Cell lookup in a grid by cell id or by position."""

from itertools import takewhile

import numpy as np
import shapely

from d2c import geodesy
from d2c.errors import RegionError
from d2c.region.grid import Grid

_NEAREST = 5000


def cell_by_id(grid: Grid, cell_id: str) -> int:
    """Return the index of a cell by its id; RegionError with the nearest id if the grid has no such cell."""
    query = cell_id.strip()
    at = int(np.searchsorted(grid.cell_id, query))
    neighbours = [index for index in (at, at - 1) if 0 <= index < len(grid)]
    if grid.cell_id[neighbours[0]] == query:
        return neighbours[0]
    # ids of neighbouring cells share a prefix
    near = max(neighbours, key=lambda index: _common_prefix_length(str(grid.cell_id[index]), query))
    raise RegionError(
        f"--cell {cell_id}: none of the {len(grid):,} cells has this id; the nearest is {grid.cell_id[near]}"
    )


def _common_prefix_length(first: str, second: str) -> int:
    pairs = zip(first, second, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def cell_at_position(grid: Grid, *, latitude_deg: float, longitude_deg: float) -> int:
    """Return the index of the cell that contains a position; RegionError with the nearest cell if none does.

    A position on the border of two cells belongs to the cell with the nearer centre.
    """
    position_m = geodesy.position_m(
        latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg), height_m=np.array(0.0)
    )
    distance_m = np.linalg.norm(grid.position_m - position_m, axis=1)
    # next to a pole a ring of narrow boxes is equally far; elsewhere the cell is one of the nearest few
    nearest = np.argsort(distance_m, kind="stable")[:_NEAREST]
    contains = shapely.intersects_xy(grid.boundary_of(nearest), longitude_deg, latitude_deg)
    if contains.any():
        return int(nearest[np.argmax(contains)])
    near = int(nearest[0])
    raise RegionError(
        f"--site {latitude_deg:g},{longitude_deg:g}: outside every cell of the result; the nearest, "
        f"{distance_m[near] / 1e3:,.0f} km away, is {grid.cell_id[near]}"
    )

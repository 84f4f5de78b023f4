"""One cell of a grid by its name or by a place in it."""

from itertools import takewhile

import numpy as np
import shapely

from d2c import geodesy as ellipsoid
from d2c.errors import RegionError
from d2c.region.grid import Grid

_NEAREST = 5000


def cell_named(grid: Grid, cell_id: str) -> int:
    """Return the index of a cell; RegionError with the nearest name for one that is not in the grid."""
    wanted = cell_id.strip()
    at = int(np.searchsorted(grid.cell_id, wanted))
    neighbours = [index for index in (at, at - 1) if 0 <= index < len(grid)]
    if grid.cell_id[neighbours[0]] == wanted:
        return neighbours[0]
    # names begin alike where cells are near each other
    near = max(neighbours, key=lambda index: _common_length(str(grid.cell_id[index]), wanted))
    raise RegionError(
        f"--cell {cell_id}: none of the {len(grid):,} cells has this name; the nearest is {grid.cell_id[near]}"
    )


def _common_length(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def cell_at(grid: Grid, *, latitude_deg: float, longitude_deg: float) -> int:
    """Return the index of the cell that holds a place; RegionError with the nearest cell where none does.

    A place on the border of two cells belongs to the one whose centre is nearer.
    """
    place = ellipsoid.position_m(
        latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg), height_m=np.array(0.0)
    )
    distance_m = np.linalg.norm(grid.position_m - place, axis=1)
    # beside a pole a ring of narrow boxes is all as far away; elsewhere the cell is one of the nearest few
    nearest = np.argsort(distance_m, kind="stable")[:_NEAREST]
    holding = shapely.intersects_xy(grid.boundary_of(nearest), longitude_deg, latitude_deg)
    if holding.any():
        return int(nearest[np.argmax(holding)])
    near = int(nearest[0])
    raise RegionError(
        f"--at {latitude_deg:g},{longitude_deg:g}: no cell of the result is there; the nearest, "
        f"{distance_m[near] / 1e3:,.0f} km away, is {grid.cell_id[near]}"
    )

"""Points within the cells of a grid, for what varies inside a cell."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.region import h3_cells
from d2c.region.grid import Grid

_BOX_SIDE = 3  # points along each side of a latitude/longitude box
_SMALL = 0.2  # of the spacing: a cell with such a radius varies too little to be sampled

Floats = NDArray[np.float64]


@lru_cache(maxsize=4)  # a study has the same cells in every run
def sample_points(grid: Grid, *, spacing_m: float) -> tuple[Floats, Floats]:
    """Return points spread evenly over each cell of a grid, and the ellipsoid's normals there, both (P, G, 3).

    H3: the centres of the seven children; latitude/longitude: the centres of 3 x 3 equal boxes. Cells whose radius is
    less than a fifth of `spacing_m`, the distance over which a level changes, have their centre only.
    """
    if (grid.area_m2.max() / np.pi) ** 0.5 < _SMALL * spacing_m:
        return grid.position_m[None].copy(), grid.up[None].copy()
    latitude_deg, longitude_deg = _children(grid) if grid.kind == "h3" else _boxes(grid)
    place = {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    return geodesy.position_m(**place, height_m=np.zeros(latitude_deg.shape)), geodesy.up(**place)


def _children(grid: Grid) -> tuple[Floats, Floats]:
    """Return latitude and longitude of the centres of the children of H3 cells, (7, G); a pentagon's last one twice."""
    cells = h3_cells.cells_from_ids(grid.cell_id)
    centre_deg = np.array([h3_cells.children_centres(cell) for cell in cells.tolist()])
    return centre_deg[:, :, 0].T.copy(), centre_deg[:, :, 1].T.copy()


def _boxes(grid: Grid) -> tuple[Floats, Floats]:
    """Return latitude and longitude of the centres of the parts of boxes, (9, G)."""
    offset = ((np.arange(_BOX_SIDE) + 0.5) / _BOX_SIDE - 0.5) * grid.step_deg
    north, east = (axis.ravel()[:, None] for axis in np.meshgrid(offset, offset, indexing="ij"))
    return np.clip(grid.latitude_deg + north, -90.0, 90.0), grid.longitude_deg + east

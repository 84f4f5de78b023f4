"""Partition of grid cells into blocks, processed one after another, and into tiles of neighbours for the kernel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.kernels.layout import LANES, SPARE, Tiles, aligned
from d2c.coverage.kernels.network_layout import TILE
from d2c.link.phones import cell_phones
from d2c.region.grid import Grid

_WIDEST_RAD = 0.5  # so that a tile's span and a satellite's reach together stay below half a turn
Cells = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class TiledCells:
    """Grid cells arranged in tiles for the kernel.

    position_m, up (G, 3) in the order of the grid; order (G,): grid index of each cell of the tiles; part_first (K +
    1,): where the parts of at most TILE neighbours begin that tiles consist of; axis (3,) and span_rad: a cone from
    the Earth's centre that contains all cells.
    """

    position_m: NDArray[np.float64]
    up: NDArray[np.float64]
    tiles: Tiles
    order: NDArray[np.int64]
    part_first: NDArray[np.int64]
    axis: NDArray[np.float64]
    span_rad: float


def cell_blocks(grid: Grid, *, max_cells: int) -> list[Cells]:
    """Divide the cells into blocks of at most `max_cells` neighbours.

    Blocks and tiles are nodes of one bisection tree: if a block is no smaller than a tile, the tiles are the same for
    any `max_cells`, and so are the bits of every cell's figures.
    """
    return _bisect(np.arange(len(grid)), grid.position_m, max_cells=max_cells, widest_rad=np.inf)


def tile_cells(grid: Grid, cells: Cells | None = None) -> TiledCells:
    """Arrange a block of the grid's cells, or all of them, in tiles.

    The order of cells and tiles follows from the positions alone; position_m and up stay in the order of the block.
    """
    index = np.arange(len(grid)) if cells is None else cells
    position, up, cell_m2 = grid.position_m[index], grid.up[index], grid.area_m2[index]
    small = [
        _bisect(part, position, max_cells=TILE, widest_rad=_WIDEST_RAD)
        for part in _bisect(np.arange(len(index)), position, max_cells=LANES, widest_rad=_WIDEST_RAD)
    ]
    parts = [np.concatenate(of_tile) for of_tile in small]
    part_first = np.cumsum([0, *(len(part) for of_tile in small for part in of_tile)])
    order = np.concatenate(parts)
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    centre = np.array([position[part].mean(axis=0) for part in parts])
    rows = aligned(np.full(len(parts) * 6 * LANES + SPARE, np.nan, np.float32)).reshape(len(parts), 6, LANES)
    area_m2 = np.zeros((len(parts), LANES), np.int64)
    variant, turn = np.zeros((2, len(parts), LANES), np.int32)
    of_cell = cell_phones(position)
    for tile, part in enumerate(parts):
        rows[tile, :3, : len(part)] = (position[part] - centre[tile]).T
        rows[tile, 3:, : len(part)] = up[part].T
        area_m2[tile, : len(part)] = np.rint(cell_m2[part])
        variant[tile, : len(part)], turn[tile, : len(part)] = of_cell[0][part], of_cell[1][part]
    angles = np.array([span_rad(position[part], middle) for part, middle in zip(parts, centre, strict=True)])
    tiles = Tiles(
        first.astype(np.int64),
        centre,
        np.cos(angles),
        np.sin(angles),
        rows.reshape(len(parts), 6 * LANES),
        area_m2,
        variant,
        turn,
        np.array(
            [_tile_bounds(row[:, : len(part)]) for row, part in zip(rows, parts, strict=True)], np.float32
        ),
    )
    axis = position.mean(axis=0) / np.linalg.norm(position.mean(axis=0))
    cos_to_axis = centre @ axis / np.linalg.norm(centre, axis=1)
    # contains the cones of all tiles, so that it excludes no satellite in range of one of them
    span = float((np.arccos(np.clip(cos_to_axis, -1, 1)) + angles).max()) + 1e-6
    return TiledCells(position, up, tiles, order, part_first, axis, span)


def _bisect(cells: Cells, position: NDArray[np.float64], *, max_cells: int, widest_rad: float) -> list[Cells]:
    """Divide cells by bisection across their longest extent until each part is small enough."""
    place = position[cells]
    small = len(cells) <= max_cells and span_rad(place, place.mean(axis=0)) < widest_rad
    if small or len(cells) == 1:
        return [cells]
    longest = int(
        np.argmax([np.ptp(side) for side in place.T])
    )  # axis by axis: numpy is slow over short rows
    along = cells[np.argsort(place[:, longest], kind="stable")]
    # whole tiles of a network, as far as there are: spare lanes cost as much as cells
    half = round(len(along) / (2 * TILE)) * TILE if len(along) > TILE else len(along) // 2
    return [
        part
        for side in (along[:half], along[half:])
        for part in _bisect(side, position, max_cells=max_cells, widest_rad=widest_rad)
    ]


def _tile_bounds(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return bounds over all cells (6, n) of a tile, as in `Tiles.bounds` (7,), with a metre to spare for rounding."""
    place, up = cells[:3].astype(float), cells[3:].astype(float)
    mean = up.mean(axis=1) / np.linalg.norm(up.mean(axis=1))
    height = (place * up).sum(axis=0)
    chord = np.linalg.norm(place, axis=0).max() + 1.0
    tilt = np.linalg.norm(up - mean[:, None], axis=0).max() + 1e-6
    return np.array([chord, tilt, height.min() - 1.0, height.max() + 1.0, *mean])


def span_rad(position: NDArray[np.float64], axis: NDArray[np.float64]) -> float:
    """Return the largest angle at the Earth's centre between the axis and the positions."""
    cosine = position @ axis / (np.linalg.norm(position, axis=1) * np.linalg.norm(axis))
    return float(np.arccos(np.clip(cosine.min(), -1, 1))) + 1e-6


def to_grid_order(values: NDArray[Any], order: NDArray[np.int64], *, axis: int = -1) -> NDArray[Any]:
    """Return values in tile order in grid order; cells are on the last axis, or with axis=-2 on the one before."""
    ordered = np.empty_like(values)
    ordered[(..., order) if axis == -1 else (..., order, slice(None))] = values
    return ordered

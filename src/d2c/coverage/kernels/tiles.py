"""Grid cells into blocks that are done one after the other, and into tiles of neighbours, as the kernel takes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.kernels._accumulate import LANES, SPARE, Tiles, aligned
from d2c.region.grid import Grid

_WIDEST_RAD = 0.5  # so that a tile's span and a satellite's reach together stay below half a turn
Cells = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class TiledCells:
    """The cells as the kernel takes them: in tiles.

    position_m, up (G, 3) as in the grid; order (G,): which of them each cell of the tiles is; axis (3,) and
    span_rad: a cone from the Earth's centre that holds them all.
    """

    position_m: NDArray[np.float64]
    up: NDArray[np.float64]
    tiles: Tiles
    order: NDArray[np.int64]
    axis: NDArray[np.float64]
    span_rad: float


def blocks(grid: Grid, *, most: int) -> list[Cells]:
    """Return the cells in blocks of at most so many neighbours.

    Blocks and tiles are knots of one tree: as long as a block is no smaller than a tile, the tiles are the same
    for any `most`, and so are the bits of every cell's figures.
    """
    return _halved(np.arange(len(grid)), grid.position_m, most=most, widest_rad=np.inf)


def tile_cells(grid: Grid, cells: Cells | None = None) -> TiledCells:
    """Return a block of the grid's cells in tiles, or all of them.

    The order of cells and tiles follows from the positions alone; those of the field are in the block's order.
    """
    chosen = np.arange(len(grid)) if cells is None else cells
    position, up, cell_m2 = grid.position_m[chosen], grid.up[chosen], grid.area_m2[chosen]
    parts = _halved(np.arange(len(chosen)), position, most=LANES, widest_rad=_WIDEST_RAD)
    order = np.concatenate(parts)
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    centre = np.array([position[part].mean(axis=0) for part in parts])
    rows = aligned(np.full(len(parts) * 6 * LANES + SPARE, np.nan, np.float32)).reshape(len(parts), 6, LANES)
    area_m2 = np.zeros((len(parts), LANES), np.int64)
    for tile, part in enumerate(parts):
        rows[tile, :3, : len(part)] = (position[part] - centre[tile]).T
        rows[tile, 3:, : len(part)] = up[part].T
        area_m2[tile, : len(part)] = np.rint(cell_m2[part])
    angles = np.array([span_rad(position[part], middle) for part, middle in zip(parts, centre, strict=True)])
    tiles = Tiles(
        first.astype(np.int64),
        centre,
        np.cos(angles),
        np.sin(angles),
        rows.reshape(len(parts), 6 * LANES),
        area_m2,
        np.array([_bounds(row[:, : len(part)]) for row, part in zip(rows, parts, strict=True)], np.float32),
    )
    axis = position.mean(axis=0) / np.linalg.norm(position.mean(axis=0))
    toward = centre @ axis / np.linalg.norm(centre, axis=1)
    # a cone that holds those of all tiles, so that it leaves out no satellite that one of them would take
    span = float((np.arccos(np.clip(toward, -1, 1)) + angles).max()) + 1e-6
    return TiledCells(position, up, tiles, order, axis, span)


def _halved(cells: Cells, position: NDArray[np.float64], *, most: int, widest_rad: float) -> list[Cells]:
    """Return the cells in small enough parts, halved across their longest side."""
    place = position[cells]
    few = len(cells) <= most and span_rad(place, place.mean(axis=0)) < widest_rad
    if few or len(cells) == 1:
        return [cells]
    longest = int(np.argmax([np.ptp(side) for side in place.T]))  # one by one: numpy is slow over short rows
    along = cells[np.argsort(place[:, longest], kind="stable")]
    half = len(along) // 2
    return [
        part
        for side in (along[:half], along[half:])
        for part in _halved(side, position, most=most, widest_rad=widest_rad)
    ]


def _bounds(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what holds for all cells (6, n) of a tile, as in `Tiles.bounds` (7,); a metre is left for rounding."""
    place, up = cells[:3].astype(float), cells[3:].astype(float)
    mean = up.mean(axis=1) / np.linalg.norm(up.mean(axis=1))
    height = (place * up).sum(axis=0)
    chord = np.linalg.norm(place, axis=0).max() + 1.0
    lean = np.linalg.norm(up - mean[:, None], axis=0).max() + 1e-6
    return np.array([chord, lean, height.min() - 1.0, height.max() + 1.0, *mean])


def span_rad(position: NDArray[np.float64], axis: NDArray[np.float64]) -> float:
    """Return the largest angle at the Earth's centre between the axis and the positions."""
    cosine = position @ axis / (np.linalg.norm(position, axis=1) * np.linalg.norm(axis))
    return float(np.arccos(np.clip(cosine.min(), -1, 1))) + 1e-6


def to_grid_order(values: NDArray[Any], order: NDArray[np.int64], *, axis: int = -1) -> NDArray[Any]:
    """Return cells of the tiles' order in the grid's; they stand on the last axis, or the one before."""
    ordered = np.empty_like(values)
    ordered[(..., order) if axis == -1 else (..., order, slice(None))] = values
    return ordered

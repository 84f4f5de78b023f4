"""Grid cells into tiles of neighbours, as the kernel takes them."""

import numpy as np
from numpy.typing import NDArray

from d2c.coverage._kernels import LANES, Tiles
from d2c.coverage.window import Field
from d2c.region.grid import Grid

_WIDEST_RAD = 0.5  # so that a tile's span and a satellite's reach together stay below half a turn


def tiled(grid: Grid) -> Field:
    """Return the grid's cells in tiles; the order of cells and tiles follows from the positions alone."""
    position = grid.position_m
    parts = _halved(np.arange(len(grid)), position)
    order = np.concatenate(parts)
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    centre = np.array([position[part].mean(axis=0) for part in parts])
    cells = np.full((len(parts), 6, LANES), np.nan, np.float32)
    area_m2 = np.zeros((len(parts), LANES), np.int64)
    for tile, part in enumerate(parts):
        cells[tile, :3, : len(part)] = (position[part] - centre[tile]).T
        cells[tile, 3:, : len(part)] = grid.up[part].T
        area_m2[tile, : len(part)] = np.rint(grid.area_m2[part])
    angles = np.array([_span(position[part], middle) for part, middle in zip(parts, centre, strict=True)])
    tiles = Tiles(
        first.astype(np.int64),
        centre,
        np.cos(angles),
        np.sin(angles),
        cells.reshape(len(parts), 6 * LANES),
        area_m2,
    )
    middle = position.mean(axis=0)
    return Field(grid, tiles, order, middle / np.linalg.norm(middle), _span(position, middle))


def _halved(cells: NDArray[np.int64], position: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return the cells in small enough parts, halved across their longest side."""
    narrow = _span(position[cells], position[cells].mean(axis=0)) < _WIDEST_RAD
    if len(cells) == 1 or (len(cells) <= LANES and narrow):
        return [cells]
    extent = np.ptp(position[cells], axis=0)
    along = cells[np.argsort(position[cells, int(np.argmax(extent))], kind="stable")]
    half = len(along) // 2
    return _halved(along[:half], position) + _halved(along[half:], position)


def _span(position: NDArray[np.float64], axis: NDArray[np.float64]) -> float:
    """Return the largest angle at the Earth's centre between the axis and the positions."""
    cosine = position @ axis / (np.linalg.norm(position, axis=1) * np.linalg.norm(axis))
    return float(np.arccos(np.clip(cosine.min(), -1, 1))) + 1e-6

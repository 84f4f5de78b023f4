"""The ground cells of a network in tiles of neighbours, and the beam cells near each tile."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.kernels.network_layout import FILL, TILE, GroundPoints

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


def ground_points(
    first: Longs,
    *,
    centre_m: Floats,
    centre_up: Floats,
    point_m: Floats,
    point_up: Floats,
    candidates: Longs,
    variant: NDArray[np.int32],
    turn: NDArray[np.int32],
) -> GroundPoints:
    """Return the cells of tiles, cell first[k] up to first[k + 1] in the k-th, at most TILE of them.

    centre_m, centre_up (G, 3); point_m, point_up (P, G, 3); candidates (G, N): the beam cells around each, -1 for none.
    """
    tiles = [_near_tile(candidates[begin:end]) for begin, end in pairwise(first)]
    near, around = map(list, zip(*tiles, strict=True))
    around_cells = np.concatenate(around)
    return GroundPoints(
        first=first,
        centre_m=np.ascontiguousarray(centre_m.T),
        centre_up=np.ascontiguousarray(centre_up.T),
        point_m=np.ascontiguousarray(point_m.swapaxes(1, 2)),
        point_up=np.ascontiguousarray(point_up.swapaxes(1, 2)),
        near_first=np.cumsum([0, *map(len, near)]),
        near=np.concatenate(near),
        around=around_cells,
        lanes=_lanes_around(around_cells),
        variant=variant,
        turn=turn,
    )


def _near_tile(candidates: Longs) -> tuple[Longs, NDArray[np.float32]]:
    """Return the beam cells around any of some cells (N,), and around which of them they are, (N, TILE)."""
    cell, which = np.nonzero(candidates >= 0)
    near, number = np.unique(candidates[cell, which], return_inverse=True)
    around = np.zeros((len(near), TILE), np.float32)
    around[number, cell] = 1.0
    return near.astype(np.int64), around


def _lanes_around(around: NDArray[np.float32]) -> Longs:
    """Return the first lane of each beam cell that holds what it is around, and the one after the last, (N, 2)."""
    held = np.asarray(around.reshape(len(around), -1, FILL).any(axis=2))
    first, last = held.argmax(axis=1), held.shape[1] - held[:, ::-1].argmax(axis=1)
    return FILL * np.stack([first, last], axis=1)

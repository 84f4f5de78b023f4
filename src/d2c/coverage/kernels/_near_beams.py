"""The compiled loops over the beams near a tile: those that may serve one of its cells."""

from typing import NamedTuple

import numpy as np

from d2c.coverage.kernels.compiling import INNER, INNER_CALLED, INNER_LOOP, kernel
from d2c.coverage.kernels.network_layout import FLUX, RECEIVE, TILE


class NearBeams(NamedTuple):
    """The up to N beams near a tile that may be alight at a step, and their satellites, of the S that serve.

    beam, near (N,) int64: each beam and its place in `GroundPoints.near`; place (S,) int64: which of the satellites
    near the tile, -1 for none; serving (S,) int64: the k of each of these; flux, level (N, TILE) float32: PFD and, of
    the beams around a cell, C/N.
    """

    beam: np.ndarray
    near: np.ndarray
    place: np.ndarray
    serving: np.ndarray
    flux: np.ndarray
    level: np.ndarray


@kernel(**INNER)
def near_beams(ground, tile, serving):
    """Return working memory for the beams near a tile, with at most so many satellites that serve."""
    size = ground.near_first[tile + 1] - ground.near_first[tile]
    return NearBeams(
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.full(serving, -1),
        np.zeros(serving, np.int64),
        np.zeros((size, TILE), np.float32),
        np.zeros((size, TILE), np.float32),
    )


@kernel(**INNER_CALLED)
def list_near_beams(ground, tile, beams, step, near):
    """List the beams near a tile that may be alight, and their satellites; return the number of both."""
    for k in range(beams.satellites[step]):
        near.place[k] = -1
    found, satellites = 0, 0
    first, slot, lit, serving = (
        ground.near_first[tile],
        beams.slot[step],
        beams.lit[step],
        beams.serving[step],
    )
    cells = ground.near[first : ground.near_first[tile + 1]]
    for j in range(len(cells)):
        i = slot[np.uint64(cells[j])]
        if i < 0 or lit[np.uint64(i)] <= 0:
            continue
        of_beam = np.uint64(serving[np.uint64(i)])
        if near.place[of_beam] < 0:
            near.place[of_beam] = satellites
            near.serving[satellites] = of_beam
            satellites += 1
        near.beam[found], near.near[found] = i, first + j
        found += 1
    return found, satellites


@kernel(**INNER_LOOP)
def keep_levels(lanes, around, row, flux, level):
    """Keep PFD and level of the beam at hand: of the beams near a tile, those around a cell have one there."""
    for c in range(lanes):
        flux[c] = row[c + FLUX]
        level[c] = row[c + FLUX] * row[c + RECEIVE] * around[c]

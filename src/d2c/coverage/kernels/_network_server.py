"""The compiled loops that find the serving beam at a point, and what the beams around it add to its interference."""

import numpy as np

from d2c.coverage.kernels._beam_gain import flux_of_beam
from d2c.coverage.kernels.compiling import CALLED, kernel
from d2c.coverage.kernels.network_layout import COINS, EXPECTED, RECEIVE


@kernel(**CALLED)
def find_server(candidates, beams, step, pattern, tables, work, c):
    """Find the strongest beam at a point, and the strongest others that are heard in its colour."""
    best, level, flux = np.int64(-1), np.float32(0.0), np.float32(0.0)
    for j in range(candidates.size):
        work.around[j] = 0.0
        i = beams.slot[step, candidates[j]] if candidates[j] >= 0 else np.int64(-1)
        if i < 0 or beams.lit[step, i] <= 0:
            continue
        row = work.points[beams.serving[step, i]]
        if row[c + RECEIVE] <= 0:
            continue
        here = flux_of_beam(beams, step, i, pattern, row, c)
        work.around[j] = here * row[c + RECEIVE]
        if work.around[j] > level:
            best, level, flux = i, work.around[j], here
    work.server[c], work.level[c], work.flux[c] = best, level, flux
    work.coins[:, c] = -1
    work.coin_level[:, c] = 0.0
    work.far[c] = 0.0
    if best < 0:
        work.heard[:, c] = 0.0
        work.same[:, c] = 1.0
        return
    cell = beams.cell[step, best]
    colour = beams.colour[cell]
    for other in range(tables.coupling.shape[0]):
        work.heard[other, c] = tables.coupling[colour, other]
        work.same[other, c] = tables.same[colour, other]
    for j in range(candidates.size):
        if work.around[j] <= 0 or candidates[j] == cell or is_isolated(tables.isolated, cell, candidates[j]):
            continue
        i = beams.slot[step, candidates[j]]
        here = work.around[j] * work.heard[beams.colour[candidates[j]], c]
        if here <= 0:
            continue
        average = np.float64(work.points[beams.serving[step, i], c + EXPECTED])
        work.far[c] -= chance_beside(beams, step, best, i) * np.float64(here) * average
        at = COINS
        while at > 0 and here > work.coin_level[at - 1, c]:
            at -= 1
        for move in range(COINS - 1, at, -1):
            work.coins[move, c], work.coin_level[move, c] = (
                work.coins[move - 1, c],
                work.coin_level[move - 1, c],
            )
        if at < COINS:
            work.coins[at, c], work.coin_level[at, c] = i, here


@kernel(**CALLED)
def is_isolated(isolated, cell, other):
    found = False
    for k in range(isolated.shape[1]):
        found |= isolated[cell, k] == other
    return found


@kernel(**CALLED)
def chance_beside(beams, step, server, other):
    """Return the chance that a beam is alight while the server is."""
    q = np.float64(beams.lit[step, other])
    if beams.serving[step, other] == beams.serving[step, server]:
        q *= chance_ratio_beside(beams, step, server)
    return q


@kernel(**CALLED)
def chance_ratio_beside(beams, step, server):
    """Return that chance over the chance at any time, for the other beams of the server's satellite."""
    k = beams.serving[step, server]
    if not beams.few[step, k]:
        return 1.0
    alight = beams.alight[step, k]
    return max(alight - 1.0, 0.0) / max(alight - np.float64(beams.lit[step, server]), 1e-9)

"""The compiled loops that find the serving beam at the points of a tile, and its strongest interferers."""

import numpy as np

from d2c.coverage.kernels._beam_gain import fill_flux
from d2c.coverage.kernels._near_beams import keep_levels
from d2c.coverage.kernels.compiling import INNER_CALLED, INNER_LOOP, LOOP, kernel
from d2c.coverage.kernels.network_layout import COINS


@kernel(**INNER_CALLED)
def find_servers(ground, beams, step, pattern, tables, cells, lanes, near, found, work):
    """Find the strongest beam around each cell, and the strongest others that are heard in its colour."""
    work.server[:], work.level[:] = -1, 0.0
    for number in range(found):
        i = near.beam[number]
        row = work.points[beams.serving[step, i]]
        fill_flux(beams, step, i, pattern, lanes, row)
        keep_levels(lanes, ground.around[near.near[number]], row, near.flux[number], near.level[number])
        _keep_strongest(lanes, np.int32(number), near.level[number], work.server, work.level)
    for c in range(cells):
        number = work.server[c]
        work.flux[c] = near.flux[number, c] if number >= 0 else np.float32(0.0)
        work.server[c] = near.beam[number] if number >= 0 else -1
        colour = beams.colour[ground.near[near.near[number]]] if number >= 0 else 0
        for other in range(tables.coupling.shape[0]):
            work.heard[other, c] = tables.coupling[colour, other] if number >= 0 else np.float32(0.0)
            work.same[other, c] = tables.same[colour, other] if number >= 0 else np.float32(1.0)
    work.coins[:] = -1
    work.coin_level[:] = 0.0
    for number in range(found):
        cell = ground.near[near.near[number]]
        if tables.isolated.shape[1]:
            _silence_isolated(beams, step, tables, cell, cells, near.flux[number], near.level[number], work)
        heard = work.heard[beams.colour[cell]]
        _keep_coins(
            lanes,
            np.int32(near.beam[number]),
            near.level[number],
            heard,
            work.server,
            work.coins,
            work.coin_level,
        )


@kernel(**INNER_LOOP)
def _keep_strongest(lanes, number, level, server, best):
    for c in range(lanes):
        here, before, server_before = level[c], best[c], server[c]
        best[c] = max(here, before)
        server[c] = number if here > before else server_before


@kernel(**INNER_CALLED)
def _silence_isolated(beams, step, tables, cell, cells, flux, level, work):
    """Take away a beam where it is never alight with the server."""
    for c in range(cells):
        server = work.server[c]
        if server >= 0 and is_isolated(tables.isolated, beams.cell[step, server], cell):
            flux[c], level[c] = 0.0, 0.0


@kernel(**INNER_LOOP)
def _keep_coins(lanes, i, level, heard, server, coins, coin_level):
    """Put a beam in its place among the strongest interferers."""
    for c in range(lanes):
        here = level[c] * heard[c] if server[c] != i else np.float32(0.0)
        beam = i
        for at in range(COINS):
            kept, kept_beam = coin_level[at, c], coins[at, c]
            more = here > kept
            coin_level[at, c] = here if more else kept
            coins[at, c] = beam if more else kept_beam
            here, beam = kept if more else here, kept_beam if more else beam


@kernel(**LOOP)
def is_isolated(isolated, cell, other):
    found = False
    for k in range(isolated.shape[1]):
        found |= isolated[cell, k] == other
    return found


@kernel(**LOOP)
def chance_beside(beams, step, server, other):
    """Return the chance that a beam is alight while the server is."""
    q = np.float64(beams.lit[step, other])
    if beams.serving[step, other] == beams.serving[step, server]:
        q *= chance_ratio_beside(beams, step, server)
    return q


@kernel(**LOOP)
def chance_ratio_beside(beams, step, server):
    """Return that chance over the chance at any time, for the other beams of the server's satellite."""
    k = beams.serving[step, server]
    if not beams.few[step, k]:
        return 1.0
    alight = beams.alight[step, k]
    return max(alight - 1.0, 0.0) / max(alight - np.float64(beams.lit[step, server]), 1e-9)

"""The compiled loops of a network's levels: at a point of each ground cell, the serving beam and the interference.

The serving beam is searched among the beams around the point. The mean and the variance of the interference while it
is alight come from all beams, of which those far from a tile are taken by the mean of their side lobes; the four
strongest others are coins, the rest together a gamma distribution. Levels are float32; what is kept between steps is
integer, but the highest PFD. `tests/twins/network_twin.py` says the same in plain numpy.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._beam_gain import fill_points
from d2c.coverage.kernels._beam_sums import add_beams, summed_beams, take_beams, take_off_isolated
from d2c.coverage.kernels._distribution import count_cells
from d2c.coverage.kernels._far_beams import NEAR_MARK, add_far_beams, corners, mark_far_beams
from d2c.coverage.kernels._near_beams import list_near_beams, near_beams
from d2c.coverage.kernels._network_server import chance_ratio_beside, find_servers
from d2c.coverage.kernels._phone_margins import fill_places
from d2c.coverage.kernels._phones import phone_gain
from d2c.coverage.kernels._tables import interpolate
from d2c.coverage.kernels.compiling import COMPILED, INNER, INNER_CALLED, INNER_LOOP, kernel
from d2c.coverage.kernels.network_layout import (
    AROUND,
    COINS,
    ELEVATION,
    EXPECTED,
    FILL,
    HIGH,
    PLACE_ROWS,
    POINT_ROWS,
    RECEIVE,
    S_AWAY,
    S_CHANCE2,
    S_FLUX,
    S_LIT2,
    S_MEAN,
    S_SQUARE,
    SINE,
    TILE,
    TileLevels,
)


@kernel(parallel=True, **COMPILED)
def accumulate_levels(ground, position_m, beams, pattern, tables, phones, turn, counted, counters, held):
    """Count the levels of some steps; position_m (T, S, 3).

    turn (T,) int64: the point of each cell is number turn + its own number, modulo P; counted (T,) bool: whether the
    step is counted. held (T, G) float32: the mean interference over noise of all beams but those around the cell, to a
    phone that loses on the way what phones lose on average, and nothing by its posture. At a step, a cell plays one of
    its phones, one after the other.
    """
    for tile in prange(ground.first.size - 1):
        _levels_of_tile(
            ground, position_m, beams, pattern, tables, phones, turn, counted, counters, held, np.int64(tile)
        )


@kernel(**INNER)
def _levels_of_tile(ground, position_m, beams, pattern, tables, phones, turn, counted, counters, held, tile):
    first, cells = ground.first[tile], ground.first[tile + 1] - ground.first[tile]
    lanes = (cells + FILL - 1) // FILL * FILL
    work, serving = _tile_levels(beams, tables), beams.satellites.max()
    near = near_beams(ground, tile, serving)
    summed = summed_beams(beams)
    for step in range(position_m.shape[0]):
        _take_points(ground, turn[step], first, cells, work)
        for k in range(beams.satellites[step]):
            _see_satellite(
                position_m[step, beams.satellite[step, k]], ground, pattern, tables, phones, turn[step], first,
                cells, work, work.points[k],
            )  # fmt: skip
        found, _ = list_near_beams(ground, tile, beams, step, near)
        find_servers(ground, beams, step, pattern, tables, cells, lanes, near, found, work)
        for k in range(beams.satellites[step]):
            for c in range(S_MEAN, POINT_ROWS):
                work.points[k, c] = 0.0
        _add_near_beams(ground, beams, step, lanes, near, found, summed.apart, work)
        _add_satellites(beams, step, pattern, tables, cells, lanes, summed, work)
        for number in range(found):
            summed.apart[near.beam[number]] = 0.0
        for c in range(cells):
            held[step, first + c] = max(work.far[c], 0.0)
        if counted[step]:
            count_cells(beams, step, tables, work, counters, first, cells)


@kernel(**INNER)
def _tile_levels(beams, tables):
    colours = tables.coupling.shape[0]
    return TileLevels(
        np.zeros((3, TILE)),
        np.zeros((3, TILE)),
        np.zeros((beams.satellites.max(), POINT_ROWS), np.float32),
        np.zeros(PLACE_ROWS, np.int32),
        np.empty(TILE, np.int32),
        np.zeros(TILE, np.float32),
        np.zeros(TILE, np.float32),
        np.empty((COINS, TILE), np.int32),
        np.zeros((COINS, TILE), np.float32),
        np.zeros(TILE),
        np.zeros(TILE),
        np.zeros(TILE),
        np.zeros((tables.aggregate.size, TILE)),
        np.zeros((colours, TILE), np.float32),
        np.zeros((colours, TILE), np.float32),
        np.zeros(TILE),
        np.zeros(COINS),
        np.zeros(tables.gamma.shape[1], np.float32),
        np.zeros((3, tables.gamma.shape[1]), np.uint32),
    )


@kernel(**INNER_CALLED)
def _take_points(ground, turn, first, cells, work):
    """Take the point of each cell whose turn it is."""
    for c in range(cells):
        p = (turn + first + c) % ground.point_m.shape[0]
        for axis in range(3):
            work.place_m[axis, c] = ground.point_m[p, axis, first + c]
            work.up[axis, c] = ground.point_up[p, axis, first + c]


@kernel(**INNER_CALLED)
def _see_satellite(at, ground, pattern, tables, phones, number, first, cells, work, row):
    """Fill the rows of a tile's points for a satellite, less what the phone loses that a cell plays, by its number."""
    fill_points(at, work.place_m, work.up, 0, cells, pattern, tables, row)
    for c in range(cells):
        row[c + EXPECTED] = 1.0
    if phones.number == 0:
        return
    variant, turn = ground.variant[first : first + cells], ground.turn[first : first + cells]
    fill_places(phones, variant, turn, at, work.place_m, work.up, 0, cells, row, work.places)
    for c in range(cells):
        e = work.places[c + ELEVATION]
        gain = phone_gain(
            phones, (number + turn[c]) % phones.number, work.places[c + AROUND], work.places[c + HIGH], e
        )
        row[c + RECEIVE] *= gain
        row[c + EXPECTED] = phones.expected[e] / gain


@kernel(**INNER_CALLED)
def _add_near_beams(ground, beams, step, lanes, near, found, apart, work):
    """Add the beams near a tile to the sums of their satellites, and mark them."""
    for number in range(found):
        i = near.beam[number]
        colour = beams.colour[ground.near[near.near[number]]]
        _add_near_beam(
            np.int32(i), beams.lit[step, i], lanes, near.flux[number], ground.around[near.near[number]],
            work.heard[colour], work.same[colour], work.server, work.coins, work.points[beams.serving[step, i]],
        )  # fmt: skip
        apart[i] = NEAR_MARK


@kernel(**INNER_LOOP)
def _add_near_beam(i, q, lanes, flux, around, heard, same, server, coins, row):
    for c in range(lanes):
        beside = flux[c] if server[c] != i else np.float32(0.0)
        other = beside * heard[c]
        for at in range(COINS):
            other = other if coins[at, c] != i else np.float32(0.0)
        lit = q * other
        row[c + S_MEAN] += lit
        row[c + S_SQUARE] += lit * other
        row[c + S_LIT2] += lit * lit
        row[c + S_CHANCE2] += lit * q
        row[c + S_AWAY] += lit * (np.float32(1.0) - around[c])
        row[c + S_FLUX] += q * beside * same[c]


@kernel(**INNER_CALLED)
def _add_satellites(beams, step, pattern, tables, cells, lanes, summed, work):
    """Fill mean and variance of the interference at each cell, and add up the PFD, satellite by satellite."""
    work.mean[:], work.variance[:], work.others[:], work.far[:] = 0.0, 0.0, 0.0, 0.0
    work.over_limit[:] = 0.0
    for k in range(beams.satellites[step]):
        first, end = beams.first[step, k], beams.first[step, k + 1]
        box = corners(work.points[k], cells)
        # where beams are isolated from the server, each of them is taken off again
        if pattern.planar and tables.isolated.shape[1] == 0:
            mark_far_beams(beams, step, k, pattern, box, summed.apart)
        colours = tables.coupling.shape[0]
        for colour in range(colours):
            number = take_beams(first, end, beams, step, colour, colours, pattern.planar, summed)
            add_beams(pattern, summed, number, cells, work.points[k], work.heard[colour], work.same[colour])
        add_far_beams(beams, step, k, pattern, box, summed.apart, work, cells // 2, lanes)
        _add_satellite(beams, step, k, pattern, tables, summed.apart, cells, work)
        _forget_far_beams(summed.apart[first:end])


@kernel(**INNER_LOOP)
def _forget_far_beams(apart):
    for i in range(len(apart)):
        apart[i] = apart[i] if apart[i] == NEAR_MARK else np.float32(0.0)


@kernel(**INNER_CALLED)
def _add_satellite(beams, step, k, pattern, tables, apart, cells, work):
    """Add mean and variance of a satellite's beams to the interference at each cell, and their PFD.

    With fewer beams than cells that ask, always as many are alight: another beam of the server's own satellite is so
    with the chance q (N - 1) / (N - q), and the variance is that of a draw of a fixed number (Hajek's approximation).
    """
    row, first, end = work.points[k], beams.first[step, k], beams.first[step, k + 1]
    spare = beams.spare[step, k] if beams.few[step, k] and end - first > 1 else 0.0
    if tables.isolated.shape[1]:
        for c in range(cells):
            take_off_isolated(beams, step, first, end, pattern, tables, apart, work.server[c], row, c)
    for c in range(cells):
        server = np.int64(work.server[c])
        own = server >= first and server < end
        scale = chance_ratio_beside(beams, step, server) if own else 1.0
        mean, square = scale * np.float64(row[c + S_MEAN]), scale * np.float64(row[c + S_SQUARE])
        chance2 = scale * scale * np.float64(row[c + S_CHANCE2])
        variance = max(square - scale * scale * np.float64(row[c + S_LIT2]), 0.0)
        if spare > 0:
            variance = max(variance - (mean - chance2) ** 2 / spare, 0.0)
        receive = np.float64(row[c + RECEIVE])
        work.mean[c] += mean * receive
        work.variance[c] += variance * receive * receive
        work.far[c] += scale * np.float64(row[c + S_AWAY]) * receive * np.float64(row[c + EXPECTED])
        row[c + S_FLUX] += work.flux[c] if own else np.float32(0.0)
    _add_flux(tables, cells, work, row)


@kernel(**INNER_CALLED)
def _add_flux(tables, cells, work, row):
    """Add a satellite's PFD to that of the others, and compare it with the limits."""
    for c in range(cells):
        work.others[c] += row[c + S_FLUX]
    for limit in range(tables.aggregate.size):
        for c in range(cells):
            at = min(row[c + SINE], 1.0) * (tables.allowed.shape[1] - 2)
            over = row[c + S_FLUX] / interpolate(tables.allowed[limit], at)
            before = work.over_limit[limit, c]
            work.over_limit[limit, c] = before + over if tables.aggregate[limit] else max(before, over)

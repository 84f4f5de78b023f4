"""The compiled loops of a network's levels: at a point of each ground cell, the serving beam and the interference.

The serving beam is searched among the beams around the point. The mean and the variance of the interference while it
is alight come from all beams; the four strongest others are coins, the rest together a gamma distribution. Levels are
float32, one SIMD lane a ground cell; what is kept between steps is integer, but the highest PFD.
`tests/twins/network_twin.py` says the same in plain numpy.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._beam_gain import axes_of, fill_point, flux_of_beam, hear_as_phone, planar_gain
from d2c.coverage.kernels._distribution import count_cell
from d2c.coverage.kernels._network_server import chance_beside, chance_ratio_beside, find_server
from d2c.coverage.kernels._tables import interpolate
from d2c.coverage.kernels.compiling import CALLED, COMPILED, LOOP, kernel
from d2c.coverage.kernels.network_layout import (
    CLOSE2,
    COINS,
    COS_ACROSS,
    COS_ALONG,
    COS_U,
    COS_V,
    COS_W,
    EXPECTED,
    HEARD,
    P_ACROSS,
    P_ALONG,
    POINT_ROWS,
    RECEIVE,
    S_CHANCE2,
    S_FLUX,
    S_LIT2,
    S_MEAN,
    S_SQUARE,
    SAME,
    SIN_ACROSS,
    SIN_ALONG,
    SINE,
    SUM_ROWS,
    TILE,
    TileLevels,
)

_PEAKED = np.float32(2.25)  # mean square of a lobe's gain over the square of its mean: (3/8 / (1/2)^2)^2


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
            ground, position_m, beams, pattern, tables, phones, turn, counted, counters, held, tile
        )


@kernel(**COMPILED)
def _levels_of_tile(ground, position_m, beams, pattern, tables, phones, turn, counted, counters, held, tile):
    first, n = ground.first[tile], ground.first[tile + 1] - ground.first[tile]
    colours = tables.coupling.shape[0]
    work = TileLevels(
        np.zeros((beams.satellites.max(), POINT_ROWS), np.float32),
        np.zeros(SUM_ROWS, np.float32),
        np.empty(TILE, np.int64),
        np.zeros(TILE, np.float32),
        np.zeros(TILE, np.float32),
        np.empty((COINS, TILE), np.int64),
        np.zeros((COINS, TILE), np.float32),
        np.zeros(TILE),
        np.zeros(TILE),
        np.zeros(TILE),
        np.zeros((tables.aggregate.size, TILE)),
        np.zeros((colours, TILE), np.float32),
        np.zeros((colours, TILE), np.float32),
        np.zeros(TILE),
        np.zeros(ground.candidates.shape[1], np.float32),
        np.zeros(COINS),
        np.zeros(tables.gamma.shape[1]),
    )
    points = ground.point_m.shape[0]
    for step in range(position_m.shape[0]):
        for k in range(beams.satellites[step]):
            at = position_m[step, beams.satellite[step, k]]
            axes = axes_of(at)
            for c in range(n):
                p = (turn[step] + first + c) % points
                fill_point(
                    at,
                    axes,
                    ground.point_m[p, first + c],
                    ground.up[p, first + c],
                    pattern,
                    tables,
                    work.points[k],
                    c,
                )
                hear_as_phone(
                    at,
                    ground.point_m[p, first + c],
                    ground.up[p, first + c],
                    ground,
                    phones,
                    turn[step],
                    first + c,
                    work.points[k],
                    c,
                )
        for c in range(n):
            find_server(ground.candidates[first + c], beams, step, pattern, tables, work, c)
        work.mean[:] = 0.0
        work.variance[:] = 0.0
        work.others[:] = 0.0
        work.over_limit[:] = 0.0
        for k in range(beams.satellites[step]):
            _add_beams(beams, step, k, pattern, work)
            _add_far_beams(beams, step, k, pattern, work, n // 2)
            for c in range(n):
                _add_satellite(beams, step, k, pattern, tables, work, c)
        for c in range(n):
            held[step, first + c] = _mean_of_far_beams(beams, step, work, c)
            if counted[step]:
                count_cell(beams, step, tables, work, counters, first + c, c)


@kernel(**CALLED)
def _add_beams(beams, step, k, pattern, work):
    """Add up the beams of the k-th serving satellite, one SIMD lane a cell."""
    row, rows = work.points[k], work.sums
    for c in range(POINT_ROWS):
        rows[c] = row[c]
    for c in range(5 * TILE):
        rows[c + S_MEAN] = np.float32(0.0)
    along, across = np.float32(pattern.along), np.float32(pattern.across)
    per_chord = np.float32(pattern.per_chord)
    colour = np.int64(-1)
    for i in range(beams.first[step, k], beams.first[step, k + 1]):
        of_beam = beams.colour[beams.cell[step, i]]
        if of_beam != colour:
            colour = of_beam
            for c in range(TILE):
                rows[c + HEARD] = work.heard[colour, c]
                rows[c + SAME] = work.same[colour, c]
        q, strength = beams.lit[step, i], beams.strength[step, i]
        u, v, w = beams.aim[step, i, 0], beams.aim[step, i, 1], beams.aim[step, i, 2]
        if pattern.planar:
            a0, b0 = along * u, across * v
            sa, ca = beams.phase[step, i, 0], beams.phase[step, i, 1]
            sb, cb = beams.phase[step, i, 2], beams.phase[step, i, 3]
            for c in range(TILE):
                gain = planar_gain(
                    rows[c + P_ALONG] - a0,
                    rows[c + SIN_ALONG],
                    rows[c + COS_ALONG],
                    sa,
                    ca,
                    rows[c + P_ACROSS] - b0,
                    rows[c + SIN_ACROSS],
                    rows[c + COS_ACROSS],
                    sb,
                    cb,
                )
                _sum_up(strength * gain * rows[c + CLOSE2], q, rows, c)
        else:
            for c in range(TILE):
                x, y, z = rows[c + COS_U] - u, rows[c + COS_V] - v, rows[c + COS_W] - w
                at = np.sqrt(x * x + y * y + z * z) * per_chord
                j = np.int64(at)
                gain = pattern.gain[j] + (at - np.float32(j)) * (pattern.gain[j + 1] - pattern.gain[j])
                _sum_up(strength * gain * rows[c + CLOSE2], q, rows, c)


@kernel(**CALLED)
def _add_far_beams(beams, step, k, pattern, work, middle):
    """Add up a satellite's beams elsewhere, whose side lobes are taken for all cells at the one in the middle.

    Many beams meet the lobes of the pattern at all phases: of a planar array sin^2 is on average 1/2, and its square
    3/8. Each of their colours is as frequent as the others.
    """
    row, rows = work.points[k], work.sums
    q = beams.far_lit[step, k]
    strength, square = np.float32(0.0), np.float32(0.0)
    for i in range(beams.far_first[step, k], beams.far_first[step, k + 1]):
        u, v, w = beams.far_aim[step, i, 0], beams.far_aim[step, i, 1], beams.far_aim[step, i, 2]
        if pattern.planar:
            da = row[middle + P_ALONG] - np.float32(pattern.along) * u
            db = row[middle + P_ACROSS] - np.float32(pattern.across) * v
            gain = np.float32(1.0) / ((1 + 2 * da * da) * (1 + 2 * db * db))
        else:
            x, y, z = row[middle + COS_U] - u, row[middle + COS_V] - v, row[middle + COS_W] - w
            gain = np.float32(interpolate(pattern.gain, np.sqrt(x * x + y * y + z * z) * pattern.per_chord))
        one = beams.far_strength[step, i] * gain
        strength += q * beams.far_number[step, i] * one
        square += q * beams.far_number[step, i] * one * one * _PEAKED
    colours = np.float32(work.heard.shape[0])
    for c in range(TILE):
        heard, heard2, same = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for colour in range(work.heard.shape[0]):
            heard += work.heard[colour, c] / colours
            heard2 += work.heard[colour, c] * work.heard[colour, c] / colours
            same += work.same[colour, c] / colours
        flux, flux2 = strength * rows[c + CLOSE2], square * rows[c + CLOSE2] * rows[c + CLOSE2]
        rows[c + S_MEAN] += flux * heard
        rows[c + S_SQUARE] += flux2 * heard2
        rows[c + S_LIT2] += q * flux2 * heard2
        rows[c + S_CHANCE2] += q * flux * heard
        rows[c + S_FLUX] += flux * same


@kernel(**LOOP)
def _sum_up(flux, q, rows, c):
    lit = q * flux
    heard = flux * rows[c + HEARD]
    heard_lit = q * heard
    rows[c + S_MEAN] += heard_lit
    rows[c + S_SQUARE] += heard_lit * heard
    rows[c + S_LIT2] += heard_lit * heard_lit
    rows[c + S_CHANCE2] += heard_lit * q
    rows[c + S_FLUX] += lit * rows[c + SAME]


@kernel(**CALLED)
def _add_satellite(beams, step, k, pattern, tables, work, c):
    """Add mean and variance of a satellite's beams to the interference at a cell, its server and coins left out.

    With fewer beams than cells that ask, always as many are alight: another beam of the server's own satellite is so
    with the chance q (N - 1) / (N - q), and the variance is that of a draw of a fixed number (Hajek's approximation).
    """
    sums = work.sums
    mean, square, lit2 = (
        np.float64(sums[c + S_MEAN]),
        np.float64(sums[c + S_SQUARE]),
        np.float64(sums[c + S_LIT2]),
    )
    chance2 = np.float64(sums[c + S_CHANCE2])
    first, end = beams.first[step, k], beams.first[step, k + 1]
    spare = beams.spare[step, k]
    receive = np.float64(work.points[k, c + RECEIVE])
    server = work.server[c]
    own = server >= first and server < end
    flux = np.float64(sums[c + S_FLUX])
    if own:
        flux -= np.float64(beams.lit[step, server]) * work.flux[c]
        mean, square, lit2, chance2 = _without(
            beams.lit[step, server], work.flux[c], mean, square, lit2, chance2
        )
    if server >= 0:
        cell = beams.cell[step, server]
        for j in range(tables.isolated.shape[1]):
            other = tables.isolated[cell, j]
            i = beams.slot[step, other] if other >= 0 else np.int64(-1)
            if i >= first and i < end:
                away = np.float64(flux_of_beam(beams, step, i, pattern, work.points[k], c))
                flux -= np.float64(beams.lit[step, i]) * away
                mean, square, lit2, chance2 = _without(beams.lit[step, i], away, mean, square, lit2, chance2)
    if receive > 0:
        for j in range(COINS):
            i = work.coins[j, c]
            if i >= first and i < end:
                mean, square, lit2, chance2 = _without(
                    beams.lit[step, i], work.coin_level[j, c] / receive, mean, square, lit2, chance2
                )
    scale = chance_ratio_beside(beams, step, server) if own else 1.0
    mean, square, lit2, chance2 = scale * mean, scale * square, scale * scale * lit2, scale * scale * chance2
    variance = max(square - lit2, 0.0)
    if beams.few[step, k] and spare > 0 and end - first > 1:
        variance = max(variance - (mean - chance2) ** 2 / spare, 0.0)
    work.mean[c] += mean * receive
    work.far[c] += mean * receive * np.float64(work.points[k, c + EXPECTED])
    work.variance[c] += variance * receive * receive
    _add_flux(
        tables, work, np.float64(work.points[k, c + SINE]), max(flux, 0.0) + (work.flux[c] if own else 0.0), c
    )


@kernel(**LOOP)
def _without(q, flux, mean, square, lit2, chance2):
    """Return the four sums without one beam."""
    chance, lit = np.float64(q), np.float64(q) * np.float64(flux)
    return (
        max(mean - lit, 0.0),
        max(square - lit * flux, 0.0),
        max(lit2 - lit * lit, 0.0),
        max(chance2 - chance * lit, 0.0),
    )


@kernel(**CALLED)
def _add_flux(tables, work, sine, flux, c):
    """Add a satellite's PFD to that of the others, and compare it with the limits."""
    work.others[c] += flux
    for limit in range(tables.aggregate.size):
        over = flux / interpolate(tables.allowed[limit], min(sine, 1.0) * (tables.allowed.shape[1] - 2))
        before = work.over_limit[limit, c]
        work.over_limit[limit, c] = before + over if tables.aggregate[limit] else max(before, over)


@kernel(**CALLED)
def _mean_of_far_beams(beams, step, work, c):
    """Return the mean interference over noise of all beams but those around the cell, to an average phone."""
    total, server = work.far[c], work.server[c]
    if server >= 0:
        for j in range(COINS):
            i = work.coins[j, c]
            if i >= 0:
                average = np.float64(work.points[beams.serving[step, i], c + EXPECTED])
                total += chance_beside(beams, step, server, i) * work.coin_level[j, c] * average
    return np.float32(max(total, 0.0))

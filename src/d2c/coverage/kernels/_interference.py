"""The compiled loops of a network's levels: at a point of each ground cell, the serving beam and the interference.

The serving beam is searched among the beams around the point. The mean and the variance of the interference while it
is alight come from all beams; the four strongest others are coins, the rest together a gamma distribution. Levels are
float32, one SIMD lane a ground cell; what is kept between steps is integer, but the highest PFD.
`tests/twins/network_twin.py` says the same in plain numpy.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from d2c.coverage.kernels._association import axes_of, direction_to
from d2c.coverage.kernels._tables import interpolate, look_up
from d2c.coverage.kernels.compiling import CALLED, COMPILED, LOOP, kernel
from d2c.coverage.kernels.layout import C_N_BY_ELEVATION

TILE = 64  # ground cells processed together
COINS = 4  # strongest interferers that are played as coins
UNITS = 1 << 16  # of a histogram for one step
SHARE_UNITS = 1 << 20  # of a share of time
# Rows of a tile's float32 values for one satellite: phases of the point along and across the array with their sines
# and cosines (a planar array), or its direction cosines (other patterns); 1 / range^2 with the element's gain; C/N
# per PFD.
P_ALONG, P_ACROSS, SIN_ALONG, COS_ALONG, SIN_ACROSS, COS_ACROSS = (k * TILE for k in range(6))
COS_U, COS_V, COS_W = 0, TILE, 2 * TILE
CLOSE2, RECEIVE, SINE = 6 * TILE, 7 * TILE, 8 * TILE
POINT_ROWS = 9 * TILE
# Behind a copy of these, the rows of sums over the beams of one satellite, of flux F lit with the chance q, where it
# is heard by the server's colour: q F, q F^2, (q F)^2, q^2 F, and q F of all beams of the same frequency; then how
# the colour of the beam at hand is heard, and whether its frequency is the same. In one array, rows at constant
# distances, so that the compiler can fill the lanes.
S_MEAN, S_SQUARE, S_LIT2, S_CHANCE2, S_FLUX, HEARD, SAME = (POINT_ROWS + k * TILE for k in range(7))
SUM_ROWS = POINT_ROWS + 7 * TILE
_STRAIGHT = np.float32(0.0025)  # for x^2 below, sin^2 x is x^2 - x^4 / 3 to 3e-7 of it
_THIRD, _LEAST = np.float32(1.0 / 3.0), np.float32(1e-12)


class GroundPoints(NamedTuple):
    """G ground cells in K tiles of neighbours, with P points each.

    first (K + 1,) int64; centre_m, centre_up (G, 3), point_m, up (P, G, 3) float64; candidates (G, N) int64: the beam
    cells around each, -1 for none.
    """

    first: np.ndarray
    centre_m: np.ndarray
    centre_up: np.ndarray
    point_m: np.ndarray
    up: np.ndarray
    candidates: np.ndarray


class LevelTables(NamedTuple):
    """What happens to a beam's power on its way, and how levels are counted.

    table (4, M + 2) float64: rows of `LinkCurves`, down to the lowest elevation at which a phone hears. sin_heard:
    its sine. coupling, same (C, C) float32: share of a colour's power (column) that another hears, and whether both
    have one frequency. isolated (B, N) int64: cells whose beams are never alight with that of a cell, -1 for none.
    least_c_n, least_c_in: C/N and C/(I+N), at the mean interference, that a phone needs to camp. activity: share of
    its resource elements that a beam alight sends. gamma (R, Q): quantiles of a gamma distribution of mean 1, by the
    log2 of its shape from gamma_low in steps of 1 / gamma_per. c_n_low_db, c_in_low_db, c_i_low_db: lower
    edges of the first bins; bins_per_db; log2 (6,) float32: polynomial of LinkCurves. allowed (L, M + 2): PFD in
    W/m2/MHz by the sine of the elevation k / M; aggregate (L,) bool: of all satellites together, else of the strongest
    one.
    """

    table: np.ndarray
    sin_heard: float
    coupling: np.ndarray
    same: np.ndarray
    isolated: np.ndarray
    least_c_n: float
    least_c_in: float
    activity: float
    gamma: np.ndarray
    gamma_low: float
    gamma_per: float
    c_n_low_db: float
    c_in_low_db: float
    c_i_low_db: float
    bins_per_db: float
    log2: np.ndarray
    allowed: np.ndarray
    aggregate: np.ndarray


class NetworkCounters(NamedTuple):
    """Counters of G ground cells over the level steps of a window; all zero before.

    camped (G,) int32: steps with a beam to camp on; c_n_bins (G, B) int32; c_in_bins, data_bins, c_i_bins (G, B)
    int64: C/(I+N) with all interferers sending, with their activity, and C/I, in UNITS a step; share_sum, lit_sum
    (G,) int64: of the serving beam, in SHARE_UNITS; pfd_max (G,), pfd_over_limit (L, G) float64: highest PFD of the
    serving beam and the mean of the others of its frequency, in W/m2/MHz and over what a limit allows.
    """

    camped: np.ndarray
    c_n_bins: np.ndarray
    c_in_bins: np.ndarray
    data_bins: np.ndarray
    c_i_bins: np.ndarray
    share_sum: np.ndarray
    lit_sum: np.ndarray
    pfd_max: np.ndarray
    pfd_over_limit: np.ndarray


class TileLevels(NamedTuple):
    """Working memory of one tile at one step, for up to S serving satellites.

    points (S, POINT_ROWS), sums (SUM_ROWS,) float32; of each cell (TILE,): server int64, the index of its beam, -1 for
    none; level, flux float32: its C/N and PFD; coins int64 and coin_level (COINS, TILE)
    float32: the strongest others; mean, variance, others float64: of interference over noise without coins,
    and the PFD of all beams; over_limit (L, TILE); heard, same (C, TILE) float32: coupling of each colour to the
    server's. Of the cell at hand: chance (COINS,), rest (Q,): that each coin is alight, and quantiles of the rest.
    """

    points: np.ndarray
    sums: np.ndarray
    server: np.ndarray
    level: np.ndarray
    flux: np.ndarray
    coins: np.ndarray
    coin_level: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    others: np.ndarray
    over_limit: np.ndarray
    heard: np.ndarray
    same: np.ndarray
    chance: np.ndarray
    rest: np.ndarray


@kernel(parallel=True, **COMPILED)
def accumulate_levels(ground, position_m, beams, pattern, tables, turn, counted, counters, held):
    """Count the levels of some steps; position_m (T, S, 3).

    turn (T,) int64: the point of each cell is number turn + its own number, modulo P; counted (T,) bool: whether the
    step is counted. held (T, G) float32: the mean interference over noise, with the serving beam's own share in it.
    """
    for tile in prange(ground.first.size - 1):
        _levels_of_tile(ground, position_m, beams, pattern, tables, turn, counted, counters, held, tile)


@kernel(**COMPILED)
def _levels_of_tile(ground, position_m, beams, pattern, tables, turn, counted, counters, held, tile):
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
        for c in range(n):
            _find_server(ground.candidates[first + c], beams, step, pattern, tables, work, c)
        work.mean[:] = 0.0
        work.variance[:] = 0.0
        work.others[:] = 0.0
        work.over_limit[:] = 0.0
        for k in range(beams.satellites[step]):
            _add_beams(beams, step, k, pattern, work)
            for c in range(n):
                _add_satellite(beams, step, k, pattern, tables, work, c)
        for c in range(n):
            held[step, first + c] = _mean_with_own(beams, step, work, c)
            if counted[step]:
                _count_cell(beams, step, tables, work, counters, first + c, c)


@kernel(**CALLED)
def fill_point(at, axes, place_m, up, pattern, tables, row, c):
    """Fill the rows of one point, as a satellite sees it."""
    u, v, w, distance = direction_to(at, axes, place_m)
    sine = (
        (at[0] - place_m[0]) * up[0] + (at[1] - place_m[1]) * up[1] + (at[2] - place_m[2]) * up[2]
    ) / distance
    row[c + SINE] = max(sine, 0.0)
    row[c + CLOSE2] = 1.0 / (distance * distance) if sine > 0 else 0.0
    row[c + RECEIVE] = look_up(tables.table[C_N_BY_ELEVATION], sine) if sine >= tables.sin_heard else 0.0
    if pattern.planar:
        row[c + CLOSE2] *= max(w, 0.0) ** pattern.exponent
        a, b = pattern.along * u, pattern.across * v
        row[c + P_ALONG], row[c + P_ACROSS] = a, b
        row[c + SIN_ALONG], row[c + COS_ALONG] = np.sin(a), np.cos(a)
        row[c + SIN_ACROSS], row[c + COS_ACROSS] = np.sin(b), np.cos(b)
    else:
        row[c + COS_U], row[c + COS_V], row[c + COS_W] = u, v, w


@kernel(**LOOP)
def _planar_gain(da, sa, ca, sa0, ca0, db, sb, cb, sb0, cb0):
    """Return the gain of a planar array by the differences of both phases, from their sines and cosines.

    (sin a / a)^2 (sin b / b)^2 in one division without a branch; near zero the square of a sine is its series.
    """
    na, nb = sa * ca0 - ca * sa0, sb * cb0 - cb * sb0
    da2, db2 = da * da, db * db
    na2 = na * na if da2 > _STRAIGHT else da2 - da2 * da2 * _THIRD
    nb2 = nb * nb if db2 > _STRAIGHT else db2 - db2 * db2 * _THIRD
    return (na2 + _LEAST) * (nb2 + _LEAST) / ((da2 + _LEAST) * (db2 + _LEAST))


@kernel(**CALLED)
def flux_of_beam(beams, step, i, pattern, row, c):
    """Return the PFD of a beam at a point whose rows are filled, in W/m2/MHz."""
    if pattern.planar:
        u, v = beams.aim[step, i, 0], beams.aim[step, i, 1]
        phase = beams.phase[step, i]
        gain = _planar_gain(
            row[c + P_ALONG] - np.float32(pattern.along * u),
            row[c + SIN_ALONG],
            row[c + COS_ALONG],
            phase[0],
            phase[1],
            row[c + P_ACROSS] - np.float32(pattern.across * v),
            row[c + SIN_ACROSS],
            row[c + COS_ACROSS],
            phase[2],
            phase[3],
        )
    else:
        gain = interpolate(pattern.gain, chord_to(beams, step, i, row, c) * pattern.per_chord)
    return np.float32(beams.strength[step, i] * gain * row[c + CLOSE2])


@kernel(**CALLED)
def chord_to(beams, step, i, row, c):
    """Return the chord between the unit vectors to a point and along a beam's axis."""
    x = row[c + COS_U] - beams.aim[step, i, 0]
    y = row[c + COS_V] - beams.aim[step, i, 1]
    z = row[c + COS_W] - beams.aim[step, i, 2]
    return np.sqrt(x * x + y * y + z * z)


@kernel(**CALLED)
def _find_server(candidates, beams, step, pattern, tables, work, c):
    """Find the strongest beam at a point, and the strongest others that are heard in its colour."""
    best, level, flux = np.int64(-1), np.float32(0.0), np.float32(0.0)
    for j in range(candidates.size):
        i = beams.slot[step, candidates[j]] if candidates[j] >= 0 else np.int64(-1)
        if i < 0:
            continue
        row = work.points[beams.serving[step, i]]
        if row[c + RECEIVE] <= 0:
            continue
        here = flux_of_beam(beams, step, i, pattern, row, c)
        if here * row[c + RECEIVE] > level:
            best, level, flux = i, here * row[c + RECEIVE], here
    work.server[c], work.level[c], work.flux[c] = best, level, flux
    work.coins[:, c] = -1
    work.coin_level[:, c] = 0.0
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
        i = beams.slot[step, candidates[j]] if candidates[j] >= 0 else np.int64(-1)
        if i < 0 or i == best or work.heard[beams.colour[candidates[j]], c] <= 0:
            continue
        if _is_isolated(tables.isolated, cell, candidates[j]):
            continue
        row = work.points[beams.serving[step, i]]
        here = flux_of_beam(beams, step, i, pattern, row, c) * row[c + RECEIVE]
        here *= work.heard[beams.colour[candidates[j]], c]
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
def _is_isolated(isolated, cell, other):
    found = False
    for k in range(isolated.shape[1]):
        found |= isolated[cell, k] == other
    return found


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
                gain = _planar_gain(
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
    scale = 1.0
    if beams.few[step, k] and own:
        alight = beams.alight[step, k]
        scale = max(alight - 1.0, 0.0) / max(alight - beams.lit[step, server], 1e-9)
    mean, square, lit2, chance2 = scale * mean, scale * square, scale * scale * lit2, scale * scale * chance2
    variance = max(square - lit2, 0.0)
    if beams.few[step, k] and spare > 0 and end - first > 1:
        variance = max(variance - (mean - chance2) ** 2 / spare, 0.0)
    work.mean[c] += mean * receive
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
def _mean_with_own(beams, step, work, c):
    """Return the mean interference over noise, with what the server itself adds to it while others are served."""
    total, server = work.mean[c], work.server[c]
    if server >= 0:
        for j in range(COINS):
            if work.coins[j, c] >= 0:
                total += chance_beside(beams, step, server, work.coins[j, c]) * work.coin_level[j, c]
        total += np.float64(beams.lit[step, server]) * work.level[c]
    return np.float32(total)


@kernel(**CALLED)
def _count_cell(beams, step, tables, work, counters, g, c):
    """Count the levels of one cell at one step."""
    counters.pfd_max[g] = max(counters.pfd_max[g], work.others[c])
    for limit in range(tables.aggregate.size):
        counters.pfd_over_limit[limit, g] = max(counters.pfd_over_limit[limit, g], work.over_limit[limit, c])
    server, level = work.server[c], np.float64(work.level[c])
    if server < 0 or level < tables.least_c_n:
        return
    chance, mean = work.chance, work.mean[c]
    for j in range(COINS):
        chance[j] = 0.0
        if work.coins[j, c] >= 0:
            chance[j] = chance_beside(beams, step, server, work.coins[j, c])
            mean += chance[j] * work.coin_level[j, c]
    if level < tables.least_c_in * (1.0 + mean):
        return
    per_db = tables.bins_per_db
    counters.camped[g] += 1
    counters.c_n_bins[
        g, _bin(10 * np.log10(level), tables.c_n_low_db, per_db, counters.c_n_bins.shape[1])
    ] += 1
    counters.share_sum[g] += np.int64(beams.share[step, server] * SHARE_UNITS + 0.5)
    counters.lit_sum[g] += np.int64(beams.lit[step, server] * SHARE_UNITS + 0.5)
    _count_distribution(tables, work, counters, level, g, c)


@kernel(**CALLED)
def chance_beside(beams, step, server, other):
    """Return the chance that a beam is alight while the server is."""
    q = np.float64(beams.lit[step, other])
    k = beams.serving[step, server]
    if beams.serving[step, other] == k and beams.few[step, k]:
        alight = beams.alight[step, k]
        q = min(q * max(alight - 1.0, 0.0) / max(alight - beams.lit[step, server], 1e-9), 1.0)
    return q


@kernel(**CALLED)
def _count_distribution(tables, work, counters, level, g, c):
    """Count C/(I+N) and C/I over what the coins and the gamma distribution of the rest may be."""
    rest, chance = work.rest, work.chance
    _quantiles(tables, work.mean[c], work.variance[c], rest)
    per_db = tables.bins_per_db
    for outcome in range(1 << COINS):
        probability, coins = 1.0, 0.0
        for j in range(COINS):
            up = (outcome >> j) & 1
            probability *= chance[j] if up else 1.0 - chance[j]
            coins += work.coin_level[j, c] if up else 0.0
        units = np.int64(probability * UNITS / rest.size + 0.5)
        if units == 0:
            continue
        for k in range(rest.size):
            interference = coins + rest[k]
            c_in_db = _decibels(level / (1.0 + interference), tables.log2)
            data_db = _decibels(level / (1.0 + tables.activity * interference), tables.log2)
            c_i_db = _decibels(level / max(interference, 1e-30), tables.log2)
            counters.c_in_bins[g, _bin(c_in_db, tables.c_in_low_db, per_db, counters.c_in_bins.shape[1])] += (
                units
            )
            counters.data_bins[g, _bin(data_db, tables.c_in_low_db, per_db, counters.data_bins.shape[1])] += (
                units
            )
            counters.c_i_bins[g, _bin(c_i_db, tables.c_i_low_db, per_db, counters.c_i_bins.shape[1])] += units


@kernel(**LOOP)
def _decibels(ratio, a):
    """Return a positive ratio in decibels to 1e-4 dB, by a polynomial of its mantissa."""
    bits = np.float32(ratio).view(np.int32)
    x = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)).view(np.float32)
    log2 = ((((a[0] * x + a[1]) * x + a[2]) * x + a[3]) * x + a[4]) * x + a[5]
    return np.float32(3.0102999566) * (np.float32(np.int32(bits >> np.int32(23)) - np.int32(127)) + log2)


@kernel(**CALLED)
def _quantiles(tables, mean, variance, values):
    """Fill values (Q,) with quantiles of the gamma distribution of a mean and a variance."""
    if mean <= 0 or variance <= 1e-12 * mean * mean:
        values[:] = mean
        return
    at = (np.log2(mean * mean / variance) - tables.gamma_low) * tables.gamma_per
    at = min(max(at, 0.0), tables.gamma.shape[0] - 1.001)
    i = np.int64(at)
    for k in range(values.size):
        values[k] = mean * (tables.gamma[i, k] + (at - i) * (tables.gamma[i + 1, k] - tables.gamma[i, k]))


@kernel(**CALLED)
def _bin(level_db, low_db, per_db, bins):
    return min(max(np.int64(np.floor((level_db - low_db) * per_db)), 0), bins - 1)

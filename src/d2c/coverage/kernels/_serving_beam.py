"""The compiled loops of a network's services: at each time step the serving beam of each ground cell, and its margins.

The mean interference is that of the beams around the cell at the time step, and of all others at the level step before.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._beam_gain import axes_of, chord_to, fill_point, flux_of_beam
from d2c.coverage.kernels._network_server import chance_beside, is_isolated
from d2c.coverage.kernels._tables import interpolate, look_up
from d2c.coverage.kernels.compiling import COMPILED, PLAIN, kernel
from d2c.coverage.kernels.layout import NO_MARGIN_DB, UPLINK_BY_ELEVATION
from d2c.coverage.kernels.network_layout import CLOSE2, P_ACROSS, P_ALONG, POINT_ROWS, RECEIVE, SINE


@kernel(parallel=True, **COMPILED)
def serve(
    ground,
    position_m,
    beams,
    pattern,
    tables,
    needs,
    level_step,
    held,
    compared,
    counted,
    handovers,
    margin_db,
):
    """Fill the margins of some steps; position_m (T, S, 3), in the centre of each cell.

    level_step (T,) int64: row of `held` (L, G) of each step; compared (T,) bool: whether handovers are counted from the
    compared step before; counted (T,) bool: whether the step belongs to the window. margin_db (V, T, G) float32: the
    middle of the margin's histogram bin, so that rounding moves no sample to another bin or over zero, which is an
    edge; NO_MARGIN_DB without a beam to camp on.
    """
    for tile in prange(ground.first.size - 1):
        _serve_tile(
            ground, position_m, beams, pattern, tables, needs, level_step, held, compared, counted, handovers,
            margin_db, tile,
        )  # fmt: skip


@kernel(**COMPILED)
def _serve_tile(
    ground,
    position_m,
    beams,
    pattern,
    tables,
    needs,
    level_step,
    held,
    compared,
    counted,
    handovers,
    margin_db,
    tile,
):
    first, n = ground.first[tile], ground.first[tile + 1] - ground.first[tile]
    rows = np.zeros((beams.satellites.max(), POINT_ROWS), np.float32)
    around = np.zeros(ground.candidates.shape[1])  # C/N of the beams around a cell
    for step in range(position_m.shape[0]):
        for c in range(n):
            g = first + c
            server, level = _strongest(
                ground, position_m[step], beams, step, pattern, tables, rows, around, g, c
            )
            if compared[step]:
                _count_handover(
                    beams, step, pattern, tables, rows, needs, server, level, handovers, counted[step], g, c
                )
            if not counted[step]:
                continue
            if server < 0 or level < tables.least_c_n:
                margin_db[:, step, g] = NO_MARGIN_DB
                continue
            interference = np.float64(held[level_step[step], g]) + _near_interference(
                ground.candidates[g], beams, step, server, tables, around
            )
            if level < tables.least_c_in * (1.0 + interference):
                margin_db[:, step, g] = NO_MARGIN_DB
                continue
            down_db = 10 * np.log10(level / (1.0 + tables.activity * interference))
            up_db = 10 * np.log10(_uplink(beams, step, server, pattern, tables, needs, rows, c))
            for service in range(needs.down_db.size):
                margin = min(down_db - needs.down_db[service], up_db - needs.up_db[service])
                low_db = needs.margin_low_db[service]
                k = np.int64(np.floor((min(margin, 1e6) - low_db) * needs.bins_per_db))
                k = min(max(k, np.int64(0)), needs.margin_bins - 1)
                margin_db[service, step, g] = low_db + (k + 0.5) / needs.bins_per_db


@kernel(**PLAIN)
def _strongest(ground, position_m, beams, step, pattern, tables, rows, around, g, c):
    """Return the strongest beam at the centre of a cell, -1 for none, and its C/N."""
    best, level = np.int64(-1), 0.0
    for k in range(beams.satellites[step]):
        rows[k, c + RECEIVE] = -1.0  # not looked at yet
    for j in range(ground.candidates.shape[1]):
        around[j] = 0.0
        b = ground.candidates[g, j]
        i = beams.slot[step, b] if b >= 0 else np.int64(-1)
        if i < 0 or beams.lit[step, i] <= 0:
            continue
        k = beams.serving[step, i]
        if rows[k, c + RECEIVE] < 0:
            at = position_m[beams.satellite[step, k]]
            fill_point(at, axes_of(at), ground.centre_m[g], ground.centre_up[g], pattern, tables, rows[k], c)
        around[j] = np.float64(flux_of_beam(beams, step, i, pattern, rows[k], c)) * rows[k, c + RECEIVE]
        if around[j] > level:
            best, level = i, around[j]
    return best, level


@kernel(**PLAIN)
def _near_interference(candidates, beams, step, server, tables, around):
    """Return the mean interference over noise of the beams around a cell while its server is alight."""
    cell, total = beams.cell[step, server], 0.0
    for j in range(candidates.size):
        b = candidates[j]
        if around[j] <= 0 or b == cell or is_isolated(tables.isolated, cell, b):
            continue
        heard = tables.coupling[beams.colour[cell], beams.colour[b]]
        total += chance_beside(beams, step, server, beams.slot[step, b]) * around[j] * heard
    return total


@kernel(**PLAIN)
def _count_handover(beams, step, pattern, tables, rows, needs, server, level, handovers, counted, g, c):
    """Count a handover if the beam of the compared step before is gone or weaker by the hysteresis."""
    before, satellite = handovers.cell[g], handovers.satellite[g]
    camped = server >= 0 and level >= tables.least_c_n
    if counted and before >= 0 and camped:
        i = beams.slot[step, before]
        same = i >= 0 and beams.satellite[step, beams.serving[step, i]] == satellite
        if same and rows[beams.serving[step, i], c + RECEIVE] >= 0:
            row = rows[beams.serving[step, i]]
            kept = np.float64(flux_of_beam(beams, step, i, pattern, row, c)) * row[c + RECEIVE]
            same = level <= kept * needs.hysteresis
        else:
            same = False
        if not same:
            handovers.number[g] += 1
    handovers.cell[g] = beams.cell[step, server] if camped else -1
    handovers.satellite[g] = beams.satellite[step, beams.serving[step, server]] if camped else -1


@kernel(**PLAIN)
def _uplink(beams, step, i, pattern, tables, needs, rows, c):
    """Return the uplink's C/N at the serving beam."""
    row = rows[beams.serving[step, i]]
    if pattern.planar:
        along = pattern.up_ratio * (row[c + P_ALONG] - np.float32(pattern.along * beams.aim[step, i, 0]))
        across = pattern.up_ratio * (row[c + P_ACROSS] - np.float32(pattern.across * beams.aim[step, i, 1]))
        gain = (_sinc(along) * _sinc(across)) ** 2
    else:
        gain = np.float64(interpolate(pattern.gain_up, chord_to(beams, step, i, row, c) * pattern.per_chord))
    hear = look_up(tables.table[UPLINK_BY_ELEVATION], np.float64(row[c + SINE])) / needs.noise_rise
    return max(beams.send[step, i] * gain * row[c + CLOSE2] * hear, 1e-30)


@kernel(**PLAIN)
def _sinc(x):
    return np.sin(x) / x if abs(x) > 1e-6 else 1.0

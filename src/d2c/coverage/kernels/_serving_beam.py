"""The compiled loops of a network's services: at each time step the serving beam of each phone, and its margins.

All beams of a satellite reach a phone over the same obstacles, so that of each satellite only the strongest beam can
serve. The mean interference is that of the beams around the cell at the time step, and of all others at the level step
before.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._beam_gain import axes_of, fill_point, flux_of_beam
from d2c.coverage.kernels._phone_margins import serve_phones
from d2c.coverage.kernels._phones import place_in_tables
from d2c.coverage.kernels.compiling import COMPILED, PLAIN, kernel
from d2c.coverage.kernels.network_layout import POINT_ROWS, RECEIVE, SINE, BeamsAround


@kernel(parallel=True, **COMPILED)
def serve(
    ground,
    position_m,
    beams,
    pattern,
    tables,
    phones,
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
    compared step before; counted (T,) bool: whether the step belongs to the window. margin_db (V, P, T, G) float32 of
    each phone: the middle of the margin's histogram bin, so that rounding moves no sample to another bin or over zero,
    which is an edge; NO_MARGIN_DB without a beam to camp on.
    """
    for tile in prange(ground.first.size - 1):
        _serve_tile(
            ground, position_m, beams, pattern, tables, phones, needs, level_step, held, compared, counted, handovers,
            margin_db, tile,
        )  # fmt: skip


@kernel(**COMPILED)
def _serve_tile(
    ground,
    position_m,
    beams,
    pattern,
    tables,
    phones,
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
    most, size = beams.satellites.max(), ground.candidates.shape[1]
    rows = np.zeros((most, POINT_ROWS), np.float32)
    number = margin_db.shape[1]
    whole, ratio = np.zeros((5, size), np.int64), np.zeros((2, size))
    of_best, of_phones = np.zeros((3, size), np.float32), np.zeros((6, number), np.float32)
    work = BeamsAround(
        ratio[0], np.full(most, -1), whole[0], whole[1], ratio[1], np.zeros((size, tables.coupling.shape[0])),
        whole[2], whole[3], whole[4], np.zeros(size, np.bool_), np.zeros((size, size), np.float32),
        of_best[0], of_best[1], of_best[2], np.ones((size, number), np.float32), np.zeros(number, np.int64),
        of_phones[0], of_phones[1], of_phones[2], of_phones[3], of_phones[4], of_phones[5],
    )  # fmt: skip
    for step in range(position_m.shape[0]):
        for c in range(n):
            g = first + c
            satellites = _look_around(
                ground, position_m[step], beams, step, pattern, tables, phones, rows, work, g, c
            )
            if compared[step]:
                server, level = _strongest(work, satellites)
                _count_handover(
                    beams,
                    step,
                    pattern,
                    tables,
                    rows,
                    work,
                    needs,
                    server,
                    level,
                    handovers,
                    counted[step],
                    g,
                    c,
                )
            if counted[step]:
                serve_phones(
                    ground.candidates[g], beams, step, pattern, tables, phones, needs, rows, work, satellites,
                    held[level_step[step], g], margin_db[:, :, step, g], c,
                )  # fmt: skip


@kernel(**PLAIN)
def _look_around(ground, position_m, beams, step, pattern, tables, phones, rows, work, g, c):
    """Fill the levels of the beams around a cell in the open, and what their satellites have; return how many."""
    for k in range(beams.satellites[step]):
        work.place[k] = -1
    found = 0
    for j in range(ground.candidates.shape[1]):
        work.level[j] = 0.0
        b = ground.candidates[g, j]
        i = beams.slot[step, b] if b >= 0 else np.int64(-1)
        if i < 0 or beams.lit[step, i] <= 0:
            continue
        k = beams.serving[step, i]
        at = work.place[k]
        if at < 0:
            at = found
            found += 1
            work.place[k] = at
            _begin_satellite(
                ground, position_m, beams, step, pattern, tables, phones, rows, work, k, at, g, c
            )
        work.level[j] = np.float64(flux_of_beam(beams, step, i, pattern, rows[k], c)) * rows[k, c + RECEIVE]
        work.sum[at, beams.colour[b]] += np.float64(beams.lit[step, i]) * work.level[j]
        if work.level[j] > work.best_level[at]:
            work.best[at], work.best_level[at] = i, work.level[j]
    return found


@kernel(**PLAIN)
def _begin_satellite(ground, position_m, beams, step, pattern, tables, phones, rows, work, k, at, g, c):
    """Look at a satellite from a cell for the first time at a step."""
    satellite_m, place_m, up = position_m[beams.satellite[step, k]], ground.centre_m[g], ground.centre_up[g]
    fill_point(satellite_m, axes_of(satellite_m), place_m, up, pattern, tables, rows[k], c)
    work.serving[at], work.best[at], work.best_level[at] = k, -1, 0.0
    work.sum[at] = 0.0
    if phones.number:
        work.around[at], work.high[at], work.elevation[at] = place_in_tables(
            phones, ground.variant[g], ground.turn[g], satellite_m, place_m, up, rows[k, c + SINE]
        )


@kernel(**PLAIN)
def _strongest(work, satellites):
    """Return the strongest beam at a cell in the open, -1 for none, and its C/N."""
    best, level = np.int64(-1), 0.0
    for at in range(satellites):
        if work.best_level[at] > level:
            best, level = work.best[at], work.best_level[at]
    return best, level


@kernel(**PLAIN)
def _count_handover(beams, step, pattern, tables, rows, work, needs, server, level, handovers, counted, g, c):
    """Count a handover if the beam of the compared step before is gone or weaker by the hysteresis."""
    before, satellite = handovers.cell[g], handovers.satellite[g]
    camped = server >= 0 and level >= tables.least_c_n
    if counted and before >= 0 and camped:
        i = beams.slot[step, before]
        same = i >= 0 and beams.satellite[step, beams.serving[step, i]] == satellite
        if same and work.place[beams.serving[step, i]] >= 0:
            row = rows[beams.serving[step, i]]
            kept = np.float64(flux_of_beam(beams, step, i, pattern, row, c)) * row[c + RECEIVE]
            same = level <= kept * needs.hysteresis
        else:
            same = False
        if not same:
            handovers.number[g] += 1
    handovers.cell[g] = beams.cell[step, server] if camped else -1
    handovers.satellite[g] = beams.satellite[step, beams.serving[step, server]] if camped else -1

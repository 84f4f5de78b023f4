"""The compiled loops of a network's services: at each time step the serving beam of each phone, and its margins.

All beams of a satellite reach a phone over the same obstacles, so that of each satellite only the strongest beam can
serve. The mean interference is that of the beams around the cell at the time step, and of all others at the level step
before.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._beam_gain import axes_of, chord_to, fill_point, flux_of_beam
from d2c.coverage.kernels._distribution import decibels
from d2c.coverage.kernels._network_server import chance_beside, chance_ratio_beside, is_isolated
from d2c.coverage.kernels._phones import phone_gain, place_in_tables
from d2c.coverage.kernels._tables import interpolate, look_up
from d2c.coverage.kernels.compiling import COMPILED, PLAIN, kernel
from d2c.coverage.kernels.layout import NO_MARGIN_DB, UPLINK_BY_ELEVATION
from d2c.coverage.kernels.network_layout import (
    CLOSE2,
    P_ACROSS,
    P_ALONG,
    POINT_ROWS,
    RECEIVE,
    SINE,
    BeamsAround,
)


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
    whole, ratio = np.zeros((5, size), np.int64), np.zeros((5, size))
    work = BeamsAround(
        ratio[0], np.full(most, -1), whole[0], whole[1], ratio[1], ratio[2],
        np.zeros((size, tables.coupling.shape[0])), whole[2], whole[3], whole[4], ratio[3], ratio[4],
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
                for phone in range(margin_db.shape[1]):
                    _serve_phone(
                        ground, beams, step, pattern, tables, phones, needs, rows, work, satellites,
                        np.float64(held[level_step[step], g]), phone, margin_db[:, phone, step, g], g, c,
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
    work.up_db[at] = np.nan
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
def _serve_phone(
    ground, beams, step, pattern, tables, phones, needs, rows, work, satellites, held, phone, margin_db, g, c
):
    """Fill the margins of one phone, (V,)."""
    here, level, posture = np.int64(-1), 0.0, 1.0
    for at in range(satellites):
        gain = 1.0
        if phones.number:
            gain = np.float64(phone_gain(phones, phone, work.around[at], work.high[at], work.elevation[at]))
        work.gain[at] = gain
        if work.best_level[at] * gain > level:
            here, level = np.int64(at), work.best_level[at] * gain
    margin_db[:] = NO_MARGIN_DB
    if here < 0 or level < tables.least_c_n:
        return
    if phones.number:
        posture = np.float64(phones.posture[work.high[here] + phone * phones.sight_levels.size])
    interference = held * posture + _near_interference(
        ground.candidates[g], beams, step, tables, work, satellites, here
    )
    if level < tables.least_c_in * (1.0 + interference):
        return
    server = work.best[here]
    if np.isnan(work.up_db[here]):
        up = _uplink(beams, step, server, pattern, tables, needs, rows, c)
        work.up_db[here] = decibels(up, tables.log2)
        share = np.float64(beams.share[step, server])
        # a cell without demand has the time of its signalling, which carries a message
        share = share if share > 0 else np.float64(beams.lit[step, server])
        work.share_db[here] = decibels(max(share, 1e-12), tables.log2)
    down_db = np.float64(decibels(level / (1.0 + tables.activity * interference), tables.log2))
    up_db = work.up_db[here] + np.float64(decibels(work.gain[here], tables.log2))
    _fill_margins(needs, tables, beams.cell[step, server], down_db, up_db, work.share_db[here], margin_db)


@kernel(**PLAIN)
def _near_interference(candidates, beams, step, tables, work, satellites, here):
    """Return the mean interference over noise of the beams around a cell while the best one of a satellite is lit."""
    server = work.best[here]
    cell, total = beams.cell[step, server], 0.0
    for at in range(satellites):
        heard = 0.0
        for colour in range(tables.coupling.shape[0]):
            heard += tables.coupling[beams.colour[cell], colour] * work.sum[at, colour]
        if at == here:
            own = tables.coupling[beams.colour[cell], beams.colour[cell]]
            heard -= own * np.float64(beams.lit[step, server]) * work.best_level[here]
            heard *= chance_ratio_beside(beams, step, server)
        total += heard * work.gain[at]
    for j in range(candidates.size if tables.isolated.shape[1] else 0):
        if work.level[j] > 0 and candidates[j] != cell and is_isolated(tables.isolated, cell, candidates[j]):
            i = beams.slot[step, candidates[j]]
            coupled = tables.coupling[beams.colour[cell], beams.colour[candidates[j]]] * work.level[j]
            gain = work.gain[work.place[beams.serving[step, i]]]
            total -= chance_beside(beams, step, server, i) * coupled * gain
    return max(total, 0.0)


@kernel(**PLAIN)
def _fill_margins(needs, tables, cell, down_db, up_db, share_db, margin_db):
    """Fill the margins of services: over what they require of both directions, and of the time of the beam."""
    for service in range(needs.down_db.size):
        margin = min(down_db - needs.down_db[service], up_db - needs.up_db[service])
        carried_db = _at(needs.of_c_in, down_db + needs.combined_db[service], tables.c_in_low_db, needs)
        margin = min(margin, carried_db + share_db - needs.users_db[service, cell] - needs.rate_db[service])
        if needs.receive_hops:
            sent_db = _at(needs.of_c_n, up_db + needs.up_combined_db[service], tables.c_n_low_db, needs)
            margin = min(margin, sent_db + share_db - needs.up_rate_db[service])
        low_db = needs.margin_low_db[service]
        k = np.int64(np.floor((min(margin, 1e6) - low_db) * needs.bins_per_db))
        k = min(max(k, np.int64(0)), needs.margin_bins - 1)
        margin_db[service] = low_db + (k + 0.5) / needs.bins_per_db


@kernel(**PLAIN)
def _at(table, level_db, low_db, needs):
    """Return the value of a table by level, in bins."""
    k = np.int64(np.floor((level_db - low_db) * needs.bins_per_db))
    return table[min(max(k, np.int64(0)), table.size - 1)]


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

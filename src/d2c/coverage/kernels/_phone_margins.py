"""The compiled loops of the services of a cell's phones in a network, one SIMD lane a phone.

Of each satellite around the cell only the strongest beam can serve; what of the power of each satellite a phone keeps
decides which one does, and over which interference. Margins are those of all phones of a tile at once.
"""

from typing import NamedTuple

import numpy as np

from d2c.coverage.kernels._beam_gain import chord_between, sine_and_cosine
from d2c.coverage.kernels._distribution import bin_of, decibels
from d2c.coverage.kernels._network_server import chance_beside, chance_ratio_beside, is_isolated
from d2c.coverage.kernels._phones import azimuth_share
from d2c.coverage.kernels._tables import interpolate, look_up
from d2c.coverage.kernels.compiling import INNER_CALLED, INNER_LOOP, kernel
from d2c.coverage.kernels.layout import AZIMUTHS, NO_MARGIN_DB, UPLINK_BY_ELEVATION
from d2c.coverage.kernels.network_layout import (
    AROUND,
    CLOSE2,
    COS_U,
    COS_V,
    COS_W,
    ELEVATION,
    HIGH,
    P_ACROSS,
    P_ALONG,
    SINE,
)


class BeamsAround(NamedTuple):
    """Working memory of a cell at a step: up to N satellites that have a beam around it, K phones.

    Of the satellites (N,): near int64: which of the tile's satellites; serving int64, their k; best int64, their
    strongest beam; best_level float32: its C/N; chosen bool: whether a phone is served; heard (N, N) float32: mean
    interference of the beams of each (column) while the best beam of one (row) is alight; up_db, share_db, users_db
    float32: of the best beam; gain (N, K) float32: what phones keep of each satellite's power. server (K,) int32: the
    satellite of each phone, -1 for none; indices (K,) uint32, of a table. place (S,) int64: which of the satellites, -1
    for none.
    """

    near: np.ndarray
    serving: np.ndarray
    best: np.ndarray
    best_level: np.ndarray
    chosen: np.ndarray
    heard: np.ndarray
    up_db: np.ndarray
    share_db: np.ndarray
    users_db: np.ndarray
    gain: np.ndarray
    server: np.ndarray
    indices: np.ndarray
    place: np.ndarray


class ServedPhones(NamedTuple):
    """The phones of a tile's cells at a step, K of each cell after those of the one before, all (K * TILE,) float32.

    level: C/N of the best server, 0 for none; gain, posture: what a phone keeps of its power, in all and by its
    posture; interference: mean over noise; up_db: the uplink's C/N in the open; share_db, users_db: of the beam's
    time; down_db, sent_db: levels of both directions; carried_db, margin: of the service at hand. indices: uint32, of
    a table.
    """

    level: np.ndarray
    gain: np.ndarray
    posture: np.ndarray
    interference: np.ndarray
    up_db: np.ndarray
    share_db: np.ndarray
    users_db: np.ndarray
    down_db: np.ndarray
    sent_db: np.ndarray
    carried_db: np.ndarray
    margin: np.ndarray
    indices: np.ndarray


@kernel(**INNER_CALLED)
def fill_places(phones, variant, turn, at, place_m, up, first, end, row, places):
    """Fill where a satellite stands in the tables of the first phone of some of the cells, at place_m (3, G)."""
    x, y, z = place_m[0, first:end], place_m[1, first:end], place_m[2, first:end]
    up_x, up_y, up_z = up[0, first:end], up[1, first:end], up[2, first:end]
    sines, number, azimuths = np.int32(phones.sight_levels.size), np.int32(phones.number), np.int32(AZIMUTHS)
    for c in range(len(x)):
        dx, dy, dz = at[0] - x[c], at[1] - y[c], at[2] - z[c]
        north = dz * (up_x[c] * up_x[c] + up_y[c] * up_y[c]) - up_z[c] * (up_x[c] * dx + up_y[c] * dy)
        share = azimuth_share(np.float32(north), np.float32(up_x[c] * dy - up_y[c] * dx))
        around = (np.int32(share * np.float32(AZIMUTHS)) + turn[c]) % azimuths
        e = np.int32(min(row[c + SINE], np.float32(1.0)) * np.float32(sines - 1) + np.float32(0.5))
        places[c + AROUND] = (variant[c] * azimuths + around) * number
        places[c + HIGH] = (variant[c] * sines + e) * number
        places[c + ELEVATION] = e


@kernel(**INNER_LOOP)
def serve_cell(
    near, found, beams, step, pattern, tables, phones, needs, tile_beams, work, satellites, held, served, c
):
    """Fill what the phones of a cell hear of their servers, and its interference."""
    number = work.server.size
    for at in range(satellites if phones.number else 0):
        places = tile_beams.places[work.near[at]]
        _fill_gain(
            phones, places[AROUND + c], places[HIGH + c], places[ELEVATION + c], work.indices, work.gain[at]
        )
    begin, end = c * number, (c + 1) * number
    _choose(work, satellites, served.level[begin:end], served.gain[begin:end])
    total, posture = served.interference[begin:end], served.posture[begin:end]
    up_db, share_db, users_db = (
        served.up_db[begin:end],
        served.share_db[begin:end],
        served.users_db[begin:end],
    )
    for p in range(len(posture)):
        posture[p] = np.float32(1.0)
    for at in range(satellites):
        if not work.chosen[at]:
            continue
        _look_at_server(near, found, beams, step, pattern, tables, needs, tile_beams, work, satellites, at, c)
        of_server = work.server, np.int32(at)
        if phones.number:
            high = tile_beams.places[work.near[at], HIGH + c]
            _take(phones.posture[high : high + number], of_server, posture)
        _set(work.up_db[at], of_server, up_db)
        _set(work.share_db[at], of_server, share_db)
        _set(work.users_db[at], of_server, users_db)
    for p in range(len(total)):
        total[p] = held * posture[p]
    for at in range(satellites):
        for k in range(satellites if work.chosen[at] else 0):
            _add_interference(work.heard[at, k], work.server, np.int32(at), work.gain[k], total)


@kernel(**INNER_LOOP)
def _take(values, of_server, result):
    server, at = of_server
    for p in range(len(result)):
        value, before = values[p], result[p]
        result[p] = value if server[p] == at else before


@kernel(**INNER_LOOP)
def _set(value, of_server, result):
    server, at = of_server
    for p in range(len(result)):
        before = result[p]
        result[p] = value if server[p] == at else before


@kernel(**INNER_LOOP)
def _add_interference(heard, server, at, gain, total):
    """Add the mean interference over noise of the beams of one satellite to the phones of another."""
    for p in range(len(total)):
        total[p] += heard * gain[p] if server[p] == at else np.float32(0.0)


@kernel(**INNER_LOOP)
def _fill_gain(phones, around, high, e, indices, gain):
    """Fill what the phones of a cell keep of a satellite's power, by its place in the tables of the first one."""
    number = len(gain)
    obstruction, shadowing = (
        phones.obstruction[around : around + number],
        phones.shadowing[around : around + number],
    )
    posture, path = phones.posture[high : high + number], phones.path
    sines = np.int32(phones.sight_levels.size)
    per_sine = np.int32(path.size) // (np.int32(2) * sines)
    in_sight, open_row, hidden_row = (
        phones.sight_levels[e],
        np.int32(e) * per_sine,
        (sines + np.int32(e)) * per_sine,
    )
    for p in range(
        len(gain)
    ):  # places are unsigned: a place from the end of a table takes three instructions more
        indices[p] = (hidden_row if obstruction[p] >= in_sight else open_row) + shadowing[p]
    for p in range(len(gain)):  # for itself: it fills no lanes
        gain[p] = posture[p] * path[indices[p]]


@kernel(**INNER_LOOP)
def _choose(work, satellites, level, own):
    """Choose the satellite that each phone hears best: `server`, -1 for none, its level and gain."""
    server = work.server
    for p in range(len(level)):
        server[p], level[p], own[p] = np.int32(-1), np.float32(0.0), np.float32(1.0)
    for at in range(satellites):
        _compare(np.int32(at), work.best_level[at], work.gain[at], server, level, own)
        work.chosen[at] = False
    for p in range(len(level)):
        if server[p] >= 0:
            work.chosen[server[p]] = True


@kernel(**INNER_LOOP)
def _compare(at, best_level, gain, server, level, own):
    for p in range(len(level)):
        keeps, before, own_before, server_before = gain[p], level[p], own[p], server[p]
        here = best_level * keeps
        better = here > before
        level[p] = max(here, before)
        own[p] = keeps if better else own_before
        server[p] = at if better else server_before


@kernel(**INNER_LOOP)
def _look_at_server(near, found, beams, step, pattern, tables, needs, tile_beams, work, satellites, at, c):
    """Fill what a satellite has as a server: interference while its best beam is alight, uplink, time, users."""
    server = work.best[at]
    cell = beams.cell[step, server]
    coupling = tables.coupling[beams.colour[cell]]
    for k in range(satellites):
        heard = np.float32(0.0)
        for colour in range(coupling.size):
            heard += coupling[colour] * tile_beams.sum[work.near[k], colour, c]
        if k == at:
            heard -= coupling[beams.colour[cell]] * beams.lit[step, server] * work.best_level[at]
            heard *= chance_ratio_beside(beams, step, server)
        work.heard[at, k] = max(heard, np.float32(0.0))
    for number in range(found if tables.isolated.shape[1] else 0):
        i = near.beam[number]
        other, k = beams.cell[step, i], work.place[beams.serving[step, i]]
        if near.level[number, c] > 0 and other != cell and is_isolated(tables.isolated, cell, other):
            away = (
                chance_beside(beams, step, server, i) * coupling[beams.colour[other]] * near.level[number, c]
            )
            work.heard[at, k] = max(work.heard[at, k] - np.float32(away), np.float32(0.0))
    row = tile_beams.points[work.near[at]]
    work.up_db[at] = decibels(_uplink(beams, step, server, pattern, tables, needs, row, c), tables.log2)
    share = beams.share[step, server]
    # a cell without demand has the time of its signalling, which carries a message
    share = share if share > 0 else beams.lit[step, server]
    work.share_db[at] = decibels(max(share, np.float32(1e-12)), tables.log2)
    work.users_db[at] = needs.users_db[cell]


@kernel(**INNER_LOOP)
def _uplink(beams, step, i, pattern, tables, needs, row, c):
    """Return the uplink's C/N at the serving beam, in the open."""
    u, v, w = beams.aim[step, 0, i], beams.aim[step, 1, i], beams.aim[step, 2, i]
    if pattern.planar:
        along = pattern.up_ratio * (row[c + P_ALONG] - np.float32(pattern.along * u))
        across = pattern.up_ratio * (row[c + P_ACROSS] - np.float32(pattern.across * v))
        gain = (_sinc(along) * _sinc(across)) ** 2
    else:
        chord = chord_between(row[c + COS_U], row[c + COS_V], row[c + COS_W], u, v, w)
        gain = np.float64(interpolate(pattern.gain_up, chord * pattern.per_chord))
    hear = look_up(tables.table[UPLINK_BY_ELEVATION], np.float64(row[c + SINE])) / needs.noise_rise
    return max(beams.send[step, i] * gain * row[c + CLOSE2] * hear, 1e-30)


@kernel(**INNER_LOOP)
def _sinc(x):
    sine, _ = sine_and_cosine(x)
    return sine / x if abs(x) > 1e-6 else 1.0


@kernel(**INNER_CALLED)
def fill_levels(tables, number, served):
    """Fill C/(I+N) and the uplink's C/N of phones in decibels; NO_MARGIN_DB for one that cannot camp."""
    least, ratio = np.float32(tables.least_c_n), np.float32(tables.least_c_in)
    activity, one = np.float32(tables.activity), np.float32(1.0)
    level, gain, total, up_db = served.level[:number], served.gain, served.interference, served.up_db
    down_db, sent_db = served.down_db, served.sent_db
    for p in range(len(level)):
        camps = level[p] > 0 and level[p] >= least and level[p] >= ratio * (one + total[p])
        heard_db = decibels(level[p] / (one + activity * total[p]), tables.log2)
        down_db[p] = heard_db if camps else NO_MARGIN_DB
        sent_db[p] = up_db[p] + decibels(gain[p], tables.log2)


@kernel(**INNER_CALLED)
def fill_margins(needs, tables, service, number, served):
    """Fill the margins of a service: over what it requires of both directions, and of the time of the beam."""
    down, up = np.float32(needs.down_db[service]), np.float32(needs.up_db[service])
    combined, up_combined = np.float32(needs.combined_db[service]), np.float32(needs.up_combined_db[service])
    rate, up_rate = np.float32(needs.rate_db[service]), np.float32(needs.up_rate_db[service])
    low, per_db, most = (
        np.float32(needs.margin_low_db[service]),
        np.float32(needs.bins_per_db),
        needs.margin_bins,
    )
    shared = np.float32(1.0 if needs.shared[service] else 0.0)
    down_db, sent_db, margin_db = served.down_db[:number], served.sent_db, served.margin
    share_db, users_db, half = served.share_db, served.users_db, np.float32(0.5)
    for p in range(len(down_db)):
        margin_db[p] = min(down_db[p] - down, sent_db[p] - up)
    if rate > -np.inf:
        low_db = np.float32(tables.c_in_low_db)
        _look_up(needs.of_c_in, down_db, combined, low_db, per_db, served)
        for p in range(len(down_db)):
            margin_db[p] = min(margin_db[p], served.carried_db[p] + share_db[p] - shared * users_db[p] - rate)
    if needs.receive_hops and up_rate > -np.inf:
        low_db = np.float32(tables.c_n_low_db)
        _look_up(needs.of_c_n, sent_db[:number], up_combined, low_db, per_db, served)
        for p in range(len(down_db)):
            margin_db[p] = min(margin_db[p], served.carried_db[p] + share_db[p] - up_rate)
    for p in range(len(down_db)):
        middle = low + (np.float32(bin_of(margin_db[p], low, per_db, most)) + half) / per_db
        margin_db[p] = middle if down_db[p] > NO_MARGIN_DB else NO_MARGIN_DB


@kernel(**INNER_LOOP)
def _look_up(table, level_db, added_db, low_db, per_db, served):
    """Fill the values of a table by level, in bins."""
    indices, values = served.indices, served.carried_db
    for p in range(len(level_db)):
        indices[p] = bin_of(level_db[p] + added_db, low_db, per_db, table.size)
    for p in range(len(level_db)):  # for itself: it fills no lanes
        values[p] = table[indices[p]]

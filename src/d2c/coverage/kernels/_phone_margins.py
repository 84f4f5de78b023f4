"""The compiled loops of the services of a cell's phones in a network, all phones at once, one SIMD lane a phone.

Of each satellite around the cell only the strongest beam can serve; what of the power of each satellite a phone keeps
decides which one does, and over which interference.
"""

from typing import NamedTuple

import numpy as np

from d2c.coverage.kernels._beam_gain import chord_to
from d2c.coverage.kernels._distribution import bin_of, decibels
from d2c.coverage.kernels._network_server import chance_beside, chance_ratio_beside, is_isolated
from d2c.coverage.kernels._phones import phone_gain
from d2c.coverage.kernels._tables import interpolate, look_up
from d2c.coverage.kernels.compiling import CALLED, PLAIN, kernel
from d2c.coverage.kernels.layout import NO_MARGIN_DB, UPLINK_BY_ELEVATION
from d2c.coverage.kernels.network_layout import CLOSE2, P_ACROSS, P_ALONG, SINE


class BeamsAround(NamedTuple):
    """Working memory of a cell at a step: N beams around it, the up to N satellites that they belong to, K phones.

    level (N,): C/N of the beams in the open. place (S,): which of the satellites, -1 for none. Of the satellites (N,):
    serving int64, their k; best int64, their strongest beam; best_level, sum (N, C): its C/N, and the mean
    interference of their beams of each colour; around, high, elevation int64: place in the tables of phones; chosen
    bool: whether a phone is served; heard (N, N) float32: mean interference of the beams of each (column) while the
    best beam of one (row) is alight; up_db, share_db, users_db float32: of the best beam. Of the phones, float32: gain
    (N, K), what they keep of each satellite's power; server (K,) int64, the satellite; phone_level, own_gain,
    interference, down_db, sent_db, margin (K,).
    """

    level: np.ndarray
    place: np.ndarray
    serving: np.ndarray
    best: np.ndarray
    best_level: np.ndarray
    sum: np.ndarray
    around: np.ndarray
    high: np.ndarray
    elevation: np.ndarray
    chosen: np.ndarray
    heard: np.ndarray
    up_db: np.ndarray
    share_db: np.ndarray
    users_db: np.ndarray
    gain: np.ndarray
    server: np.ndarray
    phone_level: np.ndarray
    own_gain: np.ndarray
    interference: np.ndarray
    down_db: np.ndarray
    sent_db: np.ndarray
    margin: np.ndarray


@kernel(**CALLED)
def serve_phones(
    candidates, beams, step, pattern, tables, phones, needs, rows, work, satellites, held, margin_db, c
):
    """Fill the margins of all phones, (V, K)."""
    for at in range(satellites):
        if phones.number:
            around, high, e = work.around[at], work.high[at], work.elevation[at]
            for p in range(work.server.size):
                work.gain[at, p] = phone_gain(phones, p, around, high, e)
    _choose(work, satellites)
    for at in range(satellites):
        if work.chosen[at]:
            _look_at_server(candidates, beams, step, pattern, tables, needs, rows, work, satellites, at, c)
    _fill_interference(phones, work, satellites, np.float32(held))
    _fill_levels(tables, work)
    for service in range(needs.down_db.size):
        _fill_margin(needs, tables, work, service)
        for p in range(work.margin.size):
            margin_db[service, p] = work.margin[p]


@kernel(**CALLED)
def _choose(work, satellites):
    """Choose the satellite that each phone hears best: `server`, -1 for none, `phone_level` and `own_gain`."""
    server, level, own = work.server, work.phone_level, work.own_gain
    server[:] = -1
    level[:] = np.float32(0.0)
    own[:] = np.float32(1.0)
    for at in range(satellites):
        best, gain = np.float32(work.best_level[at]), work.gain[at]
        work.chosen[at] = False
        for p in range(len(gain)):
            here = best * gain[p]
            better = here > level[p]
            server[p] = at if better else server[p]
            own[p] = gain[p] if better else own[p]
            level[p] = here if better else level[p]
    for p in range(server.size):
        if server[p] >= 0:
            work.chosen[server[p]] = True


@kernel(**PLAIN)
def _look_at_server(candidates, beams, step, pattern, tables, needs, rows, work, satellites, at, c):
    """Fill what a satellite has as a server: interference while its best beam is alight, uplink, time, users."""
    server = work.best[at]
    cell = beams.cell[step, server]
    coupling = tables.coupling[beams.colour[cell]]
    for k in range(satellites):
        heard = 0.0
        for colour in range(coupling.size):
            heard += coupling[colour] * work.sum[k, colour]
        if k == at:
            heard -= coupling[beams.colour[cell]] * np.float64(beams.lit[step, server]) * work.best_level[at]
            heard *= chance_ratio_beside(beams, step, server)
        work.heard[at, k] = max(heard, 0.0)
    for j in range(candidates.size if tables.isolated.shape[1] else 0):
        if work.level[j] > 0 and candidates[j] != cell and is_isolated(tables.isolated, cell, candidates[j]):
            i = beams.slot[step, candidates[j]]
            k = work.place[beams.serving[step, i]]
            coupled = coupling[beams.colour[candidates[j]]] * work.level[j]
            away = chance_beside(beams, step, server, i) * coupled
            work.heard[at, k] = max(work.heard[at, k] - np.float32(away), np.float32(0.0))
    work.up_db[at] = decibels(
        _uplink(beams, step, server, pattern, tables, needs, rows, work, at, c), tables.log2
    )
    share = np.float64(beams.share[step, server])
    # a cell without demand has the time of its signalling, which carries a message
    share = share if share > 0 else np.float64(beams.lit[step, server])
    work.share_db[at] = decibels(max(share, 1e-12), tables.log2)
    work.users_db[at] = needs.users_db[cell]


@kernel(**PLAIN)
def _uplink(beams, step, i, pattern, tables, needs, rows, work, at, c):
    """Return the uplink's C/N at the serving beam, in the open."""
    row = rows[work.serving[at]]
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


@kernel(**CALLED)
def _fill_interference(phones, work, satellites, held):
    """Fill the mean interference over noise of each phone: far beams less its posture, and the beams around."""
    total, server = work.interference, work.server
    for p in range(len(total)):
        posture = np.float32(1.0)
        if phones.number and server[p] >= 0:
            posture = phones.posture[work.high[server[p]] + p]
        total[p] = held * posture
    for k in range(satellites):
        gain = work.gain[k]
        for p in range(len(total)):
            if server[p] >= 0:
                total[p] += work.heard[server[p], k] * gain[p]


@kernel(**CALLED)
def _fill_levels(tables, work):
    """Fill C/(I+N) and the uplink's C/N of each phone in decibels; NO_MARGIN_DB for a phone that cannot camp."""
    least, ratio = np.float32(tables.least_c_n), np.float32(tables.least_c_in)
    activity = np.float32(tables.activity)
    level, total, server = work.phone_level, work.interference, work.server
    for p in range(len(level)):
        camps = server[p] >= 0 and level[p] >= least and level[p] >= ratio * (np.float32(1.0) + total[p])
        heard = level[p] / (np.float32(1.0) + activity * total[p])
        work.down_db[p] = decibels(heard, tables.log2) if camps else NO_MARGIN_DB
        up_db = work.up_db[server[p]] if camps else np.float32(0.0)
        work.sent_db[p] = up_db + decibels(work.own_gain[p], tables.log2)


@kernel(**CALLED)
def _fill_margin(needs, tables, work, service):
    """Fill the margin of a service: over what it requires of both directions, and of the time of the beam."""
    down, up = needs.down_db[service], needs.up_db[service]
    low_db = needs.margin_low_db[service]
    for p in range(len(work.margin)):
        if work.down_db[p] <= NO_MARGIN_DB:
            work.margin[p] = NO_MARGIN_DB
            continue
        at, down_db, up_db = work.server[p], np.float64(work.down_db[p]), np.float64(work.sent_db[p])
        margin = min(down_db - down, up_db - up)
        carried_db = _at(needs.of_c_in, down_db + needs.combined_db[service], tables.c_in_low_db, needs)
        share_db = np.float64(work.share_db[at])
        carried_db += share_db - (work.users_db[at] if needs.shared[service] else np.float32(0.0))
        margin = min(margin, carried_db - needs.rate_db[service])
        if needs.receive_hops:
            sent_db = _at(needs.of_c_n, up_db + needs.up_combined_db[service], tables.c_n_low_db, needs)
            margin = min(margin, sent_db + share_db - needs.up_rate_db[service])
        k = bin_of(min(margin, 1e6), low_db, needs.bins_per_db, needs.margin_bins)
        work.margin[p] = low_db + (k + 0.5) / needs.bins_per_db


@kernel(**CALLED)
def _at(table, level_db, low_db, needs):
    """Return the value of a table by level, in bins."""
    return table[bin_of(level_db, low_db, needs.bins_per_db, table.size)]

"""The compiled loops of a loaded network's assignment: which satellite lights which beam cell.

Beam cells are few and each decides for those after it, so these loops are plain and in float64, a chapter for each
thread. `tests/twins/network_twin.py` says the same in plain numpy.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange

# Rows of `LinkTables.table`: see `_accumulate.py`, from which a cached kernel must not import.
_DENSITY, _RECEIVE = 0, 1


class BeamCells(NamedTuple):
    """B beam cells.

    position_m, up (B, 3) float64; weight (B,) int64: how urgent a step of waiting is, 0 where no beam is asked
    for or allowed; rank (B,) int64: 0 to B - 1, who is first of those who wait alike; colour (B,) int64.
    """

    position_m: np.ndarray
    up: np.ndarray
    weight: np.ndarray
    rank: np.ndarray
    colour: np.ndarray


class AssignmentRules(NamedTuple):
    """How satellites and beam cells find each other.

    beams: of a satellite at once; cos_scan: cosine of the widest off-nadir angle; sin_mask; handover: ratio by
    which another satellite must be better; isolation_m2: squared distance that beams of one colour keep, 0 for
    none.
    """

    beams: int
    cos_scan: float
    sin_mask: float
    handover: float
    isolation_m2: float


class AssignmentPeriods(NamedTuple):
    """K spans whose beams are assigned without knowledge of each other, as rows of the positions, each (K,) int64.

    The assignment begins at row `begin`, is kept from row `keep` on and ends before row `end`. first_rank: the rank
    of the beam cell that is first in this chapter, where all wait alike.
    """

    begin: np.ndarray
    keep: np.ndarray
    end: np.ndarray
    first_rank: np.ndarray


class Assignments(NamedTuple):
    """What `assign` fills: server (rows, B) int32, the satellite of each beam cell or -1, in the kept rows.

    blocked (rows,) int32: beam cells that a satellite could have lit, had it had a beam left. Of each chapter:
    cell_blocked, handovers (K, B) int32; satellite_blocked (K, S) int32: blocked cells whose best satellite it
    was; in_reach (K, S) int32: steps at which it could light a cell.
    """

    server: np.ndarray
    blocked: np.ndarray
    cell_blocked: np.ndarray
    handovers: np.ndarray
    satellite_blocked: np.ndarray
    in_reach: np.ndarray


@njit(parallel=True, cache=True, error_model="numpy", nogil=True)
def assign(position_m, near_list, near_count, cells, table, cap, rules, chapters, found):
    """Fill `found` with the beams of each chapter; near_list (rows, S), near_count (rows,) as `near` fills them."""
    for chapter in prange(chapters.begin.size):
        _assign_period(position_m, near_list, near_count, cells, table, cap, rules, chapters, found, chapter)


@njit(cache=True, error_model="numpy", nogil=True)
def _assign_period(position_m, near_list, near_count, cells, table, cap, rules, chapters, found, chapter):
    begin, keep, end = chapters.begin[chapter], chapters.keep[chapter], chapters.end[chapter]
    size = cells.weight.size
    most = np.int64(0)
    for row in range(begin, end):
        most = max(most, near_count[row])
    ratio = np.empty((most, size), np.float64)
    used = np.empty(most, np.int64)
    server = np.full(size, -1, np.int64)
    waited = np.zeros(size, np.int64)
    urgency = np.empty(size, np.int64)
    for row in range(begin, end):
        nearby = near_list[row, : near_count[row]]
        _candidate_c_n(position_m[row], nearby, cells, table, cap, rules, ratio)
        for b in range(size):  # this step counts too, so that weight decides between those served just now
            turn = (cells.rank[b] - chapters.first_rank[chapter]) % size
            urgency[b] = turn - (waited[b] + 1) * cells.weight[b] * size
        used[:] = 0
        blocked = 0
        before = server.copy()
        server[:] = -1
        for b in np.argsort(urgency):
            if cells.weight[b] == 0:
                continue
            best, free = _best(ratio, used, nearby, before, server, cells, rules, b)
            if free >= 0:
                used[free] += 1
                server[b] = nearby[free]
                waited[b] = 0
                continue
            waited[b] += 1
            if best >= 0:
                blocked += 1
                if row >= keep:
                    found.cell_blocked[chapter, b] += 1
                    found.satellite_blocked[chapter, nearby[best]] += 1
        if row >= keep:
            found.blocked[row] = blocked
            for b in range(size):
                found.server[row, b] = server[b]
                if before[b] >= 0 and server[b] >= 0 and before[b] != server[b]:
                    found.handovers[chapter, b] += 1
            for k in range(nearby.size):
                found.in_reach[chapter, nearby[k]] += ratio[k].max() > 0


@njit(cache=True, error_model="numpy", nogil=True)
def _candidate_c_n(position_m, nearby, cells, table, cap, rules, ratio):
    """Fill ratio (N, B) with the downlink C/N at the beam cells' centres, 0 where a satellite cannot serve."""
    for k in range(nearby.size):
        px, py, pz = position_m[nearby[k]]
        radius = np.sqrt(px * px + py * py + pz * pz)
        for b in range(cells.weight.size):
            ratio[k, b] = 0.0
            if cells.weight[b] == 0:
                continue
            dx, dy, dz = px - cells.position_m[b, 0], py - cells.position_m[b, 1], pz - cells.position_m[b, 2]
            distance2 = dx * dx + dy * dy + dz * dz
            distance = np.sqrt(distance2)
            sine = (dx * cells.up[b, 0] + dy * cells.up[b, 1] + dz * cells.up[b, 2]) / distance
            cosine = (dx * px + dy * py + dz * pz) / (distance * radius)
            if sine >= rules.sin_mask and cosine >= rules.cos_scan:
                flux = min(_look_up(table[_DENSITY], cosine) / distance2, cap)
                ratio[k, b] = flux * _look_up(table[_RECEIVE], sine)


@njit(cache=True, error_model="numpy", nogil=True)
def _best(ratio, used, nearby, before, server, cells, rules, b):
    """Return the best satellite for a beam cell, and the one that takes it, as numbers in `nearby`; -1 for none."""
    best, free, current = -1, -1, -1
    for k in range(nearby.size):
        if ratio[k, b] <= 0:
            continue
        if best < 0 or ratio[k, b] > ratio[best, b]:
            best = k
        if used[k] >= rules.beams:
            continue
        if free < 0 or ratio[k, b] > ratio[free, b]:
            free = k
        if nearby[k] == before[b]:
            current = k
    if free < 0 or _too_close(cells, server, rules.isolation_m2, b):
        return best, -1
    if current >= 0 and ratio[free, b] <= ratio[current, b] * rules.handover:
        free = current
    return best, free


@njit(cache=True, error_model="numpy", nogil=True)
def _too_close(cells, server, isolation_m2, b):
    """Return whether an active beam of the same colour is nearer than the isolation distance."""
    if isolation_m2 <= 0:
        return False
    for other in range(server.size):
        if server[other] >= 0 and cells.colour[other] == cells.colour[b]:
            gap2 = 0.0
            for axis in range(3):
                gap2 += (cells.position_m[other, axis] - cells.position_m[b, axis]) ** 2
            if gap2 < isolation_m2:
                return True
    return False


@njit(cache=True, error_model="numpy", nogil=True)
def _look_up(table, argument):
    """Return a curve of `LinkTables`, which has its points at 1 - (k / M)^2."""
    at = np.sqrt(min(max(1.0 - argument, 0.0), 1.0)) * (table.size - 2)
    i = np.int64(at)
    return table[i] + (at - i) * (table[i + 1] - table[i])

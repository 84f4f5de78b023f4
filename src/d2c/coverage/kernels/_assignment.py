"""Compiled loops of the assignment of satellite beams to beam cells in a loaded network.

Beam cells are few, and each assignment affects those after it, so these loops are sequential and in float64, one
period per thread. `tests/twins/network_twin.py` is the same in plain numpy.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from d2c.coverage.kernels._tables import look_up
from d2c.coverage.kernels.compiling import COMPILED, kernel
from d2c.coverage.kernels.layout import C_N_BY_ELEVATION, PFD_BY_OFF_NADIR


class BeamCells(NamedTuple):
    """B beam cells.

    position_m, up (B, 3) float64; weight (B,) int64: weight of a step without service, 0 without demand or
    inside an exclusion; rank (B,) int64: 0 to B - 1, tie-break at equal urgency; colour (B,) int64.
    """

    position_m: np.ndarray
    up: np.ndarray
    weight: np.ndarray
    rank: np.ndarray
    colour: np.ndarray


class AssignmentRules(NamedTuple):
    """Rules of the assignment of beams.

    beams: number of simultaneous beams of a satellite; cos_scan: cosine of the widest off-nadir angle; sin_mask:
    sine of the elevation mask; handover: ratio of C/N by which another satellite must be better; isolation_m2:
    squared least distance between active beam cells of one colour, 0 for none.
    """

    beams: int
    cos_scan: float
    sin_mask: float
    handover: float
    isolation_m2: float


class AssignmentPeriods(NamedTuple):
    """K periods whose beams are assigned independently, as rows of the positions, each (K,) int64.

    The assignment begins at row `begin`, is stored from row `keep` on and ends before row `end`. first_rank: rank
    of the beam cell that is first at equal urgency in this period.
    """

    begin: np.ndarray
    keep: np.ndarray
    end: np.ndarray
    first_rank: np.ndarray


class Assignments(NamedTuple):
    """Output of `assign`: server (rows, B) int32, the satellite of each beam cell or -1, in the stored rows.

    blocked (rows,) int32: beam cells in range of a satellite but without a free beam. Of each period: cell_blocked,
    handovers (K, B) int32; satellite_blocked (K, S) int32: blocked cells by their best satellite; in_reach (K, S)
    int32: steps at which the satellite could serve a beam cell.
    """

    server: np.ndarray
    blocked: np.ndarray
    cell_blocked: np.ndarray
    handovers: np.ndarray
    satellite_blocked: np.ndarray
    in_reach: np.ndarray


@kernel(parallel=True, **COMPILED)
def assign(position_m, in_range, in_range_count, cells, table, cap, rules, periods, assignments):
    """Assign the beams of each period; in_range (rows, S) and in_range_count (rows,) from `list_in_range`."""
    for period in prange(periods.begin.size):
        _assign_period(
            position_m, in_range, in_range_count, cells, table, cap, rules, periods, assignments, period
        )


@kernel(**COMPILED)
def _assign_period(
    position_m, in_range, in_range_count, cells, table, cap, rules, periods, assignments, period
):
    begin, keep, end = periods.begin[period], periods.keep[period], periods.end[period]
    size = cells.weight.size
    max_nearby = np.int64(0)
    for row in range(begin, end):
        max_nearby = max(max_nearby, in_range_count[row])
    ratio = np.empty((max_nearby, size), np.float64)
    used = np.empty(max_nearby, np.int64)
    server = np.full(size, -1, np.int64)
    waited = np.zeros(size, np.int64)
    urgency = np.empty(size, np.int64)
    for row in range(begin, end):
        nearby = in_range[row, : in_range_count[row]]
        _candidate_c_n(position_m[row], nearby, cells, table, cap, rules, ratio)
        for b in range(
            size
        ):  # this step counts too, so that cells served at the last step are ordered by weight
            order = (cells.rank[b] - periods.first_rank[period]) % size
            urgency[b] = order - (waited[b] + 1) * cells.weight[b] * size
        used[:] = 0
        blocked = 0
        before = server.copy()
        server[:] = -1
        for b in np.argsort(urgency):
            if cells.weight[b] == 0:
                continue
            best, free = _choose_satellite(ratio, used, nearby, before, server, cells, rules, b)
            if free >= 0:
                used[free] += 1
                server[b] = nearby[free]
                waited[b] = 0
                continue
            waited[b] += 1
            if best >= 0:
                blocked += 1
                if row >= keep:
                    assignments.cell_blocked[period, b] += 1
                    assignments.satellite_blocked[period, nearby[best]] += 1
        if row >= keep:
            assignments.blocked[row] = blocked
            for b in range(size):
                assignments.server[row, b] = server[b]
                if before[b] >= 0 and server[b] >= 0 and before[b] != server[b]:
                    assignments.handovers[period, b] += 1
            for k in range(nearby.size):
                assignments.in_reach[period, nearby[k]] += ratio[k].max() > 0


@kernel(**COMPILED)
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
                flux = min(look_up(table[PFD_BY_OFF_NADIR], cosine) / distance2, cap)
                ratio[k, b] = flux * look_up(table[C_N_BY_ELEVATION], sine)


@kernel(**COMPILED)
def _choose_satellite(ratio, used, nearby, before, server, cells, rules, b):
    """Return the best satellite of a beam cell and the one assigned to it, as indices into `nearby`; -1 for none."""
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


@kernel(**COMPILED)
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

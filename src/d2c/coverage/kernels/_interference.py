"""The compiled loops of a loaded network's interference: what all beams together do to each ground cell.

Per step some dozens of beams against all ground cells, plainly and in float64. `tests/twins/network_twin.py` says the
same in plain numpy.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange

# Rows of `LinkTables.table`: see `_accumulate.py`, from which a cached kernel must not import.
_RECEIVE, _HEAR = 1, 3


class ActiveBeams(NamedTuple):
    """A active beams, step by step and in a step satellite by satellite.

    first (T + 1,) int64: the beams of step t are first[t] to first[t + 1]; satellite, cell, colour (A,) int64;
    toward (A, 3) float64: unit vector from the satellite to the beam's centre; strength, send (A,) float64:
    power flux density on the axis times squared range in W/MHz, and the uplink's C/N times squared range.
    """

    first: np.ndarray
    satellite: np.ndarray
    cell: np.ndarray
    colour: np.ndarray
    toward: np.ndarray
    strength: np.ndarray
    send: np.ndarray


class GroundCells(NamedTuple):
    """G ground cells in K tiles of neighbours.

    first (K + 1,) int64; position_m, up (G, 3) float64; cell (G,) int64: the beam cell that each lies in, -1 for
    none; area_m2 (G,) int64.
    """

    first: np.ndarray
    position_m: np.ndarray
    up: np.ndarray
    cell: np.ndarray
    area_m2: np.ndarray


class InterferenceTables(NamedTuple):
    """What happens to a beam's power on its way.

    gain, gain_up (N + 2,) float64: a beam's gain against its peak at the chord k / per_chord, the distance between
    two unit vectors, down and up. table (4, M + 2): rows of `LinkTables`. coupling (C, C): share of a colour's
    power (column) that another one hears. frequency (C,) int64: number of a colour's frequency. load: share of the
    time in which an interfering beam sends. noise_rise: ratio, uplink.
    """

    gain: np.ndarray
    gain_up: np.ndarray
    per_chord: float
    table: np.ndarray
    coupling: np.ndarray
    frequency: np.ndarray
    load: float
    noise_rise: float


class NetworkRequirements(NamedTuple):
    """What V services require, and how levels are counted.

    sin_mask: sine of the lowest elevation at which a cell is served. down_db, up_db (V,) float64; c_in_low_db,
    c_i_low_db, margin_low_db (V,): lower edges of the first bins; bins_per_db. gap_edges (J,) int32 as in `Demands`.
    threshold_db (Q,) float64 and rate_bit_s (Q + 1,) int64: what a beam carries by its C/(I+N). allowed (L, M + 2):
    PFD in W/m2/MHz by the sine of the elevation k / M; aggregate (L,) bool: of all satellites together, else of the
    strongest one. frame_end (T,) int64 as in `Sky`.
    """

    sin_mask: float
    down_db: np.ndarray
    up_db: np.ndarray
    c_in_low_db: float
    c_i_low_db: float
    margin_low_db: np.ndarray
    bins_per_db: float
    gap_edges: np.ndarray
    threshold_db: np.ndarray
    rate_bit_s: np.ndarray
    allowed: np.ndarray
    aggregate: np.ndarray
    frame_end: np.ndarray


class NetworkCounters(NamedTuple):
    """What `light` fills; all zero before.

    Per cell: lit (G,) int32; c_in_bins, c_i_bins (G, bins) int32; rate_sum (G,) int64, bit/s summed over the
    steps; pfd_max (G,), excess (L, G) float64: highest sum of the beams of one frequency, in W/m2/MHz and over
    what a limit allows. Per service as in `Counters`: served, head, tail, longest (V, G) int32, squares (V, G)
    int64, gap_count, gap_steps (V, G, J) int32, margin_bins (V, G, bins) int32, served_cells, served_m2 (K, T,
    V) int64, frame_served (F, V, G) int32.
    """

    lit: np.ndarray
    c_in_bins: np.ndarray
    c_i_bins: np.ndarray
    rate_sum: np.ndarray
    pfd_max: np.ndarray
    pfd_over_limit: np.ndarray
    served: np.ndarray
    leading_gap: np.ndarray
    trailing_gap: np.ndarray
    longest_gap: np.ndarray
    gap_squared_sum: np.ndarray
    gap_count: np.ndarray
    gap_steps: np.ndarray
    margin_bins: np.ndarray
    served_cells: np.ndarray
    served_m2: np.ndarray
    frame_served: np.ndarray


class TileReception(NamedTuple):
    """What the n cells of a tile hear at one step.

    by_colour (C, n): C/N of all beams of a colour; flux (F, n): PFD of all beams of a frequency; over (L, F, n):
    the same over what each limit allows; own, up (n,) and colour (n,) int64: C/N of the cell's own beam, down and
    up, 0 without one, and its colour. Of the satellite at hand: toward (3, n), unit vectors from it to the cells;
    sine (n,) of its elevation and near (n,), 1 / range^2, both 0 behind the horizon; by_beam (C, n) and
    by_frequency (F, n): its PFD; at (n,): scratch.
    """

    by_colour: np.ndarray
    flux: np.ndarray
    over: np.ndarray
    own: np.ndarray
    up: np.ndarray
    colour: np.ndarray
    toward: np.ndarray
    sine: np.ndarray
    near: np.ndarray
    by_beam: np.ndarray
    by_frequency: np.ndarray
    at: np.ndarray


@njit(parallel=True, cache=True, error_model="numpy", nogil=True)
def accumulate_network(ground, position_m, beams, air, wanted, counters):
    """Fill the counters of one window; position_m (T, S, 3)."""
    for tile in prange(ground.first.size - 1):
        _light_tile(ground, position_m, beams, air, wanted, counters, tile)


@njit(cache=True, error_model="numpy", nogil=True)
def _light_tile(ground, position_m, beams, air, wanted, counters, tile):
    first, n = ground.first[tile], ground.first[tile + 1] - ground.first[tile]
    colours, frequencies, limits = air.frequency.size, air.frequency.max() + 1, wanted.aggregate.size
    heard = TileReception(
        np.empty((colours, n)),
        np.empty((frequencies, n)),
        np.empty((limits, frequencies, n)),
        np.empty(n),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty((3, n)),
        np.empty(n),
        np.empty(n),
        np.empty((colours, n)),
        np.empty((frequencies, n)),
        np.empty(n),
    )
    for step in range(position_m.shape[0]):
        heard.by_colour[:] = 0.0
        heard.flux[:] = 0.0
        heard.over[:] = 0.0
        heard.own[:] = 0.0
        k, end = beams.first[step], beams.first[step + 1]
        while k < end:
            satellite, begin = beams.satellite[k], k
            while k < end and beams.satellite[k] == satellite:
                k += 1
            if _look(ground, first, n, position_m[step, satellite], heard):
                _hear_satellite(ground, first, n, beams, begin, k, air, wanted, heard)
        for c in range(n):
            _count_cell(ground, first, c, air, wanted, heard, counters, tile, step)
        if wanted.frame_end[step] >= 0:
            tile_cells = slice(first, first + n)
            counters.frame_served[wanted.frame_end[step], :, tile_cells] = counters.served[:, tile_cells]


@njit(cache=True, error_model="numpy", nogil=True)
def _look(ground, first, n, position_m, heard):
    """Fill toward, sine and near of the satellite at hand; return whether it is above anybody's horizon."""
    px, py, pz = position_m
    above = False
    for c in range(n):
        g = first + c
        dx, dy, dz = px - ground.position_m[g, 0], py - ground.position_m[g, 1], pz - ground.position_m[g, 2]
        distance = np.sqrt(dx * dx + dy * dy + dz * dz)
        sine = (dx * ground.up[g, 0] + dy * ground.up[g, 1] + dz * ground.up[g, 2]) / distance
        heard.toward[0, c], heard.toward[1, c], heard.toward[2, c] = (
            -dx / distance,
            -dy / distance,
            -dz / distance,
        )
        heard.sine[c] = max(sine, 0.0)
        heard.near[c] = 1.0 / (distance * distance) if sine > 0 else 0.0
        above |= sine > 0
    return above


@njit(cache=True, error_model="numpy", nogil=True)
def _hear_satellite(ground, first, n, beams, begin, end, air, wanted, heard):
    """Add the beams `begin` to `end`, all of the satellite at hand, to what the cells of a tile hear."""
    heard.by_beam[:] = 0.0
    for k in range(begin, end):
        colour, strength, cell = beams.colour[k], beams.strength[k], beams.cell[k]
        x, y, z = beams.toward[k]
        for c in range(n):  # loops of their own, which the compiler can fill the lanes with
            vx, vy, vz = heard.toward[0, c] - x, heard.toward[1, c] - y, heard.toward[2, c] - z
            heard.at[c] = np.sqrt(vx * vx + vy * vy + vz * vz) * air.per_chord
        for c in range(n):
            flux = strength * _between(air.gain, heard.at[c]) * heard.near[c]
            heard.by_beam[colour, c] += flux
            if ground.cell[first + c] == cell and heard.sine[c] >= wanted.sin_mask:
                hear = _look_up(air.table[_HEAR], heard.sine[c]) / air.noise_rise
                heard.own[c] = flux * _look_up(air.table[_RECEIVE], heard.sine[c])
                heard.up[c] = beams.send[k] * _between(air.gain_up, heard.at[c]) * heard.near[c] * hear
                heard.colour[c] = colour
    _add_satellite(n, air, wanted, heard)


@njit(cache=True, error_model="numpy", nogil=True)
def _add_satellite(n, air, wanted, heard):
    """Add the beams of the satellite at hand, by colour, to those of the others."""
    heard.by_frequency[:] = 0.0
    for c in range(n):
        receive = _look_up(air.table[_RECEIVE], heard.sine[c])
        for colour in range(air.frequency.size):
            heard.by_colour[colour, c] += heard.by_beam[colour, c] * receive
            heard.by_frequency[air.frequency[colour], c] += heard.by_beam[colour, c]
    heard.flux[:] += heard.by_frequency
    for limit in range(wanted.aggregate.size):
        for c in range(n):
            allowed = _between(wanted.allowed[limit], min(heard.sine[c], 1.0) * (wanted.allowed.shape[1] - 2))
            for frequency in range(heard.flux.shape[0]):
                over = heard.by_frequency[frequency, c] / allowed
                before = heard.over[limit, frequency, c]
                both = before + over if wanted.aggregate[limit] else max(before, over)
                heard.over[limit, frequency, c] = both


@njit(cache=True, error_model="numpy", nogil=True)
def _count_cell(ground, first, c, air, wanted, heard, counters, tile, step):
    """Count what one cell of a tile got at one step."""
    g = first + c
    counters.pfd_max[g] = max(counters.pfd_max[g], heard.flux[:, c].max())
    for limit in range(wanted.allowed.shape[0]):
        counters.pfd_over_limit[limit, g] = max(
            counters.pfd_over_limit[limit, g], heard.over[limit, :, c].max()
        )
    down_db, up_db = -np.inf, -np.inf
    if heard.own[c] > 0:
        interference = _interference(c, air, heard)
        down_db = 10 * np.log10(heard.own[c] / (1.0 + interference))
        up_db = 10 * np.log10(heard.up[c])
        c_i_db = 10 * np.log10(heard.own[c] / interference) if interference > 0 else np.inf
        counters.lit[g] += 1
        counters.c_in_bins[g, _bin(down_db, wanted.c_in_low_db, wanted, counters.c_in_bins.shape[1])] += 1
        counters.c_i_bins[g, _bin(c_i_db, wanted.c_i_low_db, wanted, counters.c_i_bins.shape[1])] += 1
        counters.rate_sum[g] += wanted.rate_bit_s[np.searchsorted(wanted.threshold_db, down_db, side="right")]
    for service in range(wanted.down_db.size):
        margin_db = min(down_db - wanted.down_db[service], up_db - wanted.up_db[service])
        if heard.own[c] > 0:
            inside = _bin(margin_db, wanted.margin_low_db[service], wanted, counters.margin_bins.shape[2])
            counters.margin_bins[service, g, inside] += 1
        if margin_db >= 0:
            _serve(wanted.gap_edges, counters, service, g)
            counters.served_cells[tile, step, service] += 1
            counters.served_m2[tile, step, service] += ground.area_m2[g]
        else:
            counters.trailing_gap[service, g] += 1
            counters.longest_gap[service, g] = max(
                counters.longest_gap[service, g], counters.trailing_gap[service, g]
            )


@njit(cache=True, error_model="numpy", nogil=True)
def _interference(c, air, heard):
    """Return interference over noise from all beams but the cell's own."""
    total = 0.0
    for other in range(air.frequency.size):
        total += air.coupling[heard.colour[c], other] * heard.by_colour[other, c]
    return air.load * max(total - heard.own[c], 0.0)


@njit(cache=True, error_model="numpy", nogil=True)
def _serve(edges, counters, service, g):
    """Count a served step, and the gap that it ends, if one was open."""
    gap = counters.trailing_gap[service, g]
    if counters.served[service, g] == 0:
        counters.leading_gap[service, g] = gap
    elif gap > 0:
        counters.gap_squared_sum[service, g] += np.int64(gap) * gap
        inside = np.searchsorted(edges, gap) - 1
        counters.gap_count[service, g, inside] += 1
        counters.gap_steps[service, g, inside] += gap
    counters.served[service, g] += 1
    counters.trailing_gap[service, g] = 0


@njit(cache=True, error_model="numpy", nogil=True)
def _bin(level_db, low_db, wanted, bins):
    return min(max(np.int64((min(level_db, 1e6) - low_db) * wanted.bins_per_db), 0), bins - 1)


@njit(cache=True, error_model="numpy", nogil=True)
def _look_up(table, argument):
    """Return a curve of `LinkTables`, which has its points at 1 - (k / M)^2."""
    return _between(table, np.sqrt(min(max(1.0 - argument, 0.0), 1.0)) * (table.size - 2))


@njit(cache=True, error_model="numpy", nogil=True)
def _between(table, at):
    """Return what stands in a table at a place between two of its points."""
    i = np.int64(at)
    return table[i] + (at - i) * (table[i + 1] - table[i])

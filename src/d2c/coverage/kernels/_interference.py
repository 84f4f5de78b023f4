"""The compiled loops of a network's interference: the levels that each ground cell receives of all beams together.

Some dozens of beams a step against all ground cells, plainly and in float64. `tests/twins/network_twin.py` says the
same in plain numpy.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from d2c.coverage.kernels._tables import interpolate, look_up
from d2c.coverage.kernels.compiling import COMPILED, kernel
from d2c.coverage.kernels.layout import C_N_BY_ELEVATION, NO_MARGIN_DB, UPLINK_BY_ELEVATION


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

    first (K + 1,) int64; position_m, up (G, 3) float64; cell (G,) int64: the beam cell that each lies in, -1 for none.
    """

    first: np.ndarray
    position_m: np.ndarray
    up: np.ndarray
    cell: np.ndarray


class InterferenceTables(NamedTuple):
    """What happens to a beam's power on its way.

    gain, gain_up (N + 2,) float64: a beam's gain against its peak at the chord k / per_chord, the distance between
    two unit vectors, down and up. table (4, M + 2): rows of `LinkCurves`. coupling (C, C): share of a colour's
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
    """What V services require of C/(I+N), and how levels are counted.

    sin_mask: sine of the lowest elevation at which a cell is served. down_db, up_db (V,) float64; c_in_low_db,
    c_i_low_db, margin_low_db (V,): lower edges of the first bins; margin_bins: their number; bins_per_db. threshold_db
    (Q,) float64 and rate_bit_s (Q + 1,) int64: bit rate of a beam by its C/(I+N). allowed (L, M + 2): PFD in W/m2/MHz
    by the sine of the elevation k / M; aggregate (L,) bool: of all satellites together, else of the strongest one.
    """

    sin_mask: float
    down_db: np.ndarray
    up_db: np.ndarray
    c_in_low_db: float
    c_i_low_db: float
    margin_low_db: np.ndarray
    margin_bins: int
    bins_per_db: float
    threshold_db: np.ndarray
    rate_bit_s: np.ndarray
    allowed: np.ndarray
    aggregate: np.ndarray


class NetworkCounters(NamedTuple):
    """Counters of G cells over the steps of a window; all zero before.

    active_samples (G,) int32: steps with a beam; c_in_bins, c_i_bins (G, bins) int32; rate_sum (G,) int64, bit/s
    summed over the steps; pfd_max (G,), pfd_over_limit (L, G) float64: highest sum of the beams of one frequency, in
    W/m2/MHz and over what a limit allows.
    """

    active_samples: np.ndarray
    c_in_bins: np.ndarray
    c_i_bins: np.ndarray
    rate_sum: np.ndarray
    pfd_max: np.ndarray
    pfd_over_limit: np.ndarray


class TileReception(NamedTuple):
    """What the n cells of a tile receive at one step.

    by_colour (C, n): C/N of all beams of a colour; pfd (F, n): PFD of all beams of a frequency; over_limit (L, F, n):
    the same over what each limit allows; own, up (n,) and colour (n,) int64: C/N of the cell's own beam, down and up,
    0 without one, and its colour. Of the satellite at hand: toward (3, n), unit vectors from it to the cells; sine
    (n,) of its elevation and spreading (n,), 1 / range^2, both 0 below the horizon; by_beam (C, n) and by_frequency
    (F, n): its PFD; at (n,): working memory.
    """

    by_colour: np.ndarray
    pfd: np.ndarray
    over_limit: np.ndarray
    own: np.ndarray
    up: np.ndarray
    colour: np.ndarray
    toward: np.ndarray
    sine: np.ndarray
    spreading: np.ndarray
    by_beam: np.ndarray
    by_frequency: np.ndarray
    at: np.ndarray


@kernel(parallel=True, **COMPILED)
def accumulate_network(ground, position_m, beams, tables, requirements, counters, margin_db):
    """Fill the counters of one window, and the margins of its services; position_m (T, S, 3).

    margin_db (V, T, G) float32: the middle of the margin's histogram bin, so that rounding moves no sample to another
    bin or over zero, which is an edge; NO_MARGIN_DB without a beam.
    """
    for tile in prange(ground.first.size - 1):
        _accumulate_tile(ground, position_m, beams, tables, requirements, counters, margin_db, tile)


@kernel(**COMPILED)
def _accumulate_tile(ground, position_m, beams, tables, requirements, counters, margin_db, tile):
    first, n = ground.first[tile], ground.first[tile + 1] - ground.first[tile]
    colours, frequencies, limits = (
        tables.frequency.size,
        tables.frequency.max() + 1,
        requirements.aggregate.size,
    )
    received = TileReception(
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
        received.by_colour[:] = 0.0
        received.pfd[:] = 0.0
        received.over_limit[:] = 0.0
        received.own[:] = 0.0
        k, end = beams.first[step], beams.first[step + 1]
        while k < end:
            satellite, begin = beams.satellite[k], k
            while k < end and beams.satellite[k] == satellite:
                k += 1
            if _look_angles(ground, first, n, position_m[step, satellite], received):
                _add_beams(ground, first, n, beams, begin, k, tables, requirements, received)
        for c in range(n):
            _count_cell(ground, first, c, tables, requirements, received, counters, margin_db, step)


@kernel(**COMPILED)
def _look_angles(ground, first, n, position_m, received):
    """Fill toward, sine and spreading of the satellite at hand; return whether any cell has it above the horizon."""
    px, py, pz = position_m
    above = False
    for c in range(n):
        g = first + c
        dx, dy, dz = px - ground.position_m[g, 0], py - ground.position_m[g, 1], pz - ground.position_m[g, 2]
        distance = np.sqrt(dx * dx + dy * dy + dz * dz)
        sine = (dx * ground.up[g, 0] + dy * ground.up[g, 1] + dz * ground.up[g, 2]) / distance
        received.toward[0, c], received.toward[1, c], received.toward[2, c] = (
            -dx / distance,
            -dy / distance,
            -dz / distance,
        )
        received.sine[c] = max(sine, 0.0)
        received.spreading[c] = 1.0 / (distance * distance) if sine > 0 else 0.0
        above |= sine > 0
    return above


@kernel(**COMPILED)
def _add_beams(ground, first, n, beams, begin, end, tables, requirements, received):
    """Add the beams `begin` to `end`, all of the satellite at hand, to what the cells of a tile receive."""
    received.by_beam[:] = 0.0
    for k in range(begin, end):
        colour, strength, cell = beams.colour[k], beams.strength[k], beams.cell[k]
        x, y, z = beams.toward[k]
        for c in range(n):  # loops of their own, which the compiler can fill the lanes with
            vx, vy, vz = received.toward[0, c] - x, received.toward[1, c] - y, received.toward[2, c] - z
            received.at[c] = np.sqrt(vx * vx + vy * vy + vz * vz) * tables.per_chord
        for c in range(n):
            flux = strength * interpolate(tables.gain, received.at[c]) * received.spreading[c]
            received.by_beam[colour, c] += flux
            if ground.cell[first + c] == cell and received.sine[c] >= requirements.sin_mask:
                hear = look_up(tables.table[UPLINK_BY_ELEVATION], received.sine[c]) / tables.noise_rise
                received.own[c] = flux * look_up(tables.table[C_N_BY_ELEVATION], received.sine[c])
                received.up[c] = (
                    beams.send[k] * interpolate(tables.gain_up, received.at[c]) * received.spreading[c] * hear
                )
                received.colour[c] = colour
    _add_satellite(n, tables, requirements, received)


@kernel(**COMPILED)
def _add_satellite(n, tables, requirements, received):
    """Add the beams of the satellite at hand, by colour, to those of the others."""
    received.by_frequency[:] = 0.0
    for c in range(n):
        receive = look_up(tables.table[C_N_BY_ELEVATION], received.sine[c])
        for colour in range(tables.frequency.size):
            received.by_colour[colour, c] += received.by_beam[colour, c] * receive
            received.by_frequency[tables.frequency[colour], c] += received.by_beam[colour, c]
    received.pfd[:] += received.by_frequency
    for limit in range(requirements.aggregate.size):
        for c in range(n):
            allowed = interpolate(
                requirements.allowed[limit], min(received.sine[c], 1.0) * (requirements.allowed.shape[1] - 2)
            )
            for frequency in range(received.pfd.shape[0]):
                over = received.by_frequency[frequency, c] / allowed
                before = received.over_limit[limit, frequency, c]
                both = before + over if requirements.aggregate[limit] else max(before, over)
                received.over_limit[limit, frequency, c] = both


@kernel(**COMPILED)
def _count_cell(ground, first, c, tables, requirements, received, counters, margin_db, step):
    """Count the levels of one cell of a tile at one step, and store the margins of its services."""
    g = first + c
    counters.pfd_max[g] = max(counters.pfd_max[g], received.pfd[:, c].max())
    for limit in range(requirements.allowed.shape[0]):
        counters.pfd_over_limit[limit, g] = max(
            counters.pfd_over_limit[limit, g], received.over_limit[limit, :, c].max()
        )
    if received.own[c] <= 0:
        margin_db[:, step, g] = NO_MARGIN_DB
        return
    interference = _interference(c, tables, received)
    down_db = 10 * np.log10(received.own[c] / (1.0 + interference))
    up_db = 10 * np.log10(received.up[c])
    c_i_db = 10 * np.log10(received.own[c] / interference) if interference > 0 else np.inf
    per_db = requirements.bins_per_db
    counters.active_samples[g] += 1
    counters.c_in_bins[g, _bin(down_db, requirements.c_in_low_db, per_db, counters.c_in_bins.shape[1])] += 1
    counters.c_i_bins[g, _bin(c_i_db, requirements.c_i_low_db, per_db, counters.c_i_bins.shape[1])] += 1
    counters.rate_sum[g] += requirements.rate_bit_s[
        np.searchsorted(requirements.threshold_db, down_db, side="right")
    ]
    for service in range(requirements.down_db.size):
        margin = min(down_db - requirements.down_db[service], up_db - requirements.up_db[service])
        low_db = requirements.margin_low_db[service]
        margin_db[service, step, g] = (
            low_db + (_bin(margin, low_db, per_db, requirements.margin_bins) + 0.5) / per_db
        )


@kernel(**COMPILED)
def _interference(c, tables, received):
    """Return interference over noise from all beams but the cell's own."""
    total = 0.0
    for other in range(tables.frequency.size):
        total += tables.coupling[received.colour[c], other] * received.by_colour[other, c]
    return tables.load * max(total - received.own[c], 0.0)


@kernel(**COMPILED)
def _bin(level_db, low_db, per_db, bins):
    return min(max(np.int64((min(level_db, 1e6) - low_db) * per_db), 0), bins - 1)

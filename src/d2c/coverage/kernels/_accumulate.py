"""The compiled loops: which satellites a cell sees, which serves it best, and the running statistics.

Cells lie in tiles of up to LANES neighbours. For each tile in parallel, for each step in time, the few
satellites that may be above the tile's horizon are its candidates. What the tile's cells have in common bounds
how high each stands and what it can give: most need not be tried as server, and many are seen by all cells
or by none. The others are looked at from all cells, cells in SIMD lanes. Positions are float32 relative to the
tile's centre (0.1 m at 2,000 km); all that is kept between steps is integer, so no order of summation matters.
`tests/twins/coverage_twin.py` says the same in plain numpy.

Rows of LANES values stand in one flat array of each type: only with rows at constant distances can the
compiler tell them apart and fill the lanes. `error_model="numpy"` leaves out the check for division by zero,
which would make the loops scalar. Sums stay int32 only where each is made so: as int64 they would halve the
lanes. `_nrt=False` leaves out the counting of references to arrays that are only passed on, which would take
longer than the loops over a tile; such functions cannot make an array.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import config, njit, prange, set_num_threads
from numba.extending import register_jitable
from numba.np.ufunc.parallel import get_thread_id

# The flags that let sums be reordered within one cell's row; "nnan" stays out, since decayed satellites are
# NaN.
_FLAGS = {"nsz", "arcp", "contract", "afn", "reassoc"}
_COMPILED: dict[str, Any] = {"cache": True, "error_model": "numpy", "nogil": True}
_PLAIN = _COMPILED | {"_nrt": False}
_CALLED = _PLAIN | {"fastmath": _FLAGS}
_LOOP = _CALLED | {"forceinline": True}

LANES = 256  # most cells of a tile; 144 to 256 were the fastest
FILL = 32  # lanes are filled up to a multiple of this
_LINE = 64  # bytes of a line of the cache
SPARE = _LINE // 4
CHUNK = 8  # directions come in a multiple of this
CURVES = 4
PFD_BY_OFF_NADIR, C_N_BY_ELEVATION, UPLINK_BY_OFF_NADIR, UPLINK_BY_ELEVATION = range(CURVES)
SHORT = 4  # terms of most curves; those of more take longer

# What stands in Tiles.bounds, Sky.direction, and of each candidate.
CHORD, LEAN, LOWEST, HIGHEST, UP_X, UP_Y, UP_Z = range(7)
TO_X, TO_Y, TO_Z, COS_REACH, SIN_REACH = range(5)
AT_X, AT_Y, AT_Z, DISTANCE, CLOSEST, SINE_MOST, EVERYWHERE = range(7)
BOUNDS_OF_CANDIDATE = 7
_DOUBT = np.float32(1e-5)  # more than float32 leaves in doubt of a sine; of a ratio, 0.00004 dB

# Rows of a tile's float32 values, `f`: the satellite at hand, then the best server so far with the ratios and then the
# levels in dB that it gives, then the highest satellite so far.
SINE, COSINE, CLOSE2 = 0, LANES, 2 * LANES
BEST_DOWN, BEST_SINE, BEST_COSINE, BEST_CLOSE2 = 3 * LANES, 4 * LANES, 5 * LANES, 6 * LANES
BEST_UP, DOWN_DB, UP_DB, MARGIN, TOP = 7 * LANES, 8 * LANES, 9 * LANES, 10 * LANES, 11 * LANES
FLOAT_ROWS = 12
# Rows of what the curves give, `g`.
BEAM, AIR = 0, LANES
CURVE_ROWS = 2
# Rows of a tile's int32 values, `m`: this step's count and scratch, then what the window keeps.
COUNT, SERVER, BIN, SAMPLES = 0, LANES, 2 * LANES, 3 * LANES
SUM, MOST, TOP_STEP, TOP_SATELLITE, LEVEL = 4 * LANES, 5 * LANES, 6 * LANES, 7 * LANES, 8 * LANES
INT_ROWS = 9
# Rows of int32 values of each service, `gaps`.
SERVED, HEAD, LAST, LONGEST, ENDED, CHANCE = 0, LANES, 2 * LANES, 3 * LANES, 4 * LANES, 5 * LANES
GAP_ROWS = 6

NO_LEVEL = -32768  # in a slot: no server
PROBABILITY_SCALE = 1 << 20  # probabilities are summed as integers, in this fraction


class Tiles(NamedTuple):
    """K tiles of G cells; the cells of a tile are neighbours in the arrays.

    first (K+1,) int64; centre_m (K, 3) float64; cos_radius, sin_radius (K,) float64 of the angle at the
    Earth's centre that the tile spans; cells (K, 6 * LANES) float32: x, y, z in metres from the tile's centre
    and the vertical's x, y, z, NaN in spare lanes; area_m2 (K, LANES) int64, zero in spare lanes. bounds (K, 7)
    float32 hold for all cells of a tile: CHORD, their largest distance from its centre; UP, a unit vector, and
    LEAN, the most by which a vertical differs from it; LOWEST and HIGHEST height over the centre along the own
    vertical.
    """

    first: np.ndarray
    centre_m: np.ndarray
    cos_radius: np.ndarray
    sin_radius: np.ndarray
    cells: np.ndarray
    area_m2: np.ndarray
    bounds: np.ndarray


class SatelliteTracks(NamedTuple):
    """S satellites over T steps.

    position_m (T, S, 3) float64, NaN where there is none; near (T, S) int32 and near_count (T,) int64, the
    satellites that may see any of the cells; direction (T, 5, M) float32, of each of these TO_X, TO_Y and TO_Z, its
    unit vector from the Earth's centre, COS_REACH and SIN_REACH of the angle there within which it can be above
    the mask, M a multiple of CHUNK, spare ones never within reach; payload (S,) int64, row of the link tables;
    frame_end (T,) int64: number of the frame that a step ends, -1 where it ends none; slot (T,) int64: where
    the step's levels and servers are kept, -1 for nowhere.
    """

    position_m: np.ndarray
    in_range: np.ndarray
    in_range_count: np.ndarray
    direction: np.ndarray
    payload: np.ndarray
    frame_end: np.ndarray
    slot: np.ndarray


class LinkCurves(NamedTuple):
    """Power ratios of P payloads as curves, float32.

    DENSITY: PFD times squared range, by the cosine of the off-nadir angle; RECEIVE: downlink C/N per PFD, by
    the sine of the elevation; SEND and HEAR: the same for the uplink, whose C/N is send * hear / range^2. cap
    (P,): highest PFD. Each curve is a polynomial of (argument - centre) * scale with so many `terms`, highest
    power first, where that is near enough, else (terms 0) a table of N + 2 points at argument 1 - (k / N)^2.
    terms (P, 4) int64, coefficients (P, 4, 12), centre, scale (P, 4), table (P, 4, N + 2). sin_mask: sine of
    the elevation mask. log2 (6,): polynomial on [1, 2), highest power first. most_density (P,): highest value of
    that curve; most_receive (P, B): that up to a sine of the elevation of (k + 1) / B.
    """

    terms: np.ndarray
    coefficients: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    table: np.ndarray
    cap: np.ndarray
    sin_mask: np.float32
    log2: np.ndarray
    most_density: np.ndarray
    most_receive: np.ndarray


class ServiceRequirements(NamedTuple):
    """What V services require, and the histograms' bins.

    down_db, up_db (V,) float32, minus infinity where a direction is not needed; c_n_low_db and margin_low_db
    (V,) float32, lower edge of the first bin; bins_per_db float32. chance (E, M) float32: probability of
    service under shadowing, by the sine of the elevation from the mask to 1 and by the margin from
    chance_low_db up; (0, 0) where it is not asked for. allowed (L, N+2) float32: PFD in
    W/m2/MHz that each limit allows, by the sine of the elevation k / N. gap_edges (J,) int32: a gap is in
    the last bin whose edge, in steps, it is longer than; the first edge is zero.
    """

    down_db: np.ndarray
    up_db: np.ndarray
    c_n_low_db: np.float32
    margin_low_db: np.ndarray
    bins_per_db: np.float32
    link_probability: np.ndarray
    probability_low_db: np.float32
    probability_per_db: np.float32
    allowed: np.ndarray
    gap_edges: np.ndarray


class AccumulatorState(NamedTuple):
    """What G cells had from the start of the span up to a window, which `watch` takes on to its end.

    Meant as in CoverageStatistics and Frames. Per cell (G,): visible_samples, visible_max int32, visible_sum int64;
    c_n_bins (G, B + 1) int32, whose last bin takes the steps without a server; level int32, the sum of the levels in
    0.01 dB, and max_sine float32, of the highest elevation. Per service (V, G): served, head, tail, longest int32,
    squares, chance int64; gap_count, gap_steps (V, G, J) int32; margin_bins (V, G, B + 1) int32. excess (L, G)
    float32: highest PFD of the serving beam over what a limit allows. At the end of each of F frames: frame_seen and
    frame_level (F, G), frame_served (F, V, G) int32, what visible_samples, level and served were. `level` may run
    over, as only differences are asked for.
    """

    visible_samples: np.ndarray
    visible_sum: np.ndarray
    visible_max: np.ndarray
    max_sine: np.ndarray
    c_n_centi_db: np.ndarray
    c_n_bins: np.ndarray
    served: np.ndarray
    leading_gap: np.ndarray
    trailing_gap: np.ndarray
    longest_gap: np.ndarray
    gap_squared_sum: np.ndarray
    link_probability: np.ndarray
    gap_count: np.ndarray
    gap_steps: np.ndarray
    margin_bins: np.ndarray
    pfd_over_limit: np.ndarray
    frame_seen: np.ndarray
    frame_c_n_centi_db: np.ndarray
    frame_served: np.ndarray


class WindowCounters(NamedTuple):
    """What is asked of a window of T steps alone; all zero before.

    top_step, top_satellite (G,) int32: who stood higher than anybody before, step -1 for nobody. line (N, T, 2 + 2
    V) int64, a part of each of N threads: cells and area with a satellite above the mask, and with each service. seen
    (T, S) uint8. Of the steps with a slot: level (slots, G) int16, C/N in 0.01 dB, NO_LEVEL for none, and server
    (slots, G) int32, -1 for none. work (K, 2) int64: how many satellites a tile tried as servers, and how many it
    only looked at.
    """

    top_step: np.ndarray
    top_satellite: np.ndarray
    line: np.ndarray
    seen: np.ndarray
    c_n_centi_db: np.ndarray
    server: np.ndarray
    work: np.ndarray


@njit(parallel=True, **_COMPILED)
def accumulate(tiles, sky, link, demands, totals, counters):
    """Take the totals through one window, and fill its counters."""
    for tile in prange(tiles.first.size - 1):
        _accumulate_tile(tiles, sky, link, demands, totals, counters, counters.line[get_thread_id()], tile)


@register_jitable
def aligned(room: Any) -> Any:
    """Return all but SPARE of an array of four-byte values, beginning where a line of the cache does.

    SIMD registers are as long as a line: from elsewhere each would be filled out of two, a fifth of the kernel's time.
    """
    past = np.int64(room.ctypes.data & np.uint64(_LINE - 1))
    spare = (_LINE - past) % _LINE // 4
    return room[spare : spare + room.size - SPARE]


class TileWorkspace(NamedTuple):
    """Room for one tile: rows of LANES as said at the top, and what is kept of M candidates.

    excess (L, LANES) float32; candidates (M + 1,) uint32, numbers of satellites; aims (M, AIM) float32; within (M,)
    uint8.
    """

    f: np.ndarray
    g: np.ndarray
    m: np.ndarray
    gaps: np.ndarray
    pfd_over_limit: np.ndarray
    candidates: np.ndarray
    aims: np.ndarray
    within: np.ndarray


@njit(**_COMPILED)
def _accumulate_tile(tiles, sky, link, demands, totals, counters, line, tile):
    services, most = demands.down_db.size, sky.direction.shape[2]
    rows = TileWorkspace(
        aligned(np.zeros(FLOAT_ROWS * LANES + SPARE, np.float32)),
        aligned(np.zeros(CURVE_ROWS * LANES + SPARE, np.float32)),
        aligned(np.zeros(INT_ROWS * LANES + SPARE, np.int32)),
        aligned(np.zeros(services * GAP_ROWS * LANES + SPARE, np.int32)).reshape(services, GAP_ROWS * LANES),
        np.zeros((demands.allowed.shape[0], LANES), np.float32),
        np.empty(most + 1, np.uint32),
        np.empty((most, BOUNDS_OF_CANDIDATE), np.float32),
        np.empty(most, np.uint8),
    )
    _load_state(totals, tiles.first[tile], tiles.first[tile + 1], rows)
    _process_steps(tiles, sky, link, demands, totals, counters, line, tile, rows)
    _store_state(totals, counters, tiles.first[tile], tiles.first[tile + 1], sky.slot.size, rows)


@njit(**_CALLED)
def _process_steps(tiles, sky, link, demands, totals, counters, line, tile, rows):
    """Take a tile through the window's steps."""
    f, g, m, gaps = rows.f, rows.g, rows.m, rows.gaps
    first = tiles.first[tile]
    cells_here = tiles.first[tile + 1] - first
    n = (cells_here + FILL - 1) // FILL * FILL  # whole SIMD registers; the spare lanes see nothing
    area = np.int64(0)
    for c in range(cells_here):
        area += tiles.area_m2[tile, c]
    cells = tiles.cells[tile]
    top = _least(f, TOP, cells_here)  # what the highest satellite of every cell reaches
    for step in range(sky.position_m.shape[0]):
        for c in range(n):
            m[c + COUNT] = 0
            f[c + BEST_DOWN] = 0
        found = _candidates(tiles, sky, tile, step, rows)
        if found:
            _candidate_bounds(tiles, sky, link.sin_mask, tile, step, found, rows)
            top = _find_best_servers(tiles, sky, link, counters, cells, tile, step, found, top, n, rows)
        _evaluate_uplink(link, sky.payload, n, f, g, m)
        if demands.allowed.shape[0]:
            _compare_limits(demands, link, sky.payload, n, f, g, m, rows.pfd_over_limit)
        _to_db(link, n, f, m, BEST_DOWN, DOWN_DB)
        _to_db(link, n, f, m, BEST_UP, UP_DB)
        _count_visible(tiles, demands, totals, line, tile, step, area, n, f, m)
        if sky.slot[step] >= 0:
            _store_server(counters, sky.slot[step], first, cells_here, f, m)
        for service in range(demands.down_db.size):
            _count_service(tiles, demands, totals, line, tile, step, service, area, n, f, m, gaps[service])
            if demands.link_probability.size:
                _count_link_probability(demands, link.sin_mask, n, f, m, gaps[service])
        if sky.frame_end[step] >= 0:
            _end_frame(totals, sky.frame_end[step], first, cells_here, m, gaps)


@njit(**_PLAIN)
def list_in_range(position_m, cosine, axis, near_list, near_count):
    """List per step the satellites within an angle of `axis`, given as its cosine (S,).

    Fills near_list (T, S) and near_count (T,).
    """
    for step in range(position_m.shape[0]):
        found = 0
        for s in range(position_m.shape[1]):
            x, y, z = position_m[step, s]
            toward = x * axis[0] + y * axis[1] + z * axis[2]
            if toward >= cosine[s] * np.sqrt(x * x + y * y + z * z):
                near_list[step, found] = s
                found += 1
        near_count[step] = found


@njit(**_PLAIN)
def fill_directions(position_m, near_list, near_count, ground_m, cos_mask, sin_mask, direction):
    """Fill `Sky.direction` (T, 5, M) of the satellites that are near.

    The reach is that of the step, from the radius then, and so the same in any window: from `ground_m` from the Earth's
    centre, the satellite at radius r is above the mask within an angle of arccos(ground_m / r * cos mask) - mask.
    """
    for step in range(near_count.size):
        for k in range(near_count[step]):
            s = near_list[step, k]
            x, y, z = position_m[step, s]
            radius = np.sqrt(x * x + y * y + z * z)
            direction[step, TO_X, k] = x / radius
            direction[step, TO_Y, k] = y / radius
            direction[step, TO_Z, k] = z / radius
            cosine = min(ground_m / radius * cos_mask, 1.0)
            sine = np.sqrt(1.0 - cosine * cosine)
            # less by what float32 leaves in doubt
            direction[step, COS_REACH, k] = cosine * cos_mask + sine * sin_mask - 1e-6
            direction[step, SIN_REACH, k] = sine * cos_mask - cosine * sin_mask
        for k in range(near_count[step], direction.shape[2]):
            direction[step, COS_REACH, k] = 3.0
            direction[step, SIN_REACH, k] = 0.0
            direction[step, TO_X, k] = direction[step, TO_Y, k] = direction[step, TO_Z, k] = 0.0


@njit(**_LOOP)
def _candidates(tiles, sky, tile, step, rows):
    """List the satellites that may be above the mask somewhere in the tile; return how many."""
    cx, cy, cz = tiles.centre_m[tile]
    length = np.sqrt(cx * cx + cy * cy + cz * cz)
    x, y, z = np.float32(cx / length), np.float32(cy / length), np.float32(cz / length)
    cos_radius, sin_radius = np.float32(tiles.cos_radius[tile]), np.float32(tiles.sin_radius[tile])
    to, within = sky.direction[step], rows.within
    tx, ty, tz, cos_reach, sin_reach = to[TO_X], to[TO_Y], to[TO_Z], to[COS_REACH], to[SIN_REACH]
    for k in range(within.size):
        toward = tx[k] * x + ty[k] * y + tz[k] * z
        within[k] = toward >= cos_reach[k] * cos_radius - sin_reach[k] * sin_radius
    eights = within.view(np.uint64)  # few of them hold any
    found = 0
    for eight in range(eights.size):
        if eights[eight]:
            for k in range(8 * eight, min(8 * eight + 8, sky.in_range_count[step])):
                rows.candidates[found] = sky.in_range[step, k]
                found += within[k]
    return found


@njit(**_LOOP)
def _candidate_bounds(tiles, sky, sin_mask, tile, step, found, rows):
    """Fill where each candidate stands from the tile's centre and the bounds within which all cells see it.

    AT and DISTANCE in metres, CLOSEST to any cell; the sine of the elevation at most; EVERYWHERE, above zero only where
    all cells see it above the mask. The nearest becomes the first.
    """
    bounds, candidates, aims = tiles.bounds[tile], rows.candidates, rows.aims
    cx, cy, cz = tiles.centre_m[tile]
    chord, lean = bounds[CHORD], bounds[LEAN]
    nearest = 0
    for k in range(found):
        px, py, pz = sky.position_m[step, candidates[k]]
        x, y, z = np.float32(px - cx), np.float32(py - cy), np.float32(pz - cz)
        distance = np.sqrt(x * x + y * y + z * z)
        height = x * bounds[UP_X] + y * bounds[UP_Y] + z * bounds[UP_Z]
        highest = height + distance * lean - bounds[LOWEST]
        lowest = height - distance * lean - bounds[HIGHEST]
        closest, furthest = max(distance - chord, lowest, np.float32(1.0)), distance + chord
        aims[k, AT_X], aims[k, AT_Y], aims[k, AT_Z], aims[k, DISTANCE] = x, y, z, distance
        nearest = k if distance < aims[nearest, DISTANCE] else nearest
        aims[k, SINE_MOST] = min(highest / (closest if highest > 0 else furthest), np.float32(1.0))
        aims[k, EVERYWHERE] = lowest - (sin_mask + _DOUBT) * furthest
        aims[k, CLOSEST] = closest
    candidates[0], candidates[nearest] = candidates[nearest], candidates[0]
    for k in range(BOUNDS_OF_CANDIDATE):
        aims[0, k], aims[nearest, k] = aims[nearest, k], aims[0, k]


@njit(**_LOOP)
def _find_best_servers(tiles, sky, link, counters, cells, tile, step, found, top, n, rows):
    """Find the best server of each cell, count who is visible, and keep who is highest; return the new `top`.

    The first candidate is tried, any other only if it might serve some cell better.
    """
    f, g, m, aims = rows.f, rows.g, rows.m, rows.aims
    here = tiles.first[tile + 1] - tiles.first[tile]
    everywhere = np.int32(0)
    enough = np.float32(0.0)
    for k in range(found):
        if aims[k, SINE_MOST] < link.sin_mask - _DOUBT:
            continue
        satellite, aim = rows.candidates[k], aims[k]
        if _may_exceed(link, sky.payload[satellite], aim, enough):
            visible = _evaluate_candidate(sky, link, cells, step, satellite, aim, n, f, g, m)
            enough = _least(f, BEST_DOWN, here) * (np.float32(1.0) + _DOUBT)
            counters.work[tile, 0] += 1
        elif aim[EVERYWHERE] > 0:
            visible = np.int32(1)
            everywhere += visible
        else:
            visible = _count_where_visible(link, cells, aim, n, m)
            counters.work[tile, 1] += 1
        if visible:
            counters.seen[step, satellite] = 1
        if aim[SINE_MOST] > top and _update_highest(cells, aim, step, satellite, n, f, m):
            top = _least(f, TOP, here)
    for c in range(here):
        m[c + COUNT] += everywhere
    return top


@njit(**_LOOP)
def _may_exceed(link, payload, aim, c_n):
    """Return whether the satellite at hand may give some cell of the tile a higher C/N."""
    receive = link.most_receive[payload]
    last = np.float32(receive.size - 1)
    at = np.uint32(min(max(aim[SINE_MOST], np.float32(0.0)) * np.float32(receive.size), last))
    most_here = link.most_density[payload] * receive[at] > c_n * aim[CLOSEST] * aim[CLOSEST]
    return most_here and link.cap[payload] * receive[at] > c_n


@njit(**_LOOP)
def _least(f, row, here):
    """Return the lowest of a row of values from 0 up: as integers, which fill the lanes, they order alike."""
    bits = f.view(np.int32)
    least = bits[row]
    for c in range(here):
        least = min(least, bits[c + row])
    return np.int32(least).view(np.float32)


@njit(**_LOOP)
def _count_where_visible(link, cells, aim, n, m):
    """Count the satellite at hand where it is visible; return from how many cells."""
    sx, sy, sz = aim[AT_X], aim[AT_Y], aim[AT_Z]
    sin2 = link.sin_mask * link.sin_mask
    visible_cells = np.int32(0)
    for c in range(n):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        height = dx * cells[c + 3 * LANES] + dy * cells[c + 4 * LANES] + dz * cells[c + 5 * LANES]
        visible = np.int32(height * abs(height) >= sin2 * (dx * dx + dy * dy + dz * dz))  # spares the root
        m[c + COUNT] += visible
        visible_cells = np.int32(visible_cells + visible)
    return visible_cells


@njit(**_LOOP)
def _update_highest(cells, aim, step, satellite, n, f, m):
    """Keep the satellite at hand where it stands higher than any so far; return over how many cells."""
    sx, sy, sz = aim[AT_X], aim[AT_Y], aim[AT_Z]
    now, who, risen = np.int32(step), np.int32(satellite), np.int32(0)
    for c in range(n):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        close = np.sqrt(np.float32(1.0) / (dx * dx + dy * dy + dz * dz))
        sine = (dx * cells[c + 3 * LANES] + dy * cells[c + 4 * LANES] + dz * cells[c + 5 * LANES]) * close
        higher = np.int32(sine > f[c + TOP])
        risen = np.int32(risen + higher)
        f[c + TOP] = sine if higher else f[c + TOP]
        m[c + TOP_STEP] = now if higher else m[c + TOP_STEP]
        m[c + TOP_SATELLITE] = who if higher else m[c + TOP_SATELLITE]
    return risen


@njit(**_LOOP)
def _evaluate_candidate(sky, link, cells, step, satellite, aim, n, f, g, m):
    """Count the satellite at hand where it is visible, and keep it where its downlink is the best so far.

    Fills SINE, COSINE and CLOSE2 (1 / range^2); returns from how many cells it is visible.
    """
    px, py, pz = sky.position_m[step, satellite]
    radius = np.sqrt(px * px + py * py + pz * pz)
    nx, ny, nz = np.float32(px / radius), np.float32(py / radius), np.float32(pz / radius)
    sx, sy, sz = aim[AT_X], aim[AT_Y], aim[AT_Z]
    for c in range(n):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        close2 = np.float32(1.0) / (dx * dx + dy * dy + dz * dz)
        close = np.sqrt(close2)
        f[c + SINE] = (
            dx * cells[c + 3 * LANES] + dy * cells[c + 4 * LANES] + dz * cells[c + 5 * LANES]
        ) * close
        f[c + COSINE] = (dx * nx + dy * ny + dz * nz) * close
        f[c + CLOSE2] = close2
    payload = sky.payload[satellite]
    cap, who = link.cap[payload], np.int32(satellite)
    if (
        0 < link.terms[payload, PFD_BY_OFF_NADIR] <= SHORT
        and 0 < link.terms[payload, C_N_BY_ELEVATION] <= SHORT
    ):
        return _update_best_by_short_curves(link, payload, cap, who, n, f, m)
    _curve(link, payload, PFD_BY_OFF_NADIR, n, f, g, COSINE, BEAM)
    _curve(link, payload, C_N_BY_ELEVATION, n, f, g, SINE, AIR)
    return _update_best_by_curves(cap, link.sin_mask, who, n, f, g, m)


@njit(**_LOOP)
def _update_best_by_curves(cap, sin_mask, who, n, f, g, m):
    """Count and keep the satellite at hand, whose curves are in g; return from how many cells it is visible."""
    visible_cells = np.int32(0)
    for c in range(n):
        visible = _update_best(c, g[c + BEAM], g[c + AIR], cap, sin_mask, who, f, m)
        visible_cells = np.int32(visible_cells + visible)
    return visible_cells


@njit(**_LOOP)
def _update_best_by_short_curves(link, payload, cap, who, n, f, m):
    """Do the same by curves that are short, as nearly all are, without the way through g."""
    centre, scale = link.centre[payload, PFD_BY_OFF_NADIR], link.scale[payload, PFD_BY_OFF_NADIR]
    middle, stretch = link.centre[payload, C_N_BY_ELEVATION], link.scale[payload, C_N_BY_ELEVATION]
    a, b, sin_mask = (
        link.coefficients[payload, PFD_BY_OFF_NADIR],
        link.coefficients[payload, C_N_BY_ELEVATION],
        link.sin_mask,
    )
    a0, a1, a2, a3 = a[8], a[9], a[10], a[11]
    b0, b1, b2, b3 = b[8], b[9], b[10], b[11]
    visible_cells = np.int32(0)
    for c in range(n):
        x, y = (f[c + COSINE] - centre) * scale, (f[c + SINE] - middle) * stretch
        beam, air = ((a0 * x + a1) * x + a2) * x + a3, ((b0 * y + b1) * y + b2) * y + b3
        visible = _update_best(c, beam, air, cap, sin_mask, who, f, m)
        visible_cells = np.int32(visible_cells + visible)
    return visible_cells


@njit(**_LOOP)
def _update_best(c, beam, air, cap, sin_mask, who, f, m):
    """Count the satellite at hand if it is visible in lane c, and keep it if it is better."""
    visible = np.int32(f[c + SINE] >= sin_mask)
    m[c + COUNT] += visible
    ratio = min(beam * f[c + CLOSE2], cap) * air
    better = visible & np.int32(ratio > f[c + BEST_DOWN])
    f[c + BEST_DOWN] = ratio if better else f[c + BEST_DOWN]
    f[c + BEST_SINE] = f[c + SINE] if better else f[c + BEST_SINE]
    f[c + BEST_COSINE] = f[c + COSINE] if better else f[c + BEST_COSINE]
    f[c + BEST_CLOSE2] = f[c + CLOSE2] if better else f[c + BEST_CLOSE2]
    m[c + SERVER] = who if better else m[c + SERVER]
    return visible


@njit(**_LOOP)
def _curve(link, payload, which, n, f, g, argument, value):
    """Fill the row `value` of g with a curve of the row `argument` of f."""
    terms = link.terms[payload, which]
    if terms == 0:
        table = link.table[payload, which]
        last = np.float32(table.size - 2)
        for c in range(n):
            at = np.sqrt(min(max(np.float32(1.0) - f[c + argument], np.float32(0.0)), np.float32(1.0))) * last
            at = at if at > 0 else np.float32(0.0)  # in spare lanes it is NaN
            i = np.int64(at)
            g[c + value] = table[i] + (at - np.float32(i)) * (table[i + 1] - table[i])
        return
    centre, scale = link.centre[payload, which], link.scale[payload, which]
    a = link.coefficients[payload, which]
    c0, c1, c2, c3, c4, c5, c6, c7 = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    c8, c9, c10, c11 = a[8], a[9], a[10], a[11]
    if terms <= SHORT:
        for c in range(n):
            x = (f[c + argument] - centre) * scale
            g[c + value] = ((c8 * x + c9) * x + c10) * x + c11
        return
    for c in range(n):
        x = (f[c + argument] - centre) * scale
        steep = ((((c0 * x + c1) * x + c2) * x + c3) * x + c4) * x + c5
        g[c + value] = (((((steep * x + c6) * x + c7) * x + c8) * x + c9) * x + c10) * x + c11


@njit(**_LOOP)
def _evaluate_uplink(link, payload_of, n, f, g, m):
    """Fill BEST_UP, the uplink's C/N ratio at the best server."""
    for payload in range(link.cap.size):
        _curve(link, payload, UPLINK_BY_OFF_NADIR, n, f, g, BEST_COSINE, BEAM)
        _curve(link, payload, UPLINK_BY_ELEVATION, n, f, g, BEST_SINE, AIR)
        if link.cap.size == 1:  # nothing to look up, and the loop fills its lanes
            for c in range(n):
                f[c + BEST_UP] = g[c + BEAM] * g[c + AIR] * f[c + BEST_CLOSE2]
        else:
            for c in range(n):
                ratio = g[c + BEAM] * g[c + AIR] * f[c + BEST_CLOSE2]
                f[c + BEST_UP] = ratio if payload_of[m[c + SERVER]] == payload else f[c + BEST_UP]


@njit(**_CALLED)
def _compare_limits(demands, link, payload_of, n, f, g, m, excess):
    """Raise the excess of each limit (L, LANES) to what the serving beam makes on the ground, over what is allowed."""
    points = np.float32(demands.allowed.shape[1] - 2)
    for payload in range(link.cap.size):
        _curve(link, payload, PFD_BY_OFF_NADIR, n, f, g, BEST_COSINE, BEAM)
        for c in range(n):
            if m[c + COUNT] > 0 and payload_of[m[c + SERVER]] == payload:
                pfd = min(g[c + BEAM] * f[c + BEST_CLOSE2], link.cap[payload])
                at = min(max(f[c + BEST_SINE], np.float32(0.0)), np.float32(1.0)) * points
                i = np.int64(at)
                for k in range(excess.shape[0]):
                    low, high = demands.allowed[k, i], demands.allowed[k, i + 1]
                    excess[k, c] = max(excess[k, c], pfd / (low + (at - np.float32(i)) * (high - low)))


@njit(**_LOOP)
def _to_db(link, n, f, m, ratio, level):
    """Fill the row `level` with a row of positive ratios in decibels, -1000 dB for cells without a server.

    By a polynomial of the mantissa: numba has no vector logarithm here.
    """
    a = link.log2
    c0, c1, c2, c3, c4, c5 = a[0], a[1], a[2], a[3], a[4], a[5]
    for c in range(n):
        bits = np.float32(f[c + ratio]).view(np.int32)
        x = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)).view(np.float32)
        log2 = ((((c0 * x + c1) * x + c2) * x + c3) * x + c4) * x + c5
        level_db = np.float32(3.0102999566) * (
            np.float32(np.int32(bits >> np.int32(23)) - np.int32(127)) + log2
        )
        f[c + level] = level_db if m[c + COUNT] > 0 else np.float32(-1000.0)


@njit(**_LOOP)
def _count_visible(tiles, demands, totals, line, tile, step, area, n, f, m):
    """Count who sees a satellite."""
    first, cells_here = tiles.first[tile], tiles.first[tile + 1] - tiles.first[tile]
    none = np.int32(totals.c_n_bins.shape[1] - 1)
    low, per_db = demands.c_n_low_db, demands.bins_per_db
    bins = totals.c_n_bins[first : first + cells_here].reshape(-1)  # flat, and unsigned places: half the time
    seen_cells = np.int32(0)
    for c in range(n):
        count = m[c + COUNT]
        seen = np.int32(count > 0)
        seen_cells = np.int32(seen_cells + seen)
        m[c + SAMPLES] += seen
        m[c + SUM] += count
        m[c + MOST] = max(m[c + MOST], count)
        m[c + LEVEL] += np.int32(np.float32(100.0) * f[c + DOWN_DB]) if seen else np.int32(0)
        inside = min(max(np.int32((f[c + DOWN_DB] - low) * per_db), np.int32(0)), none - np.int32(1))
        m[c + BIN] = np.int32(c) * (none + np.int32(1)) + (inside if seen else none)
    for c in range(cells_here):
        bins[np.uint64(m[c + BIN])] += 1
    if seen_cells < cells_here:
        area = np.int64(0)
        for c in range(n):
            area += tiles.area_m2[tile, c] if m[c + COUNT] > 0 else np.int64(0)
    line[step, 0] += seen_cells
    line[step, 1] += area


@njit(**_LOOP)
def _count_service(tiles, demands, totals, line, tile, step, service, area, n, f, m, gaps):
    """Count who is served, and the gaps that ended."""
    first, cells_here = tiles.first[tile], tiles.first[tile + 1] - tiles.first[tile]
    down, up = demands.down_db[service], demands.up_db[service]
    low, per_db = demands.margin_low_db[service], demands.bins_per_db
    none = np.int32(totals.margin_bins.shape[2] - 1)
    bins = totals.margin_bins[service, first : first + cells_here].reshape(-1)
    now, before = np.int32(step), np.int32(step - 1)
    served_cells, ended_cells = np.int32(0), np.int32(0)
    for c in range(n):
        margin_db = min(f[c + DOWN_DB] - down, f[c + UP_DB] - up)
        f[c + MARGIN] = margin_db
        inside = min(max(np.int32((margin_db - low) * per_db), np.int32(0)), none - np.int32(1))
        m[c + BIN] = np.int32(c) * (none + np.int32(1)) + (inside if m[c + COUNT] > 0 else none)
        served = np.int32(margin_db >= np.float32(0.0))
        gap = (before - gaps[c + LAST]) * served
        gaps[c + ENDED] = gap
        gaps[c + LAST] = now if served else gaps[c + LAST]
        gaps[c + SERVED] += served
        served_cells = np.int32(served_cells + served)
        ended_cells = np.int32(ended_cells + np.int32(gap > 0))
    for c in range(cells_here):
        bins[np.uint64(m[c + BIN])] += 1
    if ended_cells:
        for c in range(cells_here):
            if gaps[c + ENDED] > 0:
                _end_gap(demands.gap_edges, totals, service, first, c, gaps)
    if served_cells < cells_here:
        area = np.int64(0)
        for c in range(n):
            area += tiles.area_m2[tile, c] if f[c + MARGIN] >= np.float32(0.0) else np.int64(0)
    line[step, 2 + 2 * service] += served_cells
    line[step, 3 + 2 * service] += area


@njit(**_PLAIN)
def _end_gap(edges, totals, service, first, c, gaps):
    """Count a gap that ENDED, in the bin of its length, and its square; the first is what was before any service."""
    length = gaps[c + ENDED]
    if gaps[c + HEAD] < 0:
        gaps[c + HEAD] = length - 1
        return
    gaps[c + LONGEST] = max(gaps[c + LONGEST], length)
    inside = -1
    for edge in edges:
        inside += length > edge
    totals.gap_count[service, first + c, inside] += 1
    totals.gap_steps[service, first + c, inside] += length
    totals.gap_squared_sum[service, first + c] += np.int64(length) * length


@njit(**_LOOP)
def _count_link_probability(demands, sin_mask, n, f, m, gaps):
    """Add the probability that the service closes under shadowing, by BEST_SINE and the MARGIN."""
    table = demands.link_probability
    rows, columns = table.shape
    per_sine = np.float32(rows - 1) / (np.float32(1.0) - sin_mask)
    zero, last_row, last_column = np.float32(0.0), np.float32(rows - 2), np.float32(columns - 1.001)
    for c in range(n):
        if m[c + COUNT] > 0:
            u = (f[c + BEST_SINE] - sin_mask) * per_sine
            v = min(
                max((f[c + MARGIN] - demands.probability_low_db) * demands.probability_per_db, zero),
                last_column,
            )
            i, j = np.int64(min(max(u, zero), last_row)), np.int64(v)
            u, v = u - np.float32(i), v - np.float32(j)
            below = table[i, j] + v * (table[i, j + 1] - table[i, j])
            above = table[i + 1, j] + v * (table[i + 1, j + 1] - table[i + 1, j])
            gaps[c + CHANCE] += np.int32(
                (below + u * (above - below)) * np.float32(PROBABILITY_SCALE) + np.float32(0.5)
            )


@njit(**_PLAIN)
def _store_server(counters, slot, first, n, f, m):
    """Note who serves the cells of a tile at this step, and its C/N."""
    for c in range(n):
        seen = m[c + COUNT] > 0
        level = np.rint(np.float32(100.0) * f[c + DOWN_DB])
        level = min(max(level, np.float32(NO_LEVEL + 1)), np.float32(-NO_LEVEL - 1))
        counters.c_n_centi_db[slot, first + c] = np.int16(level) if seen else np.int16(NO_LEVEL)
        counters.server[slot, first + c] = m[c + SERVER] if seen else np.int32(-1)


@njit(**_PLAIN)
def _end_frame(totals, frame, first, n, m, gaps):
    """Note the running sums of a tile at the end of a frame."""
    for c in range(n):
        totals.frame_seen[frame, first + c] = m[c + SAMPLES]
        totals.frame_c_n_centi_db[frame, first + c] = m[c + LEVEL]
        for service in range(gaps.shape[0]):
            totals.frame_served[frame, service, first + c] = gaps[service, c + SERVED]


@njit(**_PLAIN)
def _load_state(totals, first, end, rows):
    """Fill the rows of a tile's cells, from `first` to before `end`, with what they had before the window."""
    f, m, gaps, excess = rows.f, rows.m, rows.gaps, rows.pfd_over_limit
    m[TOP_STEP : TOP_STEP + LANES] = -1
    for g in range(first, end):
        c = g - first
        f[c + TOP] = totals.max_sine[g]
        m[c + SAMPLES] = totals.visible_samples[g]
        m[c + MOST] = totals.visible_max[g]
        m[c + LEVEL] = totals.c_n_centi_db[g]
        for service in range(gaps.shape[0]):
            row = gaps[service]
            had = totals.served[service, g] > 0
            row[c + SERVED] = totals.served[service, g]
            row[c + HEAD] = totals.leading_gap[service, g] if had else -1
            # the first service ends a gap that is one step longer than what was before: were it none, it is noticed
            row[c + LAST] = (
                -1 - totals.trailing_gap[service, g] if had else -2 - totals.trailing_gap[service, g]
            )
            row[c + LONGEST] = totals.longest_gap[service, g]
        for limit in range(excess.shape[0]):
            excess[limit, c] = totals.pfd_over_limit[limit, g]


@njit(**_PLAIN)
def _store_state(totals, counters, first, end, steps, rows):
    """Write the rows of a tile's cells to the totals, after a window of so many steps."""
    f, m, gaps, excess = rows.f, rows.m, rows.gaps, rows.pfd_over_limit
    for g in range(first, end):
        c = g - first
        totals.max_sine[g] = f[c + TOP]
        totals.visible_samples[g] = m[c + SAMPLES]
        totals.visible_sum[g] += m[c + SUM]
        totals.visible_max[g] = m[c + MOST]
        totals.c_n_centi_db[g] = m[c + LEVEL]
        counters.top_step[g] = m[c + TOP_STEP]
        counters.top_satellite[g] = m[c + TOP_SATELLITE]
        for service in range(gaps.shape[0]):
            row = gaps[service]
            had = row[c + HEAD] >= 0
            tail = steps - 1 - row[c + LAST] if had else totals.trailing_gap[service, g] + steps
            head = row[c + HEAD] if had else tail
            totals.served[service, g] = row[c + SERVED]
            totals.leading_gap[service, g] = head
            totals.trailing_gap[service, g] = tail
            totals.longest_gap[service, g] = max(row[c + LONGEST], head, tail)
            totals.link_probability[service, g] += row[c + CHANCE]
        for limit in range(excess.shape[0]):
            totals.pfd_over_limit[limit, g] = excess[limit, c]


def use_threads(workers: int | None) -> None:
    """Set how many threads the kernels use; None for all that numba was started with."""
    set_num_threads(min(workers or threads(), threads()))


def threads() -> int:
    """Return how many threads the kernels may use at most."""
    started: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    return started

"""The compiled loops: which satellites a cell sees, which serves it best, and the running statistics.

Cells lie in tiles of up to LANES neighbours. For each tile in parallel, for each step in time, the few
satellites that may be above the tile's horizon are tried against all its cells, cells in SIMD lanes.
Positions are float32 relative to the tile's centre (0.1 m at 2,000 km); all that is kept between steps is
integer, so no order of summation matters. `tests/coverage/twin.py` says the same in plain numpy.

Rows of LANES values stand in one flat array of each type: only with rows at constant distances can the
compiler tell them apart and fill the lanes. `error_model="numpy"` leaves out the check for division by zero,
which would make the loops scalar.
"""

from typing import NamedTuple

import numpy as np
from numba import config, njit, prange, set_num_threads

# The flags that let sums be reordered within one cell's row; "nnan" stays out, since decayed satellites are
# NaN.
_FLAGS = {"nsz", "arcp", "contract", "afn", "reassoc"}

LANES = 256  # most cells of a tile; 144 to 256 were the fastest
FILL = 32  # lanes are filled up to a multiple of this
CURVES = 4
DENSITY, RECEIVE, SEND, HEAR = range(CURVES)

# Rows of a tile's float32 values: the satellite at hand, then the best server so far, then the highest of the
# window.
SINE, COSINE, CLOSE2 = 0, LANES, 2 * LANES
BEST_DOWN, BEST_SINE, BEST_COSINE, BEST_CLOSE2 = 3 * LANES, 4 * LANES, 5 * LANES, 6 * LANES
UP, MARGIN, TOP = 7 * LANES, 8 * LANES, 9 * LANES
FLOAT_ROWS = 10
# Rows of what the curves give, in an array of their own.
BEAM, AIR = 0, LANES
CURVE_ROWS = 2
# Rows of a tile's int32 values: this step's count and scratch, then what the window keeps.
COUNT, SERVER, BIN, SPARE, SAMPLES = 0, LANES, 2 * LANES, 3 * LANES, 4 * LANES
SUM, MOST, TOP_STEP, TOP_SATELLITE, LEVEL = 5 * LANES, 6 * LANES, 7 * LANES, 8 * LANES, 9 * LANES
INT_ROWS = 10
# Rows of int32 values of each service.
SERVED, HEAD, GAP, LONGEST, ENDED, CHANCE = 0, LANES, 2 * LANES, 3 * LANES, 4 * LANES, 5 * LANES
GAP_ROWS = 6

NO_LEVEL = -32768  # in a slot: no server
SURE = 1 << 20  # probabilities are summed as integers, in this fraction


class Tiles(NamedTuple):
    """K tiles of G cells; the cells of a tile are neighbours in the arrays.

    first (K+1,) int64; centre_m (K, 3) float64; cos_radius, sin_radius (K,) float64 of the angle at the
    Earth's centre that the tile spans; cells (K, 6 * LANES) float32: x, y, z in metres from the tile's centre
    and the vertical's x, y, z, NaN in spare lanes; area_m2 (K, LANES) int64.
    """

    first: np.ndarray
    centre_m: np.ndarray
    cos_radius: np.ndarray
    sin_radius: np.ndarray
    cells: np.ndarray
    area_m2: np.ndarray


class Sky(NamedTuple):
    """S satellites over T steps.

    position_m (T, S, 3) float64, NaN where there is none; near (T, S) int32 and near_count (T,) int64, the
    satellites that may see any of the cells; cos_reach, sin_reach (S,) float64 of the angle at the Earth's
    centre within which a satellite can be above the mask; payload (S,) int64, row of the link tables;
    frame_end (T,) int64: number of the frame that a step ends, -1 where it ends none; slot (T,) int64: where
    the step's levels and servers are kept, -1 for nowhere.
    """

    position_m: np.ndarray
    near: np.ndarray
    near_count: np.ndarray
    cos_reach: np.ndarray
    sin_reach: np.ndarray
    payload: np.ndarray
    frame_end: np.ndarray
    slot: np.ndarray


class LinkTables(NamedTuple):
    """Power ratios of P payloads as curves, float32.

    DENSITY: PFD times squared range, by the cosine of the off-nadir angle; RECEIVE: downlink C/N per PFD, by
    the sine of the elevation; SEND and HEAR: the same for the uplink, whose C/N is send * hear / range^2. cap
    (P,): highest PFD. Each curve is a polynomial of (argument - centre) * scale with so many `terms`, highest
    power first, where that is near enough, else (terms 0) a table of N + 2 points at argument 1 - (k / N)^2.
    terms (P, 4) int64, coefficients (P, 4, 8), centre, scale (P, 4), table (P, 4, N + 2). sin_mask: sine of
    the elevation mask. log2 (6,): polynomial on [1, 2), highest power first.
    """

    terms: np.ndarray
    coefficients: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    table: np.ndarray
    cap: np.ndarray
    sin_mask: np.float32
    log2: np.ndarray


class Demands(NamedTuple):
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
    chance: np.ndarray
    chance_low_db: np.float32
    chance_per_db: np.float32
    allowed: np.ndarray
    gap_edges: np.ndarray


class Counters(NamedTuple):
    """What a window of T steps leaves behind; see CoverageStatistics and Timeline for the meaning.

    Per cell (G,) int32: visible_samples, visible_sum, visible_max, top_step, top_satellite; c_n_bins (G, B +
    1) int32, whose last bin takes the steps without a server; per service (V, G) int32: served, head, tail,
    longest, squares, chance; gap_count, gap_steps (V, G, J) int32; margin_bins (V, G, B + 1) int32. Per tile
    and step: visible_cells, visible_m2 (K, T), served_cells, served_m2 (K, T, V) int64. seen (T, S) uint8. All
    zero before the window. excess (L, G) float32: highest PFD of the serving beam over what a limit allows.
    Running sums at the end of each of F frames, int32: frame_seen and frame_level, the sum of C/N in 0.01 dB,
    (F, G), frame_served (F, V, G). Of the steps with a slot: level (slots, G) int16, C/N in 0.01 dB, NO_LEVEL
    for none, and server (slots, G) int32, -1 for none.
    """

    visible_samples: np.ndarray
    visible_sum: np.ndarray
    visible_max: np.ndarray
    top_step: np.ndarray
    top_satellite: np.ndarray
    c_n_bins: np.ndarray
    served: np.ndarray
    head: np.ndarray
    tail: np.ndarray
    longest: np.ndarray
    squares: np.ndarray
    chance: np.ndarray
    gap_count: np.ndarray
    gap_steps: np.ndarray
    margin_bins: np.ndarray
    visible_cells: np.ndarray
    visible_m2: np.ndarray
    served_cells: np.ndarray
    served_m2: np.ndarray
    seen: np.ndarray
    excess: np.ndarray
    frame_seen: np.ndarray
    frame_level: np.ndarray
    frame_served: np.ndarray
    level: np.ndarray
    server: np.ndarray


@njit(parallel=True, cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS)
def watch(tiles, sky, link, demands, counters):
    """Fill the counters of one window."""
    for tile in prange(tiles.first.size - 1):
        _watch_tile(tiles, sky, link, demands, counters, tile)


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS)
def _watch_tile(tiles, sky, link, demands, counters, tile):
    first = tiles.first[tile]
    cells_here = tiles.first[tile + 1] - first
    n = (cells_here + FILL - 1) // FILL * FILL  # whole SIMD registers; the spare lanes see nothing
    f = np.zeros(FLOAT_ROWS * LANES, np.float32)
    g = np.zeros(CURVE_ROWS * LANES, np.float32)
    m = np.zeros(INT_ROWS * LANES, np.int32)
    bits, mantissa = f.view(np.int32), m.view(np.float32)
    gaps = np.zeros((demands.down_db.size, GAP_ROWS * LANES), np.int32)
    gaps[:, HEAD : HEAD + LANES] = -1  # not had yet
    excess = np.zeros((demands.allowed.shape[0], LANES), np.float32)
    cells = tiles.cells[tile]
    candidates = np.empty(sky.cos_reach.size, np.int32)
    for step in range(sky.position_m.shape[0]):
        for c in range(n):
            m[c + COUNT] = 0
            f[c + BEST_DOWN] = 0
        for k in range(_candidates(tiles, sky, tile, step, candidates)):
            satellite = candidates[k]
            if _look(tiles, sky, link, cells, tile, step, satellite, n, f, m):
                counters.seen[step, satellite] = 1
                _keep_best(link, sky.payload[satellite], satellite, n, f, g, m)
        _hear_uplink(link, sky.payload, n, f, g, m)
        if demands.allowed.shape[0]:
            _compare_limits(demands, link, sky.payload, n, f, g, m, excess)
        _to_db(link, n, f, m, bits, mantissa, BEST_DOWN)
        _to_db(link, n, f, m, bits, mantissa, UP)
        _count_visible(tiles, demands, counters, tile, step, n, f, m)
        if sky.slot[step] >= 0:
            _note_server(counters, sky.slot[step], first, cells_here, f, m)
        for service in range(demands.down_db.size):
            _count_service(tiles, demands, counters, tile, step, service, n, f, m, gaps[service])
            if demands.chance.size:
                _count_chance(demands, link.sin_mask, n, f, m, gaps[service])
        if sky.frame_end[step] >= 0:
            _end_frame(counters, sky.frame_end[step], first, cells_here, m, gaps)
    _flush(counters, first, cells_here, sky.position_m.shape[0], m, gaps)
    counters.excess[:, first : first + cells_here] = excess[:, :cells_here]


@njit(cache=True, error_model="numpy", nogil=True)
def near(position_m, cosine, axis, near_list, near_count):
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


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _candidates(tiles, sky, tile, step, candidates):
    """List the satellites that may be above the mask somewhere in the tile; return how many."""
    cx, cy, cz = tiles.centre_m[tile]
    length = np.sqrt(cx * cx + cy * cy + cz * cz)
    found = 0
    for k in range(sky.near_count[step]):
        s = sky.near[step, k]
        x, y, z = sky.position_m[step, s]
        toward = (x * cx + y * cy + z * cz) / length
        cosine = sky.cos_reach[s] * tiles.cos_radius[tile] - sky.sin_reach[s] * tiles.sin_radius[tile]
        candidates[found] = s
        found += toward >= cosine * np.sqrt(x * x + y * y + z * z)
    return found


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _look(tiles, sky, link, cells, tile, step, satellite, n, f, m):
    """Fill SINE, COSINE and CLOSE2 (1 / range^2) for one satellite; return from how many cells it is visible."""
    px, py, pz = sky.position_m[step, satellite]
    radius = np.sqrt(px * px + py * py + pz * pz)
    nx, ny, nz = np.float32(px / radius), np.float32(py / radius), np.float32(pz / radius)
    sx = np.float32(px - tiles.centre_m[tile, 0])
    sy = np.float32(py - tiles.centre_m[tile, 1])
    sz = np.float32(pz - tiles.centre_m[tile, 2])
    now, who, one, sin_mask = np.int32(step), np.int32(satellite), np.float32(1.0), link.sin_mask
    visible_cells = np.int32(0)
    for c in range(n):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        close2 = one / (dx * dx + dy * dy + dz * dz)
        close = np.sqrt(close2)
        sine = (dx * cells[c + 3 * LANES] + dy * cells[c + 4 * LANES] + dz * cells[c + 5 * LANES]) * close
        visible = np.int32(sine >= sin_mask)
        visible_cells += visible
        m[c + COUNT] += visible
        higher = visible & np.int32(sine > f[c + TOP])
        f[c + TOP] = sine if higher else f[c + TOP]
        m[c + TOP_STEP] = now if higher else m[c + TOP_STEP]
        m[c + TOP_SATELLITE] = who if higher else m[c + TOP_SATELLITE]
        f[c + SINE] = sine
        f[c + COSINE] = (dx * nx + dy * ny + dz * nz) * close
        f[c + CLOSE2] = close2
    return visible_cells


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _keep_best(link, payload, satellite, n, f, g, m):
    """Keep the satellite at hand where it is visible and its downlink is the best so far."""
    cap, who = link.cap[payload], np.int32(satellite)
    if link.terms[payload, DENSITY] and link.terms[payload, RECEIVE]:
        centre, scale = link.centre[payload, DENSITY], link.scale[payload, DENSITY]
        a0, a1, a2, a3, a4, a5, a6, a7 = _coefficients(link, payload, DENSITY)
        middle, stretch = link.centre[payload, RECEIVE], link.scale[payload, RECEIVE]
        b0, b1, b2, b3, b4, b5, b6, b7 = _coefficients(link, payload, RECEIVE)
        for c in range(n):  # both curves here and not in `_curve`: a third less time than by way of rows
            x, y = (f[c + COSINE] - centre) * scale, (f[c + SINE] - middle) * stretch
            beam = ((((((a0 * x + a1) * x + a2) * x + a3) * x + a4) * x + a5) * x + a6) * x + a7
            air = ((((((b0 * y + b1) * y + b2) * y + b3) * y + b4) * y + b5) * y + b6) * y + b7
            _keep(c, min(beam * f[c + CLOSE2], cap) * air, link.sin_mask, who, f, m)
    else:
        _curve(link, payload, DENSITY, n, f, g, COSINE, BEAM)
        _curve(link, payload, RECEIVE, n, f, g, SINE, AIR)
        for c in range(n):
            _keep(c, min(g[c + BEAM] * f[c + CLOSE2], cap) * g[c + AIR], link.sin_mask, who, f, m)


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _keep(c, ratio, sin_mask, who, f, m):
    """Keep the satellite at hand in lane c if it is visible and better."""
    better = np.int32(f[c + SINE] >= sin_mask) & np.int32(ratio > f[c + BEST_DOWN])
    f[c + BEST_DOWN] = ratio if better else f[c + BEST_DOWN]
    f[c + BEST_SINE] = f[c + SINE] if better else f[c + BEST_SINE]
    f[c + BEST_COSINE] = f[c + COSINE] if better else f[c + BEST_COSINE]
    f[c + BEST_CLOSE2] = f[c + CLOSE2] if better else f[c + BEST_CLOSE2]
    m[c + SERVER] = who if better else m[c + SERVER]


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _coefficients(link, p, which):
    a = link.coefficients
    return (
        a[p, which, 0], a[p, which, 1], a[p, which, 2], a[p, which, 3],
        a[p, which, 4], a[p, which, 5], a[p, which, 6], a[p, which, 7],
    )  # fmt: skip


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _hear_uplink(link, payload_of, n, f, g, m):
    """Fill UP, the uplink's C/N ratio at the best server; both ratios are 1 for a cell without one."""
    for payload in range(link.cap.size):
        _curve(link, payload, SEND, n, f, g, BEST_COSINE, BEAM)
        _curve(link, payload, HEAR, n, f, g, BEST_SINE, AIR)
        if link.cap.size == 1:  # nothing to look up, and the loop fills its lanes
            for c in range(n):
                f[c + UP] = g[c + BEAM] * g[c + AIR] * f[c + BEST_CLOSE2]
        else:
            for c in range(n):
                ratio = g[c + BEAM] * g[c + AIR] * f[c + BEST_CLOSE2]
                f[c + UP] = ratio if payload_of[m[c + SERVER]] == payload else f[c + UP]
    for c in range(n):
        f[c + UP] = f[c + UP] if m[c + COUNT] > 0 else np.float32(1.0)
        f[c + BEST_DOWN] = f[c + BEST_DOWN] if m[c + COUNT] > 0 else np.float32(1.0)


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS)
def _compare_limits(demands, link, payload_of, n, f, g, m, excess):
    """Raise the excess of each limit (L, LANES) to what the serving beam makes on the ground, over what is allowed."""
    points = np.float32(demands.allowed.shape[1] - 2)
    for payload in range(link.cap.size):
        _curve(link, payload, DENSITY, n, f, g, BEST_COSINE, BEAM)
        for c in range(n):
            if m[c + COUNT] > 0 and payload_of[m[c + SERVER]] == payload:
                pfd = min(g[c + BEAM] * f[c + BEST_CLOSE2], link.cap[payload])
                at = min(max(f[c + BEST_SINE], np.float32(0.0)), np.float32(1.0)) * points
                i = np.int64(at)
                for k in range(excess.shape[0]):
                    low, high = demands.allowed[k, i], demands.allowed[k, i + 1]
                    excess[k, c] = max(excess[k, c], pfd / (low + (at - np.float32(i)) * (high - low)))


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _curve(link, payload, which, n, f, g, argument, value):
    """Fill the row `value` of g with a curve of the row `argument` of f."""
    if link.terms[payload, which] == 0:
        table = link.table[payload, which]
        last = np.float32(table.size - 2)
        for c in range(n):
            at = np.sqrt(min(max(np.float32(1.0) - f[c + argument], np.float32(0.0)), np.float32(1.0))) * last
            i = np.int64(at)
            g[c + value] = table[i] + (at - np.float32(i)) * (table[i + 1] - table[i])
        return
    centre, scale = link.centre[payload, which], link.scale[payload, which]
    c0, c1, c2, c3, c4, c5, c6, c7 = _coefficients(link, payload, which)
    for c in range(n):
        x = (f[c + argument] - centre) * scale
        g[c + value] = ((((((c0 * x + c1) * x + c2) * x + c3) * x + c4) * x + c5) * x + c6) * x + c7


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _to_db(link, n, f, m, bits, mantissa, row):
    """Replace a row of positive ratios by decibels, by a polynomial: numba has no vector logarithm here.

    `bits` is f seen as int32, `mantissa` m seen as float32.
    """
    a = link.log2
    c0, c1, c2, c3, c4, c5 = a[0], a[1], a[2], a[3], a[4], a[5]
    for c in range(n):
        m[c + BIN] = (bits[c + row] >> 23) - 127
        m[c + SPARE] = (bits[c + row] & 0x7FFFFF) | 0x3F800000
    for c in range(n):
        x = mantissa[c + SPARE]
        log2 = ((((c0 * x + c1) * x + c2) * x + c3) * x + c4) * x + c5
        f[c + row] = np.float32(3.0102999566) * (np.float32(m[c + BIN]) + log2)


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _count_visible(tiles, demands, counters, tile, step, n, f, m):
    """Count who sees a satellite."""
    first = tiles.first[tile]
    seen_cells = np.int32(0)
    area = np.int64(0)
    for c in range(n):
        count = m[c + COUNT]
        seen = np.int32(count > 0)
        m[c + SAMPLES] += seen
        m[c + SUM] += count
        m[c + MOST] = max(m[c + MOST], count)
        m[c + LEVEL] += np.int32(np.float32(100.0) * f[c + BEST_DOWN]) if seen else np.int32(0)
        seen_cells += seen
    for c in range(n):
        area += tiles.area_m2[tile, c] if m[c + COUNT] > 0 else np.int64(0)
    counters.visible_cells[tile, step] = seen_cells
    counters.visible_m2[tile, step] = area
    none = np.int32(counters.c_n_bins.shape[1] - 1)
    low, per_db = demands.c_n_low_db, demands.bins_per_db
    for c in range(n):
        inside = min(max(np.int32((f[c + BEST_DOWN] - low) * per_db), np.int32(0)), none - np.int32(1))
        m[c + BIN] = inside if m[c + COUNT] > 0 else none
    for c in range(tiles.first[tile + 1] - first):
        counters.c_n_bins[first + c, m[c + BIN]] += 1


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _count_service(tiles, demands, counters, tile, step, service, n, f, m, gaps):
    """Count who is served: BIN of the margin, and the running gap; HEAD stays -1 until the service was first had."""
    first = tiles.first[tile]
    down, up = demands.down_db[service], demands.up_db[service]
    low, per_db = demands.margin_low_db[service], demands.bins_per_db
    none = np.int32(counters.margin_bins.shape[2] - 1)
    zero = np.int32(0)
    served_cells = zero
    for c in range(n):
        margin_db = min(f[c + BEST_DOWN] - down, f[c + UP] - up)
        inside = min(max(np.int32((margin_db - low) * per_db), zero), none - np.int32(1))
        m[c + BIN] = inside if m[c + COUNT] > 0 else none
        f[c + MARGIN] = margin_db if m[c + COUNT] > 0 else np.float32(-np.inf)
    for c in range(n):
        served = np.int32(f[c + MARGIN] >= np.float32(0.0))
        gap = gaps[c + GAP]
        head = gaps[c + HEAD]
        opening = served & np.int32(head < 0)
        gaps[c + HEAD] = gap if opening else head
        gaps[c + ENDED] = zero if opening else gap * served
        gap = (gap + np.int32(1)) * (np.int32(1) - served)
        gaps[c + GAP] = gap
        gaps[c + LONGEST] = max(gaps[c + LONGEST], gap)
        gaps[c + SERVED] += served
        served_cells += served
    area = np.int64(0)
    for c in range(n):
        area += tiles.area_m2[tile, c] if f[c + MARGIN] >= np.float32(0.0) else np.int64(0)
    for c in range(tiles.first[tile + 1] - first):
        counters.margin_bins[service, first + c, m[c + BIN]] += 1
        if gaps[c + ENDED] > 0:  # few, so that a branch in this scalar loop costs least
            _end_gap(demands.gap_edges, counters, service, first + c, gaps[c + ENDED])
    counters.served_cells[tile, step, service] = served_cells
    counters.served_m2[tile, step, service] = area


@njit(cache=True, error_model="numpy", nogil=True)
def _end_gap(edges, counters, service, cell, length):
    """Count a gap of a cell that ended: in the bin of its length, and its square."""
    inside = -1
    for edge in edges:
        inside += length > edge
    counters.gap_count[service, cell, inside] += 1
    counters.gap_steps[service, cell, inside] += length
    counters.squares[service, cell] += length * length


@njit(cache=True, error_model="numpy", nogil=True, fastmath=_FLAGS, forceinline=True)
def _count_chance(demands, sin_mask, n, f, m, gaps):
    """Add the probability that the service closes under shadowing, by BEST_SINE and the MARGIN."""
    table = demands.chance
    rows, columns = table.shape
    per_sine = np.float32(rows - 1) / (np.float32(1.0) - sin_mask)
    zero, last_row, last_column = np.float32(0.0), np.float32(rows - 2), np.float32(columns - 1.001)
    for c in range(n):
        if m[c + COUNT] > 0:
            u = (f[c + BEST_SINE] - sin_mask) * per_sine
            v = min(max((f[c + MARGIN] - demands.chance_low_db) * demands.chance_per_db, zero), last_column)
            i, j = np.int64(min(max(u, zero), last_row)), np.int64(v)
            u, v = u - np.float32(i), v - np.float32(j)
            below = table[i, j] + v * (table[i, j + 1] - table[i, j])
            above = table[i + 1, j] + v * (table[i + 1, j + 1] - table[i + 1, j])
            gaps[c + CHANCE] += np.int32((below + u * (above - below)) * np.float32(SURE) + np.float32(0.5))


@njit(cache=True, error_model="numpy", nogil=True)
def _note_server(counters, slot, first, n, f, m):
    """Note who serves the cells of a tile at this step, and its C/N."""
    for c in range(n):
        seen = m[c + COUNT] > 0
        level = np.rint(np.float32(100.0) * f[c + BEST_DOWN])
        level = min(max(level, np.float32(NO_LEVEL + 1)), np.float32(-NO_LEVEL - 1))
        counters.level[slot, first + c] = np.int16(level) if seen else np.int16(NO_LEVEL)
        counters.server[slot, first + c] = m[c + SERVER] if seen else np.int32(-1)


@njit(cache=True, error_model="numpy", nogil=True)
def _end_frame(counters, frame, first, n, m, gaps):
    """Note the running sums of a tile at the end of a frame."""
    for c in range(n):
        counters.frame_seen[frame, first + c] = m[c + SAMPLES]
        counters.frame_level[frame, first + c] = m[c + LEVEL]
        for service in range(gaps.shape[0]):
            counters.frame_served[frame, service, first + c] = gaps[service, c + SERVED]


@njit(cache=True, error_model="numpy", nogil=True)
def _flush(counters, first, n, steps, m, gaps):
    """Write the window's rows of a tile to the counters of its cells."""
    for c in range(n):
        g = first + c
        counters.visible_samples[g] = m[c + SAMPLES]
        counters.visible_sum[g] = m[c + SUM]
        counters.visible_max[g] = m[c + MOST]
        counters.top_step[g] = m[c + TOP_STEP]
        counters.top_satellite[g] = m[c + TOP_SATELLITE]
        for service in range(counters.served.shape[0]):
            row = gaps[service]
            never = row[c + HEAD] < 0
            counters.served[service, g] = row[c + SERVED]
            counters.head[service, g] = steps if never else row[c + HEAD]
            counters.tail[service, g] = row[c + GAP]
            counters.longest[service, g] = row[c + LONGEST]
            counters.chance[service, g] = row[c + CHANCE]


def use_threads(workers: int | None) -> None:
    """Set how many threads the kernels use; None for all that numba was started with."""
    started: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    set_num_threads(min(workers or started, started))

"""The compiled loops that accumulate the statistics of cells over a window: visibility, levels, services and gaps.

Tiles are done in parallel, each through all steps of the window; a tile's counters are loaded before and stored after.
`tests/twins/coverage_twin.py` says the same in plain numpy.
"""

import numpy as np
from numba import prange
from numba.np.ufunc.parallel import get_thread_id

from d2c.coverage.kernels._best_server import (
    fill_candidate_bounds,
    find_best_servers,
    list_candidates,
    lowest_of_row,
)
from d2c.coverage.kernels._levels import compare_limits, evaluate_uplink, fill_levels_db
from d2c.coverage.kernels._phones import find_phone_servers
from d2c.coverage.kernels.compiling import CALLED, COMPILED, LOOP, PLAIN, kernel
from d2c.coverage.kernels.layout import (
    BEST_DOWN,
    BEST_UP,
    BIN,
    BOUND_COLUMNS,
    C_N_SUM,
    COUNT,
    CURVE_ROWS,
    DOWN_DB,
    ENDED,
    FILL,
    FLOAT_ROWS,
    GAP_ROWS,
    INT_ROWS,
    LANES,
    LAST_SERVED,
    LEADING,
    LONGEST,
    MARGIN,
    MOST,
    NO_LEVEL,
    NO_MARGIN_DB,
    PHONE_DOWN,
    PHONE_ROWS,
    PHONE_UP,
    PLACE_ROWS,
    SAMPLES,
    SERVED,
    SERVER,
    SPARE,
    SUM,
    TOP,
    TOP_SATELLITE,
    TOP_STEP,
    UP_DB,
    TileWorkspace,
    aligned,
)


@kernel(parallel=True, **COMPILED)
def accumulate(tiles, tracks, link, phones, requirements, state, counters):
    """Take the state through one window, and fill its counters."""
    for tile in prange(tiles.first.size - 1):
        _accumulate_tile(
            tiles,
            tracks,
            link,
            phones,
            requirements,
            state,
            counters,
            counters.timeline[get_thread_id()],
            np.int64(tile),
        )


@kernel(parallel=True, **COMPILED)
def accumulate_margins(tiles, margin_db, frame_end, requirements, state, timeline):
    """Take the services of the state through one window, by margins that another model of the network gives.

    margin_db (V, K, T, G) float32 of each phone, in the order of the tiles, NO_MARGIN_DB without a server;
    `requirements` must ask for 0 dB. Fills the part of the services of `timeline`, as in WindowCounters.
    """
    for tile in prange(tiles.first.size - 1):
        _accumulate_margins_of_tile(
            tiles, margin_db, frame_end, requirements, state, timeline[get_thread_id()], np.int64(tile)
        )


@kernel(**COMPILED)
def _accumulate_margins_of_tile(tiles, margin_db, frame_end, requirements, state, timeline, tile):
    services, phones, steps, _ = margin_db.shape
    first, end = tiles.first[tile], tiles.first[tile + 1]
    floats = np.zeros(FLOAT_ROWS * LANES, np.float32)
    counts = np.zeros(INT_ROWS * LANES, np.int32)
    gaps = np.zeros((services * phones, GAP_ROWS * LANES), np.int32)
    lanes = (end - first + FILL - 1) // FILL * FILL
    area = tiles.area_m2[tile].sum()
    floats[DOWN_DB : DOWN_DB + LANES] = NO_MARGIN_DB
    _load_gaps(state, first, end, gaps)
    for step in range(steps):
        for row in range(services * phones):
            service = row // phones
            of_cells = margin_db[service, row % phones, step, first:end]
            for c in range(len(of_cells)):
                floats[c + DOWN_DB] = of_cells[c]
                counts[c + COUNT] = floats[c + DOWN_DB] > NO_MARGIN_DB
            _count_service(
                tiles, requirements, state, timeline, tile, step, service, area, lanes, floats, counts, gaps[row]
            )  # fmt: skip
        if frame_end[step] >= 0:
            _end_frame_of_services(state, frame_end[step], first, end - first, gaps)
    _store_gaps(state, first, end, steps, gaps)


@kernel(**COMPILED)
def _accumulate_tile(tiles, tracks, link, phones, requirements, state, counters, timeline, tile):
    of_phones, most = state.served.shape[0] * state.served.shape[1], tracks.direction.shape[2]
    rows = TileWorkspace(
        aligned(np.zeros(FLOAT_ROWS * LANES + SPARE, np.float32)),
        aligned(np.zeros(CURVE_ROWS * LANES + SPARE, np.float32)),
        aligned(np.zeros(INT_ROWS * LANES + SPARE, np.int32)),
        aligned(np.zeros(of_phones * GAP_ROWS * LANES + SPARE, np.int32)).reshape(
            of_phones, GAP_ROWS * LANES
        ),
        np.zeros((phones.number, PHONE_ROWS * LANES), np.float32),
        np.zeros(PLACE_ROWS * LANES, np.int32),
        np.zeros((requirements.allowed.shape[0], LANES), np.float32),
        np.empty(most + 1, np.uint32),
        np.empty((most, BOUND_COLUMNS), np.float32),
        np.empty(most, np.uint8),
    )
    _load_state(state, tiles.first[tile], tiles.first[tile + 1], rows)
    _load_gaps(state, tiles.first[tile], tiles.first[tile + 1], rows.gaps)
    _process_steps(tiles, tracks, link, phones, requirements, state, counters, timeline, tile, rows)
    _store_state(state, counters, tiles.first[tile], tiles.first[tile + 1], rows)
    _store_gaps(state, tiles.first[tile], tiles.first[tile + 1], tracks.slot.size, rows.gaps)


@kernel(**CALLED)
def _process_steps(tiles, tracks, link, phones, requirements, state, counters, timeline, tile, rows):
    """Take a tile through the window's steps."""
    floats, curves, counts, gaps = rows.floats, rows.curves, rows.counts, rows.gaps
    first = tiles.first[tile]
    cells_here = tiles.first[tile + 1] - first
    lanes = (cells_here + FILL - 1) // FILL * FILL  # whole SIMD registers; spare lanes see no satellite
    area = np.int64(0)
    for c in range(cells_here):
        area += tiles.area_m2[tile, c]
    cells = tiles.cells[tile]
    top = lowest_of_row(floats, TOP, cells_here)  # a candidate below it is the highest of no cell
    for step in range(tracks.position_m.shape[0]):
        for c in range(lanes):
            counts[c + COUNT] = 0
            floats[c + BEST_DOWN] = 0
        candidate_count = list_candidates(tiles, tracks, tile, step, rows)
        if candidate_count:
            fill_candidate_bounds(tiles, tracks, link.sin_mask, tile, step, candidate_count, rows)
            top = find_best_servers(
                tiles, tracks, link, counters, cells, tile, step, candidate_count, top, lanes, rows
            )
        evaluate_uplink(link, tracks.payload, lanes, floats, curves, counts)
        if requirements.allowed.shape[0]:
            compare_limits(requirements, link, tracks.payload, lanes, floats, curves, counts, rows.over_limit)
        fill_levels_db(link, lanes, floats, counts, BEST_DOWN, DOWN_DB)
        fill_levels_db(link, lanes, floats, counts, BEST_UP, UP_DB)
        _count_visible(tiles, requirements, state, timeline, tile, step, area, lanes, floats, counts)
        if tracks.slot[step] >= 0:
            _store_server(counters, tracks.slot[step], first, cells_here, floats, counts)
        if phones.number and requirements.down_db.size:
            find_phone_servers(tiles, tracks, link, phones, tile, step, candidate_count, lanes, rows)
        for row in range(gaps.shape[0]):
            phone = row % state.served.shape[1]
            if phones.number:
                for c in range(lanes):
                    floats[c + DOWN_DB] = rows.phones[phone, c + PHONE_DOWN]
                    floats[c + UP_DB] = rows.phones[phone, c + PHONE_UP]
            _count_service(
                tiles, requirements, state, timeline, tile, step, row // state.served.shape[1], area, lanes, floats,
                counts, gaps[row],
            )  # fmt: skip
        if tracks.frame_end[step] >= 0:
            _end_frame(state, tracks.frame_end[step], first, cells_here, counts, gaps)


@kernel(**LOOP)
def _count_visible(tiles, requirements, state, timeline, tile, step, area, lanes, floats, counts):
    """Count the cells that see a satellite, and the best server's C/N."""
    first, cells_here = tiles.first[tile], tiles.first[tile + 1] - tiles.first[tile]
    none = np.int32(state.c_n_bins.shape[1] - 1)
    low, per_db = requirements.c_n_low_db, requirements.bins_per_db
    bins = state.c_n_bins[first : first + cells_here].reshape(-1)  # flat, and unsigned places: half the time
    seen_cells = np.int32(0)
    for c in range(lanes):
        count = counts[c + COUNT]
        seen = np.int32(count > 0)
        seen_cells = np.int32(seen_cells + seen)
        counts[c + SAMPLES] += seen
        counts[c + SUM] += count
        counts[c + MOST] = max(counts[c + MOST], count)
        counts[c + C_N_SUM] += np.int32(np.float32(100.0) * floats[c + DOWN_DB]) if seen else np.int32(0)
        inside = min(max(np.int32((floats[c + DOWN_DB] - low) * per_db), np.int32(0)), none - np.int32(1))
        counts[c + BIN] = np.int32(c) * (none + np.int32(1)) + (inside if seen else none)
    for c in range(cells_here):
        bins[np.uint64(counts[c + BIN])] += 1
    if seen_cells < cells_here:
        area = np.int64(0)
        for c in range(lanes):
            area += tiles.area_m2[tile, c] if counts[c + COUNT] > 0 else np.int64(0)
    timeline[step, 0] += seen_cells
    timeline[step, 1] += area


@kernel(**LOOP)
def _count_service(
    tiles, requirements, state, timeline, tile, step, service, area, lanes, floats, counts, gaps
):
    """Count the cells that have a service, its margins, and the gaps that end at this step."""
    first, cells_here = tiles.first[tile], tiles.first[tile + 1] - tiles.first[tile]
    down, up = requirements.down_db[service], requirements.up_db[service]
    low, per_db = requirements.margin_low_db[service], requirements.bins_per_db
    none = np.int32(state.margin_bins.shape[2] - 1)
    bins = state.margin_bins[service, first : first + cells_here].reshape(-1)
    now, before = np.int32(step), np.int32(step - 1)
    served_cells, ended_cells = np.int32(0), np.int32(0)
    for c in range(lanes):
        margin_db = min(floats[c + DOWN_DB] - down, floats[c + UP_DB] - up)
        floats[c + MARGIN] = margin_db
        inside = min(max(np.int32((margin_db - low) * per_db), np.int32(0)), none - np.int32(1))
        counts[c + BIN] = np.int32(c) * (none + np.int32(1)) + (inside if counts[c + COUNT] > 0 else none)
        served = np.int32(margin_db >= np.float32(0.0))
        gap = (before - gaps[c + LAST_SERVED]) * served
        gaps[c + ENDED] = gap
        gaps[c + LAST_SERVED] = now if served else gaps[c + LAST_SERVED]
        gaps[c + SERVED] += served
        served_cells = np.int32(served_cells + served)
        ended_cells = np.int32(ended_cells + np.int32(gap > 0))
    for c in range(cells_here):
        bins[np.uint64(counts[c + BIN])] += 1
    if ended_cells:
        for c in range(cells_here):
            if gaps[c + ENDED] > 0:
                _end_gap(requirements.gap_edges, state, service, first, c, gaps)
    if served_cells < cells_here:
        area = np.int64(0)
        for c in range(lanes):
            area += tiles.area_m2[tile, c] if floats[c + MARGIN] >= np.float32(0.0) else np.int64(0)
    timeline[step, 2 + 2 * service] += served_cells
    timeline[step, 3 + 2 * service] += area


@kernel(**PLAIN)
def _end_gap(edges, state, service, first, c, gaps):
    """Count a gap that ENDED, in the bin of its length, and its square; the leading gap is kept by itself."""
    length = gaps[c + ENDED]
    if gaps[c + LEADING] < 0:
        gaps[c + LEADING] = length - 1
        return
    gaps[c + LONGEST] = max(gaps[c + LONGEST], length)
    inside = -1
    for edge in edges:
        inside += length > edge
    state.gap_count[service, first + c, inside] += 1
    state.gap_steps[service, first + c, inside] += length
    state.gap_squared_sum[service, first + c] += np.int64(length) * length


@kernel(**PLAIN)
def _store_server(counters, slot, first, cells_here, floats, counts):
    """Store the best server of the cells of a tile at this step, and its C/N."""
    for c in range(cells_here):
        seen = counts[c + COUNT] > 0
        level = np.rint(np.float32(100.0) * floats[c + DOWN_DB])
        level = min(max(level, np.float32(NO_LEVEL + 1)), np.float32(-NO_LEVEL - 1))
        counters.c_n_centi_db[slot, first + c] = np.int16(level) if seen else np.int16(NO_LEVEL)
        counters.server[slot, first + c] = counts[c + SERVER] if seen else np.int32(-1)


@kernel(**PLAIN)
def _end_frame(state, frame, first, cells_here, counts, gaps):
    """Store the running sums of a tile at the end of a frame."""
    for c in range(cells_here):
        state.frame_visible[frame, first + c] = counts[c + SAMPLES]
        state.frame_c_n_centi_db[frame, first + c] = counts[c + C_N_SUM]
    _end_frame_of_services(state, frame, first, cells_here, gaps)


@kernel(**PLAIN)
def _end_frame_of_services(state, frame, first, cells_here, gaps):
    """Store how often each service has been there so far, all phones together."""
    phones = state.served.shape[1]
    for c in range(cells_here):
        for row in range(gaps.shape[0]):
            served = np.int32(0) if row % phones == 0 else state.frame_served[frame, row // phones, first + c]
            state.frame_served[frame, row // phones, first + c] = served + gaps[row, c + SERVED]


@kernel(**PLAIN)
def _load_state(state, first, end, rows):
    """Fill the rows of a tile's cells, from `first` to before `end`, with the sky's sums before the window."""
    floats, counts, over_limit = rows.floats, rows.counts, rows.over_limit
    counts[TOP_STEP : TOP_STEP + LANES] = -1
    for cell in range(first, end):
        c = cell - first
        floats[c + TOP] = state.max_sine[cell]
        counts[c + SAMPLES] = state.visible_samples[cell]
        counts[c + MOST] = state.visible_max[cell]
        counts[c + C_N_SUM] = state.c_n_centi_db[cell]
        for limit in range(over_limit.shape[0]):
            over_limit[limit, c] = state.pfd_over_limit[limit, cell]


@kernel(**PLAIN)
def _store_state(state, counters, first, end, rows):
    """Write the rows of the sky's sums to the state."""
    floats, counts, over_limit = rows.floats, rows.counts, rows.over_limit
    for cell in range(first, end):
        c = cell - first
        state.max_sine[cell] = floats[c + TOP]
        state.visible_samples[cell] = counts[c + SAMPLES]
        state.visible_sum[cell] += counts[c + SUM]
        state.visible_max[cell] = counts[c + MOST]
        state.c_n_centi_db[cell] = counts[c + C_N_SUM]
        counters.top_step[cell] = counts[c + TOP_STEP]
        counters.top_satellite[cell] = counts[c + TOP_SATELLITE]
        for limit in range(over_limit.shape[0]):
            state.pfd_over_limit[limit, cell] = over_limit[limit, c]


@kernel(**PLAIN)
def _load_gaps(state, first, end, gaps):
    """Fill the rows of each service and phone, for cells from `first` to before `end`, with what was before."""
    phones = state.served.shape[1]
    for number in range(gaps.shape[0]):
        row, service, phone = gaps[number], number // phones, number % phones
        for cell in range(first, end):
            c = cell - first
            had = state.served[service, phone, cell] > 0
            trailing = state.trailing_gap[service, phone, cell]
            row[c + SERVED] = state.served[service, phone, cell]
            row[c + LEADING] = state.leading_gap[service, phone, cell] if had else -1
            # one step longer before the first service, so that a leading gap of no steps is noticed when it ends
            row[c + LAST_SERVED] = -1 - trailing if had else -2 - trailing
            row[c + LONGEST] = state.longest_gap[service, phone, cell]


@kernel(**PLAIN)
def _store_gaps(state, first, end, steps, gaps):
    """Write the rows of each service and phone to the state, after a window of so many steps."""
    phones = state.served.shape[1]
    for number in range(gaps.shape[0]):
        row, service, phone = gaps[number], number // phones, number % phones
        for cell in range(first, end):
            c = cell - first
            had = row[c + LEADING] >= 0
            before = state.trailing_gap[service, phone, cell]
            trailing = steps - 1 - row[c + LAST_SERVED] if had else before + steps
            leading = row[c + LEADING] if had else trailing
            state.served[service, phone, cell] = row[c + SERVED]
            state.leading_gap[service, phone, cell] = leading
            state.trailing_gap[service, phone, cell] = trailing
            state.longest_gap[service, phone, cell] = max(row[c + LONGEST], leading, trailing)

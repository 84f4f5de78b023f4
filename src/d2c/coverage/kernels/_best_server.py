"""The compiled loops that find the best server of each cell of a tile, and the satellites it sees.

For each step, the satellites that may be above the tile's horizon are its candidates. What the tile's cells have in
common bounds the elevation and the C/N of each candidate: most need not be evaluated as server, and many are seen by
all cells or by none. The others are evaluated for all cells, one SIMD lane a cell. Sums stay int32 only where each is
made so: as int64 they would halve the lanes. `tests/twins/coverage_twin.py` says the same in plain numpy.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from d2c.coverage.kernels._levels import fill_curve
from d2c.coverage.kernels.compiling import LOOP, PLAIN, kernel
from d2c.coverage.kernels.layout import (
    AIR,
    AT_X,
    AT_Y,
    AT_Z,
    BEAM,
    BEST_CLOSE2,
    BEST_COSINE,
    BEST_DOWN,
    BEST_SINE,
    BOUND_COLUMNS,
    C_N_BY_ELEVATION,
    CHORD,
    CLOSE2,
    CLOSEST,
    COS_REACH,
    COSINE,
    COUNT,
    DISTANCE,
    DOUBT,
    EVERYWHERE,
    HIGHEST,
    LANES,
    LEAN,
    LOWEST,
    PFD_BY_OFF_NADIR,
    SERVER,
    SHORT,
    SIN_REACH,
    SINE,
    SINE_MOST,
    TO_X,
    TO_Y,
    TO_Z,
    TOP,
    TOP_SATELLITE,
    TOP_STEP,
    UP_X,
    UP_Y,
    UP_Z,
)

_NEAR_TIE = np.float32(1.0 - 3e-4)  # ratios further apart than this differ after rounding


@register_jitable
def rounded_c_n(ratio: Any) -> Any:
    """Return a downlink C/N as the rule of the best server compares it: an integer, rounded to about 0.001 dB.

    Best is the highest rounded C/N, then the higher elevation, then the lower index. Rounding keeps the order from
    depending on the last digits of who computes it. ratio: float32 from 0 up, a number in kernels or an array
    elsewhere; such numbers order like the integers of their bits, of which the last eleven are rounded off.
    """
    bits = np.float32(ratio).view(np.int32)
    return np.int32(np.int32(bits + np.int32(1 << 10)) >> np.int32(11))


@kernel(**PLAIN)
def list_in_range(position_m, cosine, axis, in_range, in_range_count):
    """List per step the satellites within an angle of `axis`, given as its cosine (S,).

    Fills in_range (T, S) and in_range_count (T,).
    """
    for step in range(position_m.shape[0]):
        count = 0
        for s in range(position_m.shape[1]):
            x, y, z = position_m[step, s]
            toward = x * axis[0] + y * axis[1] + z * axis[2]
            if toward >= cosine[s] * np.sqrt(x * x + y * y + z * z):
                in_range[step, count] = s
                count += 1
        in_range_count[step] = count


@kernel(**PLAIN)
def fill_directions(position_m, in_range, in_range_count, ground_m, cos_mask, sin_mask, direction):
    """Fill `SatelliteTracks.direction` (T, 5, M) of the satellites in range.

    The reach is that of the step, from the radius then, and so the same in any window: from `ground_m` from the
    Earth's centre, the satellite at radius r is above the mask within an angle of arccos(ground_m / r * cos mask) -
    mask.
    """
    for step in range(in_range_count.size):
        for k in range(in_range_count[step]):
            s = in_range[step, k]
            x, y, z = position_m[step, s]
            radius = np.sqrt(x * x + y * y + z * z)
            direction[step, TO_X, k] = x / radius
            direction[step, TO_Y, k] = y / radius
            direction[step, TO_Z, k] = z / radius
            cosine = min(ground_m / radius * cos_mask, 1.0)
            sine = np.sqrt(1.0 - cosine * cosine)
            # less the rounding of float32
            direction[step, COS_REACH, k] = cosine * cos_mask + sine * sin_mask - 1e-6
            direction[step, SIN_REACH, k] = sine * cos_mask - cosine * sin_mask
        for k in range(in_range_count[step], direction.shape[2]):
            direction[step, COS_REACH, k] = 3.0
            direction[step, SIN_REACH, k] = 0.0
            direction[step, TO_X, k] = direction[step, TO_Y, k] = direction[step, TO_Z, k] = 0.0


@kernel(**LOOP)
def list_candidates(tiles, tracks, tile, step, rows):
    """List the satellites that may be above the mask somewhere in the tile; return how many."""
    cx, cy, cz = tiles.centre_m[tile]
    length = np.sqrt(cx * cx + cy * cy + cz * cz)
    x, y, z = np.float32(cx / length), np.float32(cy / length), np.float32(cz / length)
    cos_radius, sin_radius = np.float32(tiles.cos_radius[tile]), np.float32(tiles.sin_radius[tile])
    to, within = tracks.direction[step], rows.within
    tx, ty, tz, cos_reach, sin_reach = to[TO_X], to[TO_Y], to[TO_Z], to[COS_REACH], to[SIN_REACH]
    for k in range(within.size):
        toward = tx[k] * x + ty[k] * y + tz[k] * z
        within[k] = toward >= cos_reach[k] * cos_radius - sin_reach[k] * sin_radius
    eights = within.view(np.uint64)  # few of them hold any
    candidate_count = 0
    for eight in range(eights.size):
        if eights[eight]:
            for k in range(8 * eight, min(8 * eight + 8, tracks.in_range_count[step])):
                rows.candidates[candidate_count] = tracks.in_range[step, k]
                candidate_count += within[k]
    return candidate_count


@kernel(**LOOP)
def fill_candidate_bounds(tiles, tracks, sin_mask, tile, step, candidate_count, rows):
    """Fill where each candidate stands from the tile's centre and the bounds within which all cells see it.

    AT and DISTANCE in metres, CLOSEST to any cell; the sine of the elevation at most; EVERYWHERE, above zero only
    where all cells see it above the mask. The nearest becomes the first.
    """
    bounds, candidates, bounds_of = tiles.bounds[tile], rows.candidates, rows.bounds_of
    cx, cy, cz = tiles.centre_m[tile]
    chord, lean = bounds[CHORD], bounds[LEAN]
    nearest = 0
    for k in range(candidate_count):
        px, py, pz = tracks.position_m[step, candidates[k]]
        x, y, z = np.float32(px - cx), np.float32(py - cy), np.float32(pz - cz)
        distance = np.sqrt(x * x + y * y + z * z)
        height = x * bounds[UP_X] + y * bounds[UP_Y] + z * bounds[UP_Z]
        highest = height + distance * lean - bounds[LOWEST]
        lowest = height - distance * lean - bounds[HIGHEST]
        closest, furthest = max(distance - chord, lowest, np.float32(1.0)), distance + chord
        bounds_of[k, AT_X], bounds_of[k, AT_Y], bounds_of[k, AT_Z], bounds_of[k, DISTANCE] = x, y, z, distance
        nearest = k if distance < bounds_of[nearest, DISTANCE] else nearest
        bounds_of[k, SINE_MOST] = min(highest / (closest if highest > 0 else furthest), np.float32(1.0))
        bounds_of[k, EVERYWHERE] = lowest - (sin_mask + DOUBT) * furthest
        bounds_of[k, CLOSEST] = closest
    candidates[0], candidates[nearest] = candidates[nearest], candidates[0]
    for k in range(BOUND_COLUMNS):
        bounds_of[0, k], bounds_of[nearest, k] = bounds_of[nearest, k], bounds_of[0, k]


@kernel(**LOOP)
def find_best_servers(tiles, tracks, link, counters, cells, tile, step, candidate_count, top, lanes, rows):
    """Find the best server of each cell (`rounded_c_n` has the rule), the satellites that it sees, and the highest one.

    The first candidate is evaluated, any other only if it might serve some cell as well or better. Return the new
    `top`.
    """
    floats, curves, counts, bounds_of = rows.floats, rows.curves, rows.counts, rows.bounds_of
    here = tiles.first[tile + 1] - tiles.first[tile]
    everywhere = np.int32(0)
    enough = np.float32(0.0)
    for k in range(candidate_count):
        if bounds_of[k, SINE_MOST] < link.sin_mask - DOUBT:
            continue
        satellite, bound = rows.candidates[k], bounds_of[k]
        if _may_exceed(link, tracks.payload[satellite], bound, enough):
            visible = _evaluate_candidate(
                tracks, link, cells, step, satellite, bound, lanes, floats, curves, counts
            )
            enough = lowest_of_row(floats, BEST_DOWN, here) * _NEAR_TIE
            counters.work[tile, 0] += 1
        elif bound[EVERYWHERE] > 0:
            visible = np.int32(1)
            everywhere += visible
        else:
            visible = _count_where_visible(link, cells, bound, lanes, counts)
            counters.work[tile, 1] += 1
        if visible:
            counters.seen[step, satellite] = 1
        if bound[SINE_MOST] > top and _update_highest(cells, bound, step, satellite, lanes, floats, counts):
            top = lowest_of_row(floats, TOP, here)
    for c in range(here):
        counts[c + COUNT] += everywhere
    return top


@kernel(**LOOP)
def _may_exceed(link, payload, bound, c_n):
    """Return whether the candidate may give some cell of the tile a higher C/N than `c_n`."""
    receive = link.most_receive[payload]
    last = np.float32(receive.size - 1)
    at = np.uint32(min(max(bound[SINE_MOST], np.float32(0.0)) * np.float32(receive.size), last))
    most_here = link.most_density[payload] * receive[at] > c_n * bound[CLOSEST] * bound[CLOSEST]
    return most_here and link.cap[payload] * receive[at] > c_n


@kernel(**LOOP)
def lowest_of_row(floats, row, here):
    """Return the lowest of a row of values from 0 up: as integers, which fill the lanes, they order alike."""
    bits = floats.view(np.int32)
    least = bits[row]
    for c in range(here):
        least = min(least, bits[c + row])
    return np.int32(least).view(np.float32)


@kernel(**LOOP)
def _count_where_visible(link, cells, bound, lanes, counts):
    """Count the candidate where it is visible; return from how many cells."""
    sx, sy, sz = bound[AT_X], bound[AT_Y], bound[AT_Z]
    sin2 = link.sin_mask * link.sin_mask
    visible_cells = np.int32(0)
    for c in range(lanes):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        height = dx * cells[c + 3 * LANES] + dy * cells[c + 4 * LANES] + dz * cells[c + 5 * LANES]
        visible = np.int32(height * abs(height) >= sin2 * (dx * dx + dy * dy + dz * dz))  # spares the root
        counts[c + COUNT] += visible
        visible_cells = np.int32(visible_cells + visible)
    return visible_cells


@kernel(**LOOP)
def _update_highest(cells, bound, step, satellite, lanes, floats, counts):
    """Keep the candidate where it stands higher than any satellite so far; return over how many cells."""
    sx, sy, sz = bound[AT_X], bound[AT_Y], bound[AT_Z]
    now, who, risen = np.int32(step), np.int32(satellite), np.int32(0)
    for c in range(lanes):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        close = np.sqrt(np.float32(1.0) / (dx * dx + dy * dy + dz * dz))
        sine = (dx * cells[c + 3 * LANES] + dy * cells[c + 4 * LANES] + dz * cells[c + 5 * LANES]) * close
        higher = np.int32(sine > floats[c + TOP])
        risen = np.int32(risen + higher)
        floats[c + TOP] = sine if higher else floats[c + TOP]
        counts[c + TOP_STEP] = now if higher else counts[c + TOP_STEP]
        counts[c + TOP_SATELLITE] = who if higher else counts[c + TOP_SATELLITE]
    return risen


@kernel(**LOOP)
def _evaluate_candidate(tracks, link, cells, step, satellite, bound, lanes, floats, curves, counts):
    """Count the candidate where it is visible, and keep it where it is the best server so far.

    Returns from how many cells it is visible.
    """
    fill_geometry(tracks, cells, step, satellite, bound, lanes, floats)
    payload = tracks.payload[satellite]
    cap, who = link.cap[payload], np.int32(satellite)
    if (
        0 < link.terms[payload, PFD_BY_OFF_NADIR] <= SHORT
        and 0 < link.terms[payload, C_N_BY_ELEVATION] <= SHORT
    ):
        return _update_best_by_short_curves(link, payload, cap, who, lanes, floats, counts)
    fill_curve(link, payload, PFD_BY_OFF_NADIR, lanes, floats, curves, COSINE, BEAM)
    fill_curve(link, payload, C_N_BY_ELEVATION, lanes, floats, curves, SINE, AIR)
    return _update_best_by_curves(cap, link.sin_mask, who, lanes, floats, curves, counts)


@kernel(**LOOP)
def fill_geometry(tracks, cells, step, satellite, bound, lanes, floats):
    """Fill SINE, COSINE and CLOSE2 (1 / range^2) of a candidate."""
    px, py, pz = tracks.position_m[step, satellite]
    radius = np.sqrt(px * px + py * py + pz * pz)
    nx, ny, nz = np.float32(px / radius), np.float32(py / radius), np.float32(pz / radius)
    sx, sy, sz = bound[AT_X], bound[AT_Y], bound[AT_Z]
    for c in range(lanes):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        close2 = np.float32(1.0) / (dx * dx + dy * dy + dz * dz)
        close = np.sqrt(close2)
        floats[c + SINE] = (
            dx * cells[c + 3 * LANES] + dy * cells[c + 4 * LANES] + dz * cells[c + 5 * LANES]
        ) * close
        floats[c + COSINE] = (dx * nx + dy * ny + dz * nz) * close
        floats[c + CLOSE2] = close2


@kernel(**LOOP)
def _update_best_by_curves(cap, sin_mask, who, lanes, floats, curves, counts):
    """Count and keep the candidate, whose curve values are in `curves`; return from how many cells it is visible."""
    visible_cells = np.int32(0)
    for c in range(lanes):
        visible = _update_best(c, curves[c + BEAM], curves[c + AIR], cap, sin_mask, who, floats, counts)
        visible_cells = np.int32(visible_cells + visible)
    return visible_cells


@kernel(**LOOP)
def _update_best_by_short_curves(link, payload, cap, who, lanes, floats, counts):
    """Do the same by curves of few terms, as nearly all are, without the way through `curves`."""
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
    for c in range(lanes):
        x, y = (floats[c + COSINE] - centre) * scale, (floats[c + SINE] - middle) * stretch
        beam, air = ((a0 * x + a1) * x + a2) * x + a3, ((b0 * y + b1) * y + b2) * y + b3
        visible = _update_best(c, beam, air, cap, sin_mask, who, floats, counts)
        visible_cells = np.int32(visible_cells + visible)
    return visible_cells


@kernel(**LOOP)
def _update_best(c, beam, air, cap, sin_mask, who, floats, counts):
    """Count the candidate if it is visible from the cell of lane c, and keep it if it is the better server."""
    visible = np.int32(floats[c + SINE] >= sin_mask)
    counts[c + COUNT] += visible
    ratio = min(beam * floats[c + CLOSE2], cap) * air
    level, best = rounded_c_n(ratio), rounded_c_n(floats[c + BEST_DOWN])
    sine, best_sine = floats[c + SINE], floats[c + BEST_SINE]
    first = np.int32(sine > best_sine) | (np.int32(sine == best_sine) & np.int32(who < counts[c + SERVER]))
    better = visible & (np.int32(level > best) | (np.int32(level == best) & first))
    floats[c + BEST_DOWN] = ratio if better else floats[c + BEST_DOWN]
    floats[c + BEST_SINE] = floats[c + SINE] if better else floats[c + BEST_SINE]
    floats[c + BEST_COSINE] = floats[c + COSINE] if better else floats[c + BEST_COSINE]
    floats[c + BEST_CLOSE2] = floats[c + CLOSE2] if better else floats[c + BEST_CLOSE2]
    counts[c + SERVER] = who if better else counts[c + SERVER]
    return visible

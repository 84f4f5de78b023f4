"""The compiled loops of hopping: how a satellite's beams share time among its cells, and where they point.

One step per thread; beams stand in float64 lanes. Sums have their order written down, as in `_association.py`;
directions and phases, which are rounded to float32, leave the compiler free to fuse.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._association import counts_elsewhere, fill_chosen
from d2c.coverage.kernels._beam_gain import axes_of, direction_to, scan_gain, sine_and_cosine
from d2c.coverage.kernels._elevation import BLOCK, CHOSEN, WORK_ROWS, fill_shares, place_blocks, sum_of_lanes
from d2c.coverage.kernels._tables import interpolate, place_in_curve
from d2c.coverage.kernels.compiling import COMPILED, EXACT_LOOP, LOOP, PLAIN, kernel

# rows of float64 of a block of beams: the cell's position, then direction and distance, what the array keeps of its
# gain, the strength, one over the gain, where the uplink's curve is read, and the phases' sines and cosines
_X, _Y, _Z, _U, _V, _W, _DISTANCE, _SCAN, _STRENGTH, _PER_SCAN, _AT = (k * BLOCK for k in range(11))
_SIN_ALONG, _COS_ALONG, _SIN_ACROSS, _COS_ACROSS = (k * BLOCK for k in range(11, 15))
_BEAM_ROWS = 15 * BLOCK


@kernel(parallel=True, **COMPILED)
def fill_beams(position_m, cells, demand, rules, pattern, association, beams):
    """Fill the beams of each step from its association."""
    inside = demand.inside
    elsewhere = place_blocks(demand.position_m[inside:], demand.up[inside:], demand.weight[inside:])
    for step in prange(position_m.shape[0]):
        _fill_step(position_m[step], cells, demand, elsewhere, rules, pattern, association, beams, step)


@kernel(**COMPILED)
def _fill_step(position_m, cells, demand, elsewhere, rules, pattern, association, beams, step):
    weight = np.empty(cells.weight.size)
    _order_by_satellite(
        association.server[step], cells, beams, step, np.zeros(position_m.shape[0], np.int64), weight
    )
    rows, work = np.zeros(_BEAM_ROWS), np.empty(WORK_ROWS, np.float32)
    far = 0
    for k in range(beams.satellites[step]):
        outside = association.outside[step, beams.satellite[step, k]]
        beams.far_lit[step, k] = _share_time(rules, weight, outside, beams, step, k, rows)
        _aim_beams(position_m, cells, rules, pattern, beams, step, k, rows)
        beams.far_first[step, k] = far
        far = _aim_far_beams(
            position_m, demand, elsewhere, rules, pattern, association.choice[step], beams, step, k, far, work
        )
    beams.far_first[step, beams.satellites[step]] = far


@kernel(**PLAIN)
def _order_by_satellite(server, cells, beams, step, place, weight):
    """List the serving satellites and the cells of each, both by rising number.

    place (S,): zeros, for the place of the next cell of each satellite; weight (B,): filled with those of the beams.
    """
    for b in range(server.size):
        if server[b] >= 0:
            place[server[b]] += 1
    serving, at = 0, 0
    for s in range(place.size):
        if place[s] > 0:
            beams.satellite[step, serving] = s
            beams.first[step, serving] = at
            beams.serving[step, at : at + place[s]] = serving
            at += place[s]
            place[s] = beams.first[step, serving]
            serving += 1
    beams.satellites[step] = serving
    beams.first[step, serving] = at
    for b in range(server.size):
        s = server[b]
        if s >= 0:
            k = place[s]
            place[s] = k + 1
            beams.cell[step, k], beams.slot[step, b] = b, k
            weight[k] = cells.weight[b]
        else:
            beams.slot[step, b] = -1


@kernel(**PLAIN)
def _share_time(rules, weight, outside, beams, step, k, rows):
    """Fill the shares of time of a satellite's beams, by the weights (B,) of all beams and the cells `outside`.

    Cells that do not ask get the share of signalling, all of them together at most half of the beams; the rest of the
    beams is shared by weight among those that ask. Cells without demand never ask. Return the chance that a beam
    elsewhere is alight.
    """
    first, end = beams.first[step, k], beams.first[step, k + 1]
    own, shares, lits = weight[first:end], beams.share[step, first:end], beams.lit[step, first:end]
    asking = outside + _positive(own)
    number = own.size + outside  # cells, those elsewhere with the mean weight
    total = outside + _sum(own, rows[:BLOCK])
    signalling = min(rules.signalling, 0.5 * rules.beams / number)
    idle = (1.0 - rules.load) * signalling
    traffic = rules.beams - idle * asking - signalling * (number - asking)
    by_weight = traffic / (rules.load * total) if rules.load > 0 and total > 0 else np.inf
    for i in range(own.size):
        share = min(min(own[i] * by_weight, 1.0), rules.most_share) if own[i] > 0 else 0.0
        shares[i] = share
        lits[i] = min(rules.load * share + idle, 1.0) if own[i] > 0 else signalling
    few = rules.load * asking > traffic
    q = min(rules.load * min(min(by_weight, 1.0), rules.most_share) + idle, 1.0)
    beams.alight[step, k] = _sum(lits, rows[:BLOCK]) + q * outside
    # not where isolation or cells that are alight all the time leave beams over
    beams.few[step, k] = few and beams.alight[step, k] > 0.99 * rules.beams
    beams.spare[step, k] = _spare(lits, rows[:BLOCK]) + q * (1.0 - q) * outside
    return q


@kernel(**EXACT_LOOP)
def _positive(values):
    """Return how many values are above zero."""
    number = 0
    for i in range(values.size):
        number += values[i] > 0
    return number


@kernel(**EXACT_LOOP)
def _sum(values, lanes):
    """Return the sum of values in float64; lanes (BLOCK,) to work in."""
    lanes[:] = 0.0
    for first in range(0, values.size, BLOCK):
        part = values[first : first + BLOCK]
        for i in range(part.size):
            lanes[i] += np.float64(part[i])
    return sum_of_lanes(lanes)


@kernel(**EXACT_LOOP)
def _spare(lit, lanes):
    """Return the sum of q (1 - q) over the chances (N,) to be alight; lanes (BLOCK,) to work in."""
    lanes[:] = 0.0
    for first in range(0, lit.size, BLOCK):
        part = lit[first : first + BLOCK]
        for i in range(part.size):
            lanes[i] += np.float64(part[i]) * (1.0 - np.float64(part[i]))
    return sum_of_lanes(lanes)


@kernel(**PLAIN)
def _power_of_a_beam(rules, beams, step, k):
    """Return the share of its full power that each of a satellite's beams alight has."""
    return min(rules.full_power / max(beams.alight[step, k], 1e-9), 1.0)


@kernel(**PLAIN)
def _strength(pattern, scan, power, distance):
    """Return PFD times squared range on a beam's axis, of a planar array without the scan loss."""
    on_axis = min(pattern.density * scan * power, pattern.cap * distance * distance)
    return on_axis / scan if pattern.planar else on_axis


@kernel(**PLAIN)
def _aim_beams(position_m, cells, rules, pattern, beams, step, k, rows):
    """Fill direction and strength of a satellite's beams, a block at a time; rows (_BEAM_ROWS,) to work in."""
    at = position_m[beams.satellite[step, k]]
    axes = axes_of(at)
    power = _power_of_a_beam(rules, beams, step, k)
    last = beams.first[step, k + 1]
    for first in range(beams.first[step, k], last, BLOCK):
        end = min(first + BLOCK, last)
        cell = beams.cell[step, first:end]
        for i in range(cell.size):
            place_m = cells.position_m[cell[i]]
            rows[i + _X], rows[i + _Y], rows[i + _Z] = place_m[0], place_m[1], place_m[2]
        _fill_directions(at, axes, rows)
        _fill_strengths(pattern, power, rows)
        _fill_phases(pattern.along, rows, _U, _SIN_ALONG, _COS_ALONG)
        _fill_phases(pattern.across, rows, _V, _SIN_ACROSS, _COS_ACROSS)
        _keep_directions(rows, beams, step, first, end)
        _keep_strengths(pattern, rows, beams.strength[step, first:end], beams.send[step, first:end])


@kernel(**LOOP)
def _fill_directions(at, axes, rows):
    """Fill direction cosines and distance of a block of cells."""
    x, y, z = at[0], at[1], at[2]
    north, east, down = axes
    for i in range(BLOCK):
        dx, dy, dz = rows[i + _X] - x, rows[i + _Y] - y, rows[i + _Z] - z
        distance = np.sqrt(dx * dx + dy * dy + dz * dz)
        close = 1.0 / distance
        rows[i + _DISTANCE] = distance
        rows[i + _U] = (dx * north[0] + dy * north[1] + dz * north[2]) * close
        rows[i + _V] = (dx * east[0] + dy * east[1] + dz * east[2]) * close
        rows[i + _W] = (dx * down[0] + dy * down[1] + dz * down[2]) * close


@kernel(**LOOP)
def _fill_strengths(pattern, power, rows):
    """Fill the strengths of a block of beams, and what their uplink is looked up by."""
    for i in range(BLOCK):
        rows[i + _SCAN] = scan_gain(rows[i + _W], pattern.exponent)
    for i in range(BLOCK):
        scan, w = rows[i + _SCAN], rows[i + _W]
        rows[i + _STRENGTH] = _strength(pattern, scan, power, rows[i + _DISTANCE])
        rows[i + _PER_SCAN] = 1.0 / scan if pattern.planar else 1.0
        rows[i + _AT] = place_in_curve(pattern.uplink, w)


@kernel(**LOOP)
def _keep_directions(rows, beams, step, first, end):
    _keep(rows, _U, beams.aim[step, 0, first:end])
    _keep(rows, _V, beams.aim[step, 1, first:end])
    _keep(rows, _W, beams.aim[step, 2, first:end])
    _keep(rows, _SIN_ALONG, beams.phase[step, 0, first:end])
    _keep(rows, _COS_ALONG, beams.phase[step, 1, first:end])
    _keep(rows, _SIN_ACROSS, beams.phase[step, 2, first:end])
    _keep(rows, _COS_ACROSS, beams.phase[step, 3, first:end])


@kernel(**LOOP)
def _keep(rows, row, values):
    for i in range(values.size):
        values[i] = rows[i + row]


@kernel(**LOOP)
def _keep_strengths(pattern, rows, strength, send):
    for i in range(strength.size):
        strength[i] = rows[i + _STRENGTH]
        send[i] = interpolate(pattern.uplink, rows[i + _AT]) * rows[i + _PER_SCAN]


@kernel(**LOOP)
def _fill_phases(scale, rows, cosine, sine_row, cosine_row):
    """Fill sine and cosine of the phase `scale` times a direction cosine."""
    for i in range(BLOCK):
        rows[i + sine_row], rows[i + cosine_row] = sine_and_cosine(scale * rows[i + cosine])


@kernel(**PLAIN)
def _aim_far_beams(position_m, demand, elsewhere, rules, pattern, choice, beams, step, k, far, work):
    """Fill direction and strength of a satellite's beams elsewhere, place by place; return where they end."""
    at = position_m[beams.satellite[step, k]]
    axes = axes_of(at)
    power = _power_of_a_beam(rules, beams, step, k)
    for block in range(elsewhere.shape[0]):
        if not fill_shares(at, rules, elsewhere[block], work):
            continue
        fill_chosen(work)
        first = block * BLOCK
        for i in range(min(BLOCK, choice.size - first)):
            total = np.float32(choice[first + i])
            if not counts_elsewhere(work[i + CHOSEN], total):
                continue
            d = demand.inside + first + i
            u, v, w, distance = direction_to(at, axes, demand.position_m[d])
            scan = scan_gain(w, pattern.exponent)
            beams.far_strength[step, far] = _strength(pattern, scan, power, distance)
            beams.far_number[step, far] = demand.weight[d] * (work[i + CHOSEN] / total)
            beams.far_aim[step, far, 0], beams.far_aim[step, far, 1], beams.far_aim[step, far, 2] = u, v, w
            far += 1
    return far

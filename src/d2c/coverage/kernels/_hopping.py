"""The compiled loops of hopping: how a satellite's beams share time among its cells, and where they point.

All in float64; one step per thread.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._association import LEAST_SHARE, SOFT, elevation_share, sine_if_served
from d2c.coverage.kernels._beam_gain import axes_of, direction_to, scan_gain
from d2c.coverage.kernels._tables import look_up
from d2c.coverage.kernels.compiling import COMPILED, PLAIN, kernel


@kernel(parallel=True, **COMPILED)
def fill_beams(position_m, cells, demand, rules, pattern, association, beams):
    """Fill the beams of each step from its association."""
    for step in prange(position_m.shape[0]):
        _fill_step(position_m[step], cells, demand, rules, pattern, association, beams, step)


@kernel(**COMPILED)
def _fill_step(position_m, cells, demand, rules, pattern, association, beams, step):
    server, size = association.server[step], cells.weight.size
    count = np.zeros(position_m.shape[0], np.int64)
    weight = np.zeros(position_m.shape[0])
    for b in range(size):
        beams.slot[step, b] = -1
        if server[b] >= 0:
            count[server[b]] += 1
            weight[server[b]] += cells.weight[b]
    serving, at = 0, 0
    number = np.empty(position_m.shape[0], np.int64)
    for s in range(position_m.shape[0]):
        if count[s] > 0:
            beams.satellite[step, serving] = s
            beams.first[step, serving] = at
            number[s] = serving
            at += count[s]
            serving += 1
    beams.satellites[step] = serving
    beams.first[step, serving] = at
    count[:] = 0
    for b in range(size):
        s = server[b]
        if s >= 0:
            k = beams.first[step, number[s]] + count[s]
            beams.cell[step, k] = b
            beams.serving[step, k] = number[s]
            beams.slot[step, b] = k
            count[s] += 1
    far = 0
    for k in range(serving):
        beams.far_lit[step, k] = _share_time(cells, rules, weight, association.outside[step], beams, step, k)
        _aim_beams(position_m, cells, rules, pattern, beams, step, k)
        beams.far_first[step, k] = far
        far = _aim_far_beams(
            position_m, demand, rules, pattern, association.choice[step], beams, step, k, far
        )
    beams.far_first[step, serving] = far


@kernel(**PLAIN)
def _share_time(cells, rules, weight, outside, beams, step, k):
    """Fill the shares of time of a satellite's beams.

    Cells that do not ask get the share of signalling, all of them together at most half of the beams; the rest of the
    beams is shared by weight among those that ask. Cells without demand never ask. Return the chance that a beam
    elsewhere is alight.
    """
    s = beams.satellite[step, k]
    first, end = beams.first[step, k], beams.first[step, k + 1]
    number = end - first + outside[s]  # cells, those elsewhere with the mean weight
    total = weight[s] + outside[s]
    signalling = min(rules.signalling, 0.5 * rules.beams / number)
    idle = (1.0 - rules.load) * signalling
    asking, alight, spare = outside[s], 0.0, 0.0
    for i in range(first, end):
        asking += 1.0 if cells.weight[beams.cell[step, i]] > 0 else 0.0
    traffic = rules.beams - idle * asking - signalling * (number - asking)
    for i in range(first, end):
        w = cells.weight[beams.cell[step, i]]
        share = 0.0
        if w > 0:
            share = min(traffic * w / (rules.load * total), 1.0) if rules.load > 0 else 1.0
            share = min(share, rules.most_share)
        beams.share[step, i] = share
        beams.lit[step, i] = min(rules.load * share + idle, 1.0) if w > 0 else signalling
        alight += beams.lit[step, i]
        spare += beams.lit[step, i] * (1.0 - beams.lit[step, i])
    few = rules.load * asking > traffic
    elsewhere = min(traffic / (rules.load * total), 1.0) if rules.load > 0 and total > 0 else 1.0
    q = min(rules.load * min(elsewhere, rules.most_share) + idle, 1.0)
    beams.alight[step, k] = alight + q * outside[s]
    # not where isolation or cells that are alight all the time leave beams over
    beams.few[step, k] = few and beams.alight[step, k] > 0.99 * rules.beams
    beams.spare[step, k] = spare + q * (1.0 - q) * outside[s]
    return q


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
def _aim_beams(position_m, cells, rules, pattern, beams, step, k):
    """Fill direction and strength of a satellite's beams."""
    at = position_m[beams.satellite[step, k]]
    axes = axes_of(at)
    power = _power_of_a_beam(rules, beams, step, k)
    for i in range(beams.first[step, k], beams.first[step, k + 1]):
        u, v, w, distance = direction_to(at, axes, cells.position_m[beams.cell[step, i]])
        scan = scan_gain(w, pattern.exponent)
        beams.strength[step, i] = _strength(pattern, scan, power, distance)
        beams.aim[step, 0, i], beams.aim[step, 1, i], beams.aim[step, 2, i] = u, v, w
        beams.phase[step, 0, i], beams.phase[step, 1, i] = (
            np.sin(pattern.along * u),
            np.cos(pattern.along * u),
        )
        beams.phase[step, 2, i], beams.phase[step, 3, i] = (
            np.sin(pattern.across * v),
            np.cos(pattern.across * v),
        )
        beams.send[step, i] = look_up(pattern.uplink, w) / (scan if pattern.planar else 1.0)


@kernel(**PLAIN)
def _aim_far_beams(position_m, demand, rules, pattern, choice, beams, step, k, far):
    """Fill direction and strength of a satellite's beams elsewhere, place by place; return where they end."""
    at = position_m[beams.satellite[step, k]]
    axes = axes_of(at)
    radius = np.sqrt(at[0] * at[0] + at[1] * at[1] + at[2] * at[2])
    power = _power_of_a_beam(rules, beams, step, k)
    for d in range(demand.inside, demand.weight.size):
        place_m = demand.position_m[d]
        sine = sine_if_served(at, radius, place_m, demand.up[d], rules)
        if sine < 0:
            continue
        share = np.exp(elevation_share(sine) / SOFT) / choice[d - demand.inside]
        if share < LEAST_SHARE:
            continue
        u, v, w, distance = direction_to(at, axes, place_m)
        scan = scan_gain(w, pattern.exponent)
        beams.far_strength[step, far] = _strength(pattern, scan, power, distance)
        beams.far_number[step, far] = demand.weight[d] * share
        beams.far_aim[step, far, 0], beams.far_aim[step, far, 1], beams.far_aim[step, far, 2] = u, v, w
        far += 1
    return far

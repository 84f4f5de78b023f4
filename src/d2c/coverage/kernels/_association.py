"""The compiled loops of a network's association: which satellite serves each beam cell, and how its beams share time.

Each step is on its own, so that any cut of the span gives the same bits. All in float64; one step per thread.
`tests/twins/network_twin.py` says the same in plain numpy.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from d2c.coverage.kernels._tables import look_up
from d2c.coverage.kernels.compiling import COMPILED, PLAIN, kernel

ROUNDS = 8  # of prices, from zero
_SOFT = 0.05  # of elevation / 90 deg: 4.5 deg higher is chosen 2.7 times as often
_RAISE = 0.05  # price for a load e times the mean


class BeamCells(NamedTuple):
    """B beam cells.

    position_m, up (B, 3) float64; weight (B,) float64: demand, on average 1 where a cell may be served, 0 without
    demand, negative inside an exclusion; colour, cluster (B,) int64: frequency colour, and the cell's group.
    """

    position_m: np.ndarray
    up: np.ndarray
    weight: np.ndarray
    colour: np.ndarray
    cluster: np.ndarray


class Demand(NamedTuple):
    """D places by which the loads of satellites are levelled, the first `inside` of them clusters of beam cells.

    position_m, up (D, 3) float64; weight (D,) float64, in mean beam cells.
    """

    position_m: np.ndarray
    up: np.ndarray
    weight: np.ndarray
    inside: int


class NetworkRules(NamedTuple):
    """Rules of the network.

    beams: simultaneous beams of a satellite; full_power: how many of them it feeds at full power; cos_scan: cosine of
    the widest off-nadir angle; sin_mask: sine of the elevation mask; load: share of the beam cells that ask;
    signalling: share of time of a cell that does not ask; most_share: largest share of time that isolation leaves a
    cell.
    """

    beams: int
    full_power: int
    cos_scan: float
    sin_mask: float
    load: float
    signalling: float
    most_share: float


class BeamPattern(NamedTuple):
    """The beam of a payload.

    density: power flux density on the axis times squared range without scan loss, W/MHz; cap: highest PFD, W/m2/MHz;
    exponent: of the cosine of the off-nadir angle, for the scan loss. planar: whether the gain is that of a planar
    array, else a table by the angle off the axis. along, across: pi times the sides over the wavelength, down; the
    same times up_ratio, up. gain, gain_up (N + 2,) float32: gain against its peak at the chord k / per_chord between
    unit vectors. uplink (M + 2,): the uplink's C/N times squared range by the off-nadir angle.
    """

    density: float
    cap: float
    exponent: float
    planar: bool
    along: float
    across: float
    up_ratio: float
    gain: np.ndarray
    gain_up: np.ndarray
    per_chord: float
    uplink: np.ndarray


class Association(NamedTuple):
    """Who serves what over T steps, for B beam cells and S satellites.

    server (T, B) int32, -1 for none; outside (T, S) float64: weight of the places elsewhere that fall to a satellite.
    """

    server: np.ndarray
    outside: np.ndarray


class HoppingBeams(NamedTuple):
    """The beams of T steps; the beams of the k-th serving satellite of step t are first[t, k] up to first[t, k + 1].

    satellites (T,) int64: how many serve; satellite (T, S) int64; alight (T, S): beams alight on average, of all it
    serves; few (T, S) bool: whether it has fewer beams than cells that ask, so that always as many are alight; spare
    (T, S): sum of q (1 - q) over the cells it serves, with the chance q to be alight. first (T, S + 1) int64. Of each
    beam (T, B): cell int64; serving int64, the k of its satellite; share float32, of time while the cell asks; lit
    float32, chance that it is alight; strength float32, PFD on its axis times squared range, with a planar array
    without scan loss, which depends on the place; aim (T, B, 3) float32, direction cosines of its axis; phase (T, B,
    4) float32, sine and cosine of both phases of a planar array; send float32: the uplink's C/N times squared range
    at its centre. slot (T, B) int64: the beam of each cell, -1 for none. colour (B,) int64: of each cell.
    """

    satellites: np.ndarray
    satellite: np.ndarray
    alight: np.ndarray
    few: np.ndarray
    spare: np.ndarray
    first: np.ndarray
    cell: np.ndarray
    serving: np.ndarray
    share: np.ndarray
    lit: np.ndarray
    strength: np.ndarray
    aim: np.ndarray
    phase: np.ndarray
    send: np.ndarray
    slot: np.ndarray
    colour: np.ndarray


@kernel(**PLAIN)
def elevation_share(sine):
    """Return an elevation over 90 deg by its sine, to 5e-5.

    Source: Abramowitz and Stegun, eq. (4.4.45).
    """
    x = min(max(sine, 0.0), 1.0)
    root = np.sqrt(1.0 - x)
    return 1.0 - root * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - 0.0187293 * x))) / (np.pi / 2)


@kernel(**PLAIN)
def _sine_if_served(satellite_m, radius, place_m, up, rules):
    """Return the sine of the elevation of a satellite that may serve a place, -1 of one that may not."""
    dx, dy, dz = satellite_m[0] - place_m[0], satellite_m[1] - place_m[1], satellite_m[2] - place_m[2]
    distance = np.sqrt(dx * dx + dy * dy + dz * dz)
    sine = (dx * up[0] + dy * up[1] + dz * up[2]) / distance
    down = (dx * satellite_m[0] + dy * satellite_m[1] + dz * satellite_m[2]) / (distance * radius)
    return sine if sine >= rules.sin_mask and down >= rules.cos_scan else -1.0


@kernel(parallel=True, **COMPILED)
def associate(position_m, in_range, in_range_count, cells, demand, rules, association):
    """Choose the satellite of each beam cell; in_range (T, S) and in_range_count (T,) from `list_in_range`."""
    for step in prange(position_m.shape[0]):
        _associate_step(
            position_m[step], in_range[step, : in_range_count[step]], cells, demand, rules, association, step
        )


@kernel(**COMPILED)
def _associate_step(position_m, nearby, cells, demand, rules, association, step):
    size, places = nearby.size, demand.weight.size
    radius = np.empty(size)
    for k in range(size):
        x, y, z = position_m[nearby[k]]
        radius[k] = np.sqrt(x * x + y * y + z * z)
    score = np.empty((demand.inside, size))  # elevation / 90 deg, -1 where a satellite cannot serve
    seen = np.empty(size, np.int64)
    outside = np.zeros(size)
    for d in range(places):
        count = 0
        for k in range(size):
            sine = _sine_if_served(
                position_m[nearby[k]], radius[k], demand.position_m[d], demand.up[d], rules
            )
            if d < demand.inside:
                score[d, k] = elevation_share(sine) if sine >= 0 else -1.0
            elif sine >= 0:
                seen[count] = k
                count += 1
        for i in range(count):
            outside[seen[i]] += demand.weight[d] / count
    price = _prices(score, demand, outside)
    for k in range(size):
        association.outside[step, nearby[k]] = outside[k]
    for b in range(cells.weight.size):
        best, highest = -1, -np.inf
        if cells.weight[b] >= 0:
            for k in range(size):
                sine = _sine_if_served(
                    position_m[nearby[k]], radius[k], cells.position_m[b], cells.up[b], rules
                )
                if sine >= 0:
                    value = elevation_share(sine) - price[k]
                    if value > highest:
                        best, highest = nearby[k], value
        association.server[step, b] = best


@kernel(**COMPILED)
def _prices(score, demand, outside):
    """Return the price of each satellite (N,) that levels the loads: a fixed number of soft rounds from zero."""
    size = outside.size
    price = np.zeros(size)
    load = np.empty(size)
    chance = np.empty(size)
    for _ in range(ROUNDS):
        load[:] = outside
        for d in range(demand.inside):
            highest = -np.inf
            for k in range(size):
                if score[d, k] >= 0:
                    highest = max(highest, score[d, k] - price[k])
            total = 0.0
            for k in range(size):
                chance[k] = np.exp((score[d, k] - price[k] - highest) / _SOFT) if score[d, k] >= 0 else 0.0
                total += chance[k]
            if total > 0:
                for k in range(size):
                    load[k] += demand.weight[d] * chance[k] / total
        used, number = 0.0, 0
        for k in range(size):
            if load[k] > outside[k]:
                used += load[k]
                number += 1
        if number == 0:
            break
        for k in range(size):
            if load[k] > outside[k]:
                price[k] += _RAISE * np.log(load[k] * number / used)
    return price


@kernel(parallel=True, **COMPILED)
def fill_beams(position_m, cells, rules, pattern, association, beams):
    """Fill the beams of each step from its association."""
    for step in prange(position_m.shape[0]):
        _fill_step(position_m[step], cells, rules, pattern, association, beams, step)


@kernel(**COMPILED)
def _fill_step(position_m, cells, rules, pattern, association, beams, step):
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
    for k in range(serving):
        _share_time(cells, rules, weight, association.outside[step], beams, step, k)
        _aim_beams(position_m, cells, rules, pattern, beams, step, k)


@kernel(**PLAIN)
def _share_time(cells, rules, weight, outside, beams, step, k):
    """Fill the shares of time of a satellite's beams.

    Cells that do not ask get the share of signalling, all of them together at most half of the beams; the rest of the
    beams is shared by weight among those that ask.
    """
    s = beams.satellite[step, k]
    first, end = beams.first[step, k], beams.first[step, k + 1]
    number = end - first + outside[s]  # cells, those elsewhere with the mean weight
    total = weight[s] + outside[s]
    signalling = min(rules.signalling, 0.5 * rules.beams / number)
    idle = (1.0 - rules.load) * signalling
    traffic = rules.beams - idle * number
    asking, alight, spare = outside[s], 0.0, 0.0
    for i in range(first, end):
        w = cells.weight[beams.cell[step, i]]
        share = 0.0
        if w > 0:
            asking += 1.0
            share = min(traffic * w / (rules.load * total), 1.0) if rules.load > 0 else 1.0
            share = min(share, rules.most_share)
        beams.share[step, i] = share
        beams.lit[step, i] = min(rules.load * share + idle, 1.0)
        alight += beams.lit[step, i]
        spare += beams.lit[step, i] * (1.0 - beams.lit[step, i])
    few = rules.load * asking > traffic
    elsewhere = min(traffic / (rules.load * total), 1.0) if rules.load > 0 and total > 0 else 1.0
    q = min(rules.load * min(elsewhere, rules.most_share) + idle, 1.0)
    beams.alight[step, k] = alight + q * outside[s]
    # not where isolation or cells that are alight all the time leave beams over
    beams.few[step, k] = few and beams.alight[step, k] > 0.99 * rules.beams
    beams.spare[step, k] = spare + q * (1.0 - q) * outside[s]


@kernel(**PLAIN)
def axes_of(satellite_m):
    """Return the axes of an antenna: along the meridian, across it, and down to the Earth's centre."""
    x, y, z = satellite_m
    radius = np.sqrt(x * x + y * y + z * z)
    flat = max(np.sqrt(x * x + y * y), 1e-6 * radius)
    east = (-y / flat, x / flat, 0.0)
    down = (-x / radius, -y / radius, -z / radius)
    north = (
        east[1] * down[2] - east[2] * down[1],
        east[2] * down[0] - east[0] * down[2],
        east[0] * down[1] - east[1] * down[0],
    )
    return north, east, down


@kernel(**PLAIN)
def direction_to(satellite_m, axes, place_m):
    """Return the direction cosines of a place, and its distance."""
    dx, dy, dz = place_m[0] - satellite_m[0], place_m[1] - satellite_m[1], place_m[2] - satellite_m[2]
    distance = np.sqrt(dx * dx + dy * dy + dz * dz)
    north, east, down = axes
    return (
        (dx * north[0] + dy * north[1] + dz * north[2]) / distance,
        (dx * east[0] + dy * east[1] + dz * east[2]) / distance,
        (dx * down[0] + dy * down[1] + dz * down[2]) / distance,
        distance,
    )


@kernel(**PLAIN)
def _aim_beams(position_m, cells, rules, pattern, beams, step, k):
    """Fill direction and strength of a satellite's beams."""
    at = position_m[beams.satellite[step, k]]
    axes = axes_of(at)
    power = min(rules.full_power / max(beams.alight[step, k], 1e-9), 1.0)
    for i in range(beams.first[step, k], beams.first[step, k + 1]):
        u, v, w, distance = direction_to(at, axes, cells.position_m[beams.cell[step, i]])
        scan = max(w, 0.0) ** pattern.exponent
        on_axis = min(pattern.density * scan * power, pattern.cap * distance * distance)
        beams.strength[step, i] = on_axis / scan if pattern.planar else on_axis
        beams.aim[step, i, 0], beams.aim[step, i, 1], beams.aim[step, i, 2] = u, v, w
        beams.phase[step, i, 0], beams.phase[step, i, 1] = (
            np.sin(pattern.along * u),
            np.cos(pattern.along * u),
        )
        beams.phase[step, i, 2], beams.phase[step, i, 3] = (
            np.sin(pattern.across * v),
            np.cos(pattern.across * v),
        )
        beams.send[step, i] = look_up(pattern.uplink, w) / (scan if pattern.planar else 1.0)

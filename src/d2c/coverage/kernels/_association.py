"""The compiled loops of a network's association: which satellite serves each beam cell.

Each step is on its own, so that any cut of the span gives the same bits. All in float64; one step per thread.
`tests/twins/network_twin.py` says the same in plain numpy.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels.compiling import COMPILED, PLAIN, kernel

ROUNDS = 8  # of prices, from zero
SOFT = 0.05  # of elevation / 90 deg: 4.5 deg higher is chosen 2.7 times as often
_RAISE = 0.05  # price for a load e times the mean
LEAST_SHARE = 0.01  # of a place elsewhere, for its beams to count


@kernel(**PLAIN)
def elevation_share(sine):
    """Return an elevation over 90 deg by its sine, to 5e-5.

    Source: Abramowitz and Stegun, eq. (4.4.45).
    """
    x = min(max(sine, 0.0), 1.0)
    root = np.sqrt(1.0 - x)
    return 1.0 - root * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - 0.0187293 * x))) / (np.pi / 2)


@kernel(**PLAIN)
def sine_if_served(satellite_m, radius, place_m, up, rules):
    """Return the sine of the elevation of a satellite that may serve a place, -1 of one that may not."""
    dx, dy, dz = satellite_m[0] - place_m[0], satellite_m[1] - place_m[1], satellite_m[2] - place_m[2]
    height = dx * up[0] + dy * up[1] + dz * up[2]
    distance2 = dx * dx + dy * dy + dz * dz
    if height < 0 or height * height < rules.sin_mask * rules.sin_mask * distance2:
        return -1.0  # most satellites, without a root
    distance = np.sqrt(distance2)
    down = (dx * satellite_m[0] + dy * satellite_m[1] + dz * satellite_m[2]) / (distance * radius)
    return height / distance if down >= rules.cos_scan else -1.0


@kernel(parallel=True, **COMPILED)
def associate(position_m, nearby, nearby_count, here, here_count, cells, demand, rules, association):
    """Choose the satellite of each beam cell.

    nearby, here (T, S) and their counts (T,) from `list_in_range`: satellites that may serve any of the places, and any
    of the beam cells.
    """
    for step in prange(position_m.shape[0]):
        _associate_step(
            position_m[step],
            nearby[step, : nearby_count[step]],
            here[step, : here_count[step]],
            cells,
            demand,
            rules,
            association,
            step,
        )


@kernel(**COMPILED)
def _associate_step(position_m, nearby, here, cells, demand, rules, association, step):
    radius = np.empty(position_m.shape[0])
    for s in nearby:
        x, y, z = position_m[s]
        radius[s] = np.sqrt(x * x + y * y + z * z)
    _choose_elsewhere(position_m, radius, nearby, demand, rules, association, step)
    size = here.size
    score = np.empty((demand.inside, size))  # elevation / 90 deg, -1 where a satellite cannot serve
    outside = np.empty(size)
    for k in range(size):
        outside[k] = association.outside[step, here[k]]
        for d in range(demand.inside):
            sine = sine_if_served(
                position_m[here[k]], radius[here[k]], demand.position_m[d], demand.up[d], rules
            )
            score[d, k] = elevation_share(sine) if sine >= 0 else -1.0
    price = _prices(score, demand, outside)
    for b in range(cells.weight.size):
        best, highest = -1, -np.inf
        if cells.weight[b] >= 0:
            for k in range(size):
                sine = sine_if_served(
                    position_m[here[k]], radius[here[k]], cells.position_m[b], cells.up[b], rules
                )
                if sine >= 0:
                    value = elevation_share(sine) - price[k]
                    if value > highest:
                        best, highest = here[k], value
        association.server[step, b] = best


@kernel(**COMPILED)
def _choose_elsewhere(position_m, radius, nearby, demand, rules, association, step):
    """Spread the places elsewhere over the satellites that may serve them, by elevation."""
    chosen = np.empty(nearby.size)
    for d in range(demand.inside, demand.weight.size):
        total = 0.0
        for k in range(nearby.size):
            s = nearby[k]
            sine = sine_if_served(position_m[s], radius[s], demand.position_m[d], demand.up[d], rules)
            chosen[k] = np.exp(elevation_share(sine) / SOFT) if sine >= 0 else 0.0
            total += chosen[k]
        association.choice[step, d - demand.inside] = total
        if total > 0:
            for k in range(nearby.size):
                if chosen[k] > 0:
                    association.outside[step, nearby[k]] += demand.weight[d] * chosen[k] / total
                    association.far[step] += chosen[k] >= LEAST_SHARE * total


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
                chance[k] = np.exp((score[d, k] - price[k] - highest) / SOFT) if score[d, k] >= 0 else 0.0
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

"""The compiled loops of a network's association: which satellite serves each beam cell.

Each step is on its own, so that any cut of the span gives the same bits; one step per thread. The order of all sums is
written down: one that the compiler may choose depends on what it had in its cache.
`tests/twins/network_twin.py` says the same in plain numpy.
"""

import numpy as np
from numba import prange

from d2c.coverage.kernels._elevation import (
    BLOCK,
    CHOSEN,
    HIGHEST,
    SERVER,
    SHARE,
    TOTAL,
    WEIGHT,
    WORK_ROWS,
    exponential,
    fill_shares,
    place_blocks,
    sum_of_lanes,
)
from d2c.coverage.kernels.compiling import COMPILED, EXACT_LOOP, PLAIN, kernel

ROUNDS = 8  # of prices, from zero
SOFT = 0.05  # of elevation / 90 deg: 4.5 deg higher is chosen 2.7 times as often
_RAISE = 0.05  # price for a load e times the mean
_LEAST_SHARE = np.float32(0.01)  # of a place elsewhere, for its beams to count
_PER_SOFT = np.float32(1.0 / SOFT)
_ZERO, _NONE, _LOWEST = np.float32(0.0), np.float32(-1.0), np.float32(-np.inf)


@kernel(parallel=True, **COMPILED)
def associate(position_m, nearby, nearby_count, here, here_count, cells, demand, rules, association):
    """Choose the satellite of each beam cell.

    nearby, here (T, S) and their counts (T,) from `list_in_range`: satellites that may serve any of the places, and any
    of the beam cells.
    """
    inside = demand.inside
    clusters = place_blocks(demand.position_m[:inside], demand.up[:inside], demand.weight[:inside])
    elsewhere = place_blocks(demand.position_m[inside:], demand.up[inside:], demand.weight[inside:])
    cell_blocks = place_blocks(cells.position_m, cells.up, cells.weight)
    for step in prange(position_m.shape[0]):
        _associate_step(
            position_m[step],
            nearby[step, : nearby_count[step]],
            here[step, : here_count[step]],
            cell_blocks,
            clusters,
            elsewhere,
            rules,
            association,
            step,
        )


@kernel(**COMPILED)
def _associate_step(position_m, nearby, here, cell_blocks, clusters, elsewhere, rules, association, step):
    work = np.empty(WORK_ROWS, np.float32)
    _spread_elsewhere(position_m, nearby, elsewhere, rules, association, step, work)
    outside = np.empty(here.size)
    for k in range(here.size):
        outside[k] = association.outside[step, here[k]]
    price = _prices(_chosen_by_clusters(position_m, here, clusters, rules, work), _weights(clusters), outside)
    server = association.server[step]
    for block in range(cell_blocks.shape[0]):
        _choose_servers(position_m, here, cell_blocks[block], rules, price, work)
        first = block * BLOCK
        for i in range(min(BLOCK, server.size - first)):
            server[first + i] = np.int32(work[i + SERVER])


@kernel(**COMPILED)
def _spread_elsewhere(position_m, nearby, elsewhere, rules, association, step, work):
    """Spread the places elsewhere over the satellites that may serve them, by elevation."""
    choice, outside = association.choice[step], association.outside[step]
    chosen, seen = np.empty((nearby.size, BLOCK), np.float32), np.empty(nearby.size, np.int64)
    load = np.zeros((nearby.size, BLOCK), np.float32)
    number = 0
    for block in range(elsewhere.shape[0]):
        number += _spread_block(position_m, nearby, elsewhere[block], rules, load, chosen, seen, work)
        first = block * BLOCK
        for i in range(min(BLOCK, choice.size - first)):
            choice[first + i] = work[i + TOTAL]
    for k in range(nearby.size):
        outside[nearby[k]] = sum_of_lanes(load[k])
    association.far[step] = number


@kernel(**PLAIN)
def _spread_block(position_m, nearby, places, rules, load, chosen, seen, work):
    """Add to `load` (N, BLOCK), lane by lane, what of a block of places falls to each satellite, and fill TOTAL.

    chosen (N, BLOCK), seen (N,): to work in. Return how many pairs of place and satellite count.
    """
    for i in range(BLOCK):
        work[i + TOTAL] = _ZERO
    satellites = 0
    for k in range(nearby.size):
        if fill_shares(position_m[nearby[k]], rules, places, work):
            fill_chosen(work)
            row = chosen[satellites]
            for i in range(BLOCK):
                row[i] = work[i + CHOSEN]
                work[i + TOTAL] += work[i + CHOSEN]
            seen[satellites] = k
            satellites += 1
    number = np.int64(0)
    for j in range(satellites):
        row, lanes, count = chosen[j], load[seen[j]], np.int32(0)
        for i in range(BLOCK):
            total = work[i + TOTAL]
            lanes[i] += places[i + WEIGHT] * row[i] / total if total > _ZERO else _ZERO
            count = np.int32(count + np.int32(counts_elsewhere(row[i], total)))
        number += count
    return number


@kernel(**EXACT_LOOP)
def fill_chosen(work):
    """Fill CHOSEN of a block: the weight by which places choose a satellite of SHARE, 0 where it may not serve."""
    for i in range(BLOCK):
        share = work[i + SHARE]
        weight = exponential(share * _PER_SOFT)
        work[i + CHOSEN] = weight if share >= _ZERO else _ZERO


@kernel(**EXACT_LOOP)
def counts_elsewhere(chosen, total):
    """Return whether a satellite's beams at a place elsewhere count, by CHOSEN and its sum over the satellites."""
    return (chosen > _ZERO) & (chosen >= _LEAST_SHARE * total)


@kernel(**COMPILED)
def _chosen_by_clusters(position_m, here, clusters, rules, work):
    """Return CHOSEN of the places of all blocks of clusters, for each satellite here, (N, D) float64."""
    chosen = np.zeros((here.size, clusters.shape[0] * BLOCK))
    for block in range(clusters.shape[0]):
        for k in range(here.size):
            if fill_shares(position_m[here[k]], rules, clusters[block], work):
                fill_chosen(work)
                row = chosen[k, block * BLOCK : (block + 1) * BLOCK]
                for i in range(BLOCK):
                    row[i] = work[i + CHOSEN]
    return chosen


@kernel(**COMPILED)
def _weights(blocks):
    """Return the weights of the places of all blocks, (D,) float64."""
    weight = np.empty(blocks.shape[0] * BLOCK)
    for block in range(blocks.shape[0]):
        for i in range(BLOCK):
            weight[block * BLOCK + i] = blocks[block, i + WEIGHT]
    return weight


@kernel(**COMPILED)
def _prices(chosen, weight, outside):
    """Return the price of each satellite (N,) that levels the loads: a fixed number of soft rounds from zero.

    A cluster chooses by exp((elevation / 90 deg - price) / SOFT): `chosen` (N, D), the same in all rounds, times the
    price's factor. weight (D,) of the clusters; outside (N,): load from elsewhere.
    """
    size = outside.size
    price, factor, load = np.zeros(size), np.ones(size), np.empty(size)
    part, lanes = np.empty(weight.size), np.empty(BLOCK)
    for _ in range(ROUNDS):
        part[:] = 0.0
        for k in range(size):
            _add_scaled(chosen[k], factor[k], part)
        for d in range(weight.size):
            part[d] = weight[d] / part[d] if part[d] > 0 else 0.0
        used, number = 0.0, 0
        for k in range(size):
            load[k] = factor[k] * _sum_of_products(chosen[k], part, lanes)
            if load[k] > 0:
                load[k] += outside[k]
                used += load[k]
                number += 1
        for k in range(size):
            if load[k] > 0:
                price[k] += _RAISE * np.log(load[k] * number / used)
                factor[k] = np.exp(-price[k] / SOFT)
    return price


@kernel(**PLAIN)
def _add_scaled(row, factor, total):
    for d in range(total.size):
        total[d] += row[d] * factor


@kernel(**PLAIN)
def _sum_of_products(row, part, lanes):
    """Return the sum over places (D,), whole blocks; lanes (BLOCK,): to work in."""
    lanes[:] = 0.0
    for first in range(0, part.size, BLOCK):
        of_row, of_part = row[first : first + BLOCK], part[first : first + BLOCK]
        for i in range(BLOCK):
            lanes[i] += of_row[i] * of_part[i]
    return sum_of_lanes(lanes)


@kernel(**PLAIN)
def _choose_servers(position_m, here, cells, rules, price, work):
    """Fill SERVER of a block of cells: the satellite of the highest SHARE less its price, then the first, -1 for none.

    None serves a cell of negative weight.
    """
    for i in range(BLOCK):
        work[i + HIGHEST], work[i + SERVER] = _LOWEST, _NONE
    for k in range(here.size):
        if fill_shares(position_m[here[k]], rules, cells, work):
            satellite, less = np.float32(here[k]), np.float32(price[k])
            for i in range(BLOCK):
                share = work[i + SHARE]
                value = share - less
                better = (share >= _ZERO) & (value > work[i + HIGHEST]) & (cells[i + WEIGHT] >= _ZERO)
                work[i + HIGHEST] = value if better else work[i + HIGHEST]
                work[i + SERVER] = satellite if better else work[i + SERVER]

"""The compiled loops that count the levels of a ground cell: over what its interferers, lit by chance, may be."""

import numpy as np

from d2c.coverage.kernels._network_server import chance_beside
from d2c.coverage.kernels.compiling import CALLED, LOOP, kernel
from d2c.coverage.kernels.network_layout import COINS, SHARE_UNITS, UNITS


@kernel(**CALLED)
def count_cells(beams, step, tables, work, counters, first, cells):
    """Count the levels of the cells of a tile at one step."""
    for c in range(cells):
        _count_cell(beams, step, tables, work, counters, first + c, c)


@kernel(**LOOP)
def _count_cell(beams, step, tables, work, counters, g, c):
    counters.pfd_max[g] = max(counters.pfd_max[g], work.others[c])
    for limit in range(tables.aggregate.size):
        counters.pfd_over_limit[limit, g] = max(counters.pfd_over_limit[limit, g], work.over_limit[limit, c])
    server, level = work.server[c], np.float64(work.level[c])
    if server < 0 or level < tables.least_c_n:
        return
    chance, mean = work.chance, work.mean[c]
    for j in range(COINS):
        chance[j] = 0.0
        if work.coins[j, c] >= 0:
            chance[j] = chance_beside(beams, step, server, work.coins[j, c])
            mean += chance[j] * work.coin_level[j, c]
    if level < tables.least_c_in * (1.0 + mean):
        return
    per_db = tables.bins_per_db
    counters.camped[g] += 1
    counters.c_n_bins[
        g, bin_of(10 * np.log10(level), tables.c_n_low_db, per_db, counters.c_n_bins.shape[1])
    ] += 1
    counters.share_sum[g] += np.int64(beams.share[step, server] * SHARE_UNITS + 0.5)
    counters.lit_sum[g] += np.int64(beams.lit[step, server] * SHARE_UNITS + 0.5)
    _count_distribution(tables, work, counters, level, g, c)


@kernel(**LOOP)
def _count_distribution(tables, work, counters, level, g, c):
    """Count C/(I+N) and C/I over what the coins and the gamma distribution of the rest may be."""
    _quantiles(tables, work.mean[c], work.variance[c], work.rest)
    level_db, chance = decibels(level, tables.log2), work.chance
    c_in_bins, data_bins, c_i_bins = counters.c_in_bins[g], counters.data_bins[g], counters.c_i_bins[g]
    for outcome in range(1 << COINS):
        probability, coins = 1.0, 0.0
        for j in range(COINS):
            up = (outcome >> j) & 1
            probability *= chance[j] if up else 1.0 - chance[j]
            coins += work.coin_level[j, c] if up else 0.0
        units = np.int64(probability * UNITS / work.rest.size + 0.5)
        if units == 0:
            continue
        _fill_bins(tables, np.float32(coins), level_db, work.rest, counters, work.bins)
        for k in range(work.rest.size):
            c_in_bins[work.bins[0, k]] += units
            data_bins[work.bins[1, k]] += units
            c_i_bins[work.bins[2, k]] += units


@kernel(**LOOP)
def _fill_bins(tables, coins, level_db, rest, counters, bins):
    """Fill the bins of C/(I+N), with all interferers sending and with their activity, and of C/I."""
    one, activity, per_db = np.float32(1.0), np.float32(tables.activity), np.float32(tables.bins_per_db)
    low_db, c_i_low_db = np.float32(tables.c_in_low_db), np.float32(tables.c_i_low_db)
    number, c_i_number = counters.c_in_bins.shape[1], counters.c_i_bins.shape[1]
    for k in range(len(rest)):
        interference = coins + rest[k]
        c_in_db = level_db - decibels(one + interference, tables.log2)
        data_db = level_db - decibels(one + activity * interference, tables.log2)
        c_i_db = level_db - decibels(max(interference, np.float32(1e-30)), tables.log2)
        bins[0, k] = bin_of(c_in_db, low_db, per_db, number)
        bins[1, k] = bin_of(data_db, low_db, per_db, number)
        bins[2, k] = bin_of(c_i_db, c_i_low_db, per_db, c_i_number)


@kernel(**LOOP)
def decibels(ratio, a):
    """Return a positive ratio in decibels to 1e-4 dB, by a polynomial of its mantissa."""
    bits = np.float32(ratio).view(np.int32)
    x = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)).view(np.float32)
    log2 = ((((a[0] * x + a[1]) * x + a[2]) * x + a[3]) * x + a[4]) * x + a[5]
    return np.float32(3.0102999566) * (np.float32(np.int32(bits >> np.int32(23)) - np.int32(127)) + log2)


@kernel(**LOOP)
def _quantiles(tables, mean, variance, values):
    """Fill values (Q,) with quantiles of the gamma distribution of a mean and a variance."""
    if mean <= 0 or variance <= 1e-12 * mean * mean:
        values[:] = mean
        return
    at = (np.log2(mean * mean / variance) - tables.gamma_low) * tables.gamma_per
    at = min(max(at, 0.0), tables.gamma.shape[0] - 1.001)
    i = np.int64(at)
    for k in range(values.size):
        values[k] = mean * (tables.gamma[i, k] + (at - i) * (tables.gamma[i + 1, k] - tables.gamma[i, k]))


@kernel(**LOOP)
def bin_of(level_db, low_db, per_db, bins):
    """Return the bin of a level; those at both ends hold what lies beyond."""
    at = min(max(np.floor((level_db - low_db) * per_db), np.float32(0.0)), np.float32(bins - 1))
    return np.int32(at)

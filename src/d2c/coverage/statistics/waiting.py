"""Waiting time from a random start until service: its distribution, exact from the lengths of the gaps.

A start inside a gap waits until it ends. Starts are uniform over the span, so in a gap of length L the part L - t
waits longer than t: P(wait <= t) = 1 - sum over gaps of max(L - t, 0) / span. Gaps are counted in bins whose edges are
a fixed list of waits, so that the sum is exact for these. It treats the end of the span as service; for a phone that is
never served the probability is therefore set to zero. Of the phones of a cell it is the mean.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.statistics.coverage import CoverageStatistics, Ints
from d2c.coverage.statistics.fields import counter, lock, merged

Floats = NDArray[np.float64]

_MINUTE_S = 60
# From zero, which gives the availability, to a shift of eight hours.
WAITS_S = (0, 30, *(m * _MINUTE_S for m in (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480)))
WEIGHTS = ("area", "population")
COLUMN_WAITS_S = {f"within_{m}min": m * _MINUTE_S for m in (1, 5, 15, 60)}  # those in the coverage layer


def gap_edges(step_us: int) -> Ints:
    """Return the bin edges of gap lengths in steps, (J,): a gap exceeds wait j if it has more steps than edge j."""
    edges = np.array(WAITS_S, np.int64) * 1_000_000 // step_us
    return np.asarray(edges.astype(np.int32))


def served_within(statistics: CoverageStatistics, *, step_us: int) -> Floats:
    """Return the probability of service within each wait from a random moment of the span, (J, V, G).

    Of a random phone of the cell. A wait cut off by the end of the span counts as ended there; zero for phones that
    are never served.
    """
    span_us = step_us * statistics.samples
    ever_served = (statistics.served > 0).sum(axis=1)
    # of the gaps longer than each wait; in whole microseconds, so that a wait of zero gives exactly the availability
    count, steps = (np.cumsum(bins[..., ::-1], axis=-1)[..., ::-1] for bins in statistics.gaps_of_served())
    within_us = [
        span_us * ever_served
        - step_us * steps[..., j].astype(np.int64)
        + wait_s * 1_000_000 * count[..., j].astype(np.int64)
        for j, wait_s in enumerate(WAITS_S)
    ]
    return np.array(within_us) / (span_us * statistics.phones)


@dataclass(frozen=True, eq=False, slots=True)
class Waiting:
    """Share of a region served within each of the J waits of WAITS_S, by V services.

    total_weight (W,): sums over the cells of the W weights, as in WEIGHTS; within (W, J, V): the same sums, each
    cell weighted by its probability.
    """

    total_weight: Floats = counter("W", np.float64)
    within: Floats = counter("WJV", np.float64)

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)

    def shares(self) -> Floats:
        """Return the share of the total weight served within each wait, (W, J, V); NaN if the total is zero."""
        with np.errstate(invalid="ignore"):
            return self.within / self.total_weight[:, None, None]


def waiting_sums(statistics: CoverageStatistics, weights: Floats, *, step_us: int) -> Waiting:
    """Compute the weighted sums over cells; weights (W, G)."""
    within: Any = 0.0
    first = 0
    for piece in statistics.pieces():
        probability = served_within(piece, step_us=step_us)
        of_piece = weights[:, first : first + probability.shape[-1]]
        within = within + np.einsum("wg,jvg->wjv", of_piece, probability)
        first += probability.shape[-1]
    return Waiting(weights.sum(axis=1), within)


def add_waiting(a: Waiting, b: Waiting) -> Waiting:
    """Return the sums over two disjoint sets of cells."""
    return Waiting(**merged(a, b))

"""How long somebody waits who starts at a random moment: from the lengths of the gaps, and exact.

A start inside a gap waits until it ends. Starts are uniform over the span, so of a gap of length L the part L - t
waits longer than t: P(wait <= t) = 1 - sum over gaps of max(L - t, 0) / span. Gaps are counted in bins whose edges are
a fixed list of waits, which makes the sum exact for these. By that sum somebody near the end of a span without any
service would be served by its end; nobody is, so there the answer is none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.statistics.coverage import CoverageStatistics, Ints

Floats = NDArray[np.float64]

_MINUTE_S = 60
# From none, which is the availability, to the eight hours of a shift.
WAITS_S = (0, 30, *(m * _MINUTE_S for m in (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480)))
WEIGHTS = ("area", "population")
COLUMN_WAITS_S = {f"within_{m}min": m * _MINUTE_S for m in (1, 5, 15, 60)}  # those that the layer has


def gap_edges(step_us: int) -> Ints:
    """Return the edges of the bins of gaps in steps, (J,): a gap outlasts wait j if it has more steps than edge j."""
    edges = np.array(WAITS_S, np.int64) * 1_000_000 // step_us
    return np.asarray(edges.astype(np.int32))


def served_within(seen: CoverageStatistics, *, step_us: int) -> Floats:
    """Return the probability that a start at a random moment of the span waits no longer, (J, V, G).

    A wait that the end of the span cuts off counts with what was seen of it; zero where the service was never had.
    """
    span_us = step_us * seen.samples
    # of the gaps longer than each wait; in whole microseconds, so that no wait at all gives the very availability
    count, steps = (np.cumsum(bins[..., ::-1], axis=-1)[..., ::-1] for bins in seen.all_gaps())
    beyond_us = [
        step_us * steps[..., j].astype(np.int64) - wait_s * 1_000_000 * count[..., j].astype(np.int64)
        for j, wait_s in enumerate(WAITS_S)
    ]
    return np.where(seen.served > 0, (span_us - np.array(beyond_us)) / span_us, 0.0)


@dataclass(frozen=True, eq=False, slots=True)
class Waiting:
    """How much of a region is served within each of the J waits of WAITS_S, by V services.

    whole (W,): sums over the cells of the W things they are weighed by, as in WEIGHTS; within (W, J, V): the same
    sums, each cell times its probability.
    """

    whole: Floats
    within: Floats

    def __post_init__(self) -> None:
        """Lock the arrays."""
        self.whole.flags.writeable = self.within.flags.writeable = False

    def shares(self) -> Floats:
        """Return the share of the whole that is served within each wait, (W, J, V); NaN of nothing."""
        with np.errstate(invalid="ignore"):
            return self.within / self.whole[:, None, None]


def waiting_sums(seen: CoverageStatistics, weights: Floats, *, step_us: int) -> Waiting:
    """Return the sums over cells with these weights (W, G)."""
    within: Any = 0.0
    first = 0
    for piece in seen.pieces():
        found = served_within(piece, step_us=step_us)
        of_piece = weights[:, first : first + found.shape[-1]]
        within = within + np.einsum("wg,jvg->wjv", of_piece, found)
        first += found.shape[-1]
    return Waiting(weights.sum(axis=1), within)


def add_waiting(some: Waiting, others: Waiting) -> Waiting:
    """Return the sums over some cells and others, which they do not share."""
    return Waiting(some.whole + others.whole, some.within + others.within)

"""Statistics of the cells over a window, and the merging of two neighbouring windows into one.

All sums are integers, so that merging is exact however the span was cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.statistics.fields import counter, declarations, lock, merged, of_cells

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

_PIECE_CELLS = 10_000


def _highest(earlier: "CoverageStatistics", later: "CoverageStatistics") -> NDArray[np.float64]:
    """Return the elevation of the window in which the satellite stood higher."""
    rises = later.max_sine > earlier.max_sine
    return np.where(rises, later.max_elevation_deg, earlier.max_elevation_deg)


def _joined_gap(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Ints:
    """Return the length of the gap across the boundary of the two windows, (V, P, G); zero where there is none."""
    return earlier.trailing_gap + later.leading_gap


def _inner_joined_gap(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Ints:
    """Return the same where the gap touches no end of the merged window, else 0."""
    both = (earlier.served > 0) & (later.served > 0)
    return np.where(both, _joined_gap(earlier, later), 0)


def _leading(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Ints:
    return np.where(earlier.served > 0, earlier.leading_gap, _joined_gap(earlier, later))


def _trailing(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Ints:
    return np.where(later.served > 0, later.trailing_gap, _joined_gap(earlier, later))


def _longest(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Ints:
    longest = np.maximum(earlier.longest_gap, later.longest_gap)
    return np.asarray(np.maximum(longest, _joined_gap(earlier, later)))


def _squared(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Longs:
    inner = _inner_joined_gap(earlier, later).astype(np.int64)
    return np.asarray(earlier.gap_squared_sum + later.gap_squared_sum + (inner**2).sum(axis=1))


def _gap_count(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Ints:
    count = earlier.gap_count + later.gap_count
    return _with_gap(count, earlier.gap_edges, _inner_joined_gap(earlier, later), add=1)


def _gap_steps(earlier: "CoverageStatistics", later: "CoverageStatistics") -> Ints:
    inner = _inner_joined_gap(earlier, later)
    return _with_gap(earlier.gap_steps + later.gap_steps, earlier.gap_edges, inner, add=inner)


def _with_gap(bins: Ints, edges: Ints, length: Ints, *, add: int | Ints) -> Ints:
    """Return the bins of gaps (V, G, J) with one more gap of each phone, (V, P, G); none where its length is zero."""
    bins = bins.copy()
    for phone in range(length.shape[1]):
        of_phone = length[:, phone]
        at = np.nonzero(of_phone)
        more = add if isinstance(add, int) else add[:, phone][at]
        bins[(*at, np.searchsorted(edges, of_phone[at]) - 1)] += more
    return bins


@dataclass(frozen=True, eq=False, slots=True)
class CoverageStatistics:
    """Counts over `samples` steps for G cells, V services, P phones, L limits; histograms of B bins of 0.1 dB.

    visible_samples: steps with a satellite above the mask; visible_sum, visible_max: satellites above it, summed and
    at most; max_elevation_deg: highest elevation of a visible satellite, minus infinity for none, and max_sine, its
    sine in float32, which decides who is highest, for none that of the mask or little less; c_n_bins: downlink C/N of
    the best server over the steps with one. Of each service and phone: served steps; gaps, which are runs of steps
    without it, as leading_gap and trailing_gap (the runs that touch the window's ends, the whole window where it was
    never served), and longest_gap. Of each service, all phones together: of the runs that touch no end,
    gap_squared_sum (sum of squared lengths) and gap_count and gap_steps, their number and summed length in J bins of
    length: bin j has those of more steps than gap_edges[j] and of no more than the next; margin_bins, over the steps
    with a server. pfd_over_limit: highest PFD of the serving beam over what a limit allows.
    """

    samples: int
    gap_edges: Ints = counter("J", merge="keep")
    visible_samples: Ints = counter("G")
    visible_sum: Longs = counter("G", np.int64)
    visible_max: Ints = counter("G", merge="max")
    max_sine: NDArray[np.float32] = counter("G", np.float32, merge="max")
    max_elevation_deg: NDArray[np.float64] = counter("G", np.float64, merge=_highest, neutral=-np.inf)
    c_n_bins: Ints = counter("GB")
    served: Ints = counter("VPG")
    leading_gap: Ints = counter("VPG", merge=_leading)
    trailing_gap: Ints = counter("VPG", merge=_trailing)
    longest_gap: Ints = counter("VPG", merge=_longest)
    gap_squared_sum: Longs = counter("VG", np.int64, merge=_squared)
    gap_count: Ints = counter("VGJ", merge=_gap_count)
    gap_steps: Ints = counter("VGJ", merge=_gap_steps)
    pfd_over_limit: NDArray[np.float32] = counter("LG", np.float32, merge="max")
    margin_bins: Ints = counter("VGB")

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)

    def pieces(self) -> Iterator["CoverageStatistics"]:
        """Yield the statistics of some cells at a time, so that what is computed of them takes little memory."""
        for first in range(0, len(self.visible_samples), _PIECE_CELLS):
            yield CoverageStatistics(self.samples, **of_cells(self, slice(first, first + _PIECE_CELLS)))

    @property
    def phones(self) -> int:
        """Return the number of phones of a cell, P."""
        return int(self.served.shape[1])

    def squared_gaps(self) -> Longs:
        """Return the sum of the squared lengths of all gaps of all phones, those at the ends as seen, (V, G)."""
        leading, trailing = self.leading_gap.astype(np.int64), self.trailing_gap.astype(np.int64)
        ends = np.where(self.served > 0, leading**2 + trailing**2, leading**2)
        return np.asarray(self.gap_squared_sum + ends.sum(axis=1))

    def gaps_of_served(self) -> tuple[Ints, Ints]:
        """Return gap_count and gap_steps of the phones that are ever served, with the gaps at the ends, as seen."""
        count, steps = self.gap_count, self.gap_steps
        for end in (self.leading_gap, self.trailing_gap):
            length = np.where(self.served > 0, end, 0)
            count = _with_gap(count, self.gap_edges, length, add=1)
            steps = _with_gap(steps, self.gap_edges, length, add=length)
        return count, steps

    def longest_gap_of_median_phone(self) -> tuple[Ints, NDArray[np.bool_]]:
        """Return the longest gap that at least half of the phones do not exceed, (V, G), and whether the span cuts it.

        Of a phone that is never served it is the whole span.
        """
        order = np.argsort(self.longest_gap, axis=1, kind="stable")
        median = order[:, (self.phones - 1) // 2][:, None]
        longest, leading, trailing = (
            np.take_along_axis(lengths, median, axis=1)[:, 0]
            for lengths in (self.longest_gap, self.leading_gap, self.trailing_gap)
        )
        return longest, (longest > 0) & ((leading == longest) | (trailing == longest))


def merge(earlier: CoverageStatistics, later: CoverageStatistics) -> CoverageStatistics:
    """Return the statistics of the one long window that two neighbouring windows make."""
    return CoverageStatistics(earlier.samples + later.samples, **merged(earlier, later))


@dataclass(frozen=True, eq=False, slots=True)
class Timeline:
    """The region at each of T steps, with V services.

    satellites (T, ceil(S / 8)): a bit for each satellite that at least one cell sees; visible_cells, visible_m2: how
    many cells, and how much of the area, see a satellite; served_cells and served_m2: the same of those with a
    service, summed over the phones of each cell.
    """

    satellites: NDArray[np.uint8] = counter("TS", np.uint8, merge="append")
    visible_cells: Longs = counter("T", np.int64, merge="append")
    visible_m2: Longs = counter("T", np.int64, merge="append")
    served_cells: Longs = counter("TV", np.int64, merge="append")
    served_m2: Longs = counter("TV", np.int64, merge="append")

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)

    def satellites_in_view(self) -> Longs:
        """Return how many satellites at least one cell sees, (T,)."""
        return np.asarray(np.bitwise_count(self.satellites).sum(axis=1, dtype=np.int64))


def join_timelines(parts: list[Timeline]) -> Timeline:
    """Return the timelines of neighbouring windows, in their order, as one."""
    names = declarations(Timeline)
    return Timeline(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def add_cells(some: Timeline, others: Timeline) -> Timeline:
    """Return the timeline of some cells and of others, which they do not share, over the same steps."""
    return Timeline(
        satellites=some.satellites | others.satellites,
        visible_cells=some.visible_cells + others.visible_cells,
        visible_m2=some.visible_m2 + others.visible_m2,
        served_cells=some.served_cells + others.served_cells,
        served_m2=some.served_m2 + others.served_m2,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Frames:
    """The span in F frames of whole hours, for maps that play the day; frame `first` is the first of them.

    samples: steps of each; visible: those with a satellite above the mask; c_n_centi_db: sum of the best server's C/N
    over them, in 0.01 dB; served: steps with each service, summed over phones. F is 0 where nothing shows the frames.
    """

    first: int
    samples: Longs = counter("F", np.int64)
    visible: Ints = counter("FG")
    c_n_centi_db: Ints = counter("FG")
    served: Ints = counter("FVG")

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)


def no_frames(*, cells: int, services: int) -> Frames:
    """Return the frames of a span that shows none."""
    nothing: Any = {"samples": np.zeros(0, np.int64)}
    none = np.zeros((0, cells), np.int32)
    return Frames(
        0, visible=none, c_n_centi_db=none.copy(), served=np.zeros((0, services, cells), np.int32), **nothing
    )


def join_frames(earlier: Frames, later: Frames) -> Frames:
    """Return the frames of two neighbouring windows; a frame that both have a part of is summed."""
    shared = earlier.first + len(earlier.samples) - later.first

    def joined(name: str) -> NDArray[Any]:
        a, b = getattr(earlier, name), getattr(later, name)
        return np.concatenate([a[:-1], a[-1:] + b[:1], b[1:]] if shared else [a, b])

    names = ("samples", "visible", "c_n_centi_db", "served")
    return Frames(earlier.first, **{name: joined(name) for name in names})

"""CoverageStatistics: what is kept per cell of a window, and how two neighbouring windows become one.

All sums are integers, so that merging is exact in whatever pieces the day was cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

_PIECE_CELLS = 10_000
BINNED = ("c_n_bins", "gap_count", "gap_steps", "margin_bins")  # whose cells stand before the bins


@dataclass(frozen=True, eq=False, slots=True)
class CoverageStatistics:
    """Counts over `samples` steps for G cells and V services; B bins of 0.1 dB.

    visible_samples: steps with a satellite above the mask; visible_sum, visible_max: satellites above it,
    summed and at most; max_elevation_deg: highest elevation of a visible satellite, minus infinity for none, and
    max_sine, its sine as the kernel has it, which says who is highest, for none that of the mask or little less;
    c_n_bins (G, B): downlink C/N of the best server over the steps with one. Of each service, (V, G): served
    steps; gaps, which are runs of steps without it, as `head` and `tail` (the runs that touch the window's
    ends, the whole window where it was never had), `longest` and, of the runs that touch no end, `squares`
    (sum of squared lengths) and gap_count and gap_steps (V, G, J), their number and summed length in bins of
    length: bin j has those of more steps than gap_edges[j] (J,) and of no more than the next; margin_bins (V, G,
    B); `chance`, the probability of service under shadowing summed over the steps in units of 1 / SURE, zero
    where no environment is given.
    Of each of L limits, (L, G): excess, the highest PFD of the serving beam over what is allowed.
    """

    samples: int
    gap_edges: Ints
    visible_samples: Ints
    visible_sum: Longs
    visible_max: Ints
    max_sine: NDArray[np.float32]
    max_elevation_deg: NDArray[np.float64]
    c_n_bins: Ints
    served: Ints
    leading_gap: Ints
    trailing_gap: Ints
    longest_gap: Ints
    gap_squared_sum: Longs
    gap_count: Ints
    gap_steps: Ints
    link_probability: Longs
    pfd_over_limit: NDArray[np.float32]
    margin_bins: Ints

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for field in fields(self)[1:]:
            getattr(self, field.name).flags.writeable = False

    def pieces(self) -> Iterator["CoverageStatistics"]:
        """Yield the statistics of so many cells after so many others that what is made of them takes little memory."""
        for first in range(0, len(self.visible_samples), _PIECE_CELLS):
            cells = slice(first, first + _PIECE_CELLS)
            parts = {}
            for field in fields(self)[2:]:
                whole = getattr(self, field.name)
                parts[field.name] = whole[..., cells, :] if field.name in BINNED else whole[..., cells]
            yield CoverageStatistics(self.samples, self.gap_edges, **parts)

    def squared_gaps(self) -> Longs:
        """Return the sum of the squared lengths of all gaps, those at the ends with the length seen, (V, G)."""
        head, tail = self.leading_gap.astype(np.int64), self.trailing_gap.astype(np.int64)
        ends = np.where(self.served > 0, head**2 + tail**2, head**2)
        return self.gap_squared_sum + ends

    def all_gaps(self) -> tuple[Ints, Ints]:
        """Return gap_count and gap_steps with the gaps at the ends, which count with the length seen."""
        tail = np.where(self.served > 0, self.trailing_gap, 0)
        count, steps = _with_gap(self.gap_count, self.gap_steps, self.gap_edges, self.leading_gap)
        return _with_gap(count, steps, self.gap_edges, tail)


def _with_gap(count: Ints, steps: Ints, edges: Ints, length: Ints) -> tuple[Ints, Ints]:
    """Return the bins of gaps (V, G, J) with one more gap a cell, (V, G); none where its length is zero."""
    count, steps = count.copy(), steps.copy()
    there = np.nonzero(length)
    inside = (*there, np.searchsorted(edges, length[there]) - 1)
    count[inside] += 1
    steps[inside] += length[there]
    return count, steps


def merge(earlier: CoverageStatistics, later: CoverageStatistics) -> CoverageStatistics:
    """Return the statistics of two neighbouring windows as of the one long window they make."""
    seam = earlier.trailing_gap + later.leading_gap
    had_earlier, had_later = earlier.served > 0, later.served > 0
    inner = np.where(had_earlier & had_later, seam, 0)
    gap_count, gap_steps = _with_gap(
        earlier.gap_count + later.gap_count, earlier.gap_steps + later.gap_steps, earlier.gap_edges, inner
    )
    return CoverageStatistics(
        samples=earlier.samples + later.samples,
        gap_edges=earlier.gap_edges,
        visible_samples=earlier.visible_samples + later.visible_samples,
        visible_sum=earlier.visible_sum + later.visible_sum,
        visible_max=np.maximum(earlier.visible_max, later.visible_max),
        max_sine=np.maximum(earlier.max_sine, later.max_sine),
        max_elevation_deg=np.where(
            later.max_sine > earlier.max_sine, later.max_elevation_deg, earlier.max_elevation_deg
        ),
        c_n_bins=earlier.c_n_bins + later.c_n_bins,
        served=earlier.served + later.served,
        leading_gap=np.where(had_earlier, earlier.leading_gap, seam),
        trailing_gap=np.where(had_later, later.trailing_gap, seam),
        longest_gap=np.maximum(np.maximum(earlier.longest_gap, later.longest_gap), seam),
        gap_squared_sum=earlier.gap_squared_sum + later.gap_squared_sum + inner.astype(np.int64) ** 2,
        gap_count=gap_count,
        gap_steps=gap_steps,
        link_probability=earlier.link_probability + later.link_probability,
        pfd_over_limit=np.maximum(earlier.pfd_over_limit, later.pfd_over_limit),
        margin_bins=earlier.margin_bins + later.margin_bins,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Timeline:
    """What the region saw at each of T steps, V services.

    satellites (T, ceil(S / 8)): a bit for each satellite that at least one cell sees; visible_cells (T,),
    visible_m2 (T,), served_cells and served_m2 (T, V): how many cells, and how much of the area, see a
    satellite or are served.
    """

    satellites: NDArray[np.uint8]
    visible_cells: Longs
    visible_m2: Longs
    served_cells: Longs
    served_m2: Longs

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for field in fields(self):
            getattr(self, field.name).flags.writeable = False

    def satellites_in_view(self) -> Longs:
        """Return how many satellites at least one cell sees, (T,)."""
        return np.asarray(np.bitwise_count(self.satellites).sum(axis=1, dtype=np.int64))


def add_cells(some: Timeline, others: Timeline) -> Timeline:
    """Return the timeline of some cells and of others, which they do not share, over the same steps."""
    counts = (getattr(some, f.name) + getattr(others, f.name) for f in fields(Timeline)[1:])
    return Timeline(some.satellites | others.satellites, *counts)


def join_timelines(parts: list[Timeline]) -> Timeline:
    """Return the timelines of neighbouring windows, in their order, as one."""
    return Timeline(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Timeline)))


@dataclass(frozen=True, eq=False, slots=True)
class Frames:
    """The span in F frames of whole hours, as maps that change; frame `first` is the first of them.

    samples (F,): steps of each; seen (F, G): those with a satellite above the mask; level (F, G): sum of the
    best server's C/N over them, in 0.01 dB; served (F, V, G). F is 0 where nothing shows them.
    """

    first: int
    samples: Longs
    seen: Ints
    c_n_centi_db: Ints
    served: Ints

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for field in fields(self)[1:]:
            getattr(self, field.name).flags.writeable = False


def join_frames(earlier: Frames, later: Frames) -> Frames:
    """Return the frames of two neighbouring windows; a frame that both have a part of is summed."""
    shared = earlier.first + len(earlier.samples) - later.first

    def joined(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        if not shared:
            return np.concatenate([a, b])
        return np.concatenate([a[:-1], a[-1:] + b[:1], b[1:]])

    parts = (joined(getattr(earlier, f.name), getattr(later, f.name)) for f in fields(Frames)[1:])
    return Frames(earlier.first, *parts)

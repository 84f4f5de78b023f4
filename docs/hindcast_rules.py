"""Figures of a replay and the rule of each statement of docs/hindcast.json, for docs/build_hindcast.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from d2c.coverage.statistics.waiting import WAITS_S

STEP_S = 30.0
# how long a phone looks for the network first: nobody publishes it, so both ends must agree
SEARCH_S = (10, 60)
PATIENCE_S = 120
DAY_MIN = 24 * 60


@dataclass(frozen=True)
class Figures:
    """Figures of text at a row's places: means over places and phones, and the longest gap and least view of all.

    within: share served within each of WAITS_S; c_in_db: median C/(I+N), for the sky alone C/N; beam_mbps: nothing for
    the sky alone; visible, least_visible: share of the time with a satellite in view, average and worst place.
    """

    within: tuple[float, ...]
    longest_gap_s: float
    mean_wait_s: float
    visible: float
    least_visible: float
    c_in_db: float
    beam_mbps: float | None

    @property
    def availability(self) -> float:
        """Return the share of phones and time with the service."""
        return self.within[0]

    def share_within(self, wait_s: float) -> float:
        """Return the share served within a wait: exact at WAITS_S and up to 60 s, else interpolated, a little low."""
        return float(np.interp(wait_s, WAITS_S, self.within))

    def wait_s(self, share: float) -> float:
        """Return the wait that this share of starts does not exceed; infinity where fewer are ever served in time."""
        if share <= self.within[0]:
            return 0.0
        if share > self.within[-1]:
            return np.inf
        return float(np.interp(share, self.within, WAITS_S))

    def mean_within_s(self, longest_s: float) -> float:
        """Return the mean wait of those who wait no longer than this."""
        waits = np.array([*(t for t in WAITS_S if t < longest_s), longest_s], float)
        missing = 1 - np.interp(waits, WAITS_S, self.within)
        waited = np.trapezoid(missing, waits) - longest_s * missing[-1]
        return float(waited / max(1 - missing[-1], 1e-12))

    def gaps_per_hour(self) -> float:
        """Return how many gaps a phone has: all last a step or more, and each adds a step to the starts in time."""
        return 3600 / STEP_S * (self.share_within(STEP_S) - self.availability)

    def contact_s(self) -> float:
        """Return the mean time from one gap to the next."""
        return 3600 * self.availability / max(self.gaps_per_hour(), 1e-12)


Runs = Mapping[str, Figures]
Answer = tuple[str, bool]


def nz_launch(runs: Runs) -> Answer:
    """Compare the share within 3 min, search included, and the longest gap."""
    figures = runs[""]
    quick, slow = (figures.share_within(180 - search) for search in SEARCH_S)
    text = (
        f"{_percent(slow)} to {_percent(quick)} within 3 min; longest gap {_seconds(figures.longest_gap_s)}"
    )
    return text, slow >= 0.5 and 180 <= figures.longest_gap_s <= 900


def nz_jan25(runs: Runs) -> Answer:
    """Compare mean waits; the phone's search is on both sides of the rule."""
    now, later = runs["now"].mean_wait_s, runs["later"].mean_wait_s
    return f"mean wait {_seconds(now)}, later {_seconds(later)}", later <= 60 and now > later


def nz_journalist(runs: Runs) -> Answer:
    """Compare median and 90th percentile of the wait; the search is on both sides of the median's rule."""
    median, p90 = runs[""].wait_s(0.5), runs[""].wait_s(0.9)
    return f"median {_seconds(median)}, p90 {_seconds(p90)}", median <= 30 and p90 <= 120


def us_hurricane(runs: Runs) -> Answer:
    """Compare availability and minutes without contact."""
    figures = runs[""]
    empty = 1 - figures.share_within(60)
    text = f"{_available(figures)}; {_percent(empty)} of minutes without; longest gap {_seconds(figures.longest_gap_s)}"
    return text, figures.availability <= 0.85 and 60 <= figures.longest_gap_s <= 600


def us_beta(runs: Runs) -> Answer:
    """Compare the number of interruptions."""
    gaps = runs[""].gaps_per_hour()
    mean_s = 3600 * (1 - runs[""].availability) / max(gaps, 1e-12)
    return f"{gaps:.1f} an hour, {_seconds(mean_s)} on average", gaps >= 4


def jp_april(runs: Runs) -> Answer:
    """Compare one shell with two."""
    one, both = runs["one"], runs["both"]
    text = f"{_available(one)}, contacts of {_seconds(one.contact_s())}; both shells {_percent(both.availability)}"
    return text, both.availability - one.availability >= 0.15


def jp_july(runs: Runs) -> Answer:
    """Compare availability and the longest gap with both shells."""
    figures = runs[""]
    text = f"{_available(figures)}; longest gap {_seconds(figures.longest_gap_s)}"
    return text, figures.availability >= 0.95 and figures.longest_gap_s <= 120


def jp_ping(runs: Runs) -> Answer:
    """Compare the share of time a packet passes."""
    return f"{_percent(runs[''].availability)} of packets", 0.85 <= runs[""].availability <= 0.97


def cl_entel(runs: Runs) -> Answer:
    """Compare mean waits at two latitudes."""
    north, south = runs["26 S"].mean_wait_s, runs["44 S"].mean_wait_s
    text = f"mean wait {_seconds(north)} at 26 S, {_seconds(south)} at 44 S"
    return text, max(north, south) < 180 and south < north


def ca_rogers(runs: Runs) -> Answer:
    """Compare availability by latitude at the filing's mask."""
    share = {name: figures.availability for name, figures in runs.items()}
    by_mask = (
        f"mask {mask}: {' / '.join(_percent(share[f'{n} {mask}']) for n in (46, 57, 59))}"
        for mask in (25, 10)
    )
    agrees = share["57 25"] > 0.5 and share["59 25"] < share["57 25"] / 2
    return f"46 / 57 / 59 N, {'; '.join(by_mask)}", agrees


def ua_kyivstar(runs: Runs) -> Answer:
    """Compare the 95th percentile of the wait."""
    figures = runs[""]
    p95 = figures.wait_s(0.95)
    text = f"{_available(figures)}; mean wait {_seconds(figures.mean_wait_s)}, p95 {_seconds(p95)}"
    return text, p95 <= 180


def us_upm(runs: Runs) -> Answer:
    """Compare SINR and the rate of a beam."""
    level_db, rate = runs[""].c_in_db, runs[""].beam_mbps
    if rate is None:
        return f"C/N {level_db:.1f} dB; no beams, no rate", False
    return f"{level_db:.1f} dB, {rate:.1f} Mbit/s", -3 <= level_db <= 3 and 2 <= rate <= 5


def us_srg(runs: Runs) -> Answer:
    """Compare the median wait and the share of long ones."""
    median, long = runs[""].wait_s(0.5), 1 - runs[""].share_within(60)
    return f"median {_seconds(median)}, {_percent(long)} above 60 s", median <= 20 and 0.02 <= long <= 0.3


def us_ookla(runs: Runs) -> Answer:
    """Compare an exchange with finite patience, at both ends of the phone's search."""
    figures = runs[""]
    means = [search + figures.mean_within_s(PATIENCE_S - search) for search in SEARCH_S]
    shares = [figures.share_within(PATIENCE_S - search) for search in SEARCH_S]
    text = (
        f"mean {means[0]:.0f} to {_seconds(means[1])}; {_percent(shares[1])} to {_percent(shares[0])} succeed"
    )
    return text, all(40 <= m <= 120 for m in means) and all(0.45 <= s <= 0.8 for s in shares)


def bw3(runs: Runs) -> Answer:
    """Compare the minutes of view in a day with a mask of 20 deg."""
    minutes = {mask: DAY_MIN * figures.visible for mask, figures in runs.items()}
    others = ", ".join(f"{m} deg {minutes[m]:.1f}" for m in minutes if m != "20")
    return f"{minutes['20']:.1f} min at 20 deg ({others})", 3 <= minutes["20"] <= 10


def ast_continuous(runs: Runs) -> Answer:
    """Compare the least share of time in view, by mask."""
    share = {name: figures.least_visible for name, figures in runs.items()}
    text = "; ".join(
        f"{n} satellites, masks 0 / 10 / 20 / 25: {' / '.join(_percent(share[f'{n} {m}']) for m in (0, 10, 20, 25))}"
        for n in (45, 60)
    )
    return text, max(share[f"60 {m}"] for m in (0, 10, 20)) > 0.99 >= share["60 25"]


RULES: tuple[Callable[[Runs], Answer], ...] = (
    nz_launch, nz_jan25, nz_journalist, us_hurricane, us_beta, jp_april, jp_july, jp_ping, cl_entel,
    ca_rogers, ua_kyivstar, us_upm, us_srg, us_ookla, bw3, ast_continuous,
)  # fmt: skip
RULE = {rule.__name__.replace("_", "-"): rule for rule in RULES}


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if 0.95 <= share < 0.9995 else 0}f} %"


def _available(figures: Figures) -> str:
    return f"{_percent(figures.availability)} available"


def _seconds(value: float) -> str:
    if not np.isfinite(value):
        return "never"
    return f"{value:.0f} s" if value < 600 else f"{value / 60:.0f} min"

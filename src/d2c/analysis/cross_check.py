"""Cross-check of a stored cell against the exact link budget: figure by figure, with the allowed difference."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain import CellInstant, CellSpan
from d2c.coverage.kernels.link_curves import BINS_PER_DB
from d2c.coverage.statistics.waiting import COLUMN_WAITS_S
from d2c.results.column_lookup import decimals_of
from d2c.scenario.model import Scenario

LEVEL_DB = 0.01  # how near the kernel's levels are to the budget's
BIN_DB = 1 / BINS_PER_DB  # stored levels are known to their bin
_HIGHEST_DEG = 0.03  # near the zenith the kernel's float32 sine cannot tell which step was the highest
_CHANCE = 0.001  # the kernel's table of probabilities


@dataclass(frozen=True, slots=True)
class Check:
    """One figure, as stored or as the kernel gives it now, beside the exact one; NaN for a figure that is none."""

    name: str
    found: float
    exact: float
    allowed: float

    @property
    def difference(self) -> float:
        """Return found less exact; zero where both are none."""
        return 0.0 if np.isnan(self.found) and np.isnan(self.exact) else self.found - self.exact

    @property
    def agrees(self) -> bool:
        """Return whether the difference is allowed."""
        return abs(self.difference) <= self.allowed


def kernel_checks(span: CellSpan, now: CellInstant, services: list[str]) -> list[Check]:
    """Return the kernel's answers for the cell beside the exact ones: at one instant, and its C/N over the span."""
    nothing = np.full(len(services), np.nan)
    exact_c_n = float(now.c_n_db[0]) if len(now.satellite) else np.nan
    exact_margin = now.margin_db[:, 0] if len(now.satellite) else nothing
    found = [
        Check("satellites in view", now.kernel.visible, len(now.satellite), 0),
        Check("C/N at the instant (dB)", now.kernel.c_n_db, exact_c_n, LEVEL_DB),
    ]
    for v, name in enumerate(services):
        margin = float(now.kernel.margin_db[v])
        found.append(Check(f"{name} margin at the instant (dB)", margin, float(exact_margin[v]), LEVEL_DB))
    exact = np.sort(span.c_n_db[~np.isnan(span.c_n_db)])
    found.append(Check("samples with a C/N", len(span.kernel_c_n_db), len(exact), int(span.near_mask.sum())))
    if len(exact) == len(span.kernel_c_n_db) > 0:
        # sorted, no two of a pair can lie further apart than the worst pair did
        worst = int(np.argmax(np.abs(span.kernel_c_n_db - exact)))
        found.append(
            Check(
                "C/N over the span, worst (dB)",
                float(span.kernel_c_n_db[worst]),
                float(exact[worst]),
                LEVEL_DB,
            )
        )
    return found


def stored_checks(
    row: Mapping[str, Any], span: CellSpan, scenario: Scenario, services: list[str]
) -> list[Check]:
    """Return the stored figures of the cell beside the exact ones.

    Counts must be equal, but for one sample with each satellite so near the mask, or margin so near zero, that
    float32 may decide otherwise; levels within their bin of 0.1 dB.
    """
    samples, step_s = len(span.visible), scenario.time.step_us / 1e6
    near = int(span.near_mask.sum())
    doubtful = int((span.near_mask & (span.visible <= 1)).sum())  # others have a second satellite in view
    checks = [
        column_check(row, "visible_fraction", float((span.visible > 0).mean()), doubtful / samples),
        column_check(row, "mean_visible", float(span.visible.mean()), near / samples),
        column_check(row, "max_visible", float(span.visible.max()), min(near, 1)),
        column_check(
            row, "max_elevation_deg", span.highest_deg if (span.visible > 0).any() else np.nan, _HIGHEST_DEG
        ),
    ]
    checks += [
        column_check(row, f"c_n_p{percent:02d}_db", _percentile(span.c_n_db, percent), BIN_DB + LEVEL_DB)
        for percent in (5, 50, 95)
    ]
    if scenario.beams:  # its services are over C/(I+N), of which the budget of one satellite knows nothing
        return checks
    for v, name in enumerate(services):
        unsure = doubtful + int((np.abs(span.margin_db[v]) < LEVEL_DB).sum())
        checks += service_checks(row, name, span.margin_db[v], unsure=unsure, step_s=step_s)
        if f"{name}_probability" in row:
            chance = float(np.nansum(span.probability[v]) / samples)
            checks.append(column_check(row, f"{name}_probability", chance, _CHANCE + unsure / samples))
    return checks


def service_checks(
    row: Mapping[str, Any], name: str, margin_db: NDArray[np.float64], *, unsure: int, step_s: float
) -> Iterator[Check]:
    """Yield the stored figures of a service beside those of its margins (T,), NaN without a server.

    unsure: samples that float32 may decide otherwise; gaps and waits are compared only where there are none.
    """
    samples = len(margin_db)
    served = np.nan_to_num(margin_db, nan=-np.inf) >= 0
    yield column_check(row, f"{name}_availability", float(served.mean()), unsure / samples)
    if not unsure:
        gaps = np.array(list(_gaps(served)), dtype=float)
        yield column_check(row, f"{name}_longest_gap_s", float(gaps.max(initial=0)) * step_s, 0)
        wait_s = float((gaps**2).sum()) * step_s / (2 * samples)
        yield column_check(row, f"{name}_mean_wait_s", wait_s, 0)
        for ending, t_s in COLUMN_WAITS_S.items():
            beyond_s = float(np.maximum(gaps * step_s - t_s, 0).sum())
            within = 1 - beyond_s / (samples * step_s) if served.any() else 0.0
            yield column_check(row, f"{name}_{ending}", within, 0)
    yield column_check(row, f"{name}_margin_p50_db", _percentile(margin_db, 50), BIN_DB + LEVEL_DB)


def column_check(row: Mapping[str, Any], column: str, exact: float, allowed: float) -> Check:
    """Return the stored figure of a column beside the exact one; its rounding is allowed too."""
    decimals = decimals_of(column)
    rounding = 0.5001 * 10.0**-decimals if decimals else 0.0  # whole numbers are exact
    value = row[column]
    return Check(column, np.nan if value is None else float(value), exact, allowed + rounding)


def _percentile(level_db: NDArray[np.float64], percent: int) -> float:
    """Return the smallest level that this share of the samples does not exceed, as the histograms have it."""
    known = np.sort(level_db[~np.isnan(level_db)])
    if not len(known):
        return np.nan
    return float(known[max(int(np.ceil(percent / 100 * len(known) - 1e-9)) - 1, 0)])


def _gaps(served: NDArray[np.bool_]) -> Iterator[int]:
    """Yield the lengths of the runs without service."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], served, [True]]).astype(np.int8)))
    yield from (int(end - begin) for begin, end in zip(edges[::2], edges[1::2], strict=True))

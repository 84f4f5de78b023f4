"""Cross-check of a stored cell against the exact link budget: figure by figure, with the allowed difference."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain import CellInstant, CellSpan
from d2c.analysis.phone_margins import LEVEL_DB, PhoneMargins
from d2c.coverage.kernels.link_curves import BINS_PER_DB
from d2c.coverage.statistics.waiting import COLUMN_WAITS_S
from d2c.results.column_lookup import decimals_of
from d2c.scenario.model import Scenario

Floats = NDArray[np.float64]

BIN_DB = 1 / BINS_PER_DB  # stored levels are known to their bin
_HIGHEST_DEG = 0.03  # near the zenith the kernel's float32 sine cannot tell which step was the highest


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
        return abs(self.difference) <= self.allowed or self.allowed == np.inf


def kernel_checks(span: CellSpan, now: CellInstant, services: list[str], *, sample: int) -> list[Check]:
    """Return the kernel's answers for the cell beside the exact ones: at one instant, and its C/N over the span."""
    exact_c_n = float(now.c_n_db[0]) if len(now.satellite) else np.nan
    found = [
        Check("satellites in view", now.kernel.visible, len(now.satellite), int(span.near_mask[sample])),
        Check("C/N at the instant (dB)", now.kernel.c_n_db, exact_c_n, LEVEL_DB),
    ]
    if span.phones:
        for v, name in enumerate(services):
            found.append(_margin_at_instant(name, v, now.kernel.margin_db[v], span, span.phones, sample))
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


def _margin_at_instant(
    name: str, service: int, found_db: Floats, span: CellSpan, phones: PhoneMargins, sample: int
) -> Check:
    """Return the margins of a service at an instant: of the phone whose difference exceeds what is allowed most.

    Sorted, as no two of a pair can then lie further apart than the worst pair did.
    """
    exact, lowest, highest = (
        np.sort(np.clip(margin_db[service, :, sample], *span.margin_range_db[service]))
        for margin_db in (phones.exact, phones.lowest, phones.highest)
    )
    allowed = np.maximum(np.maximum(exact - lowest, highest - exact), LEVEL_DB)
    allowed = np.where(np.isnan(allowed), LEVEL_DB, allowed)
    excess = np.abs(found_db - exact) - allowed
    worst = 0 if np.isnan(excess).all() else int(np.nanargmax(excess))
    of_phone = "" if len(exact) == 1 else ", worst phone"
    return Check(
        f"{name} margin at the instant{of_phone} (dB)",
        float(found_db[worst]),
        float(exact[worst]),
        float(allowed[worst]),
    )


def stored_checks(
    row: Mapping[str, Any], span: CellSpan, scenario: Scenario, services: list[str]
) -> list[Check]:
    """Return the stored figures of the cell beside the exact ones.

    Counts must be equal, but for one sample with each satellite so near the mask, or margin so near an edge, that
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
    if span.phones:  # services of beams are over C/(I+N), of which the budget of one satellite knows nothing
        for v, name in enumerate(services):
            checks += service_checks(row, name, span.phones, v, span.margin_range_db[v], step_s=step_s)
    return checks


def service_checks(
    row: Mapping[str, Any],
    name: str,
    phones: PhoneMargins,
    service: int,
    range_db: Floats,
    *,
    step_s: float,
) -> Iterator[Check]:
    """Yield the stored figures of a service beside those of the margins of its phones.

    A phone that is served at more steps never has a lower availability, a longer gap or a longer wait. So each figure
    may lie between those of the lowest and of the highest margins that float32 may find.
    """
    of_service = [getattr(phones, name)[service] for name in ("exact", "lowest", "highest")]
    exact, *ends = (_service_figures(name, margin_db, step_s=step_s) for margin_db in of_service)
    for column, value in exact.items():
        yield column_check(row, column, value, max(_room(end[column], value) for end in ends))
    median_db, *ends_db = (
        _percentile(np.where(margin_db > -np.inf, np.clip(margin_db, *range_db), np.nan), 50)
        for margin_db in of_service
    )
    room_db = np.nanmax([LEVEL_DB, *(abs(end_db - median_db) for end_db in ends_db)])
    yield column_check(row, f"{name}_margin_p50_db", median_db, BIN_DB + float(room_db))


def _room(end: float, exact: float) -> float:
    """Return by how much a figure may be off; without bound where only one of the two margins ever serves."""
    return 0.0 if np.isnan(end) and np.isnan(exact) else float(np.nan_to_num(abs(end - exact), nan=np.inf))


def _service_figures(name: str, margin_db: Floats, *, step_s: float) -> dict[str, float]:
    """Return availability, gaps and waits of a service by the margins of its phones (K, T)."""
    served = np.asarray(margin_db >= 0)  # not where it is NaN
    number, samples = served.shape
    gaps = [np.array(list(_gaps(phone)), float) for phone in served]
    longest = np.sort([of_phone.max(initial=0) for of_phone in gaps])
    squares = sum(float((of_phone**2).sum()) for of_phone in gaps)
    of_median = float(longest[(number - 1) // 2])
    figures = {
        f"{name}_availability": float(served.mean()),
        f"{name}_longest_gap_s": of_median * step_s if of_median < samples else np.nan,
        f"{name}_mean_wait_s": squares * step_s / (2 * samples * number) if served.any() else np.nan,
    }
    for ending, t_s in COLUMN_WAITS_S.items():
        within = [
            1 - float(np.maximum(of_phone * step_s - t_s, 0).sum()) / (samples * step_s) if ever else 0.0
            for of_phone, ever in zip(gaps, [bool(phone.any()) for phone in served], strict=True)
        ]
        figures[f"{name}_{ending}"] = float(np.mean(within))
    return figures


def column_check(row: Mapping[str, Any], column: str, exact: float, allowed: float) -> Check:
    """Return the stored figure of a column beside the exact one; its rounding is allowed too."""
    decimals = decimals_of(column)
    rounding = 0.5001 * 10.0**-decimals if decimals else 0.0  # whole numbers are exact
    value = row[column]
    return Check(column, np.nan if value is None else float(value), exact, allowed + rounding)


def _percentile(level_db: Floats, percent: int) -> float:
    """Return the smallest level that this share of the samples does not exceed, as the histograms have it."""
    known = np.sort(level_db[~np.isnan(level_db)])
    if not len(known):
        return np.nan
    return float(known[max(int(np.ceil(percent / 100 * len(known) - 1e-9)) - 1, 0)])


def _gaps(served: NDArray[np.bool_]) -> Iterator[int]:
    """Yield the lengths of the runs without service."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], served, [True]]).astype(np.int8)))
    yield from (int(end - begin) for begin, end in zip(edges[::2], edges[1::2], strict=True))

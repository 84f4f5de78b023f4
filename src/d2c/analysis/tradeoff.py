"""Trade-off study: one coverage run per combination of option, group and area, and a row of figures per service."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.weighted_quantile import weighted_quantile
from d2c.coverage.ground import read_area
from d2c.coverage.inputs import read_satellites
from d2c.coverage.result import CoverageResult
from d2c.coverage.run import run_coverage
from d2c.link.satellite_links import payloads_text
from d2c.scenario.model import Scenario
from d2c.scenario.tradeoff import Tradeoff, TradeoffCase, tradeoff_cases

WELL_SERVED = 0.99
_WORST_AREA = 0.05
_WAIT = "within_15min"

MessageCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TradeoffRow:
    """One service of one option for one group in one area; no figures where `refused` gives the reason.

    Means are over the area. availability_p05: the least availability outside the worst 5 % of the area. people_served:
    people served for at least 99 % of the time; people_never: those in cells whose median phone is never served; None
    without recorded population. longest_gap_is_lower_bound: whether the span cuts the longest gap. within_15min:
    probability of service within 15 minutes of a random moment. margin_p50_db: median margin, negative where the
    requirement is not met.
    """

    area: str
    group: str
    service: str
    option: str
    handset: str
    payload: str
    refused: str
    satellites: int | None = None
    cost_meur: float | None = None
    availability: float | None = None
    availability_p05: float | None = None
    people: int | None = None
    people_served: int | None = None
    people_never: int | None = None
    longest_gap_s: float | None = None
    longest_gap_is_lower_bound: bool | None = None
    mean_wait_s: float | None = None
    within_15min: float | None = None
    margin_p50_db: float | None = None


@dataclass(frozen=True, eq=False, slots=True)
class TradeoffResult:
    """The rows in the order of the specification's areas, groups, services and options; cases: those run."""

    tradeoff: Tradeoff
    rows: tuple[TradeoffRow, ...]
    cases: tuple[TradeoffCase, ...]
    warnings: tuple[str, ...]
    run_time_s: float

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Return the scenarios that were run."""
        return tuple(case.scenario for case in self.cases)


def run_tradeoff(
    tradeoff: Tradeoff, *, workers: int | None = None, on_message: MessageCallback = lambda _: None
) -> TradeoffResult:
    """Run all combinations of a trade-off; D2CError for any error in its specification, before the first run."""
    began = time.perf_counter()
    cases = list(tradeoff_cases(tradeoff))  # all are read before any is run
    _check_inputs(cases)
    rows: list[TradeoffRow] = []
    warnings: dict[str, None] = {}
    for number, case in enumerate(cases, 1):
        if case.refused:
            rows += [_row(case, name, refused=case.refused) for name in case.group.services]
            continue
        on_message(f"{number} of {len(cases)}: {case.option.name}, {case.group.name}, {case.area}")
        result = run_coverage(case.scenario, workers=workers)
        rows += [_served_row(case, result, name) for name in result.inputs.services]
        warnings |= {f"{case.option.name}: {warning}": None for warning in result.inputs.warnings}
    return TradeoffResult(
        tradeoff=tradeoff,
        rows=tuple(sorted(rows, key=lambda row: _sort_key(tradeoff, row))),
        cases=tuple(case for case in cases if not case.refused),
        warnings=tuple(warnings),
        run_time_s=time.perf_counter() - began,
    )


def _check_inputs(cases: list[TradeoffCase]) -> None:
    """Raise the D2CError of an unknown area, or of elements or losses invalid for an option, before any run."""
    by_option = {case.option.name: case for case in cases if not case.refused}
    for case in by_option.values():
        read_satellites(case.scenario)
    for case in cases:
        read_area(case.scenario)


def _sort_key(tradeoff: Tradeoff, row: TradeoffRow) -> tuple[int, ...]:
    """Return the sort key of a row: by area, then group, service and option."""
    group = next(k for k, group in enumerate(tradeoff.groups) if group.name == row.group)
    option = next(k for k, option in enumerate(tradeoff.option) if option.name == row.option)
    services = tradeoff.groups[group].services
    return tradeoff.areas.index(row.area), group, services.index(row.service), option


def _row(
    case: TradeoffCase, service: str, *, payload: str = "", refused: str = "", **figures: float | bool | None
) -> TradeoffRow:
    return TradeoffRow(
        area=case.area,
        group=case.group.name,
        service=service,
        option=case.option.name,
        handset=case.scenario.link.handset,
        payload=payload,
        refused=refused,
        **figures,  # type: ignore[arg-type]  # by the fields' names
    )


def _served_row(case: TradeoffCase, result: CoverageResult, key: str) -> TradeoffRow:
    """Return the row of one service, with the figures of the summary of `d2c run`."""
    # a service's own file is known by its stem in the result, and by its path in the specification
    service = case.group.services[list(result.inputs.services).index(key)]
    area, people = result.inputs.grid.area_m2, result.inputs.population
    availability, gap_s = (result.figures[f"{key}_{name}"] for name in ("availability", "longest_gap_s"))
    cost, satellites = case.option.cost_per_satellite_meur, len(result.inputs.constellation)
    populated, never = int(people.sum()) > 0, np.isnan(gap_s)
    worst = None if never.all() else int(np.nanargmax(gap_s))
    cut = result.figures[f"{key}_longest_gap_is_lower_bound"]
    return _row(
        case,
        service,
        payload=payloads_text(result.inputs.links.payloads.counts),
        satellites=satellites,
        cost_meur=cost.value * satellites if cost else None,
        availability=_mean(availability, area),
        availability_p05=weighted_quantile(availability, area, _WORST_AREA),
        people=int(people.sum()) if populated else None,
        people_served=int(people[availability >= WELL_SERVED].sum()) if populated else None,
        people_never=int(people[never].sum()) if populated else None,
        longest_gap_s=None if worst is None else float(gap_s[worst]),
        longest_gap_is_lower_bound=True if worst is None else bool(cut[worst]),
        mean_wait_s=_mean_without_nan(result.figures[f"{key}_mean_wait_s"], area),
        within_15min=_mean(result.figures[f"{key}_{_WAIT}"], area),
        margin_p50_db=_mean_without_nan(result.figures[f"{key}_margin_p50_db"], area),
    )


def _mean(values: NDArray[np.float64], area: NDArray[np.float64]) -> float:
    return float(np.average(values, weights=area))


def _mean_without_nan(values: NDArray[np.float64], area: NDArray[np.float64]) -> float | None:
    """Return the area mean over the cells with a figure; None if no cell has one."""
    known = ~np.isnan(values)
    return _mean(values[known], area[known]) if known.any() else None

"""A trade-off's combinations to rows: each a run of its own, or the reason why there is none."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.inputs import read_area, read_satellites
from d2c.coverage.result import CoverageResult
from d2c.coverage.run import run_coverage
from d2c.scenario.model import Scenario
from d2c.scenario.tradeoff import Tradeoff, TradeoffCase, cases

WELL_SERVED = 0.99
_WORST_AREA = 0.05
_WAIT = "within_15min"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TradeoffRow:
    """One service of one option for one group in one area; figures are None where `refused` says why.

    Means are over the area. availability_p05: what all but the worst 5 % of the area have at least. people_served: who
    have it for 99 % of the time and more, None where nobody is known to live. within_15min: probability of service
    within 15 minutes of a random moment. margin_p50_db: left over the requirement half of the time, negative where
    the service is missed.
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
    longest_gap_s: float | None = None
    mean_wait_s: float | None = None
    within_15min: float | None = None
    margin_p50_db: float | None = None


@dataclass(frozen=True, eq=False, slots=True)
class TradeoffResult:
    """The rows in the order of the specification's areas, groups, services and options; scenarios: those that ran."""

    tradeoff: Tradeoff
    rows: tuple[TradeoffRow, ...]
    scenarios: tuple[Scenario, ...]
    warnings: tuple[str, ...]
    run_time_s: float


def run_tradeoff(
    tradeoff: Tradeoff, *, workers: int | None = None, tell: Tell = lambda _: None
) -> TradeoffResult:
    """Return what the combinations of a trade-off come to; the D2CError of whatever is wrong with it."""
    began = time.perf_counter()
    todo = list(cases(tradeoff))  # all are read before any is run
    _check_inputs(todo)
    rows: list[TradeoffRow] = []
    warnings: dict[str, None] = {}
    for number, case in enumerate(todo, 1):
        if case.refused:
            rows += [_row(case, name, refused=case.refused) for name in case.group.services]
            continue
        tell(f"{number} of {len(todo)}: {case.option.name}, {case.group.name}, {case.area}")
        result = run_coverage(case.scenario, workers=workers)
        rows += [_served_row(case, result, name) for name in result.inputs.services]
        warnings |= {f"{case.option.name}: {warning}": None for warning in result.inputs.warnings}
    return TradeoffResult(
        tradeoff=tradeoff,
        rows=tuple(sorted(rows, key=lambda row: _place(tradeoff, row))),
        scenarios=tuple(case.scenario for case in todo if not case.refused),
        warnings=tuple(warnings),
        run_time_s=time.perf_counter() - began,
    )


def _check_inputs(todo: list[TradeoffCase]) -> None:
    """Raise the D2CError of an unknown area, and of elements or a loss that an option cannot have, before any run."""
    by_option = {case.option.name: case for case in todo if not case.refused}
    for case in by_option.values():
        read_satellites(case.scenario)
    for case in todo:
        read_area(case.scenario)


def _place(tradeoff: Tradeoff, row: TradeoffRow) -> tuple[int, ...]:
    """Return where a row stands: area by area, group by group, service by service."""
    group = next(k for k, group in enumerate(tradeoff.groups) if group.name == row.group)
    option = next(k for k, option in enumerate(tradeoff.option) if option.name == row.option)
    services = tradeoff.groups[group].services
    return tradeoff.areas.index(row.area), group, services.index(row.service), option


def _row(case: TradeoffCase, service: str, *, refused: str = "", **figures: float | None) -> TradeoffRow:
    payload = "" if refused else case.scenario.link.payload
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
    """Return the figures of one service, as d2c run's summary has them."""
    # a service's own file is known by its stem in the result, and by its path in the specification
    service = case.group.services[list(result.inputs.services).index(key)]
    area, people = result.inputs.grid.area_m2, result.inputs.population
    availability = result.figures[f"{key}_availability"]
    cost, satellites = case.option.cost_per_satellite_meur, len(result.inputs.constellation)
    lived_in = int(people.sum()) > 0
    return _row(
        case,
        service,
        satellites=satellites,
        cost_meur=cost.value * satellites if cost else None,
        availability=_mean(availability, area),
        availability_p05=_least_of_the_rest(availability, area),
        people=int(people.sum()) if lived_in else None,
        people_served=int(people[availability >= WELL_SERVED].sum()) if lived_in else None,
        longest_gap_s=float(result.figures[f"{key}_longest_gap_s"].max()),
        mean_wait_s=_mean(result.figures[f"{key}_mean_wait_s"], area),
        within_15min=_mean(result.figures[f"{key}_{_WAIT}"], area),
        margin_p50_db=_mean_of_known(result.figures[f"{key}_margin_p50_db"], area),
    )


def _mean(values: NDArray[np.float64], area: NDArray[np.float64]) -> float:
    return float(np.average(values, weights=area))


def _mean_of_known(values: NDArray[np.float64], area: NDArray[np.float64]) -> float | None:
    """Return the mean over the cells that have a figure; None if none has."""
    known = ~np.isnan(values)
    return _mean(values[known], area[known]) if known.any() else None


def _least_of_the_rest(values: NDArray[np.float64], area: NDArray[np.float64]) -> float:
    """Return the least value of the area without its worst 5 %."""
    worst_first = np.argsort(values, kind="stable")
    reached = np.cumsum(area[worst_first])
    return float(values[worst_first[np.searchsorted(reached, _WORST_AREA * reached[-1])]])

"""Sweep: one run for each combination of values of some keys of a scenario; the ground is read once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from d2c.coverage.engine.engine import ProgressCallback
from d2c.coverage.result import CoverageResult
from d2c.coverage.run import run_coverage
from d2c.errors import ResultError, ScenarioError, did_you_mean
from d2c.results.column_lookup import find_column, map_quantity
from d2c.scenario.load import override_scenario
from d2c.scenario.model import Scenario

MAX_RUNS = 100


@dataclass(frozen=True, eq=False, slots=True)
class SweepRun:
    """One run of a sweep: the values of its keys, and its result."""

    values: dict[str, Any]
    result: CoverageResult


@dataclass(frozen=True, eq=False, slots=True)
class Sweep:
    """The runs of a sweep, the last key varying fastest; scenario: the one that they start from."""

    scenario: Scenario
    keys: tuple[str, ...]
    runs: tuple[SweepRun, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services that all runs have."""
        first, *others = (run.result.inputs.services for run in self.runs)
        return tuple(name for name in first if all(name in services for services in others))

    @property
    def has_one_ground(self) -> bool:
        """Return whether all runs have the same cells."""
        first, *others = (run.result.inputs.grid.cell_id.tolist() for run in self.runs)
        return all(cells == first for cells in others)


def sweep(
    scenario: Scenario,
    values: Mapping[str, Sequence[Any]],
    *,
    column: str | None = None,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> Sweep:
    """Run a scenario with every combination of values by key.

    All scenarios, and whether they can have a `column`, are checked before the first run.
    ScenarioError for no key, too many runs, or an invalid value.
    """
    scenarios = list(_combinations(scenario, values))
    if column is not None:
        check_column(column, [varied for _, varied in scenarios])
    runs = []
    for number, (chosen, varied) in enumerate(scenarios):
        of_run = _part_of(progress, number=number, of=len(scenarios))
        runs.append(SweepRun(chosen, run_coverage(varied, workers=workers, progress=of_run)))
    return Sweep(scenario, tuple(values), tuple(runs))


def check_column(column: str, scenarios: Sequence[Scenario]) -> None:
    """Raise ResultError for a column that no map has, or of a service or limit that one of the scenarios lacks."""
    map_quantity(column)
    known = find_column(column)
    owner = known[1] if known else ""
    for scenario in scenarios:
        names = [Path(name).stem for name in (*scenario.link.services, *scenario.link.limits)]
        if owner and owner not in names:
            raise ResultError(f"{column}: a run has no '{owner}'{did_you_mean(owner, names)}")


def _combinations(
    scenario: Scenario, values: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[dict[str, Any], Scenario]]:
    number = 1
    for one in values.values():
        number *= len(one)
    if not values or number < 1:
        raise ScenarioError("a sweep needs a key with values, such as link.min_elevation_deg=10,20,30")
    if number > MAX_RUNS:
        raise ScenarioError(f"a sweep of {number:,} runs is more than {MAX_RUNS}; give fewer values")
    for combination in product(*values.values()):
        chosen = dict(zip(values, combination, strict=True))
        overrides = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items()]
        yield chosen, override_scenario(scenario, overrides=overrides)


def _part_of(progress: ProgressCallback | None, *, number: int, of: int) -> Callable[[int, int], None] | None:
    """Return the progress of one run as a part of that of all."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, of * total)

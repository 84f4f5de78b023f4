"""One shell against a target: over a short span and few cells for the search, over the scenario's own to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.sizing.walker_shapes import Shape, most_even
from d2c.coverage.blocks import run_region
from d2c.coverage.engine.engine import local_engine
from d2c.coverage.inputs import Inputs, read_inputs
from d2c.coverage.result import Columns
from d2c.errors import ScenarioError
from d2c.orbit.walker import walker_constellation
from d2c.scenario.model import ConstellationChoice, GridChoice, Scenario
from d2c.scenario.target import Target

QUICK_HOURS = 6.0
QUICK_STEP_S = 60.0
_QUICK_CELLS = 300  # at most, for the search
_PLACEHOLDER = ("53:1/1/0", 550.0)  # until a trial puts its own satellites in place
# Of the time, by which the evenness of shells is judged where the target is no share of time itself.
_EVEN_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Trial:
    """What a shell at an altitude achieves of the target, in the target's unit.

    never_served: satellites are seen, and nobody is served for a moment. full: over the whole span and the
    scenario's own cells.
    """

    shape: Shape
    altitude_km: float
    achieved: float
    meets: bool
    never_served: bool
    full: bool


def achieved(values: NDArray[np.float64], weights: NDArray[np.float64], target: Target) -> float:
    """Return what at least the target's share of the weight has, of values in the column's unit, in the target's."""
    best_first = np.argsort(-values if target.at_least else values, kind="stable")
    reached = np.cumsum(weights[best_first], dtype=np.float64)
    wanted = target.share_percent / 100 * reached[-1]
    last = int(np.searchsorted(reached, wanted * (1 - 1e-12)))  # or 100 % of the sum is beyond it by rounding
    return float(values[best_first[min(last, len(values) - 1)]]) / target.unit


def best_of(trials: Sequence[Trial], target: Target) -> Trial:
    """Return the trial that achieves most of the target's quantity."""
    return max(trials, key=lambda trial: trial.achieved if target.at_least else -trial.achieved)


class Trials:
    """Runs of a scenario with one shell after the other; its region, link and services are read once."""

    def __init__(self, scenario: Scenario, target: Target, *, workers: int | None = None) -> None:
        """Read the inputs, of the scenario's own cells and of coarser ones."""
        self._scenario = {True: _with_placeholder(scenario)}
        self._inputs = {True: read_inputs(self._scenario[True])}
        self.target, self._workers = target, workers
        (self.service,) = self._inputs[True].services
        self._refuse_nobody(scenario)
        self._scenario[False], self._inputs[False] = self._coarser()
        self._done: dict[tuple[Shape, float, bool], Trial] = {}
        self._even: dict[tuple[tuple[Shape, ...], int], list[Shape]] = {}

    @property
    def count(self) -> dict[str, int]:
        """Return how many runs there were, quick ones and full ones."""
        full = sum(full for _, _, full in self._done)
        return {"quick": len(self._done) - full, "full": full}

    @property
    def quick_search(self) -> dict[str, float]:
        """Return span, step and cells of the quick runs."""
        time = self._scenario[False].time
        cells = len(self._inputs[False].grid)
        return {"duration_h": time.duration_h, "step_s": time.step_s, "cells": cells}

    def most_even(self, shapes: Sequence[Shape], *, count: int) -> list[Shape]:
        """Return the most even of these shapes over the region's latitudes; the same question is answered once."""
        key = (tuple(shapes), count)
        if key not in self._even:
            latitude = self._inputs[False].grid.latitude_deg
            share = self.target.bound if self.target.at_least else _EVEN_SHARE
            self._even[key] = most_even(
                shapes,
                latitude_deg=np.quantile(latitude, (0.1, 0.5, 0.9)).tolist(),
                share=min(share, _EVEN_SHARE),
                count=count,
            )
        return self._even[key]

    def quick(self, shape: Shape, altitude_km: float) -> Trial:
        """Return what a shell achieves over the short span and the coarser cells."""
        return self._trial(shape, altitude_km, full=False)

    def full(self, shape: Shape, altitude_km: float) -> Trial:
        """Return what a shell achieves over the whole span and the scenario's own cells."""
        return self._trial(shape, altitude_km, full=True)

    def scenario_of(self, shape: Shape, altitude_km: float, *, full: bool = True) -> Scenario:
        """Return the scenario of a shell, as `d2c run` would read it."""
        constellation = ConstellationChoice(walker=shape.notation, altitude_km=altitude_km)
        return self._scenario[full].model_copy(update={"constellation": constellation})

    def figures(self, shape: Shape, altitude_km: float, *, full: bool) -> Columns:
        """Return the columns of a run."""
        scenario, read = self.scenario_of(shape, altitude_km, full=full), self._inputs[full]
        shell = walker_constellation([shape.shell(altitude_km)], epoch=read.start)
        inputs = replace(read, constellation=shell)
        return run_region(scenario, inputs, lambda task, _: local_engine(task, self._workers)).figures

    def _trial(self, shape: Shape, altitude_km: float, *, full: bool) -> Trial:
        key = (shape, altitude_km, full)
        if key not in self._done:
            figures, target = self.figures(shape, altitude_km, full=full), self.target
            value = achieved(figures[f"{self.service}_{target.column}"], self._weights(full), target)
            served, seen = figures[f"{self.service}_availability"].any(), figures["visible_fraction"].any()
            never = bool(seen and not served)
            self._done[key] = Trial(shape, altitude_km, value, target.is_met_by(value), never, full)
        return self._done[key]

    def _weights(self, full: bool) -> NDArray[np.float64]:
        inputs = self._inputs[full]
        people = self.target.of == "population"
        return np.asarray(inputs.population if people else inputs.grid.area_m2, np.float64)

    def _refuse_nobody(self, scenario: Scenario) -> None:
        if self.target.of == "population" and not self._inputs[True].population.any():
            raise ScenarioError(
                f"target '{self.target}': nobody is known to live in {scenario.region.area}; write "
                f"'for {self.target.share_percent:g}% of area'"
            )

    def _coarser(self) -> tuple[Scenario, Inputs]:
        """Return the scenario and inputs of the search."""
        whole, inputs = self._scenario[True], self._inputs[True]
        hours = min(QUICK_HOURS, whole.time.duration_h)
        step_s = max(min(QUICK_STEP_S, hours * 3600 / 2), whole.time.step_s)
        time = whole.time.model_copy(update={"duration_h": hours, "step_s": step_s})
        scenario = whole.model_copy(update={"time": time})
        while len(inputs.grid) > _QUICK_CELLS and scenario.grid.resolution > 0:
            grid = GridChoice(resolution=scenario.grid.resolution - 1)
            scenario = scenario.model_copy(update={"grid": grid})
            inputs = read_inputs(scenario)
        return scenario, inputs


def _with_placeholder(scenario: Scenario) -> Scenario:
    walker, altitude_km = _PLACEHOLDER
    constellation = ConstellationChoice(walker=walker, altitude_km=altitude_km)
    return scenario.model_copy(update={"constellation": constellation})

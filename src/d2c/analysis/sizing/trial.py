"""Trial runs of a Walker shell against a target: quick runs with few steps and cells, full runs to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.sizing.walker_shapes import WalkerShape, most_even_shapes
from d2c.analysis.weighted_quantile import weighted_quantile
from d2c.coverage.blocks import run_region
from d2c.coverage.engine.engine import local_engine
from d2c.coverage.inputs import Inputs, read_inputs
from d2c.coverage.result import Columns
from d2c.errors import ScenarioError
from d2c.link.satellite_links import SatelliteLinks
from d2c.orbit.walker import walker_constellation
from d2c.scenario.model import ConstellationChoice, GridChoice, Scenario
from d2c.scenario.resolve import resolve
from d2c.scenario.target import Target

QUICK_HOURS = 6.0
QUICK_STEP_S = 60.0
_QUICK_CELLS = 300  # at most, in quick runs
_PLACEHOLDER = ("53:1/1/0", 550.0)  # replaced by the shell of each trial
# Share of time by which the evenness of shells is ranked where the target is not a share of time.
_EVEN_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Trial:
    """The value that a shell at an altitude achieves, in the target's unit.

    never_served: satellites are visible, but no cell is ever served. full: over the whole span and the
    scenario's own cells.
    """

    shape: WalkerShape
    altitude_km: float
    achieved: float
    meets: bool
    never_served: bool
    full: bool


def achieved_value(values: NDArray[np.float64], weights: NDArray[np.float64], target: Target) -> float:
    """Return the value that the target's share of the weight reaches or betters, in the target's unit.

    values: in the unit of the column.
    """
    best_is_low = -1 if target.at_least else 1
    achieved = weighted_quantile(best_is_low * values, weights, target.share_percent / 100)
    return best_is_low * achieved / target.unit


def best_of(trials: Sequence[Trial], target: Target) -> Trial:
    """Return the trial with the best achieved value."""
    return max(trials, key=lambda trial: trial.achieved if target.at_least else -trial.achieved)


class Trials:
    """Runs of a scenario with one shell after another; its region, link and services are read once."""

    def __init__(self, scenario: Scenario, target: Target, *, workers: int | None = None) -> None:
        """Read the inputs for full runs, and those with fewer steps and cells for quick ones."""
        self._scenario = {True: _with_placeholder(scenario)}
        self._inputs = {True: read_inputs(self._scenario[True])}
        self.target, self._workers = target, workers
        (self.service,) = self._inputs[True].services
        self._check_population(scenario)
        self._scenario[False], self._inputs[False] = self._quick_inputs()
        self._done: dict[tuple[WalkerShape, float, bool], Trial] = {}
        self._even: dict[tuple[tuple[WalkerShape, ...], int], list[WalkerShape]] = {}

    @property
    def scenario(self) -> Scenario:
        """Return the scenario of the full runs, with its automatic choices made."""
        return self._scenario[True]

    @property
    def count(self) -> dict[str, int]:
        """Return the number of quick and full runs."""
        full = sum(full for _, _, full in self._done)
        return {"quick": len(self._done) - full, "full": full}

    @property
    def quick_search(self) -> dict[str, float]:
        """Return span, step and number of cells of the quick runs."""
        time = self._scenario[False].time
        cells = len(self._inputs[False].grid)
        return {"duration_h": time.duration_h, "step_s": time.step_s, "cells": cells}

    def most_even_shapes(self, shapes: Sequence[WalkerShape], *, count: int) -> list[WalkerShape]:
        """Return the most even of these shapes over the region's latitudes; results are cached."""
        key = (tuple(shapes), count)
        if key not in self._even:
            latitude = self._inputs[False].grid.latitude_deg
            share = self.target.bound if self.target.at_least else _EVEN_SHARE
            self._even[key] = most_even_shapes(
                shapes,
                latitude_deg=np.quantile(latitude, (0.1, 0.5, 0.9)).tolist(),
                share=min(share, _EVEN_SHARE),
                count=count,
            )
        return self._even[key]

    def quick(self, shape: WalkerShape, altitude_km: float) -> Trial:
        """Run a shell over the short span and the coarser cells."""
        return self._trial(shape, altitude_km, full=False)

    def full(self, shape: WalkerShape, altitude_km: float) -> Trial:
        """Run a shell over the whole span and the scenario's own cells."""
        return self._trial(shape, altitude_km, full=True)

    def scenario_of(self, shape: WalkerShape, altitude_km: float, *, full: bool = True) -> Scenario:
        """Return the scenario with a shell, as `d2c run` reads it."""
        constellation = ConstellationChoice(walker=shape.notation, altitude_km=altitude_km)
        return self._scenario[full].model_copy(update={"constellation": constellation})

    def figures(self, shape: WalkerShape, altitude_km: float, *, full: bool) -> Columns:
        """Run a shell and return the columns of the result."""
        scenario, read = self.scenario_of(shape, altitude_km, full=full), self._inputs[full]
        shell = walker_constellation([shape.shell(altitude_km)], epoch=read.start)
        (payload,) = read.links.payloads.names
        links = SatelliteLinks.uniform(payload, read.link, satellites=len(shell))
        inputs = replace(read, constellation=shell, links=links)
        return run_region(scenario, inputs, lambda job, _: local_engine(job, self._workers)).figures

    def _trial(self, shape: WalkerShape, altitude_km: float, *, full: bool) -> Trial:
        key = (shape, altitude_km, full)
        if key not in self._done:
            figures, target = self.figures(shape, altitude_km, full=full), self.target
            # a time that never comes is longer than any
            values = np.nan_to_num(figures[f"{self.service}_{target.column}"], nan=np.inf)
            value = achieved_value(values, self._weights(full), target)
            served, visible = figures[f"{self.service}_availability"].any(), figures["visible_fraction"].any()
            never_served = bool(visible and not served)
            self._done[key] = Trial(shape, altitude_km, value, target.is_met_by(value), never_served, full)
        return self._done[key]

    def _weights(self, full: bool) -> NDArray[np.float64]:
        inputs = self._inputs[full]
        people = self.target.of == "population"
        return np.asarray(inputs.population if people else inputs.grid.area_m2, np.float64)

    def _check_population(self, scenario: Scenario) -> None:
        if self.target.of == "population" and not self._inputs[True].population.any():
            raise ScenarioError(
                f"target '{self.target}': {scenario.region.area} has no recorded population; write "
                f"'for {self.target.share_percent:g}% of area'"
            )

    def _quick_inputs(self) -> tuple[Scenario, Inputs]:
        """Return the scenario and inputs of quick runs."""
        whole, inputs = self._scenario[True], self._inputs[True]
        hours = min(QUICK_HOURS, whole.time.duration_h)
        step_s = max(min(QUICK_STEP_S, hours * 3600 / 2), whole.time.step_s)
        time = whole.time.model_copy(update={"duration_h": hours, "step_s": step_s})
        scenario = whole.model_copy(update={"time": time})
        while len(inputs.grid) > _QUICK_CELLS and (resolution := inputs.grid.resolution):
            grid = GridChoice(resolution=resolution - 1)
            scenario = scenario.model_copy(update={"grid": grid})
            inputs = read_inputs(scenario)
        return scenario, inputs


def _with_placeholder(scenario: Scenario) -> Scenario:
    walker, altitude_km = _PLACEHOLDER
    constellation = ConstellationChoice(walker=walker, altitude_km=altitude_km)
    best_case = scenario.model_copy(update={"constellation": constellation, "network": False})
    return resolve(best_case)

"""Scenario to CoverageResult: the whole chain on one page."""

import time
from collections.abc import Callable
from dataclasses import replace

from d2c.coverage.best_case import best_case_availability
from d2c.coverage.blocks import MOST_CELLS_AT_ONCE, run_region
from d2c.coverage.engine.checkpoint import CheckpointStore, checkpoint_key
from d2c.coverage.engine.dask import dask_cluster
from d2c.coverage.engine.engine import Cube, Engine, ProgressCallback, SpanJob, local_engine
from d2c.coverage.inputs import Inputs, read_inputs
from d2c.coverage.memory import refuse_too_long
from d2c.coverage.result import CoverageResult
from d2c.errors import ScenarioError
from d2c.scenario.model import Scenario
from d2c.scenario.resolve import resolve
from d2c.text_files import read_once

CubeOf = Callable[[Inputs, str], Cube]

_FOR_MANY_CELLS = ("parquet", "flatgeobuf")


@read_once()
def run_coverage(
    scenario: Scenario,
    *,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
    store: CheckpointStore | None = None,
    scheduler: str | None = None,
    cube_of: CubeOf | None = None,
) -> CoverageResult:
    """Compute the coverage of a scenario's region.

    workers: threads, all cores unless given; the result is the same for any number. progress: called with the samples
    done and their total. store: keeps the progress of a long run, and resumes one that was interrupted. scheduler:
    address of a Dask scheduler whose workers process the windows instead of this machine. cube_of: makes the writer of
    C/N and server of every slot, from the inputs and the hash of all that they depend on. Raises the D2CError of
    whatever input is wrong before anything is computed.
    """
    began = time.perf_counter()
    scenario = resolve(scenario)
    inputs = read_inputs(scenario)
    refuse_too_long(scenario, inputs)
    _refuse_formats(scenario, cells=len(inputs.grid))

    def engine_of(job: SpanJob, key: str) -> Engine:
        if scheduler:
            return dask_cluster(scheduler, scenario, job, key=key)
        return local_engine(job, workers)

    if store:
        store.lock()
    cube = cube_of(inputs, checkpoint_key(scenario, inputs)) if cube_of else None
    result = run_region(scenario, inputs, engine_of, progress=progress, store=store, cube=cube)
    best_case = best_case_availability(scenario, inputs, workers=workers) if scenario.beams else None
    return replace(result, best_case=best_case, run_time_s=time.perf_counter() - began)


def _refuse_formats(scenario: Scenario, *, cells: int) -> None:
    """Raise where a format cannot hold so many cells, before an hour is spent on them."""
    if scenario.beams and cells > MOST_CELLS_AT_ONCE:
        raise ScenarioError(
            f"network of beams: {cells:,} cells are more than {MOST_CELLS_AT_ONCE:,}; make the region smaller or the "
            "cells larger, or take the best satellite over noise: network = false"
        )
    if scenario.output.cube and cells > MOST_CELLS_AT_ONCE:
        raise ScenarioError(
            f"[output] cube = true: {cells:,} cells are more than {MOST_CELLS_AT_ONCE:,}; make the region smaller or "
            "the cells larger, or leave out the cube"
        )
    small = [name for name in scenario.output.formats if name not in _FOR_MANY_CELLS]
    if small and cells > MOST_CELLS_AT_ONCE:
        raise ScenarioError(
            f"[output] formats: {', '.join(small)} for {cells:,} cells; above {MOST_CELLS_AT_ONCE:,} cells only "
            f"{' and '.join(_FOR_MANY_CELLS)} can be written: output.formats=['parquet', 'flatgeobuf']"
        )

"""Scenario to CoverageResult: the whole chain on one page."""

import time

from d2c.coverage.cluster import dask_cluster
from d2c.coverage.engine import Show, radio_of, task_of, threads_here, watch_span
from d2c.coverage.inputs import read_inputs
from d2c.coverage.result import CoverageResult
from d2c.coverage.store import Store, key_of
from d2c.scenario.model import Scenario


def run_coverage(
    scenario: Scenario,
    *,
    workers: int | None = None,
    show: Show | None = None,
    store: Store | None = None,
    scheduler: str | None = None,
) -> CoverageResult:
    """Return what the cells of a scenario's region see and hear of its satellites.

    workers: threads, all cores unless given; the result is the same for any number. show: called with the samples
    done and their total. store: keeps the progress of a long run, and resumes one that was interrupted. scheduler:
    address of a Dask scheduler whose workers do the windows instead of this machine. Raises the D2CError of
    whatever input is wrong before anything is computed.
    """
    began = time.perf_counter()
    inputs = read_inputs(scenario)
    radio, levels = radio_of(scenario, inputs)
    task = task_of(scenario, inputs, radio)
    engine = threads_here(task, workers)
    if scheduler:
        engine = dask_cluster(scheduler, scenario, inputs, task, key=key_of(scenario, inputs))
    seen = watch_span(scenario, inputs, engine, show=show, store=store)
    return CoverageResult(
        scenario=scenario,
        inputs=inputs,
        levels=levels,
        statistics=seen.statistics,
        timeline=seen.timeline,
        frames=seen.frames,
        satellites_lost=int(seen.lost.sum()),
        run_time_s=time.perf_counter() - began,
    )

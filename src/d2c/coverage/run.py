"""Scenario to CoverageResult: the whole chain on one page."""

import time

from d2c.coverage.engine import Show, radio_of, watch_span
from d2c.coverage.inputs import read_inputs
from d2c.coverage.result import CoverageResult
from d2c.coverage.store import Store
from d2c.scenario.model import Scenario


def run_coverage(
    scenario: Scenario,
    *,
    workers: int | None = None,
    show: Show | None = None,
    store: Store | None = None,
) -> CoverageResult:
    """Return what the cells of a scenario's region see and hear of its satellites.

    workers: threads, all cores unless given; the result is the same for any number. show: called with the
    samples done and their total. store: keeps the progress of a long run, and resumes one that was
    interrupted. Raises the D2CError of whatever input is wrong before anything is computed.
    """
    began = time.perf_counter()
    inputs = read_inputs(scenario)
    radio, levels = radio_of(scenario, inputs)
    seen = watch_span(scenario, inputs, radio, workers=workers, show=show, store=store)
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

"""Windows to statistics of the whole span, with the threads of this machine."""

from collections.abc import Callable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from d2c.coverage import link_table
from d2c.coverage._kernels import use_threads
from d2c.coverage.inputs import Inputs
from d2c.coverage.link_table import Levels
from d2c.coverage.statistics import CoverageStatistics, Timeline, join, merge
from d2c.coverage.tiles import tiled
from d2c.coverage.window import Radio, watch_window, windows
from d2c.orbit.ephemeris import step_positions
from d2c.scenario.model import Scenario

Progress = Callable[[int, int], None]
_ORBIT_DRIFT_M = 30_000.0  # a span's drag and the Earth's bulge move an altitude by less


def radio_of(scenario: Scenario, inputs: Inputs) -> tuple[Radio, Levels]:
    """Return the link as the kernel takes it, and the bins of its histograms."""
    services, links = list(inputs.services.values()), [inputs.link]
    mask = scenario.link.min_elevation_deg
    constellation = inputs.constellation
    lowest = max(float(constellation.perigee_km.min()) * 1e3 - _ORBIT_DRIFT_M, 100_000.0)
    highest = float(constellation.apogee_km.max()) * 1e3 + _ORBIT_DRIFT_M
    levels = link_table.levels(links, services, min_elevation_deg=mask, altitude_m=(lowest, highest))
    frequency_hz = inputs.link.payload.downlink.frequency_mhz.value * 1e6
    chance = link_table.chance_table(
        scenario.link.environment, frequency_hz=frequency_hz, min_elevation_deg=mask
    )
    radio = Radio(
        link_table.link_tables(links, min_elevation_deg=mask, altitude_m=(lowest, highest)),
        link_table.demands(services, levels, chance=chance),
        levels.bins,
        np.zeros(len(constellation), np.int64),
        mask,
    )
    return radio, levels


def watch_span(
    scenario: Scenario,
    inputs: Inputs,
    radio: Radio,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[CoverageStatistics, Timeline, int]:
    """Return statistics and timeline of the whole span, and how many satellites were lost on the way.

    The bits do not depend on the number of workers (threads; all cores unless given).
    """
    use_threads(workers)
    field = tiled(inputs.grid)
    samples = scenario.time.samples
    statistics: list[CoverageStatistics] = []
    timelines: list[Timeline] = []
    lost = np.zeros(len(inputs.constellation), dtype=bool)
    for window in windows(samples=samples, satellites=len(inputs.constellation)):
        position = step_positions(
            inputs.constellation,
            start=inputs.start,
            step_us=scenario.time.step_us,
            first=window.first,
            count=window.count,
        )
        lost = _without_the_lost(position, lost)
        part, timeline = watch_window(position, field, radio)
        statistics = [reduce(merge, [*statistics, part])]
        timelines.append(timeline)
        if progress:
            progress(window.first + window.count, samples)
    return statistics[0], join(timelines), int(lost.sum())


def _without_the_lost(position_m: NDArray[np.float64], lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Make a satellite NaN from the step it was lost, positions (T, S, 3) in place; return who is lost at the end (S,).

    SGP4 may let a decayed satellite appear again for a while.
    """
    gone = np.isnan(position_m[:, :, 0])
    if not (gone.any() or lost.any()):
        return lost
    gone[0] |= lost
    np.logical_or.accumulate(gone, axis=0, out=gone)
    position_m[gone] = np.nan
    at_the_end: NDArray[np.bool_] = gone[-1].copy()
    return at_the_end

"""Windows to statistics of the whole span, with the threads of this machine."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from d2c.coverage import link_table
from d2c.coverage._kernels import use_threads
from d2c.coverage.inputs import Inputs
from d2c.coverage.link_table import Levels
from d2c.coverage.statistics import join, join_frames, merge
from d2c.coverage.store import Progress, Store, key_of
from d2c.coverage.tiles import tiled
from d2c.coverage.window import FrameClock, Radio, watch_window, windows
from d2c.orbit.ephemeris import step_positions
from d2c.scenario.model import Scenario

Show = Callable[[int, int], None]
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
    allowed = link_table.allowed_pfd(
        list(inputs.limits.values()), bandwidth_hz=inputs.link.payload.downlink.bandwidth_mhz.value * 1e6
    )
    radio = Radio(
        link_table.link_tables(links, min_elevation_deg=mask, altitude_m=(lowest, highest)),
        link_table.demands(services, levels, chance=chance, allowed=allowed),
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
    show: Show | None = None,
    store: Store | None = None,
) -> Progress:
    """Return what the cells saw over the whole span.

    The bits depend neither on the number of workers (threads; all cores unless given) nor on where a run was
    interrupted and resumed by its store.
    """
    use_threads(workers)
    so_far = store.resume(key_of(scenario, inputs)) if store else None
    with store.in_background() if store else nullcontext():
        try:
            for progress in _windows_after(so_far, scenario, inputs, radio):
                so_far = progress
                if store:
                    store.keep(progress)
                if show:
                    show(progress.statistics.samples, scenario.time.samples)
        except KeyboardInterrupt:
            if store and so_far:
                store.keep(so_far, now=True)
            raise
    assert so_far is not None  # a scenario has at least one sample
    return so_far


def _windows_after(
    so_far: Progress | None, scenario: Scenario, inputs: Inputs, radio: Radio
) -> Iterator[Progress]:
    """Yield the progress after each window that is still to do."""
    field = tiled(inputs.grid)
    constellation = inputs.constellation
    done = so_far.statistics.samples if so_far else 0
    clock = FrameClock.of(samples=scenario.time.samples, step_us=scenario.time.step_us)
    lost = so_far.lost if so_far else np.zeros(len(constellation), dtype=bool)
    for window in windows(samples=scenario.time.samples, satellites=len(constellation)):
        if window.first < done:
            continue
        position = step_positions(
            constellation,
            start=inputs.start,
            step_us=scenario.time.step_us,
            first=window.first,
            count=window.count,
        )
        lost = _without_the_lost(position, lost)
        statistics, timeline, frames = watch_window(position, field, radio, first=window.first, clock=clock)
        if so_far:
            statistics = merge(so_far.statistics, statistics)
            timeline = join([so_far.timeline, timeline])
            frames = join_frames(so_far.frames, frames)
        so_far = Progress(statistics, timeline, frames, lost)
        yield so_far


def _without_the_lost(position_m: NDArray[np.float64], lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Make a satellite NaN from the step it was lost, in place; return who is lost at the end.

    position_m (T, S, 3), lost (S,). SGP4 may let a decayed satellite appear again for a while.
    """
    gone = np.isnan(position_m[:, :, 0])
    if not (gone.any() or lost.any()):
        return lost
    gone[0] |= lost
    np.logical_or.accumulate(gone, axis=0, out=gone)
    position_m[gone] = np.nan
    at_the_end: NDArray[np.bool_] = gone[-1].copy()
    return at_the_end

"""CoverageResult: the figures of a run, per cell, per step and for the region, and where they come from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels._accumulate import PROBABILITY_SCALE
from d2c.coverage.kernels.link_curves import HistogramBins
from d2c.coverage.network.columns import beam_cell_columns, satellite_columns, spectral_efficiency
from d2c.coverage.statistics.coverage import CoverageStatistics, Frames, Timeline
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.statistics.waiting import COLUMN_WAITS_S, WAITS_S, Waiting, served_within
from d2c.coverage.windows import FrameClock
from d2c.scenario.model import Scenario
from d2c.units import to_db

Columns = dict[str, NDArray[Any]]


def coverage_columns(
    seen: CoverageStatistics, levels: HistogramBins, *, scenario: Scenario, inputs: Inputs
) -> Columns:
    """Return the columns that follow from the statistics of the whole span, in their order; NaN for no figure."""
    pieces = [
        _sky_figures(piece, levels) | _service_figures(piece, levels, scenario=scenario, inputs=inputs)
        for piece in seen.pieces()
    ]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def _sky_figures(seen: CoverageStatistics, levels: HistogramBins) -> Columns:
    # minus infinity where nobody was visible, or only exactly at a mask of 0 deg
    highest = np.where(np.isfinite(seen.max_elevation_deg), seen.max_elevation_deg, np.nan)
    percentiles = {
        f"c_n_p{percent:02d}_db": levels.percentile_db(seen.c_n_bins, levels.c_n_low_db, percent / 100)
        for percent in (5, 50, 95)
    }
    return {
        "visible_fraction": seen.visible_samples / seen.samples,
        "mean_visible": seen.visible_sum / seen.samples,
        "max_visible": seen.visible_max,
        "max_elevation_deg": highest,
        **percentiles,
    }


def _service_figures(
    seen: CoverageStatistics, levels: HistogramBins, *, scenario: Scenario, inputs: Inputs
) -> Columns:
    step_s = scenario.time.step_us / 1e6
    mean_wait_s = seen.squared_gaps() * step_s / (2 * seen.samples)
    within = served_within(seen, step_us=scenario.time.step_us)
    columns = {}
    for v, name in enumerate(inputs.services):
        low_db = levels.margin_low_db[v]
        columns[f"{name}_availability"] = seen.served[v] / seen.samples
        columns[f"{name}_longest_gap_s"] = seen.longest_gap[v] * step_s
        columns[f"{name}_mean_wait_s"] = mean_wait_s[v]
        for ending, wait_s in COLUMN_WAITS_S.items():
            columns[f"{name}_{ending}"] = within[WAITS_S.index(wait_s), v]
        columns[f"{name}_margin_p50_db"] = levels.percentile_db(seen.margin_bins[v], low_db, 0.5)
        if scenario.link.environment:
            columns[f"{name}_probability"] = seen.link_probability[v] / (PROBABILITY_SCALE * seen.samples)
    for k, name in enumerate(inputs.limits):
        excess = np.where(seen.pfd_over_limit[k] > 0, seen.pfd_over_limit[k], np.nan)
        columns[f"{name}_limit_margin_db"] = -to_db(excess)
    return columns


@dataclass(frozen=True, eq=False, slots=True)
class CoverageResult:
    """What the G cells of a region saw and heard over the span.

    figures: the columns of sky and services (`figures_of`), each (G,); waiting: how long people wait in the region
    as a whole.
    """

    scenario: Scenario
    inputs: Inputs
    figures: Columns
    waiting: Waiting
    timeline: Timeline
    frames: Frames
    beams: NetworkStatistics | None
    levels: HistogramBins
    satellites_lost: int
    run_time_s: float

    @property
    def span(self) -> np.timedelta64:
        """Return the length of the analysed span."""
        return self.samples * np.timedelta64(self.scenario.time.step_us, "us")

    @property
    def samples(self) -> int:
        """Return the number of steps."""
        return self.scenario.time.samples

    def columns(self) -> Columns:
        """Return the columns of the coverage layer, each (G,), in their order; NaN where there is no figure."""
        grid = self.inputs.grid
        return {
            "cell_id": grid.cell_id,
            "latitude_deg": grid.latitude_deg,
            "longitude_deg": grid.longitude_deg,
            "area_km2": grid.area_m2 / 1e6,
            "population": self.inputs.population,
            "surface": grid.surface,
            "country": grid.country,
            "region": grid.region,
            **self.figures,
        }

    def timeline_columns(self) -> Columns:
        """Return the columns of the timeline, each (T,): what the region saw at each step."""
        line, grid = self.timeline, self.inputs.grid
        area_m2 = np.rint(grid.area_m2).sum()
        steps = np.arange(self.samples) * np.timedelta64(self.scenario.time.step_us, "us")
        columns: Columns = {
            "utc": self.inputs.start + steps,
            "satellites_in_view": line.satellites_in_view(),
            "visible_cell_fraction": line.visible_cells / len(grid),
            "visible_area_fraction": line.visible_m2 / area_m2,
        }
        for v, name in enumerate(self.inputs.services):
            columns[f"{name}_cell_fraction"] = line.served_cells[:, v] / len(grid)
            columns[f"{name}_area_fraction"] = line.served_m2[:, v] / area_m2
        if self.beams:
            columns["active_beams"] = self.beams.active
            columns["blocked_beam_cells"] = self.beams.blocked_cells
        return columns

    def beam_cell_columns(self) -> Columns:
        """Return the columns of the layer of beam cells, each (B,); only for a scenario with beams."""
        assert self.beams
        return beam_cell_columns(self.beams, scenario=self.scenario, inputs=self.inputs)

    def satellite_columns(self) -> Columns:
        """Return the table of the satellites that came in reach; only for a scenario with beams."""
        assert self.beams
        return satellite_columns(self.beams, scenario=self.scenario, inputs=self.inputs)

    def network(self) -> dict[str, float]:
        """Return quartiles of C/(I+N) and spectral efficiency over area and time; only for a scenario with beams."""
        assert self.beams
        return spectral_efficiency(self.beams, self.levels, self.inputs.grid.area_m2)

    def hourly_columns(self) -> Columns:
        """Return the span in frames, start_utc and end_utc (F,), and the figures of each cell in them, (F, G).

        NAME_availability, and c_n_mean_db over the samples with a server, NaN without one. Frames are whole hours,
        at most 48; F is 0 for more than 100,000 cells, and where no format shows them.
        """
        frames, time = self.frames, self.scenario.time
        clock = FrameClock.of(samples=time.samples, step_us=time.step_us)
        edges = np.arange(len(frames.samples) + 1) * np.timedelta64(clock.frame_us, "us") + self.inputs.start
        ends = np.minimum(edges[1:], self.inputs.start + self.span)
        columns: Columns = {"start_utc": edges[:-1], "end_utc": ends}
        for v, name in enumerate(self.inputs.services):
            columns[f"{name}_availability"] = frames.served[:, v] / frames.samples[:, None]
        with np.errstate(invalid="ignore"):
            columns["c_n_mean_db"] = frames.c_n_centi_db / frames.seen / 100
        return columns

"""The result of a run: columns per cell, per step and per hour, and the inputs they come from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels.link_curves import HistogramBins, percentile_db
from d2c.coverage.network.columns import NetworkResult
from d2c.coverage.statistics.coverage import CoverageStatistics, Frames, Timeline
from d2c.coverage.statistics.postures import PostureService
from d2c.coverage.statistics.waiting import COLUMN_WAITS_S, WAITS_S, Waiting, served_within
from d2c.coverage.windows import FrameClock
from d2c.link.reference_signal import rsrp_dbm
from d2c.orbit.decay import NEVER
from d2c.scenario.model import Scenario
from d2c.units import to_db

Columns = dict[str, NDArray[Any]]


def coverage_columns(
    statistics: CoverageStatistics, bins: HistogramBins, *, scenario: Scenario, inputs: Inputs
) -> Columns:
    """Return the columns that follow from the statistics of the whole span, in their order; NaN for no figure."""
    pieces = [
        _sky_columns(piece, bins, inputs) | _service_columns(piece, bins, scenario=scenario, inputs=inputs)
        for piece in statistics.pieces()
    ]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def _sky_columns(statistics: CoverageStatistics, bins: HistogramBins, inputs: Inputs) -> Columns:
    # minus infinity where no satellite was visible, or only exactly at a mask of 0 deg
    highest = np.where(np.isfinite(statistics.max_elevation_deg), statistics.max_elevation_deg, np.nan)
    percentiles = {
        f"c_n_p{percent:02d}_db": percentile_db(statistics.c_n_bins, bins.c_n_low_db, percent / 100)
        for percent in (5, 50, 95)
    }
    return {
        "visible_fraction": statistics.visible_samples / statistics.samples,
        "mean_visible": statistics.visible_sum / statistics.samples,
        "max_visible": statistics.visible_max,
        "max_elevation_deg": highest,
        **percentiles,
        "rsrp_p50_dbm": rsrp_dbm(inputs.link.handset, c_n_db=percentiles["c_n_p50_db"]),
    }


def _service_columns(
    statistics: CoverageStatistics, bins: HistogramBins, *, scenario: Scenario, inputs: Inputs
) -> Columns:
    step_s, samples = scenario.time.step_us / 1e6, statistics.samples
    phone_samples = samples * statistics.phones
    served = statistics.served.sum(axis=1, dtype=np.int64)
    longest_gap, cut = statistics.longest_gap_of_median_phone()
    # a phone that is never served has no gap, and a cell of such phones no wait
    longest_gap_s = np.where(longest_gap < samples, longest_gap * step_s, np.nan)
    mean_wait_s = np.where(served > 0, statistics.squared_gaps() * step_s / (2 * phone_samples), np.nan)
    within = served_within(statistics, step_us=scenario.time.step_us)
    columns = {}
    for v, name in enumerate(inputs.services):
        columns[f"{name}_availability"] = served[v] / phone_samples
        columns[f"{name}_longest_gap_s"] = longest_gap_s[v]
        columns[f"{name}_longest_gap_is_lower_bound"] = cut[v]
        columns[f"{name}_mean_wait_s"] = mean_wait_s[v]
        for ending, wait_s in COLUMN_WAITS_S.items():
            columns[f"{name}_{ending}"] = within[WAITS_S.index(wait_s), v]
        margin_db = percentile_db(statistics.margin_bins[v], bins.margin_low_db[v], 0.5)
        columns[f"{name}_margin_p50_db"] = margin_db
    for k, name in enumerate(inputs.limits):
        over_limit = statistics.pfd_over_limit[k]
        columns[f"{name}_limit_margin_db"] = -to_db(np.where(over_limit > 0, over_limit, np.nan))
    return columns


@dataclass(frozen=True, eq=False, slots=True)
class CoverageResult:
    """The coverage of the G cells of a region over the span.

    figures: the columns of `coverage_columns`, and of a network of beams, each (G,); waiting: how long people wait in
    the region as a whole; by_posture: who is served there; no frames where the cells were done in blocks; decayed_at
    (S,): decay steps of the satellites; best_case: of a network, the availability of each service without it, as in
    `best_case_availability`; run_time_s: of `run_coverage`, inputs included.
    """

    scenario: Scenario
    inputs: Inputs
    figures: Columns
    waiting: Waiting
    by_posture: PostureService
    timeline: Timeline
    frames: Frames
    network: NetworkResult | None
    decayed_at: NDArray[np.int64]
    best_case: dict[str, float] | None = None
    run_time_s: float = 0.0

    @property
    def span(self) -> np.timedelta64:
        """Return the length of the analysed span."""
        return self.samples * np.timedelta64(self.scenario.time.step_us, "us")

    @property
    def samples(self) -> int:
        """Return the number of steps."""
        return self.scenario.time.samples

    @property
    def satellites_decayed(self) -> int:
        """Return how many satellites decay within the span."""
        return int((self.decayed_at != NEVER).sum())

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
        """Return the columns of the timeline, each (T,): the region at each step."""
        timeline, grid = self.timeline, self.inputs.grid
        area_m2 = np.rint(grid.area_m2).sum()
        phones = self.inputs.phones.number
        steps = np.arange(self.samples) * np.timedelta64(self.scenario.time.step_us, "us")
        columns: Columns = {
            "utc": self.inputs.start + steps,
            "satellites_in_view": timeline.satellites_in_view(),
            "visible_cell_fraction": timeline.visible_cells / len(grid),
            "visible_area_fraction": timeline.visible_m2 / area_m2,
        }
        for v, name in enumerate(self.inputs.services):
            columns[f"{name}_cell_fraction"] = timeline.served_cells[:, v] / (len(grid) * phones)
            columns[f"{name}_area_fraction"] = timeline.served_m2[:, v] / (area_m2 * phones)
        if self.network:
            columns["beams_alight"] = self.network.statistics.alight_beams
            columns["unserved_beam_cells"] = self.network.statistics.unserved_cells
        return columns

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
            columns[f"{name}_availability"] = frames.served[:, v] / (
                frames.samples[:, None] * self.inputs.phones.number
            )
        with np.errstate(invalid="ignore"):
            columns["c_n_mean_db"] = frames.c_n_centi_db / frames.visible / 100
        return columns

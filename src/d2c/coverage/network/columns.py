"""The columns of a network of beams: per ground cell, per beam cell, per satellite, and its spectral efficiency."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan, plan_columns
from d2c.coverage.kernels.link_curves import BINS_PER_DB, percentile_db
from d2c.coverage.kernels.network_layout import SHARE_UNITS
from d2c.coverage.network.levels import (
    C_I_LOW_DB,
    C_IN_LOW_DB,
    C_N_LOW_DB,
    HANDOVER_STEP_S,
    beam_rates_bit_s,
    level_steps,
    steps_between,
)
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.link.budget import RadioLink
from d2c.link.rate import cqi, efficiency_bit_symbol
from d2c.link.reference_signal import rsrp_dbm, rsrq_db
from d2c.orbit.constellation import Constellation
from d2c.scenario.model import Beams, Time
from d2c.units import to_db
from d2c.utc import HOUR_US

Columns = dict[str, NDArray[Any]]


def ground_columns(statistics: NetworkStatistics, plan: BeamPlan, *, link: RadioLink, time: Time) -> Columns:
    """Return the columns of the ground cells (G,): levels over the time with a beam to camp on, NaN without one.

    rsrq_p50_db and rate_p50_kbps, the bit rate of a whole beam, follow from C/(I+N) with the interferers' activity;
    duty: share of time that the serving beam gives the cell while it asks; pfd_max_dbw_m2_mhz: highest PFD of the
    serving beam and the mean of all others of its frequency.
    """
    camped, beams = statistics.camped, plan.beams
    levels = level_steps(beams, step_us=time.step_us).among(np.arange(time.samples)).sum()
    rsrp = {
        f"rsrp_p{percent:02d}_dbm": rsrp_dbm(
            link.handset, c_n_db=percentile_db(statistics.c_n_bins, C_N_LOW_DB, percent / 100)
        )
        for percent in (5, 50, 95)
    }
    c_in = {
        f"c_in_p{percent:02d}_db": percentile_db(statistics.c_in_bins, C_IN_LOW_DB, percent / 100)
        for percent in (5, 50, 95)
    }
    data_db = percentile_db(statistics.data_bins, C_IN_LOW_DB, 0.5)
    rate_bit_s = beam_rates_bit_s(beams, link)[cqi(data_db)]
    with np.errstate(invalid="ignore"):
        duty = statistics.share_sum / SHARE_UNITS / camped
        # signalling carries no data of users
        carried_bit_s = beams.load * duty * (camped > 0) * mean_rate_bit_s(statistics, beams, link)
    return {
        "camping": camped / levels,
        **rsrp,
        "rsrq_p50_db": rsrq_db(data_db, load=beams.load),
        **c_in,
        "c_i_p50_db": percentile_db(statistics.c_i_bins, C_I_LOW_DB, 0.5),
        "duty": duty,
        "rate_p50_kbps": np.where(camped > 0, rate_bit_s / 1e3, np.nan),
        "throughput_kbps_km2": carried_bit_s / 1e3 / (plan.lattice.area_m2 / 1e6),
        "handovers_per_hour": statistics.handovers / compared_hours(time),
        "pfd_max_dbw_m2_mhz": to_db(np.where(statistics.pfd_max > 0, statistics.pfd_max, np.nan)),
    }


@dataclass(frozen=True, eq=False, slots=True)
class NetworkResult:
    """What a network of beams adds to a result."""

    plan: BeamPlan
    statistics: NetworkStatistics
    link: RadioLink
    time: Time
    constellation: Constellation

    def beam_cell_columns(self) -> Columns:
        """Return the columns of the beam cells, each (C,), NaN for what needs a ground cell in them.

        served: share of the span with a satellite; duty: share of time that its beam gives the cell while it asks,
        and alight: that it is alight, over the span; handovers_per_hour: of a phone in it, on average over its ground
        cells; throughput_mbps: what the beam carries on average over the span, its users spread evenly over its ground
        cells; kbps_per_person: that divided by the people who use it at once.
        """
        plan, statistics = self.plan, self.statistics
        samples = self.time.samples
        served = statistics.cell_served
        with np.errstate(invalid="ignore", divide="ignore"):
            duty = statistics.cell_share / SHARE_UNITS / served
            alight = statistics.cell_lit / SHARE_UNITS / samples
            # signalling carries no data of users
            carrying = plan.beams.load * statistics.cell_share / SHARE_UNITS / samples
            rate_bit_s = mean_rate_bit_s(statistics, plan.beams, self.link)
            throughput_bit_s = self._of_ground_cells(rate_bit_s) * carrying
            users = plan.population * plan.beams.active_share
            per_person = np.where(users > 0, throughput_bit_s / users, np.nan)
        return {
            **plan_columns(plan),
            "served": served / samples,
            "duty": duty,
            "alight": alight,
            "handovers_per_hour": self._of_ground_cells(statistics.handovers) / compared_hours(self.time),
            "throughput_mbps": throughput_bit_s / 1e6,
            "kbps_per_person": per_person / 1e3,
        }

    def _of_ground_cells(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the mean of a figure over the ground cells in each beam cell, (C,); NaN without a ground cell."""
        inside = self.plan.cell >= 0
        cell, size = self.plan.cell[inside], len(self.plan)
        with np.errstate(invalid="ignore"):
            return np.bincount(cell, values[inside], minlength=size) / np.bincount(cell, minlength=size)

    def satellite_columns(self) -> Columns:
        """Return the columns of the satellites that served a beam cell, as many as did.

        serving: share of the span in which it did; beam_cells: how many it served then, on average; beams_alight: its
        beams alight then, those elsewhere too; idle_beams: the rest of them.
        """
        statistics = self.statistics
        here = np.flatnonzero(statistics.serving_steps > 0)
        steps = statistics.serving_steps[here]
        alight = statistics.alight_sum[here] / SHARE_UNITS / steps
        return {
            "satellite": np.array(self.constellation.name)[here],
            "norad_id": self.constellation.norad_id[here],
            "serving": steps / self.time.samples,
            "beam_cells": statistics.cell_steps[here] / steps,
            "beams_alight": alight,
            "idle_beams": np.maximum(self.plan.beams.beams_per_satellite - alight, 0.0),
        }

    def of_camped_phones(self, area_m2: NDArray[np.float64]) -> dict[str, float]:
        """Return medians of RSRP and RSRQ, a beam's mean bit rate, and C/(I+N) and the CQI's bits per symbol.

        Over all phones, area and time with a beam to camp on; C/(I+N) is that of the data, with the interferers'
        activity, as mean and quantiles.
        """
        c_n_db = percentile_db(
            (self.statistics.c_n_bins * area_m2[:, None]).sum(axis=0)[None], C_N_LOW_DB, 0.5
        )
        weight = (self.statistics.data_bins * area_m2[:, None]).sum(axis=0)
        level_db = _bin_middle_db(len(weight))
        efficiency = efficiency_bit_symbol(c_n_db=level_db)
        if weight.sum() == 0:
            return {}
        share = np.cumsum(weight) / weight.sum()
        rate_bit_s = beam_rates_bit_s(self.plan.beams, self.link)[cqi(level_db)]
        data_db = percentile_db(weight[None], C_IN_LOW_DB, 0.5)
        figures = {
            "rsrp_p50_dbm": float(rsrp_dbm(self.link.handset, c_n_db=c_n_db)[0]),
            "rsrq_p50_db": float(rsrq_db(data_db, load=self.plan.beams.load)[0]),
            "mbps_per_beam_mean": float(weight @ rate_bit_s / weight.sum()) / 1e6,
            "mbps_per_beam_p999": float(rate_bit_s[np.searchsorted(share, 0.999)]) / 1e6,
            "efficiency_mean_bit_symbol": float(weight @ efficiency / weight.sum()),
        }
        for percent in (5, 25, 50, 75, 95):
            at = int(np.searchsorted(share, percent / 100))
            figures[f"c_in_p{percent:02d}_db"] = float(level_db[at])
            figures[f"efficiency_p{percent:02d}_bit_symbol"] = float(efficiency[at])
        return figures


def mean_rate_bit_s(statistics: NetworkStatistics, beams: Beams, link: RadioLink) -> NDArray[np.float64]:
    """Return the mean bit rate of a whole beam to the phones of each ground cell, (G,), zero where none camps."""
    bins = statistics.data_bins
    rate_bit_s = beam_rates_bit_s(beams, link)[cqi(_bin_middle_db(bins.shape[1]))]
    return np.asarray(bins @ rate_bit_s / np.maximum(bins.sum(axis=1), 1))


def _bin_middle_db(bins: int) -> NDArray[np.float64]:
    return C_IN_LOW_DB + (np.arange(bins) + 0.5) / BINS_PER_DB


def compared_hours(time: Time) -> float:
    """Return the time over which beams are compared for handovers, in hours; NaN for a span too short for any."""
    every = steps_between(HANDOVER_STEP_S, step_us=time.step_us)
    pairs = (time.samples - 1) // every
    return pairs * every * time.step_us / HOUR_US if pairs else np.nan

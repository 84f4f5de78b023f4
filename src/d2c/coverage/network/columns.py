"""The columns of a network of beams: per ground cell, per beam cell, per satellite, and its spectral efficiency."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan, plan_columns
from d2c.coverage.kernels.link_curves import BINS_PER_DB, HistogramBins
from d2c.coverage.network.interference import C_I_LOW_DB, beam_rates_bit_s
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.link.budget import RadioLink
from d2c.link.rate import cqi, efficiency_bit_symbol
from d2c.orbit.constellation import Constellation
from d2c.scenario.model import Time
from d2c.units import to_db
from d2c.utc import HOUR_US

Columns = dict[str, NDArray[Any]]


def ground_columns(
    statistics: NetworkStatistics, bins: HistogramBins, plan: BeamPlan, *, link: RadioLink, time: Time
) -> Columns:
    """Return the columns of the ground cells (G,): levels over the steps with a beam, NaN without one.

    duty: share of the steps with a beam; rate_p50_kbps: bit rate of a whole beam to the cell, half of that time;
    pfd_max_dbw_m2_mhz: highest sum of all beams of one frequency.
    """
    c_in = {
        f"c_in_p{percent:02d}_db": bins.percentile_db(statistics.c_in_bins, bins.c_n_low_db, percent / 100)
        for percent in (5, 50, 95)
    }
    rate_bit_s = beam_rates_bit_s(plan.beams, link)[cqi(c_in["c_in_p50_db"])]
    active = statistics.active_samples
    return {
        **c_in,
        "c_i_p50_db": bins.percentile_db(statistics.c_i_bins, C_I_LOW_DB, 0.5),
        "duty": active / time.samples,
        "rate_p50_kbps": np.where(active > 0, rate_bit_s / 1e3, np.nan),
        "handovers_per_hour": np.where(plan.cell >= 0, statistics.handovers[plan.cell], 0) / _hours(time),
        "pfd_max_dbw_m2_mhz": to_db(np.where(statistics.pfd_max > 0, statistics.pfd_max, np.nan)),
    }


@dataclass(frozen=True, eq=False, slots=True)
class NetworkResult:
    """What a network of beams adds to a result."""

    plan: BeamPlan
    statistics: NetworkStatistics
    bins: HistogramBins
    time: Time
    constellation: Constellation

    def beam_cell_columns(self) -> Columns:
        """Return the columns of the beam cells, each (C,), NaN for what needs a ground cell in them.

        throughput_mbps: what the beam carries on average over the whole span, its users spread evenly over its ground
        cells; kbps_per_person: that divided by the people who use it at once.
        """
        plan, statistics = self.plan, self.statistics
        size, samples = len(plan.grid), self.time.samples
        inside = plan.cell >= 0
        cell = plan.cell[inside]
        active = np.bincount(cell, statistics.active_samples[inside], minlength=size)
        rate_sum = np.bincount(cell, statistics.rate_sum[inside], minlength=size)
        duty = statistics.cell_active / samples
        with np.errstate(invalid="ignore", divide="ignore"):
            throughput_bit_s = rate_sum / active * duty
            users = plan.population * plan.beams.active_share
            per_person = np.where(users > 0, throughput_bit_s / users, np.nan)
        return {
            **plan_columns(plan),
            "duty": duty,
            "blocked": statistics.cell_blocked / samples,
            "handovers_per_hour": statistics.handovers / _hours(self.time),
            "throughput_mbps": throughput_bit_s / 1e6,
            "kbps_per_person": per_person / 1e3,
        }

    def satellite_columns(self) -> Columns:
        """Return the columns of the satellites that came in reach, as many as did.

        in_reach, busy: shares of the span in which it could serve a beam cell, and had a beam; beams_used: on average
        while in reach; idle_beams: the rest of them; blocked: beam cells, on average while in reach, that got no beam
        and to which it was the best satellite.
        """
        statistics = self.statistics
        here = np.flatnonzero(statistics.reach_steps > 0)
        samples, reach = self.time.samples, statistics.reach_steps[here]
        used = statistics.beam_steps[here] / reach
        return {
            "satellite": np.array(self.constellation.name)[here],
            "norad_id": self.constellation.norad_id[here],
            "in_reach": reach / samples,
            "busy": statistics.busy_steps[here] / samples,
            "beams_used": used,
            "idle_beams": self.plan.beams.beams_per_satellite - used,
            "blocked": statistics.blocked[here] / reach,
        }

    def spectral_efficiency(self, area_m2: NDArray[np.float64]) -> dict[str, float]:
        """Return mean and quartiles of C/(I+N) in dB and of the CQI's bits per symbol, by area and time with a beam."""
        weight = (self.statistics.c_in_bins * area_m2[:, None]).sum(axis=0)
        level_db = self.bins.c_n_low_db + (np.arange(len(weight)) + 0.5) / BINS_PER_DB
        efficiency = efficiency_bit_symbol(c_n_db=level_db)
        if weight.sum() == 0:
            return {}
        share = np.cumsum(weight) / weight.sum()
        figures = {"efficiency_mean_bit_symbol": float(weight @ efficiency / weight.sum())}
        for percent in (5, 25, 50, 75, 95):
            at = int(np.searchsorted(share, percent / 100))
            figures[f"c_in_p{percent:02d}_db"] = float(level_db[at])
            figures[f"efficiency_p{percent:02d}_bit_symbol"] = float(efficiency[at])
        return figures


def _hours(time: Time) -> float:
    return time.samples * time.step_us / HOUR_US

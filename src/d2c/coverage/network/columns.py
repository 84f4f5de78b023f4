"""The figures of a loaded network: per ground cell, per beam cell, per satellite, and per step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan, plan_columns
from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels.link_curves import BINS_PER_DB, HistogramBins
from d2c.coverage.network.interference import C_I_LOW_DB, beam_rates_bit_s
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.link.rate import cqi, efficiency_bit_symbol
from d2c.scenario.model import Beams, Scenario
from d2c.units import to_db

Columns = dict[str, NDArray[Any]]
_HOUR_US = 3_600_000_000


def ground_columns(
    seen: NetworkStatistics, levels: HistogramBins, *, scenario: Scenario, inputs: Inputs
) -> Columns:
    """Return the columns of the ground cells (G,): levels over the steps with a beam, NaN without one.

    duty: share of the steps with a beam; rate_p50_kbps: what a whole beam carries to the cell, half of that time;
    pfd_max_dbw_m2_mhz: highest sum of all beams of one frequency.
    """
    beams, plan = _beams(scenario), _plan(inputs)
    c_in = {
        f"c_in_p{percent:02d}_db": levels.percentile_db(seen.c_in_bins, levels.c_n_low_db, percent / 100)
        for percent in (5, 50, 95)
    }
    rate_bit_s = beam_rates_bit_s(beams, inputs.link)[cqi(c_in["c_in_p50_db"])]
    hours = scenario.time.samples * scenario.time.step_us / _HOUR_US
    return {
        **c_in,
        "c_i_p50_db": levels.percentile_db(seen.c_i_bins, C_I_LOW_DB, 0.5),
        "duty": seen.lit / scenario.time.samples,
        "rate_p50_kbps": np.where(seen.lit > 0, rate_bit_s / 1e3, np.nan),
        "handovers_per_hour": np.where(plan.cell >= 0, seen.handovers[plan.cell], 0) / hours,
        "pfd_max_dbw_m2_mhz": to_db(np.where(seen.pfd_max > 0, seen.pfd_max, np.nan)),
    }


def beam_cell_columns(seen: NetworkStatistics, *, scenario: Scenario, inputs: Inputs) -> Columns:
    """Return the columns of the beam cells (B,), those without a ground cell with NaN for what needs one.

    throughput_mbps: what the beam carries on average over the whole span, its users spread evenly over its ground
    cells; kbps_per_person: that divided by the people who use it at once.
    """
    beams, plan = _beams(scenario), _plan(inputs)
    size, samples = len(plan.grid), scenario.time.samples
    inside = plan.cell >= 0
    lit = np.bincount(plan.cell[inside], seen.lit[inside], minlength=size)
    rate_sum = np.bincount(plan.cell[inside], seen.rate_sum[inside], minlength=size)
    duty = seen.cell_lit / samples
    with np.errstate(invalid="ignore", divide="ignore"):
        throughput_bit_s = rate_sum / lit * duty
        active = plan.population * beams.active_share
        per_person = np.where(active > 0, throughput_bit_s / active, np.nan)
    hours = samples * scenario.time.step_us / _HOUR_US
    return {
        **plan_columns(plan),
        "duty": duty,
        "blocked": seen.cell_blocked / samples,
        "handovers_per_hour": seen.handovers / hours,
        "throughput_mbps": throughput_bit_s / 1e6,
        "kbps_per_person": per_person / 1e3,
    }


def satellite_columns(seen: NetworkStatistics, *, scenario: Scenario, inputs: Inputs) -> Columns:
    """Return the columns of the satellites that came in reach, as many as did.

    in_reach, busy: shares of the span in which it could light a beam cell, and lit one; beams_used: on average
    while in reach; idle_beams: the rest of them; blocked: beam cells, on average while in reach, that got no beam
    and to which it was the best one.
    """
    here = np.flatnonzero(seen.reach_steps > 0)
    samples, reach = scenario.time.samples, seen.reach_steps[here]
    used = seen.beam_steps[here] / reach
    return {
        "satellite": np.array(inputs.constellation.name)[here],
        "norad_id": inputs.constellation.norad_id[here],
        "in_reach": reach / samples,
        "busy": seen.busy_steps[here] / samples,
        "beams_used": used,
        "idle_beams": _beams(scenario).beams_per_satellite - used,
        "blocked": seen.blocked[here] / reach,
    }


def spectral_efficiency(
    seen: NetworkStatistics, levels: HistogramBins, area_m2: NDArray[np.float64]
) -> dict[str, float]:
    """Return mean and quartiles of C/(I+N) in dB and of the CQI's bits per symbol, over area and time with a beam."""
    weight = (seen.c_in_bins * area_m2[:, None]).sum(axis=0)
    level_db = levels.c_n_low_db + (np.arange(len(weight)) + 0.5) / BINS_PER_DB
    efficiency = efficiency_bit_symbol(c_n_db=level_db)
    if weight.sum() == 0:
        return {}
    share = np.cumsum(weight) / weight.sum()
    found = {"efficiency_mean_bit_symbol": float(weight @ efficiency / weight.sum())}
    for percent in (5, 25, 50, 75, 95):
        at = int(np.searchsorted(share, percent / 100))
        found[f"c_in_p{percent:02d}_db"] = float(level_db[at])
        found[f"efficiency_p{percent:02d}_bit_symbol"] = float(efficiency[at])
    return found


def _beams(scenario: Scenario) -> Beams:
    assert scenario.beams is not None
    return scenario.beams


def _plan(inputs: Inputs) -> BeamPlan:
    assert inputs.beams is not None
    return inputs.beams

"""Levels and services of a network of hopping beams: RSRP, C/(I+N), C/I, shares of time, handovers and margins.

Levels and interference are sampled on steps of their own (`level_step_s`), at one point of each ground cell, which
changes from step to step; services, and the handovers of a phone with hysteresis, at the time steps, in its centre.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan
from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels.layout import PhoneTables
from d2c.coverage.kernels.link_curves import BINS_PER_DB, HistogramBins, KernelLink, curve_tables
from d2c.coverage.kernels.network_layout import (
    GroundPoints,
    LevelTables,
    ServiceNeeds,
)
from d2c.coverage.kernels.tiles import TiledCells
from d2c.coverage.network.association import (
    HEARD_ABOVE_DEG,
    AssociationSetup,
    association_setup,
)
from d2c.coverage.network.gamma import LOW_LOG2, PER_OCTAVE, gamma_quantiles
from d2c.coverage.network.ground import ground_points
from d2c.coverage.network.level_steps import LevelSteps
from d2c.coverage.windows import Window
from d2c.library.models import Requirement
from d2c.link.budget import RadioLink
from d2c.link.phones import cell_phones
from d2c.link.rate import cqi, rate_table, useful_symbols_per_s
from d2c.link.reference_signal import resource_element_activity, rsrp_dbm
from d2c.link.service import required_bit_rate_bit_s
from d2c.scenario import model
from d2c.units import from_db, to_db

LEAST_RSRP_DBM, LEAST_C_IN_DB = -128.0, -6.0  # to camp: Qrxlevmin and synchronisation, assumed
HYSTERESIS_DB, HANDOVER_STEP_S = 3.0, 30.0  # of a phone, assumed; beams are compared at steps so far apart
# Ranges of the histograms; the last bin of C/I includes cells without interference.
C_N_LOW_DB, C_N_HIGH_DB = -30.0, 60.0
C_IN_LOW_DB, C_IN_HIGH_DB = -30.0, 50.0
C_I_LOW_DB, C_I_HIGH_DB = -30.0, 60.0
QUANTILES = 8  # of the gamma distribution of the weaker interferers

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class HoppingNetwork:
    """A network of beams, the same for every window of a run; ground: cells in the order of the tiles.

    level_steps: the time steps at which levels are sampled; handover_every: time steps between those at which beams are
    compared for handovers.
    """

    association: AssociationSetup
    cells: TiledCells
    ground: GroundPoints
    tables: LevelTables
    phones: PhoneTables
    needs: ServiceNeeds
    level_steps: LevelSteps
    handover_every: int

    def lead_steps(self, window: Window) -> int:
        """Return how many steps before a window its levels and handovers begin."""
        if window.first == 0:
            return 0
        compared = (window.first - 1) // self.handover_every * self.handover_every
        return window.first - min(int(self.level_steps.step(self.level_steps.number(window.first))), compared)


def steps_between(interval_s: float, *, step_us: int) -> int:
    """Return the number of time steps nearest to an interval, at least one."""
    return max(round(interval_s * 1e6 / step_us), 1)


def level_steps(beams: model.Beams, *, step_us: int) -> LevelSteps:
    """Return the time steps at which levels are sampled: some of those at which handovers are counted."""
    return LevelSteps(
        steps_between(beams.level_step_s, step_us=step_us), steps_between(HANDOVER_STEP_S, step_us=step_us)
    )


def network_setup(
    plan: BeamPlan, inputs: Inputs, cells: TiledCells, link: KernelLink, bins: HistogramBins, *, step_us: int
) -> HoppingNetwork:
    """Return the setup of a network of beams that all windows share."""
    beams, radio, requirements = plan.beams, inputs.link, link.requirements
    down = [service.downlink for service in inputs.services.values()]
    up = [service.uplink for service in inputs.services.values()]
    return HoppingNetwork(
        association=association_setup(
            plan,
            link=radio,
            min_elevation_deg=link.min_elevation_deg,
            highest_m=inputs.highest_m,
        ),
        cells=cells,
        ground=_ground_points(cells, plan),
        tables=_level_tables(plan, radio, link, inputs),
        phones=link.phones,
        needs=ServiceNeeds(
            down_db=requirements.down_db.astype(np.float64),
            up_db=requirements.up_db.astype(np.float64),
            rate_db=_rates_db(down),
            up_rate_db=_rates_db(up),
            combined_db=_combined_db(down),
            up_combined_db=_combined_db(up),
            of_c_in=_carried_db(beam_rates_bit_s(beams, radio), C_IN_LOW_DB, C_IN_HIGH_DB).astype(np.float32),
            of_c_n=_carried_db(block_rates_bit_s(radio), C_N_LOW_DB, C_N_HIGH_DB).astype(np.float32),
            users_db=to_db(plan.users_at_once).astype(np.float32),
            shared=np.array([service.uplink is not None for service in inputs.services.values()]),
            receive_hops=beams.receive == "hopping",
            noise_rise=float(from_db(beams.noise_rise_db)),
            margin_low_db=np.array(bins.margin_low_db),
            margin_bins=bins.bins,
            bins_per_db=float(BINS_PER_DB),
            hysteresis=float(from_db(HYSTERESIS_DB)),
        ),
        level_steps=level_steps(beams, step_us=step_us),
        handover_every=steps_between(HANDOVER_STEP_S, step_us=step_us),
    )


def _ground_points(cells: TiledCells, plan: BeamPlan) -> GroundPoints:
    """Return the ground cells in the cell order of the coverage kernel, in tiles of their own."""
    order = cells.order
    variant, turn = (of_cell[order].astype(np.int32) for of_cell in cell_phones(cells.position_m))
    return ground_points(
        cells.part_first,
        centre_m=cells.position_m[order],
        centre_up=cells.up[order],
        point_m=plan.point_m[:, order],
        point_up=plan.point_up[:, order],
        candidates=plan.candidates[order],
        variant=variant,
        turn=turn,
    )


def _level_tables(plan: BeamPlan, radio: RadioLink, link: KernelLink, inputs: Inputs) -> LevelTables:
    beams = plan.beams
    colour = np.arange(beams.reuse * beams.polarisations)
    same = (colour % beams.reuse)[:, None] == colour % beams.reuse
    leak = np.where(colour[:, None] == colour, 1.0, float(from_db(-beams.cross_polarisation_db)))
    return LevelTables(
        table=curve_tables(radio, min_elevation_deg=min(link.min_elevation_deg, HEARD_ABOVE_DEG)),
        sin_heard=float(np.sin(np.radians(min(link.min_elevation_deg, HEARD_ABOVE_DEG)))),
        coupling=np.where(same, leak, 0.0).astype(np.float32),
        same=same.astype(np.float32),
        isolated=isolated_cells(plan),
        least_c_n=float(from_db(LEAST_RSRP_DBM - rsrp_dbm(radio.handset, c_n_db=0.0))),
        least_c_in=float(from_db(LEAST_C_IN_DB)),
        activity=resource_element_activity(beams.load),
        gamma=gamma_quantiles(QUANTILES),
        gamma_low=LOW_LOG2,
        gamma_per=float(PER_OCTAVE),
        c_n_low_db=C_N_LOW_DB,
        c_in_low_db=C_IN_LOW_DB,
        c_i_low_db=C_I_LOW_DB,
        bins_per_db=float(BINS_PER_DB),
        log2=link.tables.log2,
        allowed=link.requirements.allowed.astype(np.float64),
        aggregate=np.array([limit.scope == "aggregate" for limit in inputs.limits.values()], np.bool_),
    )


def isolated_cells(plan: BeamPlan) -> NDArray[np.int64]:
    """Return for each beam cell those of its colour nearer than the isolation distance, (B, K), -1 for none."""
    distance_m = plan.beams.isolation_km * 1e3
    if distance_m == 0:
        return np.zeros((len(plan), 0), np.int64)
    near = plan.lattice.within(distance_m)
    return np.where((near >= 0) & (plan.colour[near] == plan.colour[:, None]), near, -1)


def beam_rates_bit_s(beams: model.Beams, link: RadioLink) -> NDArray[np.int64]:
    """Return the bit rate of a beam below the first CQI and at each CQI, (16,), in whole bit/s.

    From the efficiency of TS 36.213, table 7.2.3-1, over the beam's part of the channel, less the overhead of
    TS 38.306.
    """
    return _rates_bit_s(link.payload.downlink.bandwidth_mhz.value * 1e6 / beams.reuse)


def block_rates_bit_s(link: RadioLink) -> NDArray[np.int64]:
    """Return the same of the bandwidth in which a handset sends; zero for a payload without an uplink."""
    return _rates_bit_s(link.payload.uplink.bandwidth_mhz.value * 1e6 if link.payload.uplink else 0.0)


def _rates_bit_s(bandwidth_hz: float) -> NDArray[np.int64]:
    efficiency = np.append(0.0, rate_table("cqi")["efficiency_bit_symbol"])
    return np.rint(efficiency * useful_symbols_per_s(bandwidth_hz)).astype(np.int64)


def _carried_db(rates_bit_s: NDArray[np.int64], low_db: float, high_db: float) -> Floats:
    """Return bit rates over 1 bit/s by the level, in bins from `low_db` on; minus 1,000 dB below the first CQI."""
    level_db = low_db + (np.arange(round((high_db - low_db) * BINS_PER_DB)) + 0.5) / BINS_PER_DB
    return np.asarray(to_db(np.maximum(rates_bit_s[cqi(level_db)], 1e-100)))


def _rates_db(requirements: Sequence[Requirement | None]) -> Floats:
    """Return the bit rates of one user in one direction, with all repetitions, of 1 bit/s; minus infinity for none."""
    rates = [required_bit_rate_bit_s(r) or 0.0 if r else 0.0 for r in requirements]
    with np.errstate(divide="ignore"):
        return np.asarray(to_db(np.array(rates))) + _combined_db(requirements)


def _combined_db(requirements: Sequence[Requirement | None]) -> Floats:
    """Return what combining all repetitions adds to the level in one direction."""
    return np.asarray(to_db(np.array([r.times_sent if r else 1 for r in requirements])))

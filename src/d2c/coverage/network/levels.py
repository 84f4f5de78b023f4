"""Levels and services of a network of hopping beams: RSRP, C/(I+N), C/I, shares of time, handovers and margins.

Levels and interference are sampled on steps of their own (`level_step_s`), at one point of each ground cell, which
changes from step to step; services, and the handovers of a phone with hysteresis, at the time steps, in its centre.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan
from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels._association import HoppingBeams
from d2c.coverage.kernels._interference import (
    SHARE_UNITS,
    TILE,
    GroundPoints,
    LevelTables,
    NetworkCounters,
    accumulate_levels,
)
from d2c.coverage.kernels._serving_beam import Handovers, ServiceNeeds, serve
from d2c.coverage.kernels.link_curves import BINS_PER_DB, HistogramBins, KernelLink, curve_tables
from d2c.coverage.kernels.tiles import TiledCells, to_grid_order
from d2c.coverage.network.association import (
    HEARD_ABOVE_DEG,
    AssociationSetup,
    association_setup,
    hopping_beams,
)
from d2c.coverage.network.gamma import LOW_LOG2, PER_OCTAVE, gamma_quantiles
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.windows import Window
from d2c.link.budget import RadioLink
from d2c.link.rate import NR_OVERHEAD, SYMBOLS_PER_S_HZ, rate_table
from d2c.link.reference_signal import resource_element_activity, rsrp_dbm
from d2c.scenario import model
from d2c.units import from_db

LEAST_RSRP_DBM, LEAST_C_IN_DB = -128.0, -6.0  # to camp: Qrxlevmin and synchronisation, assumed
HYSTERESIS_DB, HANDOVER_STEP_S = 3.0, 30.0  # of a phone, assumed; beams are compared at steps so far apart
# Ranges of the histograms; the last bin of C/I includes cells without interference.
C_N_LOW_DB, C_N_HIGH_DB = -30.0, 60.0
C_IN_LOW_DB, C_IN_HIGH_DB = -30.0, 50.0
C_I_LOW_DB, C_I_HIGH_DB = -30.0, 60.0
QUANTILES = 8  # of the gamma distribution of the weaker interferers
_STEPS_BYTES = 32_000_000  # of the beams of the steps in memory at once
_BEAM_BYTES = 100  # of one beam at one step

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class HoppingNetwork:
    """A network of beams, the same for every window of a run; ground: cells in the order of the tiles.

    level_every, handover_every: time steps between two samples of levels, and of the beams compared for handovers.
    """

    association: AssociationSetup
    cells: TiledCells
    ground: GroundPoints
    tables: LevelTables
    needs: ServiceNeeds
    level_every: int
    handover_every: int

    def lead_steps(self, window: Window) -> int:
        """Return how many steps before a window its levels and handovers begin."""
        if window.first == 0:
            return 0
        compared = (window.first - 1) // self.handover_every * self.handover_every
        return window.first - min(window.first // self.level_every * self.level_every, compared)


def steps_between(interval_s: float, *, step_us: int) -> int:
    """Return the number of time steps nearest to an interval, at least one."""
    return max(round(interval_s * 1e6 / step_us), 1)


def network_setup(
    plan: BeamPlan, inputs: Inputs, cells: TiledCells, link: KernelLink, bins: HistogramBins, *, step_us: int
) -> HoppingNetwork:
    """Return the setup of a network of beams that all windows share."""
    beams, radio, requirements = plan.beams, inputs.link, link.requirements
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
        needs=ServiceNeeds(
            down_db=requirements.down_db.astype(np.float64),
            up_db=requirements.up_db.astype(np.float64),
            noise_rise=float(from_db(beams.noise_rise_db)),
            margin_low_db=np.array(bins.margin_low_db),
            margin_bins=bins.bins,
            bins_per_db=float(BINS_PER_DB),
            hysteresis=float(from_db(HYSTERESIS_DB)),
        ),
        level_every=steps_between(beams.level_step_s, step_us=step_us),
        handover_every=steps_between(HANDOVER_STEP_S, step_us=step_us),
    )


def _ground_points(cells: TiledCells, plan: BeamPlan) -> GroundPoints:
    """Return the ground cells in tiles of 64, in the cell order of the coverage kernel."""
    order = cells.order
    return GroundPoints(
        np.append(np.arange(0, len(order), TILE), len(order)),
        cells.position_m[order],
        cells.up[order],
        np.ascontiguousarray(plan.point_m[:, order]),
        np.ascontiguousarray(plan.point_up[:, order]),
        plan.candidates[order],
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
    bandwidth_hz = link.payload.downlink.bandwidth_mhz.value * 1e6 / beams.reuse
    symbols_per_s = bandwidth_hz * SYMBOLS_PER_S_HZ * (1.0 - NR_OVERHEAD["downlink"])
    efficiency = np.append(0.0, rate_table("cqi")["efficiency_bit_symbol"])
    return np.rint(efficiency * symbols_per_s).astype(np.int64)


class NetworkSteps(NamedTuple):
    """Some steps of a window: `first` within it, margins (V, T, G) in the order of the tiles, and their beams."""

    first: int
    margin_db: NDArray[np.float32]


class NetworkWindow:
    """A window of a network while its steps are counted, a few at a time."""

    def __init__(self, network: HoppingNetwork, window: Window, *, satellites: int) -> None:
        """Begin with counters of zero."""
        self._network, self._window = network, window
        self._lead = network.lead_steps(window)
        size, cells = len(network.ground.candidates), len(network.association.cells.weight)
        bins = {
            "c_n": _bins(C_N_LOW_DB, C_N_HIGH_DB),
            "c_in": _bins(C_IN_LOW_DB, C_IN_HIGH_DB),
            "c_i": _bins(C_I_LOW_DB, C_I_HIGH_DB),
        }
        self.counters = NetworkCounters(
            camped=np.zeros(size, np.int32),
            c_n_bins=np.zeros((size, bins["c_n"]), np.int32),
            c_in_bins=np.zeros((size, bins["c_in"]), np.int64),
            data_bins=np.zeros((size, bins["c_in"]), np.int64),
            c_i_bins=np.zeros((size, bins["c_i"]), np.int64),
            share_sum=np.zeros(size, np.int64),
            lit_sum=np.zeros(size, np.int64),
            pfd_max=np.zeros(size),
            pfd_over_limit=np.zeros((len(network.tables.allowed), size)),
        )
        none = np.full(size, -1, np.int64)
        self._handovers = Handovers(none, none.copy(), np.zeros(size, np.int32))
        self._held = np.zeros((1, size), np.float32)
        self._cell_served = np.zeros(cells, np.int32)
        self._cell_share, self._cell_lit = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
        self._serving_steps, self._cell_steps = np.zeros(satellites, np.int64), np.zeros(satellites, np.int64)
        self._alight_sum = np.zeros(satellites, np.int64)
        self._alight: list[Floats] = []
        self._unserved: list[NDArray[np.int32]] = []

    def steps(self, position_m: Floats) -> Iterator[NetworkSteps]:
        """Count the steps of position_m (lead + T, S, 3), and yield the margins of those of the window."""
        network = self._network
        cells = len(network.association.cells.weight)
        length = max(_STEPS_BYTES // (_BEAM_BYTES * cells), 1)
        begin = self._window.first - self._lead
        for at in range(0, len(position_m), length):
            part = position_m[at : at + length]
            step = begin + at + np.arange(len(part))
            margin_db = self._count(part, step)
            inside = step >= self._window.first
            if inside.any():
                yield NetworkSteps(int(step[inside][0]) - self._window.first, margin_db[:, inside])

    def _count(self, position_m: Floats, step: NDArray[np.int64]) -> NDArray[np.float32]:
        network, tables = self._network, self._network.tables
        inside = step >= self._window.first
        _, beams = hopping_beams(position_m, network.association)
        level = step % network.level_every == 0
        rows = np.flatnonzero(level)
        held = np.zeros((len(rows), self._held.shape[1]), np.float32)
        pattern = network.association.pattern
        if rows.size:
            accumulate_levels(
                network.ground,
                position_m[rows],
                steps_of(beams, rows),
                pattern,
                tables,
                step[rows] // network.level_every,
                inside[rows],
                self.counters,
                held,
            )
        held = np.concatenate([self._held, held])
        margin_db = np.zeros((network.needs.down_db.size, len(step), held.shape[1]), np.float32)
        serve(
            network.ground,
            position_m,
            beams,
            pattern,
            tables,
            network.needs,
            np.cumsum(level),
            held,
            step % network.handover_every == 0,
            inside,
            self._handovers,
            margin_db,
        )
        self._held = held[-1:]
        self._count_beams(beams, inside)
        return margin_db

    def _count_beams(self, beams: HoppingBeams, inside: NDArray[np.bool_]) -> None:
        """Count cells and satellites over the steps of the window."""
        weight = self._network.association.cells.weight
        for t in np.flatnonzero(inside).tolist():
            serving = int(beams.satellites[t])
            number = int(beams.first[t, serving])
            cell, lit = beams.cell[t, :number], beams.lit[t, :number]
            self._cell_served[cell] += 1
            self._cell_share[cell] += _units(beams.share[t, :number])
            self._cell_lit[cell] += _units(lit)
            satellite = beams.satellite[t, :serving]
            self._serving_steps[satellite] += 1
            self._cell_steps[satellite] += np.diff(beams.first[t, : serving + 1])
            self._alight_sum[satellite] += _units(beams.alight[t, :serving])
            self._alight.append(np.array([float(_units(lit).sum()) / SHARE_UNITS]))
            self._unserved.append(np.array([np.count_nonzero(weight >= 0) - number], np.int32))

    def statistics(self) -> NetworkStatistics:
        """Return the statistics of the window after all its steps."""
        order, counters = self._network.cells.order, self.counters
        return NetworkStatistics(
            camped=to_grid_order(counters.camped, order),
            c_n_bins=to_grid_order(counters.c_n_bins, order, axis=-2),
            c_in_bins=to_grid_order(counters.c_in_bins, order, axis=-2),
            data_bins=to_grid_order(counters.data_bins, order, axis=-2),
            c_i_bins=to_grid_order(counters.c_i_bins, order, axis=-2),
            share_sum=to_grid_order(counters.share_sum, order),
            lit_sum=to_grid_order(counters.lit_sum, order),
            pfd_max=to_grid_order(counters.pfd_max, order),
            handovers=to_grid_order(self._handovers.number, order),
            cell_served=self._cell_served,
            cell_share=self._cell_share,
            cell_lit=self._cell_lit,
            serving_steps=self._serving_steps,
            cell_steps=self._cell_steps,
            alight_sum=self._alight_sum,
            alight_beams=np.concatenate(self._alight),
            unserved_cells=np.concatenate(self._unserved),
        )


def steps_of(beams: HoppingBeams, rows: NDArray[np.int64]) -> HoppingBeams:
    """Return the beams of some of the steps."""
    of_steps = {name: values[rows] for name, values in beams._asdict().items() if name != "colour"}
    return HoppingBeams(**of_steps, colour=beams.colour)


def _bins(low_db: float, high_db: float) -> int:
    return round((high_db - low_db) * BINS_PER_DB)


def _units(share: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    return np.rint(share.astype(np.float64) * SHARE_UNITS).astype(np.int64)

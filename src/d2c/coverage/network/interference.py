"""Downlink interference from all active beams of a network at each ground cell: C/(I+N) and service margins."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan
from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels._assignment import Assignments
from d2c.coverage.kernels._interference import (
    ActiveBeams,
    GroundCells,
    InterferenceTables,
    NetworkCounters,
    NetworkRequirements,
    accumulate_network,
)
from d2c.coverage.kernels.link_curves import BINS_PER_DB, HistogramBins, KernelLink
from d2c.coverage.kernels.tiles import TiledCells, to_grid_order
from d2c.coverage.network.assignment import BeamAssignmentSetup, active_beams, assign_beams, assignment_setup
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.windows import Window
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.rate import NR_OVERHEAD, SYMBOLS_PER_S_HZ, rate_table
from d2c.link.terminal import off_axis_loss_db
from d2c.scenario import model
from d2c.units import from_db

C_I_LOW_DB, C_I_HIGH_DB = (
    -30.0,
    60.0,
)  # range of the histogram; its last bin includes cells without interference
_WIDEST = np.sqrt(2.0)  # chord of 90 deg off axis, the limit of the antenna patterns
_CHORDS = 131_072  # error between two points 5e-7 dB for a 4 deg beam, 12 dB down its main lobe
_TILE = 64  # ground cells processed together
_MARGIN_BYTES = 32_000_000  # of the margins in memory at once

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class LoadedNetwork:
    """A network of beams, the same for every window of a run; ground: cells in the order of the tiles."""

    assignment: BeamAssignmentSetup
    cells: TiledCells
    link: KernelLink
    ground: GroundCells
    tables: InterferenceTables
    requirements: NetworkRequirements


class AssignedBeams(NamedTuple):
    """The active beams of a window: position_m (T, S, 3) and server (T, C) of its steps, and their assignment."""

    position_m: Floats
    server: NDArray[np.int32]
    beams: ActiveBeams
    assignments: Assignments
    lead: int


def network_setup(
    plan: BeamPlan, inputs: Inputs, cells: TiledCells, link: KernelLink, bins: HistogramBins, *, step_us: int
) -> LoadedNetwork:
    """Return the setup of a network of beams that all windows share."""
    beams, requirements = plan.beams, link.requirements
    return LoadedNetwork(
        assignment=assignment_setup(
            plan, link=inputs.link, step_us=step_us, min_elevation_deg=link.min_elevation_deg
        ),
        cells=cells,
        link=link,
        ground=_ground_cells(cells, plan),
        tables=_interference_tables(beams, inputs.link, link),
        requirements=NetworkRequirements(
            sin_mask=float(np.sin(np.radians(link.min_elevation_deg))),
            down_db=requirements.down_db.astype(np.float64),
            up_db=requirements.up_db.astype(np.float64),
            c_in_low_db=bins.c_n_low_db,
            c_i_low_db=C_I_LOW_DB,
            margin_low_db=np.array(bins.margin_low_db),
            margin_bins=bins.bins,
            bins_per_db=float(BINS_PER_DB),
            threshold_db=rate_table("cqi_thresholds")["c_n_db"].astype(np.float64),
            rate_bit_s=beam_rates_bit_s(beams, inputs.link),
            allowed=requirements.allowed,
            aggregate=np.array([limit.scope == "aggregate" for limit in inputs.limits.values()], np.bool_),
        ),
    )


def beam_rates_bit_s(beams: model.Beams, link: RadioLink) -> NDArray[np.int64]:
    """Return the bit rate of a beam below the first CQI and at each CQI, (16,), in whole bit/s.

    From the efficiency of TS 36.213, table 7.2.3-1, over the beam's part of the channel, less the overhead of
    TS 38.306.
    """
    bandwidth_hz = link.payload.downlink.bandwidth_mhz.value * 1e6 / beams.reuse
    symbols_per_s = bandwidth_hz * SYMBOLS_PER_S_HZ * (1.0 - NR_OVERHEAD["downlink"])
    efficiency = np.append(0.0, rate_table("cqi")["efficiency_bit_symbol"])
    return np.rint(efficiency * symbols_per_s).astype(np.int64)


def _ground_cells(cells: TiledCells, plan: BeamPlan) -> GroundCells:
    """Return the ground cells in tiles of 64, in the cell order of the coverage kernel."""
    order = cells.order
    return GroundCells(
        np.append(np.arange(0, len(order), _TILE), len(order)),
        cells.position_m[order],
        cells.up[order],
        plan.cell[order],
    )


def _interference_tables(beams: model.Beams, link: RadioLink, kernel_link: KernelLink) -> InterferenceTables:
    colour = np.arange(beams.reuse * beams.polarisations)
    frequency = colour % beams.reuse
    coupling = np.where(colour[:, None] == colour, 1.0, float(from_db(-beams.cross_polarisation_db)))
    return InterferenceTables(
        gain=_gain(link, link.payload.downlink),
        gain_up=_gain(link, link.payload.uplink or link.payload.downlink),
        per_chord=_CHORDS / _WIDEST,
        table=kernel_link.tables.table[0],
        coupling=np.where(frequency[:, None] == frequency, coupling, 0.0),
        frequency=frequency.astype(np.int64),
        load=beams.load,
        noise_rise=float(from_db(beams.noise_rise_db)),
    )


def _gain(link: RadioLink, band: models.Downlink | models.Uplink) -> Floats:
    """Return the relative gain of a beam in a band by chord; beyond 90 deg off axis the value at 90 deg."""
    chord = np.arange(2 * _CHORDS) * _WIDEST / _CHORDS  # to beyond 2, the longest chord of unit vectors
    off_axis_deg = np.degrees(2 * np.arcsin(np.minimum(chord / 2, _WIDEST / 2)))
    loss_db = off_axis_loss_db(
        link.payload.beam,
        off_axis_deg=np.minimum(off_axis_deg, 90.0),
        frequency_hz=band.frequency_mhz.value * 1e6,
    )
    return np.asarray(from_db(-loss_db))


def assign_window(position_m: Floats, network: LoadedNetwork, window: Window) -> AssignedBeams:
    """Assign the beams of a window; position_m begins `network.assignment.lead_steps(window)` steps before it."""
    assignments = assign_beams(position_m, network.assignment, network.link, window)
    lead = network.assignment.lead_steps(window)
    server, position_m = assignments.server[lead:], position_m[lead:]
    beams = active_beams(server, position_m, network.assignment, network.link)
    return AssignedBeams(position_m, server, beams, assignments, lead)


def network_counters(network: LoadedNetwork) -> NetworkCounters:
    """Return the counters before the first step, all zero."""
    cells, bins = len(network.ground.cell), network.requirements.margin_bins
    c_i_bins = round((C_I_HIGH_DB - C_I_LOW_DB) * BINS_PER_DB)
    return NetworkCounters(
        active_samples=np.zeros(cells, np.int32),
        c_in_bins=np.zeros((cells, bins), np.int32),
        c_i_bins=np.zeros((cells, c_i_bins), np.int32),
        rate_sum=np.zeros(cells, np.int64),
        pfd_max=np.zeros(cells),
        pfd_over_limit=np.zeros((len(network.requirements.allowed), cells)),
    )


def network_margins(
    network: LoadedNetwork, assigned: AssignedBeams, counters: NetworkCounters
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Count the levels of a window and yield the margins of its services, a few steps at a time.

    Each item is the first of these steps within the window, and margins (V, T, G) in the order of the tiles from
    `accumulate_network`.
    """
    services, cells = network.requirements.down_db.size, len(network.ground.cell)
    steps = len(assigned.position_m)
    length = max(_MARGIN_BYTES // (4 * services * cells), 1)
    for first in range(0, steps, length):
        part = slice(first, min(first + length, steps))
        beams = assigned.beams._replace(first=assigned.beams.first[part.start : part.stop + 1])
        margin_db = np.empty((services, part.stop - part.start, cells), np.float32)
        accumulate_network(
            network.ground,
            assigned.position_m[part],
            beams,
            network.tables,
            network.requirements,
            counters,
            margin_db,
        )
        yield first, margin_db


def network_statistics(
    network: LoadedNetwork, assigned: AssignedBeams, counters: NetworkCounters
) -> NetworkStatistics:
    """Return the statistics of a window after all items of `network_margins`."""
    order, beams, server = network.cells.order, assigned.beams, assigned.server
    assignments = assigned.assignments
    satellites = assigned.position_m.shape[1]
    step = np.repeat(np.arange(len(server)), np.diff(beams.first))
    busy = np.unique(step * satellites + beams.satellite) % satellites
    return NetworkStatistics(
        active_samples=to_grid_order(counters.active_samples, order),
        c_in_bins=to_grid_order(counters.c_in_bins, order, axis=-2),
        c_i_bins=to_grid_order(counters.c_i_bins, order, axis=-2),
        rate_sum=to_grid_order(counters.rate_sum, order),
        pfd_max=to_grid_order(counters.pfd_max, order),
        cell_active=(server >= 0).sum(axis=0, dtype=np.int32),
        cell_blocked=assignments.cell_blocked.sum(axis=0, dtype=np.int32),
        handovers=assignments.handovers.sum(axis=0, dtype=np.int32),
        beam_steps=np.bincount(beams.satellite, minlength=satellites).astype(np.int64),
        busy_steps=np.bincount(busy, minlength=satellites).astype(np.int64),
        reach_steps=assignments.in_reach.sum(axis=0, dtype=np.int64),
        blocked=assignments.satellite_blocked.sum(axis=0, dtype=np.int64),
        active_beams=np.diff(beams.first).astype(np.int32),
        blocked_cells=assignments.blocked[assigned.lead :].copy(),
    )

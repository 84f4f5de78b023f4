"""What all beams together do to each ground cell: C/(I+N), and the statistics of services that rest on it."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
from d2c.coverage.statistics.coverage import CoverageStatistics, Frames, Timeline
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.windows import FrameClock, Window, frame_ends
from d2c.library import models as systems
from d2c.link.budget import RadioLink
from d2c.link.rate import NR_OVERHEAD, SYMBOLS_PER_S_HZ, rate_table
from d2c.link.terminal import off_axis_loss_db
from d2c.scenario import model
from d2c.units import from_db

C_I_LOW_DB, C_I_HIGH_DB = -30.0, 60.0  # what is above counts as free of interference
_WIDEST = np.sqrt(2.0)  # the chord of 90 deg off the axis, as far as patterns hold
_CHORDS = 131_072  # between two of them a beam of 4 deg is 5e-7 dB off, 12 dB down its slope
_TILE = 64  # ground cells that are done together

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class LoadedNetwork:
    """A loaded network as a window needs it; what changes from window to window is added there.

    ground: cells in the order of the tiles; wanted: without frames; bins: of C/(I+N) and margins.
    """

    field: BeamAssignmentSetup
    ground: GroundCells
    air: InterferenceTables
    wanted: NetworkRequirements
    bins: int


class NetworkWindow(NamedTuple):
    """What a window of a loaded network gave, the services counted over C/(I+N)."""

    statistics: CoverageStatistics
    timeline: Timeline
    frames: Frames
    beams: NetworkStatistics


def network_setup(
    beams: model.Beams,
    inputs: Inputs,
    field: TiledCells,
    radio: KernelLink,
    levels: HistogramBins,
    *,
    step_us: int,
) -> LoadedNetwork:
    """Return what the windows of a loaded network have in common."""
    plan, link = inputs.beams, inputs.link
    assert plan is not None  # a scenario with beams has a plan
    demands = radio.requirements
    return LoadedNetwork(
        field=assignment_setup(
            plan, beams, link=link, step_us=step_us, min_elevation_deg=radio.min_elevation_deg
        ),
        ground=_ground(inputs, field, plan),
        air=_air(beams, link, radio),
        wanted=NetworkRequirements(
            sin_mask=float(np.sin(np.radians(radio.min_elevation_deg))),
            down_db=demands.down_db.astype(np.float64),
            up_db=demands.up_db.astype(np.float64),
            c_in_low_db=levels.c_n_low_db,
            c_i_low_db=C_I_LOW_DB,
            margin_low_db=np.array(levels.margin_low_db),
            bins_per_db=float(BINS_PER_DB),
            gap_edges=demands.gap_edges,
            threshold_db=rate_table("cqi_thresholds")["c_n_db"].astype(np.float64),
            rate_bit_s=beam_rates_bit_s(beams, link),
            allowed=demands.allowed,
            aggregate=np.array([limit.scope == "aggregate" for limit in inputs.limits.values()], np.bool_),
            frame_end=np.zeros(0, np.int64),
        ),
        bins=levels.bins,
    )


def beam_rates_bit_s(beams: model.Beams, link: RadioLink) -> NDArray[np.int64]:
    """Return what a beam carries below the first CQI and from each one on, (16,), in whole bit/s.

    By the efficiency of TS 36.213, table 7.2.3-1, in the beam's part of the channel, less the overhead of TS 38.306.
    """
    bandwidth_hz = link.payload.downlink.bandwidth_mhz.value * 1e6 / beams.reuse
    symbols_per_s = bandwidth_hz * SYMBOLS_PER_S_HZ * (1.0 - NR_OVERHEAD["downlink"])
    efficiency = np.append(0.0, rate_table("cqi")["efficiency_bit_symbol"])
    return np.rint(efficiency * symbols_per_s).astype(np.int64)


def _ground(inputs: Inputs, field: TiledCells, plan: BeamPlan) -> GroundCells:
    """Return the ground cells in tiles, in the order of the plain kernel's."""
    order = field.order
    return GroundCells(
        np.append(np.arange(0, len(order), _TILE), len(order)),
        field.position_m[order],
        field.up[order],
        plan.cell[order],
        np.rint(inputs.grid.area_m2[order]).astype(np.int64),
    )


def _air(beams: model.Beams, link: RadioLink, radio: KernelLink) -> InterferenceTables:
    colour = np.arange(beams.reuse * beams.polarisations)
    frequency = colour % beams.reuse
    leaks = np.where(colour[:, None] == colour, 1.0, float(from_db(-beams.cross_polarisation_db)))
    return InterferenceTables(
        gain=_gain(link, link.payload.downlink),
        gain_up=_gain(link, link.payload.uplink or link.payload.downlink),
        per_chord=_CHORDS / _WIDEST,
        table=radio.tables.table[0],
        coupling=np.where(frequency[:, None] == frequency, leaks, 0.0),
        frequency=frequency.astype(np.int64),
        load=beams.load,
        noise_rise=float(from_db(beams.noise_rise_db)),
    )


def _gain(link: RadioLink, band: systems.Downlink | systems.Uplink) -> Floats:
    """Return the pattern of a beam in a band by the chord; from 90 deg off its axis on, what it is there."""
    chord = np.arange(2 * _CHORDS) * _WIDEST / _CHORDS  # beyond 2, which is as far as unit vectors get
    off_axis_deg = np.degrees(2 * np.arcsin(np.minimum(chord / 2, _WIDEST / 2)))
    loss_db = off_axis_loss_db(
        link.payload.beam,
        off_axis_deg=np.minimum(off_axis_deg, 90.0),
        frequency_hz=band.frequency_mhz.value * 1e6,
    )
    return np.asarray(from_db(-loss_db))


def process_network(
    position_m: Floats,
    load: LoadedNetwork,
    field: TiledCells,
    radio: KernelLink,
    window: Window,
    plain: tuple[CoverageStatistics, Timeline, Frames],
    *,
    clock: FrameClock | None,
) -> NetworkWindow:
    """Return what the cells got of a loaded network; position_m begins `load.field.before(window)` steps early.

    plain: what they saw and heard over noise alone; what stands there of the services is replaced.
    """
    found = assign_beams(position_m, load.field, radio, window)
    before = load.field.before(window)
    server, inside = found.server[before:], position_m[before:]
    beams = active_beams(server, inside, load.field, radio)
    frame_end, _ = frame_ends(window, clock)
    counters = _counters(load, frames=int(frame_end.max()) + 1, steps=window.count)
    accumulate_network(
        load.ground, inside, beams, load.air, load.wanted._replace(frame_end=frame_end), counters
    )
    statistics, timeline, frames = plain
    served = to_grid_order(counters.frame_served, field.order)
    return NetworkWindow(
        _served(statistics, counters, field.order),
        replace(
            timeline,
            served_cells=counters.served_cells.sum(axis=0),
            served_m2=counters.served_m2.sum(axis=0),
        ),
        replace(frames, served=np.diff(served, axis=0, prepend=np.int32(0))),
        _beam_statistics(
            counters, found, beams, server, field, satellites=position_m.shape[1], before=before
        ),
    )


def _counters(load: LoadedNetwork, *, frames: int, steps: int) -> NetworkCounters:
    cells, services = len(load.ground.cell), load.wanted.down_db.size
    limits, gap_bins = len(load.wanted.allowed), load.wanted.gap_edges.size
    c_i_bins = round((C_I_HIGH_DB - C_I_LOW_DB) * BINS_PER_DB)
    by_service = (services, cells)
    tiles = len(load.ground.first) - 1
    return NetworkCounters(
        lit=np.zeros(cells, np.int32),
        c_in_bins=np.zeros((cells, load.bins), np.int32),
        c_i_bins=np.zeros((cells, c_i_bins), np.int32),
        rate_sum=np.zeros(cells, np.int64),
        pfd_max=np.zeros(cells),
        pfd_over_limit=np.zeros((limits, cells)),
        served=np.zeros(by_service, np.int32),
        leading_gap=np.zeros(by_service, np.int32),
        trailing_gap=np.zeros(by_service, np.int32),
        longest_gap=np.zeros(by_service, np.int32),
        gap_squared_sum=np.zeros(by_service, np.int64),
        gap_count=np.zeros((*by_service, gap_bins), np.int32),
        gap_steps=np.zeros((*by_service, gap_bins), np.int32),
        margin_bins=np.zeros((*by_service, load.bins), np.int32),
        served_cells=np.zeros((tiles, steps, services), np.int64),
        served_m2=np.zeros((tiles, steps, services), np.int64),
        frame_served=np.zeros((frames, *by_service), np.int32),
    )


def _served(
    plain: CoverageStatistics, counters: NetworkCounters, order: NDArray[np.int64]
) -> CoverageStatistics:
    """Return the statistics with the services, and the limits, as the loaded network leaves them."""

    def of(name: str, axis: int = -1) -> NDArray[Any]:
        return to_grid_order(getattr(counters, name), order, axis=axis)

    served = of("served")
    return replace(
        plain,
        served=served,
        leading_gap=np.where(served > 0, of("leading_gap"), np.int32(plain.samples)),
        trailing_gap=of("trailing_gap"),
        longest_gap=of("longest_gap"),
        gap_squared_sum=of("gap_squared_sum"),
        gap_count=of("gap_count", -2),
        gap_steps=of("gap_steps", -2),
        margin_bins=of("margin_bins", -2),
        pfd_over_limit=of("pfd_over_limit").astype(np.float32),
    )


def _beam_statistics(
    counters: NetworkCounters,
    found: Assignments,
    beams: ActiveBeams,
    server: NDArray[np.int32],
    field: TiledCells,
    *,
    satellites: int,
    before: int,
) -> NetworkStatistics:
    step = np.repeat(np.arange(len(server)), np.diff(beams.first))
    busy = np.unique(step * satellites + beams.satellite) % satellites
    return NetworkStatistics(
        lit=to_grid_order(counters.lit, field.order),
        c_in_bins=to_grid_order(counters.c_in_bins, field.order, axis=-2),
        c_i_bins=to_grid_order(counters.c_i_bins, field.order, axis=-2),
        rate_sum=to_grid_order(counters.rate_sum, field.order),
        pfd_max=to_grid_order(counters.pfd_max, field.order),
        cell_lit=(server >= 0).sum(axis=0, dtype=np.int32),
        cell_blocked=found.cell_blocked.sum(axis=0, dtype=np.int32),
        handovers=found.handovers.sum(axis=0, dtype=np.int32),
        beam_steps=np.bincount(beams.satellite, minlength=satellites).astype(np.int64),
        busy_steps=np.bincount(busy, minlength=satellites).astype(np.int64),
        reach_steps=found.in_reach.sum(axis=0, dtype=np.int64),
        blocked=found.satellite_blocked.sum(axis=0, dtype=np.int64),
        active=np.diff(beams.first).astype(np.int32),
        blocked_cells=found.blocked[before:].copy(),
    )

"""Assignment of satellite beams to beam cells at each step of a loaded network.

At each step the beam cells with the longest weighted wait are assigned first; each takes the best satellite that still
has a free beam, and keeps its satellite until another is better by the handover margin. Where beams are too few, the
cells thus take turns, step by step.

The assignment depends on the steps before, so the span is divided into periods of an hour. Each is assigned from ten
minutes before it (about the length of a pass), with no cell served and another cell first in rank. Periods do not
depend on windows: any division into windows gives the same bits, on any machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan
from d2c.coverage.kernels._assignment import (
    AssignmentPeriods,
    AssignmentRules,
    Assignments,
    BeamCells,
    assign,
)
from d2c.coverage.kernels._interference import ActiveBeams
from d2c.coverage.kernels.in_range import reach_rad, satellites_in_range
from d2c.coverage.kernels.layout import UPLINK_BY_OFF_NADIR
from d2c.coverage.kernels.link_curves import KernelLink
from d2c.coverage.kernels.tiles import span_rad
from d2c.coverage.windows import Window
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles
from d2c.link.terminal import beam_loss_db
from d2c.units import from_db

PERIOD_US, LEAD_US = 3_600_000_000, 600_000_000
_GOLDEN = 0.6180339887498949  # the fraction of a turn whose multiples spread most evenly

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamAssignmentSetup:
    """Beam cells and assignment rules, the same for every window.

    axis (3,), span_rad: a cone from the Earth's centre that holds all beam cells; period, lead: steps of a
    period and of the lead-in before it; full_power: beams that a satellite can feed at full power.
    """

    cells: BeamCells
    rules: AssignmentRules
    axis: Floats
    span_rad: float
    period: int
    lead: int
    full_power: int
    link: RadioLink

    def lead_steps(self, window: Window) -> int:
        """Return the number of steps by which the assignment begins before a window."""
        begin = max(window.first // self.period * self.period - self.lead, 0)
        return window.first - begin


def assignment_setup(
    plan: BeamPlan, *, link: RadioLink, step_us: int, min_elevation_deg: float
) -> BeamAssignmentSetup:
    """Return the setup of the beam assignment; satellites serve down to the scenario's elevation mask."""
    beams = plan.beams
    centre_m = plan.grid.position_m.mean(axis=0)
    axis = centre_m / np.linalg.norm(centre_m)
    rules = AssignmentRules(
        beams=beams.beams_per_satellite,
        cos_scan=float(np.cos(np.radians(beams.max_scan_deg))),
        sin_mask=float(np.sin(np.radians(min_elevation_deg))),
        handover=float(from_db(beams.handover_margin_db)),
        isolation_m2=(beams.isolation_km * 1e3) ** 2,
    )
    return BeamAssignmentSetup(
        cells=plan.kernel_cells(),
        rules=rules,
        axis=axis,
        span_rad=span_rad(plan.grid.position_m, axis),
        period=max(PERIOD_US // step_us, 1),
        lead=-(-LEAD_US // step_us),
        full_power=beams.full_power_beams or beams.beams_per_satellite,
        link=link,
    )


def assign_beams(
    position_m: Floats, setup: BeamAssignmentSetup, link: KernelLink, window: Window
) -> Assignments:
    """Assign beams in a window; position_m (rows, S, 3) begins `setup.lead_steps(window)` steps before it.

    Of the arrays by row only the window's rows are filled; those by period count the window's steps only.
    """
    rows, satellites, _ = position_m.shape
    begin = window.first - setup.lead_steps(window)
    starts = np.arange(window.first // setup.period * setup.period, window.first + window.count, setup.period)
    size, count = setup.cells.weight.size, len(starts)
    periods = AssignmentPeriods(
        np.maximum(starts - setup.lead, 0) - begin,
        np.maximum(starts, window.first) - begin,
        np.minimum(starts + setup.period, window.first + window.count) - begin,
        np.floor(starts // setup.period * _GOLDEN % 1 * size).astype(np.int64),
    )
    reach = reach_rad(position_m, link.min_elevation_deg)
    in_range = satellites_in_range(position_m, reach, axis=setup.axis, span_rad=setup.span_rad)
    assignments = Assignments(
        np.full((rows, size), -1, np.int32),
        np.zeros(rows, np.int32),
        np.zeros((count, size), np.int32),
        np.zeros((count, size), np.int32),
        np.zeros((count, satellites), np.int32),
        np.zeros((count, satellites), np.int32),
    )
    tables = link.tables
    assign(
        position_m,
        *in_range,
        setup.cells,
        tables.table[0],
        float(tables.cap[0]),
        setup.rules,
        periods,
        assignments,
    )
    return assignments


def active_beams(
    server: NDArray[np.int32], position_m: Floats, setup: BeamAssignmentSetup, link: KernelLink
) -> ActiveBeams:
    """Return the active beams of a window's steps; server (T, B), position_m (T, S, 3).

    The EIRP density on the axis is that of the payload less the scan loss, times the beam's share of the satellite's
    power, limited to the PFD cap at the beam centre.
    """
    step, cell = np.nonzero(server >= 0)
    satellite = server[step, cell].astype(np.int64)
    order = np.lexsort((cell, satellite, step))
    step, cell, satellite = step[order], cell[order], satellite[order]
    at = position_m[step, satellite]
    look = look_angles(at, handset_m=setup.cells.position_m[cell], up=setup.cells.up[cell])
    toward = setup.cells.position_m[cell] - at
    down = setup.link.payload.downlink
    frequency_hz = down.frequency_mhz.value * 1e6
    loss_db = beam_loss_db(
        setup.link.payload.beam, off_nadir_deg=look.off_nadir_deg, frequency_hz=frequency_hz
    )
    density = from_db(down.eirp_density_dbw_mhz.value - loss_db) / (4 * np.pi)
    used = _beams_of_satellite(step, satellite, satellites=position_m.shape[1])
    share = np.minimum(setup.full_power / used, 1.0)
    cap = float(link.tables.cap[0])
    return ActiveBeams(
        first=np.searchsorted(step, np.arange(len(server) + 1)).astype(np.int64),
        satellite=satellite,
        cell=cell.astype(np.int64),
        colour=setup.cells.colour[cell],
        toward=toward / look.slant_range_m[:, None],
        strength=np.minimum(density * share, cap * look.slant_range_m**2),
        send=_uplink_c_n_by_range2(link, look.off_nadir_deg),
    )


def _beams_of_satellite(step: Longs, satellite: Longs, *, satellites: int) -> Longs:
    """Return the number of active beams of each beam's satellite at its step, (A,)."""
    _, inverse, count = np.unique(step * satellites + satellite, return_inverse=True, return_counts=True)
    return np.asarray(count[inverse])


def _uplink_c_n_by_range2(link: KernelLink, off_nadir_deg: Floats) -> Floats:
    """Return the uplink C/N times the squared range at the beam centre, from the kernel's table."""
    table = link.tables.table[0, UPLINK_BY_OFF_NADIR].astype(np.float64)
    at = np.sqrt(1.0 - np.cos(np.radians(off_nadir_deg))) * (table.size - 2)
    return np.asarray(np.interp(at, np.arange(table.size), table))

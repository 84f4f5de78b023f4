"""Which satellite lights which beam cell at each step of a loaded network.

At each step the beam cells that have waited longest choose first; each takes the best satellite that still has a
beam, and keeps the one it has until another is better by the handover margin. Where beams are too few, the cells so
take turns, a step at a time.

What was before decides who is next, so the span is cut into chapters of an hour, whose assignment begins ten
minutes (a pass is hardly longer) before them with nobody served, and with another cell first in each. Chapters lie on
a lattice of their own: any windows give the same bits, on any machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.beam_plan import BeamPlan
from d2c.coverage.kernels._accumulate import UPLINK_BY_OFF_NADIR
from d2c.coverage.kernels._assignment import (
    AssignmentPeriods,
    AssignmentRules,
    Assignments,
    BeamCells,
    assign,
)
from d2c.coverage.kernels._interference import ActiveBeams
from d2c.coverage.kernels.in_range import reach_rad, satellites_in_range
from d2c.coverage.kernels.link_curves import KernelLink
from d2c.coverage.kernels.tiles import span_rad
from d2c.coverage.windows import Window
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles
from d2c.link.terminal import beam_loss_db
from d2c.scenario import model
from d2c.units import from_db

CHAPTER_US, LEAD_US = 3_600_000_000, 600_000_000
_GOLDEN = 0.6180339887498949  # the fraction of a turn whose multiples spread most evenly

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamAssignmentSetup:
    """The beam cells and their rules as a window needs them.

    axis (3,), span_rad: a cone from the Earth's centre that holds all beam cells; chapter, lead: steps of a
    chapter and of the time before it; full_power: beams that a satellite feeds at full power.
    """

    cells: BeamCells
    rules: AssignmentRules
    axis: Floats
    span_rad: float
    chapter: int
    lead: int
    full_power: int
    link: RadioLink

    def before(self, window: Window) -> int:
        """Return how many steps before a window its assignment begins."""
        begin = max(window.first // self.chapter * self.chapter - self.lead, 0)
        return window.first - begin


def assignment_setup(
    plan: BeamPlan, beams: model.Beams, *, link: RadioLink, step_us: int, min_elevation_deg: float
) -> BeamAssignmentSetup:
    """Return the beam cells with their rules; the satellites serve down to the scenario's elevation mask."""
    middle = plan.grid.position_m.mean(axis=0)
    axis = middle / np.linalg.norm(middle)
    rules = AssignmentRules(
        beams=beams.beams_per_satellite,
        cos_scan=float(np.cos(np.radians(beams.max_scan_deg))),
        sin_mask=float(np.sin(np.radians(min_elevation_deg))),
        handover=float(from_db(beams.handover_margin_db)),
        isolation_m2=(beams.isolation_km * 1e3) ** 2,
    )
    return BeamAssignmentSetup(
        cells=plan.cells(),
        rules=rules,
        axis=axis,
        span_rad=span_rad(plan.grid.position_m, axis),
        chapter=max(CHAPTER_US // step_us, 1),
        lead=-(-LEAD_US // step_us),
        full_power=beams.full_power_beams or beams.beams_per_satellite,
        link=link,
    )


def assign_beams(
    position_m: Floats, field: BeamAssignmentSetup, radio: KernelLink, window: Window
) -> Assignments:
    """Return who lights what in a window; position_m (rows, S, 3) begins `field.before(window)` steps before it.

    Of the arrays by row only the window's rows are filled; those by chapter count the window's steps only.
    """
    rows, satellites, _ = position_m.shape
    begin = window.first - field.before(window)
    starts = np.arange(
        window.first // field.chapter * field.chapter, window.first + window.count, field.chapter
    )
    size, parts = field.cells.weight.size, len(starts)
    chapters = AssignmentPeriods(
        np.maximum(starts - field.lead, 0) - begin,
        np.maximum(starts, window.first) - begin,
        np.minimum(starts + field.chapter, window.first + window.count) - begin,
        np.floor(starts // field.chapter * _GOLDEN % 1 * size).astype(np.int64),
    )
    reach = reach_rad(position_m, radio.min_elevation_deg)
    nearby = satellites_in_range(position_m, reach, axis=field.axis, span_rad=field.span_rad)
    found = Assignments(
        np.full((rows, size), -1, np.int32),
        np.zeros(rows, np.int32),
        np.zeros((parts, size), np.int32),
        np.zeros((parts, size), np.int32),
        np.zeros((parts, satellites), np.int32),
        np.zeros((parts, satellites), np.int32),
    )
    tables = radio.tables
    assign(
        position_m,
        *nearby,
        field.cells,
        tables.table[0],
        float(tables.cap[0]),
        field.rules,
        chapters,
        found,
    )
    return found


def active_beams(
    server: NDArray[np.int32], position_m: Floats, field: BeamAssignmentSetup, radio: KernelLink
) -> ActiveBeams:
    """Return the beams of a window's steps; server (T, B), position_m (T, S, 3).

    On its axis a beam has the payload's EIRP density less the scan loss, its share of the satellite's power, held
    back to the PFD cap at its centre.
    """
    step, cell = np.nonzero(server >= 0)
    satellite = server[step, cell].astype(np.int64)
    order = np.lexsort((cell, satellite, step))
    step, cell, satellite = step[order], cell[order], satellite[order]
    at = position_m[step, satellite]
    look = look_angles(at, handset_m=field.cells.position_m[cell], up=field.cells.up[cell])
    toward = field.cells.position_m[cell] - at
    down = field.link.payload.downlink
    frequency_hz = down.frequency_mhz.value * 1e6
    loss_db = beam_loss_db(
        field.link.payload.beam, off_nadir_deg=look.off_nadir_deg, frequency_hz=frequency_hz
    )
    density = from_db(down.eirp_density_dbw_mhz.value - loss_db) / (4 * np.pi)
    used = _beams_of_satellite(step, satellite, satellites=position_m.shape[1])
    share = np.minimum(field.full_power / used, 1.0)
    cap = float(radio.tables.cap[0])
    return ActiveBeams(
        first=np.searchsorted(step, np.arange(len(server) + 1)).astype(np.int64),
        satellite=satellite,
        cell=cell.astype(np.int64),
        colour=field.cells.colour[cell],
        toward=toward / look.slant_range_m[:, None],
        strength=np.minimum(density * share, cap * look.slant_range_m**2),
        send=_send(radio, look.off_nadir_deg),
    )


def _beams_of_satellite(step: Longs, satellite: Longs, *, satellites: int) -> Longs:
    """Return for each beam how many beams its satellite has at that step."""
    _, which, count = np.unique(step * satellites + satellite, return_inverse=True, return_counts=True)
    return np.asarray(count[which])


def _send(radio: KernelLink, off_nadir_deg: Floats) -> Floats:
    """Return the uplink's C/N times squared range towards the beam's centre, by the kernel's table."""
    table = radio.tables.table[0, UPLINK_BY_OFF_NADIR].astype(np.float64)
    at = np.sqrt(1.0 - np.cos(np.radians(off_nadir_deg))) * (table.size - 2)
    return np.asarray(np.interp(at, np.arange(table.size), table))

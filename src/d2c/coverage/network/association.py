"""Association of satellites with beam cells at each step of a network, and the beams that hop between the cells.

At each step a beam cell is served by the visible satellite with the highest elevation / 90 deg less a price. Prices
level the loads: they rise, in a fixed number of soft rounds from zero, with what falls to a satellite. Its load counts
the cells it serves here and its share of every place elsewhere that it sees. Nothing depends on the step before.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.constants import EARTH_POLAR_RADIUS_M, SPEED_OF_LIGHT_M_S
from d2c.coverage.beam_plan import BeamPlan
from d2c.coverage.kernels._association import associate
from d2c.coverage.kernels._hopping import fill_beams
from d2c.coverage.kernels.in_range import lowest_mask_rad, reach_rad, satellites_in_range
from d2c.coverage.kernels.layout import UPLINK_BY_OFF_NADIR
from d2c.coverage.kernels.link_curves import curve_tables
from d2c.coverage.kernels.network_layout import (
    Association,
    BeamCells,
    BeamPattern,
    Demand,
    HoppingBeams,
    NetworkRules,
)
from d2c.coverage.kernels.tiles import span_rad
from d2c.library.beam import Beam
from d2c.link.budget import RadioLink
from d2c.link.terminal import off_axis_loss_db
from d2c.units import from_db

HEARD_ABOVE_DEG = 10.0  # a phone hears any beam above; the elevation mask binds what the network chooses
_WIDEST = np.sqrt(2.0)  # chord of 90 deg off axis, the limit of the antenna patterns
_CHORDS = 32_768
_RANDOM_PACKING = (
    0.547  # share of a plane that discs dropped at random one after the other fill (Feder, 1980)
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class AssociationSetup:
    """Beam cells, places and rules of a network, the same for every window.

    axis (3,), span_rad: a cone from the Earth's centre that holds all places by which loads are levelled;
    cells_span_rad: one that holds the beam cells.
    """

    cells: BeamCells
    demand: Demand
    rules: NetworkRules
    pattern: BeamPattern
    axis: Floats
    span_rad: float
    cells_span_rad: float
    min_elevation_deg: float


def association_setup(
    plan: BeamPlan, *, link: RadioLink, min_elevation_deg: float, highest_m: float
) -> AssociationSetup:
    """Return the setup of the association; satellites up to `highest_m` above the Earth serve down to the mask."""
    beams, cells = plan.beams, plan.kernel_cells()
    centre_m = plan.lattice.position_m.mean(axis=0)
    axis = centre_m / np.linalg.norm(centre_m)
    mask_rad = lowest_mask_rad(min_elevation_deg)
    radius_m = EARTH_POLAR_RADIUS_M + highest_m
    reach = float(np.arccos(EARTH_POLAR_RADIUS_M / radius_m * np.cos(mask_rad)) - mask_rad)
    cells_span_rad = span_rad(plan.lattice.position_m, axis)
    widest = cells_span_rad + 2 * reach
    demand = _within(plan.demand(cells), axis, min(widest, np.pi))
    return AssociationSetup(
        cells=cells,
        demand=demand,
        rules=NetworkRules(
            beams=beams.beams_per_satellite,
            full_power=beams.full_power_beams or beams.beams_per_satellite,
            cos_scan=float(np.cos(np.radians(beams.max_scan_deg))),
            sin_mask=float(np.sin(np.radians(min_elevation_deg))),
            load=beams.load,
            signalling=beams.signalling_share,
            most_share=_most_share(plan),
        ),
        pattern=beam_pattern(link),
        axis=axis,
        span_rad=span_rad(demand.position_m, axis),
        cells_span_rad=cells_span_rad,
        min_elevation_deg=min_elevation_deg,
    )


def _within(demand: Demand, axis: Floats, widest_rad: float) -> Demand:
    """Return the places of a demand within an angle of the axis, where a satellite that serves here is seen."""
    cosine = demand.position_m @ axis / np.linalg.norm(demand.position_m, axis=1)
    keep = (cosine >= np.cos(widest_rad)) | (np.arange(len(cosine)) < demand.inside)
    return Demand(demand.position_m[keep], demand.up[keep], demand.weight[keep], demand.inside)


def _most_share(plan: BeamPlan) -> float:
    """Return the largest share of time of a cell whose beams keep the isolation distance from others of its colour.

    Beams alight are like discs of that diameter dropped at random on the plane.
    """
    beams = plan.beams
    if beams.isolation_km == 0:
        return 1.0
    colours = beams.reuse * beams.polarisations
    disc_m2 = np.pi * (beams.isolation_km * 500.0) ** 2
    return min(_RANDOM_PACKING * plan.lattice.area_m2 * colours / disc_m2, 1.0)


def beam_pattern(link: RadioLink) -> BeamPattern:
    """Return a payload's beam for the kernels."""
    beam, down = link.payload.beam, link.payload.downlink
    frequency_hz = down.frequency_mhz.value * 1e6
    up = link.payload.uplink or down
    planar = beam.pattern == "planar-array"
    wave_number = np.pi * frequency_hz / SPEED_OF_LIGHT_M_S
    cap = down.pfd_cap_dbw_m2_mhz
    return BeamPattern(
        density=float(from_db(down.density_dbw_mhz)) / (4 * np.pi),
        cap=float(from_db(cap.value)) if cap else np.inf,
        exponent=beam.scan_loss_exponent.value if beam.scan_loss_exponent else 0.0,
        planar=planar,
        along=wave_number * beam.length_along_m.value if beam.length_along_m else 0.0,
        across=wave_number * beam.length_across_m.value if beam.length_across_m else 0.0,
        up_ratio=up.frequency_mhz.value / down.frequency_mhz.value,
        gain=_gain(beam, frequency_hz),
        gain_up=_gain(beam, up.frequency_mhz.value * 1e6),
        per_chord=_CHORDS / _WIDEST,
        uplink=curve_tables(link, min_elevation_deg=HEARD_ABOVE_DEG)[UPLINK_BY_OFF_NADIR],
    )


def _gain(beam: Beam, frequency_hz: float) -> NDArray[np.float32]:
    """Return the relative gain of a beam by chord; beyond 90 deg off axis the value at 90 deg."""
    chord = np.arange(2 * _CHORDS) * _WIDEST / _CHORDS  # to beyond 2, the longest chord of unit vectors
    off_axis_deg = np.degrees(2 * np.arcsin(np.minimum(chord / 2, _WIDEST / 2)))
    loss_db = off_axis_loss_db(beam, off_axis_deg=np.minimum(off_axis_deg, 90.0), frequency_hz=frequency_hz)
    return np.asarray(from_db(-loss_db), np.float32)


def hopping_beams(position_m: Floats, setup: AssociationSetup) -> tuple[Association, HoppingBeams]:
    """Return the association and the beams of some steps; position_m (T, S, 3)."""
    steps, satellites, _ = position_m.shape
    size = setup.cells.weight.size
    reach = reach_rad(position_m, setup.min_elevation_deg)
    nearby, here = (
        satellites_in_range(position_m, reach, axis=setup.axis, span_rad=span_rad)
        for span_rad in (setup.span_rad, setup.cells_span_rad)
    )
    elsewhere = len(setup.demand.weight) - setup.demand.inside
    association = Association(
        np.empty((steps, size), np.int32),
        np.zeros((steps, satellites)),
        np.empty((steps, elsewhere)),
        np.empty(steps, np.int64),
    )
    associate(position_m, *nearby, *here, setup.cells, setup.demand, setup.rules, association)
    # of the beams only what there is of them is filled: to clear the rest too takes as long as to aim them
    far = int(association.far.max())
    beams = HoppingBeams(
        satellites=np.empty(steps, np.int64),
        satellite=np.zeros((steps, satellites), np.int64),
        alight=np.zeros((steps, satellites)),
        few=np.zeros((steps, satellites), np.bool_),
        spare=np.zeros((steps, satellites)),
        first=np.zeros((steps, satellites + 1), np.int64),
        cell=np.empty((steps, size), np.int32),
        serving=np.empty((steps, size), np.int32),
        share=np.empty((steps, size), np.float32),
        lit=np.empty((steps, size), np.float32),
        strength=np.empty((steps, size), np.float32),
        aim=np.empty((steps, 3, size), np.float32),
        phase=np.empty((steps, 4, size), np.float32),
        send=np.empty((steps, size), np.float32),
        slot=np.empty((steps, size), np.int32),
        colour=setup.cells.colour,
        far_first=np.zeros((steps, satellites + 1), np.int64),
        far_aim=np.empty((steps, far, 3), np.float32),
        far_strength=np.empty((steps, far), np.float32),
        far_number=np.empty((steps, far), np.float32),
        far_lit=np.zeros((steps, satellites), np.float32),
    )
    fill_beams(position_m, setup.cells, setup.demand, setup.rules, setup.pattern, association, beams)
    return association, beams

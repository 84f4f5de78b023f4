"""Beam plan of a loaded network: beam cells with their centres, demand weights, frequency reuse and exclusions.

Beam centres are fixed to the Earth, one per H3 cell of the area and a margin around it.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.coverage.kernels._assignment import BeamCells
from d2c.errors import RegionError, ScenarioError, did_you_mean
from d2c.link.beamwidth import footprint
from d2c.link.budget import RadioLink
from d2c.region import h3_cells
from d2c.region.area import Area, find_area
from d2c.region.grid import Grid, h3_grid
from d2c.region.population import population
from d2c.region.telescopes import telescopes
from d2c.scenario import model

_REACH = (
    2.0  # in edges of a beam cell: includes its corners and ground cells at the rim with centres just outside
)
_PAIRS_AT_ONCE = 4_000_000  # ground and beam cells whose distances are in memory together

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamPlan:
    """The beam cells (B,) of a scenario and its `[beams]` options.

    grid: centres and outlines; population, weight, rank, colour (B,) int64 as in the kernel's BeamCells;
    excluded (B,): never served; cell (G,): the beam cell with the nearest centre to each ground cell, -1 outside
    all beam cells.
    """

    beams: model.Beams
    grid: Grid
    population: Longs
    weight: Longs
    rank: Longs
    colour: Longs
    excluded: NDArray[np.bool_]
    cell: Longs

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for values in (self.population, self.weight, self.rank, self.colour, self.excluded, self.cell):
            values.flags.writeable = False

    def kernel_cells(self) -> BeamCells:
        """Return the beam cells for the kernel, as copies: read-only arrays are another type to it."""
        grid = self.grid
        return BeamCells(
            *(array.copy() for array in (grid.position_m, grid.up, self.weight, self.rank, self.colour))
        )

    def cells_with_ground(self) -> Longs:
        """Return the indices of the beam cells with ground cells, ascending."""
        return np.unique(self.cell[self.cell >= 0])


def plan_beams(
    scenario: model.Scenario, beams: model.Beams, *, ground: Grid, link: RadioLink, altitude_m: float
) -> BeamPlan:
    """Plan the beam cells of a scenario.

    ScenarioError where the payload's beam is not steered or has no pattern, or no beam cell may be served; RegionError
    for areas and frequencies that do not fit.
    """
    _check_beam(scenario, link)
    region = scenario.region
    name = beams.area or region.area
    buffer_km = 0.0 if beams.area else region.buffer_km
    area = find_area(name, buffer_km=buffer_km + beams.margin_km)
    resolution = beams.beam_cells
    if resolution == "auto":
        resolution = _resolution(link, altitude_m)
    grid = h3_grid(area, resolution=resolution)
    excluded = _excluded(grid, beams.exclusions)
    people = population(area, grid)
    weight = np.where(excluded, 0, people if beams.demand == "population" else 1)
    if not weight.any():
        reason = "no population in any of the" if not excluded.all() else "exclusions cover all"
        raise ScenarioError(
            f"[beams]: {reason} {len(grid)} beam cells of '{name}', so that no beam is ever active"
        )
    return BeamPlan(
        beams=beams,
        grid=grid,
        population=people,
        weight=weight,
        rank=_rank(grid.cell_id),
        colour=_colour(grid, beams),
        excluded=excluded,
        cell=nearest_centre(
            grid.position_m, ground.position_m, reach_m=_REACH * h3_cells.mean_edge_m(resolution)
        ),
    )


def _check_beam(scenario: model.Scenario, link: RadioLink) -> None:
    beam = link.payload.beam
    if beam.steering != "steered" or beam.pattern == "isotropic":
        reason = "is fixed to the nadir" if beam.steering != "steered" else "has no pattern"
        raise ScenarioError(
            f"[beams]: the beam of payload '{scenario.link.payload}' {reason}, so its network "
            "cannot be computed; choose a payload with a steered beam and a pattern (d2c library list), or leave out "
            "[beams]"
        )


def _resolution(link: RadioLink, altitude_m: float) -> int:
    """Return the H3 resolution whose cells are nearest to the beam's -3 dB footprint at the nadir."""
    nadir_footprint = footprint(link.payload)
    radius_m = nadir_footprint.radius_m(altitude_m=altitude_m) if nadir_footprint else np.nan
    if np.isnan(radius_m):
        raise ScenarioError(
            f"[beams] beam_cells = 'auto': the -3 dB contour of the beam of '{link.payload.title}' does not meet the "
            f"Earth from {altitude_m / 1e3:.0f} km; give an H3 resolution, such as beam_cells = 1"
        )
    return min(range(9), key=lambda r: abs(np.log(h3_cells.mean_edge_m(r) / radius_m)))


def _excluded(grid: Grid, exclusions: tuple[model.Exclusion, ...]) -> NDArray[np.bool_]:
    """Return the mask (B,) of the beam cells that intersect an exclusion area."""
    excluded = np.zeros(len(grid), bool)
    outlines = grid.boundary if exclusions else None
    for exclusion in exclusions:
        excluded |= shapely.intersects(outlines, _exclusion_area(exclusion).polygon)
    return excluded


def _exclusion_area(exclusion: model.Exclusion) -> Area:
    telescope = telescopes().get(exclusion.area.casefold())
    if telescope is None:
        try:
            return find_area(exclusion.area, buffer_km=exclusion.distance_km)
        except RegionError as error:
            suggestion = did_you_mean(exclusion.area, telescopes())
            raise RegionError(f"[beams] exclusions: {error}; or a radio telescope{suggestion}") from error
    west, south = telescope.longitude_deg, telescope.latitude_deg
    side = 1e-5  # deg, about 1 m: areas are polygons
    box = f"{west:.6f},{south:.6f},{west + side:.6f},{south + side:.6f}"
    return find_area(box, buffer_km=exclusion.distance_km)


def _rank(cell_id: NDArray[np.str_]) -> Longs:
    """Return the tie-break rank of beam cells, by a hash of the cell id: scattered, and independent of their order."""
    digest = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in cell_id.tolist()]
    return np.argsort(np.argsort(np.array(digest, dtype="S8").view(">u8"), kind="stable")).astype(np.int64)


def _colour(grid: Grid, beams: model.Beams) -> Longs:
    """Return the frequency colour of each beam cell; on the second polarisation it is increased by `reuse`."""
    if beams.reuse == beams.polarisations == 1:
        return np.zeros(len(grid), np.int64)
    i, j = h3_cells.lattice_coordinates(h3_cells.cells_from_ids(grid.cell_id)).T
    # neighbours differ by (1, 0), (0, 1) or (1, 1), so that no two of them have the same value
    frequency = {1: 0 * i, 3: (i + j) % 3, 4: i % 2 + 2 * (j % 2)}[beams.reuse]
    polarisation = (i // 2 + j) % 2 if beams.reuse == 4 else j % 2
    return np.asarray(frequency + beams.reuse * (polarisation if beams.polarisations == 2 else 0), np.int64)


def nearest_centre(centres_m: Floats, points_m: Floats, *, reach_m: float) -> Longs:
    """Return the index of the centre (B, 3) nearest to each point (G, 3), -1 if none is within reach_m, (G,)."""
    parts = np.array_split(points_m, -(-len(points_m) * len(centres_m) // _PAIRS_AT_ONCE))
    towards = centres_m / np.linalg.norm(centres_m, axis=1)[:, None]
    index = np.concatenate([np.argmax(part @ towards.T, axis=1) for part in parts]).astype(np.int64)
    return np.where(np.linalg.norm(centres_m[index] - points_m, axis=1) <= reach_m, index, -1)


def plan_columns(plan: BeamPlan) -> dict[str, NDArray[Any]]:
    """Return the columns of the beam cells (B,) that do not depend on a run."""
    return {
        "beam_cell_id": plan.grid.cell_id,
        "latitude_deg": plan.grid.latitude_deg,
        "longitude_deg": plan.grid.longitude_deg,
        "area_km2": plan.grid.area_m2 / 1e6,
        "population": plan.population,
        "colour": plan.colour,
        "excluded": plan.excluded,
    }

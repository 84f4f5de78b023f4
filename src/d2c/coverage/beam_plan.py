"""The beam cells of a loaded network: where beams may be pointed, how urgent each is, and on which frequency.

Beam centres are fixed to the Earth, one for each H3 cell over the area and a margin around it.
"""

import hashlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.coverage.kernels._assignment import BeamCells
from d2c.errors import RegionError, ScenarioError, did_you_mean
from d2c.link.budget import RadioLink
from d2c.link.satellite_geometry import footprint
from d2c.region import h3_cells
from d2c.region.area import Area, find_area
from d2c.region.grid import Grid, h3_grid
from d2c.region.population import population
from d2c.region.telescopes import telescopes
from d2c.scenario import model

_REACH = 2.0  # edges of a beam cell: its corners, and ground cells at the rim with their centre just outside
_AT_ONCE = 4_000_000  # pairs of ground and beam cells whose distances are alive together

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamPlan:
    """The beam cells (B,) of a scenario.

    grid: their places and outlines; population, weight, rank, colour (B,) int64 as in the kernel's BeamCells;
    excluded (B,): kept dark; cell (G,): the beam cell of each ground cell, the one with the nearest centre, -1
    beyond the beam cells.
    """

    grid: Grid
    population: Longs
    weight: Longs
    rank: Longs
    colour: Longs
    excluded: NDArray[np.bool_]
    cell: Longs

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for field in fields(self)[1:]:
            getattr(self, field.name).flags.writeable = False

    def cells(self) -> BeamCells:
        """Return the beam cells as the kernel takes them, as copies: locked arrays would be another type to it."""
        grid = self.grid
        return BeamCells(*(a.copy() for a in (grid.position_m, grid.up, self.weight, self.rank, self.colour)))

    def with_ground(self) -> Longs:
        """Return which beam cells have a ground cell, rising."""
        return np.unique(self.cell[self.cell >= 0])


def plan_beams(
    scenario: model.Scenario, beams: model.Beams, *, ground: Grid, link: RadioLink, altitude_m: float
) -> BeamPlan:
    """Return the beam cells of a scenario.

    ScenarioError where the payload's beam is not steered or has no pattern, or no beam cell may be lit; RegionError
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
        left = "nobody lives in" if not excluded.all() else "exclusions cover"
        raise ScenarioError(
            f"[beams]: {left} all {len(grid)} beam cells of '{name}', so that no beam is ever lit"
        )
    return BeamPlan(
        grid=grid,
        population=people,
        weight=weight,
        rank=_rank(grid.cell_id),
        colour=_colour(grid, beams),
        excluded=excluded,
        cell=nearest(grid.position_m, ground.position_m, reach_m=_REACH * h3_cells.mean_edge_m(resolution)),
    )


def _check_beam(scenario: model.Scenario, link: RadioLink) -> None:
    beam = link.payload.beam
    if beam.steering != "steered" or beam.pattern == "isotropic":
        lack = "is fixed to the nadir" if beam.steering != "steered" else "has no pattern"
        raise ScenarioError(
            f"[beams]: the beam of payload '{scenario.link.payload}' {lack}, so nothing can be said about who hears "
            "it; choose a payload with a steered beam and a pattern (d2c library list), or leave out [beams]"
        )


def _resolution(link: RadioLink, altitude_m: float) -> int:
    """Return the H3 resolution whose cells are nearest to the beam's -3 dB footprint at the nadir."""
    found = footprint(link.payload)
    radius_m = found.radius_m(altitude_m=altitude_m) if found else np.nan
    if np.isnan(radius_m):
        raise ScenarioError(
            f"[beams] beam_cells = 'auto': the beam of '{link.payload.title}' is 3 dB down nowhere on the Earth below "
            f"it at {altitude_m / 1e3:.0f} km; give a resolution of H3, such as beam_cells = 1"
        )
    return min(range(9), key=lambda r: abs(np.log(h3_cells.mean_edge_m(r) / radius_m)))


def _excluded(grid: Grid, exclusions: tuple[model.Exclusion, ...]) -> NDArray[np.bool_]:
    """Return which beam cells touch an area to be kept dark."""
    dark = np.zeros(len(grid), bool)
    outlines = grid.boundary if exclusions else None
    for exclusion in exclusions:
        dark |= shapely.intersects(outlines, _kept_dark(exclusion).polygon)
    return dark


def _kept_dark(exclusion: model.Exclusion) -> Area:
    place = telescopes().get(exclusion.area.casefold())
    if place is None:
        try:
            return find_area(exclusion.area, buffer_km=exclusion.distance_km)
        except RegionError as error:
            telescope = did_you_mean(exclusion.area, telescopes())
            raise RegionError(f"[beams] exclusions: {error}; or a radio telescope{telescope}") from error
    west, south, tiny = place.longitude_deg, place.latitude_deg, 1e-5  # deg, a metre: areas are polygons
    box = f"{west:.6f},{south:.6f},{west + tiny:.6f},{south + tiny:.6f}"
    return find_area(box, buffer_km=exclusion.distance_km)


def _rank(cell_id: NDArray[np.str_]) -> Longs:
    """Return who is first of those who wait alike: scattered over the area, and the same in any order of the cells."""
    digest = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in cell_id.tolist()]
    return np.argsort(np.argsort(np.array(digest, dtype="S8").view(">u8"), kind="stable")).astype(np.int64)


def _colour(grid: Grid, beams: model.Beams) -> Longs:
    """Return the number of each beam cell's frequency, and with the second polarisation that plus `reuse`."""
    if beams.reuse == beams.polarisations == 1:
        return np.zeros(len(grid), np.int64)
    i, j = h3_cells.lattice(h3_cells.of_ids(grid.cell_id)).T
    # neighbours differ by (1, 0), (0, 1) or (1, 1), so neither of these is the same for two of them
    frequency = {1: 0 * i, 3: (i + j) % 3, 4: i % 2 + 2 * (j % 2)}[beams.reuse]
    polarisation = (i // 2 + j) % 2 if beams.reuse == 4 else j % 2
    return np.asarray(frequency + beams.reuse * (polarisation if beams.polarisations == 2 else 0), np.int64)


def nearest(centres_m: Floats, places_m: Floats, *, reach_m: float) -> Longs:
    """Return for each place (G, 3) the nearest centre (B, 3), -1 where none is within reach, (G,)."""
    parts = np.array_split(places_m, -(-len(places_m) * len(centres_m) // _AT_ONCE))
    towards = centres_m / np.linalg.norm(centres_m, axis=1)[:, None]
    found = np.concatenate([np.argmax(part @ towards.T, axis=1) for part in parts]).astype(np.int64)
    return np.where(np.linalg.norm(centres_m[found] - places_m, axis=1) <= reach_m, found, -1)


def plan_columns(plan: BeamPlan) -> dict[str, NDArray[Any]]:
    """Return what is known of each beam cell before a run, (B,)."""
    return {
        "beam_cell_id": plan.grid.cell_id,
        "latitude_deg": plan.grid.latitude_deg,
        "longitude_deg": plan.grid.longitude_deg,
        "area_km2": plan.grid.area_m2 / 1e6,
        "population": plan.population,
        "colour": plan.colour,
        "excluded": plan.excluded,
    }

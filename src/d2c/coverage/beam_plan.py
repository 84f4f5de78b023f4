"""Beam plan of a network: beam cells with their demand, frequency reuse and exclusions, and the ground cells in them.

Beam cells are hexagons fixed to the Earth, over the service area and a margin around it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c import geodesy
from d2c.constants import SPHERE_RADIUS_M
from d2c.coverage.kernels.network_layout import BeamCells, Demand
from d2c.errors import RegionError, ScenarioError, did_you_mean
from d2c.library.models import Payload
from d2c.link.beamwidth import angle_at_loss_deg
from d2c.link.budget import RadioLink
from d2c.link.geometry import footprint_radius_m
from d2c.orbit.constellation import Constellation
from d2c.region.area import Area, find_area
from d2c.region.extent import area_and_perimeter
from d2c.region.grid import Grid
from d2c.region.hexagons import HexagonLattice, estimated_hexagons, hexagon_lattice
from d2c.region.population import people_at
from d2c.region.sample_points import sample_points
from d2c.region.telescopes import telescopes
from d2c.scenario import model
from d2c.scenario.beams import SIGNALLING_SHARE
from d2c.scenario.network import check_network

CORNER_LOSS_DB = 4.0  # of automatic cells at the nadir; FCC SAT-MOD-20230207-00021: cells end at -3 to -5 dB
MOST_BEAM_CELLS = 200_000
_RINGS = {1: 3, 3: 4, 4: 4}  # of beam cells about a place among which its serving beam is, by reuse
_CLUSTER_M = 75_000.0  # prices are set by groups of beam cells about so far apart
_PLACES = 12_750  # on the whole Earth, 200 km apart

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamPlan:
    """The beam cells (B,) of a scenario and its `[beams]` options.

    population (B,): people in each cell; weight (B,): its demand, on average 1 over the cells that may be served;
    colour (B,): frequency colour; excluded (B,): never served. Of the ground cells (G,): candidates (G, K), the beam
    cells around the centre, nearest first, -1 for none; point_m, point_up (P, G, 3), the points at which levels are
    taken.
    """

    beams: model.Beams
    lattice: HexagonLattice
    population: Longs
    weight: Floats
    colour: Longs
    excluded: NDArray[np.bool_]
    candidates: Longs
    point_m: Floats
    point_up: Floats

    def __len__(self) -> int:
        """Return the number of beam cells."""
        return len(self.lattice)

    def __post_init__(self) -> None:
        """Lock the arrays."""
        arrays = (self.population, self.weight, self.colour, self.excluded, self.candidates)
        for values in (*arrays, self.point_m, self.point_up):
            values.flags.writeable = False

    @property
    def cell(self) -> Longs:
        """Return the beam cell at the centre of each ground cell (G,), -1 outside all."""
        return self.candidates[:, 0]

    @property
    def cell_id(self) -> NDArray[np.str_]:
        """Return the ids of the beam cells: their coordinates in the lattice."""
        return np.array([f"i{i}j{j}" for i, j in self.lattice.ij.tolist()])

    @property
    def users_at_once(self) -> Floats:
        """Return how many share the time of a beam in each beam cell, (B,): at least the one who asks."""
        return np.asarray(np.maximum(self.population * self.beams.active_share, 1.0))

    def kernel_cells(self) -> BeamCells:
        """Return the beam cells for the kernels, as copies: read-only arrays are another type to them."""
        lattice = self.lattice
        side = max(round(_CLUSTER_M / (lattice.radius_m * 3**0.5)), 1)
        _, cluster = np.unique(lattice.ij // side, axis=0, return_inverse=True)
        return BeamCells(
            lattice.position_m.copy(),
            lattice.up.copy(),
            np.where(self.excluded, -1.0, self.weight),
            self.colour.copy(),
            cluster.ravel().astype(np.int64),
        )

    def demand(self, cells: BeamCells) -> Demand:
        """Return the places by which loads are levelled: clusters of beam cells, and places outside all of them."""
        clusters = int(cells.cluster.max()) + 1
        weight = np.bincount(cells.cluster, self.weight, clusters)
        inside = weight > 0
        # of the cells of a cluster that may be served, so that no cluster's centre lies far from them
        share = np.where(self.excluded, 0.0, np.maximum(self.weight, 1e-9))
        total = np.bincount(cells.cluster, share, clusters)
        middle = np.stack(
            [np.bincount(cells.cluster, share * axis, clusters) for axis in self.lattice.position_m.T], axis=1
        )
        position_m = middle[inside] / total[inside, None]
        outside_m, outside_weight = self._places_elsewhere()
        everywhere = np.concatenate([position_m, outside_m])
        return Demand(
            everywhere,
            everywhere / np.linalg.norm(everywhere, axis=1)[:, None],
            np.concatenate([weight[inside], outside_weight]),
            int(inside.sum()),
        )

    def _places_elsewhere(self) -> tuple[Floats, Floats]:
        """Return places all over the Earth but in these beam cells, and how many mean beam cells each stands for."""
        if self.beams.elsewhere == "none":
            return np.zeros((0, 3)), np.zeros(0)
        normal = _sphere_points(_PLACES)
        longitude_deg, latitude_deg = geodesy.normal_longitude_latitude_deg(normal).T
        outside = self.lattice.cell_at(latitude_deg=latitude_deg, longitude_deg=longitude_deg) < 0
        position_m = geodesy.position_m(
            latitude_deg=latitude_deg, longitude_deg=longitude_deg, height_m=np.zeros(_PLACES)
        )
        cells = 4 * np.pi * SPHERE_RADIUS_M**2 / _PLACES / self.lattice.area_m2
        return position_m[outside], np.full(int(outside.sum()), cells)


def _sphere_points(number: int) -> Floats:
    """Return unit vectors spread evenly over the sphere (Fibonacci's lattice), (number, 3)."""
    k = np.arange(number) + 0.5
    z, turn = 1 - 2 * k / number, np.pi * (1 + 5**0.5) * k
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


def plan_beams(
    scenario: model.Scenario,
    beams: model.Beams,
    *,
    ground: Grid,
    link: RadioLink,
    constellation: Constellation,
) -> BeamPlan:
    """Plan the beam cells of a scenario.

    ScenarioError where the payload's beam is not steered or has no pattern, the terminal is not a handset, or no beam
    cell may be served; RegionError for areas that do not fit.
    """
    check_network(scenario)
    region = scenario.region
    name = beams.area or region.area
    buffer_km = 0.0 if beams.area else region.buffer_km
    service = find_area(name, buffer_km=buffer_km)
    area = find_area(name, buffer_km=buffer_km + beams.margin_km) if beams.margin_km else service
    radius_m = _cell_radius_m(beams, link.payload, constellation)
    _check_number(area, radius_m)
    lattice = hexagon_lattice(area, radius_m=radius_m, middle=service)
    _check_signalling(beams, lattice, constellation)
    excluded = _excluded(lattice, beams.exclusions)
    people = people_at(area, lattice.cell_at, cells=len(lattice))
    demand = np.where(excluded, 0, people if beams.demand == "population" else 1)
    if not demand.any():
        reason = "no population in any of the" if not excluded.all() else "exclusions cover all"
        raise ScenarioError(
            f"[beams]: {reason} {len(lattice):,} beam cells of '{name}', so that no beam is ever active"
        )
    candidates = _candidates(lattice, ground, _RINGS[beams.reuse])
    if (candidates < 0).all():
        raise ScenarioError(
            f"[beams] area = '{name}': none of its beam cells is near '{region.area}', so that no phone there has "
            "a beam; choose an area that covers the region, a wider margin_km, or leave out area"
        )
    point_m, point_up = sample_points(ground, spacing_m=radius_m)
    return BeamPlan(
        beams=beams,
        lattice=lattice,
        population=people,
        weight=demand / demand[~excluded].mean(),
        colour=_colour(lattice, beams),
        excluded=excluded,
        candidates=candidates,
        point_m=point_m,
        point_up=point_up,
    )


@lru_cache(maxsize=4)
def _candidates(lattice: HexagonLattice, ground: Grid, rings: int) -> Longs:
    """Return the beam cells within so many rings of each ground cell, (G, K)."""
    return lattice.around(latitude_deg=ground.latitude_deg, longitude_deg=ground.longitude_deg, rings=rings)


def _cell_radius_m(beams: model.Beams, payload: Payload, constellation: Constellation) -> float:
    """Return the radius of the beam cells: as given, or where the beam straight down has lost so much."""
    if beams.cell_radius_km != "auto":
        return beams.cell_radius_km * 1e3
    altitude_m = float(constellation.altitude_km.mean()) * 1e3
    angle_deg = angle_at_loss_deg(payload, loss_db=CORNER_LOSS_DB)
    radius_m = float(footprint_radius_m(altitude_m=altitude_m, half_beamwidth_deg=angle_deg))
    if np.isnan(radius_m):
        raise ScenarioError(
            f"[beams] cell_radius_km = 'auto': the -{CORNER_LOSS_DB:g} dB contour of the beam of '{payload.title}' "
            f"does not meet the Earth from {altitude_m / 1e3:.0f} km; give a radius, such as cell_radius_km = 100"
        )
    return radius_m


def _check_number(area: Area, radius_m: float) -> None:
    """Refuse beam cells too small for the area, before they are made."""
    area_m2, _ = area_and_perimeter(area.polygon)
    if estimated_hexagons(area_m2, radius_m=radius_m) > MOST_BEAM_CELLS:
        least_km = radius_m / 1e3 * (estimated_hexagons(area_m2, radius_m=radius_m) / MOST_BEAM_CELLS) ** 0.5
        raise ScenarioError(
            f"[beams]: beam cells of {radius_m / 1e3:.3g} km radius over '{area.name}' are more than "
            f"{MOST_BEAM_CELLS:,}; choose cell_radius_km = {np.ceil(least_km):g} or more, or a smaller area"
        )


def _check_signalling(beams: model.Beams, lattice: HexagonLattice, constellation: Constellation) -> None:
    """Refuse a given share of signalling that a satellite cannot send to the cells it serves on average."""
    if beams.signalling_share <= SIGNALLING_SHARE:
        return  # what is assumed gives way where it is too much
    highest_deg = np.minimum(constellation.inclination_deg, 180.0 - constellation.inclination_deg).max()
    band_m2 = 4 * np.pi * SPHERE_RADIUS_M**2 * np.sin(np.radians(highest_deg))
    cells = max(len(lattice), band_m2 / lattice.area_m2 if beams.elsewhere == "all" else 0.0) / len(
        constellation
    )
    if beams.signalling_share * cells > beams.beams_per_satellite:
        most = beams.beams_per_satellite / cells
        raise ScenarioError(
            f"[beams] signalling_share = {beams.signalling_share:g}: a satellite serves about {cells:,.0f} beam cells, "
            f"so that signalling alone would take {beams.signalling_share * cells:,.4g} of its "
            f"{beams.beams_per_satellite} beams; choose at most {most:.2g}, larger cells or more beams"
        )


def _excluded(lattice: HexagonLattice, exclusions: tuple[model.Exclusion, ...]) -> NDArray[np.bool_]:
    """Return the mask (B,) of the beam cells that intersect an exclusion area."""
    excluded = np.zeros(len(lattice), bool)
    outlines = lattice.boundary if exclusions else None
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


def _colour(lattice: HexagonLattice, beams: model.Beams) -> Longs:
    """Return the frequency colour of each beam cell; on the second polarisation it is increased by `reuse`."""
    i, j = lattice.ij.T
    # neighbours differ by (1, 0), (0, 1) or (1, 1), so that no two of them have the same value
    frequency = {1: 0 * i, 3: (i + j) % 3, 4: i % 2 + 2 * (j % 2)}[beams.reuse]
    polarisation = (i // 2 + j) % 2 if beams.reuse == 4 else j % 2
    return np.asarray(frequency + beams.reuse * (polarisation if beams.polarisations == 2 else 0), np.int64)


def plan_columns(plan: BeamPlan) -> dict[str, NDArray[Any]]:
    """Return the columns of the beam cells (B,) that do not depend on a run."""
    lattice = plan.lattice
    return {
        "beam_cell_id": plan.cell_id,
        "latitude_deg": lattice.latitude_deg,
        "longitude_deg": lattice.longitude_deg,
        "area_km2": np.full(len(plan), lattice.area_m2 / 1e6),
        "population": plan.population,
        "colour": plan.colour,
        "excluded": plan.excluded,
    }

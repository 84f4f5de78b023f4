"""Population of each cell: exact counts of the municipalities of Italy, larger places in other countries.

Italy: the population of a municipality is spread evenly over the nodes of a 1.7 km lattice within its territory
(`people-runs.csv`, made from ISTAT's outlines), or placed at its point if it is too small to contain a node. The
population of a node goes to the land cells with their centre in the node's box, in proportion to their area; if the
cells are too wide for that, to the cell that contains the node. The nodes in an area do not depend on the grid, so
its total is the same for every grid, and areas that partition Italy sum to Italy's population.

Abroad: places of GeoNames with 15,000 inhabitants or more, each at its point (`people-abroad.csv`), a lower bound;
districts of a larger place are excluded. regions/README.md describes the processing of the sources.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c import geodesy
from d2c.grouping import group_sums
from d2c.region import h3_cells, latlon_cells
from d2c.region.boundaries import Area
from d2c.region.grid import Grid
from d2c.shipped import shipped_folder

# South-west of Italy, with six decimals: no border with five decimals and no typed box passes through a node.
_FIRST_NODE_DEG = 35.287313, 6.518733
_PITCH_DEG = 0.015, 0.02
_COLUMNS = 10_000  # more than the lattice has, to number the nodes
_PAIRS = 100_000  # more than the number of municipalities
_NO_NODE = -1
_AREA_UNIT_M2 = 1000  # last digit of area_km2 in a stored result, so that a stored grid gives the same shares
_DEGREE_DECIMALS = 6  # decimals of the cell centres in a stored result

ABROAD = -1
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Municipalities:
    """The municipalities of Italy (M,) in the order of their ISTAT codes, strings of 6, 3 and 2 digits.

    population is 0 for three recently founded or moved municipalities without a figure in the source.
    """

    istat_code: NDArray[np.str_]
    municipality: NDArray[np.str_]
    province_code: NDArray[np.str_]
    province: NDArray[np.str_]
    province_short: NDArray[np.str_]
    region_code: NDArray[np.str_]
    region: NDArray[np.str_]
    population: Ints
    area_km2: Floats
    latitude_deg: Floats
    longitude_deg: Floats


@dataclass(frozen=True, eq=False, slots=True)
class PopulationDistribution:
    """Population by cell and municipality: `people` (K,) of `municipality` in `cell`; each pair occurs once.

    municipality: index into `municipalities()`, ABROAD outside Italy. cells: number of cells in the grid.
    """

    cell: Ints
    municipality: Ints
    people: Ints
    cells: int

    def population(self) -> Ints:
        """Return the population of every cell (G,)."""
        return group_sums(self.cell, self.people, self.cells)


@cache
def municipalities() -> Municipalities:
    """Return the municipalities of Italy; the file is read once."""
    columns = _read("municipalities")
    columns["population"] = [text or "0" for text in columns["population"]]
    types: dict[str, type] = {"population": np.int64, "area_km2": float}
    types |= {"latitude_deg": float, "longitude_deg": float}
    names = [field.name for field in fields(Municipalities)]
    return Municipalities(*(np.array(columns[name], dtype=types.get(name, np.str_)) for name in names))


@lru_cache(maxsize=4)  # a study has the same people in every run
def population(area: Area, grid: Grid) -> Ints:
    """Return the population of every cell (G,) of an area's grid, 0 where no data exist; raises no errors."""
    people = distribute_population(area, grid).population()
    people.setflags(write=False)
    return people


def distribute_population(area: Area, grid: Grid) -> PopulationDistribution:
    """Distribute the population of an area over the cells of its grid; independent of the cell order."""
    points = _population_points().within(area)
    point, cell = _point_cell_pairs(points, grid)
    weight = np.maximum(np.rint(grid.area_m2[cell] / _AREA_UNIT_M2).astype(np.int64), 1)
    people = apportion(points.people, of=point, weight=weight)
    pair, index = np.unique(cell * _PAIRS + points.municipality[point] - ABROAD, return_inverse=True)
    return PopulationDistribution(
        cell=pair // _PAIRS,
        municipality=pair % _PAIRS + ABROAD,
        people=group_sums(index, people, len(pair)),
        cells=len(grid),
    )


@lru_cache(maxsize=4)
def people_at(area: Area, cell_at: Callable[..., Ints], *, cells: int) -> Ints:
    """Return the people of an area in each of so many cells, (cells,).

    cell_at: gives the cell of places by latitude_deg and longitude_deg, -1 for none, whose people are left out.
    """
    points = _population_points().within(area)
    cell = cell_at(latitude_deg=points.latitude_deg, longitude_deg=points.longitude_deg)
    inside = cell >= 0
    return group_sums(cell[inside], points.people[inside], cells)


def apportion(total: Ints, *, of: Ints, weight: Ints) -> Ints:
    """Divide totals (A,) into whole parts (K,) in proportion to weights (K,); the parts sum to the totals exactly.

    of: the total of each part; each total must have a part. The parts with the largest remainders after rounding down
    get one more, of equal remainders the first (Hamilton's method). Weights are whole and above zero.
    """
    part, remainder = np.divmod(total[of] * weight, group_sums(of, weight, len(total))[of])
    left = total - group_sums(of, part, len(total))
    order = np.lexsort((-remainder, of))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(of)) - np.searchsorted(of[order], of[order])
    return np.asarray(part + (rank < left[of]))


def node_coordinates(row: Ints, column: Ints) -> tuple[Floats, Floats]:
    """Return latitude and longitude of lattice nodes."""
    south, west = _FIRST_NODE_DEG
    return np.asarray(south + row * _PITCH_DEG[0]), np.asarray(west + column * _PITCH_DEG[1])


def _node_at(latitude_deg: Floats, longitude_deg: Floats) -> Ints:
    """Return the number of the node whose box contains each position, _NO_NODE outside the lattice."""
    row = np.rint((np.round(latitude_deg, _DEGREE_DECIMALS) - _FIRST_NODE_DEG[0]) / _PITCH_DEG[0])
    column = np.rint((np.round(longitude_deg, _DEGREE_DECIMALS) - _FIRST_NODE_DEG[1]) / _PITCH_DEG[1])
    inside = (row >= 0) & (column >= 0) & (column < _COLUMNS)
    return np.where(inside, row * _COLUMNS + column, _NO_NODE).astype(np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class _PopulationPoints:
    """Points (P,) with the population around each; node: number in the lattice, or _NO_NODE."""

    latitude_deg: Floats
    longitude_deg: Floats
    people: Ints
    municipality: Ints
    node: Ints

    def within(self, area: Area) -> "_PopulationPoints":
        """Return the points in an area."""
        west, south, east, north = area.polygon.bounds
        x, y = self.longitude_deg, self.latitude_deg
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        shapely.prepare(area.polygon)
        inside = near[shapely.contains_xy(area.polygon, x[near], y[near])]
        return _PopulationPoints(*(getattr(self, field.name)[inside] for field in fields(self)))


@cache
def _population_points() -> _PopulationPoints:
    """Return the population points of all sources; the files are read once."""
    italy, abroad = municipalities(), _read("people-abroad")
    # whole numbers only, which numpy reads in one call
    first_row, first_column, nodes, istat_code = np.loadtxt(
        shipped_folder("regions") / "people-runs.csv", np.int64, delimiter=",", skiprows=1, unpack=True
    )
    owner = np.searchsorted(italy.istat_code.astype(np.int64), istat_code)
    run = np.repeat(np.arange(len(nodes)), nodes)
    row, column = first_row[run], first_column[run] + np.arange(len(run)) - (np.cumsum(nodes) - nodes)[run]
    node_latitude_deg, node_longitude_deg = node_coordinates(row, column)
    small = np.setdiff1d(np.arange(len(italy.istat_code)), owner)
    municipality = np.concatenate([owner[run], small])
    people = apportion(italy.population, of=municipality, weight=np.ones_like(municipality))
    others = np.array(abroad["population"], np.int64)
    places = {name: np.array(abroad[name], float) for name in ("latitude_deg", "longitude_deg")}
    return _PopulationPoints(
        np.concatenate([node_latitude_deg, italy.latitude_deg[small], places["latitude_deg"]]),
        np.concatenate([node_longitude_deg, italy.longitude_deg[small], places["longitude_deg"]]),
        np.concatenate([people, others]),
        np.concatenate([municipality, np.full(len(others), ABROAD)]),
        np.concatenate([row * _COLUMNS + column, np.full(len(small) + len(others), _NO_NODE)]),
    )


def _point_cell_pairs(points: _PopulationPoints, grid: Grid) -> tuple[Ints, Ints]:
    """Return the pairs of point and cell that share population; every point has at least one cell."""
    node = np.where(grid.surface == "land", _node_at(grid.latitude_deg, grid.longitude_deg), _NO_NODE)
    # Sorted by position too, so that the rounding does not depend on the order of the cells.
    order = np.lexsort((grid.longitude_deg, grid.latitude_deg, node))
    order = order[node[order] != _NO_NODE]
    first = np.searchsorted(node[order], points.node, side="left")
    count = np.searchsorted(node[order], points.node, side="right") - first
    shared = np.repeat(np.arange(len(points.people)), count)
    within = np.arange(len(shared)) - (np.cumsum(count) - count)[shared]
    single = np.flatnonzero(count == 0)
    containing = _containing_cell(grid, points.latitude_deg[single], points.longitude_deg[single])
    return np.concatenate([shared, single]), np.concatenate([order[first[shared] + within], containing])


def _containing_cell(grid: Grid, latitude_deg: Floats, longitude_deg: Floats) -> Ints:
    """Return the cell that contains each position, else the nearest cell."""
    key: NDArray[Any]
    query: NDArray[Any]
    if grid.kind == "h3":
        key = h3_cells.cells_from_ids(grid.cell_id)
        query = h3_cells.cells_at(latitude_deg, longitude_deg, like=key[0])
    else:
        key = latlon_cells.box_number(grid.latitude_deg, grid.longitude_deg, grid.step_deg)
        query = latlon_cells.box_number(latitude_deg, longitude_deg, grid.step_deg)
    order = np.argsort(key)
    cell: Ints = order[np.searchsorted(key, query, sorter=order).clip(max=len(order) - 1)]
    # H3's edges are great circles, the grid's are straight in degrees: near an edge they may differ by some metres.
    for k in np.flatnonzero(key[cell] != query):
        position_m = geodesy.position_m(
            latitude_deg=latitude_deg[k], longitude_deg=longitude_deg[k], height_m=np.array(0.0)
        )
        cell[k] = np.argmin(((grid.position_m - position_m) ** 2).sum(axis=1))
    return cell


def _read(name: str) -> dict[str, list[str]]:
    """Return the columns of a shipped table as strings."""
    with (shipped_folder("regions") / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))

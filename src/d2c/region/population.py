"""How many people live in each cell: the municipalities of Italy to the person, larger places around it.

Italy: the people of a municipality live evenly over its territory, at the nodes of a lattice 1.7 km wide that lie
in it (`people-runs.csv`, made from ISTAT's outlines), or at its point where it is too small to hold one. A node's
people go to the land cells with their centre in the node's box, in proportion to their area; where the cells are
too wide for that, to the one cell that holds the node. Which nodes an area holds does not depend on the grid, so
that its total is the same for every grid, and areas that make up Italy have Italy's people, each counted once.

Abroad: places of GeoNames with 15,000 inhabitants or more, each at its point (`people-abroad.csv`), which is a
lower bound; districts of a larger place are left out. regions/README.md says what was done to the sources.
"""

import csv
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c import geodesy as ellipsoid
from d2c.region import h3_cells, latlon_cells
from d2c.region.boundaries import Area
from d2c.region.grid import Grid
from d2c.shipped import shipped

# South-west of Italy, with six decimals: no border of five decimals, and no box that people type, meets a node.
_FIRST_NODE_DEG = 35.287313, 6.518733
_PITCH_DEG = 0.015, 0.02
_COLUMNS = 10_000  # more than the lattice has, for one number a node
_PAIRS = 100_000  # more than there are municipalities
_NO_NODE = -1
_AREA_UNIT_M2 = 1000  # the last digit of area_km2 in a stored result: the same shares from there
_DEGREE_DECIMALS = 6  # and those of its centres

ABROAD = -1
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Municipalities:
    """The municipalities of Italy (M,) in the order of their ISTAT codes, which are texts of 6, 3 and 2 digits.

    population is 0 for the three that the source has no figure for; they were founded or moved lately.
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
class Spread:
    """Who lives where: `people` (K,) of `municipality` live in `cell`; each pair comes once.

    municipality: index into `municipalities()`, ABROAD for people outside Italy. cells: how many the grid has.
    """

    cell: Ints
    municipality: Ints
    people: Ints
    cells: int

    def population(self) -> Ints:
        """Return the people of every cell (G,)."""
        return _sums(self.cell, self.people, self.cells)


@cache
def municipalities() -> Municipalities:
    """Return the municipalities of Italy; the file is read once."""
    columns = _read("municipalities")
    columns["population"] = [people or "0" for people in columns["population"]]
    kinds: dict[str, type] = {"population": np.int64, "area_km2": float}
    kinds |= {"latitude_deg": float, "longitude_deg": float}
    names = [field.name for field in fields(Municipalities)]
    return Municipalities(*(np.array(columns[name], dtype=kinds.get(name, np.str_)) for name in names))


def population(area: Area, grid: Grid) -> Ints:
    """Return the people in every cell (G,) of an area's grid; errors: none, where nobody is known it is 0."""
    return spread_people(area, grid).population()


def spread_people(area: Area, grid: Grid) -> Spread:
    """Return who lives in which cell of the grid of an area; cells in any order give the same."""
    homes = _homes().within(area)
    home, cell = _cells_of(homes, grid)
    weight = np.maximum(np.rint(grid.area_m2[cell] / _AREA_UNIT_M2).astype(np.int64), 1)
    people = apportion(homes.people, of=home, weight=weight)
    pair, which = np.unique(cell * _PAIRS + homes.municipality[home] - ABROAD, return_inverse=True)
    return Spread(
        cell=pair // _PAIRS,
        municipality=pair % _PAIRS + ABROAD,
        people=_sums(which, people, len(pair)),
        cells=len(grid),
    )


def apportion(total: Ints, *, of: Ints, weight: Ints) -> Ints:
    """Return whole parts (K,) of totals (A,), in proportion to weights (K,), that sum up to the totals exactly.

    of: the total each part belongs to; each must have a part. The remainders after rounding down decide who gets one
    more, the largest first and of equal ones the first (method of Hamilton). Weights are whole and above zero.
    """
    part, remainder = np.divmod(total[of] * weight, _sums(of, weight, len(total))[of])
    left = total - _sums(of, part, len(total))
    order = np.lexsort((-remainder, of))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(of)) - np.searchsorted(of[order], of[order])
    return np.asarray(part + (rank < left[of]))


def node_place(row: Ints, column: Ints) -> tuple[Floats, Floats]:
    """Return latitude and longitude of nodes of the lattice."""
    south, west = _FIRST_NODE_DEG
    return np.asarray(south + row * _PITCH_DEG[0]), np.asarray(west + column * _PITCH_DEG[1])


def _node_at(latitude_deg: Floats, longitude_deg: Floats) -> Ints:
    """Return the number of the node in whose box each place lies, _NO_NODE outside the lattice."""
    row = np.rint((np.round(latitude_deg, _DEGREE_DECIMALS) - _FIRST_NODE_DEG[0]) / _PITCH_DEG[0])
    column = np.rint((np.round(longitude_deg, _DEGREE_DECIMALS) - _FIRST_NODE_DEG[1]) / _PITCH_DEG[1])
    known = (row >= 0) & (column >= 0) & (column < _COLUMNS)
    return np.where(known, row * _COLUMNS + column, _NO_NODE).astype(np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class _Homes:
    """Points (H,) with the people that live around them; node: their number in the lattice, or _NO_NODE."""

    latitude_deg: Floats
    longitude_deg: Floats
    people: Ints
    municipality: Ints
    node: Ints

    def within(self, area: Area) -> "_Homes":
        """Return those in an area."""
        west, south, east, north = area.polygon.bounds
        x, y = self.longitude_deg, self.latitude_deg
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        shapely.prepare(area.polygon)
        some = near[shapely.contains_xy(area.polygon, x[near], y[near])]
        return _Homes(*(getattr(self, field.name)[some] for field in fields(self)))


@cache
def _homes() -> _Homes:
    """Return where everybody lives; the files are read once."""
    towns, abroad = municipalities(), _read("people-abroad")
    # nothing but whole numbers, which numpy reads at once
    first_row, first_column, nodes, istat_code = np.loadtxt(
        shipped("regions") / "people-runs.csv", np.int64, delimiter=",", skiprows=1, unpack=True
    )
    owner = np.searchsorted(towns.istat_code.astype(np.int64), istat_code)
    run = np.repeat(np.arange(len(nodes)), nodes)
    row, column = first_row[run], first_column[run] + np.arange(len(run)) - (np.cumsum(nodes) - nodes)[run]
    node_latitude_deg, node_longitude_deg = node_place(row, column)
    small = np.setdiff1d(np.arange(len(towns.istat_code)), owner)
    municipality = np.concatenate([owner[run], small])
    people = apportion(towns.population, of=municipality, weight=np.ones_like(municipality))
    others = np.array(abroad["population"], np.int64)
    places = {name: np.array(abroad[name], float) for name in ("latitude_deg", "longitude_deg")}
    return _Homes(
        np.concatenate([node_latitude_deg, towns.latitude_deg[small], places["latitude_deg"]]),
        np.concatenate([node_longitude_deg, towns.longitude_deg[small], places["longitude_deg"]]),
        np.concatenate([people, others]),
        np.concatenate([municipality, np.full(len(others), ABROAD)]),
        np.concatenate([row * _COLUMNS + column, np.full(len(small) + len(others), _NO_NODE)]),
    )


def _cells_of(homes: _Homes, grid: Grid) -> tuple[Ints, Ints]:
    """Return the pairs of home and cell among which people are spread; every home has one at least."""
    node = np.where(grid.surface == "land", _node_at(grid.latitude_deg, grid.longitude_deg), _NO_NODE)
    # Sorted by place too, so that the order of the cells does not decide who gets the odd person.
    order = np.lexsort((grid.longitude_deg, grid.latitude_deg, node))
    order = order[node[order] != _NO_NODE]
    first = np.searchsorted(node[order], homes.node, side="left")
    count = np.searchsorted(node[order], homes.node, side="right") - first
    many = np.repeat(np.arange(len(homes.people)), count)
    within = np.arange(len(many)) - (np.cumsum(count) - count)[many]
    alone = np.flatnonzero(count == 0)
    holder = _holding(grid, homes.latitude_deg[alone], homes.longitude_deg[alone])
    return np.concatenate([many, alone]), np.concatenate([order[first[many] + within], holder])


def _holding(grid: Grid, latitude_deg: Floats, longitude_deg: Floats) -> Ints:
    """Return the cell that holds each place, or the nearest one."""
    key: NDArray[Any]
    wanted: NDArray[Any]
    if grid.kind == "h3":
        key = h3_cells.of_ids(grid.cell_id)
        wanted = h3_cells.holding(latitude_deg, longitude_deg, like=key[0])
    else:
        key = latlon_cells.box_number(grid.latitude_deg, grid.longitude_deg, grid.step_deg)
        wanted = latlon_cells.box_number(latitude_deg, longitude_deg, grid.step_deg)
    order = np.argsort(key)
    found: Ints = order[np.searchsorted(key, wanted, sorter=order).clip(max=len(order) - 1)]
    # H3's edges are great circles and the grid's are straight: at a rim they may differ by some metres.
    for k in np.flatnonzero(key[found] != wanted):
        place = ellipsoid.position_m(
            latitude_deg=latitude_deg[k], longitude_deg=longitude_deg[k], height_m=np.array(0.0)
        )
        found[k] = np.argmin(((grid.position_m - place) ** 2).sum(axis=1))
    return found


def _sums(group: Ints, values: Ints, groups: int) -> Ints:
    """Return the sum of the values of each group, exact below 2**53."""
    return np.bincount(group, values, minlength=groups).astype(np.int64)


def _read(name: str) -> dict[str, list[str]]:
    """Return the columns of a shipped table as texts."""
    with (shipped("regions") / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))

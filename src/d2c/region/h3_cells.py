"""The cells of Uber's H3, which knows polygons of latitude and longitude on a sphere."""

import math
from collections.abc import Iterable
from itertools import chain
from typing import Any

import h3
import h3.api.basic_int as h3_int
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from d2c.errors import RegionError
from d2c.region.extent import area_and_outline_m

FINEST = 15  # H3 has resolutions 0 to 15
_AT_ONCE = 100_000  # cells, as Python's numbers ten times as big
Cells = NDArray[np.uint64]


def check(resolution: int) -> None:
    """Raise RegionError for a resolution that H3 does not have."""
    if not isinstance(resolution, int) or not 0 <= resolution <= FINEST:
        raise RegionError(
            f"[grid] resolution = {resolution} is no H3 resolution; use a whole number from 0 to {FINEST}"
        )


def estimate(polygon: BaseGeometry, resolution: int) -> float:
    """Return about how many cells cover a polygon: its area in cells, and half a row of cells along its outline."""
    area_m2, outline_m = area_and_outline_m(polygon)
    point = polygon.representative_point()
    cell_m2: float = h3.cell_area(h3.latlng_to_cell(point.y, point.x, resolution), unit="m^2")
    return area_m2 / cell_m2 + outline_m / math.sqrt(cell_m2) / 2


def finest(polygon: BaseGeometry, cells: int) -> int:
    """Return the finest resolution that makes no more than some number of cells."""
    return max((r for r in range(FINEST + 1) if estimate(polygon, r) <= cells), default=0)


def covering(polygons: NDArray[Any], resolution: int) -> Cells:
    """Return every cell that meets one of the polygons, sorted; some of them may only touch it.

    H3 finds the cells with their centre inside. The cells that a connected shape meets are all neighbours of each
    other, so from these and from those of the corners the rest is reached step by step. (H3's own search for
    overlapping cells is called experimental, and misses some at resolution 4 in the Mediterranean.)
    """
    inside = [_as_cells(h3_int.polygon_to_cells(_h3_shape(polygon), resolution)) for polygon in polygons]
    corners = shapely.get_coordinates(polygons).tolist()
    at_corners = (h3_int.latlng_to_cell(latitude, longitude, resolution) for longitude, latitude in corners)
    found = np.unique(np.concatenate([*inside, _as_cells(at_corners)]))
    tree = shapely.STRtree(polygons)
    new = found
    while len(new):
        around = np.setdiff1d(_neighbours(new), found, assume_unique=True)
        new = around[np.unique(tree.query(boundaries(around), predicate="intersects")[0])]
        found = np.union1d(found, new)
    return found


def _neighbours(cells: Cells) -> Cells:
    """Return the cells and those beside them, sorted."""
    parts = np.array_split(cells, -(-len(cells) // _AT_ONCE))
    disks = (chain.from_iterable(h3_int.grid_disk(cell, 1) for cell in part.tolist()) for part in parts)
    return np.unique(np.concatenate([np.unique(_as_cells(disk)) for disk in disks]))


def _as_cells(cells: Iterable[int]) -> Cells:
    return np.fromiter(cells, dtype=np.uint64)


def ids(cells: Cells) -> NDArray[np.str_]:
    """Return the usual hexadecimal names."""
    return np.array([h3.int_to_str(cell) for cell in cells.tolist()])


def of_ids(names: NDArray[np.str_]) -> Cells:
    """Return the cells of hexadecimal names."""
    return _as_cells(h3.str_to_int(name) for name in names.tolist())


def holding(
    latitude_deg: NDArray[np.float64], longitude_deg: NDArray[np.float64], *, like: np.uint64
) -> Cells:
    """Return the cells that hold places, of the resolution of another cell."""
    resolution = h3_int.get_resolution(int(like))
    places = zip(latitude_deg.tolist(), longitude_deg.tolist(), strict=True)
    return _as_cells(h3_int.latlng_to_cell(y, x, resolution) for y, x in places)


def mean_edge_m(resolution: int) -> float:
    """Return the mean length of a cell's edge, which is its radius from centre to corner."""
    edge_m: float = h3.average_hexagon_edge_length(resolution, unit="m")
    return edge_m


def lattice(cells: Cells) -> NDArray[np.int64]:
    """Return the places (N, 2) of cells in one hexagonal lattice, whose axes meet at 120 deg.

    RegionError where the cells do not fit into one, near the twelve pentagons of H3.
    """
    origin = int(cells[0])
    try:
        found = {cell: h3_int.cell_to_local_ij(origin, cell) for cell in cells.tolist()}
    except h3.H3BaseException as error:
        raise _no_lattice(origin) from error
    # beside a pentagon H3 gives places that do not fit together
    for cell, (i, j) in found.items():
        for other in h3_int.grid_disk(cell, 1):
            if other in found and (found[other][0] - i, found[other][1] - j) not in _STEPS:
                raise _no_lattice(origin)
    return np.array(list(found.values()))


_STEPS = {(0, 0), (1, 0), (0, 1), (1, 1), (-1, 0), (0, -1), (-1, -1)}  # to oneself and to one's neighbours


def _no_lattice(cell: int) -> RegionError:
    return RegionError(
        f"cells of H3 at resolution {h3_int.get_resolution(cell)} have no common lattice here: the area is too wide or "
        "near a pentagon"
    )


def centres(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitude and longitude of the centres in degrees."""
    each = chain.from_iterable(h3_int.cell_to_latlng(cell) for cell in cells.tolist())
    places = np.fromiter(each, dtype=np.float64).reshape(-1, 2)
    return places[:, 0].copy(), places[:, 1].copy()


def boundaries(cells: Cells) -> NDArray[Any]:
    """Return the cells as polygons; one across the 180th meridian is in two parts."""
    corners = [h3_int.cell_to_boundary(cell) for cell in cells.tolist()]
    cell = np.repeat(np.arange(len(corners)), [len(c) for c in corners])
    points = np.array(list(chain.from_iterable(corners))).reshape(-1, 2)[:, ::-1]
    polygons = np.asarray(shapely.polygons(shapely.linearrings(points, indices=cell)))
    west, _, east, _ = shapely.bounds(polygons).T
    for i in np.flatnonzero(east - west > 180):
        polygons[i] = _cut_at_180(points[cell == i])
    return polygons


def _cut_at_180(points: NDArray[np.float64]) -> BaseGeometry:
    """Return the polygon of a cell that crosses the 180th meridian or lies around a pole."""
    longitude_deg = np.unwrap(np.append(points[:, 0], points[0, 0]), period=360)
    ring = np.column_stack([longitude_deg[:-1], points[:, 1]])
    if abs(longitude_deg[-1] - longitude_deg[0]) > 180:  # around a pole, which is a line in these coordinates
        pole_deg = math.copysign(90, points[0, 1])
        end = [longitude_deg[-1], points[0, 1]]
        ring = np.vstack([ring, end, [longitude_deg[-1], pole_deg], [longitude_deg[0], pole_deg]])
    earth = shapely.box(-180, -90, 180, 90)
    return shapely.union_all(
        [shapely.Polygon(ring - (turn, 0)).intersection(earth) for turn in (-360, 0, 360)]
    )


def _h3_shape(polygon: BaseGeometry) -> h3.LatLngPoly:
    """Return a polygon as H3 wants it: latitude first."""
    return h3.LatLngPoly(
        *(shapely.get_coordinates(ring)[:, ::-1].tolist() for ring in shapely.get_rings(polygon))
    )

"""H3 cells: cover polygons, convert ids and positions, give outlines; H3 works on a sphere."""

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
from d2c.region.extent import area_and_perimeter
from d2c.region.polygon_tiles import only_polygons

# Population nodes are 1.7 km apart, so finer cells than those of 8 add no information.
_USUAL, _FINEST_AUTOMATIC, _FEWEST = 5, 8, 100
FINEST = 15  # H3 has resolutions 0 to 15
_WIDEST_DEG = 90
_BATCH_CELLS = 100_000  # as Python integers, ten times the size of the array
Cells = NDArray[np.uint64]


def check_resolution(resolution: int) -> None:
    """Raise RegionError for a resolution outside H3's range."""
    if not isinstance(resolution, int) or not 0 <= resolution <= FINEST:
        raise RegionError(
            f"[grid] resolution = {resolution} is not an H3 resolution; use a whole number from 0 to {FINEST}"
        )


def estimate_cells(polygon: BaseGeometry, resolution: int) -> float:
    """Estimate how many cells cover a polygon: its area in cells plus half a row of cells along its outline."""
    area_m2, perimeter_m = area_and_perimeter(polygon)
    point = polygon.representative_point()
    cell_m2: float = h3.cell_area(h3.latlng_to_cell(point.y, point.x, resolution), unit="m^2")
    return area_m2 / cell_m2 + perimeter_m / math.sqrt(cell_m2) / 2


def automatic_resolution(polygon: BaseGeometry) -> int:
    """Return the usual resolution, for a small polygon the first finer one with at least a hundred cells."""
    fine = (r for r in range(_USUAL, _FINEST_AUTOMATIC) if estimate_cells(polygon, r) >= _FEWEST)
    return next(fine, _FINEST_AUTOMATIC)


def finest_resolution(polygon: BaseGeometry, cells: int) -> int:
    """Return the finest resolution that gives at most this number of cells."""
    return max((r for r in range(FINEST + 1) if estimate_cells(polygon, r) <= cells), default=0)


def covering_cells(polygons: NDArray[Any], resolution: int) -> Cells:
    """Return every cell that intersects one of the polygons, sorted; some may only touch it.

    H3 gives the cells with their centre inside. The cells that intersect a connected polygon form a connected set,
    so from these and from the cells of the vertices the search expands to neighbours until none is added. (H3's
    search for overlapping cells is experimental, and misses some at resolution 4 in the Mediterranean.)
    """
    polygons = _narrow(polygons)
    inside = [_as_cells(h3_int.polygon_to_cells(_h3_shape(polygon), resolution)) for polygon in polygons]
    vertices = shapely.get_coordinates(polygons).tolist()
    at_vertices = (h3_int.latlng_to_cell(latitude, longitude, resolution) for longitude, latitude in vertices)
    cells = np.unique(np.concatenate([*inside, _as_cells(at_vertices)]))
    tree = shapely.STRtree(polygons)
    new = cells
    while len(new):
        around = np.setdiff1d(_neighbours(new), cells, assume_unique=True)
        new = around[np.unique(tree.query(boundaries(around), predicate="intersects")[0])]
        cells = np.union1d(cells, new)
    return cells


def _narrow(polygons: NDArray[Any]) -> NDArray[Any]:
    """Cut polygons into parts of at most 90 deg of longitude: H3 takes a long edge the short way round the Earth."""
    west, _, east, _ = shapely.bounds(polygons).T
    wide = east - west > _WIDEST_DEG
    strips = [shapely.box(x, -90, x + _WIDEST_DEG, 90) for x in range(-180, 180, _WIDEST_DEG)]
    parts = [shapely.intersection(polygons[wide], strip) for strip in strips]
    return np.concatenate([polygons[~wide], only_polygons(np.concatenate(parts))[0]])


def _neighbours(cells: Cells) -> Cells:
    """Return the cells and their neighbours, sorted."""
    parts = np.array_split(cells, -(-len(cells) // _BATCH_CELLS))
    disks = (chain.from_iterable(h3_int.grid_disk(cell, 1) for cell in part.tolist()) for part in parts)
    return np.unique(np.concatenate([np.unique(_as_cells(disk)) for disk in disks]))


def _as_cells(cells: Iterable[int]) -> Cells:
    return np.fromiter(cells, dtype=np.uint64)


def resolution_of(cell_id: str) -> int:
    """Return the resolution of a cell by its id."""
    return int(h3.get_resolution(str(cell_id)))


def ids(cells: Cells) -> NDArray[np.str_]:
    """Return the hexadecimal ids of cells."""
    return np.array([h3.int_to_str(cell) for cell in cells.tolist()])


def cells_from_ids(cell_id: NDArray[np.str_]) -> Cells:
    """Return the cells of hexadecimal ids."""
    return _as_cells(h3.str_to_int(text) for text in cell_id.tolist())


def cells_at(
    latitude_deg: NDArray[np.float64], longitude_deg: NDArray[np.float64], *, like: np.uint64
) -> Cells:
    """Return the cells that contain the positions, at the resolution of the cell `like`."""
    resolution = h3_int.get_resolution(int(like))
    positions = zip(latitude_deg.tolist(), longitude_deg.tolist(), strict=True)
    return _as_cells(h3_int.latlng_to_cell(y, x, resolution) for y, x in positions)


def children_centres(cell: int) -> list[tuple[float, float]]:
    """Return latitude and longitude of the centres of a cell's seven children; a pentagon has six, the last one twice.

    A cell of the finest resolution stands for its own children.
    """
    resolution = h3_int.get_resolution(cell)
    children = h3_int.cell_to_children(cell, min(resolution + 1, FINEST))
    centres_deg = [h3_int.cell_to_latlng(child) for child in children]
    return (centres_deg + 7 * centres_deg[-1:])[:7]


def centres(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitude and longitude of the centres in degrees."""
    flat = chain.from_iterable(h3_int.cell_to_latlng(cell) for cell in cells.tolist())
    centre_deg = np.fromiter(flat, dtype=np.float64).reshape(-1, 2)
    return centre_deg[:, 0].copy(), centre_deg[:, 1].copy()


def boundaries(cells: Cells) -> NDArray[Any]:
    """Return the cells as polygons; a cell across the 180th meridian is a multi-polygon."""
    corners = [h3_int.cell_to_boundary(cell) for cell in cells.tolist()]
    cell = np.repeat(np.arange(len(corners)), [len(c) for c in corners])
    points = np.array(list(chain.from_iterable(corners))).reshape(-1, 2)[:, ::-1]
    polygons = np.asarray(shapely.polygons(shapely.linearrings(points, indices=cell)))
    west, _, east, _ = shapely.bounds(polygons).T
    for i in np.flatnonzero(east - west > 180):
        polygons[i] = _cut_at_180(points[cell == i])
    return polygons


def _cut_at_180(points: NDArray[np.float64]) -> BaseGeometry:
    """Return the polygon of a cell that crosses the 180th meridian or contains a pole."""
    longitude_deg = np.unwrap(np.append(points[:, 0], points[0, 0]), period=360)
    if abs(longitude_deg[-1] - longitude_deg[0]) > 180:
        return _around_pole(points)
    ring = np.column_stack([longitude_deg[:-1], points[:, 1]])
    earth = shapely.box(-180, -90, 180, 90)
    return shapely.union_all(
        [shapely.Polygon(ring - (turn, 0)).intersection(earth) for turn in (-360, 0, 360)]
    )


def _around_pole(points: NDArray[np.float64]) -> BaseGeometry:
    """Return the polygon of a cell that contains a pole, which is a line in longitude and latitude."""
    longitude_deg, latitude_deg = points[np.argsort(points[:, 0])].T
    at_180_deg = float(np.interp(180, longitude_deg, latitude_deg, period=360))
    pole_deg = math.copysign(90, points[0, 1])
    west, east = [[-180, pole_deg], [-180, at_180_deg]], [[180, at_180_deg], [180, pole_deg]]
    return shapely.Polygon(np.vstack([west, np.column_stack([longitude_deg, latitude_deg]), east]))


def _h3_shape(polygon: BaseGeometry) -> h3.LatLngPoly:
    """Convert a polygon to H3's type, latitude first."""
    return h3.LatLngPoly(
        *(shapely.get_coordinates(ring)[:, ::-1].tolist() for ring in shapely.get_rings(polygon))
    )

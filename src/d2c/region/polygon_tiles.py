"""Big polygons cut into small ones, so that a cell is compared with the few vertices near it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

# Fewer make more pieces, more make every intersection slower: on the Mediterranean 256 and 512 are fastest at
# H3 resolution 5, 96 to 512 at 7; without tiles either takes more than twice as long.
TILE_VERTICES = 256
# Smaller tiles are left as they are: no cut thins out vertices that meet in one point.
SMALLEST_TILE_DEG = 0.01
# What the overlay of two polygons with a common edge leaves behind by rounding is below 1e-5 m2.
SMALLEST_PART_M2 = 1e-3


@dataclass(frozen=True, eq=False, slots=True)
class PolygonTiles:
    """Small polygons (P,) that together are the polygons they were cut from, and which one each came from."""

    polygons: NDArray[Any]
    owner: NDArray[np.int64]
    tree: shapely.STRtree

    def clip(self, shapes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
        """Return what of the shapes lies in the tiles: index into the shapes, owner, polygon, (K,) each.

        A shape that lies in several tiles comes in several pieces; one that lies in none does not come at all.
        """
        shape, tile = self.tree.query(shapes)
        meet = shapely.intersects(self.polygons[tile], shapes[shape])
        shape, tile = shape[meet], tile[meet]
        part = shapes[shape]
        cut = np.flatnonzero(~shapely.covers(self.polygons[tile], part))
        part[cut] = shapely.intersection(part[cut], self.polygons[tile[cut]])
        polygon, k = only_polygons(part)
        return shape[k], self.owner[tile[k]], polygon


def cut_into_tiles(polygons: Iterable[BaseGeometry], *, within: BaseGeometry | None = None) -> PolygonTiles:
    """Return the polygons (or what of them lies within the bounds of another) cut by a quadtree."""
    work, owner = only_polygons(np.array(list(polygons), dtype=object))
    if within is not None:
        frame = shapely.box(*within.bounds)
        near = shapely.STRtree(work).query(frame, predicate="intersects")
        work, owner = work[near], owner[near]
        cut = np.flatnonzero(~shapely.covers(frame, work))
        work[cut] = shapely.intersection(work[cut], frame)
        work, k = only_polygons(work)
        owner = owner[k]
    small, small_owner = [], []
    while len(work):
        big = (shapely.get_num_coordinates(work) > TILE_VERTICES) & (_extent_deg(work) > SMALLEST_TILE_DEG)
        small.append(work[~big])
        small_owner.append(owner[~big])
        quarters = np.concatenate([shapely.intersection(work[big], box) for box in _quarters(work[big])])
        work, k = only_polygons(quarters)
        owner = np.tile(owner[big], 4)[k]
    done = np.concatenate(small) if small else work
    shapely.prepare(done)  # for `clip`, which takes twice as long without
    return PolygonTiles(done, np.concatenate(small_owner) if small_owner else owner, shapely.STRtree(done))


def only_polygons(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the single polygons among any shapes, and for each the index of the shape it came from."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    others = np.flatnonzero(~single)
    parts, index = shapely.get_parts(shapes[others], return_index=True)
    inner, k = shapely.get_parts(parts, return_index=True)  # a multi-polygon inside a collection
    found = np.concatenate([shapes[single], inner])
    origin = np.concatenate([np.flatnonzero(single), others[index[k]]])
    keep = (shapely.get_type_id(found) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(found)
    order = np.flatnonzero(keep)[np.argsort(origin[keep], kind="stable")]
    return found[order], origin[order]


def _extent_deg(polygons: NDArray[Any]) -> NDArray[np.float64]:
    """Return the longer side of the bounding box of each polygon."""
    west, south, east, north = shapely.bounds(polygons).T
    return np.asarray(np.maximum(east - west, north - south))


def _quarters(polygons: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the four quarters of the bounding box of each polygon."""
    west, south, east, north = shapely.bounds(polygons).T
    x, y = (west + east) / 2, (south + north) / 2
    return [
        shapely.box(west, south, x, y),
        shapely.box(x, south, east, y),
        shapely.box(west, y, x, north),
        shapely.box(x, y, east, north),
    ]

"""Outlines of cells, coast and borders for the page: projected, simplified, on a lattice of 16-bit integers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, STRtree
from shapely.geometry.base import BaseGeometry

from d2c.output.maps.map_view import MapView
from d2c.region.boundaries import Land

_REGIONS_OF = "Italy"  # the country that the shipped regions cover
_ROOM = 1.25  # of the longer side: extent around the cells, for any aspect ratio of the page
LATTICE = 65535
_FINEST = 5000  # fraction of the side: smaller parts are invisible at any zoom
_RIM_DEG = 0.1
_SMALLEST_NAME = 60  # fraction of the side: countries with less room are not named


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """Square integer grid over the map, x to the east and y to the south, (0, 0) in the north-west."""

    view: MapView
    square: MapView

    @classmethod
    def around(cls, cells: NDArray[Any]) -> "Lattice":
        """Return the lattice for cells given as polygons in degrees."""
        view = MapView.around(cells)
        half = _ROOM * max(view.width_m, view.height_m) / 2
        x, y = (view.left_m + view.right_m) / 2, (view.bottom_m + view.top_m) / 2
        return cls(view, MapView(view.to_map, x - half, y - half, x + half, y + half))

    @property
    def unit_m(self) -> float:
        """Return the spacing of the lattice."""
        return self.square.width_m / LATTICE

    def frame(self) -> list[float]:
        """Return left, top, right and bottom of the view, which is always fully visible."""
        view, square = self.view, self.square
        edges = (view.left_m - square.left_m, square.top_m - view.top_m)
        ends = (view.right_m - square.left_m, square.top_m - view.bottom_m)
        return [round(metres / self.unit_m, 3) for metres in (*edges, *ends)]

    def rings(self, name: str, shapes: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the corners of polygons in map metres: NAME.x, NAME.y, and offsets of rings and shapes.

        NAME.rings `(R + 1,)` are offsets into corners, NAME.shapes `(N + 1,)` into rings. The closing corner of a
        ring is omitted.
        """
        parts, shape = shapely.get_parts(shapes, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        corners, ring = shapely.get_coordinates(rings, return_index=True)
        closing = np.append(ring[1:] != ring[:-1], True)[: len(ring)]
        corners, ring = corners[~closing], ring[~closing]
        x = (corners[:, 0] - self.square.left_m) / self.unit_m
        y = (self.square.top_m - corners[:, 1]) / self.unit_m
        return {
            f"{name}.x": _on_lattice(x),
            f"{name}.y": _on_lattice(y),
            f"{name}.rings": np.searchsorted(ring, np.arange(len(rings) + 1)).astype(np.uint32),
            f"{name}.shapes": np.searchsorted(shape[part], np.arange(len(shapes) + 1)).astype(np.uint32),
        }


def _on_lattice(numbers: NDArray[np.float64]) -> NDArray[np.uint16]:
    # Rounding in the clipping may leave a corner slightly outside.
    return np.clip(np.rint(numbers), 0, LATTICE).astype(np.uint16)


def outlines(
    cells: NDArray[Any], land: Land, area: BaseGeometry | None = None
) -> tuple[Lattice, dict[str, NDArray[Any]], list[list[Any]]]:
    """Return the lattice, rings of cells, sea, within, countries, regions and area, and names `[name, x, y, radius]`.

    `cells` are polygons in degrees; a name is the centre of a circle of that radius inside the country, clear of the
    cells. `sea` is the extent of the shipped boundaries; the ground outside is unknown. `within` is slightly smaller:
    outside it, outlines of countries are clipping edges instead of coasts.
    """
    lattice = Lattice.around(cells)
    square = lattice.square
    projected = shapely.orient_polygons(square.projected(cells))
    countries, regions = _simplified(land, tolerance_m=square.width_m / _FINEST)
    names = list(countries)
    pieces = _pieces(square, np.array([*countries.values()], dtype=object))
    extent = np.array([shapely.box(*land.box), shapely.box(*land.box).buffer(-_RIM_DEG)])
    sea, within = _pieces(square, extent)
    arrays = {
        **lattice.rings("cells", projected),
        **lattice.rings("sea", np.array([sea])),
        **lattice.rings("within", np.array([within])),
        **lattice.rings("countries", pieces),
        **lattice.rings("area", _pieces(square, np.array([area or MultiPolygon()], dtype=object))),
        **lattice.rings("regions", _pieces(square, np.array(regions, dtype=object))),
    }
    return lattice, arrays, _names(lattice, names, pieces, projected)


def _simplified(land: Land, *, tolerance_m: float) -> tuple[dict[str, Any], list[Any]]:
    """Return countries by name and regions, in degrees, simplified with shared borders preserved."""
    others = [country for country in land.countries if country.name != _REGIONS_OF]
    mosaic = np.array([area.polygon for area in (*others, *land.regions)], dtype=object)
    tolerance_deg = tolerance_m / 111e3  # length of a degree of latitude, approximately
    mosaic = shapely.coverage_simplify(mosaic, tolerance_deg)
    countries = {country.name: shape for country, shape in zip(others, mosaic, strict=False)}
    regions = list(mosaic[len(others) :])
    if regions:
        countries[_REGIONS_OF] = shapely.coverage_union_all(regions)
    return countries, regions


def _pieces(square: MapView, shapes: NDArray[Any]) -> NDArray[Any]:
    """Return polygons in map metres, clipped to the square, without islets too small for any zoom."""
    frame = shapely.box(square.left_m, square.bottom_m, square.right_m, square.top_m)
    cut = shapely.intersection(square.clipped(shapes), frame)
    smallest = (square.width_m / _FINEST) ** 2
    kept = []
    for shape in cut:
        parts = shapely.get_parts(shape)
        polygons = [part for part in parts if part.geom_type == "Polygon" and part.area >= smallest]
        kept.append(MultiPolygon(polygons))
    return np.array(kept, dtype=object)


def _names(
    lattice: Lattice, names: list[str], countries: NDArray[Any], cells: NDArray[Any]
) -> list[list[Any]]:
    """Return the country names that fit beside the cells."""
    view, smallest = lattice.view, lattice.square.width_m / _SMALLEST_NAME
    frame = shapely.box(view.left_m, view.bottom_m, view.right_m, view.top_m)
    tree = STRtree(cells)
    labels: list[list[Any]] = []
    for name, visible in zip(names, shapely.intersection(countries, frame), strict=True):
        if visible.area == 0.0:
            continue
        parts = shapely.get_parts(visible)
        room = shapely.maximum_inscribed_circle(parts[np.argmax(shapely.area(parts))], smallest / 4)
        (x, y), radius_m = shapely.get_coordinates(room)[0], room.length
        # Sea cells extend over the coast: only the inner half of the circle must be clear of cells.
        if radius_m < smallest or len(tree.query(shapely.Point(x, y).buffer(radius_m / 2), "intersects")):
            continue
        at = ((x - lattice.square.left_m) / lattice.unit_m, (lattice.square.top_m - y) / lattice.unit_m)
        labels.append([name, round(at[0]), round(at[1]), round(radius_m / lattice.unit_m)])
    return labels

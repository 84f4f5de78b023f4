"""Cells, coast and borders for the page: projected, simplified, on a lattice of 16-bit whole numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, STRtree

from d2c.output.maps.map_view import MapView
from d2c.region.boundaries import Land

_REGIONS_OF = "Italy"  # the country that the shipped regions make up
_ROOM = 1.25  # of the longer side: what a page of any shape shows around the cells
LATTICE = 65535
_FINEST = 5000  # parts of the side: what is smaller than such a part shows at no zoom
_RIM_DEG = 0.1
_SMALLEST_NAME = 60  # parts of the side: a country with less room gets no name


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """A square of whole numbers over the map, x to the east and y to the south, (0, 0) in the north-west."""

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
        """Return the distance of neighbouring points."""
        return self.square.width_m / LATTICE

    def frame(self) -> list[float]:
        """Return left, top, right and bottom of the view, which every page shows whole."""
        view, square = self.view, self.square
        edges = (view.left_m - square.left_m, square.top_m - view.top_m)
        ends = (view.right_m - square.left_m, square.top_m - view.bottom_m)
        return [round(metres / self.unit_m, 3) for metres in (*edges, *ends)]

    def rings(self, name: str, shapes: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the corners of polygons in map metres: NAME.x, NAME.y, and where rings and shapes begin.

        NAME.rings `(R + 1,)` counts corners, NAME.shapes `(N + 1,)` counts rings. The last corner of a ring,
        which is its first, is left out.
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
    # Rounding of the cut may leave a corner a hair outside.
    return np.clip(np.rint(numbers), 0, LATTICE).astype(np.uint16)


def outlines(cells: NDArray[Any], land: Land) -> tuple[Lattice, dict[str, NDArray[Any]], list[list[Any]]]:
    """Return the lattice, the rings of cells, sea, within, countries and regions, and names `[name, x, y, radius]`.

    `cells` are polygons in degrees; names stand where a circle of that radius lies inside the country, clear
    of the cells. Sea is where all land is known; beyond it nobody says what the ground is. `within` is a little
    smaller: outside it the outline of a country is where our knowledge ends.
    """
    lattice = Lattice.around(cells)
    square = lattice.square
    projected = shapely.orient_polygons(square.projected(cells))
    countries, regions = _simplified(land, tolerance_m=square.width_m / _FINEST)
    names = list(countries)
    pieces = _pieces(square, np.array([*countries.values()], dtype=object))
    known = np.array([shapely.box(*land.box), shapely.box(*land.box).buffer(-_RIM_DEG)])
    sea, within = _pieces(square, known)
    arrays = {
        **lattice.rings("cells", projected),
        **lattice.rings("sea", np.array([sea])),
        **lattice.rings("within", np.array([within])),
        **lattice.rings("countries", pieces),
        **lattice.rings("regions", _pieces(square, np.array(regions, dtype=object))),
    }
    return lattice, arrays, _names(lattice, names, pieces, projected)


def _simplified(land: Land, *, tolerance_m: float) -> tuple[dict[str, Any], list[Any]]:
    """Return countries by name and regions, in degrees, simplified so that neighbours still share their border."""
    others = [country for country in land.countries if country.name != _REGIONS_OF]
    mosaic = np.array([area.polygon for area in (*others, *land.regions)], dtype=object)
    tolerance_deg = tolerance_m / 111e3  # length of a degree of latitude; rough is enough here
    mosaic = shapely.coverage_simplify(mosaic, tolerance_deg)
    countries = {country.name: shape for country, shape in zip(others, mosaic, strict=False)}
    regions = list(mosaic[len(others) :])
    if regions:
        countries[_REGIONS_OF] = shapely.coverage_union_all(regions)
    return countries, regions


def _pieces(square: MapView, shapes: NDArray[Any]) -> NDArray[Any]:
    """Return polygons in map metres, cut to the square, without rocks that no zoom shows."""
    frame = shapely.box(square.left_m, square.bottom_m, square.right_m, square.top_m)
    cut = shapely.intersection(square.cut(shapes), frame)
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
    """Return the names that have room in their country beside the cells."""
    view, smallest = lattice.view, lattice.square.width_m / _SMALLEST_NAME
    frame = shapely.box(view.left_m, view.bottom_m, view.right_m, view.top_m)
    tree = STRtree(cells)
    found: list[list[Any]] = []
    for name, seen in zip(names, shapely.intersection(countries, frame), strict=True):
        if seen.area == 0.0:
            continue
        parts = shapely.get_parts(seen)
        room = shapely.maximum_inscribed_circle(parts[np.argmax(shapely.area(parts))], smallest / 4)
        (x, y), radius_m = shapely.get_coordinates(room)[0], room.length
        # Cells of a sea reach over its coast: the middle has to be clear, the rim need not.
        if radius_m < smallest or len(tree.query(shapely.Point(x, y).buffer(radius_m / 2), "intersects")):
            continue
        at = ((x - lattice.square.left_m) / lattice.unit_m, (lattice.square.top_m - y) / lattice.unit_m)
        found.append([name, round(at[0]), round(at[1]), round(radius_m / lattice.unit_m)])
    return found

"""Basemap of maps: countries, regions, sea and place names, clipped to the surroundings of an area."""

from dataclasses import dataclass
from typing import Any

import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from d2c.region.boundaries import land
from d2c.region.gazetteer import places

ATTRIBUTION = "Boundaries: ISTAT, Openpolis, CC BY 4.0; Natural Earth"  # as regions/README.md requires

# Fractions of the longer side: a wide window that shows all of a tall area is still filled to its edges.
_MARGIN_EAST_WEST, _MARGIN_NORTH_SOUTH = 1.5, 0.6
_SMALLEST_MARGIN_DEG = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class Basemap:
    """Valid, non-empty polygons with names and kinds: one "sea", each "country", each "region", an "area" asked for.

    The sea is the whole clipping window, drawn below the others: what is not land in it is sea. It is smaller than
    the map where the map reaches beyond the shipped boundaries; the ground there is unknown.
    """

    polygons: list[MultiPolygon]
    names: list[str]
    kinds: list[str]


def clip_basemap(bounds: tuple[float, float, float, float], area: BaseGeometry | None = None) -> Basemap:
    """Return the shipped basemap around west, south, east, north, and the area asked for; it may be empty."""
    west, south, east, north = bounds
    longer = max(east - west, north - south)
    margin_x = max(_MARGIN_EAST_WEST * longer, _SMALLEST_MARGIN_DEG)
    margin_y = max(_MARGIN_NORTH_SOUTH * longer, _SMALLEST_MARGIN_DEG)
    surroundings = shapely.box(west - margin_x, south - margin_y, east + margin_x, north + margin_y)
    window = surroundings & shapely.box(*land().box)
    layers = [("Sea", "sea", _polygons(window))]
    layers += [(country.name, "country", _polygons(country.polygon & window)) for country in land().countries]
    layers += [(region.name, "region", _polygons(region.polygon & window)) for region in land().regions]
    layers += [("Area", "area", _polygons(area))] if area is not None else []
    visible = [layer for layer in layers if not layer[2].is_empty]
    return Basemap([s[2] for s in visible], [s[0] for s in visible], [s[1] for s in visible])


def basemap_layers() -> dict[str, Any]:
    """Return the shipped boundaries as arguments of `draw_map`: land, land_box, lines and places."""
    return {
        "land": [(country.name, country.polygon) for country in land().countries],
        "land_box": land().box,
        "lines": [region.polygon for region in land().regions],
        "places": places(),
    }


def _polygons(shape: BaseGeometry) -> MultiPolygon:
    """Return the polygons of a geometry; clipping at a coast may also give points and lines."""
    return MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])

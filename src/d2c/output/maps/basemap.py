"""The countries, regions and sea around an area, cut to what a map of it shows."""

from dataclasses import dataclass
from typing import Any

import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from d2c.region.boundaries import land
from d2c.region.gazetteer import places

ATTRIBUTION = "Boundaries: ISTAT, Openpolis, CC BY 4.0; Natural Earth"  # as regions/README.md asks

# Of the longer side: a wide window that shows a tall area whole still shows the ground to its edges.
_MARGIN_EAST_WEST, _MARGIN_NORTH_SOUTH = 1.5, 0.6
_SMALLEST_MARGIN_DEG = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class Surroundings:
    """Polygons, valid and not empty, with their names and kinds: one "sea", then each "country", then each "region".

    The sea is the whole window that was cut out, as a sheet under the others: what is not land in it is sea. It is
    smaller than the map where that shows a part of the world that does not ship; there nothing is known.
    """

    polygons: list[MultiPolygon]
    names: list[str]
    kinds: list[str]


def surroundings(bounds: tuple[float, float, float, float]) -> Surroundings:
    """Return what ships of the world around west, south, east, north; nothing may be left."""
    west, south, east, north = bounds
    longer = max(east - west, north - south)
    aside = max(_MARGIN_EAST_WEST * longer, _SMALLEST_MARGIN_DEG)
    above = max(_MARGIN_NORTH_SOUTH * longer, _SMALLEST_MARGIN_DEG)
    window = shapely.box(west - aside, south - above, east + aside, north + above) & shapely.box(*land().box)
    sheets = [("Sea", "sea", _polygons(window))]
    sheets += [(country.name, "country", _polygons(country.polygon & window)) for country in land().countries]
    sheets += [(region.name, "region", _polygons(region.polygon & window)) for region in land().regions]
    there = [sheet for sheet in sheets if not sheet[2].is_empty]
    return Surroundings([s[2] for s in there], [s[0] for s in there], [s[1] for s in there])


def ground() -> dict[str, Any]:
    """Return all that ships of the world as `draw_map` takes it: land, land_box, lines and places."""
    return {
        "land": [(country.name, country.polygon) for country in land().countries],
        "land_box": land().box,
        "lines": [region.polygon for region in land().regions],
        "places": places(),
    }


def _polygons(shape: BaseGeometry) -> MultiPolygon:
    """Return the parts with an area: where the window touches a coast, points and lines come with them."""
    return MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])

"""The polygons that ship with the project: countries, Italian regions, the Mediterranean Sea."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon

from d2c.errors import RegionError
from d2c.shipped import shipped


@dataclass(frozen=True, eq=False, slots=True)
class Area:
    """A named part of the Earth's surface.

    The polygon is in WGS 84 longitude and latitude, valid and not empty; its edges are straight in these
    coordinates (RFC 7946, 3.1.1). RegionError when it is not so. assumed: what of its outline nobody publishes.
    """

    name: str
    polygon: Polygon | MultiPolygon
    assumed: str = ""

    def __post_init__(self) -> None:
        """Check the polygon once, so that nobody behind has to."""
        if not isinstance(self.polygon, Polygon | MultiPolygon) or self.polygon.is_empty:
            raise RegionError(f"area '{self.name}' holds no polygon, or an empty one")
        west, south, east, north = self.polygon.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise RegionError(
                f"area '{self.name}' reaches from {west:g},{south:g} to {east:g},{north:g} (longitude,latitude), "
                "outside the Earth; longitude is allowed from -180 to 180, latitude from -90 to 90"
            )
        if not self.polygon.is_valid:
            fault, _, place = shapely.is_valid_reason(self.polygon).partition("[")
            raise RegionError(
                f"area '{self.name}' is no valid polygon: {fault.lower()} at longitude,latitude "
                f"{place.rstrip(']').replace(' ', ',')}; repair it first (QGIS: Fix geometries)"
            )


@dataclass(frozen=True, eq=False, slots=True)
class Land:
    """The land of the shipped countries, for cutting coasts, labelling cells and drawing maps.

    The countries do not overlap each other nor the sea; the regions make up Italy exactly.
    """

    countries: tuple[Area, ...]
    regions: tuple[Area, ...]
    complete: frozenset[str]  # names of the countries that the box does not cut
    box: tuple[float, float, float, float]  # west, south, east, north: within it all land is there


@cache
def land() -> Land:
    """Return the shipped countries and the 20 regions of Italy; the files are read once."""
    text = _read("countries")
    ((west, south, east, north),) = _values(text, "bbox")
    complete = (about["name"] for about in _values(text, "properties") if about["complete"])
    regions = _areas(_read("italy-regions"))
    return Land(_areas(text), regions, frozenset(complete), (west, south, east, north))


@cache
def sea() -> Area:
    """Return the Mediterranean Sea, from Gibraltar to the Dardanelles."""
    return _areas(_read("mediterranean"))[0]


@cache
def scenario_areas() -> dict[str, Area]:
    """Return the areas that the built-in scenarios ask about, by the name they are asked for."""
    text = _read("areas")
    return {
        about["name"]: Area(about["title"], area.polygon, about["assumed"])
        for about, area in zip(_values(text, "properties"), _areas(text), strict=True)
    }


def _read(name: str) -> str:
    """Return a shipped GeoJSON collection."""
    return (shipped("regions") / f"{name}.geojson").read_text(encoding="utf-8")


def _areas(text: str) -> tuple[Area, ...]:
    """Return the features of a shipped collection."""
    polygons = shapely.get_parts(shapely.from_geojson(text))
    described = _values(text, "properties")
    return tuple(Area(about["name"], polygon) for about, polygon in zip(described, polygons, strict=True))


def _values(text: str, name: str) -> Iterator[Any]:
    """Yield every value of that name; the coordinates, nearly all of the text, are not read a second time."""
    read = json.JSONDecoder().raw_decode
    return (read(text, found.end())[0] for found in re.finditer(f'"{name}": *', text))

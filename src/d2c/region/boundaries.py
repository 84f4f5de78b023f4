"""Boundary polygons shipped with the project: countries, Italian regions, the Mediterranean, scenario areas."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon

from d2c.errors import RegionError
from d2c.shipped import shipped_folder


@dataclass(frozen=True, slots=True)
class Area:
    """A named part of the Earth's surface; equal to another of the same name and the same coordinates.

    The polygon is in WGS 84 longitude and latitude, valid and not empty; its edges are straight in these
    coordinates (RFC 7946, 3.1.1). RegionError otherwise. `assumed`: the part of the outline without a published source.
    """

    name: str
    polygon: Polygon | MultiPolygon
    assumed: str = ""

    def __post_init__(self) -> None:
        """Validate the polygon once for all later use."""
        if not isinstance(self.polygon, Polygon | MultiPolygon) or self.polygon.is_empty:
            raise RegionError(f"area '{self.name}' has no polygon, or an empty one")
        west, south, east, north = self.polygon.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise RegionError(
                f"area '{self.name}' extends from {west:g},{south:g} to {east:g},{north:g} (longitude,latitude), "
                "outside the Earth; longitude is allowed from -180 to 180, latitude from -90 to 90"
            )
        if not self.polygon.is_valid:
            fault, _, place = shapely.is_valid_reason(self.polygon).partition("[")
            raise RegionError(
                f"area '{self.name}' is not a valid polygon: {fault.lower()} at longitude,latitude "
                f"{place.rstrip(']').replace(' ', ',')}; repair it first (QGIS: Fix geometries)"
            )


@dataclass(frozen=True, eq=False, slots=True)
class Land:
    """Land polygons of the shipped countries, for clipping at coasts, labelling cells and drawing maps.

    The countries overlap neither each other nor the sea; the union of the regions is exactly Italy.
    """

    countries: tuple[Area, ...]
    regions: tuple[Area, ...]
    complete: frozenset[str]  # names of the countries that the box does not clip
    box: tuple[float, float, float, float]  # west, south, east, north: contains all land within it


@cache
def land() -> Land:
    """Return the shipped countries and the 20 regions of Italy; the files are read once."""
    text = _read("countries")
    ((west, south, east, north),) = _values(text, "bbox")
    complete = (properties["name"] for properties in _values(text, "properties") if properties["complete"])
    regions = _areas(_read("italy-regions"))
    return Land(_areas(text), regions, frozenset(complete), (west, south, east, north))


@cache
def sea() -> Area:
    """Return the Mediterranean Sea, from Gibraltar to the Dardanelles."""
    return _areas(_read("mediterranean"))[0]


@cache
def scenario_areas() -> dict[str, Area]:
    """Return the areas of the built-in scenarios by name."""
    text = _read("areas")
    return {
        properties["name"]: Area(properties["title"], area.polygon, properties["assumed"])
        for properties, area in zip(_values(text, "properties"), _areas(text), strict=True)
    }


def _read(name: str) -> str:
    """Read a shipped GeoJSON collection."""
    return (shipped_folder("regions") / f"{name}.geojson").read_text(encoding="utf-8")


def _areas(text: str) -> tuple[Area, ...]:
    """Return the features of a collection."""
    polygons = shapely.get_parts(shapely.from_geojson(text))
    names = (properties["name"] for properties in _values(text, "properties"))
    return tuple(Area(name, polygon) for name, polygon in zip(names, polygons, strict=True))


def _values(text: str, name: str) -> Iterator[Any]:
    """Yield the value of every member of that name, without parsing the coordinates a second time."""
    decode = json.JSONDecoder().raw_decode
    return (decode(text, match.end())[0] for match in re.finditer(f'"{name}": *', text))

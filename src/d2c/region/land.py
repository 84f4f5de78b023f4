"""The polygons that ship with the project: countries, Italian regions, the Mediterranean Sea."""

import json
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
    collection, countries = _read("countries")
    _, regions = _read("italy-regions")
    complete = (f["properties"]["name"] for f in collection["features"] if f["properties"]["complete"])
    west, south, east, north = collection["bbox"]
    return Land(countries, regions, frozenset(complete), (west, south, east, north))


@cache
def sea() -> Area:
    """Return the Mediterranean Sea, from Gibraltar to the Dardanelles."""
    return _read("mediterranean")[1][0]


@cache
def scenario_areas() -> dict[str, Area]:
    """Return the areas that the built-in scenarios ask about, by the name they are asked for."""
    collection, areas = _read("areas")
    described = (feature["properties"] for feature in collection["features"])
    return {
        about["name"]: Area(about["title"], area.polygon, about["assumed"])
        for about, area in zip(described, areas, strict=True)
    }


def _read(name: str) -> tuple[dict[str, Any], tuple[Area, ...]]:
    """Return a shipped GeoJSON collection as it is written, and its features as areas."""
    text = (shipped("regions") / f"{name}.geojson").read_text(encoding="utf-8")
    collection: dict[str, Any] = json.loads(text)
    polygons = shapely.get_parts(shapely.from_geojson(text))
    names = (feature["properties"]["name"] for feature in collection["features"])
    return collection, tuple(Area(n, polygon) for n, polygon in zip(names, polygons, strict=True))

"""Country, sea, Italian region, area of a scenario, polygon file or box -> one valid polygon."""

import re
import unicodedata
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from d2c.errors import RegionError, did_you_mean
from d2c.region.boundaries import Area, Land, land, scenario_areas, sea
from d2c.region.polygon_tiles import only_polygons

__all__ = ["Area", "Land", "Surface", "area_names", "find_area", "land"]

Surface = Literal["all", "land", "sea"]

_SEA, _ITALY_AND_SEA = "mediterranean", "italy-mediterranean"
_NUMBER = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
_BOX = re.compile(",".join([_NUMBER] * 4))


def find_area(name: str, *, surface: Surface = "all", buffer_km: float = 0.0) -> Area:
    """Return the area a user means: a built-in name, else a polygon file, else a box.

    A box is `WEST,SOUTH,EAST,NORTH` in degrees (the order of RFC 7946, section 5). The buffer grows the area by
    a distance on the ground, or shrinks it where negative, before the surface is cut out. RegionError when the
    area is unknown, broken, outside the Earth, or nothing is left of it.
    """
    area = _named(name)
    if buffer_km != 0:
        from d2c.region.buffer import grown  # here for start-up time: PROJ takes 0.1 s to load

        polygon = grown(area.polygon, buffer_km=buffer_km)
        area = _changed(area, polygon, f"buffer_km = {buffer_km:g}")
    if surface != "all":
        area = _changed(area, _on_surface(area, surface), f"surface = '{surface}'")
    return area


@cache
def area_names() -> tuple[str, ...]:
    """Return every built-in name, spelled as for the command line."""
    return tuple(sorted({_SEA, _ITALY_AND_SEA, *_countries_and_regions(), *scenario_areas()}))


def _named(name: str) -> Area:
    """Return a built-in area, a file's or a box."""
    box = _BOX.fullmatch(name)
    if box and not _is_file(name):  # no built-in name is one: for it they need not be read
        return _box(name, *(float(side) for side in box.groups()))
    key = _key(name)
    if key == _SEA:
        return sea()
    if key == _ITALY_AND_SEA:
        return _italy_and_sea()
    if key in _countries_and_regions():
        return _countries_and_regions()[key]
    if key in scenario_areas():
        return scenario_areas()[key]
    if key and _is_file(name):
        from d2c.region.polygon_file import read_area  # here for start-up time: GDAL takes 0.2 s to load

        return read_area(Path(name))
    raise RegionError(
        f"unknown area '{name}', and no polygon file or box WEST,SOUTH,EAST,NORTH either"
        + did_you_mean(key, area_names())
    )


@cache
def _countries_and_regions() -> dict[str, Area]:
    """Return the complete countries and the Italian regions; bilingual ones under each name and under both."""
    named = {_key(area.name): area for area in land().countries if area.name in land().complete}
    for area in land().regions:
        for spelling in (area.name, *area.name.split("/")):
            named[_key(spelling)] = area
    return named


@cache
def _italy_and_sea() -> Area:
    """Return the union of Italy and the Mediterranean, whose borders are the same lines."""
    both = shapely.coverage_union_all([_countries_and_regions()["italy"].polygon, sea().polygon])
    return Area("Italy and the Mediterranean Sea", _polygon(both))


def _key(name: str) -> str:
    """Return a name without case, accents and punctuation: `Valle d'Aosta` -> `valle-d-aosta`."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return "-".join(re.findall("[a-z0-9]+", plain))


def _is_file(name: str) -> bool:
    """Return whether a path exists; a name no file can have does not."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _box(name: str, west: float, south: float, east: float, north: float) -> Area:
    """Return a box; where it is empty or inside out, say which sides are."""
    for low, low_deg, high, high_deg in (("west", west, "east", east), ("south", south, "north", north)):
        if not low_deg < high_deg:
            raise RegionError(
                f"box {name}: {low} {low_deg:g} is not below {high} {high_deg:g}; the order is "
                "WEST,SOUTH,EAST,NORTH, and a box over the 180th meridian must be a polygon file cut there"
            )
    return Area(name, Polygon.from_bounds(west, south, east, north))


def _on_surface(area: Area, surface: Surface) -> BaseGeometry:
    """Return the land or the sea of an area, as far as the shipped countries reach."""
    if surface not in ("land", "sea"):
        raise RegionError(
            f"surface = '{surface}' is not allowed" + did_you_mean(surface, ("all", "land", "sea"))
        )
    shipped, frame = land(), shapely.box(*area.polygon.bounds)
    if not shapely.box(*shipped.box).contains(frame):
        raise RegionError(
            f"area '{area.name}' reaches {_corners(area.polygon.bounds)}, beyond the countries that ship with d2c, "
            f"{_corners(shipped.box)}; surface = '{surface}' cannot be told there, use surface = 'all'"
        )
    near = [country.polygon for country in shipped.countries if country.polygon.intersects(frame)]
    countries = shapely.coverage_union_all(near) if near else Polygon()
    return area.polygon.intersection(countries) if surface == "land" else area.polygon.difference(countries)


def _corners(bounds: tuple[float, float, float, float]) -> str:
    """Return bounds as they are typed."""
    return ",".join(f"{side:g}" for side in bounds)


def _changed(area: Area, shape: BaseGeometry, what: str) -> Area:
    """Return the area with what an overlay made of its polygon."""
    polygon = _polygon(shape)
    if polygon.is_empty:
        raise RegionError(f"{what} leaves nothing of area '{area.name}'")
    return replace(area, polygon=polygon)


def _polygon(shape: BaseGeometry) -> Polygon | MultiPolygon:
    """Return the polygons of any shape; lines and points that an overlay leaves behind are dropped."""
    parts, _ = only_polygons(shapely.get_parts(shape))
    polygon: Polygon | MultiPolygon = parts[0] if len(parts) == 1 else MultiPolygon(parts.tolist())
    return polygon

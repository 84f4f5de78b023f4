"""Area of interest: resolve a country, sea, Italian region, scenario area, polygon file or box to a polygon."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from d2c.errors import RegionError, did_you_mean
from d2c.names import slug
from d2c.region.boundaries import Area, Land, land, scenario_areas, sea
from d2c.region.polygon_tiles import only_polygons
from d2c.text_files import is_stream

__all__ = ["Area", "Land", "Surface", "area_names", "area_title", "find_area", "land"]

Surface = Literal["all", "land", "sea"]

_SEA, _ITALY_AND_SEA = "mediterranean", "italy-mediterranean"
_NUMBER = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
_BOX = re.compile(",".join([_NUMBER] * 4))
_FILE_ENDING = re.compile(r"\.[A-Za-z]\w*$")


def find_area(name: str, *, surface: Surface = "all", buffer_km: float = 0.0) -> Area:
    """Resolve an area: a built-in name, else a polygon file, else a box.

    A box is `WEST,SOUTH,EAST,NORTH` in degrees (the order of RFC 7946, section 5). The buffer enlarges the area by
    a distance on the ground, or shrinks it if negative, before the clip to land or sea. RegionError if the area
    is unknown, invalid, outside the valid coordinates, or empty after these steps.
    """
    area = _resolve_name(name)
    if buffer_km != 0:
        from d2c.region.buffer import buffered  # here for start-up time: PROJ takes 0.1 s to load

        polygon = buffered(area.polygon, buffer_km=buffer_km)
        area = _with_polygon(area, polygon, f"buffer_km = {buffer_km:g}")
    if surface != "all":
        area = _with_polygon(area, _on_surface(area, surface), f"surface = '{surface}'")
    return area


def area_beside(name: str, folder: Path) -> str:
    """Return the name that stands for an area named in a file of this folder: a built-in one or box, or a path."""
    is_path = _FILE_ENDING.search(name) or (_is_file(str(folder / name)) and slug(name) not in area_names())
    return str(folder / name) if is_path and slug(name) else name


def area_file(name: str) -> Path | None:
    """Return the polygon file that an area is in; None for a built-in area or a box, and where there is no file."""
    if not _is_file(name) or not slug(name) or slug(name) in area_names():
        return None
    return Path(name)


def has_shipped_border(name: str) -> bool:
    """Return whether maps draw the border of an area anyway: of a built-in country, region or sea."""
    key = slug(name)
    return key in (_SEA, _ITALY_AND_SEA) or (key in area_names() and key not in scenario_areas())


def area_title(name: str) -> str:
    """Return what titles call an area: the name of a built-in one, the stem of a file, a box or another text as it is.

    An unknown area is not an error here: who reads its polygon says so.
    """
    if _BOX.fullmatch(name) and not _is_file(name):
        return name
    key = slug(name)
    if key in area_names():
        return _resolve_name(name).name
    title = Path(name).stem if _is_file(name) else name
    return f"{title[:1].upper()}{title[1:]}"


@cache
def area_names() -> tuple[str, ...]:
    """Return the built-in names, as spelled on the command line."""
    return tuple(sorted({_SEA, _ITALY_AND_SEA, *_countries_and_regions(), *scenario_areas()}))


def _resolve_name(name: str) -> Area:
    """Return a built-in area, the area of a polygon file, or a box."""
    box = _BOX.fullmatch(name)
    if box and not _is_file(name):  # no built-in name is a box, so the boundaries need not be read
        return _box(name, *(float(side) for side in box.groups()))
    key = slug(name)
    if key == _SEA:
        return sea()
    if key == _ITALY_AND_SEA:
        return _italy_and_sea()
    if key in _countries_and_regions():
        return _countries_and_regions()[key]
    if key in scenario_areas():
        return scenario_areas()[key]
    if path := area_file(name):
        from d2c.region.polygon_file import read_area  # here for start-up time: GDAL takes 0.2 s to load

        return read_area(path)
    if _FILE_ENDING.search(name):
        raise RegionError(f"unknown area '{name}': the file is missing")
    raise RegionError(
        f"unknown area '{name}', and no polygon file or box WEST,SOUTH,EAST,NORTH either"
        + did_you_mean(key, area_names())
    )


@cache
def _countries_and_regions() -> dict[str, Area]:
    """Return the complete countries and the Italian regions by key; bilingual regions under each name and both."""
    areas = {slug(area.name): area for area in land().countries if area.name in land().complete}
    for area in land().regions:
        for spelling in (area.name, *area.name.split("/")):
            areas[slug(spelling)] = area
    return areas


@cache
def _italy_and_sea() -> Area:
    """Return the union of Italy and the Mediterranean, whose common borders coincide."""
    union = shapely.coverage_union_all([_countries_and_regions()["italy"].polygon, sea().polygon])
    return Area("Italy and the Mediterranean Sea", _polygonal_part(union))


def _is_file(name: str) -> bool:
    """Return whether a path exists; False for an invalid file name."""
    try:
        return Path(name).exists() or is_stream(name)
    except (OSError, ValueError):
        return False


def _box(name: str, west: float, south: float, east: float, north: float) -> Area:
    """Return a box; RegionError names the sides of an empty or inverted one."""
    for low, low_deg, high, high_deg in (("west", west, "east", east), ("south", south, "north", north)):
        if not low_deg < high_deg:
            raise RegionError(
                f"box {name}: {low} {low_deg:g} is not below {high} {high_deg:g}; the order is "
                "WEST,SOUTH,EAST,NORTH, and a box over the 180th meridian must be a polygon file cut there"
            )
    return Area(name, Polygon.from_bounds(west, south, east, north))


def _on_surface(area: Area, surface: Surface) -> BaseGeometry:
    """Clip an area to land or sea; RegionError beyond the extent of the shipped countries."""
    if surface not in ("land", "sea"):
        raise RegionError(
            f"surface = '{surface}' is not allowed" + did_you_mean(surface, ("all", "land", "sea"))
        )
    boundaries, frame = land(), shapely.box(*area.polygon.bounds)
    if not shapely.box(*boundaries.box).contains(frame):
        raise RegionError(
            f"area '{area.name}' extends over {_bounds_text(area.polygon.bounds)}, beyond the shipped countries, "
            f"{_bounds_text(boundaries.box)}; surface = '{surface}' is unknown there, use surface = 'all'"
        )
    near = [country.polygon for country in boundaries.countries if country.polygon.intersects(frame)]
    countries = shapely.coverage_union_all(near) if near else Polygon()
    return area.polygon.intersection(countries) if surface == "land" else area.polygon.difference(countries)


def _bounds_text(bounds: tuple[float, float, float, float]) -> str:
    """Return bounds as comma-separated text."""
    return ",".join(f"{side:g}" for side in bounds)


def _with_polygon(area: Area, shape: BaseGeometry, operation: str) -> Area:
    """Replace the polygon of an area by the result of an overlay; RegionError if it is empty."""
    polygon = _polygonal_part(shape)
    if polygon.is_empty:
        raise RegionError(f"{operation} leaves no part of area '{area.name}'")
    return replace(area, polygon=polygon)


def _polygonal_part(shape: BaseGeometry) -> Polygon | MultiPolygon:
    """Return the polygons of a geometry; drop the lines and points that an overlay produces."""
    parts, _ = only_polygons(shapely.get_parts(shape))
    polygon: Polygon | MultiPolygon = parts[0] if len(parts) == 1 else MultiPolygon(parts.tolist())
    return polygon

"""Cell labels: land or sea, country and Italian region."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c import geodesy
from d2c.region.boundaries import land
from d2c.region.polygon_tiles import SMALLEST_PART_M2, PolygonTiles, cut_into_tiles

Texts = NDArray[np.str_]


@dataclass(frozen=True, eq=False, slots=True)
class LabelTiles:
    """Tiles of the shipped regions and countries; names of all, the regions before the countries."""

    tiles: PolygonTiles
    names: list[str]
    regions: int


def label_tiles(bounds: tuple[float, float, float, float]) -> LabelTiles:
    """Return the tiles of the shipped regions and countries within west, south, east and north."""
    boundaries = land()
    # Italy is given by its regions, so that one overlay gives both labels; other names are countries.
    countries = [c for c in boundaries.countries if c.name != "Italy"]
    areas = [*boundaries.regions, *countries]
    tiles = cut_into_tiles([area.polygon for area in areas], within=shapely.box(*bounds))
    return LabelTiles(tiles, [area.name for area in areas], len(boundaries.regions))


def label_cells(
    cell: NDArray[np.int64],
    part: NDArray[Any],
    part_m2: NDArray[np.float64],
    cells: int,
    boundaries: LabelTiles,
) -> tuple[Texts, Texts, Texts]:
    """Return surface, country and region of every cell (G,) from its parts (K,) and their areas.

    Surface is "" for a cell that extends beyond the box of the shipped countries, where it is unknown.
    """
    names, regions = boundaries.names, boundaries.regions
    k, owner, on_land = boundaries.tiles.clip(part)
    on_land_m2 = geodesy.area_m2(on_land)

    in_region = owner < regions
    country_names = np.array(["Italy", *names[regions:]])
    country_of = np.where(in_region, 0, owner - regions + 1)
    country = _largest_owner(cell[k], country_of, on_land_m2, cells, country_names)
    region = _largest_owner(cell[k], owner, np.where(in_region, on_land_m2, 0.0), cells, np.array(names))

    land_m2 = np.bincount(cell[k], on_land_m2, minlength=cells)
    area_m2 = np.bincount(cell, part_m2, minlength=cells)
    surface = np.where(land_m2 > area_m2 / 2, "land", "sea")
    west, south, east, north = shapely.bounds(part).T
    box = land().box
    beyond = (west < box[0]) | (south < box[1]) | (east > box[2]) | (north > box[3])
    surface[cell[beyond]] = ""
    return surface, country, region


def _largest_owner(
    cell: NDArray[np.int64], owner: NDArray[np.int64], area_m2: NDArray[np.float64], cells: int, names: Texts
) -> Texts:
    """Return for each cell the name of the owner with the largest area in it, "" if none."""
    pair, which = np.unique(cell * len(names) + owner, return_inverse=True)
    total_m2 = np.bincount(which, area_m2, minlength=len(pair))
    pair, total_m2 = pair[total_m2 >= SMALLEST_PART_M2], total_m2[total_m2 >= SMALLEST_PART_M2]
    order = np.lexsort((-pair, total_m2))  # the largest last; of equal areas, the first owner last
    largest = np.full(cells, len(names))
    largest[pair[order] // len(names)] = pair[order] % len(names)
    return np.asarray(np.append(names, "")[largest])

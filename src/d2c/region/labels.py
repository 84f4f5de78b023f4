"""What lies in the cells: land or sea, which country, which Italian region."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.region import ellipsoid
from d2c.region.land import land
from d2c.region.tiles import SMALLEST_PART_M2, cut_into_tiles

Texts = NDArray[np.str_]


def label(
    cell: NDArray[np.int64], part: NDArray[Any], part_m2: NDArray[np.float64], cells: int
) -> tuple[Texts, Texts, Texts]:
    """Return surface, country and region of every cell (G,) from its parts (K,) and their areas.

    Surface is "" for a cell that reaches beyond the box of the shipped countries: what is there nobody knows.
    """
    shipped = land()
    # Italy comes as its regions, so one overlay finds both; a name that is no region's stands for the country.
    names = [area.name for area in shipped.regions] + [c.name for c in shipped.countries if c.name != "Italy"]
    polygons = [area.polygon for area in shipped.regions]
    polygons += [c.polygon for c in shipped.countries if c.name != "Italy"]
    tiles = cut_into_tiles(polygons, within=shapely.box(*shapely.total_bounds(part)))
    k, owner, on_land = tiles.clip(part)
    on_land_m2 = ellipsoid.area_m2(on_land)

    regions = len(shipped.regions)
    in_region = owner < regions
    country_names = np.array(["Italy", *names[regions:]])
    country_of = np.where(in_region, 0, owner - regions + 1)
    country = _most(cell[k], country_of, on_land_m2, cells, country_names)
    region = _most(cell[k], owner, np.where(in_region, on_land_m2, 0.0), cells, np.array(names))

    land_m2 = np.bincount(cell[k], on_land_m2, minlength=cells)
    area_m2 = np.bincount(cell, part_m2, minlength=cells)
    surface = np.where(land_m2 > area_m2 / 2, "land", "sea")
    west, south, east, north = shapely.bounds(part).T
    box = shipped.box
    beyond = (west < box[0]) | (south < box[1]) | (east > box[2]) | (north > box[3])
    surface[cell[beyond]] = ""
    return surface, country, region


def _most(
    cell: NDArray[np.int64], owner: NDArray[np.int64], area_m2: NDArray[np.float64], cells: int, names: Texts
) -> Texts:
    """Return for each cell the name of the owner with the largest area in it, "" where no area is."""
    pair, which = np.unique(cell * len(names) + owner, return_inverse=True)
    total_m2 = np.bincount(which, area_m2, minlength=len(pair))
    pair, total_m2 = pair[total_m2 >= SMALLEST_PART_M2], total_m2[total_m2 >= SMALLEST_PART_M2]
    order = np.lexsort((-pair, total_m2))  # the largest last; of equal ones the first in the list last
    found = np.full(cells, len(names))
    found[pair[order] // len(names)] = pair[order] % len(names)
    return np.asarray(np.append(names, "")[found])

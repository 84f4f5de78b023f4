"""One polygon -> the cells of a grid that cover it, H3 or latitude/longitude."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.errors import RegionError
from d2c.region import ellipsoid, h3_cells, latlon_cells
from d2c.region.labels import label
from d2c.region.land import Area
from d2c.region.tiles import SMALLEST_PART_M2, Tiles, cut_into_tiles

MAX_CELLS = 2_000_000

_PER_CELL = (
    "cell_id",
    "latitude_deg",
    "longitude_deg",
    "height_m",
    "area_m2",
    "surface",
    "country",
    "region",
)


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """Cells (G,) in the order of their ids, which cover an area without overlapping.

    `latitude_deg`, `longitude_deg` and `height_m` are the cell's centre, for whom the link is computed;
    `boundary` is the whole cell; `area_m2` the part of it inside the area, on the ellipsoid. The other labels are
    those of that part: `surface` is "land" or "sea", whichever it has more of, or "" beyond the shipped countries;
    `country` and `region` are the ones with the most land in it, "" without land.
    """

    kind: Literal["h3", "latlon"]
    cell_id: NDArray[np.str_]
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    height_m: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    surface: NDArray[np.str_]
    country: NDArray[np.str_]
    region: NDArray[np.str_]
    boundary: NDArray[np.object_]
    position_m: NDArray[np.float64] = field(init=False)  # Earth-fixed (G, 3)
    up: NDArray[np.float64] = field(init=False)  # unit normal of the ellipsoid (G, 3)

    def __post_init__(self) -> None:
        """Check the shapes, derive the Earth-fixed vectors, lock everything."""
        shapes = {name: getattr(self, name).shape for name in (*_PER_CELL, "boundary")}
        if set(shapes.values()) != {(len(self),)}:
            raise ValueError(f"a grid needs one value per cell in every array, got shapes {shapes}")
        place = {"latitude_deg": self.latitude_deg, "longitude_deg": self.longitude_deg}
        object.__setattr__(self, "position_m", ellipsoid.position_m(**place, height_m=self.height_m))
        object.__setattr__(self, "up", ellipsoid.up(**place))
        for name in (*_PER_CELL, "boundary", "position_m", "up"):
            getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.cell_id)


def h3_grid(area: Area, *, resolution: int = 5) -> Grid:
    """Return the H3 cells that share some ground with the area.

    RegionError for a resolution that H3 does not have, for more than 2,000,000 cells, or a cell around a pole.
    """
    h3_cells.check(resolution)
    _refuse_too_many(
        f"[grid] resolution = {resolution}",
        h3_cells.estimate(area.polygon, resolution),
        lambda: f"{h3_cells.finest(area.polygon, MAX_CELLS)} or lower",
    )
    tiles = cut_into_tiles([area.polygon])
    cells = h3_cells.covering(tiles.polygons, resolution)
    latitude_deg, longitude_deg = h3_cells.centres(cells)
    return _grid(
        "h3", area, tiles, h3_cells.ids(cells), latitude_deg, longitude_deg, h3_cells.boundaries(cells)
    )


def latlon_grid(area: Area, *, step_deg: float) -> Grid:
    """Return the boxes between multiples of the step, in latitude and longitude, that share ground with the area.

    RegionError for a step that is out of range or makes more than 2,000,000 cells.
    """
    latlon_cells.check(step_deg)
    _refuse_too_many(
        f"[grid] step_deg = {step_deg:g}",
        latlon_cells.estimate(area.polygon, step_deg),
        lambda: f"{latlon_cells.finest(area.polygon, step_deg, MAX_CELLS):g} or more",
    )
    tiles = cut_into_tiles([area.polygon])
    boundary = latlon_cells.covering(tiles.polygons, step_deg)
    west, south, east, north = shapely.bounds(boundary).T
    latitude_deg, longitude_deg = (south + north) / 2, (west + east) / 2
    cell_id = latlon_cells.ids(latitude_deg, longitude_deg)
    return _grid("latlon", area, tiles, cell_id, latitude_deg, longitude_deg, boundary)


def _refuse_too_many(setting: str, cells: float, way_out: Callable[[], str]) -> None:
    """Raise where a grid would be too big, before it is built."""
    if cells > MAX_CELLS:
        about = float(f"{cells:.3g}")
        raise RegionError(
            f"{setting} makes about {about:,.0f} cells, more than {MAX_CELLS:,}; use {way_out()}"
        )


def _grid(
    kind: Literal["h3", "latlon"],
    area: Area,
    tiles: Tiles,
    cell_id: NDArray[np.str_],
    latitude_deg: NDArray[np.float64],
    longitude_deg: NDArray[np.float64],
    boundary: NDArray[Any],
) -> Grid:
    """Return the grid of those cells of which some part lies in the area."""
    cell, _, part = tiles.clip(boundary)
    part_m2 = ellipsoid.area_m2(part)
    area_m2 = np.asarray(np.bincount(cell, part_m2, minlength=len(boundary)), dtype=np.float64)
    keep = np.flatnonzero(area_m2 >= SMALLEST_PART_M2)
    if len(keep) == 0:
        raise RegionError(f"area '{area.name}' is smaller than {SMALLEST_PART_M2:g} m2")
    order = keep[np.argsort(cell_id[keep], kind="stable")]
    surface, country, region = label(cell, part, part_m2, len(boundary))
    return Grid(
        kind=kind,
        cell_id=cell_id[order],
        latitude_deg=latitude_deg[order],
        longitude_deg=longitude_deg[order],
        height_m=np.zeros(len(order)),
        area_m2=area_m2[order],
        surface=surface[order],
        country=country[order],
        region=region[order],
        boundary=boundary[order],
    )

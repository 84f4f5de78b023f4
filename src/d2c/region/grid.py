"""One polygon -> the cells of a grid that cover it, H3 or latitude/longitude."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy as ellipsoid
from d2c.errors import RegionError
from d2c.region import h3_cells, latlon_cells
from d2c.region.boundaries import Area
from d2c.region.labels import label, owners
from d2c.region.polygon_tiles import SMALLEST_PART_M2, PolygonTiles, cut_into_tiles

MAX_CELLS = 2_000_000
_AT_ONCE = 50_000  # cells whose outlines are alive together: some 30 MB

PER_CELL = (
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
    `boundary_of` makes outlines of whole cells; `area_m2` is the part of the cell inside the area, on the ellipsoid.
    The other labels are those of that part: `surface` is "land" or "sea", whichever it has more of, or "" beyond the
    shipped countries; `country` and `region` are the ones with the most land in it, "" without land. `step_deg`: side
    of the boxes, 0 for H3.
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
    step_deg: float = 0.0
    position_m: NDArray[np.float64] = field(init=False)  # Earth-fixed (G, 3)
    up: NDArray[np.float64] = field(init=False)  # unit normal of the ellipsoid (G, 3)

    def __post_init__(self) -> None:
        """Check the shapes, derive the Earth-fixed vectors, lock everything."""
        shapes = {name: getattr(self, name).shape for name in PER_CELL}
        if set(shapes.values()) != {(len(self),)}:
            raise ValueError(f"a grid needs one value per cell in every array, got shapes {shapes}")
        place = {"latitude_deg": self.latitude_deg, "longitude_deg": self.longitude_deg}
        object.__setattr__(self, "position_m", ellipsoid.position_m(**place, height_m=self.height_m))
        object.__setattr__(self, "up", ellipsoid.up(**place))
        for name in (*PER_CELL, "position_m", "up"):
            getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.cell_id)

    def boundary_of(self, cells: NDArray[np.int64] | slice) -> NDArray[np.object_]:
        """Return the outlines of some cells, made anew: a million of them would take a gigabyte."""
        if self.kind == "h3":
            return h3_cells.boundaries(h3_cells.of_ids(self.cell_id[cells]))
        return latlon_cells.boundaries(self.latitude_deg[cells], self.longitude_deg[cells], self.step_deg)

    @property
    def boundary(self) -> NDArray[np.object_]:
        """Return the outlines of all cells (G,), made anew."""
        return self.boundary_of(slice(None))


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
    parts = _Parts(tiles, area, lambda some: h3_cells.boundaries(cells[some]))
    return _grid("h3", parts, h3_cells.ids(cells), latitude_deg, longitude_deg)


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
    latitude_deg, longitude_deg = latlon_cells.covering(tiles.polygons, step_deg)
    cell_id = latlon_cells.ids(latitude_deg, longitude_deg)
    parts = _Parts(
        tiles, area, lambda some: latlon_cells.boundaries(latitude_deg[some], longitude_deg[some], step_deg)
    )
    return _grid("latlon", parts, cell_id, latitude_deg, longitude_deg, step_deg=step_deg)


def _refuse_too_many(setting: str, cells: float, way_out: Callable[[], str]) -> None:
    """Raise where a grid would be too big, before it is built."""
    if cells > MAX_CELLS:
        about = float(f"{cells:.3g}")
        raise RegionError(
            f"{setting} makes about {about:,.0f} cells, more than {MAX_CELLS:,}; use {way_out()}"
        )


@dataclass(frozen=True, eq=False, slots=True)
class _Parts:
    """An area and how to make the outlines of cells that may share ground with it."""

    tiles: PolygonTiles
    area: Area
    outlines: Callable[[slice], NDArray[Any]]

    def measured(self, cells: int) -> list[NDArray[Any]]:
        """Return of each cell (G,): area_m2 inside the area, surface, country, region; not all outlines at once."""
        known = owners(self.area.polygon.bounds)
        found = []
        for first in range(0, cells, _AT_ONCE):
            outline = self.outlines(slice(first, min(first + _AT_ONCE, cells)))
            cell, _, part = self.tiles.clip(outline)
            part_m2 = ellipsoid.area_m2(part)
            area_m2 = np.asarray(np.bincount(cell, part_m2, minlength=len(outline)), dtype=np.float64)
            found.append((area_m2, *label(cell, part, part_m2, len(outline), known)))
        return [np.concatenate(values) for values in zip(*found, strict=True)]


def _grid(
    kind: Literal["h3", "latlon"],
    parts: _Parts,
    cell_id: NDArray[np.str_],
    latitude_deg: NDArray[np.float64],
    longitude_deg: NDArray[np.float64],
    *,
    step_deg: float = 0.0,
) -> Grid:
    """Return the grid of those cells of which some part lies in the area."""
    area_m2, surface, country, region = parts.measured(len(cell_id))
    keep = np.flatnonzero(area_m2 >= SMALLEST_PART_M2)
    if len(keep) == 0:
        raise RegionError(f"area '{parts.area.name}' is smaller than {SMALLEST_PART_M2:g} m2")
    order = keep[np.argsort(cell_id[keep], kind="stable")]
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
        step_deg=step_deg,
    )

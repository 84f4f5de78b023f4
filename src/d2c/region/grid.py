"""Grid of ground cells that covers an area, H3 or latitude/longitude."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.errors import RegionError
from d2c.region import h3_cells, latlon_cells
from d2c.region.boundaries import Area
from d2c.region.labels import label_cells, label_tiles
from d2c.region.polygon_tiles import SMALLEST_PART_M2, PolygonTiles, cut_into_tiles

MAX_CELLS = 2_000_000
_BATCH_CELLS = 50_000  # cells whose outlines are in memory at once: some 30 MB

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

    `latitude_deg`, `longitude_deg` and `height_m` give the cell centre, for which the link is computed;
    `boundary_of` gives outlines of whole cells; `area_m2` is the part of the cell inside the area, on the ellipsoid.
    The other labels are those of that part: `surface` is "land" or "sea", whichever covers more of it, or "" beyond the
    shipped countries; `country` and `region` are those with the most land in it, "" without land. `step_deg`: box
    side, 0 for H3.
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
        """Check the shapes, derive the Earth-fixed vectors, lock all arrays."""
        shapes = {name: getattr(self, name).shape for name in PER_CELL}
        if set(shapes.values()) != {(len(self),)}:
            raise ValueError(f"a grid needs one value per cell in every array, got shapes {shapes}")
        place = {"latitude_deg": self.latitude_deg, "longitude_deg": self.longitude_deg}
        object.__setattr__(self, "position_m", geodesy.position_m(**place, height_m=self.height_m))
        object.__setattr__(self, "up", geodesy.up(**place))
        for name in (*PER_CELL, "position_m", "up"):
            getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.cell_id)

    def boundary_of(self, cells: NDArray[np.int64] | slice) -> NDArray[np.object_]:
        """Return the outlines of some cells, computed at each call: a million of them take a gigabyte."""
        if self.kind == "h3":
            return h3_cells.boundaries(h3_cells.cells_from_ids(self.cell_id[cells]))
        return latlon_cells.boundaries(self.latitude_deg[cells], self.longitude_deg[cells], self.step_deg)

    @property
    def resolution(self) -> int | None:
        """Return the H3 resolution; None for boxes."""
        return h3_cells.resolution_of(self.cell_id[0]) if self.kind == "h3" else None

    @property
    def boundary(self) -> NDArray[np.object_]:
        """Return the outlines of all cells (G,), computed at each call."""
        return self.boundary_of(slice(None))


@lru_cache(maxsize=4)  # a study has the same cells in every run
def h3_grid(area: Area, *, resolution: int | Literal["auto"] = "auto") -> Grid:
    """Build the grid of H3 cells that overlap the area; `auto`: of a resolution that suits its size.

    RegionError for a resolution outside H3's range, for more than 2,000,000 cells, or a cell around a pole.
    """
    if resolution == "auto":
        resolution = h3_cells.automatic_resolution(area.polygon)
    h3_cells.check_resolution(resolution)
    _check_cell_count(
        f"[grid] resolution = {resolution}",
        h3_cells.estimate_cells(area.polygon, resolution),
        lambda: f"{h3_cells.finest_resolution(area.polygon, MAX_CELLS)} or lower",
    )
    tiles = cut_into_tiles([area.polygon])
    cells = h3_cells.covering_cells(tiles.polygons, resolution)
    latitude_deg, longitude_deg = h3_cells.centres(cells)
    candidates = _CandidateCells(tiles, area, lambda batch: h3_cells.boundaries(cells[batch]))
    return _grid("h3", candidates, h3_cells.ids(cells), latitude_deg, longitude_deg)


@lru_cache(maxsize=4)
def latlon_grid(area: Area, *, step_deg: float) -> Grid:
    """Build the grid of boxes between multiples of the step, in latitude and longitude, that overlap the area.

    RegionError for a step that is out of range or gives more than 2,000,000 cells.
    """
    latlon_cells.check_step(step_deg)
    _check_cell_count(
        f"[grid] step_deg = {step_deg:g}",
        latlon_cells.estimate_cells(area.polygon, step_deg),
        lambda: f"{latlon_cells.finest_step(area.polygon, step_deg, MAX_CELLS):g} or more",
    )
    tiles = cut_into_tiles([area.polygon])
    latitude_deg, longitude_deg = latlon_cells.covering_centres(tiles.polygons, step_deg)
    cell_id = latlon_cells.ids(latitude_deg, longitude_deg)
    candidates = _CandidateCells(
        tiles,
        area,
        lambda batch: latlon_cells.boundaries(latitude_deg[batch], longitude_deg[batch], step_deg),
    )
    return _grid("latlon", candidates, cell_id, latitude_deg, longitude_deg, step_deg=step_deg)


def _check_cell_count(setting: str, cells: float, way_out: Callable[[], str]) -> None:
    """Raise RegionError if the grid would have too many cells, before it is built."""
    if cells > MAX_CELLS:
        about = float(f"{cells:.3g}")
        raise RegionError(
            f"{setting} makes about {about:,.0f} cells, more than {MAX_CELLS:,}; use {way_out()}"
        )


@dataclass(frozen=True, eq=False, slots=True)
class _CandidateCells:
    """An area, and the outlines of the candidate cells that may overlap it."""

    tiles: PolygonTiles
    area: Area
    outlines: Callable[[slice], NDArray[Any]]

    def labels(self, cells: int) -> list[NDArray[Any]]:
        """Return for each cell (G,) area_m2 inside the area, surface, country and region; works in batches."""
        boundaries = label_tiles(self.area.polygon.bounds)
        batches = []
        for first in range(0, cells, _BATCH_CELLS):
            outline = self.outlines(slice(first, min(first + _BATCH_CELLS, cells)))
            cell, _, part = self.tiles.clip(outline)
            part_m2 = geodesy.area_m2(part)
            area_m2 = np.asarray(np.bincount(cell, part_m2, minlength=len(outline)), dtype=np.float64)
            batches.append((area_m2, *label_cells(cell, part, part_m2, len(outline), boundaries)))
        return [np.concatenate(values) for values in zip(*batches, strict=True)]


def _grid(
    kind: Literal["h3", "latlon"],
    candidates: _CandidateCells,
    cell_id: NDArray[np.str_],
    latitude_deg: NDArray[np.float64],
    longitude_deg: NDArray[np.float64],
    *,
    step_deg: float = 0.0,
) -> Grid:
    """Build the grid of the candidate cells that overlap the area."""
    area_m2, surface, country, region = candidates.labels(len(cell_id))
    keep = np.flatnonzero(area_m2 >= SMALLEST_PART_M2)
    if len(keep) == 0:
        raise RegionError(f"area '{candidates.area.name}' is smaller than {SMALLEST_PART_M2:g} m2")
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

"""A lattice of equal hexagons over an area, of any size, in an equal-area projection about a fixed place."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from d2c import geodesy
from d2c.region.boundaries import Area
from d2c.region.reproject import WGS84, reproject

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

_ROOT_3 = 3.0**0.5
_CORNERS_RAD = np.pi / 6 + np.pi / 3 * np.arange(6)


@dataclass(frozen=True, eq=False, slots=True)
class HexagonLattice:
    """Hexagons with corners `radius_m` from their centres, in Lambert's azimuthal equal-area projection.

    ij (B, 2): lattice coordinates, on axes at 120 deg: neighbours differ by (1, 0), (0, 1) or (1, 1).
    latitude_deg, longitude_deg, position_m (B, 3) and up (B, 3): the centres, on the ellipsoid.
    """

    radius_m: float
    to_map: Transformer
    ij: Longs
    latitude_deg: Floats
    longitude_deg: Floats
    position_m: Floats
    up: Floats

    def __len__(self) -> int:
        """Return the number of hexagons."""
        return len(self.ij)

    @property
    def area_m2(self) -> float:
        """Return the area of a hexagon."""
        return 1.5 * _ROOT_3 * self.radius_m**2

    @property
    def boundary(self) -> NDArray[np.object_]:
        """Return the outlines in longitude and latitude, (B,), computed at each call."""
        return _outlines(self.ij, self.radius_m, self.to_map)

    def cell_at(self, *, latitude_deg: Floats, longitude_deg: Floats) -> Longs:
        """Return the index of the hexagon that contains each place, -1 where the lattice has none there."""
        return self.around(latitude_deg=latitude_deg, longitude_deg=longitude_deg, rings=0)[..., 0]

    def around(self, *, latitude_deg: Floats, longitude_deg: Floats, rings: int) -> Longs:
        """Return the hexagons within so many rings of the one at each place (G,), nearer rings first, (G, K).

        K is 1 + 3 rings (rings + 1); -1 where the lattice has none.
        """
        x, y = self.to_map.transform(longitude_deg, latitude_deg)
        ij = _containing(np.asarray(x), np.asarray(y), self.radius_m)
        return self._index(ij[:, None] + _disk(rings))

    def within(self, distance_m: float) -> Longs:
        """Return for each hexagon the others whose centres are nearer than a distance, (B, K), -1 for none."""
        steps = _disk(int(distance_m / (1.5 * self.radius_m)) + 1)[1:]
        near = np.hypot(*_centre(steps, self.radius_m)) < distance_m
        return self._index(self.ij[:, None] + steps[near])

    def _index(self, ij: Longs) -> Longs:
        low, high = self.ij.min(axis=0), self.ij.max(axis=0)
        table = np.full(high - low + 1, -1)
        table[tuple((self.ij - low).T)] = np.arange(len(self))
        inside = ((ij >= low) & (ij <= high)).all(axis=-1)
        at = np.clip(ij - low, 0, high - low)
        return np.asarray(np.where(inside, table[at[..., 0], at[..., 1]], -1))


@lru_cache(maxsize=4)  # a study has the same beam cells in most of its runs
def hexagon_lattice(area: Area, *, radius_m: float, middle: Area) -> HexagonLattice:
    """Return the hexagons that intersect an area; the middle of the area `middle` is the centre of one of them.

    The same hexagons lie in the same places for any `area` about one `middle`.
    """
    at = middle.polygon.centroid
    projected = CRS.from_proj4(f"+proj=laea +lat_0={at.y:.4f} +lon_0={at.x:.4f} +ellps=WGS84 +units=m")
    to_map = Transformer.from_crs(WGS84, projected, always_xy=True)
    polygon = reproject(shapely.segmentize(area.polygon, 0.5), to_map)
    ij = _covering(polygon, radius_m)
    longitude_deg, latitude_deg = to_map.transform(*_centre(ij, radius_m), direction="INVERSE")
    place: dict[str, Floats] = {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    return HexagonLattice(
        radius_m=radius_m,
        to_map=to_map,
        ij=ij,
        position_m=geodesy.position_m(**place, height_m=np.zeros(len(ij))),
        up=geodesy.up(**place),
        **place,
    )


def estimated_hexagons(area_m2: float, *, radius_m: float) -> float:
    """Return about how many hexagons cover an area."""
    return area_m2 / (1.5 * _ROOT_3 * radius_m**2)


def _covering(polygon: Any, radius_m: float) -> Longs:
    """Return the lattice coordinates of the hexagons that intersect a polygon of the map, row by row."""
    left, bottom, right, top = polygon.bounds
    j = np.arange(np.floor(bottom / (1.5 * radius_m)) - 1, np.ceil(top / (1.5 * radius_m)) + 2)
    width_m = _ROOT_3 * radius_m
    rows = [
        np.arange(np.floor(left / width_m + row / 2) - 1, np.ceil(right / width_m + row / 2) + 2) for row in j
    ]
    ij = np.concatenate([np.stack([i, np.full(len(i), row)], axis=1) for row, i in zip(j, rows, strict=True)])
    ij = ij.astype(np.int64)
    shapely.prepare(polygon)
    x, y = _centre(ij, radius_m)
    hexagons = shapely.polygons(_corners(x, y, radius_m))
    return ij[shapely.intersects(polygon, hexagons)]  # only a first argument is used as prepared


def _centre(ij: Longs, radius_m: float) -> tuple[Floats, Floats]:
    i, j = np.moveaxis(ij, -1, 0)
    return _ROOT_3 * radius_m * (i - j / 2), 1.5 * radius_m * j


def _corners(x: Floats, y: Floats, radius_m: float) -> Floats:
    turn = radius_m * np.stack([np.cos(_CORNERS_RAD), np.sin(_CORNERS_RAD)], axis=-1)
    return np.asarray(np.stack([x, y], axis=-1)[:, None] + turn)


def _outlines(ij: Longs, radius_m: float, to_map: Transformer) -> NDArray[np.object_]:
    corners = _corners(*_centre(ij, radius_m), radius_m)
    longitude_deg, latitude_deg = to_map.transform(corners[..., 0], corners[..., 1], direction="INVERSE")
    return np.asarray(shapely.polygons(np.stack([longitude_deg, latitude_deg], axis=-1)))


def _containing(x: Floats, y: Floats, radius_m: float) -> Longs:
    """Return the lattice coordinates of the hexagon that contains each point of the map, (G, 2)."""
    j = y / (1.5 * radius_m)
    i = x / (_ROOT_3 * radius_m) + j / 2
    # of the three coordinates i, -j and j - i, whose sum is zero, the one furthest from an integer gives way
    exact = np.stack([i, -j, j - i])
    cube = np.rint(exact)
    worst = np.abs(cube - exact).argmax(axis=0)
    column = np.arange(len(i))
    cube[worst, column] -= cube.sum(axis=0)
    return np.stack([cube[0], -cube[1]], axis=1).astype(np.int64)


def _disk(rings: int) -> Longs:
    """Return the steps to the hexagons within so many rings, nearer rings first, (K, 2); the first is (0, 0)."""
    side = np.arange(-rings, rings + 1)
    i, j = (axis.ravel() for axis in np.meshgrid(side, side, indexing="ij"))
    ring = np.maximum(np.maximum(np.abs(i), np.abs(j)), np.abs(i - j))
    order = np.lexsort((j, i, ring))
    return np.asarray(np.stack([i, j], axis=1)[order][ring[order] <= rings])

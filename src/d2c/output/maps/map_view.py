"""Frame of a printed map: equal-area projection of an area, extent, graticule and scale."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

_MARGIN = 0.06  # of the longer side: keeps the outline of the area off the frame
_SMALLEST_SPAN_M = 50e3  # a map of one cell still shows its surroundings
_GRATICULE_STEPS_DEG = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
_MERIDIANS_WANTED, _PARALLELS_WANTED = 8, 5
_WIDEST_DEG = 150.0  # beyond, the frame of an azimuthal map would reach past the antipode of its centre
_TRUE_LATITUDE_DEG = 30.0  # standard parallel of the cylindrical projection (Behrmann): shapes are true there
_STRAIGHT_M = 1.0
_CURVE_STEP_DEG = 0.25  # longer edges are subdivided before projection


@dataclass(frozen=True, eq=False, slots=True)
class GraticuleLine:
    """A meridian or parallel: its curve `(N, 2)` in map metres and the position where it meets the frame."""

    label: str
    curve_m: np.ndarray
    tick_m: float | None  # on the bottom side for meridians, on the left side for parallels


@dataclass(frozen=True, eq=False, slots=True)
class MapView:
    """Equal-area projection centred on an area, and a rectangle in its metres.

    Equal areas let the map show the area shares of the legend. Lambert azimuthal, with true shapes near the centre;
    for areas nearly as wide as the world, cylindrical.
    """

    to_map: Transformer
    left_m: float
    bottom_m: float
    right_m: float
    top_m: float

    @classmethod
    def around(cls, polygons: np.ndarray) -> "MapView":
        """Return the view of an area given as polygons in degrees; the antimeridian is not crossed."""
        west, south, east, north = shapely.total_bounds(polygons)
        kind = f"laea +lat_0={(south + north) / 2:.6f}"
        if max(east - west, north - south) > _WIDEST_DEG:
            kind = f"cea +lat_ts={_TRUE_LATITUDE_DEG} +over"
        projection = f"+proj={kind} +lon_0={(west + east) / 2:.6f} +datum=WGS84 +units=m"
        to_map = Transformer.from_crs("EPSG:4326", projection, always_xy=True)
        left, bottom, right, top = shapely.total_bounds(_projected(polygons, to_map))
        margin = _MARGIN * max(right - left, top - bottom)
        width = max(right - left + 2 * margin, _SMALLEST_SPAN_M)
        height = max(top - bottom + 2 * margin, _SMALLEST_SPAN_M)
        x, y = (left + right) / 2, (bottom + top) / 2
        return cls(to_map, x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    @property
    def width_m(self) -> float:
        """Return the width of the rectangle."""
        return self.right_m - self.left_m

    @property
    def height_m(self) -> float:
        """Return the height of the rectangle."""
        return self.top_m - self.bottom_m

    def expanded_to(self, *, width_over_height: float) -> "MapView":
        """Return the view with one side extended about the same centre to this aspect ratio."""
        more_width = max(self.height_m * width_over_height - self.width_m, 0.0) / 2
        more_height = max(self.width_m / width_over_height - self.height_m, 0.0) / 2
        return MapView(
            self.to_map,
            self.left_m - more_width,
            self.bottom_m - more_height,
            self.right_m + more_width,
            self.top_m + more_height,
        )

    def projected(self, geometries: np.ndarray) -> np.ndarray:
        """Return geometries in map metres, same shape."""
        return np.asarray(_projected(geometries, self.to_map))

    def clipped(self, geometries: np.ndarray) -> np.ndarray:
        """Clip geometries in degrees to a box wider than the view and project them, same shape."""
        west, south, east, north = self.bounds_deg()
        pieces = shapely.clip_by_rect(geometries, west - 1, south - 1, east + 1, north + 1)
        # clip_by_rect may leave overlapping edges.
        return shapely.make_valid(self.projected(shapely.segmentize(pieces, _CURVE_STEP_DEG)))

    def bounds_deg(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north of the ground within the rectangle."""
        longitude, latitude = self._edge_deg()
        return longitude.min(), latitude.min(), longitude.max(), latitude.max()

    def _edge_deg(self) -> tuple[np.ndarray, np.ndarray]:
        """Return longitudes and latitudes along the rectangle."""
        frame = shapely.box(self.left_m, self.bottom_m, self.right_m, self.top_m)
        edge = shapely.get_coordinates(shapely.segmentize(frame, max(self.width_m, self.height_m) / 50))
        longitude, latitude = self.to_map.transform(edge[:, 0], edge[:, 1], direction="INVERSE")
        # A frame may reach beyond the projected Earth: past a pole (cylindrical) or past the antipode (azimuthal).
        latitude = np.where(np.isfinite(latitude), latitude, 90.0 * np.sign(edge[:, 1]))
        longitude = np.where(np.isfinite(longitude), longitude, 180.0 * np.sign(edge[:, 0]))
        return np.clip(longitude, -180.0, 180.0), latitude

    def _meridians_deg(self) -> tuple[float, float]:
        """Return the longitudes between which meridians lie; beyond 180 deg where the frame crosses that meridian."""
        longitude, _ = self._edge_deg()
        eastern = longitude % 360.0
        return min(((lon.min(), lon.max()) for lon in (longitude, eastern)), key=np.ptp)

    def meridians(self) -> list[GraticuleLine]:
        """Return the meridians of the graticule, ticks along the bottom."""
        _, south, _, north = self.bounds_deg()
        along = np.linspace(south, north, 100)
        lines = []
        for unwrapped in _round_multiples(*self._meridians_deg(), wanted=_MERIDIANS_WANTED):
            longitude = unwrapped - 360.0 if unwrapped > 180.0 else unwrapped
            x, y = self.to_map.transform(np.full_like(along, longitude), along)
            tick = _crossing(x, y, self.bottom_m, self.left_m, self.right_m)
            lines.append(GraticuleLine(_degrees(longitude, "E", "W"), np.column_stack([x, y]), tick))
        return lines

    def parallels(self) -> list[GraticuleLine]:
        """Return the parallels of the graticule, ticks along the left side."""
        west, south, east, north = self.bounds_deg()
        along = np.linspace(west, east, 100)
        lines = []
        for latitude in _round_multiples(south, north, wanted=_PARALLELS_WANTED):
            x, y = self.to_map.transform(along, np.full_like(along, latitude))
            tick = _crossing(y, x, self.left_m, self.bottom_m, self.top_m)
            lines.append(GraticuleLine(_degrees(latitude, "N", "S"), np.column_stack([x, y]), tick))
        return lines

    def scale_km(self, *, longest_m: float) -> float:
        """Return the longest round length (1, 2 or 5 times a power of ten, km) of at most `longest_m`."""
        power = 10.0 ** np.floor(np.log10(longest_m / 1e3))
        # 0.5 too, since log10(999.999...) may round to 3.
        return float(max(k * power for k in (0.5, 1, 2, 5) if k * power <= longest_m / 1e3))


def _projected(geometries: np.ndarray, to_map: Transformer) -> Any:
    transform: Any = to_map.transform
    return shapely.transform(geometries, transform, interleaved=False)


def _round_multiples(low: float, high: float, *, wanted: int) -> list[float]:
    """Return the multiples, within the interval, of the round step that gives about `wanted` of them."""
    step = min(_GRATICULE_STEPS_DEG, key=lambda step: abs(np.log((high - low) / step / wanted)))
    return [k * step for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def _crossing(along: np.ndarray, across: np.ndarray, at: float, low: float, high: float) -> float | None:
    """Return the `along` coordinate where a curve reaches `across == at`, or None if outside low..high.

    Straight curves are extended to a frame that reaches beyond the projected Earth.
    """
    order = np.argsort(across)
    if not across[order[0]] <= at <= across[order[-1]] and np.ptp(along) > _STRAIGHT_M:
        return None
    position = float(np.interp(at, across[order], along[order]))
    return position if low <= position <= high else None


def _degrees(value: float, positive: str, negative: str) -> str:
    """Format a longitude or latitude for the frame: 7.5° W."""
    size = f"{abs(round(value, 6)):g}°"
    return size if round(value, 6) == 0 else f"{size} {positive if value > 0 else negative}"

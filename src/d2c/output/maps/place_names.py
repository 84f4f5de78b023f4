"""Names of towns on a map: the largest ones that have room, each beside its dot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from shapely import Polygon, STRtree, box

from d2c.output.maps.sheet import Sheet
from d2c.region.gazetteer import Place

_SIZE_PT = 8.0
_DOT_PT = 3.0
_MOST = 12
_APART = 0.06  # of the longer side between two dots: a suburb does not stand beside its city
_COLOUR, _HALO = "#1f1f1f", "white"


@dataclass(frozen=True, slots=True)
class MapLabel:
    """A town's name in map metres: its dot, and the box of its text."""

    text: str
    x_m: float
    y_m: float
    room: Polygon


def place_names(sheet: Sheet, places: Sequence[Place], *, taken: Sequence[Polygon]) -> list[MapLabel]:
    """Return the largest places inside the map whose names overlap nothing; taken: boxes that others stand in."""
    view, found = sheet.view, list[MapLabel]()
    frame = box(view.left_m, view.bottom_m, view.right_m, view.top_m).buffer(-_metres(sheet, _DOT_PT))
    apart_m = _APART * max(view.width_m, view.height_m)
    occupied = list(taken)
    for text, x_m, y_m in _inside(sheet, places):
        if any(np.hypot(x_m - other.x_m, y_m - other.y_m) < apart_m for other in found):
            continue
        free = STRtree(occupied)
        dot = box(x_m, y_m, x_m, y_m).buffer(_metres(sheet, _DOT_PT))
        for room in _rooms(sheet, text, x_m, y_m):
            if frame.contains(room) and not len(free.query(room, "intersects")):
                found.append(MapLabel(text, x_m, y_m, room))
                occupied += [room, dot]
                break
        if len(found) == _MOST:
            break
    return found


def draw_place_names(axes: Axes, names: Sequence[MapLabel]) -> None:
    """Draw dots and names over all else on the map."""
    size = _DOT_PT**2
    x, y = [name.x_m for name in names], [name.y_m for name in names]
    axes.scatter(x, y, s=size, color=_COLOUR, edgecolors=_HALO, linewidths=0.6, zorder=7)
    for name in names:
        left, bottom, _, top = name.room.bounds
        written = axes.text(
            left,
            (bottom + top) / 2,
            name.text,
            fontsize=_SIZE_PT,
            color=_COLOUR,
            va="center_baseline",
            zorder=8,
        )
        written.set_parse_math(False)
        written.set_path_effects([withStroke(linewidth=1.8, foreground=_HALO, alpha=0.85)])


def _inside(sheet: Sheet, places: Sequence[Place]) -> Iterator[tuple[str, float, float]]:
    """Yield name and map metres of the places on the map, the most populous first; of several spellings the first."""
    view = sheet.view
    west, south, east, north = view.bounds_deg()
    known = [
        place
        for place in places
        if place.population and west <= place.longitude_deg <= east and south <= place.latitude_deg <= north
    ]
    known.sort(key=lambda place: (-(place.population or 0), place.name))
    longitude_deg = np.array([place.longitude_deg for place in known])
    x, y = view.to_map.transform(longitude_deg, np.array([place.latitude_deg for place in known]))
    for place, x_m, y_m in zip(known, x, y, strict=True):
        if view.left_m < x_m < view.right_m and view.bottom_m < y_m < view.top_m:
            yield place.name.partition("/")[0], x_m, y_m


def _rooms(sheet: Sheet, text: str, x_m: float, y_m: float) -> Iterator[Polygon]:
    """Yield the boxes in which a name may stand: right of its dot, left of it, above, below."""
    width_m, height_m = sheet.width_m(text, size_pt=_SIZE_PT), _metres(sheet, 1.15 * _SIZE_PT)
    gap_m = _metres(sheet, _DOT_PT)
    for left_m, bottom_m in (
        (x_m + gap_m, y_m - height_m / 2),
        (x_m - gap_m - width_m, y_m - height_m / 2),
        (x_m - width_m / 2, y_m + gap_m),
        (x_m - width_m / 2, y_m - gap_m - height_m),
    ):
        yield box(left_m, bottom_m, left_m + width_m, bottom_m + height_m)


def _metres(sheet: Sheet, points: float) -> float:
    """Return how long a length on paper is on the map."""
    return points / 72 * sheet.view.width_m / sheet.map_box.width

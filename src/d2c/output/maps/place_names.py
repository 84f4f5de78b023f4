"""Place names on a map: the most populous towns whose labels fit, each beside its dot."""

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
_APART = 0.06  # minimum distance of dots, of the longer side: suburbs are not named beside their city
_COLOUR, _HALO = "#1f1f1f", "white"


@dataclass(frozen=True, slots=True)
class MapLabel:
    """Label of a town in map metres: position of its dot and bounding box of its text."""

    text: str
    x_m: float
    y_m: float
    room: Polygon


def place_names(sheet: Sheet, places: Sequence[Place], *, occupied: Sequence[Polygon]) -> list[MapLabel]:
    """Return labels of the most populous places on the map that overlap nothing; occupied: boxes of other labels."""
    view, labels = sheet.view, list[MapLabel]()
    frame = box(view.left_m, view.bottom_m, view.right_m, view.top_m).buffer(-_map_metres(sheet, _DOT_PT))
    apart_m = _APART * max(view.width_m, view.height_m)
    occupied = list(occupied)
    for text, x_m, y_m in _places_on_map(sheet, places):
        if any(np.hypot(x_m - other.x_m, y_m - other.y_m) < apart_m for other in labels):
            continue
        free = STRtree(occupied)
        dot = box(x_m, y_m, x_m, y_m).buffer(_map_metres(sheet, _DOT_PT))
        for room in _candidate_boxes(sheet, text, x_m, y_m):
            if frame.contains(room) and not len(free.query(room, "intersects")):
                labels.append(MapLabel(text, x_m, y_m, room))
                occupied += [room, dot]
                break
        if len(labels) == _MOST:
            break
    return labels


def draw_place_names(axes: Axes, names: Sequence[MapLabel]) -> None:
    """Draw dots and names on top of the map."""
    size = _DOT_PT**2
    x, y = [name.x_m for name in names], [name.y_m for name in names]
    axes.scatter(x, y, s=size, color=_COLOUR, edgecolors=_HALO, linewidths=0.6, zorder=7)
    for name in names:
        left, bottom, _, top = name.room.bounds
        label = axes.text(
            left,
            (bottom + top) / 2,
            name.text,
            fontsize=_SIZE_PT,
            color=_COLOUR,
            va="center_baseline",
            zorder=8,
        )
        label.set_parse_math(False)
        label.set_path_effects([withStroke(linewidth=1.8, foreground=_HALO, alpha=0.85)])


def _places_on_map(sheet: Sheet, places: Sequence[Place]) -> Iterator[tuple[str, float, float]]:
    """Yield name and map metres of the places on the map, most populous first; of several spellings the first."""
    view = sheet.view
    west, south, east, north = view.bounds_deg()
    inside = [
        place
        for place in places
        if place.population and west <= place.longitude_deg <= east and south <= place.latitude_deg <= north
    ]
    inside.sort(key=lambda place: (-(place.population or 0), place.name))
    longitude_deg = np.array([place.longitude_deg for place in inside])
    x, y = view.to_map.transform(longitude_deg, np.array([place.latitude_deg for place in inside]))
    for place, x_m, y_m in zip(inside, x, y, strict=True):
        if view.left_m < x_m < view.right_m and view.bottom_m < y_m < view.top_m:
            yield place.name.partition("/")[0], x_m, y_m


def _candidate_boxes(sheet: Sheet, text: str, x_m: float, y_m: float) -> Iterator[Polygon]:
    """Yield the candidate boxes of a label: right of its dot, left, above, below."""
    width_m, height_m = sheet.width_m(text, size_pt=_SIZE_PT), _map_metres(sheet, 1.15 * _SIZE_PT)
    gap_m = _map_metres(sheet, _DOT_PT)
    for left_m, bottom_m in (
        (x_m + gap_m, y_m - height_m / 2),
        (x_m - gap_m - width_m, y_m - height_m / 2),
        (x_m - width_m / 2, y_m + gap_m),
        (x_m - width_m / 2, y_m - gap_m - height_m),
    ):
        yield box(left_m, bottom_m, left_m + width_m, bottom_m + height_m)


def _map_metres(sheet: Sheet, points: float) -> float:
    """Convert a length on paper, in points, to map metres."""
    return points / 72 * sheet.view.width_m / sheet.map_box.width

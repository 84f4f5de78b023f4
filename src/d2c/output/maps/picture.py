"""Printed choropleth map of a layer: classified cells, coast, borders, graticule, legend, scale and caption."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from d2c.errors import ResultError, did_you_mean
from d2c.files import write_bytes
from d2c.output.format.colours import AREA_COLOUR
from d2c.output.format.page import drawing_settings, image_format
from d2c.output.maps.map_view import MapView
from d2c.output.maps.place_names import draw_place_names, place_names
from d2c.output.maps.sheet import NO_DATA, Sheet
from d2c.region.gazetteer import Place
from d2c.results.column import Quantity
from d2c.results.column_lookup import map_quantities, missing_for_map

if TYPE_CHECKING:  # only cells.py imports GeoPandas at run time
    from geopandas import GeoDataFrame

_SEA, _LAND, _UNKNOWN_GROUND = "#dce9f2", "#e9e7e3", "#f4f4f4"
_COAST, _GRATICULE, _NAME = "#454545", "#7d93a3", "#77736c"
_NAME_PT = 7.5
AREA_NOTE = "The magenta line is the area."


def draw_map(
    frame: "GeoDataFrame",
    path: Path,
    *,
    column: str,
    title: str,
    subtitle: str,
    caption: str,
    land: Sequence[tuple[str, BaseGeometry]],
    land_box: tuple[float, float, float, float] = (-180.0, -90.0, 180.0, 90.0),
    lines: Sequence[BaseGeometry] = (),
    places: Sequence[Place] = (),
    area: BaseGeometry | None = None,
) -> None:
    """Write a map of one column of the layer, as PNG (1440 pixels wide), SVG or PDF by the path's extension.

    The same input gives the same bytes. `land` holds countries by name, in degrees; within `land_box` (west, south,
    east, north) they are complete: the rest is sea, and the ground outside is drawn neutral, as everywhere without
    `land`. `lines` are polygons with thinner borders, such as regions; `area` is outlined in a colour. The largest
    `places` that fit are named. The caption states content, time and assumptions. ResultError for a column without a
    map, a layer without cells, and errors of the operating system.
    """
    kind = image_format(path)
    drawable = map_quantities(frame.columns)
    if column not in drawable:
        if column in frame:
            raise ResultError(f"the column {column!r} cannot be drawn: {missing_for_map(column)}")
        raise ResultError(f"the result has no column {column!r} to draw{did_you_mean(column, drawable)}")
    if frame.empty:
        raise ResultError(f"{path} cannot be drawn: the result has no cells")
    with drawing_settings():
        around = MapView.around(frame.geometry.to_numpy())
        outlined = f"{AREA_NOTE} {caption}" if area is not None else caption
        sheet = Sheet.laid_out(around, title=title, subtitle=subtitle, caption=outlined)
        axes = sheet.map_axes()
        cells = sheet.view.projected(frame.geometry.to_numpy())
        draw_basemap(axes, sheet, kept_free=cells, land=land, land_box=land_box, lines=lines, places=places)
        if area is not None:
            outline = sheet.view.clipped(np.array([area], dtype=object))
            _draw_outlines(axes, outline, width=1.2, colour=AREA_COLOUR)
        shares = _draw_cells(axes, cells, drawable[column], frame[column].to_numpy(), _area_of(frame, cells))
        sheet.draw_legend(drawable[column], shares)
        data = sheet.page.rendered(kind)
    write_bytes(path, data)


def draw_basemap(
    axes: Axes,
    sheet: Sheet,
    *,
    kept_free: np.ndarray,
    land: Sequence[tuple[str, BaseGeometry]],
    land_box: tuple[float, float, float, float],
    lines: Sequence[BaseGeometry],
    places: Sequence[Place] = (),
) -> None:
    """Draw land, sea and names, graticule, coast and borders; arguments as in `draw_map`.

    `kept_free`: shapes in map metres that country names must not overlap.
    """
    view = sheet.view
    countries = view.clipped(np.array([polygon for _, polygon in land], dtype=object))
    axes.set_facecolor(_UNKNOWN_GROUND)
    if len(land):
        known = view.clipped(np.array([shapely.box(*land_box)]))
        draw_polygons(axes, known, facecolors=_SEA, linewidths=0.0, zorder=0)
    draw_polygons(axes, countries, facecolors=_LAND, linewidths=0.0, zorder=1)
    _draw_graticule(axes, view)
    _draw_outlines(axes, view.clipped(np.array(lines, dtype=object)), width=0.35)
    _draw_outlines(axes, countries, width=0.8)
    occupied = _draw_names(axes, sheet, [name for name, _ in land], countries, cells=kept_free)
    draw_place_names(axes, place_names(sheet, places, occupied=occupied))


def _draw_outlines(axes: Axes, polygons: np.ndarray, *, width: float, colour: str = _COAST) -> None:
    """Draw coast and borders over the cells, with a pale edge for contrast on dark classes."""
    look = {"facecolors": "none", "joinstyle": "round"}
    draw_polygons(axes, polygons, **look, edgecolors="white", linewidths=3 * width, alpha=0.35, zorder=4)
    draw_polygons(axes, polygons, **look, edgecolors=colour, linewidths=width, zorder=5)


def _area_of(frame: "GeoDataFrame", cells: np.ndarray) -> np.ndarray:
    """Return the area of each cell inside the region, or of the whole cell where the layer does not tell."""
    if "area_km2" in frame:
        return np.asarray(frame["area_km2"], np.float64)
    return np.asarray(shapely.area(cells))  # equal-area projection


def _draw_cells(
    axes: Axes, cells: np.ndarray, quantity: Quantity, stored: np.ndarray, area: np.ndarray
) -> np.ndarray:
    """Draw the cells `(G,)` in map metres; return the share of the `area` in each class, no data last."""
    classes = quantity.classes(stored)
    looks = [{"facecolor": colour, "edgecolor": colour, "linewidth": 0.3} for colour in quantity.colours]
    looks.append(NO_DATA)
    for k, look in enumerate(looks):
        # A hairline of the same colour closes the antialiasing seam between neighbours.
        draw_polygons(axes, cells[classes == (k if k < len(quantity.colours) else -1)], **look, zorder=2)
    class_area = np.bincount(np.where(classes < 0, len(looks) - 1, classes), area, len(looks))
    return np.asarray(class_area / area.sum())


def draw_polygons(axes: Axes, polygons: np.ndarray, **look: Any) -> None:
    """Draw all polygons as one path: much faster than one by one, and without inner seams."""
    polygons = polygons[~shapely.is_empty(polygons)]
    if len(polygons):
        # A collection: a patch would compute the extent of every curve, which takes most of a second.
        axes.add_collection(PathCollection([_compound_path(polygons)], **look), autolim=False)


def _compound_path(polygons: np.ndarray) -> Outline:
    """Return all rings of the polygons as one path; holes are oriented against their shells and stay unfilled."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(polygons)))
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(corners), Outline.LINETO, dtype=Outline.code_type)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    codes[starts] = Outline.MOVETO
    codes[np.append(starts[1:], len(corners)) - 1] = Outline.CLOSEPOLY
    return Outline(corners, codes)


def _draw_graticule(axes: Axes, view: MapView) -> None:
    """Draw meridians and parallels, labelled at the bottom and left edges."""
    meridians, parallels = view.meridians(), view.parallels()
    curves = [line.curve_m for line in (*meridians, *parallels)]
    axes.add_collection(
        LineCollection(curves, colors=_GRATICULE, linewidths=0.5, alpha=0.6, zorder=3), autolim=False
    )
    for axis, lines in ((axes.xaxis, meridians), (axes.yaxis, parallels)):
        ticks = [(line.tick_m, line.label) for line in lines if line.tick_m is not None]
        axis.set_ticks([tick for tick, _ in ticks], [label for _, label in ticks])
    axes.tick_params(labelsize=8, length=3, color=_COAST, labelcolor=_COAST)


def _draw_names(
    axes: Axes, sheet: Sheet, names: list[str], countries: np.ndarray, *, cells: np.ndarray
) -> list[Polygon]:
    """Write the country names that fit beside the cells; return their bounding boxes."""
    view, boxes = sheet.view, list[Polygon]()
    frame = shapely.box(view.left_m, view.bottom_m, view.right_m, view.top_m)
    free = shapely.difference(shapely.intersection(countries, frame), shapely.union_all(cells))
    for name, area in zip(names, free, strict=True):
        if area.area == 0.0:
            continue
        parts = shapely.get_parts(area)
        room = shapely.maximum_inscribed_circle(parts[np.argmax(shapely.area(parts))], view.width_m / 300)
        width_m = sheet.width_m(name, size_pt=_NAME_PT)
        if 0.55 * width_m <= room.length:
            x, y = shapely.get_coordinates(room)[0]
            height_m = 1.2 * _NAME_PT / 72 * view.width_m / sheet.map_box.width
            boxes.append(shapely.box(x - width_m / 2, y - height_m / 2, x + width_m / 2, y + height_m / 2))
            text = axes.text(x, y, name, fontsize=_NAME_PT, color=_NAME, ha="center", va="center", zorder=6)
            text.set_parse_math(False)
            text.set_path_effects([withStroke(linewidth=2.0, foreground=_LAND)])
    return boxes

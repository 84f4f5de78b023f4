"""The sheet a map is printed on: title, map, legend, scale and caption, none over another.

All lengths are inches from the lower left corner of the sheet.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from d2c.output.maps.map_view import MapView
from d2c.results.columns import Quantity

DPI = 150
NO_DATA: dict[str, Any] = {"facecolor": "#dddddd", "edgecolor": "#858585", "hatch": "/////", "linewidth": 0.0}

_WIDTH = 9.6  # 1440 pixels
_EDGE = 0.25  # empty border
_LATITUDE_LABELS = 0.5  # left of the map
_LONGITUDE_LABELS = 0.3  # below the map
_PANEL_WIDTH = 2.3  # legend to the right of a map, with the gap between
_STRIP_HEIGHT = 1.2  # legend below a wide one
_WIDE = 1.45  # width over height of an area from which on the legend goes below
_LOWEST, _HIGHEST = 4.4, 8.4  # a map high enough for the legend beside it, and low enough for a screen

_TEXT, _FAINT = "#1f1f1f", "#5a5a5a"
_TITLE_PT, _SUBTITLE_PT, _LEGEND_PT, _SMALL_PT = 15.0, 10.0, 9.0, 7.5
_LINE = 1.35 / 72  # inches of a line per point of its size
_ROW = 0.25  # one class of the legend


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True, eq=False, slots=True)
class Sheet:
    """A figure with its texts in place, a box for the map and one for the legend."""

    figure: Figure
    view: MapView
    map_box: _Box
    legend_box: _Box
    wide: bool

    @classmethod
    def laid_out(cls, view: MapView, *, title: str, subtitle: str, caption: str) -> "Sheet":
        """Return the sheet for a view, which grows to the shape of the map's box."""
        text_width = _WIDTH - 2 * _EDGE
        titles = wrapped(title, size_pt=_TITLE_PT, width=text_width, weight="bold")
        subtitles = wrapped(subtitle, size_pt=_SUBTITLE_PT, width=text_width)
        captions = wrapped(caption, size_pt=_SMALL_PT, width=text_width)

        wide = view.width_m / view.height_m > _WIDE
        map_width = text_width - _LATITUDE_LABELS - (0.0 if wide else _PANEL_WIDTH)
        map_height = float(np.clip(map_width * view.height_m / view.width_m, _LOWEST, _HIGHEST))
        view = view.grown_to(width_over_height=map_width / map_height)

        caption_top = _EDGE + len(captions) * _SMALL_PT * _LINE
        below_map = caption_top + 0.08 + (_STRIP_HEIGHT if wide else 0.0)
        map_box = _Box(_EDGE + _LATITUDE_LABELS, below_map + _LONGITUDE_LABELS, map_width, map_height)
        if wide:
            legend_box = _Box(map_box.left, caption_top + 0.08, map_width, _STRIP_HEIGHT)
        else:
            left = map_box.left + map_width + 0.25
            legend_box = _Box(left, map_box.bottom, _WIDTH - _EDGE - left, map_height)

        subtitle_bottom = map_box.bottom + map_height + 0.15
        title_bottom = subtitle_bottom + len(subtitles) * _SUBTITLE_PT * _LINE + (0.05 if subtitles else 0.0)
        height = title_bottom + len(titles) * _TITLE_PT * _LINE + _EDGE
        sheet = cls(
            Figure(figsize=(_WIDTH, height), dpi=DPI, facecolor="white"), view, map_box, legend_box, wide
        )
        sheet._block(titles, title_bottom, size_pt=_TITLE_PT, weight="bold")
        sheet._block(subtitles, subtitle_bottom, size_pt=_SUBTITLE_PT, color=_FAINT)
        sheet._block(captions, _EDGE, size_pt=_SMALL_PT, color=_FAINT)
        return sheet

    def map_axes(self) -> Axes:
        """Return axes in map metres that fill the map's box."""
        box = self.map_box
        width, height = self.figure.get_size_inches()
        axes = self.figure.add_axes(
            (box.left / width, box.bottom / height, box.width / width, box.height / height)
        )
        axes.set_xlim(self.view.left_m, self.view.right_m)
        axes.set_ylim(self.view.bottom_m, self.view.top_m)
        return axes

    def width_m(self, text: str, *, size_pt: float) -> float:
        """Return how wide a text on the map is, in metres of the map."""
        return _width(text, FontProperties(size=size_pt)) * self.view.width_m / self.map_box.width

    def draw_legend(self, quantity: Quantity, shares: np.ndarray) -> None:
        """Draw classes with their share of the area `(classes + 1,)`, no data last, and the scale."""
        rows = list(zip(quantity.class_labels(), quantity.colours, shares[:-1], strict=True))
        if self.wide:
            self._draw_strip(quantity, rows, shares[-1])
        else:
            self._draw_panel(quantity, rows, shares[-1])

    def draw_list(self, heading: str, rows: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """Draw a legend of names: text, a note at its right, and the look of its swatch; and the scale.

        What has no room is counted in the last line.
        """
        box, row = self.legend_box, 0.2
        columns = max(int((box.width - 1.6) / 2.0), 1) if self.wide else 1
        width = (box.width - 1.6) / columns if self.wide else box.width
        top = box.bottom + box.height - 0.16
        self._text(box.left, top, heading, size_pt=_LEGEND_PT, weight="bold")
        room = int((top - box.bottom - (0.05 if self.wide else 0.55)) / row)
        for k, (text, note, look) in enumerate(rows[: room * columns]):
            left, y = box.left + k // room * width, top - (k % room + 1) * row - 0.06
            last = k == room * columns - 1 and len(rows) > room * columns
            if last:
                text, note, look = f"and {len(rows) - k} more", "", {"visible": False}
            self._swatch(_Box(left, y, 0.26, row - 0.05), **look)
            short = wrapped(text, size_pt=_SMALL_PT, width=width - (0.6 if note else 0.4))[0]
            self._text(left + 0.34, y + 0.03, short, size_pt=_SMALL_PT)
            if note:
                self._text(left + width - 0.1, y + 0.03, note, size_pt=_SMALL_PT, color=_FAINT, ha="right")
        if self.wide:
            self._draw_scale(left=box.left + box.width - 1.5, bottom=box.bottom + 0.3, longest=1.3)
        else:
            self._draw_scale(left=box.left, bottom=box.bottom, longest=box.width - 0.35)

    def _draw_panel(self, quantity: Quantity, rows: list[tuple[str, str, float]], no_data: float) -> None:
        """Draw the legend right of the map: one row per class, the highest on top, the scale at the foot."""
        box, y = self.legend_box, self.legend_box.bottom + self.legend_box.height
        for line in wrapped(quantity.title, size_pt=_LEGEND_PT + 1, width=box.width, weight="bold"):
            y -= (_LEGEND_PT + 1) * _LINE
            self._text(box.left, y, line, size_pt=_LEGEND_PT + 1, weight="bold")
        y -= 0.2
        self._text(box.left + box.width, y, "share of area", size_pt=_SMALL_PT, color=_FAINT, ha="right")
        y -= 0.08
        for label, colour, share in reversed(rows):
            y -= _ROW
            self._panel_row(y, label, share, facecolor=colour)
        if no_data:
            self._panel_row(y - _ROW - 0.08, "no data", no_data, **NO_DATA)
        self._draw_scale(left=box.left, bottom=box.bottom, longest=box.width - 0.35)

    def _panel_row(self, y: float, label: str, share: float, **swatch: Any) -> None:
        box = self.legend_box
        self._swatch(_Box(box.left, y, 0.36, _ROW), **swatch)
        self._text(box.left + 0.46, y + 0.075, label, size_pt=_LEGEND_PT)
        right = box.left + box.width
        self._text(right, y + 0.075, percent(share), size_pt=_LEGEND_PT, color=_FAINT, ha="right")

    def _draw_strip(self, quantity: Quantity, rows: list[tuple[str, str, float]], no_data: float) -> None:
        """Draw the legend below the map: one field per class from left to right, the scale at the right."""
        box = self.legend_box
        top = box.bottom + box.height - 0.26
        self._text(box.left, top, quantity.title, size_pt=_LEGEND_PT + 1, weight="bold")
        fields = len(rows) + (1 if no_data else 0)
        step = min(0.9, (box.width - 1.9) / fields)
        y = top - 0.3
        for k, (label, colour, share) in enumerate(rows):
            self._strip_field(_Box(box.left + k * step, y, step, 0.2), label, share, facecolor=colour)
        if no_data:
            left = box.left + len(rows) * step + 0.1
            self._strip_field(_Box(left, y, step - 0.1, 0.2), "no data", no_data, **NO_DATA)
        self._text(
            box.left, y - 0.5, "below each class: its share of the area", size_pt=_SMALL_PT, color=_FAINT
        )
        self._draw_scale(left=box.left + box.width - 1.5, bottom=y - 0.16, longest=1.3)

    def _strip_field(self, field: _Box, label: str, share: float, **swatch: Any) -> None:
        self._swatch(field, **swatch)
        middle = field.left + field.width / 2
        self._text(middle, field.bottom - 0.17, label, size_pt=_LEGEND_PT, ha="center")
        self._text(middle, field.bottom - 0.33, percent(share), size_pt=_SMALL_PT, color=_FAINT, ha="center")

    def _draw_scale(self, *, left: float, bottom: float, longest: float) -> None:
        """Draw a bar in two halves with its length in kilometres, true at the centre of the map."""
        metres_per_inch = self.view.width_m / self.map_box.width
        length_km = self.view.scale_km(longest_m=longest * metres_per_inch)
        length = length_km * 1e3 / metres_per_inch
        half = length / 2
        self._swatch(_Box(left, bottom + 0.2, half, 0.07), facecolor=_TEXT)
        self._swatch(_Box(left + half, bottom + 0.2, half, 0.07), facecolor="white")
        for share, label in ((0.0, "0"), (0.5, f"{length_km / 2:g}"), (1.0, f"{length_km:g} km")):
            self._text(left + share * length, bottom + 0.05, label, size_pt=_SMALL_PT, ha="center")

    def _swatch(self, box: _Box, **look: Any) -> None:
        look = {"edgecolor": _FAINT, "linewidth": 0.5, **look}
        transform = self.figure.dpi_scale_trans
        self.figure.add_artist(
            Rectangle((box.left, box.bottom), box.width, box.height, transform=transform, **look)
        )

    def _block(self, lines: list[str], bottom: float, *, size_pt: float, **look: Any) -> None:
        """Write lines upwards from `bottom`."""
        for k, line in enumerate(reversed(lines)):
            self._text(_EDGE, bottom + (k + 0.25) * size_pt * _LINE, line, size_pt=size_pt, **look)

    def _text(self, x: float, y: float, text: str, *, size_pt: float, **look: Any) -> None:
        """Write one line with its baseline at y, as it stands: a dollar sign starts no formula."""
        look = {"color": _TEXT, **look}
        transform = self.figure.dpi_scale_trans
        self.figure.text(x, y, text, fontsize=size_pt, transform=transform, parse_math=False, **look)


def percent(share: float) -> str:
    """Return a share as a text that does not round something to nothing, nor nearly all to all."""
    share = round(share, 9)  # a sum of areas over their total
    if 0.0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1.0:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def wrapped(text: str, *, size_pt: float, width: float, weight: str = "normal") -> list[str]:
    """Return the text in lines of at most `width` inches, broken at spaces or inside longer words."""
    font = FontProperties(size=size_pt, weight=weight)

    def fits(line: str) -> bool:
        return _width(line, font) <= width

    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in re.split(r"[ \t]+", paragraph.strip(" \t")):  # a no-break space does not break
            longer = f"{line} {word}" if line else word
            if fits(longer):
                line = longer
                continue
            if line:
                lines.append(line)
            while not fits(word):
                end = _longest_start(word, fits)
                lines.append(word[:end])
                word = word[end:]
            line = word
        lines.append(line)
    return lines


def _longest_start(word: str, fits: Callable[[str], bool]) -> int:
    """Return how many letters of a word fit, at least one."""
    return max(1, bisect_left(range(1, len(word)), True, key=lambda end: not fits(word[:end])))


def _width(text: str, font: FontProperties) -> float:
    """Return the width of one line in inches."""
    renderer: Any = RendererAgg(8, 8, DPI)  # type: ignore[no-untyped-call]
    return float(renderer.get_text_width_height_descent(text, font, ismath=False)[0]) / DPI

"""Layout of a printed map: map, legend and scale without overlaps, on a page with title and caption.

All lengths are inches, measured from the left edge of the page and from the bottom of its body.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from d2c.output.format.page import (
    EDGE,
    FAINT,
    LABEL_PT,
    LINE,
    SMALL_PT,
    TEXT,
    WIDTH,
    Page,
    text_width,
    wrapped,
)
from d2c.output.format.percent import percent_text
from d2c.output.maps.map_view import MapView
from d2c.results.column import Quantity

NO_DATA: dict[str, Any] = {"facecolor": "#dddddd", "edgecolor": "#858585", "hatch": "/////", "linewidth": 0.0}

_LATITUDE_LABELS = 0.5  # left of the map
_LONGITUDE_LABELS = 0.3  # below the map
_PANEL_WIDTH = 2.3  # legend right of the map, including the gap
_STRIP_HEIGHT = 1.2  # legend below a wide map
_WIDE = 1.45  # aspect ratio above which the legend is below the map
_LOWEST, _HIGHEST = 4.4, 8.4  # map height: enough for the legend beside it, and within a screen
_ROW = 0.25  # one legend class


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True, eq=False, slots=True)
class Sheet:
    """A page with its texts, and boxes for the map and the legend."""

    page: Page
    view: MapView
    map_box: _Box
    legend_box: _Box
    wide: bool

    @classmethod
    def laid_out(cls, view: MapView, *, title: str, subtitle: str, caption: str) -> "Sheet":
        """Lay out the sheet for a view, which is extended to the aspect ratio of the map box."""
        left, right = EDGE + _LATITUDE_LABELS, WIDTH - EDGE
        wide = view.width_m / view.height_m > _WIDE
        map_width = right - left - (0.0 if wide else _PANEL_WIDTH)
        map_height = float(np.clip(map_width * view.height_m / view.width_m, _LOWEST, _HIGHEST))
        map_bottom = _LONGITUDE_LABELS + (_STRIP_HEIGHT if wide else 0.0)
        legend_left = left + map_width + 0.25
        return cls(
            page=Page(body=map_bottom + map_height, title=title, subtitle=subtitle, caption=caption),
            view=view.expanded_to(width_over_height=map_width / map_height),
            map_box=_Box(left, map_bottom, map_width, map_height),
            legend_box=(
                _Box(left, 0.0, map_width, _STRIP_HEIGHT)
                if wide
                else _Box(legend_left, map_bottom, right - legend_left, map_height)
            ),
            wide=wide,
        )

    def map_axes(self) -> Axes:
        """Add axes in map metres that fill the map box."""
        box = self.map_box
        axes = self.page.axes(left=box.left, bottom=box.bottom, width=box.width, height=box.height)
        axes.set_xlim(self.view.left_m, self.view.right_m)
        axes.set_ylim(self.view.bottom_m, self.view.top_m)
        return axes

    def width_m(self, text: str, *, size_pt: float) -> float:
        """Return the width of a text on the map, in map metres."""
        return text_width(text, size_pt=size_pt) * self.view.width_m / self.map_box.width

    def draw_legend(self, quantity: Quantity, shares: np.ndarray) -> None:
        """Draw the classes with their area shares `(classes + 1,)`, no data last, and the scale."""
        rows = list(zip(quantity.class_labels(), quantity.colours, shares[:-1], strict=True))
        if self.wide:
            self._draw_strip(quantity, rows, shares[-1])
        else:
            self._draw_panel(quantity, rows, shares[-1])

    def draw_list(self, heading: str, rows: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """Draw a legend of names (text, right-aligned note, swatch style) and the scale.

        The last line counts the rows that do not fit.
        """
        box, row = self.legend_box, 0.2
        columns = max(int((box.width - 1.6) / 2.0), 1) if self.wide else 1
        width = (box.width - 1.6) / columns if self.wide else box.width
        top = box.bottom + box.height - 0.16
        self.page.text(box.left, top, heading, size_pt=LABEL_PT, weight="bold")
        room = int((top - box.bottom - (0.05 if self.wide else 0.55)) / row)
        for k, (text, note, look) in enumerate(rows[: room * columns]):
            left, y = box.left + k // room * width, top - (k % room + 1) * row - 0.06
            last = k == room * columns - 1 and len(rows) > room * columns
            if last:
                text, note, look = f"and {len(rows) - k} more", "", {"visible": False}
            self._swatch(_Box(left, y, 0.26, row - 0.05), **look)
            taken = text_width(note, size_pt=SMALL_PT) + 0.1 if note else 0.0
            short = wrapped(text, size_pt=SMALL_PT, width=width - 0.4 - taken)[0]
            self.page.text(left + 0.34, y + 0.03, short, size_pt=SMALL_PT)
            if note:
                self.page.text(
                    left + width - (0.2 if self.wide else 0.1),
                    y + 0.03,
                    note,
                    size_pt=SMALL_PT,
                    color=FAINT,
                    ha="right",
                )
        if self.wide:
            self._draw_scale(left=box.left + box.width - 1.5, bottom=box.bottom + 0.3, longest=1.3)
        else:
            self._draw_scale(left=box.left, bottom=box.bottom, longest=box.width - 0.35)

    def _draw_panel(self, quantity: Quantity, rows: list[tuple[str, str, float]], no_data: float) -> None:
        """Draw the legend right of the map: one row per class, highest on top, and the scale at the bottom."""
        box, y = self.legend_box, self.legend_box.bottom + self.legend_box.height
        for line in wrapped(quantity.title, size_pt=LABEL_PT + 1, width=box.width, weight="bold"):
            y -= (LABEL_PT + 1) * LINE
            self.page.text(box.left, y, line, size_pt=LABEL_PT + 1, weight="bold")
        y -= 0.2
        self.page.text(box.left + box.width, y, "share of area", size_pt=SMALL_PT, color=FAINT, ha="right")
        y -= 0.08
        for label, colour, share in reversed(rows):
            y -= _ROW
            self._panel_row(y, label, share, facecolor=colour)
        if no_data:
            self._panel_row(y - _ROW - 0.08, quantity.missing, no_data, **NO_DATA)
        self._draw_scale(left=box.left, bottom=box.bottom, longest=box.width - 0.35)

    def _panel_row(self, y: float, label: str, share: float, **swatch: Any) -> None:
        box = self.legend_box
        self._swatch(_Box(box.left, y, 0.36, _ROW), **swatch)
        self.page.text(box.left + 0.46, y + 0.075, label, size_pt=LABEL_PT)
        right = box.left + box.width
        self.page.text(right, y + 0.075, percent_text(share), size_pt=LABEL_PT, color=FAINT, ha="right")

    def _draw_strip(self, quantity: Quantity, rows: list[tuple[str, str, float]], no_data: float) -> None:
        """Draw the legend below the map: one field per class from left to right, and the scale at the right."""
        box = self.legend_box
        top = box.bottom + box.height - 0.26
        self.page.text(box.left, top, quantity.title, size_pt=LABEL_PT + 1, weight="bold")
        fields = len(rows) + (1 if no_data else 0)
        step = min(0.9, (box.width - 1.9) / fields)
        y = top - 0.3
        for k, (label, colour, share) in enumerate(rows):
            self._strip_field(_Box(box.left + k * step, y, step, 0.2), label, share, facecolor=colour)
        if no_data:
            left = box.left + len(rows) * step + 0.1
            self._strip_field(_Box(left, y, step - 0.1, 0.2), quantity.missing, no_data, **NO_DATA)
        self.page.text(
            box.left, y - 0.5, "below each class: its share of the area", size_pt=SMALL_PT, color=FAINT
        )
        self._draw_scale(left=box.left + box.width - 1.5, bottom=y - 0.16, longest=1.3)

    def _strip_field(self, field: _Box, label: str, share: float, **swatch: Any) -> None:
        self._swatch(field, **swatch)
        middle = field.left + field.width / 2
        self.page.text(middle, field.bottom - 0.17, label, size_pt=LABEL_PT, ha="center")
        self.page.text(
            middle, field.bottom - 0.33, percent_text(share), size_pt=SMALL_PT, color=FAINT, ha="center"
        )

    def _draw_scale(self, *, left: float, bottom: float, longest: float) -> None:
        """Draw a scale bar in kilometres, true at the map centre."""
        metres_per_inch = self.view.width_m / self.map_box.width
        length_km = self.view.scale_km(longest_m=longest * metres_per_inch)
        length = length_km * 1e3 / metres_per_inch
        half = length / 2
        self._swatch(_Box(left, bottom + 0.2, half, 0.07), facecolor=TEXT)
        self._swatch(_Box(left + half, bottom + 0.2, half, 0.07), facecolor="white")
        for share, label in ((0.0, "0"), (0.5, f"{length_km / 2:g}"), (1.0, f"{length_km:g} km")):
            self.page.text(left + share * length, bottom + 0.05, label, size_pt=SMALL_PT, ha="center")

    def _swatch(self, box: _Box, **look: Any) -> None:
        self.page.swatch(box.left, box.bottom, width=box.width, height=box.height, **look)

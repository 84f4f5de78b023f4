"""Plot of the passes over a site: each from rise to set at its highest elevation, and the times without service."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from d2c.link.satellite_links import payloads_text
from d2c.local_time import shown_instant
from d2c.output.format.page import EDGE, FAINT, LABEL_PT, SMALL_PT, WIDTH, Page, drawing_settings
from d2c.output.plots.axes import MOST_ROWS, ROW_H, draw_time_axis, style_axes
from d2c.output.reports.headline import BEST_CASE
from d2c.output.reports.site import site_notes
from d2c.site.inputs import SiteInputs
from d2c.site.passes import PassSearch, ServiceWindow

_PANEL, _FOOT, _KEY, _LEFT = 1.3, 0.42, 0.28, 0.85  # inches
_SERVED, _VISIBLE, _GAP = "#2166ac", "#b0b0b0", "#f4c7c3"


def draw_passes(inputs: SiteInputs, search: PassSearch, report: Mapping[str, Any]) -> bytes:
    """Return a PNG; report: that of `passes_report`."""
    start, span_s = search.span.begin_utc, search.span.duration_s
    since = shown_instant(report["from_utc"])
    rows = next(n for hours in ROW_H if (n := math.ceil(span_s / (3600 * hours))) <= MOST_ROWS)
    with drawing_settings():
        page = Page(
            body=_KEY + rows * (_PANEL + _FOOT),
            title=f"Passes over {inputs.site.label}",
            subtitle=(f"{inputs.scenario.title}. Service {report['service']}, from {since}; {BEST_CASE}"),
            caption=_caption(inputs),
        )
        _draw_key(page, _KEY + rows * (_PANEL + _FOOT) - 0.1)
        for row in range(rows):
            bottom = (rows - 1 - row) * (_PANEL + _FOOT) + _FOOT
            axes = page.axes(left=_LEFT, bottom=bottom, width=WIDTH - EDGE - _LEFT, height=_PANEL)
            _draw_row(axes, search, mask_deg=inputs.radio.mask_deg)
            style_axes(axes)
            draw_time_axis(axes, start, span_s * row / rows, span_s * (row + 1) / rows)
        return page.rendered()


def _draw_row(axes: Axes, search: PassSearch, *, mask_deg: float) -> None:
    """Draw all passes of the span; the limits of the time axis cut out the row."""
    start = search.span.begin_utc
    for gap in search.gaps:
        axes.axvspan(*_seconds(gap, start), color=_GAP, linewidth=0.0, zorder=0)
    for entry in search.passes:
        height = [entry.highest_elevation_deg] * 2
        axes.plot(_seconds(entry.visible, start), height, color=_VISIBLE, linewidth=1.4, zorder=2)
        for part in entry.served:
            axes.plot(_seconds(part, start), height, color=_SERVED, linewidth=2.2, zorder=3)
    axes.set_ylim(mask_deg - 2, 92)
    axes.set_ylabel("highest elevation", fontsize=SMALL_PT, color=FAINT)


def _seconds(window: ServiceWindow, start: np.datetime64) -> tuple[float, float]:
    second = np.timedelta64(1_000_000, "us")
    return float((window.begin_utc - start) / second), float((window.end_utc - start) / second)


def _draw_key(page: Page, y: float) -> None:
    x = _LEFT
    for colour, label in (
        (_SERVED, "pass with service"),
        (_VISIBLE, "above the mask without"),
        (_GAP, "not served"),
    ):
        page.swatch(x, y, width=0.25, height=0.1, facecolor=colour)
        page.text(x + 0.32, y, label, size_pt=LABEL_PT)
        x += 2.1


def _caption(inputs: SiteInputs) -> str:
    link, constellation = inputs.scenario.link, inputs.satellites.constellation
    payloads = payloads_text(inputs.satellites.payloads.counts)
    return (
        f"{len(constellation):,} satellites of {constellation.source}, elevation mask {link.min_elevation_deg:g}°; "
        f"{payloads} to {link.handset}, losses {link.losses}. Each line is a pass from rise to set, at the height of "
        "its highest elevation in degrees. " + " ".join(site_notes(inputs))
    )

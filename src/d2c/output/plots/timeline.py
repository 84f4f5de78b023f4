"""Plot of the best server's C/N and elevation over time, in rows of 6 to 48 hours."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from d2c.link.satellite_links import payloads_text
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.local_time import shown_instant
from d2c.output.format.page import EDGE, FAINT, LABEL_PT, SMALL_PT, WIDTH, Page, drawing_settings
from d2c.output.plots.axes import MOST_ROWS, ROW_H, draw_time_axis, style_axes
from d2c.output.reports.headline import BEST_CASE
from d2c.output.reports.site import site_notes
from d2c.output.reports.timeline import served_samples
from d2c.site.inputs import SiteInputs
from d2c.site.sky import ServerLine
from d2c.utc import utc_text

_C_N_HEIGHT, _ELEVATION_HEIGHT, _BETWEEN, _FOOT, _KEY = 0.85, 0.62, 0.06, 0.42, 0.28  # inches
_LEFT = 0.85
_DOWN, _UP, _ELEVATION, _GAP = "#2166ac", "#b35806", "#35788a", "#f4c7c3"
_LEAST_RANGE_DB = 15.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Levels:
    """Range of the C/N axis, and the required C/N in each direction."""

    low_db: float
    high_db: float
    down_db: float
    up_db: float


def draw_timeline(inputs: SiteInputs, line: ServerLine, *, step_us: int) -> bytes:
    """Return a PNG; red marks times without the first service, dashed lines its required C/N."""
    service, entry = next(iter(inputs.radio.services.items()))
    title = f"The best satellite over {inputs.site.label}"
    step_s, start = step_us / 1e6, line.utc[0]
    since = shown_instant(utc_text(start))
    # each sample represents the step that follows it
    edges_s = np.arange(len(line.utc) + 1, dtype=np.float64) * step_s
    rows = next(n for hours in ROW_H if (n := math.ceil(edges_s[-1] / (3600 * hours))) <= MOST_ROWS)
    row_height = _C_N_HEIGHT + _BETWEEN + _ELEVATION_HEIGHT + _FOOT
    levels = _levels(line, downlink_c_n_db(entry), uplink_c_n_db(entry))
    with drawing_settings():
        page = Page(
            body=_KEY + rows * row_height,
            title=title,
            subtitle=(
                f"{inputs.scenario.title}. Service {service}, from {since}, every {step_s:g} s; {BEST_CASE}"
            ),
            caption=_caption(inputs),
        )
        _draw_key(page, _KEY + rows * row_height - 0.1)
        for row in range(rows):
            bottom = (rows - 1 - row) * row_height + _FOOT
            place = {"left": _LEFT, "width": WIDTH - EDGE - _LEFT}
            upper = page.axes(bottom=bottom + _ELEVATION_HEIGHT + _BETWEEN, height=_C_N_HEIGHT, **place)
            lower = page.axes(bottom=bottom, height=_ELEVATION_HEIGHT, **place)
            for axes in (upper, lower):
                _draw_gaps(axes, edges_s, served_samples(line)[0])
            _draw_c_n(upper, edges_s, line, levels)
            _draw_elevation(lower, edges_s, line.elevation_deg, inputs.radio.mask_deg)
            for axes in (upper, lower):
                style_axes(axes)
            low_s, high_s = edges_s[-1] * row / rows, edges_s[-1] * (row + 1) / rows
            draw_time_axis(lower, start, low_s, high_s)
            draw_time_axis(upper, start, low_s, high_s, labels=False)
        return page.rendered()


def _caption(inputs: SiteInputs) -> str:
    link, constellation = inputs.scenario.link, inputs.satellites.constellation
    payloads = payloads_text(inputs.satellites.payloads.counts)
    return (
        f"{len(constellation):,} satellites of {constellation.source}, elevation mask {link.min_elevation_deg:g}°; "
        f"{payloads} to {link.handset}, losses {link.losses}. The best satellite has the highest downlink C/N. "
        + " ".join(site_notes(inputs))
    )


def _levels(line: ServerLine, down_db: float, up_db: float) -> _Levels:
    values = np.concatenate([line.c_n_db, line.uplink_c_n_db, [down_db, up_db]])
    values = values[np.isfinite(values)]
    low, high = 5 * np.floor((values.min() - 1) / 5), 5 * np.ceil((values.max() + 1) / 5)
    return _Levels(float(low), float(max(high, low + _LEAST_RANGE_DB)), down_db, up_db)


def _draw_key(page: Page, y: float) -> None:
    x = _LEFT
    for colour, label, width in (
        (_DOWN, "downlink C/N (dB)", 1.65),
        (_UP, "uplink C/N (dB)", 1.5),
        (_ELEVATION, "elevation (°)", 1.3),
        (_GAP, "not served", 1.15),
    ):
        page.swatch(x, y, width=0.25, height=0.1, facecolor=colour)
        page.text(x + 0.32, y, label, size_pt=LABEL_PT)
        x += width + 0.2
    page.text(x, y, "- - -  required C/N", size_pt=LABEL_PT)


def _draw_gaps(axes: Axes, edges_s: Floats, served: NDArray[np.bool_]) -> None:
    whole_height = axes.get_xaxis_transform()
    red = np.where(served, np.nan, 1.0)
    axes.stairs(red, edges_s, fill=True, color=_GAP, linewidth=0.0, transform=whole_height, zorder=0)


def _draw_c_n(axes: Axes, edges_s: Floats, line: ServerLine, levels: _Levels) -> None:
    for colour, values, required_db in (
        (_DOWN, line.c_n_db, levels.down_db),
        (_UP, line.uplink_c_n_db, levels.up_db),
    ):
        axes.stairs(values, edges_s, baseline=None, color=colour, linewidth=1.0, zorder=3)
        if np.isfinite(required_db):
            axes.axhline(required_db, color=colour, linewidth=0.8, linestyle=(0, (5, 4)), zorder=2)
    axes.set_ylim(levels.low_db, levels.high_db)
    step_db = 10.0 if levels.high_db - levels.low_db > 20 else 5.0
    # No tick at the bottom, where its label would touch that of the panel below.
    axes.set_yticks(np.arange(np.floor(levels.low_db / step_db + 1) * step_db, levels.high_db + 1, step_db))
    axes.set_ylabel("C/N", fontsize=SMALL_PT, color=FAINT)


def _draw_elevation(axes: Axes, edges_s: Floats, elevation_deg: Floats, mask_deg: float) -> None:
    area: dict[str, Any] = {"color": _ELEVATION, "alpha": 0.35, "linewidth": 0.0}
    axes.stairs(elevation_deg, edges_s, baseline=mask_deg, fill=True, zorder=2, **area)
    axes.stairs(elevation_deg, edges_s, baseline=None, color=_ELEVATION, linewidth=0.8, zorder=3)
    axes.set_ylim(mask_deg, 90.0)
    axes.set_yticks([mask_deg, 60.0] if mask_deg < 50.0 else [mask_deg])
    axes.set_ylabel("elevation", fontsize=SMALL_PT, color=FAINT)

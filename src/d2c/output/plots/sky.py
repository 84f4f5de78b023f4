"""Polar plot of the satellites above a site: north up, east right, zenith at the centre."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from d2c.link.satellite_links import payloads_text
from d2c.local_time import shown_instant
from d2c.output.format.page import EDGE, FAINT, LABEL_PT, SMALL_PT, TEXT, Page, drawing_settings
from d2c.output.plots.axes import GRID
from d2c.output.reports.headline import BEST_CASE
from d2c.output.reports.site import site_notes
from d2c.results.column import Quantity
from d2c.results.column_lookup import map_quantity
from d2c.site.inputs import SiteInputs
from d2c.site.sky import TRACK_S, SkyView
from d2c.utc import utc_text

_SKY = 6.2  # inches: height of the body, and side of the plot
_LIST_LEFT = EDGE + _SKY + 0.1
_ROW = 0.2
_BELOW_MASK = "#9a9a9a"
_MOST_LISTED = 9


def draw_sky(inputs: SiteInputs, sky: SkyView) -> bytes:
    """Return a PNG; colours show the margin of the scenario's first service, grey is below the mask."""
    service = next(iter(inputs.radio.services))
    margins = map_quantity(f"{service}_margin_p50_db")
    title = f"The sky over {inputs.site.label}"
    with drawing_settings():
        page = Page(
            body=_SKY,
            title=title,
            subtitle=f"{shown_instant(utc_text(sky.utc))}, {inputs.scenario.title}; {BEST_CASE}",
            caption=_caption(inputs),
        )
        axes = page.axes(left=EDGE, bottom=0.0, width=_SKY, height=_SKY)
        _draw_polar_grid(axes, inputs.radio.mask_deg)
        _draw_satellites(axes, sky, margins)
        _draw_list(page, inputs, sky, service)
        _draw_legend(page, service, margins)
        return page.rendered()


def _caption(inputs: SiteInputs) -> str:
    link, constellation = inputs.scenario.link, inputs.satellites.constellation
    payloads = payloads_text(inputs.satellites.payloads.counts)
    return (
        f"{len(constellation):,} satellites of {constellation.source}; {payloads} to {link.handset}, losses "
        f"{link.losses}. White: above the elevation mask of {link.min_elevation_deg:g}°. Lines: the next "
        f"{TRACK_S // 60} minutes. " + " ".join(site_notes(inputs))
    )


def _xy(azimuth_deg: np.ndarray, elevation_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return plot coordinates; the horizon has radius 1."""
    radius, azimuth = (90.0 - elevation_deg) / 90.0, np.radians(azimuth_deg)
    return radius * np.sin(azimuth), radius * np.cos(azimuth)


def _draw_polar_grid(axes: Axes, mask_deg: float) -> None:
    axes.set_axis_off()
    axes.set_xlim(-1.1, 1.1)
    axes.set_ylim(-1.1, 1.1)
    axes.add_patch(Circle((0, 0), 1.0, facecolor="#ececec", edgecolor=FAINT, linewidth=1.0, zorder=0))
    mask_radius = (90.0 - mask_deg) / 90.0
    axes.add_patch(Circle((0, 0), mask_radius, facecolor="white", edgecolor=FAINT, linewidth=0.8, zorder=0))
    for azimuth in range(0, 360, 30):
        x, y = _xy(np.array(azimuth), np.array([0.0, 88.0]))
        axes.plot(x, y, color=GRID, linewidth=0.6, zorder=1)
        x, y = _xy(np.array(azimuth), np.array(-5.5))
        point = {0: "N", 90: "E", 180: "S", 270: "W"}.get(azimuth)
        look: dict[str, Any] = (
            {"fontsize": 12.0, "weight": "bold"} if point else {"fontsize": SMALL_PT, "color": FAINT}
        )
        axes.text(float(x), float(y), point or f"{azimuth}°", ha="center", va="center", **look)
    for elevation in (30, 60):
        radius = (90.0 - elevation) / 90.0
        axes.add_patch(Circle((0, 0), radius, facecolor="none", edgecolor=GRID, linewidth=0.6, zorder=1))
        x, y = _xy(np.array(15.0), np.array(float(elevation)))
        axes.text(
            float(x), float(y), f"{elevation}°", fontsize=SMALL_PT, color=FAINT, ha="center", va="center"
        )


def _draw_satellites(axes: Axes, sky: SkyView, margins: Quantity) -> None:
    x, y = _xy(sky.azimuth_deg, sky.look.elevation_deg)
    for n, colour in reversed(list(enumerate(_colours(sky, margins)))):
        above = n < sky.above_mask
        elevation = np.where(sky.track_elevation_deg[:, n] >= 0, sky.track_elevation_deg[:, n], np.nan)
        line = _xy(sky.track_azimuth_deg[:, n], elevation)
        axes.plot(*line, color=TEXT if above else _BELOW_MASK, linewidth=0.9 if above else 0.5, zorder=2)
        size = 9.0 if above else 4.0
        axes.plot(
            x[n],
            y[n],
            "o",
            markersize=size,
            color=colour,
            markeredgecolor=TEXT,
            markeredgewidth=0.6,
            zorder=3,
        )
        if n == 0 and above:
            axes.plot(x[n], y[n], "o", markersize=15.0, color="none", markeredgecolor=TEXT, zorder=3)
        if above:
            look: dict[str, Any] = {
                "fontsize": LABEL_PT,
                "weight": "bold",
                "textcoords": "offset points",
                "zorder": 4,
            }
            number = axes.annotate(str(n + 1), (x[n], y[n]), xytext=(8, 6), **look)
            number.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def _colours(sky: SkyView, margins: Quantity) -> Iterator[str]:
    """Yield the colour of each satellite."""
    classes = margins.classes(sky.levels.margin_db[0])
    for n in range(len(sky.satellite)):
        yield margins.colours[classes[n]] if n < sky.above_mask else _BELOW_MASK


def _draw_list(page: Page, inputs: SiteInputs, sky: SkyView, service: str) -> None:
    """List the satellites above the mask beside the plot."""
    names, levels = inputs.satellites.constellation.name, sky.levels
    y = _SKY - 0.25
    heading = f"{sky.above_mask} above the mask, {len(sky.satellite) - sky.above_mask} below it"
    page.text(_LIST_LEFT, y, heading, size_pt=LABEL_PT + 1, weight="bold")
    y -= 0.12
    for n in range(min(sky.above_mask, _MOST_LISTED)):
        y -= 2 * _ROW
        serving = n == 0 and levels.margin_db[0, 0] >= 0
        label = f"{names[sky.satellite[n]]}{f', serves {service}' if serving else ''}"
        figures = (
            f"elevation {sky.look.elevation_deg[n]:.0f}°, C/N {levels.c_n_db[n]:.1f} dB, "
            f"margin {levels.margin_db[0, n]:.1f} dB"
        ).replace("-", "−")
        page.text(_LIST_LEFT, y + 0.17, f"{n + 1}", size_pt=LABEL_PT, weight="bold")
        page.text(_LIST_LEFT + 0.25, y + 0.17, label, size_pt=LABEL_PT)
        page.text(_LIST_LEFT + 0.25, y, figures, size_pt=SMALL_PT, color=FAINT)
    if sky.above_mask > _MOST_LISTED:
        more = f"and {sky.above_mask - _MOST_LISTED} more"
        page.text(_LIST_LEFT + 0.25, y - 0.25, more, size_pt=SMALL_PT, color=FAINT)


def _draw_legend(page: Page, service: str, margins: Quantity) -> None:
    """Draw the colour legend of the margins at the lower right."""
    rows = list(zip(margins.colours, margins.class_labels(), strict=True))
    for k, (colour, label) in enumerate(rows):
        page.swatch(_LIST_LEFT, k * _ROW, width=0.32, height=_ROW, facecolor=colour)
        page.text(_LIST_LEFT + 0.42, k * _ROW + 0.05, label, size_pt=SMALL_PT)
    y = len(rows) * _ROW + 0.1
    page.text(_LIST_LEFT, y, f"Margin, {service} ({margins.unit})", size_pt=LABEL_PT, weight="bold")

"""Plot of waiting times: share of area and people served within a given wait, one panel per service."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from d2c.output.format.page import EDGE, LABEL_PT, WIDTH, Page, drawing_settings, wrapped
from d2c.output.format.percent import percent_text
from d2c.output.plots.axes import style_axes
from d2c.output.reports.caption import run_caption, run_subtitle
from d2c.output.reports.waiting import WEIGHT_LABELS, wait_text, waiting_panels

_PANEL, _HEAD, _FOOT, _KEY = 1.25, 0.3, 0.3, 0.3  # inches
_LINE = 0.18
_LEFT, _RIGHT = 0.7, WIDTH - EDGE - 0.1  # the last tick label extends beyond the axes
_LABELLED_WAITS_MIN = (5.0, 60.0)  # waits whose shares are printed beside the name
_LOOKS: dict[str, dict[str, Any]] = {
    "area": {"color": "#2166ac", "linewidth": 1.6},
    "population": {"color": "#b35806", "linewidth": 1.6, "linestyle": (0, (5, 2))},
}
Curves = Mapping[str, Sequence[float]]


def draw_waiting(summary: Mapping[str, Any]) -> bytes:
    """Return a PNG from the content of summary.json."""
    minutes, drawn = summary["waiting"]["minutes"], waiting_panels(summary["waiting"])
    title = f"{summary['title']}: waiting time for service"
    with drawing_settings():
        heads = [_head(name, _shares_text(minutes, curves)) for name, curves in drawn]
        heights = [_HEAD + (len(head) - 1) * _LINE + _PANEL + _FOOT for head in heads]
        page = Page(
            body=_KEY + sum(heights),
            title=title,
            subtitle=f"Share served within a given wait from a random instant. {run_subtitle(dict(summary))}",
            caption=run_caption(dict(summary)),
        )
        _draw_key(page, drawn[0][1], sum(heights) + _KEY - 0.12)
        for row, (head, (_, curves)) in enumerate(zip(heads, drawn, strict=True)):
            bottom = sum(heights[row + 1 :]) + _FOOT
            axes = page.axes(left=_LEFT, bottom=bottom, width=_RIGHT - _LEFT, height=_PANEL)
            _draw_curves(axes, minutes, curves)
            for line, (text, weight) in enumerate(reversed(head)):
                y = bottom + _PANEL + 0.08 + line * _LINE
                page.text(_LEFT, y, text, size_pt=LABEL_PT, weight=weight)
        return page.rendered()


def _head(name: str, shares: str) -> list[tuple[str, str]]:
    """Return the heading lines of a panel, top first, each with its font weight."""
    names = wrapped(name, size_pt=LABEL_PT, width=_RIGHT - _LEFT, weight="bold")
    return [*((line, "bold") for line in names), (shares, "normal")]


def _draw_key(page: Page, weights: Iterable[str], y: float) -> None:
    x = _LEFT
    for weight in weights:
        page.swatch(x, y, width=0.25, height=0.06, facecolor=_LOOKS[weight]["color"])
        page.text(x + 0.32, y, WEIGHT_LABELS[weight], size_pt=LABEL_PT)
        x += 1.4


def _draw_curves(axes: Axes, minutes: Sequence[float], curves: Curves) -> None:
    """Draw shares over waits at equal spacing, since each wait is a multiple of the previous one."""
    places = range(len(minutes))
    for weight, shares in curves.items():
        axes.plot(places, [100 * share for share in shares], zorder=3, **_LOOKS[weight])
    lowest = 100 * min(min(shares) for shares in curves.values())
    floor = next((f for f in (95, 90, 80, 50) if lowest >= f), 0)
    spare = 0.04 * (100 - floor)  # so that a line at the edge is not clipped
    axes.set_ylim(floor - spare, 100 + spare)
    axes.set_yticks([floor, (floor + 100) / 2, 100])
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.set_xlim(0, len(minutes) - 1)
    axes.set_xticks(places, [wait_text(wait) for wait in minutes])
    style_axes(axes)


def _shares_text(minutes: Sequence[float], curves: Curves) -> str:
    """Return the shares for the labelled waits as text."""
    parts = []
    for wait in _LABELLED_WAITS_MIN:
        at = minutes.index(wait)
        shares = (
            f"{percent_text(curve[at], decimals=1)} {WEIGHT_LABELS[weight]}"
            for weight, curve in curves.items()
        )
        parts.append(f"within {wait_text(wait)}: {', '.join(shares)}")
    return "; ".join(parts)

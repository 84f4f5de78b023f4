"""How long the region waits: the share served within so long of a random moment, a panel for each service."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from d2c.output.maps.sheet import wrapped
from d2c.output.plots.settings import EDGE, LABEL_PT, WIDTH, Page, plain_axes, plain_settings
from d2c.output.reports.summary import caption, subtitle
from d2c.output.reports.waiting import OF_WHAT, panels, wait_text

_PANEL, _HEAD, _FOOT, _KEY = 1.25, 0.3, 0.3, 0.3  # inches
_LINE = 0.18
_LEFT, _RIGHT = 0.7, WIDTH - EDGE - 0.1  # the label of the last wait reaches over the axes
_TOLD_MIN = (5.0, 60.0)  # waits whose shares are written beside the name
_LOOKS: dict[str, dict[str, Any]] = {
    "area": {"color": "#2166ac", "linewidth": 1.6},
    "population": {"color": "#b35806", "linewidth": 1.6, "linestyle": (0, (5, 2))},
}
Curves = Mapping[str, Sequence[float]]


def draw_waiting(found: Mapping[str, Any]) -> bytes:
    """Return a PNG from the content of summary.json."""
    minutes, drawn = found["waiting"]["minutes"], panels(found["waiting"])
    title = f"{found['title']}: how long is the wait?"
    with plain_settings():
        heads = [_head(name, _told(minutes, curves)) for name, curves in drawn]
        heights = [_HEAD + (len(head) - 1) * _LINE + _PANEL + _FOOT for head in heads]
        page = Page(
            body=_KEY + sum(heights),
            title=title,
            subtitle=f"Share served within so long of a random moment. {subtitle(dict(found))}",
            caption=caption(dict(found)),
        )
        _draw_key(page, drawn[0][1], sum(heights) + _KEY - 0.12)
        for row, (head, (_, curves)) in enumerate(zip(heads, drawn, strict=True)):
            bottom = sum(heights[row + 1 :]) + _FOOT
            axes = page.axes(left=_LEFT, bottom=bottom, width=_RIGHT - _LEFT, height=_PANEL)
            _draw_curves(axes, minutes, curves)
            for line, (text, weight) in enumerate(reversed(head)):
                y = bottom + _PANEL + 0.08 + line * _LINE
                page.text(_LEFT, y, text, size_pt=LABEL_PT, weight=weight)
        return page.png(title=title)


def _head(name: str, told: str) -> list[tuple[str, str]]:
    """Return the lines over a panel, from above, each with its weight."""
    names = wrapped(name, size_pt=LABEL_PT, width=_RIGHT - _LEFT, weight="bold")
    return [*((line, "bold") for line in names), (told, "normal")]


def _draw_key(page: Page, weights: Iterable[str], y: float) -> None:
    x = _LEFT
    for weight in weights:
        page.swatch(x, y, width=0.25, height=0.06, colour=_LOOKS[weight]["color"])
        page.text(x + 0.32, y, OF_WHAT[weight], size_pt=LABEL_PT)
        x += 1.4


def _draw_curves(axes: Axes, minutes: Sequence[float], curves: Curves) -> None:
    """Draw shares against waits, which stand at equal distances: each is some times the one before."""
    places = range(len(minutes))
    for weight, shares in curves.items():
        axes.plot(places, [100 * share for share in shares], zorder=3, **_LOOKS[weight])
    lowest = 100 * min(min(shares) for shares in curves.values())
    floor = next((f for f in (95, 90, 80, 50) if lowest >= f), 0)
    spare = 0.04 * (100 - floor)  # so that a line at the edge is whole
    axes.set_ylim(floor - spare, 100 + spare)
    axes.set_yticks([floor, (floor + 100) / 2, 100])
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.set_xlim(0, len(minutes) - 1)
    axes.set_xticks(places, [wait_text(wait) for wait in minutes])
    plain_axes(axes)


def _told(minutes: Sequence[float], curves: Curves) -> str:
    """Return the shares for some waits in words."""
    parts = []
    for wait in _TOLD_MIN:
        at = minutes.index(wait)
        shares = (f"{_percent(curve[at])} {OF_WHAT[weight]}" for weight, curve in curves.items())
        parts.append(f"within {wait_text(wait)}: {', '.join(shares)}")
    return "; ".join(parts)


def _percent(share: float) -> str:
    """Return a share in per cent that says 100 only of all, and 0 only of none."""
    text = f"{100 * share:.1f} %"
    if text == "100.0 %" and share < 1:
        return "> 99.9 %"
    return "< 0.1 %" if text == "0.0 %" and share > 0 else text

"""A tornado plot: a panel for each figure, a bar for each assumed parameter, the widest on top."""

import math
from typing import Any

from matplotlib.axes import Axes

from d2c.analysis.sensitivity import Sensitivity
from d2c.output.plots.settings import EDGE, LABEL_PT, SMALL_PT, TEXT, WIDTH, Page, plain_axes, plain_settings
from d2c.output.reports.sensitivity import figure_label, figure_text, possible, shown_value
from d2c.scenario.model import Scenario

_BAR, _HEAD, _FOOT, _KEY = 0.2, 0.3, 0.35, 0.28  # inches
_LEFT, _RIGHT = 2.15, WIDTH - EDGE
_ROOM = 0.22  # of the widest reach, on both sides of it, for the values at the ends of the bars
_LEAST = 0.02  # of the widest bar; what is shorter is not drawn
_LOWER, _HIGHER = "#b35806", "#2166ac"


def draw_tornado(
    scenario: Scenario, found: Sensitivity, *, span: str, reasons: str = "sensitivity.json"
) -> bytes:
    """Return a PNG; parameters that move nothing are named below. reasons: the file that says why each is assumed."""
    title = f"{scenario.title}: what the assumed values decide"
    panels = [(figure, _movers(found, figure)) for figure in found.as_is]
    heights = [_HEAD + max(len(movers), 1) * _BAR + _FOOT for _, movers in panels]
    with plain_settings():
        page = Page(
            body=_KEY + sum(heights),
            title=title,
            subtitle=f"One value at a time, over its plausible range; {span}",
            caption=_caption(found, panels, reasons),
        )
        _draw_key(page, sum(heights) + _KEY - 0.12)
        for row, (figure, movers) in enumerate(panels):
            bottom = sum(heights[row + 1 :]) + _FOOT
            height = heights[row] - _HEAD - _FOOT
            axes = page.axes(left=_LEFT, bottom=bottom, width=_RIGHT - _LEFT, height=height)
            _draw_bars(axes, found, figure, movers)
            told = f"{figure_label(figure)}, as it is: {figure_text(figure, found.as_is[figure])}"
            page.text(_LEFT, bottom + height + 0.07, told, size_pt=LABEL_PT, weight="bold")
        return page.png(title=title)


def _movers(found: Sensitivity, figure: str) -> list[str]:
    """Return the parameters that move a figure enough to be seen, the widest swing first."""
    swings = {name: found.swing(name, figure) for name in found.by_swing([figure])}
    widest = max(swings.values())
    return [name for name, swing in swings.items() if swing > _LEAST * widest]


def _caption(found: Sensitivity, panels: list[tuple[str, list[str]]], reasons: str) -> str:
    still = [name for name in found.names() if not any(name in movers for _, movers in panels)]
    nothing = f" Not drawn, as they move nothing by more than 2 % of the widest bar: {', '.join(still)}."
    return (
        "The line is the scenario as it is; at the ends of a bar stand the values that take the figure there. "
        "Shares are over the whole area or all its people. What two values do together is not seen. "
        f"Why each value is assumed: {reasons}.{nothing if still else ''}"
    )


def _draw_key(page: Page, y: float) -> None:
    for x, colour, label in ((_LEFT, _LOWER, "lower than as it is"), (_LEFT + 1.9, _HIGHER, "higher")):
        page.swatch(x, y, width=0.25, height=0.1, colour=colour)
        page.text(x + 0.32, y, label, size_pt=LABEL_PT)


def _draw_bars(axes: Axes, found: Sensitivity, figure: str, movers: list[str]) -> None:
    reaches = [tuple(shown_value(figure, value) for value in found.reach(name, figure)) for name in movers]
    middle = shown_value(figure, found.as_is[figure])
    if math.isnan(middle):  # the scenario as it is has no such figure; then every value takes it higher
        middle = min((low for low, _ in reaches), default=0.0)
    for row, (name, (low, high)) in enumerate(zip(movers, reaches, strict=True)):
        axes.barh(row, middle - low, left=low, height=0.62, color=_LOWER, zorder=3)
        axes.barh(row, high - middle, left=middle, height=0.62, color=_HIGHER, zorder=3)
        for end, beside, side, offset_pt in ((0, low, "right", -3), (1, high, "left", 3)):
            value = _value_at(found, name, figure, found.reach(name, figure)[end])
            look: dict[str, Any] = {"ha": side, "va": "center", "fontsize": SMALL_PT, "color": TEXT}
            place: dict[str, Any] = {"xytext": (offset_pt, 0), "textcoords": "offset points"}
            axes.annotate(value, (beside, row), parse_math=False, **place, **look)
    _dress(axes, middle, [end for reach in reaches for end in reach], movers)
    left, right = axes.get_xlim()
    lowest, highest = possible(figure)
    axes.set_xticks([tick for tick in axes.get_xticks() if max(left, lowest) <= tick <= min(right, highest)])


def _value_at(found: Sensitivity, name: str, figure: str, level: float) -> str:
    """Return the values that take a figure to an end of its bar; none where that is the scenario as it is."""
    if level == found.as_is[figure]:
        return ""
    return ", ".join(one.variation.value for one in found.of(name) if one.figures[figure] == level)


def _dress(axes: Axes, middle: float, ends: list[float], movers: list[str]) -> None:
    low, high = (min(ends), max(ends)) if ends else (middle - 1, middle + 1)
    room = _ROOM * (high - low)
    axes.set_xlim(low - room, high + room)
    axes.axvline(middle, color=TEXT, linewidth=0.8, zorder=4)
    axes.set_ylim(max(len(movers), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(movers)), movers, parse_math=False)
    if not movers:
        axes.set_yticks([0], ["no value moves it"])
    plain_axes(axes, grid="x")

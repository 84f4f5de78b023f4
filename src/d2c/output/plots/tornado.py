"""Tornado plot of a sensitivity study: one panel per figure, one bar per assumed parameter, widest on top."""

import math
from typing import Any

from matplotlib.axes import Axes

from d2c.analysis.sensitivity import Sensitivity
from d2c.output.format.page import EDGE, FAINT, LABEL_PT, SMALL_PT, TEXT, WIDTH, Page, drawing_settings
from d2c.output.plots.axes import style_axes
from d2c.output.reports.headline import scenario_text
from d2c.output.reports.sensitivity import display_value, figure_label, figure_text, value_range
from d2c.scenario.model import Scenario

_BAR, _HEAD, _FOOT, _KEY = 0.2, 0.3, 0.35, 0.28  # inches
_LEFT, _RIGHT = 2.15, WIDTH - EDGE
_ROOM = 0.22  # margin on both sides, as a fraction of the range, for the values at the bar ends
_LEAST = 0.02  # of the widest bar: shorter ones are not drawn
_LOWER, _HIGHER = "#b35806", "#2166ac"


def draw_tornado(
    scenario: Scenario, sensitivity: Sensitivity, *, span: str, reasons: str = "sensitivity.json"
) -> bytes:
    """Return a PNG; the caption names parameters without effect. reasons: the file that explains each assumption."""
    title = f"{scenario.title}: sensitivity to the assumed values"
    panels = [(figure, _influential_parameters(sensitivity, figure)) for figure in sensitivity.baseline]
    heights = [_HEAD + max(len(parameters), 1) * _BAR + _FOOT for _, parameters in panels]
    with drawing_settings():
        page = Page(
            body=_KEY + sum(heights),
            title=title,
            subtitle=f"One value at a time, over its plausible range; {span}; {scenario_text(scenario)}",
            caption=_caption(sensitivity, panels, reasons),
        )
        _draw_key(page, sum(heights) + _KEY - 0.12)
        for row, (figure, parameters) in enumerate(panels):
            bottom = sum(heights[row + 1 :]) + _FOOT
            height = heights[row] - _HEAD - _FOOT
            axes = page.axes(left=_LEFT, bottom=bottom, width=_RIGHT - _LEFT, height=height)
            _draw_bars(axes, sensitivity, figure, parameters)
            heading = f"{figure_label(figure)}, as it is: {figure_text(figure, sensitivity.baseline[figure])}"
            page.text(_LEFT, bottom + height + 0.07, heading, size_pt=LABEL_PT, weight="bold")
        return page.rendered()


def _influential_parameters(sensitivity: Sensitivity, figure: str) -> list[str]:
    """Return the parameters with a visible effect on a figure, largest swing first."""
    swings = {name: sensitivity.swing(name, figure) for name in sensitivity.by_swing([figure])}
    widest = max(swings.values())
    return [name for name, swing in swings.items() if swing > _LEAST * widest]


def _caption(sensitivity: Sensitivity, panels: list[tuple[str, list[str]]], reasons: str) -> str:
    omitted = [
        name for name in sensitivity.names() if not any(name in parameters for _, parameters in panels)
    ]
    omitted_text = f" Not drawn, since their effect is at most 2 % of the widest bar: {', '.join(omitted)}."
    return (
        "The vertical line is the unchanged scenario; bar ends are labelled with the parameter values. "
        "Shares are over the whole area or its population. Combined effects of several parameters are not shown. "
        f"Reason of each assumption: {reasons}.{omitted_text if omitted else ''}"
    )


def _draw_key(page: Page, y: float) -> None:
    for x, colour, label in ((_LEFT, _LOWER, "lower than as it is"), (_LEFT + 1.9, _HIGHER, "higher")):
        page.swatch(x, y, width=0.25, height=0.1, facecolor=colour)
        page.text(x + 0.32, y, label, size_pt=LABEL_PT)


def _draw_bars(axes: Axes, sensitivity: Sensitivity, figure: str, parameters: list[str]) -> None:
    reaches = [
        tuple(display_value(figure, value) for value in sensitivity.value_range(name, figure))
        for name in parameters
    ]
    middle = display_value(figure, sensitivity.baseline[figure])
    if math.isnan(middle):  # the unchanged scenario has no such figure: every value increases it
        middle = min((low for low, _ in reaches), default=0.0)
    for row, (name, (low, high)) in enumerate(zip(parameters, reaches, strict=True)):
        axes.barh(row, middle - low, left=low, height=0.62, color=_LOWER, zorder=3)
        axes.barh(row, high - middle, left=middle, height=0.62, color=_HIGHER, zorder=3)
        for end, beside, side, offset_pt in ((0, low, "right", -3), (1, high, "left", 3)):
            value = _value_at(sensitivity, name, figure, sensitivity.value_range(name, figure)[end])
            look: dict[str, Any] = {"ha": side, "va": "center", "fontsize": SMALL_PT, "color": TEXT}
            place: dict[str, Any] = {"xytext": (offset_pt, 0), "textcoords": "offset points"}
            axes.annotate(value, (beside, row), parse_math=False, **place, **look)
    _format_axes(axes, middle, [end for reach in reaches for end in reach], parameters)
    left, right = axes.get_xlim()
    lowest, highest = value_range(figure)
    first, last = max(left, lowest), min(right, highest)
    axes.set_xticks([tick for tick in axes.get_xticks() if first <= tick <= last])
    # beyond them there are the values at the bar ends, and no axis
    for side in ("bottom", "top"):
        axes.spines[side].set_bounds(first, last)
    axes.spines["left"].set_visible(first == left)
    axes.spines["right"].set_visible(last == right)
    axes.vlines([first, last], *axes.get_ylim(), color=FAINT, linewidth=0.6)


def _value_at(sensitivity: Sensitivity, name: str, figure: str, level: float) -> str:
    """Return the parameter values at an end of a bar; empty where the unchanged scenario is the end."""
    if level == sensitivity.baseline[figure]:
        return ""
    return ", ".join(
        outcome.variation.value for outcome in sensitivity.of(name) if outcome.figures[figure] == level
    )


def _format_axes(axes: Axes, middle: float, ends: list[float], parameters: list[str]) -> None:
    low, high = (min(ends), max(ends)) if ends else (middle - 1, middle + 1)
    room = _ROOM * (high - low)
    axes.set_xlim(low - room, high + room)
    axes.axvline(middle, color=TEXT, linewidth=0.8, zorder=4)
    axes.set_ylim(max(len(parameters), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(parameters)), parameters, parse_math=False)
    if not parameters:
        axes.set_yticks([0], ["no effect"])
    style_axes(axes, grid="x")

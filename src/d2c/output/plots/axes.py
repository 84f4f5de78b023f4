"""Common style of the axes of plots, and the colours of their series."""

from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from d2c.local_time import local_time
from d2c.output.format.page import FAINT, SMALL_PT, TEXT

GRID = "#d9d9d9"
SERIES_COLOURS = ("#2166ac", "#b35806", "#1b7837", "#762a83", "#8c510a", "#35788a")
ROW_H, MOST_ROWS = (6, 12, 24, 48), 8  # of plots over time; the longest span, two weeks, gives seven rows


def style_axes(axes: Axes, *, grid: Literal["both", "x"] = "both") -> None:
    """Apply the common axes style: faint grid below the data, small ticks, thin frame."""
    axes.grid(axis=grid, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL_PT, length=3, color=FAINT, labelcolor=TEXT)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)


def draw_time_axis(
    axes: Axes, start: np.datetime64, low_s: float, high_s: float, *, labels: bool = True
) -> None:
    """Label the time axis by clock, with the date at the first tick and at midnight; without labels, ticks alone."""
    step_s = _tick_step_s(high_s - low_s)
    begin = local_time(start)
    since_midnight_s = float((begin - begin.astype("datetime64[D]")) / np.timedelta64(1, "s"))
    first_s = np.ceil((since_midnight_s + low_s) / step_s) * step_s - since_midnight_s
    ticks = np.arange(first_s, high_s + 1e-6, step_s)
    texts = []
    for tick in ticks:
        at = local_time(start + np.timedelta64(round(tick * 1e6), "us"))
        clock, day = str(at)[11:16] if step_s >= 60 else str(at)[11:19], str(at)[:10]
        # no date at the last tick, which is at the edge
        new_day = clock.rstrip("0:") == "" and tick < ticks[-1]
        texts.append(f"{clock}\n{day}" if new_day or tick == ticks[0] else clock)
    axes.set_xlim(low_s, high_s)
    axes.set_xticks(ticks, texts if labels else [])


def _tick_step_s(span_s: float) -> float:
    """Return a round step that gives at most nine ticks."""
    steps = (10, 30, 60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
    return float(next((step for step in steps if span_s / step <= 8), 24 * 3600))

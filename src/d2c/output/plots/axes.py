"""Common style of the axes of plots, and the colours of their series."""

from typing import Literal

from matplotlib.axes import Axes

from d2c.output.format.page import FAINT, SMALL_PT, TEXT

GRID = "#d9d9d9"
SERIES_COLOURS = ("#2166ac", "#b35806", "#1b7837", "#762a83", "#8c510a", "#35788a")


def style_axes(axes: Axes, *, grid: Literal["both", "x"] = "both") -> None:
    """Apply the common axes style: faint grid below the data, small ticks, thin frame."""
    axes.grid(axis=grid, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL_PT, length=3, color=FAINT, labelcolor=TEXT)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)

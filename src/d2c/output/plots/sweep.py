"""Plot of a sweep: availability over the first key, a line for each service and each value of the other keys."""

from typing import Any

from matplotlib.axes import Axes

from d2c.analysis.sweep import Sweep
from d2c.output.format.page import EDGE, LABEL_PT, WIDTH, Page, drawing_settings
from d2c.output.plots.axes import SERIES_COLOURS, style_axes
from d2c.output.reports.sweep import sweep_title

_LEFT, _FOOT, _HEIGHT, _KEY_ROW = 0.75, 0.55, 4.2, 0.22


def draw_sweep(sweep: Sweep, report: dict[str, Any]) -> bytes:
    """Return a PNG of the availability of each run."""
    lines = _lines(sweep, report)
    link, time = sweep.scenario.link, sweep.scenario.time
    with drawing_settings():
        page = Page(
            body=_FOOT + _HEIGHT + _KEY_ROW * len(lines) + 0.15,
            title=sweep_title(sweep),
            subtitle=f"Availability over phones, area and time; {time.duration_h:g} h, every {time.step_s:g} s",
            caption=f"Unless swept: payload {link.payload}, handset {link.handset}, losses {link.losses}.",
        )
        axes = page.axes(left=_LEFT, bottom=_FOOT, width=WIDTH - EDGE - 0.1 - _LEFT, height=_HEIGHT)
        for k, (label, points) in enumerate(lines.items()):
            colour = SERIES_COLOURS[k % len(SERIES_COLOURS)]
            style = ("-", "--", ":")[k // len(SERIES_COLOURS) % 3]
            axes.plot(
                [x for x, _ in points], [y for _, y in points], style, color=colour, marker="o", markersize=3
            )
            y = _FOOT + _HEIGHT + 0.1 + _KEY_ROW * (len(lines) - 1 - k)
            page.swatch(_LEFT, y + 0.03, width=0.22, height=0.06, facecolor=colour)
            page.text(_LEFT + 0.3, y, label, size_pt=LABEL_PT)
        _format_axes(axes, sweep, report)
        return page.rendered()


def _lines(sweep: Sweep, report: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Return the points of each line by its label."""
    first, *others = sweep.keys
    ticks = _ticks(sweep, report)
    lines: dict[str, list[tuple[float, float]]] = {}
    for run in report["runs"]:
        rest = [f"{key} {run['values'][key]}" for key in others]
        for name, service in run["services"].items():
            label = ", ".join([name.replace("_", " "), *rest])
            x = ticks[str(run["values"][first])]
            lines.setdefault(label, []).append((x, 100 * service["availability"]))
    return lines


def _ticks(sweep: Sweep, report: dict[str, Any]) -> dict[str, float]:
    """Return the place of each value of the first key on the axis: the number itself, or its position."""
    values = list(dict.fromkeys(run["values"][sweep.keys[0]] for run in report["runs"]))
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return {str(value): float(value) if numbers else float(k) for k, value in enumerate(values)}


def _format_axes(axes: Axes, sweep: Sweep, report: dict[str, Any]) -> None:
    ticks = _ticks(sweep, report)
    axes.set_xticks(list(ticks.values()), list(ticks))
    axes.set_ylim(0, 102)
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.set_xlabel(sweep.keys[0], fontsize=LABEL_PT)
    style_axes(axes)

"""Satellites against what they achieve of a target, a curve for each altitude."""

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from d2c.analysis.sizing.search import SizeResult
from d2c.analysis.sizing.trial import Trial
from d2c.output.plots.settings import (
    EDGE,
    FAINT,
    LABEL_PT,
    SERIES_COLOURS,
    WIDTH,
    Page,
    plain_axes,
    plain_settings,
)
from d2c.output.reports.size import NO_PROOF, achieved_text, title
from d2c.scenario.target import Target

_HEIGHT, _FOOT, _KEY = 3.6, 0.55, 0.35  # inches
_LEFT = 0.85
_NAMES = {
    "availability": "availability",
    "within_15min": "served within 15 minutes",
    "longest_gap_s": "longest gap",
    "mean_wait_s": "mean wait",
}


def draw_size(found: SizeResult) -> bytes:
    """Return a PNG; a ring is the smallest shell found at an altitude, the dashed line the target."""
    target, link = found.target, found.scenario.link
    reached = "had by" if target.at_least else "not exceeded for"
    what = f"{reached} {target.share_percent:g} % of the {target.of}"
    searched = f"inclinations {', '.join(f'{i:g}' for i in found.inclination_deg)} deg, and half a step around the best"
    with plain_settings():
        page = Page(
            body=_HEIGHT + _FOOT + _KEY,
            title=title(found),
            subtitle=f"{_NAMES[target.column].capitalize()} {what}, over {found.scenario.time.duration_h:g} h",
            caption=(
                f"Walker delta shells, the most even ones of each size; a ring marks {NO_PROOF} ({searched}). Payload "
                f"{link.payload}, handset {link.handset}, losses {link.losses}, satellites above "
                f"{link.min_elevation_deg:g} deg. Noise only: no interference, beams or capacity."
            ),
        )
        axes = page.axes(left=_LEFT, bottom=_FOOT, width=WIDTH - EDGE - 0.1 - _LEFT, height=_HEIGHT)
        _draw_curves(page, axes, found)
        _dress(axes, found.target)
        return page.png(title=title(found))


def _draw_curves(page: Page, axes: Axes, found: SizeResult) -> None:
    scale = 100 if found.target.at_least else 1
    x, y = _LEFT, _FOOT + _HEIGHT + 0.14
    for k, answer in enumerate(found.answers):
        colour = SERIES_COLOURS[k % len(SERIES_COLOURS)]
        told = _told(found.target, answer.trial) if answer.trial else "none"
        page.swatch(x, y, width=0.22, height=0.06, colour=colour)
        page.text(x + 0.28, y, f"{answer.altitude_km:g} km: {told}", size_pt=LABEL_PT)
        x += 2.85
        if answer.trial is None:
            continue
        curve = [trial for trial in found.curve if trial.altitude_km == answer.altitude_km]
        sizes = [trial.shape.satellites for trial in curve]
        axes.plot(sizes, [scale * t.achieved for t in curve], color=colour, marker="o", markersize=3, lw=1.3)
        place = ([answer.trial.shape.satellites], [scale * answer.trial.achieved])
        axes.plot(*place, "o", markersize=9, markerfacecolor="none", markeredgecolor=colour, zorder=4)
    axes.axhline(scale * found.target.bound, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)


def _told(target: Target, trial: Trial) -> str:
    return f"{trial.shape.satellites:,} satellites, {achieved_text(target, trial.achieved)}"


def _dress(axes: Axes, target: Target) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    if target.at_least:
        axes.set_ylim(0, 102)
        axes.yaxis.set_major_formatter("{x:g} %")
    else:
        # hours with few satellites, none at all with many
        axes.set_yscale("symlog", linthresh=target.bound or 1.0)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylabel("minutes" if target.quantity.endswith("_min") else "seconds", fontsize=LABEL_PT)
    axes.set_xlabel("satellites", fontsize=LABEL_PT)
    plain_axes(axes)

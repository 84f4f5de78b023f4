"""Plot of constellation sizing: target quantity over number of satellites, one curve per altitude."""

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from d2c.analysis.sizing.search import SizeResult
from d2c.analysis.sizing.trial import Trial
from d2c.output.format.page import EDGE, FAINT, LABEL_PT, WIDTH, Page, drawing_settings
from d2c.output.plots.axes import SERIES_COLOURS, style_axes
from d2c.output.reports.headline import BEST_CASE
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


def draw_size(result: SizeResult) -> bytes:
    """Return a PNG; rings mark the smallest shell found at each altitude, the dashed line is the target."""
    target, link = result.target, result.scenario.link
    reached = "had by" if target.at_least else "not exceeded for"
    target_text = f"{reached} {target.share_percent:g} % of the {target.of}"
    inclinations = ", ".join(f"{i:g}" for i in result.inclination_deg)
    searched = f"inclinations {inclinations} deg, and half a step around the best"
    with drawing_settings():
        page = Page(
            body=_HEIGHT + _FOOT + _KEY,
            title=title(result),
            subtitle=(
                f"{_NAMES[target.column].capitalize()} {target_text}, over {result.scenario.time.duration_h:g} h; "
                f"{BEST_CASE}"
            ),
            caption=(
                f"Walker delta shells, the most uniform ones of each size; a ring marks {NO_PROOF} ({searched}). "
                f"Payload {link.payload}, handset {link.handset}, losses {link.losses}, satellites above "
                f"{link.min_elevation_deg:g} deg. Noise only: no interference, beams or capacity."
            ),
        )
        axes = page.axes(left=_LEFT, bottom=_FOOT, width=WIDTH - EDGE - 0.1 - _LEFT, height=_HEIGHT)
        _draw_curves(page, axes, result)
        _format_axes(axes, result.target)
        return page.rendered()


def _draw_curves(page: Page, axes: Axes, result: SizeResult) -> None:
    scale = 100 if result.target.at_least else 1
    x, y = _LEFT, _FOOT + _HEIGHT + 0.14
    for k, answer in enumerate(result.shells):
        colour = SERIES_COLOURS[k % len(SERIES_COLOURS)]
        label = _answer_text(result.target, answer.trial) if answer.trial else "none"
        page.swatch(x, y, width=0.22, height=0.06, facecolor=colour)
        page.text(x + 0.28, y, f"{answer.altitude_km:g} km: {label}", size_pt=LABEL_PT)
        x += 2.85
        if answer.trial is None:
            continue
        curve = [trial for trial in result.curve if trial.altitude_km == answer.altitude_km]
        sizes = [trial.shape.satellites for trial in curve]
        axes.plot(sizes, [scale * t.achieved for t in curve], color=colour, marker="o", markersize=3, lw=1.3)
        place = ([answer.trial.shape.satellites], [scale * answer.trial.achieved])
        axes.plot(*place, "o", markersize=9, markerfacecolor="none", markeredgecolor=colour, zorder=4)
    axes.axhline(scale * result.target.bound, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)


def _answer_text(target: Target, trial: Trial) -> str:
    return f"{trial.shape.satellites:,} satellites, {achieved_text(target, trial.achieved)}"


def _format_axes(axes: Axes, target: Target) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    if target.at_least:
        axes.set_ylim(0, 102)
        axes.yaxis.set_major_formatter("{x:g} %")
    else:
        # from hours with few satellites to zero with many
        axes.set_yscale("symlog", linthresh=target.bound or 1.0)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylabel("minutes" if target.quantity.endswith("_min") else "seconds", fontsize=LABEL_PT)
    axes.set_xlabel("satellites", fontsize=LABEL_PT)
    style_axes(axes)

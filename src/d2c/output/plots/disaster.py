"""Plot of the share of people who have sent their messages, over time since the event."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from d2c.analysis.disaster.study import DisasterResult
from d2c.local_time import shown_minute
from d2c.output.format.page import EDGE, FAINT, LABEL_PT, SMALL_PT, TEXT, WIDTH, Page, drawing_settings
from d2c.output.plots.axes import style_axes
from d2c.output.reports.disaster import SHARES, about_text, limits_text, messages_text

_BODY, _FOOT, _HEAD = 3.6, 0.55, 0.1  # inches
_LEFT, _RIGHT = 0.75, WIDTH - EDGE - 0.1
_LINE, _REPEATED = "#2166ac", "#f1efe9"
_HOURS_FROM_MIN = 180.0
_NEARLY_ALL = 0.99
_ROOM = 1.03  # of the time axis, so that the last marker is not clipped


def draw_messages_sent(outcome: DisasterResult, report: dict[str, Any]) -> bytes:
    """Return a PNG; report: the content of disaster.json."""
    sending = outcome.sending
    minutes = np.arange(len(sending.queued)) * sending.step_s / 60
    span_min = outcome.contacts.span_s / 60
    unit, factor = ("hours", 60.0) if minutes[-1] > _HOURS_FROM_MIN else ("minutes", 1.0)
    title = f"{report['title']}: who has sent a message?"
    with drawing_settings():
        page = Page(body=_BODY, title=title, subtitle=_subtitle(report), caption=_caption(report))
        axes = page.axes(left=_LEFT, bottom=_FOOT, width=_RIGHT - _LEFT, height=_BODY - _FOOT - _HEAD)
        end = max(minutes[-1], span_min) / factor
        axes.set_xlim(0, end * _ROOM)
        if minutes[-1] > span_min:
            _shade_repeats(axes, span_min / factor, end)
        axes.plot(minutes / factor, 100 * sending.share_sent(), color=_LINE, linewidth=1.6, zorder=3)
        _mark_reached(axes, 1.0 - report["contact"]["people_never_served_fraction"])
        for share in SHARES:
            _mark(axes, share, sending.time_until_s(share) / 60 / factor, unit)
        _format_axes(axes, f"{unit} since the instant")
        return page.rendered()


def _shade_repeats(axes: Axes, begin: float, end: float) -> None:
    axes.axvspan(begin, end, color=_REPEATED, zorder=0)
    look: dict[str, Any] = {"fontsize": SMALL_PT, "color": FAINT, "va": "bottom"}
    axes.text(begin, 1.5, "  the span's contacts, repeated", **look)


def _mark_reached(axes: Axes, share: float) -> None:
    """Draw the share of the people with a contact, where it is visibly less than all."""
    if share > _NEARLY_ALL:
        return
    axes.axhline(100 * share, color=FAINT, linewidth=0.8, linestyle="--", zorder=2)
    label = f"{100 * share:.1f} % of the people have a contact"
    axes.annotate(
        label, (0, 100 * share), xytext=(6, 4), textcoords="offset points", fontsize=SMALL_PT, color=FAINT
    )


def _mark(axes: Axes, share: float, at: float, unit: str) -> None:
    """Mark the time at which a share has sent; no mark if it is unknown."""
    if np.isnan(at):
        return
    axes.plot(at, 100 * share, "o", color=_LINE, markersize=4, zorder=4)
    near_end = at > 0.8 * axes.get_xlim()[1]
    label = f"{100 * share:g} %: {at:.1f} h" if unit == "hours" else f"{100 * share:g} %: {at:.0f} min"
    look: dict[str, Any] = {"fontsize": SMALL_PT, "color": TEXT, "ha": "right" if near_end else "left"}
    offset = (0, -13) if near_end else (6, -11)
    axes.annotate(label, (at, 100 * share), xytext=offset, textcoords="offset points", **look)


def _format_axes(axes: Axes, x_label: str) -> None:
    axes.set_ylim(0, 104)
    axes.set_xlabel(x_label, fontsize=LABEL_PT, color=TEXT)
    axes.yaxis.set_major_formatter("{x:g} %")
    style_axes(axes)


def _subtitle(report: dict[str, Any]) -> str:
    text, people = messages_text(report["messages"]["per_person"]), report["area"]["people"]
    since = shown_minute(report["start_utc"])
    return f"{text[:1].upper()}{text[1:]} by {report['service']} from each of {people:,} people, all since {since}"


def _caption(report: dict[str, Any]) -> str:
    carried = f"{report['capacity']['messages_per_hour']:,.0f} messages an hour"
    return f"{about_text(report)} All beams carry up to {carried} while people wait. {limits_text(report)}"

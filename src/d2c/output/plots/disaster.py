"""How many have sent a message, against the time since the instant."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from d2c.analysis.disaster.study import DisasterOutcome
from d2c.output.plots.settings import (
    EDGE,
    FAINT,
    LABEL_PT,
    SMALL_PT,
    TEXT,
    WIDTH,
    Page,
    plain_axes,
    plain_settings,
)
from d2c.output.reports.disaster import SHARES, how_many
from d2c.results.format.utc import minute_text

_BODY, _FOOT, _HEAD = 3.6, 0.55, 0.1  # inches
_LEFT, _RIGHT = 0.75, WIDTH - EDGE - 0.1
_LINE, _REPEATED = "#2166ac", "#f1efe9"
_HOURS_FROM_MIN = 180.0
_ROOM = 1.03  # of the time, so that the last mark is whole


def draw_people(asked: DisasterOutcome, report: dict[str, Any]) -> bytes:
    """Return a PNG; report: the content of disaster.json."""
    sending = asked.sending
    minutes = np.arange(len(sending.left)) * sending.step_s / 60
    span_min = asked.contacts.span_s / 60
    unit, factor = ("hours", 60.0) if minutes[-1] > _HOURS_FROM_MIN else ("minutes", 1.0)
    title = f"{report['title']}: who has sent a message?"
    with plain_settings():
        page = Page(body=_BODY, title=title, subtitle=_subtitle(report), caption=_caption(report))
        axes = page.axes(left=_LEFT, bottom=_FOOT, width=_RIGHT - _LEFT, height=_BODY - _FOOT - _HEAD)
        end = max(minutes[-1], span_min) / factor
        axes.set_xlim(0, end * _ROOM)
        if minutes[-1] > span_min:
            _shade_repeats(axes, span_min / factor, end)
        axes.plot(minutes / factor, 100 * sending.share_sent(), color=_LINE, linewidth=1.6, zorder=3)
        for share in SHARES:
            _mark(axes, share, sending.time_until_s(share) / 60 / factor, unit)
        _dress(axes, f"{unit} since the instant")
        return page.png(title=title)


def _shade_repeats(axes: Axes, begin: float, end: float) -> None:
    axes.axvspan(begin, end, color=_REPEATED, zorder=0)
    look: dict[str, Any] = {"fontsize": SMALL_PT, "color": FAINT, "va": "bottom"}
    axes.text(begin, 1.5, "  the span's contacts, repeated", **look)


def _mark(axes: Axes, share: float, at: float, unit: str) -> None:
    """Mark when a share has sent; nothing where that is not known."""
    if np.isnan(at):
        return
    axes.plot(at, 100 * share, "o", color=_LINE, markersize=4, zorder=4)
    late = at > 0.8 * axes.get_xlim()[1]
    told = f"{100 * share:g} %: {at:.1f} h" if unit == "hours" else f"{100 * share:g} %: {at:.0f} min"
    look: dict[str, Any] = {"fontsize": SMALL_PT, "color": TEXT, "ha": "right" if late else "left"}
    place = (0, -13) if late else (6, -11)
    axes.annotate(told, (at, 100 * share), xytext=place, textcoords="offset points", **look)


def _dress(axes: Axes, label: str) -> None:
    axes.set_ylim(0, 104)
    axes.set_xlabel(label, fontsize=LABEL_PT, color=TEXT)
    axes.yaxis.set_major_formatter("{x:g} %")
    plain_axes(axes)


def _subtitle(report: dict[str, Any]) -> str:
    many, people = how_many(report["messages"]["per_person"]), report["area"]["people"]
    since = minute_text(report["start_utc"])
    return f"{many[:1].upper()}{many[1:]} by {report['service']} from each of {people:,} people, all since {since} UTC"


def _caption(report: dict[str, Any]) -> str:
    capacity, never = report["capacity"], report["contact"]["people_never_served"]
    unserved = f"{never:,} people are not served within the span. " if never else ""
    return (
        f"All beams carry up to {capacity['messages_per_hour']:,.0f} messages an hour while people wait. {unserved}"
        f"Decided by {report['decided_by'][0]}. Not modelled: {'; '.join(report['not_modelled'])}."
    )

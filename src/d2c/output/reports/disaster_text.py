"""A disaster's answer as a person reads it in a terminal."""

from typing import Any

import numpy as np

from d2c.analysis.disaster.messages import PATIENCE_S
from d2c.analysis.disaster.study import SENT, TIME, DisasterOutcome, Study
from d2c.analysis.sensitivity import Sensitivity
from d2c.output.reports.disaster import disaster_report, how_many, own_value
from d2c.output.reports.sensitivity import figure_label, figure_text

_PATIENCE_H = PATIENCE_S / 3600


def study_rows(decided: Study) -> list[list[str]]:
    """Return a heading, the scenario as it is, then a row a parameter, the deciding ones first."""
    found = decided.found
    head = ["parameter", "as it is", *(figure_label(name) for name in found.as_is)]
    own = ["as it is", "", *(_time_text(name, value) for name, value in found.as_is.items())]
    rows = [
        [name, own_value(decided, name), *(_reach(found, name, figure) for figure in found.as_is)]
        for name in found.by_swing([SENT])
    ]
    return [head, own, *rows]


def _time_text(figure: str, value: float) -> str:
    return f"> {_PATIENCE_H:g}" if figure == TIME and np.isnan(value) else figure_text(figure, value)


def _reach(found: Sensitivity, name: str, figure: str) -> str:
    """Return the reach of a figure; a time that is not known is longer than any other."""
    low, high = found.reach(name, figure)
    lost = any(np.isnan(one.figures[figure]) for one in found.of(name))
    first = _time_text(figure, low)
    last = _time_text(figure, float("nan") if lost and figure == TIME else high)
    return "same" if first == last else f"{first} to {last}"


def disaster_text(asked: DisasterOutcome, decided: Study) -> str:
    """Return the answer as a person reads it in a terminal."""
    found = disaster_report(asked, decided)
    lines = [
        *_head_lines(asked, found),
        "",
        *_contact_lines(found["contact"], span=_span(asked)),
        *_message_lines(found, span=_span(asked)),
        "",
        *(_line("decided by", text) for text in found["decided_by"]),
    ]
    return "\n".join(lines)


def _head_lines(asked: DisasterOutcome, found: dict[str, Any]) -> list[str]:
    area, link, time = found["area"], asked.scenario.link, asked.scenario.time
    least = "at least " if area["people_is_lower_bound"] else ""
    people = f"{least}{area['people']:,} people, {area['area_km2']:,.0f} km2"
    cells = f"{area['cells']:,} cells in {area['beam_cells']} beam cells"
    ends = f"{link.payload} to {link.handset}, losses {link.losses}"
    return [
        f"{found['title']}: how long until everybody has sent {how_many(asked.per_person)} by {found['service']}?",
        f"  from {found['start_utc']}, {_span(asked)} in steps of {time.step_s:g} s; {ends}",
        f"  {area['name']}: {people}, {cells}",
    ]


def _contact_lines(contact: dict[str, Any], *, span: str) -> list[str]:
    never = contact["people_never_served"]
    lost = f"; {never:,} people have none in {span}" if never else ""
    first, latest = (_minutes(contact[f"first_{which}_min"]) for which in ("p50", "latest"))
    median, least = contact["minutes_per_hour_p50"], contact["minutes_per_hour_least"]
    return [
        _line("first contact", f"{first} (median cell), {latest} (latest one){lost}"),
        _line("contact", f"{median:.1f} min of an hour (median cell), {least:.1f} (worst one)"),
    ]


def _message_lines(found: dict[str, Any], *, span: str) -> list[str]:
    capacity, messages = found["capacity"], found["messages"]
    up, down = capacity["uplink_messages_per_s"], capacity["downlink_messages_per_s"]
    limit = "uplink" if up <= down else "downlink"
    handsets = f"{capacity['resource_blocks']} handsets at once, {capacity['message_s']:g} s each"
    beams = f"{capacity['beams_in_use_mean']:.2f} beams serve somebody on average"
    sent, total = messages["sent_within_span_share"], messages["total"]
    if not total:
        return [_line("messages", "none: nobody is known to live there")]
    lost = found["contact"]["people_never_served"] / max(found["area"]["people"], 1)
    until = [
        f"{100 * float(share):g} %: {_length(minutes, lost=float(share) > 1 - lost)}"
        for share, minutes in messages["minutes_until_share"].items()
    ]
    return [
        _line("a lit beam", f"{min(up, down):,.1f} messages/s, limited by the {limit} ({handsets})"),
        _line("all beams", f"up to {capacity['messages_per_hour']:,.0f} messages an hour; {beams}"),
        _line(f"within {span}", f"{100 * sent:.1f} % of {total:,.0f} messages"),
        _line("until", ", ".join(until)),
    ]


def _line(label: str, text: str) -> str:
    return f"  {label:16} {text}"


def _span(asked: DisasterOutcome) -> str:
    return f"{asked.scenario.time.duration_h:g} h"


def _minutes(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} min"


def _length(minutes: float | None, *, lost: bool) -> str:
    """Return a time in minutes or hours; lost: so many are never served in the span that it cannot be told."""
    if minutes is None:
        return "not known" if lost else f"> {_PATIENCE_H:g} h"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"

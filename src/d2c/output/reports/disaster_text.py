"""Terminal text of a disaster study."""

from typing import Any

import numpy as np

from d2c.analysis.disaster.messages import MAX_DELIVERY_S
from d2c.analysis.disaster.study import SENT, TIME, DisasterResult, DisasterSensitivity
from d2c.analysis.sensitivity import Sensitivity
from d2c.link.satellite_links import payloads_text
from d2c.output.reports.disaster import disaster_report, messages_text, scenario_value_text
from d2c.output.reports.headline import scenario_text
from d2c.output.reports.sensitivity import figure_label, figure_text

_PATIENCE_H = MAX_DELIVERY_S / 3600


def study_rows(study: DisasterSensitivity) -> list[list[str]]:
    """Return table rows: header, unchanged scenario, then a row per parameter, most influential first."""
    sensitivity = study.sensitivity
    head = ["parameter", "as it is", *(figure_label(name) for name in sensitivity.baseline)]
    own = ["as it is", "", *(_time_text(name, value) for name, value in sensitivity.baseline.items())]
    rows = [
        [
            name,
            scenario_value_text(study, name),
            *(_range_text(sensitivity, name, figure) for figure in sensitivity.baseline),
        ]
        for name in sensitivity.by_swing([SENT])
    ]
    return [head, own, *rows]


def _time_text(figure: str, value: float) -> str:
    return f"> {_PATIENCE_H:g}" if figure == TIME and np.isnan(value) else figure_text(figure, value)


def _range_text(sensitivity: Sensitivity, name: str, figure: str) -> str:
    """Return the range of a figure as text; an unknown time counts as longer than any other."""
    low, high = sensitivity.value_range(name, figure)
    unknown = any(np.isnan(tried.figures[figure]) for tried in sensitivity.of(name))
    first = _time_text(figure, low)
    last = _time_text(figure, float("nan") if unknown and figure == TIME else high)
    return "same" if first == last else f"{first} to {last}"


def disaster_text(outcome: DisasterResult, study: DisasterSensitivity) -> str:
    """Return the report of a disaster study as terminal text."""
    report = disaster_report(outcome, study)
    lines = [
        *_header_lines(outcome, report),
        "",
        *_contact_lines(report["contact"], span=_span(outcome)),
        *_message_lines(report, span=_span(outcome)),
        "",
        *(_line("decided by", text) for text in report["decided_by"]),
    ]
    return "\n".join(lines)


def _header_lines(outcome: DisasterResult, report: dict[str, Any]) -> list[str]:
    area, time = report["area"], outcome.scenario.time
    least = "at least " if area["people_is_lower_bound"] else ""
    people = f"{least}{area['people']:,} people, {area['area_km2']:,.0f} km2"
    cells = f"{area['cells']:,} cells in {area['beam_cells']} beam cells"
    payloads = payloads_text(outcome.inputs.links.payloads.counts)
    ends = f"{payloads}, {scenario_text(outcome.scenario)}"
    return [
        f"{report['title']}: time until everybody has sent {messages_text(outcome.per_person)} by {report['service']}",
        f"  from {report['start_utc']}, {_span(outcome)} in steps of {time.step_s:g} s; {ends}",
        f"  {area['name']}: {people}, {cells}",
    ]


def _contact_lines(contact: dict[str, Any], *, span: str) -> list[str]:
    never = contact["people_never_served"]
    unserved = f"; {never:,} people have none in {span}" if never else ""
    first, latest = (_minutes(contact[f"first_{which}_min"]) for which in ("p50", "latest"))
    median, least = contact["minutes_per_hour_p50"], contact["minutes_per_hour_least"]
    return [
        _line("first contact", f"{first} (median cell), {latest} (latest one){unserved}"),
        _line("contact", f"{median:.1f} min of an hour (median cell), {least:.1f} (worst one)"),
    ]


def _message_lines(report: dict[str, Any], *, span: str) -> list[str]:
    capacity, messages = report["capacity"], report["messages"]
    up, down = capacity["uplink_messages_per_s"], capacity["downlink_messages_per_s"]
    limit = "uplink" if up <= down else "downlink"
    handsets = f"{capacity['resource_blocks']} handsets at once, {capacity['message_s']:g} s each"
    beams = f"{capacity['beams_in_use_mean']:.2f} beams serve somebody on average"
    sent, total = messages["sent_within_span_share"], messages["total"]
    if not total:
        return [_line("messages", "none: no known residents in the area")]
    unserved_share = report["contact"]["people_never_served"] / max(report["area"]["people"], 1)
    until = [
        f"{100 * float(share):g} %: {_duration_text(minutes, unserved=float(share) > 1 - unserved_share)}"
        for share, minutes in messages["minutes_until_share"].items()
    ]
    return [
        _line("active beam", f"{min(up, down):,.1f} messages/s, limited by the {limit} ({handsets})"),
        _line("all beams", f"up to {capacity['messages_per_hour']:,.0f} messages an hour; {beams}"),
        _line(f"within {span}", f"{100 * sent:.1f} % of {total:,.0f} messages"),
        _line("until", ", ".join(until)),
    ]


def _line(label: str, text: str) -> str:
    return f"  {label:16} {text}"


def _span(outcome: DisasterResult) -> str:
    return f"{outcome.scenario.time.duration_h:g} h"


def _minutes(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} min"


def _duration_text(minutes: float | None, *, unserved: bool) -> str:
    """Format a time in minutes or hours; unserved: too many people are never served for the time to be known."""
    if minutes is None:
        return "not known" if unserved else f"> {_PATIENCE_H:g} h"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"

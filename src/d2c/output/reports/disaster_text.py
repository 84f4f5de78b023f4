"""Terminal text of a disaster study."""

from typing import Any

import numpy as np

from d2c.analysis.disaster.messages import MAX_DELIVERY_S
from d2c.analysis.disaster.study import SENT, TIME, DisasterResult, DisasterSensitivity
from d2c.analysis.sensitivity import Sensitivity
from d2c.local_time import shown_instant
from d2c.output.format.percent import percent_text
from d2c.output.reports.disaster import disaster_report, messages_text, scenario_value_text
from d2c.output.reports.sensitivity import figure_label, figure_text
from d2c.results.format.durations import minutes_text

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
    return [
        f"{report['title']}: time until everybody has sent {messages_text(outcome.per_person)} by {report['service']}",
        f"  {report['headline']}",
        f"  {report['asked']}; the area's own cells always ask",
        f"  {area['name']}: {people}, {cells}",
        f"  from {shown_instant(report['start_utc'])}, {_span(outcome)} in steps of {time.step_s:g} s",
    ]


def _contact_lines(contact: dict[str, Any], *, span: str) -> list[str]:
    first, latest = (_minutes(contact[f"first_{which}_min"]) for which in ("p50", "latest"))
    median, mean = contact["minutes_per_hour_p50"], contact["minutes_per_hour_mean"]
    lines = [
        _line("first contact", f"{first} (median person), {latest} (latest one)"),
        _line("contact", f"{median:.1f} min of an hour (median person), {mean:.1f} (mean)"),
    ]
    if never := contact["people_never_served"]:
        by_posture = ", ".join(
            f"{name} {percent_text(share, decimals=1)}"
            for name, share in contact["never_served_fraction_by_posture"].items()
            if share is not None
        )
        lines.append(
            _line("no contact", f"{never:,} people in {span}" + (f": {by_posture}" if by_posture else ""))
        )
    return lines


def _message_lines(report: dict[str, Any], *, span: str) -> list[str]:
    capacity, messages = report["capacity"], report["messages"]
    up, down = capacity["uplink_messages_per_s"], capacity["downlink_messages_per_s"]
    limit = "uplink" if up <= down else "downlink"
    handsets = f"{capacity['resource_blocks']} handsets at once, {capacity['message_s']:g} s each"
    beams = f"{capacity['beams_in_use_mean']:.2f} beams serve somebody on average"
    sent, total = messages["sent_within_span_share"], messages["total"]
    if not total:
        return [_line("messages", "none: no known residents in the area")]
    unserved_share = report["contact"]["people_never_served_fraction"]
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
    return "none" if value is None else minutes_text(60 * value)


def _duration_text(minutes: float | None, *, unserved: bool) -> str:
    """Format a time in minutes or hours; unserved: so many people have no contact that the share is never reached."""
    if minutes is None:
        return "never" if unserved else f"> {_PATIENCE_H:g} h"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:,.1f} h"

"""Figures of a disaster study: JSON report, sending curve, cell layer and the most influential assumptions."""

from typing import Any

import numpy as np

from d2c.analysis.disaster.messages import messages_per_hour
from d2c.analysis.disaster.study import LOAD, NEVER, SENT, DisasterResult, DisasterSensitivity
from d2c.analysis.sensitivity import Sensitivity, value_of, value_text
from d2c.analysis.weighted_quantile import weighted_quantile
from d2c.coverage.result import Columns
from d2c.library.entry import sourced_figures
from d2c.link.phones import cell_phones
from d2c.link.satellite_links import payloads_text
from d2c.output.format.percent import percent_text
from d2c.output.reports.headline import posture_text, scenario_text
from d2c.output.reports.sensitivity import figure_text
from d2c.output.reports.summary import assumed_figures, population_is_lower_bound, versions
from d2c.utc import utc_text

SCHEMA_VERSION = 2
DISASTER_FILES = (
    "disaster.json",
    "disaster.gpkg",
    "disaster.png",
    "people.csv",
    "sensitivity.csv",
    "tornado.png",
    "map.png",
)
SHARES = (0.5, 0.9, 0.99, 1.0)
_DRAWN = (SENT, NEVER, "messages_per_hour")  # in the tornado plot
NOT_MODELLED = (
    "all people have a charged telephone, send at the same instant, and stay where they are in their cell of residence",
    "beam cells keep their shares of time when all their messages are sent; a beam's whole uplink is for messages",
    "the uplink bandwidth is taken equal to the downlink bandwidth",
    "the contacts of the span are repeated after it: later times are valid as durations, not as dates",
    "how long a message waits, within a second, until its beam is alight",
)
_MAX_SENTENCES = 3


def disaster_report(outcome: DisasterResult, study: DisasterSensitivity) -> dict[str, Any]:
    """Return the content of disaster.json; unknown values are None."""
    scenario, inputs = outcome.scenario, outcome.inputs
    (service,) = inputs.services
    span = np.timedelta64(round(outcome.contacts.span_s * 1e6), "us")
    return {
        "schema_version": SCHEMA_VERSION,
        "title": scenario.title,
        "headline": disaster_headline(outcome),
        "asked": f"{payloads_text(inputs.links.payloads.counts)}, {scenario_text(scenario)}",
        "service": service,
        "start_utc": utc_text(inputs.start),
        "end_utc": utc_text(inputs.start + span),
        "scenario": scenario.model_dump(mode="json"),
        "area": _area(outcome),
        "traffic": {
            "title": outcome.traffic.title,
            **{name: figure.model_dump() for name, figure in sourced_figures(outcome.traffic)},
        },
        "contact": _contact(outcome),
        "capacity": _capacity(outcome),
        "messages": _messages(outcome),
        "decided_by": sensitivity_sentences(study),
        "sensitivity": _sensitivity(study),
        "warnings": list(inputs.warnings),
        "assumptions": assumed_figures(scenario) | _assumed_load(outcome) | _assumed_traffic(outcome),
        "not_modelled": list(NOT_MODELLED),
        "inputs_sha256": inputs.sha256,
        "versions": versions(),
    }


def _area(outcome: DisasterResult) -> dict[str, Any]:
    grid = outcome.inputs.grid
    return {
        "name": outcome.scenario.region.area,
        "area_km2": round(float(grid.area_m2.sum()) / 1e6, 3),
        "cells": len(grid),
        "beam_cells": len(np.unique(outcome.contacts.beam_cell[outcome.contacts.beam_cell >= 0])),
        "people": int(outcome.contacts.people.sum()),
        "people_is_lower_bound": population_is_lower_bound(grid),
    }


def disaster_headline(outcome: DisasterResult) -> str:
    """Return who is reached: people and time with the service, the best case, and who has no place for it."""
    (service,) = outcome.inputs.services
    if not outcome.contacts.people.any():
        return "no known residents in the area"
    contact, span = _contact(outcome), f"{outcome.scenario.time.duration_h:g} h"
    best_case = outcome.best_case
    parts = [] if best_case is None else [f"best case over noise {_percent(best_case)} of area and time"]
    parts.append(
        f"{posture_text(outcome.scenario.link)}: {_percent(contact['served_fraction'])} of people and time, "
        f"{_percent(contact['people_never_served_fraction'])} of the people have no place from which a message gets "
        f"through in {span}"
    )
    return f"{service}: {'; '.join(parts)}"


def _percent(share: float) -> str:
    return percent_text(share, decimals=1)


def _contact(outcome: DisasterResult) -> dict[str, Any]:
    """Return contact statistics over the people, or over the phones of all cells if there are no residents.

    first_p50_min: None if half of the people have no contact; first_latest_min: of those with a contact.
    """
    contacts = outcome.contacts
    people = contacts.people_per_phone()
    weight = (people if people.any() else np.ones_like(people)).ravel()
    counted = weight > 0
    wait_min, minutes = (
        values.ravel()[counted] for values in (contacts.next_contact_s() / 60, contacts.minutes_per_hour())
    )
    contacted, never = wait_min[~np.isnan(wait_min)], contacts.people_never_served()
    median_min = weighted_quantile(np.nan_to_num(wait_min, nan=np.inf), weight[counted], 0.5)
    return {
        "served_fraction": _rounded(np.average(minutes, weights=weight[counted]) / 60),
        "first_p50_min": _rounded(None if np.isinf(median_min) else median_min),
        "first_latest_min": _rounded(contacted.max() if contacted.size else None),
        "people_never_served": round(float(never.sum())),
        "people_never_served_fraction": _rounded(never.sum() / max(people.sum(), 1.0)),
        "never_served_fraction_by_posture": _never_by_posture(outcome),
        "minutes_per_hour_p50": _rounded(weighted_quantile(minutes, weight[counted], 0.5)),
        "minutes_per_hour_mean": _rounded(np.average(minutes, weights=weight[counted])),
    }


def _never_by_posture(outcome: DisasterResult) -> dict[str, float | None]:
    """Return the share of the people in each posture who are never served; empty without several postures."""
    inputs, contacts = outcome.inputs, outcome.contacts
    variant, _ = cell_phones(inputs.grid.position_m)
    posture, people, never = (
        inputs.phones.posture[variant],
        contacts.people_per_phone(),
        contacts.people_never_served(),
    )
    shares: dict[str, float | None] = {}
    if len(inputs.phones.postures) < 2:
        return shares
    for number, name in enumerate(inputs.phones.postures):
        whole = people[posture == number].sum()
        shares[name] = _rounded(never[posture == number].sum() / whole) if whole > 0 else None
    return shares


def _capacity(outcome: DisasterResult) -> dict[str, Any]:
    capacity, contacts = outcome.capacity, outcome.contacts
    return {
        "resource_blocks": capacity.resource_blocks,
        "message_s": _rounded(capacity.message_s),
        "downlink_kbps": _rounded(capacity.downlink_bit_s / 1e3),
        "uplink_messages_per_s": _rounded(capacity.uplink_per_s),
        "downlink_messages_per_s": _rounded(capacity.downlink_per_s),
        "beams_in_use_mean": _rounded(contacts.beams_in_use().mean()),
        "messages_per_hour": _rounded(messages_per_hour(contacts, per_s=capacity.per_s)),
    }


def _messages(outcome: DisasterResult) -> dict[str, Any]:
    sending = outcome.sending
    return {
        "per_person": outcome.per_person,
        "total": _rounded(sending.queued[0]),
        "sent_within_span_share": _rounded(sending.sent_within_span()),
        "minutes_until_share": {f"{share:g}": _rounded(sending.time_until_s(share) / 60) for share in SHARES},
        "contacts_repeat_from_min": _rounded(outcome.contacts.span_s / 60),
        "followed_for_min": _rounded((len(sending.queued) - 1) * sending.step_s / 60),
    }


def _assumed_load(outcome: DisasterResult) -> dict[str, str]:
    """Return what is assumed of those outside the area, instead of what a run assumes."""
    beams = outcome.scenario.beams
    assert beams is not None  # checked by compute_contacts
    return {"beams: load": f"{beams.load:g}: {LOAD.why}"}


def _assumed_traffic(outcome: DisasterResult) -> dict[str, str]:
    return {
        f"traffic: {name}": f"{figure.value:g}: {figure.assumed}"
        for name, figure in sourced_figures(outcome.traffic)
        if figure.assumed
    }


def _sensitivity(study: DisasterSensitivity) -> dict[str, Any]:
    sensitivity = study.sensitivity
    return {
        "duration_h": study.scenario.time.duration_h,
        "as_it_is": {name: _rounded(value) for name, value in sensitivity.baseline.items()},
        "parameters": [
            {
                "name": name,
                "value": scenario_value_text(study, name),
                "why_assumed": study.parameters[name].why,
                "tried": [
                    {"value": tried.variation.value, **{k: _rounded(v) for k, v in tried.figures.items()}}
                    for tried in sensitivity.of(name)
                ],
            }
            for name in sensitivity.by_swing([SENT])
        ],
    }


def scenario_value_text(study: DisasterSensitivity, name: str) -> str:
    """Return the value of a parameter in the scenario or its traffic model, as text."""
    section, _, key = name.partition(".")
    if section == "traffic":
        return value_text(getattr(study.traffic, key).value)
    return value_text(value_of(study.scenario, name))


def sensitivity_sentences(study: DisasterSensitivity) -> list[str]:
    """Return sentences on the assumptions that most affect the share sent within the study's span, strongest first."""
    sensitivity, span = study.sensitivity, f"{study.scenario.time.duration_h:g} h"
    parameters = [name for name in sensitivity.by_swing([SENT]) if sensitivity.swing(name, SENT) > 0][
        :_MAX_SENTENCES
    ]
    if not parameters:
        return [f"no assumed value changes the share sent within {span}"]
    own = figure_text(SENT, sensitivity.baseline[SENT])
    return [
        f"{name} = {scenario_value_text(study, name)}: {own} % of messages within {span}; "
        f"{_variations_text(sensitivity, name)}"
        for name in parameters
    ]


def _variations_text(sensitivity: Sensitivity, name: str) -> str:
    shares = {
        tried.variation.value: figure_text(SENT, tried.figures[SENT])
        for tried in sensitivity.of(name)
        if tried.figures[SENT] != sensitivity.baseline[SENT]
    }
    return ", ".join(f"{share} % with {value}" for value, share in shares.items())


def tornado_figures(sensitivity: Sensitivity) -> Sensitivity:
    """Return the figures of the tornado plot, without times, which may be unknown at the end that matters most."""
    return Sensitivity({name: sensitivity.baseline[name] for name in _DRAWN}, sensitivity.outcomes)


def people_columns(outcome: DisasterResult) -> Columns:
    """Return the sending curve, at the event and at the end of each step until all is sent or no progress remains."""
    sending = outcome.sending
    steps = np.arange(len(sending.queued))
    return {
        "since_instant_min": steps * sending.step_s / 60,
        "sent_fraction": sending.share_sent(),
        "contacts_repeated": steps > sending.span_steps,
    }


def cell_columns(outcome: DisasterResult) -> Columns:
    """Return the columns of the cell layer (G,); NaN without contact, or where the completion time is unknown.

    First contact of the median phone; the last message of the phones with a contact.
    """
    grid, contacts, plan = outcome.inputs.grid, outcome.contacts, outcome.inputs.beams
    assert plan is not None
    beam_cell = np.where(contacts.beam_cell >= 0, plan.cell_id[contacts.beam_cell], "")
    first_s = np.sort(contacts.next_contact_s(), axis=1)[:, (contacts.phones - 1) // 2]  # NaN sorts last
    never = contacts.served_steps() == 0
    done_s = np.where(never, -np.inf, outcome.sending.done_s).max(axis=1)
    reached = (contacts.people > 0) & ~never.all(axis=1)
    return {
        "cell_id": grid.cell_id,
        "latitude_deg": grid.latitude_deg,
        "longitude_deg": grid.longitude_deg,
        "area_km2": grid.area_m2 / 1e6,
        "population": contacts.people,
        "beam_cell_id": beam_cell,
        "next_contact_min": first_s / 60,
        "contact_min_per_hour": contacts.minutes_per_hour().mean(axis=1),
        "never_served_fraction": never.mean(axis=1),
        "all_sent_min": np.where(reached, done_s / 60, np.nan),
    }


def about_text(report: dict[str, Any]) -> str:
    """Return the first sentences of a caption: who is reached, and what was asked."""
    return f"{report['headline']}. {report['asked']}."


def limits_text(report: dict[str, Any]) -> str:
    """Return the last sentences of a caption: what decides, and what is not modelled."""
    return f"Decided by {report['decided_by'][0]}. Not modelled: {'; '.join(report['not_modelled'])}."


def messages_text(per_person: float) -> str:
    """Return the number of messages per person as text."""
    return "a message" if per_person == 1 else f"{per_person:g} messages"


def _rounded(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 6)

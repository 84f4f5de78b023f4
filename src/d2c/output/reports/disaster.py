"""A disaster's answer as figures: JSON, the curve, the layer of cells, and what decides."""

from typing import Any

import numpy as np

from d2c.analysis.disaster.messages import messages_per_hour
from d2c.analysis.disaster.study import SENT, DisasterOutcome, Study
from d2c.analysis.sensitivity import Sensitivity, value_of, value_text
from d2c.coverage.result import Columns
from d2c.library.entry import sourced_figures
from d2c.output.reports.sensitivity import figure_text
from d2c.output.reports.summary import assumed_figures, people_are_a_lower_bound, versions
from d2c.results.format.utc import utc_text

SCHEMA_VERSION = 1
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
_DRAWN = (SENT, "messages_per_hour")  # in the tornado
NOT_MODELLED = (
    "everybody has a charged telephone, wants to send at the same instant, and stays where they live",
    "beams do not learn where nobody waits any more; a beam's uplink is all for the area's messages",
    "the uplink channel is taken to be as wide as the downlink's",
    "after the span its contacts are taken to repeat: times beyond it are right for how long, not for when",
    "beams take turns a whole step at a time, where real ones change within milliseconds",
)
_MOST_DECIDING = 3


def disaster_report(asked: DisasterOutcome, decided: Study) -> dict[str, Any]:
    """Return the content of disaster.json; what is not known is None."""
    scenario, inputs = asked.scenario, asked.inputs
    (service,) = inputs.services
    span = np.timedelta64(round(asked.contacts.span_s * 1e6), "us")
    return {
        "schema_version": SCHEMA_VERSION,
        "title": scenario.title,
        "service": service,
        "start_utc": utc_text(inputs.start),
        "end_utc": utc_text(inputs.start + span),
        "scenario": scenario.model_dump(mode="json"),
        "area": _area(asked),
        "traffic": {
            "title": asked.traffic.title,
            **{name: figure.model_dump() for name, figure in sourced_figures(asked.traffic)},
        },
        "contact": _contact(asked),
        "capacity": _capacity(asked),
        "messages": _messages(asked),
        "decided_by": deciding_sentences(decided),
        "sensitivity": _sensitivity(decided),
        "warnings": list(inputs.warnings),
        "assumptions": assumed_figures(scenario) | _assumed_traffic(asked),
        "not_modelled": list(NOT_MODELLED),
        "inputs_sha256": inputs.sha256,
        "versions": versions(),
    }


def _area(asked: DisasterOutcome) -> dict[str, Any]:
    grid = asked.inputs.grid
    return {
        "name": asked.scenario.region.area,
        "area_km2": round(float(grid.area_m2.sum()) / 1e6, 3),
        "cells": len(grid),
        "beam_cells": len(np.unique(asked.contacts.beam_cell[asked.contacts.beam_cell >= 0])),
        "people": int(asked.contacts.people.sum()),
        "people_is_lower_bound": people_are_a_lower_bound(grid),
    }


def _contact(asked: DisasterOutcome) -> dict[str, Any]:
    """Return when cells with people are served, all cells where nobody lives.

    first_p50_min: None where half of the cells have no contact; first_latest_min: of those that have one.
    """
    contacts = asked.contacts
    home = contacts.people > 0 if contacts.people.any() else np.ones(len(contacts.people), bool)
    wait_min, minutes = contacts.next_contact_s()[home] / 60, contacts.minutes_per_hour()[home]
    known = wait_min[~np.isnan(wait_min)]
    return {
        "first_p50_min": _rounded(np.sort(wait_min)[(len(wait_min) - 1) // 2]),  # NaN comes last
        "first_latest_min": _rounded(known.max() if known.size else None),
        "people_never_served": int(contacts.people[~contacts.served.any(axis=0)].sum()),
        "minutes_per_hour_p50": _rounded(np.median(minutes)),
        "minutes_per_hour_least": _rounded(minutes.min()),
    }


def _capacity(asked: DisasterOutcome) -> dict[str, Any]:
    found, contacts = asked.capacity, asked.contacts
    return {
        "resource_blocks": found.resource_blocks,
        "message_s": _rounded(found.message_s),
        "downlink_kbps": _rounded(found.downlink_bit_s / 1e3),
        "uplink_messages_per_s": _rounded(found.uplink_per_s),
        "downlink_messages_per_s": _rounded(found.downlink_per_s),
        "beams_in_use_mean": _rounded(contacts.beams_in_use().mean()),
        "messages_per_hour": _rounded(messages_per_hour(contacts, per_s=found.per_s)),
    }


def _messages(asked: DisasterOutcome) -> dict[str, Any]:
    sending = asked.sending
    return {
        "per_person": asked.per_person,
        "total": _rounded(sending.left[0]),
        "sent_within_span_share": _rounded(sending.sent_within_span()),
        "minutes_until_share": {f"{share:g}": _rounded(sending.time_until_s(share) / 60) for share in SHARES},
        "contacts_repeat_from_min": _rounded(asked.contacts.span_s / 60),
        "followed_for_min": _rounded((len(sending.left) - 1) * sending.step_s / 60),
    }


def _assumed_traffic(asked: DisasterOutcome) -> dict[str, str]:
    return {
        f"traffic: {name}": f"{figure.value:g}: {figure.assumed}"
        for name, figure in sourced_figures(asked.traffic)
        if figure.assumed
    }


def _sensitivity(decided: Study) -> dict[str, Any]:
    found = decided.found
    return {
        "duration_h": decided.scenario.time.duration_h,
        "as_it_is": {name: _rounded(value) for name, value in found.as_is.items()},
        "parameters": [
            {
                "name": name,
                "value": own_value(decided, name),
                "why_assumed": decided.parameters[name].why,
                "tried": [
                    {"value": one.variation.value, **{k: _rounded(v) for k, v in one.figures.items()}}
                    for one in found.of(name)
                ],
            }
            for name in found.by_swing([SENT])
        ],
    }


def own_value(decided: Study, name: str) -> str:
    """Return the value of a parameter in the scenario, or in its traffic."""
    section, _, key = name.partition(".")
    if section == "traffic":
        return value_text(getattr(decided.traffic, key).value)
    return value_text(value_of(decided.scenario, name))


def deciding_sentences(decided: Study) -> list[str]:
    """Return which assumptions decide how much is sent within the study's span, the first ones first."""
    found, span = decided.found, f"{decided.scenario.time.duration_h:g} h"
    movers = [name for name in found.by_swing([SENT]) if found.swing(name, SENT) > 0][:_MOST_DECIDING]
    if not movers:
        return [f"no assumed value moves what is sent within {span}"]
    own = figure_text(SENT, found.as_is[SENT])
    return [
        f"{name} = {own_value(decided, name)}: {own} % of messages within {span}; {_values(found, name)}"
        for name in movers
    ]


def _values(found: Sensitivity, name: str) -> str:
    told = {
        one.variation.value: figure_text(SENT, one.figures[SENT])
        for one in found.of(name)
        if one.figures[SENT] != found.as_is[SENT]
    }
    return ", ".join(f"{share} % with {value}" for value, share in told.items())


def drawn_part(found: Sensitivity) -> Sensitivity:
    """Return what the tornado shows: not the times, which may be unknown at the very end that matters."""
    return Sensitivity({name: found.as_is[name] for name in _DRAWN}, found.outcomes)


def people_columns(asked: DisasterOutcome) -> Columns:
    """Return the curve, at the instant and at the end of each step until all is sent or nothing moves."""
    sending = asked.sending
    steps = np.arange(len(sending.left))
    return {
        "since_instant_min": steps * sending.step_s / 60,
        "sent_fraction": sending.share_sent(),
        "contacts_repeated": steps > sending.span_steps,
    }


def cell_columns(asked: DisasterOutcome) -> Columns:
    """Return the columns of the layer of cells (G,); NaN where there is no contact, or its end is not known."""
    grid, contacts, plan = asked.inputs.grid, asked.contacts, asked.inputs.beams
    assert plan is not None
    beam_cell = np.where(contacts.beam_cell >= 0, plan.grid.cell_id[contacts.beam_cell], "")
    return {
        "cell_id": grid.cell_id,
        "latitude_deg": grid.latitude_deg,
        "longitude_deg": grid.longitude_deg,
        "area_km2": grid.area_m2 / 1e6,
        "population": contacts.people,
        "beam_cell_id": beam_cell,
        "next_contact_min": contacts.next_contact_s() / 60,
        "contact_min_per_hour": contacts.minutes_per_hour(),
        "all_sent_min": np.where(contacts.people > 0, asked.sending.cell_done_s / 60, np.nan),
    }


def how_many(per_person: float) -> str:
    """Return what each person sends, in words."""
    return "a message" if per_person == 1 else f"{per_person:g} messages"


def _rounded(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 6)

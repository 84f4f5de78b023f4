"""The disaster question: a scenario with the network loaded over an area, its answer, and what decides it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from d2c.analysis.disaster.messages import (
    Capacity,
    Contacts,
    Sending,
    capacity_of,
    contacts_of,
    messages_per_hour,
    send_messages,
)
from d2c.analysis.sensitivity import (
    Sensitivity,
    Variation,
    VariedOutcome,
    assumed_parameters,
    only_named,
    variations,
    vary,
)
from d2c.coverage.engine.engine import ProgressCallback
from d2c.coverage.inputs import Inputs, read_inputs
from d2c.errors import ScenarioError
from d2c.library.entry import Figure
from d2c.library.traffic import PLAUSIBLE, Traffic
from d2c.region import h3_cells
from d2c.region.area import find_area
from d2c.scenario.assumptions import Assumption
from d2c.scenario.load import changed_scenario, read_scenario
from d2c.scenario.model import Scenario

FEWEST_CELLS = 100
_COARSEST, _FINEST = 5, 8  # people are spread over nodes 1.7 km apart, so finer cells would say nothing
_DECIDES = 0.9  # share of the people whose time a study compares
_NOT_ASKED = "beams.active_share"  # for bit rates: here nobody is idle
_TRAFFIC = "traffic."
SENT, TIME, WAIT = "sent_share", "sent_p90_h", "next_contact_p50_min"


def read_disaster(
    name: str,
    *,
    area: str | None = None,
    service: str = "text",
    at: str | None = None,
    duration_h: float = 6.0,
    overrides: Sequence[str] = (),
) -> Scenario:
    """Return a scenario as the question needs it: one service, its network loaded, cells fit for the area.

    area: instead of the scenario's own. Beams go where people are unless the scenario says otherwise, and where the
    area is another one its cells are so small that there are some 100. What `overrides` set comes last.
    """
    chosen = read_scenario(name, overrides=overrides)
    asked = {"link.services": [service], "time.duration_h": duration_h}
    if at is not None:
        asked["time.start"] = at
    if chosen.beams is None or "demand" not in chosen.beams.model_fields_set:
        asked["beams.demand"] = "population"
    if area is not None:
        asked |= {"title": area_title(area), "region.area": area}
        if chosen.grid.kind == "h3":
            asked["grid.resolution"] = _resolution(area)
    ours = [f"{key}={json.dumps(value)}" for key, value in asked.items()]
    return read_scenario(name, overrides=[*ours, *overrides])


def area_title(area: str) -> str:
    """Return what an area is called: its name, or that of its file."""
    return Path(area).stem if Path(area).is_file() else area


def _resolution(area: str) -> int:
    polygon = find_area(area).polygon
    fine = (r for r in range(_COARSEST, _FINEST) if h3_cells.estimate(polygon, r) >= FEWEST_CELLS)
    return next(fine, _FINEST)


@dataclass(frozen=True, eq=False, slots=True)
class DisasterOutcome:
    """What a disaster's scenario gave: when cells are served, what a beam carries, how the messages leave."""

    scenario: Scenario
    traffic: Traffic
    per_person: float
    inputs: Inputs
    contacts: Contacts
    capacity: Capacity
    sending: Sending

    def with_traffic(self, traffic: Traffic) -> "DisasterOutcome":
        """Return the answer for other messages over the same contacts."""
        assert self.scenario.beams is not None  # contacts_of has refused it
        (service,) = self.inputs.services.values()
        capacity = capacity_of(traffic, service, link=self.inputs.link, beams=self.scenario.beams)
        sending = send_messages(self.contacts, per_person=self.per_person, per_s=capacity.per_s)
        return replace(self, traffic=traffic, capacity=capacity, sending=sending)

    def deciding(self) -> dict[str, float]:
        """Return the figures that a study compares; NaN for a time that is not known.

        The share of the messages that leaves within the span, the hours until that is 90 %, the median wait of the
        people for their first contact (of those not served, the whole span), and the messages an hour of all beams.
        """
        contacts = self.contacts
        wait_s = np.nan_to_num(contacts.next_contact_s(), nan=contacts.span_s)
        at_home = np.repeat(wait_s, contacts.people)
        return {
            SENT: self.sending.sent_within_span(),
            TIME: self.sending.time_until_s(_DECIDES) / 3600,
            WAIT: float(np.median(at_home)) / 60 if at_home.size else float("nan"),
            "messages_per_hour": messages_per_hour(contacts, per_s=self.capacity.per_s),
        }


def answer(
    scenario: Scenario, traffic: Traffic, *, per_person: float, show: ProgressCallback | None = None
) -> DisasterOutcome:
    """Return what a scenario as `read_disaster` makes it gives; ScenarioError for one that has no answer."""
    if scenario.beams is None or len(scenario.link.services) != 1:
        raise ScenarioError(f"'{scenario.title}' needs [beams] and one service; make it with read_disaster")
    if not 0 < per_person < np.inf:
        raise ScenarioError(f"messages per person = {per_person:g}: write a number above 0")
    inputs = read_inputs(scenario)
    (service,) = inputs.services.values()
    capacity = capacity_of(traffic, service, link=inputs.link, beams=scenario.beams)
    contacts = contacts_of(scenario, inputs, show=show)
    sending = send_messages(contacts, per_person=per_person, per_s=capacity.per_s)
    return DisasterOutcome(scenario, traffic, per_person, inputs, contacts, capacity, sending)


@dataclass(frozen=True, slots=True)
class Study:
    """One-at-a-time sensitivity over a span: what was found, and why each parameter is assumed with its own value."""

    scenario: Scenario
    found: Sensitivity
    parameters: Mapping[str, Assumption]
    traffic: Traffic


def parameters_of(scenario: Scenario, traffic: Traffic, *, only: Sequence[str] = ()) -> dict[str, Assumption]:
    """Return what is assumed of the network and of the messages; ScenarioError for a name that is none of them."""
    found = {key: entry for key, entry in assumed_parameters(scenario).items() if key != _NOT_ASKED}
    for key, plausible in PLAUSIBLE.items():
        if why := getattr(traffic, key).assumed:
            found[_TRAFFIC + key] = Assumption(why, plausible)
    return only_named(found, only, of=scenario.title)


def study(
    asked: DisasterOutcome,
    *,
    duration_h: float,
    only: Sequence[str] = (),
    show: ProgressCallback | None = None,
) -> Study:
    """Return what each assumed value decides, over the first hours of the span.

    Network parameters run anew; those of the messages are counted over the contacts of the scenario as it is.
    """
    scenario = changed_scenario(asked.scenario, overrides=[f"time.duration_h={duration_h}"])
    parameters = parameters_of(scenario, asked.traffic, only=only)
    network = {key: entry for key, entry in parameters.items() if not key.startswith(_TRAFFIC)}
    kept: list[DisasterOutcome] = []

    def figures_of(one: Scenario, show: ProgressCallback | None) -> Mapping[str, float]:
        given = answer(one, asked.traffic, per_person=asked.per_person, show=show)
        if not kept:  # the first one is the scenario as it is
            kept.append(given)
        return given.deciding()

    found = vary(scenario, variations(network), figures_of, show=show)
    outcomes = list(found.outcomes)
    for key in parameters.keys() - network.keys():
        field = key.removeprefix(_TRAFFIC)
        for value in parameters[key].plausible:
            figure = Figure(value=value, assumed=parameters[key].why)
            given = kept[0].with_traffic(asked.traffic.model_copy(update={field: figure}))
            outcomes.append(VariedOutcome(Variation(key, f"{value:g}", ()), given.deciding()))
    order = list(parameters)
    outcomes.sort(key=lambda outcome: order.index(outcome.variation.name))
    return Study(scenario, Sensitivity(found.as_is, tuple(outcomes)), parameters, asked.traffic)

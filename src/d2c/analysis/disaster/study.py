"""Disaster study: message delivery of a network of beams over an area, and its sensitivity to assumed parameters."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from d2c.analysis.disaster.contacts import Contacts, compute_contacts
from d2c.analysis.disaster.messages import (
    BeamCapacity,
    MessageDelivery,
    beam_capacity,
    messages_per_hour,
    send_messages,
)
from d2c.analysis.sensitivity import (
    Sensitivity,
    Variation,
    VariationResult,
    assumed_parameters,
    select_parameters,
    variations,
    vary,
)
from d2c.analysis.weighted_quantile import weighted_quantile
from d2c.coverage.best_case import best_case_availability
from d2c.coverage.engine.engine import ProgressCallback
from d2c.coverage.inputs import Inputs, read_inputs
from d2c.errors import ScenarioError
from d2c.library.entry import Figure
from d2c.library.traffic import PLAUSIBLE_VALUES, Traffic
from d2c.scenario.assumptions import BEAM_ASSUMPTIONS, Assumption
from d2c.scenario.load import override_scenario, read_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.network import network_obstacle
from d2c.scenario.resolve import resolve
from d2c.text_files import is_file

_DELIVERED_SHARE = 0.9  # share of the messages whose delivery time is a key figure
_NOT_APPLICABLE, _ONE_USER = "beams.active_share", 1e-9  # here every user is active
_DEMAND = "beams.demand"  # by population, unless the scenario says otherwise
LOAD = Assumption(
    "that cells outside ask as on any other day is assumed: the ground network is down in the area only, and its own "
    "cells always ask, so that load is that of the others; where the area is most of what a satellite serves, it is 1",
    BEAM_ASSUMPTIONS["load"].plausible,
)
_TRAFFIC = "traffic."
SENT: str = "sent_share"
TIME: str = "sent_p90_h"
WAIT: str = "next_contact_p50_min"
NEVER: str = "never_share"


def read_disaster(
    name: str,
    *,
    area: str | None = None,
    service: str = "text",
    at: str | None = None,
    duration_h: float = 6.0,
    overrides: Sequence[str] = (),
) -> Scenario:
    """Read a scenario for a disaster study: one service, and a grid suited to the area; the network as a run has it.

    area: instead of the scenario's own; for another one, cells are chosen so small that there are some 100. Beam demand
    follows the population unless the scenario sets it. `overrides` are applied last. ScenarioError for a scenario
    without a network of beams.
    """
    base = read_scenario(name, overrides=overrides)
    settings = {
        "link.services": [service],
        "time.duration_h": duration_h,
        _NOT_APPLICABLE: _ONE_USER,  # how many share a beam follows from the messages that wait
    }
    if at is not None:
        settings["time.start"] = at
    if base.beams is None or "demand" not in base.beams.model_fields_set:
        settings[_DEMAND] = "population"
    if area is None or area == base.region.area:
        settings["title"] = base.title  # what is set here does not change what the title speaks of
    else:
        settings["region.area"] = area
        if base.grid.kind == "h3":
            settings["grid.resolution"] = "auto"
    own_overrides = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    scenario = read_scenario(name, overrides=[*own_overrides, *overrides])
    obstacle = network_obstacle(scenario)
    if obstacle or scenario.network is False:
        way_out = "take a scenario of phones, such as italy" if obstacle else "ask for it: network=auto"
        raise ScenarioError(
            f"'{scenario.title}' asks no network of beams ({obstacle or 'network = false'}), and without one the "
            f"capacity of a satellite has no limit; {way_out}"
        )
    return resolve(scenario)


def area_title(area: str) -> str:
    """Return the title of an area: its name, or the stem of its file."""
    return Path(area).stem if is_file(area) else area


@dataclass(frozen=True, eq=False, slots=True)
class DisasterResult:
    """The result of a disaster scenario: contacts of the phones, capacity of a beam, and delivery of the messages.

    best_case: share of area and time with the service of the best satellite over noise alone; None if not computed.
    """

    scenario: Scenario
    traffic: Traffic
    per_person: float
    inputs: Inputs
    contacts: Contacts
    capacity: BeamCapacity
    sending: MessageDelivery
    best_case: float | None = None

    def with_traffic(self, traffic: Traffic) -> "DisasterResult":
        """Return the result with other traffic over the same contacts."""
        assert self.scenario.beams is not None  # checked by compute_contacts
        (service,) = self.inputs.services.values()
        capacity = beam_capacity(traffic, service, link=self.inputs.link, beams=self.scenario.beams)
        sending = send_messages(self.contacts, per_person=self.per_person, per_s=capacity.per_s)
        return replace(self, traffic=traffic, capacity=capacity, sending=sending)

    def key_figures(self) -> dict[str, float]:
        """Return the figures that a sensitivity study compares; NaN for a time that is not known.

        The share of the messages sent within the span, the hours until 90 % are sent, the median wait of the people
        for their first contact (the whole span for those not served), the share of the people never served, and the
        capacity of all beams in messages/h.
        """
        contacts = self.contacts
        wait_s, people = (
            np.nan_to_num(contacts.next_contact_s(), nan=contacts.span_s),
            contacts.people_per_phone(),
        )
        return {
            SENT: self.sending.sent_within_span(),
            TIME: self.sending.time_until_s(_DELIVERED_SHARE) / 3600,
            WAIT: weighted_quantile(wait_s.ravel(), people.ravel(), 0.5) / 60
            if people.any()
            else float("nan"),
            NEVER: float(contacts.people_never_served().sum() / people.sum())
            if people.any()
            else float("nan"),
            "messages_per_hour": messages_per_hour(contacts, per_s=self.capacity.per_s),
        }


def run_disaster(
    scenario: Scenario, traffic: Traffic, *, per_person: float, progress: ProgressCallback | None = None
) -> DisasterResult:
    """Compute contacts, capacity and delivery of a scenario from `read_disaster`; ScenarioError if it does not fit."""
    result = _deliver(scenario, traffic, per_person=per_person, progress=progress)
    (best_case,) = best_case_availability(scenario, result.inputs).values()
    return replace(result, best_case=best_case)


def _deliver(
    scenario: Scenario, traffic: Traffic, *, per_person: float, progress: ProgressCallback | None
) -> DisasterResult:
    if scenario.beams is None or len(scenario.link.services) != 1:
        raise ScenarioError(f"'{scenario.title}' needs [beams] and one service; read it with read_disaster")
    if not 0 < per_person < np.inf:
        raise ScenarioError(f"messages per person = {per_person:g}: write a number above 0")
    inputs = read_inputs(scenario)
    (service,) = inputs.services.values()
    capacity = beam_capacity(traffic, service, link=inputs.link, beams=scenario.beams)
    contacts = compute_contacts(scenario, inputs, progress=progress)
    sending = send_messages(contacts, per_person=per_person, per_s=capacity.per_s)
    return DisasterResult(scenario, traffic, per_person, inputs, contacts, capacity, sending)


@dataclass(frozen=True, slots=True)
class DisasterSensitivity:
    """One-at-a-time sensitivity of a disaster scenario over a span; parameters: the reason and values of each."""

    scenario: Scenario
    sensitivity: Sensitivity
    parameters: Mapping[str, Assumption]
    traffic: Traffic


def disaster_parameters(
    scenario: Scenario, traffic: Traffic, *, only: Sequence[str] = ()
) -> dict[str, Assumption]:
    """Return the assumed parameters of network and traffic; ScenarioError for an unknown name in `only`."""
    parameters = {key: entry for key, entry in assumed_parameters(scenario).items() if key != _NOT_APPLICABLE}
    parameters["beams.load"] = LOAD
    for key, plausible in PLAUSIBLE_VALUES.items():
        if reason := getattr(traffic, key).assumed:
            parameters[_TRAFFIC + key] = Assumption(reason, plausible)
    return select_parameters(parameters, only, of=scenario.title)


def run_disaster_sensitivity(
    disaster: DisasterResult,
    *,
    duration_h: float,
    only: Sequence[str] = (),
    progress: ProgressCallback | None = None,
) -> DisasterSensitivity:
    """Compute the sensitivity of the key figures to each assumed parameter, over the first hours of the span.

    Network parameters need a run each; traffic parameters reuse the contacts of the unchanged scenario.
    """
    scenario = override_scenario(disaster.scenario, overrides=[f"time.duration_h={duration_h}"])
    parameters = disaster_parameters(scenario, disaster.traffic, only=only)
    network = {key: entry for key, entry in parameters.items() if not key.startswith(_TRAFFIC)}
    results: list[DisasterResult] = []

    def figures_of(varied: Scenario, progress: ProgressCallback | None) -> Mapping[str, float]:
        result = _deliver(varied, disaster.traffic, per_person=disaster.per_person, progress=progress)
        if not results:  # the first run is the unchanged scenario
            results.append(result)
        return result.key_figures()

    network_sensitivity = vary(scenario, variations(network), figures_of, progress=progress)
    outcomes = list(network_sensitivity.outcomes)
    for key in parameters.keys() - network.keys():
        name = key.removeprefix(_TRAFFIC)
        for value in parameters[key].plausible:
            figure = Figure(value=value, assumed=parameters[key].why)
            result = results[0].with_traffic(disaster.traffic.model_copy(update={name: figure}))
            outcomes.append(VariationResult(Variation(key, f"{value:g}", ()), result.key_figures()))
    order = list(parameters)
    outcomes.sort(key=lambda outcome: order.index(outcome.variation.name))
    return DisasterSensitivity(
        scenario, Sensitivity(network_sensitivity.baseline, tuple(outcomes)), parameters, disaster.traffic
    )

"""Resolution of the library system that a scenario names: its satellites, payload and losses; titles."""

from pathlib import Path
from typing import Any

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.constellation import ElementSelection, ShellChoice, System, Terminal
from d2c.library.entry import entry_beside, entry_names
from d2c.orbit.catalogue import elements_beside
from d2c.orbit.geostationary import geostationary_title
from d2c.printable import printable
from d2c.region.area import area_title
from d2c.scenario.model import PAYLOADS_OF_SHELLS, ConstellationChoice, Scenario

_EXAMPLES = {"handset": "smartphone", "terminal": "satcom-vsat"}


def resolve_system(scenario: Scenario) -> Scenario:
    """Return the scenario with satellites and payload of its system, and a title, where it gives none itself.

    The title is made of area and satellites. A terminal gets the loss set `terminal` (no body loss) if the scenario
    names none. Idempotent; without a system only the title is filled in. ScenarioError if the system does not serve the
    scenario's kind of terminal, or has no public elements or no published payload and the scenario gives none.
    """
    name = scenario.constellation.system
    if name is None:
        return _titled(scenario, None)
    system = models.read_system(name)
    _check_served(scenario, system)
    changes: dict[str, Any] = {
        "constellation": scenario.constellation.model_copy(update=_satellite_update(scenario, system)),
        "link": scenario.link.model_copy(update=_link_update(scenario, system)),
    }
    return _titled(scenario.model_copy(update=changes), system)


def _titled(scenario: Scenario, system: System | None) -> Scenario:
    """Return the scenario with a title of area and satellites, if it gives none."""
    if "title" in scenario.model_fields_set:
        return scenario
    area = area_title(scenario.region.area)
    return scenario.model_copy(update={"title": printable(f"{area}, {_satellites_title(scenario, system)}")})


def _satellites_title(scenario: Scenario, system: System | None) -> str:
    """Return what titles call the satellites: their system, else their element set or shells."""
    choice = scenario.constellation
    if choice.walker:
        return f"Walker {choice.walker} at {choice.altitude_km:g} km"
    if choice.geo_longitudes_deg:
        return geostationary_title(choice.geo_longitudes_deg)
    if choice.shells and not (system and choice.shells == _shells(scenario, system)):
        (first, *others) = choice.shells
        return (
            f"{1 + len(others)} Walker shells"
            if others
            else f"Walker {first.walker} at {first.altitude_km:g} km"
        )
    if choice.elements and not (system and system.elements and _same_elements(choice, system)):
        entries = [models.read_system(name) for name in entry_names("constellations")]
        return next((e.title for e in entries if e.elements == choice.elements), Path(choice.elements).stem)
    assert system  # a scenario without satellites of its own has one
    return system.title


def _same_elements(choice: ConstellationChoice, system: System) -> bool:
    return choice.elements == elements_beside(system.elements or "", Path(choice.system or "").parent)


def _check_served(scenario: Scenario, system: System) -> None:
    handset = scenario.link.handset
    kind = models.read_handset(handset).kind
    if kind not in system.serves:
        (other,) = {"handset", "terminal"} - {kind}
        raise ScenarioError(
            f"[constellation] system '{scenario.constellation.system}' serves {other}s and no {kind}s, and "
            f"'{handset}' is a {kind}; name a {other}, such as link.handset={_EXAMPLES[other]}, or another system"
        )


def _satellite_update(scenario: Scenario, system: System) -> dict[str, Any]:
    """Return the satellites of the system for the constellation of the scenario."""
    choice = scenario.constellation
    has_own_satellites = choice.has_own_satellites
    if not (has_own_satellites or system.elements or system.shells):
        raise ScenarioError(
            f"[constellation] system '{choice.system}' has no public elements; give a file of your own: "
            "constellation.elements=FILE"
        )
    if system.shells and not has_own_satellites and choice.select != ElementSelection():
        raise ScenarioError(
            f"[constellation] select filters elements; system '{choice.system}' consists of Walker shells"
        )
    if system.shells and not has_own_satellites and choice.payloads:
        raise ScenarioError(
            f"[constellation] system '{choice.system}' consists of Walker shells; {PAYLOADS_OF_SHELLS}"
        )
    update: dict[str, Any] = {}
    if not has_own_satellites:
        folder = Path(choice.system or "").parent
        update = {
            "elements": system.elements and elements_beside(system.elements, folder),
            "shells": _shells(scenario, system),
        }
    if (choice.elements or update.get("elements")) and choice.select == ElementSelection() and system.select:
        update["select"] = system.select
    return update


def _link_update(scenario: Scenario, system: System) -> dict[str, str]:
    """Return the payload of the system and the losses of its terminal for the link of the scenario."""
    kind = models.read_handset(scenario.link.handset).kind
    given = scenario.link.model_fields_set
    payload = {} if "payload" in given else {"payload": _payload_name(scenario, system, kind)}
    return payload if "losses" in given or kind == "handset" else payload | {"losses": "terminal"}


def _shells(scenario: Scenario, system: System) -> tuple[ShellChoice, ...]:
    """Return the shells of the system, with their payloads unless the scenario names the payload of all satellites."""
    if "payload" in scenario.link.model_fields_set:
        return tuple(entry.shell for entry in system.shells)
    kind = models.read_handset(scenario.link.handset).kind
    payloads = [_beside_system(scenario, getattr(entry.payload, kind)) for entry in system.shells]
    return tuple(
        entry.shell.model_copy(update={"payload": payload})
        for entry, payload in zip(system.shells, payloads, strict=True)
    )


def _beside_system(scenario: Scenario, payload: str | None) -> str | None:
    """Return the name that stands for a payload named in the system's entry, which may be a file."""
    return payload and entry_beside("payloads", payload, Path(scenario.constellation.system or "").parent)


def _payload_name(scenario: Scenario, system: System, kind: Terminal) -> str:
    """Return the payload of the satellites whose shell names none."""
    payload = _beside_system(scenario, getattr(system.payload, kind))
    choice = scenario.constellation
    of_shells = () if choice.has_own_satellites else _shells(scenario, system)
    if payload is None and of_shells and all(shell.payload for shell in of_shells):
        payload = of_shells[0].payload
    if payload is None:
        stand_in = getattr(system.stand_in, kind)
        example = (
            f", such as link.payload={stand_in} (a stand-in with the figures of another system)"
            if stand_in
            else ""
        )
        raise ScenarioError(
            f"[link] payload: none is published for system '{scenario.constellation.system}'; "
            f"name a payload of the library or a file of your own{example}"
        )
    return payload

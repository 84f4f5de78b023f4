"""A scenario that names a system: its satellites and payload filled in, and refused where it serves nobody."""

from pathlib import Path
from typing import Any

from d2c.errors import ScenarioError
from d2c.library import models as systems
from d2c.library.constellation import ElementSelection, System, Terminal
from d2c.scenario.model import Scenario

_EXAMPLES = {"handset": "smartphone", "terminal": "satcom-vsat"}


def resolve_system(scenario: Scenario) -> Scenario:
    """Return the scenario with what its system says where it says nothing itself: satellites, payload, title.

    A terminal has the losses of a terminal, if the scenario names none: no hand holds it. Without a system, and done
    a second time, the scenario stays as it is. ScenarioError where the system does not serve the scenario's kind of
    terminal, has no public elements, or no published payload, and the scenario names none.
    """
    name = scenario.constellation.system
    if name is None:
        return scenario
    system = systems.system(name)
    _check_served(scenario, system)
    changes: dict[str, Any] = {
        "constellation": scenario.constellation.model_copy(update=_flown(scenario, system)),
        "link": scenario.link.model_copy(update=_link(scenario, system)),
    }
    if "title" not in scenario.model_fields_set:
        area = Path(scenario.region.area).stem
        changes["title"] = f"{area[:1].upper()}{area[1:]}, {system.title}"
    return scenario.model_copy(update=changes)


def _check_served(scenario: Scenario, system: System) -> None:
    handset = scenario.link.handset
    kind = systems.handset(handset).kind
    if kind not in system.serves:
        (other,) = {"handset", "terminal"} - {kind}
        raise ScenarioError(
            f"[constellation] system '{scenario.constellation.system}' serves {other}s and no {kind}s, and "
            f"'{handset}' is a {kind}; name a {other}, such as --set link.handset={_EXAMPLES[other]}, or another system"
        )


def _flown(scenario: Scenario, system: System) -> dict[str, Any]:
    """Return what the system adds to the choice of satellites."""
    chosen = scenario.constellation
    own = chosen.elements or chosen.walker or chosen.shells
    if not (own or system.elements or system.shells):
        raise ScenarioError(
            f"[constellation] system '{chosen.system}' has no public elements; give a file of your own: --elements FILE"
        )
    if system.shells and not own and chosen.select != ElementSelection():
        raise ScenarioError(
            f"[constellation] select chooses among elements; system '{chosen.system}' is made of Walker shells"
        )
    satellites: dict[str, Any] = {}
    if not own:
        satellites = {
            "elements": _beside(chosen.system, system.elements),
            "shells": tuple(s.shell for s in system.shells),
        }
    if (
        (chosen.elements or satellites.get("elements"))
        and chosen.select == ElementSelection()
        and system.select
    ):
        satellites["select"] = system.select
    return satellites


def _link(scenario: Scenario, system: System) -> dict[str, str]:
    """Return what the system adds to the link."""
    kind = systems.handset(scenario.link.handset).kind
    given = scenario.link.model_fields_set
    payload = {} if "payload" in given else {"payload": _payload(scenario, system, kind)}
    return payload if "losses" in given or kind == "handset" else payload | {"losses": "terminal"}


def _payload(scenario: Scenario, system: System, kind: Terminal) -> str:
    payload: str | None = getattr(system.payload, kind)
    if payload is None:
        stand_in = getattr(system.stand_in, kind)
        example = f", such as --set link.payload={stand_in} (other figures, a stand-in)" if stand_in else ""
        raise ScenarioError(
            f"[link] payload: none is published for system '{scenario.constellation.system}'; name one of the library "
            f"or a file of your own{example}"
        )
    return payload


def _beside(system: str | None, elements: str | None) -> str | None:
    """Return the elements of a system's own file with their path, where they lie beside it."""
    if not (system and elements):
        return elements
    beside = Path(system).parent / elements
    return str(beside) if beside.is_file() else elements

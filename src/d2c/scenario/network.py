"""Whether a scenario asks the network of beams, `network`, and the operating point that goes with it."""

from typing import Literal

from d2c.errors import ScenarioError
from d2c.library.models import read_handset, read_payload
from d2c.scenario.assumptions import payload_names
from d2c.scenario.model import Beams, Scenario
from d2c.scenario.operating_point import calibrated_loss

BEST_CASE = "network=false"  # as an override


def network_obstacle(scenario: Scenario) -> str:
    """Return why no network of beams can be computed for a scenario's terminal and payloads; "" if one can."""
    handset, names = scenario.link.handset, payload_names(scenario)
    if read_handset(handset).kind == "terminal":
        return f"handset '{handset}' points an antenna at one satellite, and the network is that of phones"
    if len(names) > 1:
        return f"payloads {', '.join(map(repr, names))} fly together, and a network of beams has one payload"
    beam = read_payload(names[0]).beam
    if beam.steering != "steered":
        return f"the beam of payload '{names[0]}' is fixed to the nadir, and those of a network are steered"
    if beam.pattern == "isotropic":
        return f"the beam of payload '{names[0]}' has no antenna pattern, and a network needs one"
    return ""


def check_network(scenario: Scenario) -> None:
    """Raise ScenarioError if a scenario asks a network that cannot be computed."""
    obstacle = network_obstacle(scenario)
    if obstacle:
        asked = "network = true" if scenario.network is True else "[beams]"
        raise ScenarioError(
            f"{asked}: {obstacle}; choose a handset (d2c library list handsets) and one payload with a steered beam "
            "and a pattern (d2c library list payloads), or take the best satellite over noise: network = false"
        )
    if scenario.output.cube:
        raise ScenarioError(
            "[output] cube = true: the cube holds C/N without interference, and this scenario asks the network of "
            "beams; leave out the cube, or take the best satellite over noise: network = false"
        )


def resolve_network(scenario: Scenario) -> Scenario:
    """Return the scenario with `network` decided, `beams` for a network only, and the operating point. Idempotent.

    `auto` asks the network for phones whose payload allows it. ScenarioError if `true` or `[beams]` ask for one where
    there cannot be one.
    """
    network = scenario.network
    if network == "auto":
        network = scenario.beams is not None or not network_obstacle(scenario)
    if network:
        check_network(scenario)
    operating: Literal["auto", "filed", "measured"] = scenario.link.operating
    if operating == "auto":
        given, known = scenario.link.phone_loss_db is not None, calibrated_loss(scenario.link)
        operating = "measured" if given or (network and known) else "filed"
    return scenario.model_copy(
        update={
            "network": network,
            "beams": (scenario.beams or Beams()) if network else None,
            "link": scenario.link.model_copy(update={"operating": operating}),
        }
    )

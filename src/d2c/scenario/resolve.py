"""Resolution of what a scenario leaves open: its system, whether the network is asked, the operating point."""

from d2c.scenario.model import Scenario
from d2c.scenario.network import resolve_network
from d2c.scenario.resolve_system import resolve_system


def resolve(scenario: Scenario) -> Scenario:
    """Return the scenario as it is run. Idempotent; the ScenarioError of whatever does not fit together."""
    return resolve_network(resolve_system(scenario))

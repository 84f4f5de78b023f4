"""Inputs of a question about one place: the scenario's satellites and radio links, and the site."""

from dataclasses import dataclass

from d2c.coverage.inputs import Satellites, is_nominal, read_satellites, read_services
from d2c.coverage.payloads import read_links
from d2c.errors import ScenarioError
from d2c.scenario.model import Scenario
from d2c.scenario.resolve import resolve
from d2c.site.site import Site
from d2c.site.sky import SiteLink


@dataclass(frozen=True, eq=False, slots=True)
class SiteInputs:
    """A scenario asked about one place instead of its region's cells."""

    scenario: Scenario
    satellites: Satellites
    site: Site
    radio: SiteLink

    @property
    def nominal(self) -> bool:
        """Return whether the satellites are made up."""
        return is_nominal(self.scenario, self.satellites.constellation)


def read_site_inputs(scenario: Scenario, site: Site) -> SiteInputs:
    """Return the inputs; the D2CError of whatever is wrong in the scenario. Its region and grid are not read.

    What one place sees is the best case of a scenario, over noise alone: its network of beams is not asked.
    """
    scenario = resolve(scenario.model_copy(update={"network": False}))
    if scenario.constellation.gateways:
        raise ScenarioError(
            "[constellation] gateways: passes, sky and timeline follow satellites without asking for a gateway; leave "
            "them out to see when satellites could serve, or use d2c run and d2c explain, which know gateways"
        )
    chosen = scenario.link
    satellites = read_satellites(scenario)
    links = read_links(scenario, satellites.payloads)
    services = read_services(chosen, links.by_name)
    radio = SiteLink(chosen.min_elevation_deg, links, services, chosen.environment)
    return SiteInputs(scenario, satellites, site, radio)

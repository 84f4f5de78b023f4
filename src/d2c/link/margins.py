"""Link margin, probability and bit rate of services on a satellite-handset link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from d2c.errors import ScenarioError
from d2c.library.models import Service
from d2c.link.budget import LinkBudget, RadioLink
from d2c.link.geometry import LookAngles
from d2c.link.probability import service_probability
from d2c.link.rate import efficiency_bit_symbol, useful_symbols_per_s
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.propagation import tr38811


@dataclass(frozen=True, eq=False, slots=True)
class ServiceMargin:
    """Margin of a service on one link; arrays in the shape of the budgets.

    `required_c_n_db` and `direction_margin_db` have one value for each direction that the service uses; `margin_db`
    is the smallest margin, and the link closes at zero or above. `probability` is the probability that it closes in
    the environment, None without an environment.
    """

    name: str
    service: Service
    required_c_n_db: dict[str, float]
    direction_margin_db: dict[str, Any]
    margin_db: Any
    probability: Any | None


def service_margin(
    name: str,
    service: Service,
    *,
    downlink: LinkBudget,
    uplink: LinkBudget | None,
    elevation_deg: Any,
    environment: str | None = None,
) -> ServiceMargin:
    """Return margins and probability of a service; the budgets are those of the median line-of-sight channel.

    Both directions have the same shadowing and the same obstacles, so that the worse direction decides (assumed: paired
    bands are close in frequency). ScenarioError if the service needs an uplink and the payload has none;
    ModelRangeError where the environment has no figures for the elevation or the band.
    """
    budgets, required = [downlink], {"downlink": downlink_c_n_db(service)}
    if service.uplink:
        if uplink is None:
            raise ScenarioError(f"service '{name}' needs an uplink, but the payload has none")
        budgets.append(uplink)
        required["uplink"] = uplink_c_n_db(service)
    margins: dict[str, Any] = {
        budget.direction: budget.margin_db(required_c_n_db=required[budget.direction]) for budget in budgets
    }
    probability = None
    if environment is not None:
        probabilities = [
            _probability(margins[budget.direction], environment, budget.frequency_hz, elevation_deg)
            for budget in budgets
        ]
        probability = np.minimum.reduce(probabilities)
    smallest = np.minimum.reduce(list(margins.values()))
    return ServiceMargin(name, service, required, margins, smallest, probability)


class LinkAnalysis(NamedTuple):
    """Downlink and uplink budgets (no uplink if the payload has none) and the margins of services, for one geometry."""

    downlink: LinkBudget
    uplink: LinkBudget | None
    margins: list[ServiceMargin]


def analyse_link(
    link: RadioLink,
    services: Mapping[str, Service],
    look: LookAngles,
    *,
    latitude_deg: float,
    environment: str | None = None,
) -> LinkAnalysis:
    """Compute the budgets of a link and the margin of each service; errors as for `service_margin`."""
    geometry: dict[str, Any] = {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": look.elevation_deg,
        "off_nadir_deg": look.off_nadir_deg,
        "latitude_deg": latitude_deg,
    }
    downlink = link.downlink(**geometry)
    uplink = link.uplink(**geometry) if link.payload.uplink else None
    margins = [
        service_margin(
            name,
            service,
            downlink=downlink,
            uplink=uplink,
            elevation_deg=look.elevation_deg,
            environment=environment,
        )
        for name, service in services.items()
    ]
    return LinkAnalysis(downlink, uplink, margins)


def carried_bit_s(budget: LinkBudget) -> Any:
    """Return the bit rate that the CQI table gives for the C/N in the budget's bandwidth, same shape.

    Block error rate 10 % before retransmission, with the overhead of 14 % of TS 38.306 for control and reference
    signals (the downlink value, for both directions), as in `required_c_n_db`. Zero below CQI 1.
    Source: TS 36.213, table 7.2.3-1.
    """
    return efficiency_bit_symbol(c_n_db=budget.c_n_db) * useful_symbols_per_s(budget.bandwidth_hz)


def _probability(margin_db: Any, environment: str, frequency_hz: float, elevation_deg: Any) -> Any:
    path: dict[str, Any] = {"environment": environment, "elevation_deg": elevation_deg}
    band = tr38811.band_of(frequency_hz)
    return service_probability(
        margin_db=margin_db,
        line_of_sight_probability=tr38811.line_of_sight_probability(**path),
        sigma_los_db=tr38811.shadow_fading_sigma_db(**path, band=band, line_of_sight=True),
        sigma_nlos_db=tr38811.shadow_fading_sigma_db(**path, band=band, line_of_sight=False),
        clutter_loss_db=tr38811.clutter_loss_db(**path, band=band),
    )

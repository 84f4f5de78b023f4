"""What the budgets of one satellite and one handset mean: margins, probability and bit rate of services."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from d2c.errors import ScenarioError
from d2c.library.models import Service
from d2c.link.budget import LinkBudget, RadioLink
from d2c.link.geometry import LookAngles
from d2c.link.probability import service_probability
from d2c.link.rate import NR_OVERHEAD, SYMBOLS_PER_S_HZ, efficiency_bit_symbol
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.propagation import tr38811


@dataclass(frozen=True, eq=False, slots=True)
class ServiceMargin:
    """A service over one link; arrays of the budgets' shape.

    `required_c_n_db` and `direction_margin_db` by direction, those the service needs; `margin_db` is the smaller
    margin of them, and at zero or above the service closes. `probability` is that of closing in the environment,
    None without one.
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
    """Return margins and probability of a service; the budgets are those of the median channel, line of sight.

    The same shadowing and the same obstacle count for both directions, so that the worse one decides (assumed: the
    frequencies of a pair of bands are near each other). ScenarioError if the service needs an uplink and there is
    none; ModelRangeError where the environment has no figures for the elevation or the band.
    """
    budgets, required = [downlink], {"downlink": downlink_c_n_db(service)}
    if service.uplink:
        if uplink is None:
            raise ScenarioError(f"service '{name}' needs an uplink, and the payload has none")
        budgets.append(uplink)
        required["uplink"] = uplink_c_n_db(service)
    margins: dict[str, Any] = {
        budget.direction: budget.margin_db(required_c_n_db=required[budget.direction]) for budget in budgets
    }
    probability = None
    if environment is not None:
        chances = [
            _probability(margins[budget.direction], environment, budget.frequency_hz, elevation_deg)
            for budget in budgets
        ]
        probability = np.minimum.reduce(chances)
    smallest = np.minimum.reduce(list(margins.values()))
    return ServiceMargin(name, service, required, margins, smallest, probability)


class BothWays(NamedTuple):
    """The two budgets of one geometry, no uplink where the payload has none, and what they mean for each service."""

    downlink: LinkBudget
    uplink: LinkBudget | None
    outcomes: list[ServiceMargin]


def both_ways(
    link: RadioLink,
    services: Mapping[str, Service],
    look: LookAngles,
    *,
    latitude_deg: float,
    environment: str | None = None,
) -> BothWays:
    """Return the budgets of a link for a geometry, and the outcome of each service; errors as of `outcome`."""
    at: dict[str, Any] = {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": look.elevation_deg,
        "off_nadir_deg": look.off_nadir_deg,
        "latitude_deg": latitude_deg,
    }
    downlink = link.downlink(**at)
    uplink = link.uplink(**at) if link.payload.uplink else None
    found = [
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
    return BothWays(downlink, uplink, found)


def carried_bit_s(budget: LinkBudget) -> Any:
    """Return the bit rate that the C/N carries in the budget's bandwidth by the CQI table, same shape.

    Block error rate of 10 % before repetition, with the 14 % of control and reference signals of TS 38.306 (those
    of the downlink, for both), as `required_c_n_db` reckons. Zero below CQI 1. Source: TS 36.213, table 7.2.3-1.
    """
    useful_symbols_per_s = budget.bandwidth_hz * SYMBOLS_PER_S_HZ * (1.0 - NR_OVERHEAD["downlink"])
    return efficiency_bit_symbol(c_n_db=budget.c_n_db) * useful_symbols_per_s


def _probability(margin_db: Any, environment: str, frequency_hz: float, elevation_deg: Any) -> Any:
    at: dict[str, Any] = {"environment": environment, "elevation_deg": elevation_deg}
    band = tr38811.band_of(frequency_hz)
    return service_probability(
        margin_db=margin_db,
        line_of_sight_probability=tr38811.line_of_sight_probability(**at),
        sigma_los_db=tr38811.shadow_fading_sigma_db(**at, band=band, line_of_sight=True),
        sigma_nlos_db=tr38811.shadow_fading_sigma_db(**at, band=band, line_of_sight=False),
        clutter_loss_db=tr38811.clutter_loss_db(**at, band=band),
    )

"""Required C/N of services, as stated by a source or derived from a bit rate."""

import math
from dataclasses import dataclass

from d2c.library.models import Requirement, Service
from d2c.link.rate import cqi, required_c_n_db


@dataclass(frozen=True, slots=True)
class RequiredCN:
    """Required C/N of one direction of a service."""

    c_n_db: float
    cqi: int
    """Channel quality indicator (CQI) that a receiver reports at this C/N; 0 below CQI 1."""
    derived: bool
    """True if the C/N is derived from a bit rate, false if a source states it."""


def downlink_c_n_db(service: Service) -> float:
    """Return the required downlink C/N."""
    return requirement_c_n_db(service.downlink)


def uplink_c_n_db(service: Service) -> float:
    """Return the required uplink C/N; minus infinity for a service without uplink."""
    return requirement_c_n_db(service.uplink) if service.uplink else -math.inf


def requirement_c_n_db(requirement: Requirement) -> float:
    """Return the C/N stated by the source, or the threshold of the lowest CQI that carries the bit rate."""
    if requirement.c_n_db is not None:
        return requirement.c_n_db.value
    assert requirement.bit_rate_kbps is not None  # checked by Requirement
    assert requirement.bandwidth_mhz is not None
    return required_c_n_db(
        bit_rate_bit_s=requirement.bit_rate_kbps.value * 1e3,
        bandwidth_hz=requirement.bandwidth_mhz.value * 1e6,
    )


def required_cn_with_cqi(requirement: Requirement) -> RequiredCN:
    """Return the required C/N with its CQI. Source: TS 36.213, table 7.2.3-1."""
    c_n_db = requirement_c_n_db(requirement)
    return RequiredCN(c_n_db, int(cqi(c_n_db)), derived=requirement.c_n_db is None)

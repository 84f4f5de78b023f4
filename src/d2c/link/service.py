"""What a service requires of the link, in C/N."""

import math
from dataclasses import dataclass

from d2c.library.models import Requirement, Service
from d2c.link.rate import cqi, required_c_n_db


@dataclass(frozen=True, slots=True)
class RequiredCN:
    """What one direction of a service needs."""

    c_n_db: float
    cqi: int
    """Channel quality index that a receiver reports at this C/N; 0 below the table."""
    derived: bool
    """True if the C/N follows from a bit rate, false if a source states it."""


def downlink_c_n_db(service: Service) -> float:
    """Return the C/N that the downlink needs."""
    return requirement_c_n_db(service.downlink)


def uplink_c_n_db(service: Service) -> float:
    """Return the C/N that the uplink needs; minus infinity for a service without one."""
    return requirement_c_n_db(service.uplink) if service.uplink else -math.inf


def requirement_c_n_db(requirement: Requirement) -> float:
    """Return the C/N as its source states it, or the lowest CQI threshold that carries the bit rate."""
    if requirement.c_n_db is not None:
        return requirement.c_n_db.value
    assert requirement.bit_rate_kbps is not None  # the requirement's own check
    assert requirement.bandwidth_mhz is not None
    return required_c_n_db(
        bit_rate_bit_s=requirement.bit_rate_kbps.value * 1e3,
        bandwidth_hz=requirement.bandwidth_mhz.value * 1e6,
    )


def requirement_need(requirement: Requirement) -> RequiredCN:
    """Return the C/N of a requirement with its channel quality index. Source: TS 36.213, table 7.2.3-1."""
    c_n_db = requirement_c_n_db(requirement)
    return RequiredCN(c_n_db, int(cqi(c_n_db)), derived=requirement.c_n_db is None)

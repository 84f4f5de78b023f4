"""What a service requires of the link, in C/N."""

import math

from d2c.link.rate import required_c_n_db
from d2c.scenario.systems import Requirement, Service


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

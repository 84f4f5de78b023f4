"""Required C/N of services: from their bits with all headers, or as a source or an operator states it."""

import math
from dataclasses import dataclass

from d2c.errors import ScenarioError
from d2c.library.models import Requirement, Service, ServiceRule
from d2c.link.rate import CQI_BLOCK_ERROR_RATE, cqi, required_c_n_db, required_cqi


@dataclass(frozen=True, slots=True)
class RequiredCN:
    """Required C/N of one direction of a service."""

    c_n_db: float
    cqi: int
    """Channel quality indicator (CQI) that carries the bits; for a stated C/N the one at this C/N, 0 below CQI 1."""
    repetitions: int
    """Number of times that each block is sent; 1 for a stated C/N."""
    block_error_rate: float | None
    """None for a stated C/N."""
    derived: bool
    """True if the C/N is derived from the bits, false if a source states it."""


def service_by_rule(service: Service, rule: ServiceRule, *, name: str) -> Service:
    """Return the service with the downlink requirement of a rule; its bits stay.

    ScenarioError for a service without a C/N by the rule `operator-reported`.
    """
    if rule == "bits":
        return service
    reported = service.operator_reported_c_n_db
    if reported is None:
        raise ScenarioError(
            f"[link] service_rule = '{rule}': service '{name}' has no operator_reported_c_n_db; state it in the "
            "service's file, or use service_rule = 'bits'"
        )
    return service.model_copy(update={"downlink": service.downlink.model_copy(update={"c_n_db": reported})})


def downlink_c_n_db(service: Service) -> float:
    """Return the required downlink C/N."""
    return requirement_c_n_db(service.downlink)


def uplink_c_n_db(service: Service) -> float:
    """Return the required uplink C/N; minus infinity for a service without uplink."""
    return requirement_c_n_db(service.uplink) if service.uplink else -math.inf


def requirement_c_n_db(requirement: Requirement) -> float:
    """Return the stated C/N, or that of the bits, repetitions and block error rate."""
    return required_cn_with_cqi(requirement).c_n_db


def required_bit_rate_bit_s(requirement: Requirement) -> float | None:
    """Return the average bit rate with all headers, whatever states the C/N; None where only a C/N is stated."""
    rate = requirement.bit_rate_kbps
    return None if rate is None else rate.value * 1e3


def required_cn_with_cqi(requirement: Requirement) -> RequiredCN:
    """Return the required C/N with its CQI. Source: TS 36.213, table 7.2.3-1."""
    if requirement.c_n_db is not None:
        c_n_db = requirement.c_n_db.value
        return RequiredCN(c_n_db, int(cqi(c_n_db)), 1, None, derived=False)
    bit_rate_bit_s = required_bit_rate_bit_s(requirement)
    assert bit_rate_bit_s is not None  # checked by Requirement
    assert requirement.bandwidth_mhz is not None
    bandwidth_hz = requirement.bandwidth_mhz.value * 1e6
    repetitions = requirement.times_sent
    lost = requirement.block_error_rate
    block_error_rate = CQI_BLOCK_ERROR_RATE if lost is None else lost.value
    return RequiredCN(
        required_c_n_db(
            bit_rate_bit_s=bit_rate_bit_s,
            bandwidth_hz=bandwidth_hz,
            repetitions=repetitions,
            block_error_rate=block_error_rate,
        ),
        required_cqi(bit_rate_bit_s=bit_rate_bit_s * repetitions, bandwidth_hz=bandwidth_hz),
        repetitions,
        block_error_rate,
        derived=True,
    )


def requirement_text(requirement: Requirement) -> str:
    """Say what decides the C/N: the bits with their repetitions and block error rate, or who states it."""
    if requirement.c_n_db is not None:
        stated = requirement.c_n_db
        return "; ".join(filter(None, (stated.source, stated.assumed and f"assumed: {stated.assumed}")))
    assert requirement.bit_rate_kbps is not None  # checked by Requirement
    assert requirement.bandwidth_mhz is not None
    required = required_cn_with_cqi(requirement)
    assert required.block_error_rate is not None
    sent = "once" if required.repetitions == 1 else f"{required.repetitions} times"
    return (
        f"{requirement.bit_rate_kbps.value:g} kbit/s with all headers in {requirement.bandwidth_mhz.value:g} MHz, "
        f"each block sent {sent}, block error rate {100 * required.block_error_rate:g} %"
    )

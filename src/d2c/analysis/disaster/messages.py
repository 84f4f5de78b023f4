"""Message delivery after a disaster: the time until everybody in an area has sent messages over a loaded network.

The network gives the phones served at each step, and the share of time that the beam of a satellite gives each beam
cell. In its share a beam carries messages, shared among its users in proportion to the messages still queued (all are
queued at the same instant, without priority). Each phone of a cell stands for as many people and stays where it is:
one that is never served never sends. The queue is a fluid model, not single messages, and a step counts at its end.
Messages still queued at the end of the span are carried in a repetition of its contacts: right for durations, not for
times of day.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.disaster.contacts import Contacts
from d2c.coverage.kernels.message_queue import drain
from d2c.coverage.network.levels import beam_rates_bit_s
from d2c.errors import ScenarioError
from d2c.library.models import Service
from d2c.library.traffic import Traffic
from d2c.link.budget import RadioLink
from d2c.link.rate import RESOURCE_BLOCK_HZ, rate_table, useful_symbols_per_s
from d2c.link.service import required_cn_with_cqi
from d2c.scenario import model

MAX_DELIVERY_S = 3 * 86_400.0
_ROUNDING = 1e-9  # tolerance of comparisons with a threshold

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BeamCapacity:
    """The capacity of a beam that is always alight over a place, in messages per second: up, down, and both.

    resource_blocks: handsets that transmit at once; message_s: time that one message occupies a resource block;
    downlink_bit_s: bit rate of the beam to a handset at the C/N required by the service.
    """

    resource_blocks: int
    message_s: float
    downlink_bit_s: float
    uplink_per_s: float
    downlink_per_s: float

    @property
    def per_s(self) -> float:
        """Return the capacity of the weaker direction."""
        return min(self.uplink_per_s, self.downlink_per_s)


def beam_capacity(traffic: Traffic, service: Service, *, link: RadioLink, beams: model.Beams) -> BeamCapacity:
    """Return the message capacity of an active beam.

    The uplink channel is assumed to be as wide as that of the downlink. ScenarioError for a service without an uplink,
    and for a traffic bit rate above that of a resource block at the C/N required by the service.
    """
    _check_uplink(traffic, service)
    bandwidth_hz = link.payload.downlink.bandwidth_mhz.value * 1e6 / beams.reuse
    blocks = int(bandwidth_hz / RESOURCE_BLOCK_HZ + 1e-9)
    message_bit = 8 * (traffic.message_octets.value + traffic.overhead_octets.value)
    message_s = message_bit / (traffic.uplink_kbps.value * 1e3)
    down = required_cn_with_cqi(service.downlink)
    downlink_bit_s = float(beam_rates_bit_s(beams, link)[down.cqi]) / down.repetitions
    return BeamCapacity(
        resource_blocks=blocks,
        message_s=message_s,
        downlink_bit_s=downlink_bit_s,
        uplink_per_s=traffic.uplink_use_percent.value / 100 * blocks / message_s,
        downlink_per_s=traffic.downlink_use_percent.value
        / 100
        * downlink_bit_s
        / (8 * traffic.downlink_octets.value),
    )


def _check_uplink(traffic: Traffic, service: Service) -> None:
    if service.uplink is None:
        raise ScenarioError(f"service '{service.title}' has no uplink, so that it carries no messages")
    symbols_per_s = useful_symbols_per_s(RESOURCE_BLOCK_HZ)
    up = required_cn_with_cqi(service.uplink)
    efficiency = np.append(0.0, rate_table("cqi")["efficiency_bit_symbol"])
    carried = float(efficiency[up.cqi]) * symbols_per_s / up.repetitions
    if traffic.uplink_kbps.value * 1e3 > carried:
        raise ScenarioError(
            f"traffic '{traffic.title}': uplink_kbps = {traffic.uplink_kbps.value:g} is more than the "
            f"{carried / 1e3:.1f} kbit/s of one resource block at the C/N that '{service.title}' requires"
        )


@dataclass(frozen=True, eq=False, slots=True)
class MessageDelivery:
    """The queue of messages of the P phones of G cells over N steps.

    queued (N + 1,): messages queued at the start and at the end of each step; span_steps: steps after which the
    contacts repeat. done_s (G, P): time at which the last message of each phone is sent, NaN if not known.
    """

    queued: Floats
    done_s: Floats
    step_s: float
    span_steps: int

    def __post_init__(self) -> None:
        """Lock the arrays."""
        self.queued.flags.writeable = self.done_s.flags.writeable = False

    def share_sent(self) -> Floats:
        """Return the share of all messages sent, (N + 1,); one if there are none."""
        total = self.queued[0]
        return 1.0 - self.queued / total if total > 0 else np.ones(len(self.queued))

    def sent_within_span(self) -> float:
        """Return the share of all messages sent within the span."""
        return float(self.share_sent()[: self.span_steps + 1][-1])

    def time_until_s(self, share: float) -> float:
        """Return the time at which this share of all messages is sent; NaN if not known."""
        reached = np.flatnonzero(
            self.queued <= (1.0 - share + (_ROUNDING if share < 1 else 0.0)) * self.queued[0]
        )
        return float(reached[0] * self.step_s) if reached.size else float("nan")


def send_messages(
    contacts: Contacts, *, per_person: float, per_s: float, max_delivery_s: float = MAX_DELIVERY_S
) -> MessageDelivery:
    """Simulate the delivery of the messages of all people at `per_s` messages per second of a beam's share of time.

    It ends when all are sent, when a whole span carries none, or after max_delivery_s (the span at least).
    """
    steps, step_s = contacts.steps, contacts.step_s
    _, beam = np.unique(contacts.beam_cell, return_inverse=True)
    queue = contacts.people_per_phone() * float(per_person)
    done = np.where(queue > 0, -1, 0)
    queued = np.zeros(max(steps, int(max_delivery_s / step_s)) + 1)
    queued[0] = queue.sum()
    played = drain(
        contacts.served_bits,
        beam,
        per_s * step_s * contacts.share.astype(np.float64),
        _ROUNDING,
        queue,
        done,
        queued,
    )
    done_s = np.where(done < 0, np.nan, done * step_s)
    return MessageDelivery(queued[: played + 1].copy(), done_s, step_s, steps)


def messages_per_hour(contacts: Contacts, *, per_s: float) -> float:
    """Return the mean capacity over the populated cells that are served, in messages per hour, whatever the queue."""
    return float(contacts.beams_in_use().mean()) * per_s * 3600.0

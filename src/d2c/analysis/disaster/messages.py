"""How long until everybody in an area has sent a message by a loaded network.

The network decides at each step which cells are served. Each lit beam then carries so many messages a step, shared
among the people it serves in proportion to how many still wait (all began at the same instant, so nobody is
first). The queue is a flow, not single messages, and what happens in a step counts at its end. Who still waits at
the end of the span meets its contacts again, in the same order: right for how long, not for when.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.engine.engine import ProgressCallback, local_engine, run_span, span_job
from d2c.coverage.inputs import Inputs
from d2c.coverage.network.interference import beam_rates_bit_s
from d2c.coverage.radio import kernel_link
from d2c.coverage.windows import FrameClock
from d2c.errors import ScenarioError
from d2c.library.models import Service
from d2c.library.traffic import Traffic
from d2c.link.budget import RadioLink
from d2c.link.rate import NR_OVERHEAD, RESOURCE_BLOCK_HZ, SYMBOLS_PER_S_HZ, cqi, efficiency_bit_symbol
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.scenario import model

MOST_CELLS = 20_000  # every cell's every step is kept
PATIENCE_S = 3 * 86_400.0
_JUST = 1e-9  # what is reached but for the last digits is reached

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Contacts:
    """When the G cells of an area are served, over T steps.

    served (T, G) bool; beam_cell (G,): whose beam each shares, -1 for none; people (G,): who lives there.
    """

    served: NDArray[np.bool_]
    beam_cell: Longs
    people: Longs
    step_s: float

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for values in (self.served, self.beam_cell, self.people):
            values.flags.writeable = False

    @property
    def span_s(self) -> float:
        """Return the length of the span."""
        return len(self.served) * self.step_s

    def next_contact_s(self) -> Floats:
        """Return how long each cell waits from the first instant on, (G,); NaN for the whole span."""
        return np.where(self.served.any(axis=0), self.served.argmax(axis=0) * self.step_s, np.nan)

    def minutes_per_hour(self) -> Floats:
        """Return for how many minutes of an hour each cell is served, (G,)."""
        return np.asarray(60.0 * self.served.mean(axis=0))

    def beams_in_use(self) -> Longs:
        """Return how many beams serve a cell with people at each step, (T,)."""
        home = self.people > 0
        _, beam = np.unique(self.beam_cell[home], return_inverse=True)
        serving = np.zeros((len(self.served), beam.max(initial=-1) + 1), bool)
        for k in range(serving.shape[1]):
            serving[:, k] = self.served[:, home][:, beam == k].any(axis=1)
        return np.asarray(serving.sum(axis=1))


def contacts_of(
    scenario: model.Scenario, inputs: Inputs, *, show: ProgressCallback | None = None
) -> Contacts:
    """Return when the first service of a scenario with beams serves each cell.

    ScenarioError for more than 20,000 cells, or without beams.
    """
    if inputs.beams is None:
        raise ScenarioError(f"'{scenario.title}' has no [beams]: without them nothing limits a satellite")
    if len(inputs.grid) > MOST_CELLS:
        raise ScenarioError(
            f"[grid]: {len(inputs.grid):,} cells are more than the {MOST_CELLS:,} whose every step is kept; "
            "make the area smaller or the cells larger, such as --set grid.resolution=5"
        )
    radio, levels = kernel_link(scenario, inputs)
    step_us = scenario.time.step_us
    # with frames of a step each, the engine says what every step served
    task = replace(span_job(scenario, inputs, radio, levels), clock=FrameClock(step_us, step_us))
    seen = run_span(scenario, inputs, local_engine(task), show=show)
    return Contacts(
        served=seen.frames.served[:, 0] > 0,
        beam_cell=inputs.beams.cell.copy(),
        people=inputs.population.copy(),
        step_s=step_us / 1e6,
    )


@dataclass(frozen=True, slots=True)
class Capacity:
    """What one lit beam carries, in messages per second: by its uplink, by its downlink, and by both.

    resource_blocks: handsets that send at once; message_s: how long one message holds a block; downlink_bit_s: what
    the beam carries to a handset for which the service just closes.
    """

    resource_blocks: int
    message_s: float
    downlink_bit_s: float
    uplink_per_s: float
    downlink_per_s: float

    @property
    def per_s(self) -> float:
        """Return what both directions carry."""
        return min(self.uplink_per_s, self.downlink_per_s)


def capacity_of(traffic: Traffic, service: Service, *, link: RadioLink, beams: model.Beams) -> Capacity:
    """Return what a lit beam carries.

    The uplink channel is taken to be as wide as the downlink's. ScenarioError for a service without an uplink, and
    for a bit rate of the traffic that the service's uplink does not carry.
    """
    _check_uplink(traffic, service)
    bandwidth_hz = link.payload.downlink.bandwidth_mhz.value * 1e6 / beams.reuse
    blocks = int(bandwidth_hz / RESOURCE_BLOCK_HZ + 1e-9)
    message_bit = 8 * (traffic.message_octets.value + traffic.overhead_octets.value)
    message_s = message_bit / (traffic.uplink_kbps.value * 1e3)
    downlink_bit_s = float(beam_rates_bit_s(beams, link)[cqi(downlink_c_n_db(service))])
    return Capacity(
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
        raise ScenarioError(f"service '{service.title}' has no uplink, so nobody sends anything by it")
    symbols_per_s = RESOURCE_BLOCK_HZ * SYMBOLS_PER_S_HZ * (1.0 - NR_OVERHEAD["downlink"])
    carried = float(efficiency_bit_symbol(c_n_db=uplink_c_n_db(service))) * symbols_per_s
    if traffic.uplink_kbps.value * 1e3 > carried:
        raise ScenarioError(
            f"traffic '{traffic.title}': uplink_kbps = {traffic.uplink_kbps.value:g} is more than the "
            f"{carried / 1e3:.1f} kbit/s of one resource block where '{service.title}' just closes"
        )


@dataclass(frozen=True, eq=False, slots=True)
class Sending:
    """How the messages of G cells leave.

    left (N + 1,): messages that wait at the instant, and at the end of each step; span_steps: those after which the
    contacts repeat. cell_done_s (G,): when the last message of each cell has left, NaN where that is not known.
    """

    left: Floats
    cell_done_s: Floats
    step_s: float
    span_steps: int

    def __post_init__(self) -> None:
        """Lock the arrays."""
        self.left.flags.writeable = self.cell_done_s.flags.writeable = False

    def share_sent(self) -> Floats:
        """Return which share of all messages has left, (N + 1,); one where there are none."""
        total = self.left[0]
        return 1.0 - self.left / total if total > 0 else np.ones(len(self.left))

    def sent_within_span(self) -> float:
        """Return which share of all messages leaves within the span."""
        return float(self.share_sent()[: self.span_steps + 1][-1])

    def time_until_s(self, share: float) -> float:
        """Return when this share of all messages has left; NaN if that is not known."""
        reached = np.flatnonzero(self.left <= (1.0 - share + (_JUST if share < 1 else 0.0)) * self.left[0])
        return float(reached[0] * self.step_s) if reached.size else float("nan")


def send_messages(
    contacts: Contacts, *, per_person: float, per_s: float, patience_s: float = PATIENCE_S
) -> Sending:
    """Return how the messages of all people leave, when each lit beam carries so many per second.

    It ends when all have left, when a whole span carries nothing more, or after the patience (the span at least).
    """
    steps, step_s = len(contacts.served), contacts.step_s
    beams, beam = np.unique(contacts.beam_cell, return_inverse=True)
    most = per_s * step_s
    waiting = contacts.people * float(per_person)
    done_s = np.where(waiting > 0, np.nan, 0.0)
    left = [float(waiting.sum())]
    for step in range(max(steps, int(patience_s / step_s))):
        if left[-1] == 0 or (step >= steps and left[-1] == left[-1 - steps]):
            break
        asking = np.where(contacts.served[step % steps], waiting, 0.0)
        queue = np.bincount(beam, asking, minlength=len(beams))
        carried = np.ones(len(beams))  # exactly one where all are, so that exactly nobody is left
        np.divide(most, queue, out=carried, where=queue > most * (1.0 + _JUST))
        waiting = waiting - asking * carried[beam]
        done_s[(waiting == 0) & np.isnan(done_s)] = (step + 1) * step_s
        left.append(float(waiting.sum()))
    return Sending(np.array(left), done_s, step_s, steps)


def messages_per_hour(contacts: Contacts, *, per_s: float) -> float:
    """Return how many messages an hour the beams carry that serve somebody, however many wait."""
    return float(contacts.beams_in_use().mean()) * per_s * 3600.0

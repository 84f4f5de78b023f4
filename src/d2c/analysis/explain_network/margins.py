"""Margins of services in a network of beams: by the levels of both directions, and by the time of the beam."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.cell import NetworkCell
from d2c.coverage.kernels.link_curves import BINS_PER_DB
from d2c.coverage.network.levels import beam_rates_bit_s, block_rates_bit_s
from d2c.library.models import Requirement, Service
from d2c.link.rate import cqi
from d2c.link.service import (
    downlink_c_n_db,
    required_bit_rate_bit_s,
    uplink_c_n_db,
)
from d2c.units import to_db

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class BeamAtHand(NamedTuple):
    """Beams that may serve, all of one shape.

    cell: its beam cell; share: of time that its users have; uplink_db: C/N up without noise rise, for a phone that
    loses nothing, infinite for a payload without an uplink.
    """

    cell: Ints
    share: Floats
    uplink_db: Floats

    def each(self, take: Callable[[NDArray[Any]], Any]) -> "BeamAtHand":
        """Return what a function takes of each field."""
        return BeamAtHand(take(self.cell), take(self.share), take(self.uplink_db))


@dataclass(frozen=True, eq=False, slots=True)
class NetworkMargins:
    """Computes the margins of services; users (B,): who share the time of the beam of each cell, over one.

    beam_bit_s, block_bit_s (16,): what a beam carries down and a user's resource block up, by CQI.
    """

    cell: NetworkCell
    users: Floats
    beam_bit_s: Ints
    block_bit_s: Ints

    @classmethod
    def of(cls, cell: NetworkCell) -> "NetworkMargins":
        """Return the margins of a cell's services."""
        beams = cell.plan.beams
        return cls(
            cell,
            cell.plan.users_at_once,
            beam_rates_bit_s(beams, cell.link),
            block_rates_bit_s(cell.link),
        )

    def margins_db(
        self,
        level_db: Floats,
        mean_interference: Floats,
        loss_db: Floats,
        beam: BeamAtHand,
        *,
        with_capacity: bool = True,
    ) -> Floats:
        """Return the margins (V, ...) at the C/N of the serving beam, minus infinity where a phone cannot camp.

        loss_db: of the phone on the way to the beam's satellite; all of one shape.
        """
        camped, _ = self.cell.camping(level_db, mean_interference)
        down_db = self.cell.data_c_in_db(level_db, mean_interference)
        up_db = beam.uplink_db - loss_db - self.cell.plan.beams.noise_rise_db
        margins = []
        for service in self.cell.services.values():
            margin_db = down_db - downlink_c_n_db(service)
            if service.uplink:
                margin_db = np.minimum(margin_db, up_db - uplink_c_n_db(service))
            if with_capacity:
                margin_db = np.minimum(margin_db, self._of_capacity_db(service, down_db, up_db, beam))
            margins.append(np.where(camped, margin_db, -np.inf))
        return np.array(margins)

    def _of_capacity_db(self, service: Service, down_db: Floats, up_db: Floats, beam: BeamAtHand) -> Floats:
        """Return what the beam's time carries over what a service asks of it.

        Down, all users at once of the beam cell share it, but for a service without an uplink, which is broadcast. Up,
        each has a resource block of its own, for as long as the satellite receives there.
        """
        beams = self.cell.plan.beams
        share_db = to_db(np.maximum(beam.share, 1e-12))
        users_db = to_db(self.users[beam.cell]) if service.uplink else 0.0
        margin_db = _carried_db(self.beam_bit_s, service.downlink, down_db) + share_db - users_db
        if beams.receive == "hopping" and service.uplink:
            sent_db = _carried_db(self.block_bit_s, service.uplink, up_db) + share_db
            margin_db = np.minimum(margin_db, sent_db)
        return np.asarray(margin_db)


def _carried_db(rate_bit_s: Ints, requirement: Requirement, level_db: Floats) -> Floats:
    """Return what is carried at a level over the bits of one user; infinite for a service whose bits are not known.

    Repetitions add to the level, and are sent too. The level is that of the middle of its bin of 0.1 dB, as the run
    has it.
    """
    asked_bit_s = required_bit_rate_bit_s(requirement)
    if asked_bit_s is None:
        return np.full(level_db.shape, np.inf)
    times = requirement.times_sent
    # where nothing is carried the margin is low, but still one of a phone that camps
    carried_bit_s = np.maximum(rate_bit_s[cqi(middle_of_bin(level_db + to_db(times)))], 1e-100)
    return np.asarray(to_db(carried_bit_s / (asked_bit_s * times)))


def middle_of_bin(level_db: Floats) -> Floats:
    """Return the middle of the bin of 0.1 dB that each level is in."""
    return np.asarray((np.floor(level_db * BINS_PER_DB) + 0.5) / BINS_PER_DB)

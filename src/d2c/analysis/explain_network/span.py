"""Levels and services of one cell over the span, sampled as the run does.

The association of satellites with beam cells and the hop shares are the kernel's; levels are `BeamLevels` in float64,
and what phones lose over them `Phones.loss_db`. Levels and interference are taken at one point of the cell at each
level step, services in its centre at each time step, with the mean interference of the level step before.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.around import (
    BeamsAroundCell,
    beams_around,
    open_margins_db,
    phone_margins,
)
from d2c.analysis.explain_network.cell import NEAR_DB, NetworkCell
from d2c.analysis.explain_network.margins import NetworkMargins
from d2c.analysis.explain_network.sampled_levels import NetworkLevels, SampledLevels
from d2c.analysis.phone_margins import PhoneMargins, join_margins
from d2c.coverage.inputs import Inputs, position_stream
from d2c.coverage.network.association import hopping_beams
from d2c.coverage.network.levels import HYSTERESIS_DB

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BEAMS_AT_ONCE = 300_000


@dataclass(frozen=True, eq=False, slots=True)
class NetworkSpan:
    """Levels at the level steps, and services in the centre of the cell at T steps.

    margin_db (V, T): of a phone in the line of sight that loses nothing by its posture, NaN without a beam to camp on;
    phones: of the cell's own; handovers: of a phone that loses nothing, doubtful_handovers: how many float32 may count
    otherwise; decayed_at (S,): decay step of each satellite.
    """

    levels: NetworkLevels
    margin_db: Floats
    phones: PhoneMargins
    handovers: int
    doubtful_handovers: int
    decayed_at: Ints

    @property
    def camped(self) -> NDArray[np.bool_]:
        """Return whether the phone that loses nothing has a beam to camp on, (T,)."""
        return np.asarray(~np.isnan(self.margin_db[0]))


def explain_network_span(cell: NetworkCell, inputs: Inputs) -> NetworkSpan:
    """Return the whole span of a cell."""
    length = max(_BEAMS_AT_ONCE // len(cell.plan), 1)
    levels, margins, handovers = SampledLevels(cell), NetworkMargins.of(cell), _Handovers(cell)
    of_open, of_phones = [], []
    for window in position_stream(cell.scenario, inputs).steps_before(cell.scenario.time.samples):
        for at in range(0, len(window.position_m), length):
            position_m = window.position_m[at : at + length]
            step = window.first + at + np.arange(len(position_m))
            _, beams = hopping_beams(position_m, cell.association)
            levels.add(beams, position_m, step)
            around = beams_around(cell, beams, position_m)
            held = levels.held_at(step)
            of_open.append(open_margins_db(margins, around.choices, held.exact))
            of_phones.append(phone_margins(margins, around.choices, held))
            handovers.add(around, step)
    margin_db = np.concatenate(of_open, axis=1)
    return NetworkSpan(
        levels=levels.result(),
        margin_db=np.where(margin_db > -np.inf, margin_db, np.nan),
        phones=join_margins(of_phones),
        handovers=handovers.number,
        doubtful_handovers=handovers.doubtful,
        decayed_at=window.decayed_at,
    )


class _Handovers:
    """Handovers of a phone that goes to another beam when that is stronger by a hysteresis, or its own is gone."""

    def __init__(self, cell: NetworkCell) -> None:
        self._cell = cell
        self._before = -1, -1  # beam cell, as a column, and satellite at the last compared step
        self.number, self.doubtful = 0, 0

    def add(self, around: BeamsAroundCell, step: Ints) -> None:
        """Compare the beams of the steps at which they are compared."""
        over_db = self._cell.over_rsrp_limit_db(around.level_db)
        camped, doubtful = over_db >= 0, around.tie | (np.abs(over_db) < NEAR_DB)
        for t in np.flatnonzero(step % self._cell.compared_every == 0).tolist():
            column, satellite = self._before
            if camped[t] and column >= 0:
                kept = satellite == around.satellite[t, column]
                lead_db = around.level_db[t] - around.c_n_db[t, column] if kept else np.inf
                self.number += int(lead_db > HYSTERESIS_DB)
                self.doubtful += int(abs(lead_db - HYSTERESIS_DB) < NEAR_DB)
            self.doubtful += 2 * int(doubtful[t])  # here and at the next one
            server = int(around.server[t])
            self._before = (server, int(around.satellite[t, server])) if camped[t] else (-1, -1)

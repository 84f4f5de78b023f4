"""Levels and services of one cell over the span, sampled as the run does.

The association of satellites with beam cells and the hop shares are the kernel's; levels are `BeamLevels` in float64.
Levels and interference are taken at one point of the cell at each level step, services in its centre at each time
step, with the mean interference of the level step before.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.beam_levels import BeamList, list_beams, uplink_c_n_db
from d2c.analysis.explain_network.cell import NEAR_DB, NetworkCell, strongest
from d2c.analysis.explain_network.far_beams import FarBeams
from d2c.analysis.explain_network.interference import (
    Interference,
    Outcomes,
    interference_of,
    near_interference,
    no_interference,
    outcomes_of,
)
from d2c.coverage.inputs import Inputs, position_stream
from d2c.coverage.kernels.network_layout import HoppingBeams
from d2c.coverage.network.association import hopping_beams
from d2c.coverage.network.levels import HYSTERESIS_DB
from d2c.units import from_db

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_BEAMS_AT_ONCE = 300_000


@dataclass(frozen=True, eq=False, slots=True)
class NetworkLevels:
    """Levels of a cell at L level steps, at one of its points.

    c_n_db (L,): of the strongest beam, minus infinity for none; share (L,): of its time; camped (L,): whether a phone
    camps on it; doubtful (L,): whether float32 may decide otherwise, or take another beam; held (L,): mean interference
    over noise with the beam's own share in it, for the steps up to the next level step; outcomes: of the interference.
    """

    c_n_db: Floats
    share: Floats
    camped: Flags
    doubtful: Flags
    held: Floats
    outcomes: Outcomes


@dataclass(frozen=True, eq=False, slots=True)
class NetworkSpan:
    """Levels at the level steps, and services in the centre of the cell at T steps.

    camped (T,), doubtful (T,): as in NetworkLevels; margin_db (V, T): NaN without a beam to camp on; handovers: of a
    phone, doubtful_handovers: how many float32 may count otherwise; decayed_at (S,): decay step of each satellite.
    """

    levels: NetworkLevels
    camped: Flags
    doubtful: Flags
    margin_db: Floats
    handovers: int
    doubtful_handovers: int
    decayed_at: Ints


def explain_network_span(cell: NetworkCell, inputs: Inputs) -> NetworkSpan:
    """Return the whole span of a cell."""
    length = max(_BEAMS_AT_ONCE // len(cell.plan), 1)
    levels, services, handovers = _LevelSteps(cell), [], _Handovers(cell)
    for window in position_stream(cell.scenario, inputs).steps_before(cell.scenario.time.samples):
        for at in range(0, len(window.position_m), length):
            position_m = window.position_m[at : at + length]
            step = window.first + at + np.arange(len(position_m))
            _, beams = hopping_beams(position_m, cell.association)
            levels.add(beams, position_m, step)
            around = _around(cell, beams, position_m)
            services.append(_services(cell, around, levels.held_at(step)))
            handovers.add(around, step)
    return NetworkSpan(
        levels=levels.result(),
        camped=np.concatenate([part.camped for part in services]),
        doubtful=np.concatenate([part.doubtful for part in services]),
        margin_db=np.concatenate([part.margin_db for part in services], axis=1),
        handovers=handovers.number,
        doubtful_handovers=handovers.doubtful,
        decayed_at=window.decayed_at,
    )


class _LevelSteps:
    """The level steps of a cell while they are computed."""

    def __init__(self, cell: NetworkCell) -> None:
        self._cell = cell
        self._server: list[tuple[float, float, bool]] = []  # C/N, share, whether another beam is as strong
        self._interference: list[Interference] = []
        self._held: list[float] = []

    def add(self, beams: HoppingBeams, position_m: Floats, step: Ints) -> None:
        """Add the level steps among some steps; position_m (T, S, 3)."""
        rows = np.flatnonzero(self._cell.level_steps.among(step))
        if rows.size:
            listed = list_beams(beams, position_m, rows)
            levels = self._cell.levels_at_point(listed, step[listed.step])
            far = self._cell.far_beams_at_point(beams, listed, levels, step[listed.step])
            for row in rows.tolist():
                of_step, part, pairs = listed.of_step(row)
                self._add_step(of_step, far.of_pairs(pairs), levels.c_n_db[part])

    def _add_step(self, beams: BeamList, far: FarBeams, c_n_db: Floats) -> None:
        around = self._cell.column[beams.cell] >= 0
        server, tie = strongest(np.append(np.where(around, c_n_db, -np.inf), -np.inf))
        if server < 0:
            self._server.append((-np.inf, 0.0, False))
            self._interference.append(no_interference())
            self._held.append(0.0)
            return
        c_n = from_db(c_n_db)
        interference = interference_of(beams, far, c_n, int(server), around=around, rules=self._cell.rules)
        self._server.append((float(c_n_db[server]), float(beams.share[server]), bool(tie)))
        self._interference.append(interference)
        self._held.append(max(interference.mean - interference.near, 0.0))

    def held_at(self, step: Ints) -> Floats:
        """Return the mean interference of the level step before each step, of all beams but those around."""
        return np.array(self._held)[self._cell.level_steps.number(step)]

    def result(self) -> NetworkLevels:
        """Return the level steps."""
        c_n_db, share, tie = (np.array(values) for values in zip(*self._server, strict=True))
        camped, near = self._cell.camping(c_n_db, np.array([one.mean for one in self._interference]))
        return NetworkLevels(
            c_n_db=c_n_db,
            share=share,
            camped=camped,
            doubtful=near | tie,
            held=np.array(self._held),
            outcomes=outcomes_of(self._interference),
        )


class _Around(NamedTuple):
    """The beams of the K beam cells around a cell at T steps.

    c_n_db (T, K): in the centre of the cell, minus infinity for none; satellite (T, K): -1 for none. Of the strongest
    beam (T,): server, its column, -1 for none; tie, whether another one is as strong; level_db; near, the mean
    interference of the others around; uplink_db, its C/N up without noise rise, NaN for none.
    """

    c_n_db: Floats
    satellite: Ints
    server: Ints
    tie: Flags
    level_db: Floats
    near: Floats
    uplink_db: Floats


def _around(cell: NetworkCell, beams: HoppingBeams, position_m: Floats) -> _Around:
    steps = np.arange(len(position_m))
    listed = list_beams(beams, position_m, steps, wanted=cell.column >= 0)
    levels = cell.levels_in_centre(listed)
    at = listed.step[listed.pair], cell.column[listed.cell]
    shape = len(position_m), cell.plan.candidates.shape[1]
    c_n_db, beam, satellite = np.full(shape, -np.inf), np.full(shape, -1), np.full(shape, -1)
    c_n_db[at], beam[at] = levels.c_n_db, np.arange(len(listed.cell))
    satellite[at] = listed.satellite[listed.pair]
    server, tie = strongest(c_n_db)
    served = np.flatnonzero(server >= 0)
    which = beam[served, server[served]]
    of_step, uplink_db = np.full(len(steps), -1), np.full(len(steps), np.nan)
    of_step[served] = which
    near = near_interference(listed, from_db(levels.c_n_db), of_step, rules=cell.rules)
    uplink_db[served] = uplink_c_n_db(
        cell.link,
        listed,
        levels,
        which,
        centre_m=cell.plan.lattice.position_m,
        place_m=np.broadcast_to(cell.centre_m, listed.satellite_m.shape),
    )
    return _Around(c_n_db, satellite, server, tie, c_n_db.max(axis=1), near, uplink_db)


class _Services(NamedTuple):
    """Services at T steps, as in NetworkSpan."""

    camped: Flags
    doubtful: Flags
    margin_db: Floats


def _services(cell: NetworkCell, around: _Around, held: Floats) -> _Services:
    """Return the services; held (T,): mean interference, but of the beams around, at the level step before."""
    interference = held + around.near
    camped, near = cell.camping(around.level_db, interference)
    margin_db = cell.margins_db(cell.data_c_in_db(around.level_db, interference), around.uplink_db)
    return _Services(camped, near | around.tie, np.where(camped, margin_db, np.nan))


class _Handovers:
    """Handovers of a phone that goes to another beam when that is stronger by a hysteresis, or its own is gone."""

    def __init__(self, cell: NetworkCell) -> None:
        self._cell = cell
        self._before = -1, -1  # beam cell, as a column, and satellite at the last compared step
        self.number, self.doubtful = 0, 0

    def add(self, around: _Around, step: Ints) -> None:
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

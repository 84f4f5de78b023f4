"""Levels of a cell at the level steps, at one of its points, as the phone hears them that the cell plays there."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.beam_levels import BeamList, list_beams
from d2c.analysis.explain_network.cell import NEAR_DB, NetworkCell, strongest
from d2c.analysis.explain_network.far_beams import FarBeams
from d2c.analysis.explain_network.interference import (
    Interference,
    Outcomes,
    interference_of,
    no_interference,
    outcomes_of,
)
from d2c.analysis.phone_losses import PhoneLosses
from d2c.analysis.phone_margins import TIE_DB
from d2c.coverage.kernels.network_layout import HoppingBeams
from d2c.units import from_db, to_db

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Held(NamedTuple):
    """Mean interference over noise of all beams but those around the cell, to a phone that loses nothing by posture.

    exact, least and most (L,): as float32 may have it, where it may take another serving beam at the level step.
    """

    exact: Floats
    least: Floats
    most: Floats

    def at(self, number: Ints) -> "Held":
        """Return it at some level steps, by their numbers."""
        return Held(*(values[number] for values in self))


@dataclass(frozen=True, eq=False, slots=True)
class NetworkLevels:
    """Levels of a cell at L level steps, at one of its points, for the phone that it plays there.

    c_n_db (L,): of the strongest beam, minus infinity for none; share (L,): of its time; camped (L,): whether the phone
    camps on it; doubtful (L,): whether float32 may decide otherwise, or take another beam; held: for the steps up to
    the next level step; outcomes: of the interference.
    """

    c_n_db: Floats
    share: Floats
    camped: Flags
    doubtful: Flags
    held: Held
    outcomes: Outcomes


class _Heard(NamedTuple):
    """The beams of one step as a phone hears them: in the open (N,), its losses (K,), and what phones keep (K,)."""

    beams: BeamList
    far: FarBeams
    open_db: Floats
    around: Flags
    loss_db: PhoneLosses
    expected: PhoneLosses

    def interference(self, cell: NetworkCell, server: int, gain: Floats) -> Interference:
        """Return the interference while a beam is alight, of satellites of which a phone keeps so much (K,)."""
        far = self.far.heard(gain, gain**2)
        c_n = from_db(self.open_db) * gain[self.beams.pair]
        return interference_of(self.beams, far, c_n, server, around=self.around, rules=cell.rules)

    def possible_servers(self) -> Ints:
        """Return the beams around that may be the strongest: of each satellite its own strongest."""
        pair = self.beams.pair
        level_db = np.where(self.around, self.open_db, -np.inf)
        own_best = np.full(len(self.loss_db.exact), -np.inf)
        np.maximum.at(own_best, pair, level_db)
        least = level_db - self.loss_db.most[pair]
        possible = level_db - self.loss_db.least[pair] > least.max(initial=-np.inf) - TIE_DB
        return np.flatnonzero(possible & (level_db > own_best[pair] - TIE_DB) & (level_db > -np.inf))


class SampledLevels:
    """The level steps of a cell while they are computed."""

    def __init__(self, cell: NetworkCell) -> None:
        """Begin without any."""
        self._cell = cell
        self._server: list[tuple[float, float, bool]] = []  # C/N, share, whether float32 may find another
        self._interference: list[Interference] = []
        self._held: list[tuple[float, float, float]] = []

    def add(self, beams: HoppingBeams, position_m: Floats, step: Ints) -> None:
        """Add the level steps among some steps; position_m (T, S, 3)."""
        rows = np.flatnonzero(self._cell.level_steps.among(step))
        if not rows.size:
            return
        listed = list_beams(beams, position_m, rows)
        of_pair = step[listed.step]
        levels = self._cell.levels_at_point(listed, of_pair)
        apart = self._cell.beams_apart_at_point(beams, listed, levels, of_pair)
        one_by_one = np.flatnonzero(~apart.far)
        listed, open_db = listed.take(one_by_one), levels.c_n_db[one_by_one]
        towards = self._cell.directions_at_point(listed, levels, of_pair)
        playing = self._cell.playing(of_pair)[:, None]
        losses = self._cell.phones.losses(towards)
        of_phone = PhoneLosses(*(np.take_along_axis(values, playing, axis=1)[:, 0] for values in losses))
        expected = PhoneLosses(*(values[:, 0] for values in self._cell.phones.expected_gain(towards)))
        for row in rows.tolist():
            of_step, part, pairs = listed.of_step(row)
            self._add_step(
                _Heard(
                    beams=of_step,
                    far=apart.sums.of_pairs(pairs),
                    open_db=open_db[part],
                    around=(self._cell.column[of_step.cell] >= 0) & (of_step.lit > 0),
                    loss_db=PhoneLosses(*(values[pairs] for values in of_phone)),
                    expected=PhoneLosses(*(values[pairs] for values in expected)),
                )
            )

    def _add_step(self, heard: _Heard) -> None:
        c_n_db = heard.open_db - heard.loss_db.exact[heard.beams.pair]
        server = int(strongest(np.append(np.where(heard.around, c_n_db, -np.inf), -np.inf))[0])
        if server < 0:
            self._server.append((-np.inf, 0.0, False))
            self._interference.append(no_interference())
            self._held.append((0.0, 0.0, 0.0))
            return
        interference = heard.interference(self._cell, server, from_db(-heard.loss_db.exact))
        possible = heard.possible_servers()
        doubtful = len(possible) > 1 or self._is_doubtful(heard, server)
        self._server.append((float(c_n_db[server]), float(heard.beams.share[server]), doubtful))
        self._interference.append(interference)
        self._held.append(self._held_by(heard, server, possible))

    def _is_doubtful(self, heard: _Heard, server: int) -> bool:
        """Return whether a loss is so near to an edge that float32 may find another level or interference."""
        least, most = heard.loss_db.least, heard.loss_db.most
        if (least == most).all():
            return False
        own = heard.beams.pair[server]
        low, high = (
            heard.interference(self._cell, server, from_db(-loss_db)).mean for loss_db in (most, least)
        )
        return bool(most[own] - least[own] > NEAR_DB or to_db((1 + high) / (1 + low)) > NEAR_DB)

    def _held_by(self, heard: _Heard, server: int, possible: Ints) -> tuple[float, float, float]:
        """Return the mean interference of beams that are not around, exact, least and most."""

        def held(beam: int, gain: Floats) -> float:
            interference = heard.interference(self._cell, beam, gain)
            return max(interference.mean - interference.near, 0.0)

        exact = held(server, heard.expected.exact)
        found = [exact]
        for beam in possible.tolist():
            gains = (heard.expected.least, heard.expected.most)
            if beam != server or (gains[0] != gains[1]).any():
                found += [held(beam, gain) for gain in gains]
        return exact, min(found), max(found)

    def held_at(self, step: Ints) -> Held:
        """Return the mean interference of the level step before each step."""
        return Held(*np.array(self._held).T).at(self._cell.level_steps.number(step))

    def result(self) -> NetworkLevels:
        """Return the level steps."""
        c_n_db, share, doubtful = (np.array(values) for values in zip(*self._server, strict=True))
        camped, near = self._cell.camping(c_n_db, np.array([one.mean for one in self._interference]))
        return NetworkLevels(
            c_n_db=c_n_db,
            share=share,
            camped=camped,
            doubtful=near | doubtful,
            held=Held(*np.array(self._held).T),
            outcomes=outcomes_of(self._interference),
        )

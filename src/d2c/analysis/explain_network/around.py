"""The beams around a cell at some steps, in its centre, and the margins of its phones by them.

All beams of a satellite reach a phone over the same obstacles, so that of each satellite only the strongest can serve.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.beam_levels import BeamLevels, BeamList, list_beams, uplink_c_n_db
from d2c.analysis.explain_network.cell import NEAR_DB, NetworkCell, strongest
from d2c.analysis.explain_network.interference import near_interference
from d2c.analysis.explain_network.margins import BeamAtHand, NetworkMargins
from d2c.analysis.explain_network.sampled_levels import Held
from d2c.analysis.phone_losses import Directions, PhoneLosses
from d2c.analysis.phone_margins import (
    TIE_DB,
    PhoneMargins,
    StepTable,
    at_best,
    join_margins,
    may_serve,
    network_causes,
)
from d2c.coverage.kernels.network_layout import HoppingBeams
from d2c.units import from_db

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LOSSES_AT_ONCE = 500_000


@dataclass(frozen=True, eq=False, slots=True)
class BeamsAroundCell:
    """The beams of the N beam cells around a cell at T steps, in its centre, for a phone that loses nothing.

    c_n_db (T, N): minus infinity for none; satellite (T, N): -1 for none. Of the strongest beam (T,): server, its
    column, -1 for none; tie, whether another one is as strong; level_db. choices: the satellites to choose from.
    """

    c_n_db: Floats
    satellite: Ints
    server: Ints
    tie: Flags
    level_db: Floats
    choices: "Choices"


class Choices(NamedTuple):
    """The up to A beams that may serve at T steps: the strongest of each satellite, and those that are as strong.

    level_db (T, A): C/N, minus infinity for none; near (T, A, A): mean interference over noise of the beams around, by
    satellites (last; 0 but at the strongest beam of each), while a beam (middle) is alight; beam: of fields (T, A).
    towards: directions of the satellites, of the beams in `table`.
    """

    level_db: Floats
    near: Floats
    beam: BeamAtHand
    table: StepTable
    towards: Directions

    def part(self, first: int, end: int) -> "Choices":
        """Return some of the steps."""
        rows, inside = slice(first, end), (self.table.row >= first) & (self.table.row < end)
        steps = min(end, self.table.shape[0]) - first
        return Choices(
            self.level_db[rows],
            self.near[rows],
            self.beam.each(lambda values: values[rows]),
            StepTable(
                self.table.row[inside] - first, self.table.column[inside], (steps, self.table.shape[1])
            ),
            Directions(*(values[inside] for values in self.towards)),
        )


def beams_around(cell: NetworkCell, beams: HoppingBeams, position_m: Floats) -> BeamsAroundCell:
    """Return the beams around a cell at the steps of position_m (T, S, 3)."""
    steps = np.arange(len(position_m))
    listed = list_beams(beams, position_m, steps, wanted=cell.column >= 0)
    listed = listed.take(np.flatnonzero(listed.lit > 0))  # the others are never alight
    levels = cell.levels_in_centre(listed)
    at = listed.step[listed.pair], cell.column[listed.cell]
    shape = len(position_m), cell.plan.candidates.shape[1]
    c_n_db, satellite = np.full(shape, -np.inf), np.full(shape, -1)
    c_n_db[at] = levels.c_n_db
    satellite[at] = listed.satellite[listed.pair]
    server, tie = strongest(c_n_db)
    return BeamsAroundCell(
        c_n_db, satellite, server, tie, c_n_db.max(axis=1), _choices(cell, listed, levels, len(steps))
    )


def _choices(cell: NetworkCell, listed: BeamList, levels: BeamLevels, steps: int) -> Choices:
    which, first = _strongest_of_pairs(listed, levels.c_n_db)
    pair = listed.pair[which]
    table = StepTable.of(listed.step[pair], steps)
    beam = table.spread(which, -1)
    near = np.zeros((*table.shape, table.shape[1]))
    c_n = from_db(levels.c_n_db)
    for choice in range(table.shape[1]):
        of_pairs = near_interference(listed, c_n, beam[:, choice], rules=cell.rules)
        near[:, choice] = table.spread(np.where(first, of_pairs[pair], 0.0), 0.0)
    uplink_db = uplink_c_n_db(
        cell.link,
        listed,
        levels,
        which,
        centre_m=cell.plan.lattice.position_m,
        place_m=np.broadcast_to(cell.centre_m, listed.satellite_m.shape),
    )
    towards = cell.directions_in_centre(listed, levels)
    return Choices(
        level_db=table.spread(levels.c_n_db[which], -np.inf),
        near=near,
        beam=BeamAtHand(
            table.spread(listed.cell[which], 0),
            table.spread(listed.users_share[which], 0.0),
            table.spread(uplink_db, -np.inf),
        ),
        table=table,
        towards=Directions(*(values[pair] for values in towards)),
    )


def _strongest_of_pairs(listed: BeamList, c_n_db: Floats) -> tuple[Ints, Flags]:
    """Return the strongest beam of each pair of a step and a satellite, and after it those that are as strong.

    With them, whether each is the first of its pair.
    """
    best_db = np.full(len(listed.step), -np.inf)
    np.maximum.at(best_db, listed.pair, c_n_db)
    which = np.flatnonzero((c_n_db > -np.inf) & (c_n_db > best_db[listed.pair] - TIE_DB))
    which = which[np.lexsort((which, -c_n_db[which], listed.pair[which]))]
    return which, np.append(True, np.diff(listed.pair[which]) > 0)[: len(which)]


def open_margins_db(margins: NetworkMargins, choices: Choices, held: Floats) -> Floats:
    """Return the margins (V, T) of a phone that loses nothing, minus infinity without a beam to camp on."""
    nothing = np.zeros((*choices.level_db.shape, 1))
    best = _Best.of(choices, nothing)
    return margins.margins_db(
        best.level_db, best.interference(choices, held, nothing), best.loss_db, best.beam
    )[..., 0]


def phone_margins(margins: NetworkMargins, choices: Choices, held: Held) -> PhoneMargins:
    """Return the margins of the phones of a cell; held (T,): interference of beams that are not around."""
    steps, satellites = choices.level_db.shape
    at_once = max(_LOSSES_AT_ONCE // (max(satellites, 1) * margins.cell.phones.phones.number), 1)
    return join_margins(
        [
            _phone_margins(
                margins,
                choices.part(first, first + at_once),
                Held(*(values[first : first + at_once] for values in held)),
            )
            for first in range(0, steps, at_once)
        ]
    )


def _phone_margins(margins: NetworkMargins, choices: Choices, held: Held) -> PhoneMargins:
    phones, spread = margins.cell.phones, choices.table.spread
    losses = PhoneLosses(*(spread(values, 0.0) for values in phones.losses(choices.towards)))
    posture = PhoneLosses(*(spread(values, 0.0) for values in phones.posture_losses(choices.towards)))
    best = _Best.of(choices, losses.exact)
    asked: Any = best.level_db, best.interference(choices, held.exact, posture.exact), best.loss_db, best.beam
    exact_db = margins.margins_db(*asked)
    quiet = np.zeros(best.level_db.shape)
    in_sight = _Best.of(choices, posture.exact)
    cause = network_causes(
        exact_db >= 0,
        no_capacity=margins.margins_db(*asked, with_capacity=False) >= 0,
        no_interference=margins.margins_db(best.level_db, quiet, best.loss_db, best.beam, with_capacity=False)
        >= 0,
        in_sight=margins.margins_db(
            in_sight.level_db, quiet, in_sight.loss_db, in_sight.beam, with_capacity=False
        )
        >= 0,
        none_in_view=best.level_db == -np.inf,
    )
    lowest_db, highest_db = _ends_db(margins, choices, held, losses, posture)
    exact_db = np.where(exact_db > -np.inf, exact_db, np.nan)
    return PhoneMargins(
        exact_db.swapaxes(1, 2), lowest_db.swapaxes(1, 2), highest_db.swapaxes(1, 2), cause.swapaxes(1, 2)
    )


class _Best(NamedTuple):
    """The choice of each phone, (T, K): the satellite it hears best; gain (T, A, K): what it keeps of each."""

    choice_db: Floats
    gain: Floats
    level_db: Floats
    loss_db: Floats
    beam: BeamAtHand

    @classmethod
    def of(cls, choices: Choices, loss_db: Floats) -> "_Best":
        """Return the choices of phones that lose so much on the way to the satellites, (T, A, K)."""
        level_db = choices.level_db[..., None] - loss_db
        return cls(
            level_db,
            from_db(-loss_db),
            at_best(level_db, level_db),
            at_best(loss_db, level_db),
            choices.beam.each(lambda values: _at(values, level_db)),
        )

    def interference(self, choices: Choices, held: Floats, posture_db: Floats) -> Floats:
        """Return the mean interference over noise: of beams around, and of all others at the posture to the server."""
        near = np.einsum("tao,tok->tak", choices.near, self.gain)
        at_posture = held[:, None] * from_db(-_at(posture_db, self.choice_db))
        return np.asarray(at_posture + _at(near, self.choice_db))


def _at(values: NDArray[Any], level_db: Floats) -> Any:
    """Return values (T, A) or (T, A, K) of the strongest satellite; zero where there is none at all."""
    if level_db.shape[1] == 0:
        return np.zeros((level_db.shape[0], level_db.shape[2]), values.dtype)
    return at_best(values if values.ndim == 3 else values[..., None], level_db)


def _ends_db(
    margins: NetworkMargins, choices: Choices, held: Held, losses: PhoneLosses, posture: PhoneLosses
) -> tuple[Floats, Floats]:
    """Return the least and the most that float32 may make of the margins, (V, T, K)."""
    level_db = choices.level_db[..., None]
    may = may_serve(level_db - losses.least + TIE_DB, level_db - losses.most)
    near_least, near_most = (
        np.einsum("tao,tok->tak", choices.near, from_db(-loss_db)) for loss_db in (losses.most, losses.least)
    )
    beam = choices.beam.each(lambda values: np.broadcast_to(values[..., None], may.shape))

    def of_all(loss_db: Floats, held: Floats, posture_db: Floats, near: Floats) -> Floats:
        interference = held[:, None, None] * from_db(-posture_db) + near
        return margins.margins_db(level_db - loss_db, interference, loss_db, beam)

    low_db = of_all(losses.most + NEAR_DB, held.most, posture.least, near_most)
    high_db = of_all(losses.least - NEAR_DB, held.least, posture.most, near_least)
    low_db = np.where(may, low_db, np.inf).min(axis=2, initial=np.inf)
    high_db = np.where(may, high_db, -np.inf).max(axis=2, initial=-np.inf)
    return np.where(may.any(axis=1), low_db, -np.inf), high_db

"""Margins of the phones of a cell, exactly and as float32 may have them, and why a phone is not served."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.phone_losses import Directions, PhoneLosses, PhonesOfCell

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEVEL_DB = 0.01  # how near the kernels' levels are to the budget's
TIE_DB = 0.002  # how near two levels may be before float32 takes the other one for the higher
# What decides at a step, in this order: each is the first that would have to go for the phone to be served.
CAUSES = ("served", "capacity", "interference", "sight", "level", "no_satellite")
_SERVED, _CAPACITY, _INTERFERENCE, _SIGHT, _LEVEL, _NO_SATELLITE = range(len(CAUSES))
_LOSSES_AT_ONCE = 2_000_000


@dataclass(frozen=True, eq=False, slots=True)
class PhoneMargins:
    """Margins of V services for K phones at T steps, each (V, K, T): exact, NaN without a server.

    lowest, highest: what float32 may make of them where a level is near an edge: a satellite near the mask, between two
    steps of a skyline or of a posture, or as strong as another. Minus infinity for none. cause: number in CAUSES.
    """

    exact: Floats
    lowest: Floats
    highest: Floats
    cause: NDArray[np.uint8]

    def shares(self) -> list[dict[str, float]]:
        """Return for each service the shares of phones and time by cause, in all 1."""
        return [
            {name: float((cause == number).mean()) for number, name in enumerate(CAUSES)}
            for cause in self.cause
        ]


def join_margins(parts: Sequence[PhoneMargins]) -> PhoneMargins:
    """Return the margins of neighbouring steps as one."""
    return PhoneMargins(
        *(np.concatenate([getattr(part, name) for part in parts], axis=2) for name in PhoneMargins.__slots__)
    )


def causes(served: Flags, without: Sequence[tuple[int, Flags]], none_in_view: Flags) -> NDArray[np.uint8]:
    """Return the cause of each; without: what would be served without a cause and all those before it."""
    cause = np.where(none_in_view, _NO_SATELLITE, _LEVEL)
    for number, would in [*without][::-1]:
        cause = np.where(would, number, cause)
    return np.where(served, _SERVED, cause).astype(np.uint8)


def network_causes(
    served: Flags, *, no_capacity: Flags, no_interference: Flags, in_sight: Flags, none_in_view: Flags
) -> NDArray[np.uint8]:
    """Return the causes in a network of beams; each keyword: what is served without this limit and those before it."""
    without = [(_CAPACITY, no_capacity), (_INTERFERENCE, no_interference), (_SIGHT, in_sight)]
    return causes(served, without, none_in_view)


class SkyLevels(NamedTuple):
    """Satellites in view of a cell, N pairs of a step and a satellite in the order of the steps; of T steps in all.

    down_db (N,), margin_db (V, N): for a phone that loses nothing; seen, sure: whether it is above the mask, and
    whether float32 cannot but see it there too.
    """

    steps: int
    step: Ints
    towards: Directions
    down_db: Floats
    margin_db: Floats
    seen: Flags
    sure: Flags


def sky_margins(levels: SkyLevels, phones: PhonesOfCell) -> PhoneMargins:
    """Return the margins of phones that take the satellite they hear best, without interference."""
    most = int(np.bincount(levels.step, minlength=1).max())
    at_once = max(_LOSSES_AT_ONCE // (max(most, 1) * phones.phones.number), 1)
    return join_margins(
        [
            _sky_margins(_steps_of(levels, first, min(first + at_once, levels.steps)), phones)
            for first in range(0, levels.steps, at_once)
        ]
    )


def _steps_of(levels: SkyLevels, first: int, end: int) -> SkyLevels:
    part = slice(*np.searchsorted(levels.step, [first, end]).tolist())
    return SkyLevels(
        end - first,
        levels.step[part] - first,
        Directions(*(values[part] for values in levels.towards)),
        levels.down_db[part],
        levels.margin_db[:, part],
        levels.seen[part],
        levels.sure[part],
    )


def _sky_margins(levels: SkyLevels, phones: PhonesOfCell) -> PhoneMargins:
    table = StepTable.of(levels.step, levels.steps)
    losses = PhoneLosses(*(table.spread(values, 0.0) for values in phones.losses(levels.towards)))
    posture_db = table.spread(phones.posture_losses(levels.towards).exact, 0.0)
    down_db = table.spread(levels.down_db, -np.inf)[..., None]
    seen, sure = (table.spread(flags, False)[..., None] for flags in (levels.seen, levels.sure))
    heard = np.where(seen, down_db - losses.exact, -np.inf)
    in_sight = np.where(seen, down_db - posture_db, -np.inf)
    least = np.where(sure, down_db - losses.most, -np.inf)
    may = may_serve(down_db - losses.least + TIE_DB, least)
    found = heard.max(axis=1, initial=-np.inf) > -np.inf  # (T, K)
    always = least.max(axis=1, initial=-np.inf) > -np.inf
    exact, lowest, highest, cause = [], [], [], []
    for of_service in levels.margin_db:
        margin_db = table.spread(of_service, -np.inf)[..., None]
        exact.append(np.where(found, at_best(margin_db - losses.exact, heard), np.nan))
        low_db = np.where(may, margin_db - losses.most, np.inf).min(axis=1, initial=np.inf)
        lowest.append(np.where(always, low_db - LEVEL_DB, -np.inf))
        high_db = np.where(may, margin_db - losses.least, -np.inf).max(axis=1, initial=-np.inf)
        highest.append(high_db + LEVEL_DB)
        would = found & (at_best(margin_db - posture_db, in_sight) >= 0)
        cause.append(causes(exact[-1] >= 0, [(_SIGHT, would)], ~found))
    return PhoneMargins(*(np.array(values).swapaxes(1, 2) for values in (exact, lowest, highest, cause)))


class StepTable(NamedTuple):
    """Where each of N pairs of a step and a satellite stands in a table of T steps with up to A of them."""

    row: Ints
    column: Ints
    shape: tuple[int, int]

    @classmethod
    def of(cls, step: Ints, steps: int) -> "StepTable":
        """Return the table of pairs in the order of their steps."""
        number = np.bincount(step, minlength=steps)
        column = np.arange(len(step)) - np.repeat(np.cumsum(number) - number, number)
        return cls(step, column, (steps, int(number.max(initial=0))))

    def spread(self, values: NDArray[Any], fill: float | bool) -> Any:
        """Return the values (N, ...) as a table (T, A, ...)."""
        table = np.full((*self.shape, *values.shape[1:]), fill, values.dtype)
        table[self.row, self.column] = values
        return table


def may_serve(highest_db: Floats, lowest_db: Floats) -> Flags:
    """Return which of the satellites (T, A, K) may be the strongest, from the most and the least of their levels."""
    heard = highest_db > -np.inf
    return np.asarray(heard & (highest_db >= lowest_db.max(axis=1, keepdims=True, initial=-np.inf)))


def at_best(values: Floats, level_db: Floats) -> Floats:
    """Return the value of the strongest satellite, (T, A, K) to (T, K); minus infinity where there is none at all."""
    if level_db.shape[1] == 0:
        return np.full((level_db.shape[0], level_db.shape[2]), -np.inf)
    best = level_db.argmax(axis=1)[:, None]
    values = np.broadcast_to(values, level_db.shape)
    return np.asarray(np.take_along_axis(values, best, axis=1)[:, 0])

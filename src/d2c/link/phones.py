"""Phones of a place: what each loses by its posture, and what of the sky it sees.

K phones stand for all phones of a cell, each with the same weight. A phone has a quantile of the distribution of
losses over postures, and a skyline: at each azimuth a level of obstruction and of shadowing. A satellite is in its
line of sight where the level is below the probability of a line of sight at the satellite's elevation (3GPP TR
38.811); else clutter and a wider shadowing apply. Cells take one of several variants, whose quantiles lie between
those of the others, so that a region stands for the distributions more finely than one cell. In each variant other
postures meet other skylines, and those other shadowing: K fixed triples would stand for all phones only to some
points of availability, however many the cells.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.library.models import LossSet
from d2c.library.phones import PhoneMix
from d2c.propagation.building import building_entry_loss_db
from d2c.propagation.skyline import AZIMUTHS, skyline_ranks
from d2c.propagation.tr38811 import (
    band_of,
    clutter_loss_db,
    line_of_sight_probability,
    shadow_fading_sigma_db,
)
from d2c.units import from_db

VARIANTS = 8
SINES = 256  # elevations of the tables, even in their sine from 0 to 1
LOWEST_DEG = 10.0  # of the environment's tables
_SIGHT_SEED, _SHADOW_SEED = 1, 2
# By how many sixteenths of the phones postures and shadowing move against skylines from one variant to the next; by
# three against each other. Over the variants any two of the three meet nearly evenly.
_POSTURES_MOVE, _SHADOWING_MOVES = 2, 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Phones:
    """K phones in M variants; E elevations, even in their sine from 0 to 1, A azimuths from north over east, L = K M.

    posture_db (M, K, E): loss over the loss set's median. obstruction, shadowing (M, K, A): level, 0 to L - 1, in the
    distributions over all phones at an azimuth. line_of_sight (E,): probability. path_db (2, E, L): what shadowing of
    each level adds in the line of sight, and shadowing and clutter together without it. postures: names of the mix;
    posture (M, K): that of each phone, an index into them; none and 0 without a mix.
    """

    posture_db: Floats
    obstruction: NDArray[np.int64]
    shadowing: NDArray[np.int64]
    line_of_sight: Floats
    path_db: Floats
    postures: tuple[str, ...]
    posture: NDArray[np.int64]

    @property
    def number(self) -> int:
        """Return the number of phones, K."""
        return int(self.posture_db.shape[1])

    @property
    def alike(self) -> bool:
        """Return whether there is one phone, which loses nothing and sees everything."""
        return self.number == 1

    def loss_db(
        self, of_cell: "CellPhones", *, elevation_deg: Any, azimuth_deg: Any, in_sight: bool = False
    ) -> Floats:
        """Return what each phone of a cell loses on the way to satellites, over the loss set's median, (..., K).

        elevation_deg, azimuth_deg (...). in_sight: as if all satellites were in the line of sight, without shadowing.
        """
        sine = np.sin(np.radians(np.asarray(elevation_deg, float)))
        e = np.floor(np.clip(sine, 0.0, 1.0) * (SINES - 1) + 0.5).astype(int)
        posture_db: Floats = np.moveaxis(self.posture_db[of_cell.variant][:, e], 0, -1)
        if in_sight:
            return posture_db
        around = np.floor(np.asarray(azimuth_deg, float) / 360.0 * AZIMUTHS).astype(int)
        a = (around + of_cell.turn) % AZIMUTHS
        obstruction, shadowing = (
            np.moveaxis(table[of_cell.variant][:, a], 0, -1) for table in (self.obstruction, self.shadowing)
        )
        seen = obstruction < self.sight_levels()[e][..., None]
        return np.asarray(posture_db + self.path_db[np.where(seen, 0, 1), e[..., None], shadowing])

    def sight_levels(self) -> NDArray[np.int64]:
        """Return how many of the levels of obstruction are in the line of sight at each elevation, (E,)."""
        return np.asarray(np.rint(self.line_of_sight * self.path_db.shape[2]), np.int64)

    def expected_gain(self) -> Floats:
        """Return what phones keep on average of a satellite's power at each elevation, their postures aside, (E,)."""
        in_sight, hidden = from_db(-self.path_db).mean(axis=2)
        return np.asarray(self.line_of_sight * in_sight + (1.0 - self.line_of_sight) * hidden)


class CellPhones(NamedTuple):
    """What makes the phones of a cell differ from those of others: variant, and steps by which skylines are turned."""

    variant: int
    turn: int


def cell_phones(position_m: Floats) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the variant and the turn of cells by their positions (G, 3), both (G,): a hash of whole 10 m."""
    x, y, z = np.rint(position_m / 10.0).astype(np.int64).view(np.uint64).T
    with np.errstate(over="ignore"):
        mixed = (x * np.uint64(73_856_093)) ^ (y * np.uint64(19_349_663)) ^ (z * np.uint64(83_492_791))
        mixed *= np.uint64(0x9E3779B97F4A7C15)
    high = mixed >> np.uint64(32)
    variant, turn = high % np.uint64(VARIANTS), (high // np.uint64(VARIANTS)) % np.uint64(AZIMUTHS)
    return variant.astype(np.int32), turn.astype(np.int32)


def phones_of(
    losses: LossSet,
    mix: PhoneMix | None,
    *,
    environment: str | None,
    frequency_hz: float,
    number: int,
    correlation_deg: float,
) -> Phones:
    """Return the phones of a mix, or those over which the loss set spreads, in an environment.

    One phone where nothing spreads. With a mix, the loss set must not be a posture of its own. ModelRangeError for a
    frequency outside the bands of the environment's tables.
    """
    posture = losses.spread is not None or losses.building is not None
    if not (mix or posture or environment):
        return alike_phones()
    quantile = _quantile(_levels(np.arange(number), turned=3, moved=_POSTURES_MOVE), number)
    postures: tuple[str, ...] = ()
    index = np.zeros(quantile.shape, np.int64)
    if mix:
        postures = tuple(posture.name for posture in mix.postures)
        index, within = _mix_postures(mix, quantile)
        posture_db = _mix_loss_db(mix, index, within, frequency_hz)
    elif posture:
        posture_db = _spread_db(losses, quantile, frequency_hz)
    else:
        posture_db = np.zeros((VARIANTS, number, SINES))
    obstruction, shadowing = (
        _levels(
            skyline_ranks(phones=number, correlation_deg=correlation_deg, seed=seed),
            turned=turned,
            moved=moved,
        )
        for seed, turned, moved in ((_SIGHT_SEED, 1, 0), (_SHADOW_SEED, 5, _SHADOWING_MOVES))
    )
    line_of_sight, path_db = _environment_tables(environment, number, frequency_hz)
    return Phones(posture_db, obstruction, shadowing, line_of_sight, path_db, postures, index)


def alike_phones() -> Phones:
    """Return one phone, which loses nothing and sees everything."""
    first = np.zeros((VARIANTS, 1, AZIMUTHS), np.int64)
    line_of_sight, path_db = _environment_tables(None, 1, 0.0)
    posture = np.zeros((VARIANTS, 1), np.int64)
    return Phones(np.zeros((VARIANTS, 1, SINES)), first, first, line_of_sight, path_db, (), posture)


def _levels(rank: NDArray[np.int64], *, turned: int, moved: int) -> NDArray[np.int64]:
    """Return the level of each phone (K, ...) in each variant, (M, K, ...): together they divide each rank evenly.

    moved: sixteenths of the phones by which a variant's ranks belong to other phones than those of the variant before.
    """
    variant, phones = np.arange(VARIANTS)[:, None], np.arange(len(rank))
    of_variant = rank[(phones + moved * variant * len(rank) // 16) % len(rank)]
    part = turned * np.arange(VARIANTS) % VARIANTS
    return np.asarray(of_variant * VARIANTS + part.reshape(-1, *[1] * rank.ndim))


def _quantile(level: NDArray[np.int64], number: int) -> Floats:
    return (level + 0.5) / (number * VARIANTS)


def _normal(quantile: Floats) -> Floats:
    values, index = np.unique(quantile, return_inverse=True)
    return np.array([NormalDist().inv_cdf(value) for value in values.tolist()])[index].reshape(quantile.shape)


def _mix_postures(mix: PhoneMix, quantile: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the posture at each quantile of the phones in the order of their postures, and the quantile within it."""
    weight = np.array([posture.weight.value for posture in mix.postures])
    end = np.cumsum(weight) / weight.sum()
    index = np.minimum(np.searchsorted(end, quantile, side="right"), len(end) - 1)
    within = (quantile - (end - weight / weight.sum())[index]) / (weight / weight.sum())[index]
    return index, np.clip(within, 1e-6, 1 - 1e-6)


def _mix_loss_db(mix: PhoneMix, index: NDArray[np.int64], within: Floats, frequency_hz: float) -> Floats:
    """Return the loss of phones by their posture and their quantile within it, both (M, K), as (M, K, E)."""
    loss_db = np.empty((*index.shape, SINES))
    for number, posture in enumerate(mix.postures):
        here = index == number
        if posture.building:
            loss_db[here] = _entry_loss_db(posture.building, within[here], frequency_hz)
        else:
            assert posture.loss_db is not None  # checked by Posture
            spread = posture.spread_db.value if posture.spread_db else 0.0
            loss_db[here] = (posture.loss_db.value + spread * _normal(within[here]))[:, None]
    return loss_db


def _spread_db(losses: LossSet, quantile: Floats, frequency_hz: float) -> Floats:
    """Return the deviation from the loss set's median at each quantile (M, K), (M, K, E)."""
    if losses.building:
        at = _entry_loss_db(losses.building, quantile.ravel(), frequency_hz)
        median = _entry_loss_db(losses.building, np.array([0.5]), frequency_hz)
        return (at - median).reshape(*quantile.shape, SINES)
    assert losses.spread is not None  # asked before
    assert losses.spread.spread_db is not None
    deviation = losses.spread.spread_db.value * _normal(quantile)
    return np.repeat(deviation[..., None], SINES, axis=-1)


def _entry_loss_db(building: str, quantile: Floats, frequency_hz: float) -> Floats:
    """Return the entry loss at quantiles (N,) and all elevations, (N, E)."""
    elevation_deg = _elevations_deg()
    return np.array(
        [
            building_entry_loss_db(
                frequency_hz=frequency_hz, elevation_deg=elevation_deg, building=building, probability=value
            )
            for value in quantile.tolist()
        ]
    ).reshape(len(quantile), SINES)


def _elevations_deg() -> Floats:
    return np.degrees(np.arcsin(np.linspace(0.0, 1.0, SINES)))


def _environment_tables(environment: str | None, number: int, frequency_hz: float) -> tuple[Floats, Floats]:
    """Return `line_of_sight` and `path_db` of an environment; in the open all is in sight and nothing shadows."""
    levels = number * VARIANTS
    if environment is None:
        return np.ones(SINES), np.zeros((2, SINES, levels))
    path: dict[str, Any] = {
        "environment": environment,
        "elevation_deg": np.maximum(_elevations_deg(), LOWEST_DEG),
    }
    band = band_of(frequency_hz)
    deviate = _normal(_quantile(np.arange(levels), number))
    in_sight, hidden = (
        shadow_fading_sigma_db(**path, band=band, line_of_sight=seen)[:, None] * deviate
        for seen in (True, False)
    )
    clutter_db = clutter_loss_db(**path, band=band)[:, None]
    return line_of_sight_probability(**path), np.array([in_sight, hidden + clutter_db])

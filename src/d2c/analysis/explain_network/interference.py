"""Interference at a place while its serving beam is alight: mean, strongest beams and distribution, in float64."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.beam_levels import BeamList
from d2c.analysis.explain_network.far_beams import FarBeams
from d2c.coverage.kernels.network_layout import COINS
from d2c.coverage.network.gamma import LOW_LOG2, PER_OCTAVE, gamma_quantiles
from d2c.coverage.network.levels import QUANTILES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CERTAIN = 1e-12  # variance over squared mean below which interference is taken for its mean
# Beams isolated from the server are in the kernel's sums, and taken off again: its variance is what float32 leaves of
# the sum of q P^2 over them, of powers found twice that differ in the sixth digit.
_FLOAT32 = 2e-5


@dataclass(frozen=True, eq=False, slots=True)
class InterferenceRules:
    """Which beams are heard where.

    coupling (C, C): share of a colour's power (column) that another one hears; colour (B,): of each beam cell; isolated
    (B, I): cells whose beams are never alight with that of a cell, -1 for none.
    """

    coupling: Floats
    colour: Ints
    isolated: Ints


@dataclass(frozen=True, eq=False, slots=True)
class Interference:
    """Interference of N beams over noise while the serving beam is alight.

    level (N,): of each beam alight, as the server's colour hears it, 0 of the server and of beams never alight with it;
    chance (N,): to be alight while the server is; mean: of all together; near, elsewhere: of the beams around, and of
    those that are not listed, alone. coin_level, coin_chance (COINS,): of the strongest ones; rest_mean, rest_variance:
    of the others; rest_doubt: by how much the variance may differ in float32.
    """

    level: Floats
    chance: Floats
    mean: float
    near: float
    elsewhere: float
    coin_level: Floats
    coin_chance: Floats
    rest_mean: float
    rest_variance: float
    rest_doubt: float


def interference_of(
    beams: BeamList,
    far: FarBeams,
    c_n: Floats,
    server: int,
    *,
    around: NDArray[np.bool_],
    rules: InterferenceRules,
) -> Interference:
    """Return the interference of the beams of one step; c_n (N,): ratios; around (N,): may be among the strongest.

    With fewer beams than cells that ask, always as many are alight: another beam of the server's own satellite is so
    with the chance q (N - 1) / (N - q), and the variance is that of a draw of a fixed number (Hajek's approximation).
    """
    cell, pair = beams.cell[server], beams.pair[server]
    level = c_n * rules.coupling[rules.colour[cell], rules.colour[beams.cell]]
    isolated = np.isin(beams.cell, rules.isolated[cell])
    taken_off = float((beams.lit * level**2)[isolated & ~around].sum())
    level[isolated] = 0.0
    level[server] = 0.0
    scale = np.ones(len(beams.step))
    if beams.few[pair]:
        alight = beams.alight[pair]
        scale[pair] = max(alight - 1.0, 0.0) / max(alight - beams.lit[server], 1e-9)
    chance = np.minimum(beams.lit * scale[beams.pair], 1.0)
    strongest = np.flatnonzero(around & (level > 0))
    strongest = strongest[np.argsort(-level[strongest], kind="stable")][:COINS]
    coin_level, coin_chance = np.zeros(COINS), np.zeros(COINS)
    coin_level[: len(strongest)], coin_chance[: len(strongest)] = level[strongest], chance[strongest]
    others = level.copy()
    others[strongest] = 0.0
    # each of the colours of beams that are far away is as frequent as the others
    heard = rules.coupling[rules.colour[cell]]
    far = far.heard(heard.mean(), (heard**2).mean())
    rest_mean, rest_variance = _moments(beams, far, others, scale)
    return Interference(
        level=level,
        chance=chance,
        mean=rest_mean + float(coin_chance @ coin_level),
        near=float((chance * level)[around].sum()),
        elsewhere=float(scale @ far.mean),
        coin_level=coin_level,
        coin_chance=coin_chance,
        rest_mean=rest_mean,
        rest_variance=rest_variance,
        rest_doubt=_FLOAT32 * taken_off,
    )


def near_interference(beams: BeamList, c_n: Floats, server: Ints, *, rules: InterferenceRules) -> Floats:
    """Return the mean interference of the beams of each of the K pairs of a step and a satellite, (K,).

    c_n (N,): ratios; server (T,): beam that is alight at each step, -1 for none, where it is 0.
    """
    step = beams.step[beams.pair]
    of_beam = server[step]
    own = np.where(of_beam >= 0, of_beam, 0)
    level = c_n * rules.coupling[rules.colour[beams.cell[own]], rules.colour[beams.cell]]
    level[(of_beam < 0) | (np.arange(len(level)) == of_beam)] = 0.0
    level[(rules.isolated[beams.cell[own]] == beams.cell[:, None]).any(axis=1)] = 0.0
    alight = beams.alight[beams.pair]
    together = beams.few[beams.pair] & (beams.pair == beams.pair[own])
    beside = np.maximum(alight - 1.0, 0.0) / np.maximum(alight - beams.lit[own], 1e-9)
    chance = np.minimum(beams.lit * np.where(together, beside, 1.0), 1.0)
    return np.asarray(np.bincount(beams.pair, chance * level, len(beams.step)), np.float64)


def _moments(beams: BeamList, far: FarBeams, level: Floats, scale: Floats) -> tuple[float, float]:
    """Return mean and variance of the sum of beams (N,), satellite by satellite; scale (K,): of the chances."""
    q = beams.lit * scale[beams.pair]

    def of_satellites(values: Floats) -> Floats:
        return np.asarray(np.bincount(beams.pair, values, len(beams.step)), np.float64)

    mean = of_satellites(q * level) + scale * far.mean
    spread = of_satellites(q * (1 - q) * level) + scale * far.mean - scale**2 * far.chance2
    variance = of_satellites(q * (1 - q) * level**2) + scale * far.square - scale**2 * far.lit2
    drawn = beams.few & (beams.spare > 0) & (beams.number > 1)
    fixed = np.where(drawn, spread**2 / np.where(drawn, beams.spare, 1.0), 0.0)
    return float(mean.sum()), float(np.maximum(variance - fixed, 0.0).sum())


def no_interference() -> Interference:
    """Return the interference of no beams, for a step without a serving beam."""
    none = np.zeros(0)
    return Interference(none, none, 0.0, 0.0, 0.0, np.zeros(COINS), np.zeros(COINS), 0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False, slots=True)
class Outcomes:
    """What the interference over noise may be at L steps: level (L, O), with weight (L, O), in all 1 at each step.

    narrow, wide (L, O): the levels with the least and the most variance that float32 may find.
    """

    level: Floats
    weight: Floats
    narrow: Floats
    wide: Floats


def outcomes_of(interference: list[Interference]) -> Outcomes:
    """Return the outcomes of the strongest beams as coins and of the rest as a gamma distribution."""
    coin_level = np.array([one.coin_level for one in interference]).reshape(-1, COINS)
    coin_chance = np.array([one.coin_chance for one in interference]).reshape(-1, COINS)
    mean = np.array([one.rest_mean for one in interference])
    variance = np.array([one.rest_variance for one in interference])
    doubt = np.array([one.rest_doubt for one in interference])
    up = (np.arange(1 << COINS)[:, None] >> np.arange(COINS)) & 1
    probability = np.where(up, coin_chance[:, None], 1.0 - coin_chance[:, None]).prod(axis=-1)
    coins = (coin_level @ up.T)[:, :, None]
    level, narrow, wide = (
        (coins + _gamma(mean, of_rest)[:, None]).reshape(len(interference), -1)
        for of_rest in (variance, np.maximum(variance - doubt, 0.0), variance + doubt)
    )
    weight = np.broadcast_to(probability[:, :, None] / QUANTILES, (*probability.shape, QUANTILES))
    return Outcomes(level, weight.reshape(level.shape).copy(), narrow, wide)


def _gamma(mean: Floats, variance: Floats) -> Floats:
    """Return quantiles of the gamma distributions of means and variances (L,), (L, Q)."""
    table = gamma_quantiles(QUANTILES)
    spread = variance > _CERTAIN * mean**2
    shape = np.where(spread, mean**2, 1.0) / np.where(spread, variance, 1.0)
    row = (np.log2(np.maximum(shape, 1e-30)) - LOW_LOG2) * PER_OCTAVE
    quantiles = np.stack([np.interp(row, np.arange(len(table)), column) for column in table.T], axis=-1)
    return np.where(spread[:, None], mean[:, None] * quantiles, mean[:, None])

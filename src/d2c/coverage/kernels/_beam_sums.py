"""The compiled loops that add up the beams of a satellite one by one, at the points of a tile."""

from typing import NamedTuple

import numpy as np

from d2c.coverage.kernels._beam_gain import chord_between, flux_at, planar_gain, table_gain
from d2c.coverage.kernels._far_beams import NEAR_MARK
from d2c.coverage.kernels.compiling import INNER, INNER_CALLED, INNER_LOOP, kernel
from d2c.coverage.kernels.network_layout import (
    BEAMS_FILL,
    CLOSE2,
    COS_ACROSS,
    COS_ALONG,
    COS_U,
    COS_V,
    COS_W,
    P_ACROSS,
    P_ALONG,
    S_AWAY,
    S_CHANCE2,
    S_FLUX,
    S_LIT2,
    S_MEAN,
    S_SQUARE,
    SIN_ACROSS,
    SIN_ALONG,
)


class SummedBeams(NamedTuple):
    """Up to N beams of one satellite that are added up one by one, float32 (N,), and a flag of each beam.

    aim (3, N), phase (4, N), lit, strength: as in `HoppingBeams`; taken (N,) int32: which they are. apart (B,)
    float32: NEAR_MARK for the beams of a step that are near the tile, FAR_MARK for those far from it.
    """

    aim: np.ndarray
    phase: np.ndarray
    lit: np.ndarray
    strength: np.ndarray
    taken: np.ndarray
    apart: np.ndarray


@kernel(**INNER)
def summed_beams(beams):
    """Return working memory for the beams of a satellite."""
    size = beams.cell.shape[1] + BEAMS_FILL
    return SummedBeams(
        np.zeros((3, size), np.float32),
        np.zeros((4, size), np.float32),
        np.zeros(size, np.float32),
        np.zeros(size, np.float32),
        np.zeros(size, np.int32),
        np.zeros(size, np.float32),
    )


@kernel(**INNER_CALLED)
def take_beams(first, end, beams, step, colour, colours, planar, summed):
    """Take the beams of a satellite and colour that are not marked, one behind the other; return how many.

    Beams without power follow them up to whole SIMD registers.
    """
    apart, taken, number = summed.apart[first:end], summed.taken, 0
    for i in range(len(apart)):
        taken[number] = first + i
        number += apart[i] == 0.0 and (colours == 1 or beams.colour[beams.cell[step, first + i]] == colour)
    for row in range(2 if planar else 3):
        _gather(beams.aim[step, row], taken[:number], summed.aim[row])
    for row in range(4 if planar else 0):
        _gather(beams.phase[step, row], taken[:number], summed.phase[row])
    _gather(beams.lit[step], taken[:number], summed.lit)
    _gather(beams.strength[step], taken[:number], summed.strength)
    filled = (number + BEAMS_FILL - 1) // BEAMS_FILL * BEAMS_FILL
    summed.lit[number:filled] = 0.0
    summed.strength[number:filled] = 0.0
    return filled


@kernel(**INNER_LOOP)
def _gather(values, taken, result):
    for j in range(len(taken)):
        result[j] = values[taken[j]]


@kernel(**INNER_CALLED)
def add_beams(pattern, summed, number, cells, row, heard, same):
    """Add beams of one satellite and colour, one by one, to the sums of each cell: one SIMD lane a beam."""
    lit, strength = summed.lit[:number], summed.strength[:number]
    u, v, w = summed.aim[0, :number], summed.aim[1, :number], summed.aim[2, :number]
    sa, ca = summed.phase[0, :number], summed.phase[1, :number]
    sb, cb = summed.phase[2, :number], summed.phase[3, :number]
    if pattern.planar:
        _take_phases(pattern, u, v)
    for c in range(cells):
        if pattern.planar:
            mean, square, lit2, chance2 = _sum_planar(u, v, sa, ca, sb, cb, lit, strength, row, c)
        else:
            mean, square, lit2, chance2 = _sum_by_table(pattern, u, v, w, lit, strength, row, c)
        close, hears = row[c + CLOSE2], heard[c]
        close2, hears2 = close * close, hears * hears
        row[c + S_MEAN] += mean * close * hears
        row[c + S_AWAY] += mean * close * hears
        row[c + S_SQUARE] += square * close2 * hears2
        row[c + S_LIT2] += lit2 * close2 * hears2
        row[c + S_CHANCE2] += chance2 * close * hears
        row[c + S_FLUX] += mean * close * same[c]


@kernel(**INNER_LOOP)
def _take_phases(pattern, u, v):
    """Take the phases of a planar array's beams in place of their direction cosines."""
    along, across = np.float32(pattern.along), np.float32(pattern.across)
    for i in range(len(u)):
        u[i] *= along
        v[i] *= across


@kernel(**INNER_LOOP)
def _sum_planar(a0, b0, sa0, ca0, sb0, cb0, lit, strength, row, c):
    """Return the sums of q F, q F^2, (q F)^2 and q^2 F over beams at a point, over 1 / range^2."""
    a, sa, ca = row[c + P_ALONG], row[c + SIN_ALONG], row[c + COS_ALONG]
    b, sb, cb = row[c + P_ACROSS], row[c + SIN_ACROSS], row[c + COS_ACROSS]
    mean, square, lit2, chance2 = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for i in range(len(lit)):
        gain = planar_gain(a - a0[i], sa, ca, sa0[i], ca0[i], b - b0[i], sb, cb, sb0[i], cb0[i])
        flux = strength[i] * gain
        of_lit = lit[i] * flux
        mean += of_lit
        square += of_lit * flux
        lit2 += of_lit * of_lit
        chance2 += of_lit * lit[i]
    return mean, square, lit2, chance2


@kernel(**INNER_LOOP)
def _sum_by_table(pattern, u0, v0, w0, lit, strength, row, c):
    """Return the same of beams whose gain is a table by the angle off the axis."""
    u, v, w, per_chord = row[c + COS_U], row[c + COS_V], row[c + COS_W], np.float32(pattern.per_chord)
    mean, square, lit2, chance2 = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for i in range(len(lit)):
        gain = table_gain(pattern.gain, chord_between(u, v, w, u0[i], v0[i], w0[i]) * per_chord)
        flux = strength[i] * gain
        of_lit = lit[i] * flux
        mean += of_lit
        square += of_lit * flux
        lit2 += of_lit * of_lit
        chance2 += of_lit * lit[i]
    return mean, square, lit2, chance2


@kernel(**INNER_CALLED)
def take_off_isolated(beams, step, first, end, pattern, tables, apart, server, row, c):
    """Take off the sums at a cell those beams that are never alight with its server; those near are not in them."""
    cell = beams.cell[step, server] if server >= 0 else np.int64(-1)
    for j in range(tables.isolated.shape[1] if server >= 0 else 0):
        other = tables.isolated[cell, j]
        i = beams.slot[step, other] if other >= 0 else np.int64(-1)
        if i < first or i >= end or apart[i] == NEAR_MARK:
            continue
        flux, q = flux_at(beams, step, i, pattern, row, c), beams.lit[step, i]
        lit = q * flux
        row[c + S_MEAN] = max(row[c + S_MEAN] - lit, 0.0)
        row[c + S_SQUARE] = max(row[c + S_SQUARE] - lit * flux, 0.0)
        row[c + S_LIT2] = max(row[c + S_LIT2] - lit * lit, 0.0)
        row[c + S_CHANCE2] = max(row[c + S_CHANCE2] - lit * q, 0.0)
        row[c + S_AWAY] = max(row[c + S_AWAY] - lit, 0.0)
        row[c + S_FLUX] = max(row[c + S_FLUX] - lit, 0.0)

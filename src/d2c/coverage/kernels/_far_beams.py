"""The compiled loops over the beams far from a tile, whose side lobes are taken by their mean.

Many beams meet the lobes of the pattern at all phases: of a planar array sin^2 is on average 1/2, and its square 3/8.
So are the beams of a satellite taken whose side lobes are low everywhere on the tile, and those it has elsewhere. Each
of their colours is as frequent as the others.
"""

import numpy as np

from d2c.coverage.kernels._beam_gain import chord_between, table_gain
from d2c.coverage.kernels.compiling import INNER_CALLED, INNER_LOOP, LOOP, kernel
from d2c.coverage.kernels.network_layout import (
    CLOSE2,
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
)

FAR = 5e-5  # mean gain of the side lobes below which it stands for them; moves C/(I+N) by 0.1 dB at most
NEAR_MARK, FAR_MARK = np.float32(1.0), np.float32(2.0)  # of beams near a tile, and of those far from it
PEAKED = np.float32(2.25)  # mean square of a lobe's gain over the square of its mean: (3/8 / (1/2)^2)^2


@kernel(**LOOP)
def lobes(difference):
    """Return the mean gain of a line source's side lobes at a difference of phases; 1 at none."""
    return np.float32(1.0) / (np.float32(1.0) + np.float32(2.0) * difference * difference)


@kernel(**INNER_CALLED)
def corners(row, cells):
    """Return the least and the most of both phases of a tile's points."""
    a_least, a_most = row[P_ALONG], row[P_ALONG]
    b_least, b_most = row[P_ACROSS], row[P_ACROSS]
    for c in range(cells):
        a_least, a_most = min(a_least, row[c + P_ALONG]), max(a_most, row[c + P_ALONG])
        b_least, b_most = min(b_least, row[c + P_ACROSS]), max(b_most, row[c + P_ACROSS])
    return a_least, a_most, b_least, b_most


@kernel(**INNER_CALLED)
def mark_far_beams(beams, step, k, pattern, box, apart):
    """Mark the beams of a satellite whose side lobes are low everywhere on a tile, but those marked as near."""
    first, end = beams.first[step, k], beams.first[step, k + 1]
    a_least, a_most, b_least, b_most = box
    along, across, least = np.float32(pattern.along), np.float32(pattern.across), np.float32(FAR)
    u, v, marked = beams.aim[step, 0, first:end], beams.aim[step, 1, first:end], apart[first:end]
    none = np.float32(0.0)
    for i in range(len(u)):
        a, b = along * u[i], across * v[i]
        da, db = max(max(a_least - a, a - a_most), none), max(max(b_least - b, b - b_most), none)
        far = lobes(da) * lobes(db) < least
        marked[i] = FAR_MARK if far and marked[i] == none else marked[i]


@kernel(**INNER_CALLED)
def add_far_beams(beams, step, k, pattern, box, apart, work, middle, lanes):
    """Add a satellite's beams that are marked as far, and those elsewhere, to the sums of all cells.

    Those marked by their lobes at the corners of the tile, linear between them; those elsewhere at the cell in the
    middle.
    """
    row = work.points[k]
    corner, moments = _beams_elsewhere(beams, step, k, pattern, row, middle)
    if pattern.planar:
        first, end = beams.first[step, k], beams.first[step, k + 1]
        of_far, of_moments = _marked_beams(first, end, beams, step, pattern, box, apart)
        corner = (corner + of_far[0], corner + of_far[1], corner + of_far[2], corner + of_far[3])
        moments = (moments[0] + of_moments[0], moments[1] + of_moments[1], moments[2] + of_moments[2])
        _spread(row, box, corner, moments, work.heard, work.same, lanes)
    else:
        _spread(row, box, (corner, corner, corner, corner), moments, work.heard, work.same, lanes)


@kernel(**INNER_CALLED)
def _beams_elsewhere(beams, step, k, pattern, row, middle):
    """Return the sums of q F, and of q F^2, (q F)^2 and q^2 F, of a satellite's beams elsewhere, over 1 / range^2."""
    q = beams.far_lit[step, k]
    mean, square = np.float32(0.0), np.float32(0.0)
    for i in range(beams.far_first[step, k], beams.far_first[step, k + 1]):
        u, v, w = beams.far_aim[step, i, 0], beams.far_aim[step, i, 1], beams.far_aim[step, i, 2]
        if pattern.planar:
            gain = lobes(row[middle + P_ALONG] - np.float32(pattern.along) * u)
            gain *= lobes(row[middle + P_ACROSS] - np.float32(pattern.across) * v)
        else:
            chord = chord_between(row[middle + COS_U], row[middle + COS_V], row[middle + COS_W], u, v, w)
            gain = table_gain(pattern.gain, chord * np.float32(pattern.per_chord))
        one = beams.far_strength[step, i] * gain
        mean += q * beams.far_number[step, i] * one
        square += q * beams.far_number[step, i] * one * one * PEAKED
    return mean, (square, q * square, q * mean)


@kernel(**INNER_CALLED)
def _marked_beams(first, end, beams, step, pattern, box, apart):
    """Return the sums of q F at the four corners, and of q F^2, (q F)^2 and q^2 F in their middle, over 1 / range^2."""
    a_least, a_most, b_least, b_most = box
    along, across = np.float32(pattern.along), np.float32(pattern.across)
    u, v, marked = beams.aim[step, 0, first:end], beams.aim[step, 1, first:end], apart[first:end]
    lit, strength = beams.lit[step, first:end], beams.strength[step, first:end]
    none, quarter = np.float32(0.0), np.float32(0.25)
    c00, c01, c10, c11 = none, none, none, none
    square, lit2, chance2 = none, none, none
    for i in range(len(u)):
        a, b = along * u[i], across * v[i]
        a0, a1, b0, b1 = lobes(a - a_least), lobes(a - a_most), lobes(b - b_least), lobes(b - b_most)
        q = lit[i] if marked[i] == FAR_MARK else none
        flux = q * strength[i]
        c00 += flux * a0 * b0
        c01 += flux * a0 * b1
        c10 += flux * a1 * b0
        c11 += flux * a1 * b1
        middle = strength[i] * quarter * (a0 + a1) * (b0 + b1)
        square += q * middle * middle * PEAKED
        lit2 += q * q * middle * middle * PEAKED
        chance2 += q * q * middle
    return (c00, c01, c10, c11), (square, lit2, chance2)


@kernel(**INNER_LOOP)
def _spread(row, box, corner, moments, heard, same, lanes):
    """Add sums at the corners of a tile, and in its middle, to those of its cells."""
    a_least, a_most, b_least, b_most = box
    one, tiny = np.float32(1.0), np.float32(1e-9)
    per_a, per_b = one / max(a_most - a_least, tiny), one / max(b_most - b_least, tiny)
    colours = heard.shape[0]
    for c in range(lanes):
        x, y = (row[c + P_ALONG] - a_least) * per_a, (row[c + P_ACROSS] - b_least) * per_b
        mean = (corner[0] * (one - y) + corner[1] * y) * (one - x) + (
            corner[2] * (one - y) + corner[3] * y
        ) * x
        flux, flux2 = mean * row[c + CLOSE2], row[c + CLOSE2] * row[c + CLOSE2]
        hears, hears2, shares = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for colour in range(colours):
            hears += heard[colour, c]
            hears2 += heard[colour, c] * heard[colour, c]
            shares += same[colour, c]
        hears, hears2, shares = hears / colours, hears2 / colours, shares / colours
        row[c + S_MEAN] += flux * hears
        row[c + S_AWAY] += flux * hears
        row[c + S_SQUARE] += moments[0] * flux2 * hears2
        row[c + S_LIT2] += moments[1] * flux2 * hears2
        row[c + S_CHANCE2] += moments[2] * row[c + CLOSE2] * hears
        row[c + S_FLUX] += flux * shares

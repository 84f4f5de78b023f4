"""Interpolation of satellite positions: Lagrange polynomial through twelve knots, with an error check."""

import math

import numpy as np
from numpy.typing import NDArray

POINTS = 12
BEFORE = POINTS // 2 - 1  # knots before the one at which the interval begins
_OFFSETS = range(-BEFORE, POINTS - BEFORE)
# Weights of the knots in their highest difference, of order 11, up to its sign.
_DIFFERENCE = np.array([(-1.0) ** k * math.comb(POINTS - 1, k) for k in range(POINTS)])
# The contribution of the last knot at mid-interval is the highest difference times this (Newton's formula).
_LAST_SHARE = math.prod(abs(0.5 - offset) for offset in _OFFSETS[:-1]) / math.factorial(POINTS - 1)
# Circular orbits of 200 km and more stay below it. SGP4 jumps of less than 0.7 m go undetected, with half as error.
_MAX_LAST_SHARE_M = 0.02


def knot_weights(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Lagrange weights (T, 12) of the knots for fractions (T,) of the interval, from 0 to below 1."""
    weights = np.ones((len(fraction), POINTS))
    # factor by factor, so that the bits of a weight do not depend on T
    for k, offset in enumerate(_OFFSETS):
        for other in _OFFSETS:
            if other != offset:
                weights[:, k] *= (fraction - other) / (offset - other)
    return weights


def interpolate(
    knots_m: NDArray[np.float64], weights: NDArray[np.float64], *, out: NDArray[np.float64]
) -> None:
    """Interpolate positions (T, S, 3) with weights (T, 12) of knots (12, S, 3); NaN if any knot is. All contiguous."""
    # einsum adds the knots in order; the bits of a matrix product may depend on T and S
    np.einsum("tk,kn->tn", weights, knots_m.reshape(POINTS, -1), out=out.reshape(len(out), -1))


def doubtful(knots_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each satellite (S,) whether the polynomial through its knots (12, S, 3) may be inaccurate.

    True where some but not all knots are missing (NaN), and where the last knot shifts the position at mid-interval by
    more than 2 cm along an axis.
    """
    difference = np.einsum("k,kn->n", _DIFFERENCE, knots_m.reshape(POINTS, -1)).reshape(-1, 3)
    accurate: NDArray[np.bool_] = (np.abs(difference) * _LAST_SHARE <= _MAX_LAST_SHARE_M).all(axis=1)
    if not accurate.all():
        accurate |= np.isnan(knots_m[:, :, 0]).all(axis=0)
    return ~accurate

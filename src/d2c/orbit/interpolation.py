"""Positions between knots: the polynomial through the twelve knots around an interval, and where it may be off."""

import math

import numpy as np
from numpy.typing import NDArray

POINTS = 12
BEFORE = POINTS // 2 - 1  # so many of the knots come before the one that the interval begins with
_PLACES = range(-BEFORE, POINTS - BEFORE)
# The knots' weights in their highest difference, of order 11, up to its sign.
_DIFFERENCE = np.array([(-1.0) ** k * math.comb(POINTS - 1, k) for k in range(POINTS)])
# What the last knot adds in the middle of the interval is the highest difference times this (Newton's formula).
_LAST_SHARE = math.prod(abs(0.5 - place) for place in _PLACES[:-1]) / math.factorial(POINTS - 1)
# Circular orbits of 200 km and more stay below it. A jump of SGP4 of less than 0.7 m can hide, and is half off.
_MOST_LAST_SHARE_M = 0.02


def knot_weights(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Lagrange's weights (T, 12) of the knots for each fraction (T,) of the interval, from 0 to below 1."""
    weights = np.ones((len(fraction), POINTS))
    # factor by factor, so that a weight's bits do not depend on T
    for k, place in enumerate(_PLACES):
        for other in _PLACES:
            if other != place:
                weights[:, k] *= (fraction - other) / (place - other)
    return weights


def interpolate(
    knots_m: NDArray[np.float64], weights: NDArray[np.float64], *, out: NDArray[np.float64]
) -> None:
    """Write positions (T, S, 3) by weights (T, 12) of the knots (12, S, 3); NaN where any knot is. All contiguous."""
    # einsum adds one knot after the other; a matrix product's bits may depend on T and S
    np.einsum("tk,kn->tn", weights, knots_m.reshape(POINTS, -1), out=out.reshape(len(out), -1))


def doubtful(knots_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each satellite (S,) whether the polynomial through its knots (12, S, 3) may be off.

    So it may where knots are missing (NaN), unless all are, and where the last one moves the middle of the interval by
    more than 2 cm along an axis.
    """
    difference = np.einsum("k,kn->n", _DIFFERENCE, knots_m.reshape(POINTS, -1)).reshape(-1, 3)
    settled: NDArray[np.bool_] = (np.abs(difference) * _LAST_SHARE <= _MOST_LAST_SHARE_M).all(axis=1)
    if not settled.all():
        settled |= np.isnan(knots_m[:, :, 0]).all(axis=0)
    return ~settled

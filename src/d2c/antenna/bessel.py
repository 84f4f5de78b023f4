"""Bessel function J1 for aperture antenna patterns (numpy has none)."""

from typing import Any

import numpy as np

_SERIES_TERMS = 45
_SERIES_LIMIT = 12.0
_ASYMPTOTIC_TERMS = 12

# Abramowitz and Stegun, table 9.5, to twelve decimals; the tests check them against an integral
ZEROS_OF_J1 = np.array(
    [
        3.831705970208,
        7.015586669816,
        10.173468135063,
        13.323691936314,
        16.470630050878,
        19.615858510468,
        22.760084380593,
        25.903672087618,
        29.046828534917,
        32.189679910974,
    ]
)
ZEROS_OF_J1.setflags(write=False)


def j1(x: Any) -> Any:
    """Return the Bessel function of the first kind of order one, same shape, within 1e-10.

    Uses the power series up to 12 (Abramowitz and Stegun 9.1.10), beyond it Hankel's asymptotic series (9.2.5,
    9.2.9 and 9.2.10), whose smallest term there is below 1e-10.
    """
    values = np.asarray(x, dtype=float)
    magnitude = np.abs(values)
    series = _series(np.minimum(magnitude, _SERIES_LIMIT))
    asymptotic = _asymptotic(np.maximum(magnitude, _SERIES_LIMIT))
    return np.sign(values) * np.where(magnitude <= _SERIES_LIMIT, series, asymptotic)


def _series(x: Any) -> Any:
    minus_quarter_square = -(x**2) / 4.0
    total = np.ones_like(x)
    for k in range(_SERIES_TERMS, 0, -1):
        total = 1.0 + minus_quarter_square / (k * (k + 1)) * total
    return x / 2.0 * total


def _asymptotic(x: Any) -> Any:
    p, q = np.zeros_like(x), np.zeros_like(x)
    term = np.ones_like(x)
    for k in range(_ASYMPTOTIC_TERMS):
        p = p + (-1) ** k * term
        term = term * (4.0 - (4 * k + 1) ** 2) / ((2 * k + 1) * 8.0 * x)
        q = q + (-1) ** k * term
        term = term * (4.0 - (4 * k + 3) ** 2) / ((2 * k + 2) * 8.0 * x)
    phase = x - 0.75 * np.pi
    return np.sqrt(2.0 / (np.pi * x)) * (p * np.cos(phase) - q * np.sin(phase))

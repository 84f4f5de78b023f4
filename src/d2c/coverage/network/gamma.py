"""Quantiles of gamma distributions, tabulated by their shape."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

LOW_LOG2, HIGH_LOG2, PER_OCTAVE = (
    -10.0,
    12.0,
    8,
)  # of the shape: outside, the distribution is taken at the end
_LOG_X = np.linspace(-700.0, 12.0, 80_001)  # natural logarithm of x, fine enough for errors of 1e-4


@cache
def gamma_quantiles(number: int) -> NDArray[np.float64]:
    """Return the medians of `number` equally likely parts of gamma distributions of mean 1, (R, number).

    Row r is of the shape 2^(LOW_LOG2 + r / PER_OCTAVE). By quadrature of the density x^(k - 1) exp(-x) over ln x.
    """
    wanted = (np.arange(number) + 0.5) / number
    shapes = 2.0 ** np.arange(LOW_LOG2, HIGH_LOG2 + 0.5 / PER_OCTAVE, 1 / PER_OCTAVE)
    x = np.exp(_LOG_X)
    return np.array([_quantiles(shape, wanted, x) for shape in shapes])


def _quantiles(shape: float, wanted: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    log_density = shape * _LOG_X - x
    density = np.exp(log_density - log_density.max())
    share = np.cumsum(density)
    share = (share - density / 2) / share[-1]
    # below the lowest x the share grows as x^k
    log_x = np.interp(wanted, share, _LOG_X, left=-np.inf)
    return np.asarray(np.exp(log_x) / shape)

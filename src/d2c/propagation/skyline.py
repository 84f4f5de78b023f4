"""Skylines of phones: how likely a clear line of sight is in each direction of the compass, correlated over azimuth.

A skyline is a Gaussian process around the compass with the correlation exp(-angle / correlation angle). At each azimuth
the phones of a set are ranked by it, so that at any azimuth they stand for the whole distribution.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

AZIMUTHS = 128  # around the compass


def skyline_ranks(*, phones: int, correlation_deg: float, seed: Any) -> NDArray[np.int64]:
    """Return the rank of each phone among all, 0 to K - 1, at each azimuth, (K, AZIMUTHS).

    With a large correlation angle a phone keeps its rank all around, with a small one ranks are independent. The
    correlation over azimuth is assumed; TR 38.811 gives the probability of a line of sight for one satellite only.
    """
    step = np.arange(AZIMUTHS)
    angle_deg = np.minimum(step, AZIMUTHS - step) * 360.0 / AZIMUTHS
    # a covariance around a circle has the Fourier transform as its eigenvalues
    eigenvalues = np.maximum(np.fft.fft(np.exp(-angle_deg / correlation_deg)).real, 0.0)
    white = np.random.default_rng(seed).standard_normal((phones, AZIMUTHS))
    process = np.fft.ifft(np.sqrt(eigenvalues) * np.fft.fft(white, axis=1), axis=1).real
    return np.argsort(np.argsort(process, axis=0, kind="stable"), axis=0, kind="stable")

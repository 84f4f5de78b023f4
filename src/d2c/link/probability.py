"""Probability that a service closes under shadowing, with and without line of sight."""

import math
from typing import Any

import numpy as np

_erfc = np.frompyfunc(math.erfc, 1, 1)


def service_probability(
    *,
    margin_db: Any,
    line_of_sight_probability: Any,
    sigma_los_db: Any,
    sigma_nlos_db: Any,
    clutter_loss_db: Any,
) -> Any:
    """Return the probability that the margin stays at or above zero, inputs broadcast.

    `margin_db` is that of the median channel with line of sight, without shadowing. With line of sight the
    margin varies normally by `sigma_los_db`; without it, it is lower by the clutter loss and varies by
    `sigma_nlos_db`. A sigma of zero makes a step. Derived from 3GPP TR 38.811 V15.4.0, 6.6.2: free space plus
    lognormal shadowing plus clutter, given the line of sight.
    """
    clear = _closes(np.asarray(margin_db, dtype=float), sigma_los_db)
    blocked = _closes(np.asarray(margin_db, dtype=float) - clutter_loss_db, sigma_nlos_db)
    weight = np.asarray(line_of_sight_probability, dtype=float)
    return weight * clear + (1.0 - weight) * blocked


def normal_cdf(x: Any) -> Any:
    """Return the standard normal distribution function, same shape, to the last digits of `math.erfc`."""
    return np.asarray(_erfc(-np.asarray(x, dtype=float) / math.sqrt(2.0)) / 2.0, dtype=float)[()]


def _closes(margin_db: Any, sigma_db: Any) -> Any:
    sigma = np.asarray(sigma_db, dtype=float)
    step = np.where(margin_db >= 0, 1.0, 0.0)
    spread = normal_cdf(margin_db / np.where(sigma > 0, sigma, 1.0))
    return np.where(sigma > 0, spread, np.where(np.isnan(margin_db), np.nan, step))[()]

"""Probability that a link closes under lognormal shadowing, averaged over line of sight and no line of sight."""

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
    """Return the probability that the margin is at or above zero, inputs broadcast.

    `margin_db` is the margin of the median line-of-sight channel, without shadowing. With line of sight the margin
    is normally distributed with `sigma_los_db`; without it, it is lower by the clutter loss and has `sigma_nlos_db`.
    A sigma of zero gives a step. Derived from 3GPP TR 38.811 V15.4.0, 6.6.2: free space plus
    lognormal shadowing plus clutter, conditional on line of sight.
    """
    line_of_sight = _closing_probability(np.asarray(margin_db, dtype=float), sigma_los_db)
    obstructed = _closing_probability(np.asarray(margin_db, dtype=float) - clutter_loss_db, sigma_nlos_db)
    los_weight = np.asarray(line_of_sight_probability, dtype=float)
    return los_weight * line_of_sight + (1.0 - los_weight) * obstructed


def normal_cdf(x: Any) -> Any:
    """Return the standard normal distribution function, same shape, at the precision of `math.erfc`."""
    return np.asarray(_erfc(-np.asarray(x, dtype=float) / math.sqrt(2.0)) / 2.0, dtype=float)[()]


def _closing_probability(margin_db: Any, sigma_db: Any) -> Any:
    sigma = np.asarray(sigma_db, dtype=float)
    step = np.where(margin_db >= 0, 1.0, 0.0)
    lognormal = normal_cdf(margin_db / np.where(sigma > 0, sigma, 1.0))
    return np.where(sigma > 0, lognormal, np.where(np.isnan(margin_db), np.nan, step))[()]

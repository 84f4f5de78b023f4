"""Building entry loss (ITU-R P.2109)."""

from statistics import NormalDist
from typing import Any

import numpy as np

from d2c.errors import ModelRangeError, ScenarioError, did_you_mean
from d2c.propagation.model_range import check_range
from d2c.propagation.table import read_table
from d2c.units import from_db, to_db

BUILDINGS = ("traditional", "thermally-efficient")


def building_entry_loss_db(
    *, frequency_hz: Any, elevation_deg: Any, building: str, probability: float
) -> Any:
    """Return the building entry loss not exceeded with the given probability (0.5: the median), inputs broadcast.

    The elevation is that of the path at the facade, -90 to 90 deg. ScenarioError for an unknown building;
    ModelRangeError outside 0.08 to 100 GHz and for a probability not between 0 and 1.
    Source: ITU-R P.2109-2, eq. (1) to (10), table 1.
    """
    if building not in BUILDINGS:
        raise ScenarioError(f"unknown building '{building}'{did_you_mean(building, BUILDINGS)}")
    table = read_table("p2109_coefficients")
    frequency_ghz = np.asarray(frequency_hz, dtype=float) / 1e9
    check_range(name="frequency", value=frequency_ghz, low=0.08, high=100, unit="GHz", document=table.name)
    check_range(name="elevation", value=elevation_deg, low=-90, high=90, unit="deg", document=table.name)
    if not 0.0 < probability < 1.0:
        raise ModelRangeError(f"probability {probability:g} is not between 0 and 1 ({table.name})")
    r, s, t, u, v, w, x, y, z = (table[letter][BUILDINGS.index(building)] for letter in "rstuvwxyz")
    decades = np.log10(frequency_ghz)
    horizontal_median = r + s * decades + t * decades**2
    first_mean = horizontal_median + 0.212 * np.abs(elevation_deg)
    deviate = NormalDist().inv_cdf(probability)
    first = deviate * (u + v * decades) + first_mean
    second = deviate * (y + z * decades) + w + x * decades
    return to_db(from_db(first) + from_db(second) + from_db(-3.0))

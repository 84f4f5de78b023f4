"""Free-space basic transmission loss and spreading loss (ITU-R P.525)."""

from typing import Any

import numpy as np

from d2c.constants import SPEED_OF_LIGHT_M_S
from d2c.errors import ModelRangeError
from d2c.units import to_db


def free_space_loss_db(*, slant_range_m: Any, frequency_hz: Any) -> Any:
    """Return the basic free-space transmission loss, inputs broadcast.

    ModelRangeError unless range and frequency are above zero. Source: ITU-R P.525-4, eq. (4).
    """
    frequency = _above_zero("frequency", frequency_hz, "Hz")
    wavelengths = (
        4.0 * np.pi * _above_zero("slant range", slant_range_m, "m") * frequency / SPEED_OF_LIGHT_M_S
    )
    return 2.0 * to_db(wavelengths)


def spreading_loss_db_m2(*, slant_range_m: Any) -> Any:
    """Return the spreading loss, 10 log10 of the sphere's area in m2: EIRP minus this is the power flux density.

    ModelRangeError unless the range is above zero. Source: ITU-R P.525-4, eq. (1).
    """
    return to_db(4.0 * np.pi * _above_zero("slant range", slant_range_m, "m") ** 2)


def _above_zero(name: str, value: Any, unit: str) -> Any:
    values = np.asarray(value, dtype=float)
    if (values <= 0).any():
        raise ModelRangeError(f"{name} {values.min():.10g} {unit} must be above 0 {unit} (ITU-R P.525-4)")
    return values

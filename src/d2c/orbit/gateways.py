"""Satellites without inter-satellite links serve only while they see a gateway."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Gateways:
    """K earth stations: position_m, up (K, 3), and the sine of the lowest elevation at which they see a satellite."""

    position_m: NDArray[np.float64]
    up: NDArray[np.float64]
    sin_elevation: float

    def connect(self, satellite_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which satellites (T, S, 3) see a gateway, (T, S); none that is NaN."""
        connected = np.zeros(satellite_m.shape[:2], bool)
        for position, up in zip(self.position_m, self.up, strict=True):
            path = satellite_m - position
            sine = (path @ up) / np.sqrt(np.einsum("tsx,tsx->ts", path, path))
            connected |= sine >= self.sin_elevation
        return connected


def remove_unconnected(position_m: NDArray[np.float64], gateways: Gateways | None) -> None:
    """Make satellites (T, S, 3) NaN while they see no gateway, in place; none where there are no gateways."""
    if gateways:
        position_m[~gateways.connect(position_m)] = np.nan

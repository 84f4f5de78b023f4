"""SGP4 propagator compiled by heyoka for SIMD registers and all cores; the only module that imports heyoka.

heyoka has no deep-space terms: satellites with periods of 225 min or more stay with sgp4. Any division of a span into
windows gives the same bits; another order or number of satellites, or a processor with other registers, does not.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sgp4.api import Satrec, SatrecArray

from d2c.errors import ScenarioError


def require_heyoka() -> None:
    """Raise ScenarioError unless heyoka is installed."""
    if find_spec("heyoka") is None:
        raise ScenarioError(
            "[constellation] engine = 'heyoka' needs the extra 'heyoka'; run: pip install 'd2c[heyoka]',"
            " or use engine = 'sgp4'"
        )


def heyoka_states(
    records: Sequence[Satrec], day_jd: NDArray[np.float64], fraction: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return SGP4's error codes (S, T), positions in km and velocities in km/s (S, T, 3), TEME.

    As `SatrecArray.sgp4`, but the state is undefined where the error code is not 0.
    """
    near, deep, propagator = _propagator(tuple(records))
    if not deep.size:
        states = _near_earth(propagator, day_jd, fraction)
    else:
        states = np.empty((len(day_jd), 7, len(records)))
        if near.size:
            states[:, :, near] = _near_earth(propagator, day_jd, fraction)
        error, position_km, velocity_km_s = SatrecArray([records[i] for i in deep]).sgp4(day_jd, fraction)
        states[:, :3, deep] = position_km.transpose(1, 2, 0)
        states[:, 3:6, deep] = velocity_km_s.transpose(1, 2, 0)
        states[:, 6, deep] = error.T
    by_satellite = states.transpose(2, 0, 1)
    return by_satellite[:, :, 6], by_satellite[:, :, :3], by_satellite[:, :, 3:6]


def _near_earth(
    propagator: Any, day_jd: NDArray[np.float64], fraction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return x, y, z, their rates and the error code (T, 7, S)."""
    # minutes since the epochs as in sgp4; given Julian dates, heyoka would also count leap seconds
    epoch_jd, epoch_fraction = propagator.sat_data[7], propagator.sat_data[8]
    minutes = (day_jd[:, None] - epoch_jd) * 1440.0 + (fraction[:, None] - epoch_fraction) * 1440.0
    states: NDArray[np.float64] = propagator(minutes)
    return states


@lru_cache(maxsize=2)  # a run propagates the same satellites in every window
def _propagator(records: tuple[Satrec, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp], Any]:
    """Return the indices of near-Earth and deep-space satellites, and heyoka's propagator of the former."""
    is_deep = np.array([record.method == "d" for record in records], dtype=bool)
    near, deep = np.flatnonzero(~is_deep), np.flatnonzero(is_deep)
    if not near.size:
        return near, deep, None
    from heyoka.model import sgp4_propagator  # import takes 0.1 s and needs the extra

    return near, deep, sgp4_propagator([records[i] for i in near])

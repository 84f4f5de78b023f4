"""SGP4 as heyoka compiles it for this machine's vector registers, on all its cores; the only door to heyoka.

It has no deep-space part: satellites with periods of 225 min and more stay with sgp4. Any cutting of a span
gives the same bits; another order or number of satellites, or a processor with other registers, does not.
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
    """Check that heyoka is installed; ScenarioError if not."""
    if find_spec("heyoka") is None:
        raise ScenarioError(
            "[constellation] engine = 'heyoka' needs the extra 'heyoka'; run: pip install 'd2c[heyoka]',"
            " or use engine = 'sgp4'"
        )


def heyoka_states(
    records: Sequence[Satrec], day_jd: NDArray[np.float64], fraction: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return SGP4's error codes (S, T), positions in km and velocities in km/s (S, T, 3), TEME.

    As `SatrecArray.sgp4` does, but with an error the state may be anything.
    """
    near, deep, propagator = _prepared(tuple(records))
    if not deep.size:
        answer = _near_earth(propagator, day_jd, fraction)
    else:
        answer = np.empty((len(day_jd), 7, len(records)))
        if near.size:
            answer[:, :, near] = _near_earth(propagator, day_jd, fraction)
        error, position_km, velocity_km_s = SatrecArray([records[i] for i in deep]).sgp4(day_jd, fraction)
        answer[:, :3, deep] = position_km.transpose(1, 2, 0)
        answer[:, 3:6, deep] = velocity_km_s.transpose(1, 2, 0)
        answer[:, 6, deep] = error.T
    by_satellite = answer.transpose(2, 0, 1)
    return by_satellite[:, :, 6], by_satellite[:, :, :3], by_satellite[:, :, 3:6]


def _near_earth(
    propagator: Any, day_jd: NDArray[np.float64], fraction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return x, y, z, their rates and the error code (T, 7, S)."""
    # minutes since the epochs as sgp4 counts them; of Julian dates heyoka would count the leap seconds too
    epoch_jd, epoch_fraction = propagator.sat_data[7], propagator.sat_data[8]
    minutes = (day_jd[:, None] - epoch_jd) * 1440.0 + (fraction[:, None] - epoch_fraction) * 1440.0
    answer: NDArray[np.float64] = propagator(minutes)
    return answer


@lru_cache(maxsize=2)  # a run asks for the same satellites in every window
def _prepared(records: tuple[Satrec, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp], Any]:
    """Return who is near the Earth, who is in deep space (indices), and heyoka's propagator of the former."""
    is_deep = np.array([record.method == "d" for record in records], dtype=bool)
    near, deep = np.flatnonzero(~is_deep), np.flatnonzero(is_deep)
    if not near.size:
        return near, deep, None
    from heyoka.model import sgp4_propagator  # 0.1 s, and only with the extra

    return near, deep, sgp4_propagator([records[i] for i in near])

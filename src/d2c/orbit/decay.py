"""Decay: from the step at which SGP4 no longer gives a position, a satellite is gone for good."""

import numpy as np
from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max  # decay step of a satellite that stays in orbit


def remove_decayed(
    position_m: NDArray[np.float64], decayed_at: NDArray[np.int64], *, first: int
) -> NDArray[np.int64]:
    """Set the positions of decayed satellites to NaN, in place; return the decay step of each by the end, (S,).

    position_m (T, S, 3) from step `first` on; decayed_at (S,): decay steps known before. SGP4 may give positions of a
    decayed satellite again for some minutes; they are removed too.
    """
    gone = np.isnan(position_m[:, :, 0])
    if not (gone.any() or (decayed_at < first + len(position_m)).any()):
        return decayed_at
    gone |= (first + np.arange(len(position_m)))[:, None] >= decayed_at
    np.logical_or.accumulate(gone, axis=0, out=gone)
    position_m[gone] = np.nan
    return np.minimum(decayed_at, np.where(gone[-1], first + np.argmax(gone, axis=0), NEVER))

"""Satellites that are lost on the way: decayed, and not to come back."""

import numpy as np
from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max  # the step at which a satellite is lost that is not


def remove_decayed(
    position_m: NDArray[np.float64], decayed_at: NDArray[np.int64], *, first: int
) -> NDArray[np.int64]:
    """Make a satellite NaN from the step it was lost, in place; return at which step each is lost by the end.

    position_m (T, S, 3) from step `first` on, lost_at (S,). SGP4 may let a decayed satellite appear again for a while.
    """
    gone = np.isnan(position_m[:, :, 0])
    if not (gone.any() or (decayed_at < first + len(position_m)).any()):
        return decayed_at
    gone |= (first + np.arange(len(position_m)))[:, None] >= decayed_at
    np.logical_or.accumulate(gone, axis=0, out=gone)
    position_m[gone] = np.nan
    return np.minimum(decayed_at, np.where(gone[-1], first + np.argmax(gone, axis=0), NEVER))

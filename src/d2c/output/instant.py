"""Instants as they are printed."""

import numpy as np


def utc_text(instant: np.datetime64) -> str:
    """Return an instant as ISO 8601 with Z, parts of a second only where there are any."""
    return f"{str(instant.astype('datetime64[us]')).removesuffix('.000000')}Z"

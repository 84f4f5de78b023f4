"""The numbers of the page, packed: whole numbers, compressed, as text that HTML may hold."""

import base64
import gzip
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.results.format.rounding import decimals_of, rounded

_ALIGNMENT = 8  # typed arrays of a browser start at multiples of their item size
_LEVEL = 6


def whole_numbers(column: str, values: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return values as the smallest whole numbers k and the decimals d with `k / 10**d == rounded value`, exactly.

    Any shape. NaN becomes the lowest number of the type. What does not fit into 32 bits stays a float, d = 0.
    """
    values = rounded(column, np.asarray(values))
    decimals = decimals_of(column) or 0 if values.dtype.kind == "f" else 0
    scaled = np.rint(values.astype(np.float64) * 10.0**decimals)
    known = scaled[~np.isnan(scaled)]
    largest = np.abs(known).max(initial=0)
    for kind in (np.int16, np.int32):
        limits = np.iinfo(kind)
        if largest <= limits.max:
            return np.where(np.isnan(scaled), limits.min, scaled).astype(kind), decimals
    return values.astype(np.float64), 0


def packed(arrays: Mapping[str, NDArray[Any]]) -> tuple[dict[str, list[Any]], str]:
    """Return where each array stands, `{name: [type, first byte, length]}`, and all of them as gzip in base64."""
    where: dict[str, list[Any]] = {}
    chunks = []
    at = 0
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).ravel()
        raw = data.astype(data.dtype.newbyteorder("<")).tobytes()  # the order of every browser's machine
        where[name] = [data.dtype.name, at, data.size]
        padding = -len(raw) % _ALIGNMENT
        chunks += [raw, bytes(padding)]
        at += len(raw) + padding
    # A fixed time of change gives equal bytes for equal numbers.
    compressed = gzip.compress(b"".join(chunks), compresslevel=_LEVEL, mtime=0)
    return where, base64.b64encode(compressed).decode("ascii")

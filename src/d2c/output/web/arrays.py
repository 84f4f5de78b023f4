"""Encoding of the page's numbers: scaled integers, gzip, base64."""

import base64
import gzip
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.results.column_lookup import decimals_of
from d2c.results.format.rounding import round_column

_ALIGNMENT = 8  # JavaScript typed arrays start at multiples of their item size
_GZIP_LEVEL = 6


def whole_numbers(column: str, values: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return values as integers k of the smallest type and decimals d with `k / 10**d == rounded value`, exactly.

    Any shape. NaN becomes the lowest number of the type. Values beyond 32 bits stay floats, d = 0.
    """
    values = round_column(column, np.asarray(values))
    decimals = decimals_of(column) or 0 if values.dtype.kind == "f" else 0
    scaled = np.rint(values.astype(np.float64) * 10.0**decimals)
    valid = scaled[~np.isnan(scaled)]
    largest = np.abs(valid).max(initial=0)
    for kind in (np.int16, np.int32):
        limits = np.iinfo(kind)
        if largest <= limits.max:
            return np.where(np.isnan(scaled), limits.min, scaled).astype(kind), decimals
    return values.astype(np.float64), 0


def packed(arrays: Mapping[str, NDArray[Any]]) -> tuple[dict[str, list[Any]], str]:
    """Return the index of the arrays, `{name: [type, first byte, length]}`, and their bytes as base64 of gzip."""
    index: dict[str, list[Any]] = {}
    chunks = []
    offset = 0
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).ravel()
        raw = data.astype(data.dtype.newbyteorder("<")).tobytes()  # little-endian, as in browsers
        index[name] = [data.dtype.name, offset, data.size]
        padding = -len(raw) % _ALIGNMENT
        chunks += [raw, bytes(padding)]
        offset += len(raw) + padding
    # A fixed modification time gives equal bytes for equal numbers.
    compressed = gzip.compress(b"".join(chunks), compresslevel=_GZIP_LEVEL, mtime=0)
    return index, base64.b64encode(compressed).decode("ascii")

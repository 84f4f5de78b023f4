"""Text files of a result: JSON and CSV with figures printed the same way every time."""

import csv
import io
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from d2c.files import write_bytes
from d2c.results.format.rounding import decimals_of


def write_text(path: Path, text: str) -> None:
    """Write the text as UTF-8 with its line ends as given, all or none; raises ResultError."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people and programs: keys in the order given, indented, UTF-8, newline at the end.

    NumPy scalars and arrays, times (ISO 8601, UTC with Z) and paths are understood; NaN becomes null. An
    infinity or another object is a bug of the caller and raises ValueError or TypeError.
    """
    write_text(path, json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _plain(content: Any) -> Any:
    """Return the content made of what JSON knows."""
    match content:
        case Mapping():
            return {str(key): _plain(value) for key, value in content.items()}
        case np.datetime64():
            return None if np.isnat(content) else _iso(np.array([content]))[0]
        case np.ndarray() if content.dtype.kind == "M":
            return [text or None for text in _iso(content)]
        case np.ndarray() | np.generic():
            return _plain(content.tolist())
        case list() | tuple():
            return [_plain(value) for value in content]
        case datetime():
            # without a zone: UTC, as everywhere
            aware = content if content.tzinfo else content.replace(tzinfo=UTC)
            return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return content.isoformat()
        case Path():
            return content.as_posix()
        case float() if math.isnan(content):
            return None
    return content


def write_csv(
    path: Path, columns: Mapping[str, np.ndarray], *, decimals: Mapping[str, int] | None = None
) -> None:
    """Write the columns as `csv_text` makes them, all or none; raises ResultError."""
    write_text(path, csv_text(columns, decimals=decimals))


def csv_text(columns: Mapping[str, np.ndarray], *, decimals: Mapping[str, int] | None = None) -> str:
    """Return equally long columns as CSV: one header line, LF, floats with fixed decimals, times ISO with Z.

    The decimals of a float column are those of `decimals`, else of its name (rounding.py); a float column
    without either is a ValueError. NaN, NaT and None are empty fields.
    """
    decimals = decimals or {}
    texts = [_texts(name, np.asarray(values), decimals.get(name)) for name, values in columns.items()]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*texts, strict=True))
    return out.getvalue()


def _texts(name: str, values: np.ndarray, decimals: int | None) -> list[str]:
    """Return one column as texts."""
    if values.dtype.kind == "M":
        return _iso(values)
    if values.dtype.kind != "f":
        return ["" if value is None else str(value) for value in values.tolist()]
    decimals = decimals_of(name) if decimals is None else decimals
    if decimals is None:
        raise ValueError(f"no number of decimals for the column {name!r}: give one, or add it to rounding.py")
    # Adding zero turns -0.0 into 0.0, which would print as "-0.00".
    rounded = np.round(values.astype(np.float64), decimals) + 0.0
    return ["" if math.isnan(value) else f"{value:.{decimals}f}" for value in rounded.tolist()]


def _iso(times: np.ndarray) -> list[str]:
    """Return ISO 8601 texts in UTC with Z, with milliseconds only if a time has a part of a second."""
    valid = times[~np.isnat(times)]
    whole = bool((valid == valid.astype("datetime64[s]")).all())
    texts = np.datetime_as_string(times, unit="s" if whole else "ms")
    return ["" if text == "NaT" else f"{text}Z" for text in texts.tolist()]

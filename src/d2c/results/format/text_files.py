"""JSON and CSV files of results, with reproducible number formatting."""

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
from d2c.printable import spreadsheet_text
from d2c.results.column_lookup import decimals_of
from d2c.utc import iso_texts, utc_text


def write_text(path: Path, text: str) -> None:
    """Write the text as UTF-8, line ends unchanged, atomically; raises ResultError."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON: keys in the order given, indented, UTF-8, newline at the end.

    NumPy scalars and arrays, times (ISO 8601, UTC with Z) and paths are converted; NaN becomes null. An
    infinity or an unsupported object is a programming error and raises ValueError or TypeError.
    """
    write_text(path, json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def plain(content: Any) -> Any:
    """Return the content in types that JSON supports; NaN is None."""
    match content:
        case Mapping():
            return {str(key): plain(value) for key, value in content.items()}
        case np.datetime64():
            return iso_texts(np.array([content]))[0] or None
        case np.ndarray() if content.dtype.kind == "M":
            return [text or None for text in iso_texts(content)]
        case np.ndarray() | np.generic():
            return plain(content.tolist())
        case list() | tuple():
            return [plain(value) for value in content]
        case datetime():
            # without a time zone: UTC
            aware = content if content.tzinfo else content.replace(tzinfo=UTC)
            return utc_text(np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "us"))
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
    """Write the columns in the format of `csv_text`, atomically; raises ResultError."""
    write_text(path, csv_text(columns, decimals=decimals))


def csv_text(columns: Mapping[str, np.ndarray], *, decimals: Mapping[str, int] | None = None) -> str:
    """Return columns of equal length as CSV: one header line, LF, fixed decimals, ISO 8601 times with Z.

    The decimals of a float column come from `decimals`, else from its name (columns.py); ValueError if neither
    gives them. NaN, NaT and None are empty fields.
    """
    decimals = decimals or {}
    texts = [_texts(name, np.asarray(values), decimals.get(name)) for name, values in columns.items()]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(spreadsheet_text, columns))
    writer.writerows(zip(*texts, strict=True))
    return out.getvalue()


def _texts(name: str, values: np.ndarray, decimals: int | None) -> list[str]:
    """Return one column as formatted texts."""
    if values.dtype.kind == "M":
        return iso_texts(values)
    if values.dtype.kind != "f":
        return ["" if value is None else spreadsheet_text(str(value)) for value in values.tolist()]
    decimals = decimals_of(name) if decimals is None else decimals
    if decimals is None:
        raise ValueError(
            f"no number of decimals for the column {name!r}: give one, or add it to results/columns.py"
        )
    # Adding zero turns -0.0, which would print as "-0.00", into 0.0.
    rounded = np.round(values.astype(np.float64), decimals) + 0.0
    return ["" if math.isnan(value) else f"{value:.{decimals}f}" for value in rounded.tolist()]

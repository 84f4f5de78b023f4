"""UTC instants as ISO 8601 text, and back; the units of time that steps are counted in."""

from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

HOUR_US = 3_600_000_000
DAY_US = 86_400_000_000
UNIX_EPOCH_JD = 2_440_587.5  # Julian date of 1970-01-01T00:00, where datetime64 counts from

Unit = Literal["m", "s", "ms"]


def utc_text(instant: np.datetime64, *, unit: Unit | None = None) -> str:
    """Return an instant as ISO 8601 with Z, cut to the unit; by default with microseconds if it has a fraction."""
    if unit:
        return f"{np.datetime_as_string(instant.astype('datetime64[us]'), unit=unit)}Z"
    return f"{str(instant.astype('datetime64[us]')).removesuffix('.000000')}Z"


def iso_texts(times: NDArray[np.datetime64], *, unit: Unit | None = None) -> list[str]:
    """Return times (N,) as ISO 8601 with Z, cut to the unit; "" for NaT.

    By default all are to the second, or to the millisecond if any time has a fraction of a second.
    """
    if unit is None:
        valid = times[~np.isnat(times)]
        unit = "s" if bool((valid == valid.astype("datetime64[s]")).all()) else "ms"
    return ["" if text == "NaT" else f"{text}Z" for text in np.datetime_as_string(times, unit=unit).tolist()]


def parse_utc(text: str) -> np.datetime64:
    """Return an ISO 8601 instant to the microsecond, UTC if it has no offset; ValueError for any other text."""
    try:
        if not text.isascii():  # fromisoformat takes digits of any script
            raise ValueError(text)  # noqa: TRY301
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            instant = instant.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not an ISO 8601 instant, such as 2026-08-22T18:00:00Z") from None
    return np.datetime64(instant, "us")

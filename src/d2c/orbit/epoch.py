"""Start time of a run, and the age of the elements at that time."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from d2c.errors import CatalogueError, ScenarioError
from d2c.orbit.constellation import Constellation
from d2c.orbit.element_set import FIRST_YEAR, LAST_YEAR
from d2c.utc import DAY_US, HOUR_US, parse_utc, utc_text

WARN_AGE_DAYS = (
    3.0  # assumed: project rule; the position error of published elements grows by kilometres over days
)
MAX_AGE_DAYS = 14.0  # assumed: project rule; Skyfield's documentation calls elements useful for a week or two


def start_utc(start: str, constellation: Constellation, *, now: np.datetime64 | None = None) -> np.datetime64:
    """Resolve the start time, UTC, to the microsecond.

    "epoch" is the median epoch of the satellites rounded to the hour, "now" the present second (or `now`),
    anything else an ISO 8601 instant, UTC if without offset. ScenarioError for any other text.
    """
    if start == "epoch":
        median_us = float(np.median(constellation.epoch_utc.astype(np.int64)))
        return np.datetime64(round(median_us / HOUR_US) * HOUR_US, "us")
    if start == "now":
        present = np.datetime64(datetime.now(UTC).replace(tzinfo=None, microsecond=0), "us")
        return present if now is None else now
    try:
        instant = parse_utc(start)
    except ValueError:
        raise ScenarioError(
            f'start = \'{start}\' is not an instant; write "epoch", "now" or for example "2026-08-22T18:00:00Z"'
        ) from None
    if not FIRST_YEAR <= int(utc_text(instant)[:4]) <= LAST_YEAR:
        raise ScenarioError(f"start = '{start}' is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def element_age_days(constellation: Constellation, start: np.datetime64) -> NDArray[np.float64]:
    """Return the absolute time (S,) between each epoch and the start, in days."""
    age = np.abs(start.astype("datetime64[us]") - constellation.epoch_utc)
    days: NDArray[np.float64] = age / np.timedelta64(DAY_US, "us")
    return days


def check_age(
    constellation: Constellation, start: np.datetime64, *, max_age_days: float | None = None
) -> str | None:
    """Return a warning about old elements, or None; CatalogueError if they are too old.

    The median age decides, because one stale set among thousands must not stop a run: above
    `max_age_days` (default 14) is an error, above 3 days a warning. Single satellites older than the
    limit also give a warning.
    """
    limit = MAX_AGE_DAYS if max_age_days is None else max_age_days
    age = element_age_days(constellation, start)
    median, oldest = float(np.median(age)), float(age.max())
    start_text = utc_text(start, unit="m")
    finding = (
        f"{constellation.source}: at the start {start_text} the elements' median age is {median:.1f} days"
    )
    if median > limit:
        epoch = utc_text(start_utc("epoch", constellation), unit="m")
        raise CatalogueError(
            f"{finding}, more than {limit:g}; run d2c elements update, start near their epoch ({epoch}),"
            " or allow it with max_age_days"
        )
    stale = int((age > limit).sum())
    if median > WARN_AGE_DAYS:
        return f"{finding} (oldest {oldest:.1f}), more than {WARN_AGE_DAYS:g}; d2c elements update downloads new ones"
    if stale:
        return (
            f"{constellation.source}: {stale} of {len(age)} element sets are more than {limit:g} days old"
            f" at the start {start_text} (oldest {oldest:.1f})"
        )
    return None

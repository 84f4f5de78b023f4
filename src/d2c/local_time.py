"""The time zone in which people read and write times: UTC unless another is chosen; files of figures stay in UTC."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from d2c.errors import ScenarioError
from d2c.utc import parse_utc

_zone: ContextVar[ZoneInfo | None] = ContextVar("zone", default=None)


def read_zone(name: str) -> ZoneInfo | None:
    """Return a zone of the IANA time zone database, None for UTC; ScenarioError for another name."""
    if name.upper() == "UTC":
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as Europe
        raise ScenarioError(f"unknown time zone '{name}'{_suggestion(name)}") from None


def _suggestion(name: str) -> str:
    """Return the zones whose name or town is near."""
    wanted = name.lower().replace(" ", "_")
    zones = sorted(zone for zone in available_timezones() if not zone.startswith(("posix/", "right/")))
    towns = {key: zone for zone in zones for key in (zone.lower(), zone.lower().rpartition("/")[2])}
    near = dict.fromkeys(towns[key] for key in get_close_matches(wanted, towns, n=3, cutoff=0.7))
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return "; write UTC or a name of the IANA time zone database, such as Europe/Rome"


@contextmanager
def times_shown_in(zone: ZoneInfo | None) -> Iterator[None]:
    """Show times in a zone, None for UTC, until the end of the context."""
    before = _zone.get()
    _zone.set(zone)
    try:
        yield
    finally:
        _zone.set(before)


def zone_name() -> str:
    """Return the name of the zone in which times are shown."""
    zone = _zone.get()
    return zone.key if zone else "UTC"


def utc_of_local(text: str) -> np.datetime64:
    """Return an ISO 8601 instant, of the chosen zone if it has no offset; ValueError for any other text.

    ScenarioError for a time that the zone has twice or not at all, because its clocks change.
    """
    zone = _zone.get()
    parsed = parse_utc(text)
    instant = datetime.fromisoformat(text)
    if zone is None or instant.tzinfo is not None:
        return parsed
    offsets = [instant.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    if offsets[0] != offsets[1]:
        raise ScenarioError(
            f"{text} is not one instant in {zone.key}, whose clocks change then; give its offset, such as "
            f"{instant.replace(tzinfo=zone).isoformat()}"
        )
    return parsed - np.timedelta64(offsets[0] or timedelta(), "us")


def local_time(instant: np.datetime64) -> np.datetime64:
    """Return what the clocks of the zone show at an instant, UTC, to the microsecond."""
    shown: np.datetime64 = np.datetime64(
        _in_zone(instant.astype("datetime64[us]")).replace(tzinfo=None), "us"
    )
    return shown


def shown_instant(utc: str) -> str:
    """Return a text of `utc_text` in the zone, with its offset: 2026-08-22T20:00:00+02:00; unchanged for UTC."""
    if _zone.get() is None:
        return utc
    offset = _in_zone(parse_utc(utc)).isoformat()[-6:]
    shown = str(local_time(parse_utc(utc)))
    return shown[: len(utc.removesuffix("Z"))] + offset


def shown_words(utc: str) -> str:
    """Return a text of `utc_text` in words, with the name of the zone: 2026-08-22 20:00:00 Europe/Rome."""
    return f"{shown_instant(utc)[: len(utc.removesuffix('Z'))].replace('T', ' ')} {zone_name()}"


def shown_day(utc: str) -> str:
    """Return the day of a text of `utc_text` in the zone."""
    return shown_instant(utc)[:10]


def shown_minute(utc: str) -> str:
    """Return what `shown_words` does, to the minute."""
    return shown_words(f"{utc[:16]}Z")


def _in_zone(utc: np.datetime64) -> datetime:
    """Return an instant in the chosen zone."""
    instant: datetime = utc.astype(object)
    zone: tzinfo = _zone.get() or UTC
    return instant.replace(tzinfo=UTC).astimezone(zone)

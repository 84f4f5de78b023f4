"""Windows of service as a calendar that phones and mail programs open. Source: RFC 5545."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_FOLD_OCTETS = 75  # RFC 5545, 3.1: without the line break


def calendar_text(report: Mapping[str, Any], *, place: str) -> str:
    """Return an iCalendar object with one event a window of a passes report; lines end in CRLF.

    Events begin and end at whole seconds within the window; one that holds no second is left out.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//d2c//d2c passes//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    for window in report["windows"]:
        lines += _event(window, report, place)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(window: Mapping[str, Any], report: Mapping[str, Any], place: str) -> Iterator[str]:
    begin = -(-_tenths(window["begin_utc"]) // 10)
    end = _tenths(window["end_utc"]) // 10
    if end <= begin:
        return
    where, service = report["place"], report["service"]
    latitude, longitude = f"{where['latitude_deg']:.6f}", f"{where['longitude_deg']:.6f}"
    identity = f"{latitude} {longitude} {service} {report['elements']['source']} {begin}"
    passes = window["passes"]
    description = (
        f"{report['service_title']}: {passes} pass{'es' if passes > 1 else ''}, best margin "
        f"{window['best_margin_db']:.1f} dB, highest elevation {window['highest_elevation_deg']:.0f} deg.\n"
        f"{report['title']}.\n" + " ".join(report["notes"])
    )
    yield "BEGIN:VEVENT"
    yield f"UID:{hashlib.sha256(identity.encode()).hexdigest()[:32]}@d2c"
    # When the event was made would differ each time; the calendar is as of the instant it begins.
    yield f"DTSTAMP:{_instant(_tenths(report['from_utc']) // 10)}"
    yield f"DTSTART:{_instant(begin)}"
    yield f"DTEND:{_instant(end)}"
    yield f"SUMMARY:{_escaped(f'{service}: satellite over {place}')}"
    yield f"LOCATION:{_escaped(place)}"
    yield f"GEO:{latitude};{longitude}"
    yield f"DESCRIPTION:{_escaped(description)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _tenths(iso: str) -> int:
    """Return the tenths of a second since 1970 of an instant as reports print it."""
    return int(np.datetime64(iso.removesuffix("Z"), "ms").astype(np.int64)) // 100


def _instant(second: int) -> str:
    text = str(np.datetime64(second, "s"))
    return f"{text.replace('-', '').replace(':', '')}Z"


def _escaped(text: str) -> str:
    """Return a text value. Source: RFC 5545, 3.3.11."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    # Other control characters are not allowed in a text at all.
    return "".join(letter for letter in text if letter >= " " and letter != "\x7f")


def _folded(line: str) -> str:
    """Return a line broken into parts of at most 75 octets, never inside a letter. Source: RFC 5545, 3.1."""
    parts, part = [], ""
    for letter in line:
        if len((part + letter).encode()) > _FOLD_OCTETS:
            parts.append(part)
            part = " "  # counts among the octets of its line
        part += letter
    return "\r\n".join([*parts, part])

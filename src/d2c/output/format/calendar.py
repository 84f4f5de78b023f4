"""Service windows as an iCalendar file for phones and mail programs. Source: RFC 5545."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_FOLD_OCTETS = 75  # RFC 5545, 3.1: without the line break


def calendar_text(report: Mapping[str, Any], *, place: str) -> str:
    """Return an iCalendar object with one event per service window of a passes report; lines end in CRLF.

    Events begin and end at whole seconds within the window; windows without a whole second are omitted.
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
    # A creation time would change with each export; the start of the span gives equal bytes.
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
    """Return an instant of a report in tenths of a second since 1970."""
    return int(np.datetime64(iso.removesuffix("Z"), "ms").astype(np.int64)) // 100


def _instant(second: int) -> str:
    text = str(np.datetime64(second, "s"))
    return f"{text.replace('-', '').replace(':', '')}Z"


def _escaped(text: str) -> str:
    """Escape a text value. Source: RFC 5545, 3.3.11."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    # Other control characters are not allowed in a text value.
    return "".join(character for character in text if character >= " " and character != "\x7f")


def _folded(line: str) -> str:
    """Fold a line into parts of at most 75 octets, never inside a character. Source: RFC 5545, 3.1."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > _FOLD_OCTETS:
            parts.append(part)
            part = " "  # counts towards the octets of its line
        part += character
    return "\r\n".join([*parts, part])

"""The iCalendar, parsed back by the rules of RFC 5545."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.output.format.calendar import calendar_text


def report(**changed):
    return {
        "place": {"latitude_deg": 35.50142, "longitude_deg": 12.60964},
        "title": "Italy, Starlink; Direct to Cell",
        "service": "text",
        "service_title": "Text message",
        "elements": {"source": "x.tle"},
        "notes": ["Margins are over noise alone.", "Nominal."],
        "from_utc": "2026-08-22T18:00:00.0Z",
        "windows": [
            window("2026-08-22T18:00:00.0Z", "2026-08-22T18:00:21.9Z", passes=1),
            window("2026-08-22T23:59:23.1Z", "2026-08-23T00:07:43.0Z", passes=7),
        ],
    } | changed


def window(begin_utc, end_utc, passes=1):
    figures = {"passes": passes, "best_margin_db": 22.5, "highest_elevation_deg": 88.0}
    return {"begin_utc": begin_utc, "end_utc": end_utc, **figures}


def unfolded(text):
    """Return the content lines, after checking CRLF and the length of lines (RFC 5545, 3.1)."""
    assert text.endswith("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    for line in lines:
        assert "\r" not in line
        assert "\n" not in line
        assert 0 < len(line.encode()) <= 75
    return re.sub("\r\n[ \t]", "", "\r\n".join(lines)).split("\r\n")


def parsed(text):
    """Return the events as dictionaries, with BEGIN and END checked to nest."""
    lines = unfolded(text)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    events, head, event = [], {}, None
    for line in lines[1:-1]:
        name, colon, value = line.partition(":")
        assert colon
        assert re.fullmatch("[A-Z-]+", name)
        if line == "BEGIN:VEVENT":
            assert event is None
            event = {}
        elif line == "END:VEVENT":
            events.append(event)
            event = None
        else:
            target = head if event is None else event
            assert name not in target
            target[name] = value
    assert event is None
    return head, events


def unescaped(value):
    """Return a text as it was. RFC 5545, 3.3.11: backslash, semicolon, comma and newline are escaped."""
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value)
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def instant(text):
    assert re.fullmatch(r"\d{8}T\d{6}Z", text)
    return datetime.fromisoformat(text)


def test_required_properties():
    # RFC 5545, 3.6 and 3.6.1: PRODID and VERSION once, every event UID and DTSTAMP, DTSTART where no METHOD says other
    head, events = parsed(calendar_text(report(), place="Lampedusa, Italy"))
    assert head["VERSION"] == "2.0"
    assert head["PRODID"]
    assert len(events) == 2
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)
        assert instant(event["DTSTART"]) < instant(event["DTEND"])
        assert event["GEO"] == "35.501420;12.609640"
        assert unescaped(event["LOCATION"]) == "Lampedusa, Italy"
    assert events[0]["UID"] != events[1]["UID"]


def test_events_lie_within_their_windows_in_whole_seconds():
    _, events = parsed(calendar_text(report(), place="x"))
    begins = [event["DTSTART"] for event in events]
    ends = [event["DTEND"] for event in events]
    assert begins == ["20260822T180000Z", "20260822T235924Z"]
    assert ends == ["20260822T180021Z", "20260823T000743Z"]


@given(st.integers(0, 10**6), st.integers(1, 10**5))
def test_any_window(begin_tenths, length_tenths):
    start = datetime.fromisoformat("2026-08-22T18:00:00+00:00")
    begin = start + timedelta(milliseconds=100 * begin_tenths)
    end = begin + timedelta(milliseconds=100 * length_tenths)
    texts = [f"{t.replace(tzinfo=None).isoformat(timespec='milliseconds')[:-2]}Z" for t in (begin, end)]
    _, events = parsed(calendar_text(report(windows=[window(*texts)]), place="x"))
    if not events:
        assert length_tenths < 20  # no whole second, or just one instant of it
        return
    (event,) = events
    assert begin <= instant(event["DTSTART"]) < instant(event["DTEND"]) <= end
    assert end - begin - (instant(event["DTEND"]) - instant(event["DTSTART"])) < timedelta(seconds=2)


@pytest.mark.parametrize(
    "place", ["Sant'Angelo; B, C\\n", "Ħamrun " * 30, "a\nb", "日本" * 40, "x" * 200, "BEGIN:VEVENT"]
)
def test_texts_come_back_as_they_were(place):
    _, events = parsed(calendar_text(report(), place=place))
    assert {unescaped(event["LOCATION"]) for event in events} == {place}
    assert unescaped(events[0]["SUMMARY"]) == f"text: satellite over {place}"
    assert "Italy, Starlink; Direct to Cell." in unescaped(events[0]["DESCRIPTION"])


@given(st.text(max_size=200))
def test_any_text_keeps_the_form(place):
    _, events = parsed(calendar_text(report(), place=place))
    kept = place.replace("\r\n", "\n")
    kept = "".join(letter for letter in kept if letter == "\n" or (letter >= " " and letter != "\x7f"))
    assert unescaped(events[0]["LOCATION"]) == kept


def test_a_calendar_without_windows():
    head, events = parsed(calendar_text(report(windows=[]), place="x"))
    assert head["METHOD"] == "PUBLISH"
    assert events == []


def test_the_same_question_gives_the_same_calendar():
    assert calendar_text(report(), place="x") == calendar_text(report(), place="x")

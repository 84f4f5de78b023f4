"""Two-line element set (TLE, 3LE) parser; catalogue numbers in digits or Alpha-5."""

import re
from collections.abc import Iterator

from sgp4.api import Satrec

from d2c.orbit.element_set import ElementSet, RejectedSet, check_element_set

_LENGTH = 69
_NAME_LENGTH = 24  # longest name in a three-line set; a longer "1 ..." is a damaged line 1
_XP_EPHEMERIS_TYPE = "4"  # SGP4-XP elements need a different theory from SGP4


def _integer(width: int, *, digits: int = 1) -> str:
    """Return the pattern of a left-padded number with at least this many digits."""
    return "(?:" + "|".join(" " * (width - n) + rf"\d{{{n}}}" for n in range(digits, width + 1)) + ")"


_NUMBER = rf"(?:{_integer(5)}|[A-HJ-NP-Z]\d{{4}})"  # Alpha-5 leaves out I and O, which look like 1 and 0
_ANGLE = _integer(3) + r"\.\d{4} "
_POWER = r"[ +-]\d{5}[ +-]\d "  # 12345-3 means 0.12345e-3
# Field, characters (with the blank after it), pattern, for each line.
# Source: CelesTrak, "NORAD two-line element set format".
_FIELDS = {
    "1": (
        ("line number", 2, "1 "),
        ("catalogue number", 5, _NUMBER),
        ("classification", 2, "[A-Z ] "),
        ("international designator", 9, "[ -~]{8} "),
        ("epoch", 15, r"\d\d" + _integer(3) + r"\.\d{8} "),
        ("mean motion derivative", 11, r"[ +\-\d]\.\d{8} "),
        ("second mean motion derivative", 9, _POWER),
        ("drag term", 9, _POWER),
        ("ephemeris type", 2, r"[ \d] "),
        ("element number", 4, _integer(4, digits=0)),
        ("checksum", 1, r"\d"),
    ),
    "2": (
        ("line number", 2, "2 "),
        ("catalogue number", 6, _NUMBER + " "),
        ("inclination", 9, _ANGLE),
        ("right ascension", 9, _ANGLE),
        ("eccentricity", 8, r"\d{7} "),
        ("argument of perigee", 9, _ANGLE),
        ("mean anomaly", 9, _ANGLE),
        ("mean motion", 11, _integer(2) + r"\.\d{8}"),
        ("revolution number", 5, _integer(5, digits=0)),
        ("checksum", 1, r"\d"),
    ),
}
_WHOLE = {key: re.compile("".join(p for _, _, p in fields), re.ASCII) for key, fields in _FIELDS.items()}
_STARTS_LIKE_LINE = re.compile(rf"[12] {_NUMBER}")
_WEIGHTS = bytes(int(chr(c)) if chr(c) in "0123456789" else int(chr(c) == "-") for c in range(256))


def is_element_line(line: str) -> bool:
    """Return whether a stripped line is line 1 or line 2 of a set, damaged or not."""
    return line[:2] in ("1 ", "2 ") and (len(line) > _NAME_LENGTH or bool(_STARTS_LIKE_LINE.match(line)))


def checksum(line: str) -> int:
    """Return the checksum of the first 68 characters: digits as they are, a minus as 1, modulo 10."""
    return sum(line[: _LENGTH - 1].encode("ascii", "replace").translate(_WEIGHTS)) % 10


def parse_tle(text: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield each element set of a TLE or 3LE text, or its rejection; `#` begins a comment line."""
    name, name_at = "", 0
    line_1, line_1_at = "", 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line_1 and not (line.startswith("2 ") and is_element_line(line)):
            yield RejectedSet(line_1_at, name or _number_text(line_1), "its line 2 is missing")
            name, line_1 = "", ""
        if not is_element_line(line):
            if name:
                yield RejectedSet(name_at, name, "no element lines follow this name")
            name, name_at = line.removeprefix("0 ").strip(), number
        elif line.startswith("1 "):
            line_1, line_1_at = line, number
        else:
            if line_1:
                yield _element_set(name, line_1, line_1_at, line, number)
            else:
                yield RejectedSet(number, name or _number_text(line), "its line 1 is missing")
            name, line_1 = "", ""
    if line_1:
        yield RejectedSet(line_1_at, name or _number_text(line_1), "its line 2 is missing")
    elif name:
        yield RejectedSet(name_at, name, "no element lines follow this name")


def _element_set(
    name: str, line_1: str, line_1_at: int, line_2: str, line_2_at: int
) -> ElementSet | RejectedSet:
    name = name or _number_text(line_1)
    for line, at in ((line_1, line_1_at), (line_2, line_2_at)):
        if reason := _format_error(line):
            return RejectedSet(at, name, reason)
    if line_1[2:7] != line_2[2:7]:
        return RejectedSet(line_2_at, name, f"line 2 is for {line_2[2:7]}, line 1 for {line_1[2:7]}")
    if not 1 <= float(line_1[20:32]) < 367:
        return RejectedSet(line_1_at, name, f"epoch {line_1[18:32]} is not a day of a year")
    if line_1[62] == _XP_EPHEMERIS_TYPE:
        return RejectedSet(
            line_1_at, name, "these are SGP4-XP elements (ephemeris type 4), which SGP4 cannot use"
        )
    record = Satrec.twoline2rv(line_1[:_LENGTH], line_2[:_LENGTH])
    return check_element_set(line=line_1_at, name=name, norad_id=_number(line_1), record=record)


def _format_error(line: str) -> str | None:
    label = f"line {line[0]}"
    if len(line) < _LENGTH:
        return f"{label} has {len(line)} of {_LENGTH} characters"
    if line[_LENGTH : _LENGTH + 1].strip():
        return f"{label} has more than {_LENGTH} characters"
    if not _WHOLE[line[0]].match(line):
        return f"{label}: {_first_malformed_field(line)}"
    if checksum(line) != int(line[_LENGTH - 1]):
        return f"{label} has checksum {line[_LENGTH - 1]}, its characters give {checksum(line)}"
    return None


def _first_malformed_field(line: str) -> str:
    at = 0
    for field, width, pattern in _FIELDS[line[0]]:
        part = line[at : at + width]
        if not re.fullmatch(pattern, part, re.ASCII):
            return f"{field} {part.rstrip()!r} at column {at + 1} is malformed"
        at += width
    raise AssertionError("every field matches, so the whole line matches")


def _number(line: str) -> int:
    first, rest = line[2], line[3:7]
    if not first.isalpha():
        return int(line[2:7])
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # A is 10; source: Space-Track, "Alpha-5"
    return (10 + letters.index(first)) * 10_000 + int(rest)


def _number_text(line: str) -> str:
    return f"NORAD {_number(line)}" if _STARTS_LIKE_LINE.match(line) else f"line {line[:24]!r}"

"""Two-line element set (TLE, 3LE) parser; catalogue numbers in digits or Alpha-5."""

import re
from collections.abc import Iterator

from sgp4.api import Satrec

from d2c.orbit.element_set import ElementSet, RejectedSet, check_element_set

_LENGTH = 69
_SHORTEST = (
    63  # all that SGP4 needs; the element number, the revolution number and the checksum may be absent
)
_NAME_LENGTH = 24  # longest name in a three-line set; a longer "1 ..." is a damaged line 1
_XP_EPHEMERIS_TYPE = "4"  # SGP4-XP elements need a different theory from SGP4


def _integer(width: int, *, digits: int = 1) -> str:
    """Return the pattern of a left-padded number with at least this many digits."""
    return "(?:" + "|".join(" " * (width - n) + rf"\d{{{n}}}" for n in range(digits, width + 1)) + ")"


def _right_justified(text: str) -> str:
    return text.strip().rjust(len(text))


def _zero_filled(text: str) -> str:
    return text.replace(" ", "0")


def _decimal(text: str) -> str:
    """Return a decimal with zeros for the blanks beside its point and after its digits."""
    number = text.rstrip()
    if number.endswith("."):
        number += "0"
    if number.lstrip().startswith("."):
        number = number.replace(" .", "0.")
    return number.ljust(len(text) - 1, "0").ljust(len(text))


def _power(text: str) -> str:
    return text[0] + _zero_filled(text[1:6]) + text[6:]


def _unused_power(text: str) -> str:
    """Return a power that SGP4 does not use; it may be blank."""
    return _power(text) if text.strip() else " 00000-0 "


def _as_is(text: str) -> str:
    return text


_NUMBER = rf"(?:{_integer(5)}|[A-HJ-NP-Z]\d{{4}})"  # Alpha-5 leaves out I and O, which look like 1 and 0
_ANGLE = _integer(3) + r"\.\d{4} "
_POWER = r"[ +-]\d{5}[ +\-\d]\d "  # 12345-3 means 0.12345e-3
# Field, characters (with the blank after it), pattern, and what its blanks stand for, for each line.
# Source: CelesTrak, "NORAD two-line element set format"; blanks as sgp4 reads them.
_FIELDS = {
    "1": (
        ("line number", 2, "1 ", _as_is),
        ("catalogue number", 5, _NUMBER, _right_justified),
        ("classification", 2, "[ -~] ", _as_is),
        ("international designator", 9, "[ -~]{8} ", _as_is),
        ("epoch year", 2, r"\d\d", _as_is),
        ("epoch", 13, _integer(3) + r"\.\d{8} ", _decimal),
        ("mean motion derivative", 11, r"[ +\-\d]\.\d{8} ", _decimal),
        ("second mean motion derivative", 9, _POWER, _unused_power),
        ("drag term", 9, _POWER, _power),
        ("ephemeris type", 2, r"[ \d] ", _as_is),
        ("element number", 4, _integer(4, digits=0), _right_justified),
        ("checksum", 1, r"[ \d]", _as_is),
    ),
    "2": (
        ("line number", 2, "2 ", _as_is),
        ("catalogue number", 5, _NUMBER, _right_justified),
        ("blank", 1, " ", _as_is),
        ("inclination", 9, _ANGLE, _decimal),
        ("right ascension", 9, _ANGLE, _decimal),
        ("eccentricity", 8, r"\d{7} ", lambda text: _zero_filled(text[:7]) + text[7:]),
        ("argument of perigee", 9, _ANGLE, _decimal),
        ("mean anomaly", 9, _ANGLE, _decimal),
        ("mean motion", 11, _integer(2) + r"\.\d{8}", lambda text: _decimal(f"{text} ")[:-1]),
        ("revolution number", 5, _integer(5, digits=0), _right_justified),
        ("checksum", 1, r"[ \d]", _as_is),
    ),
}
_WHOLE = {key: re.compile("".join(field[2] for field in fields), re.ASCII) for key, fields in _FIELDS.items()}
_STARTS_LIKE_LINE = re.compile(rf"[12] {_NUMBER}", re.ASCII)
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
    lines = []
    for line, at in ((line_1, line_1_at), (line_2, line_2_at)):
        filled = line if _WHOLE[line[0]].match(line) else _filled(line)
        if reason := _format_error(line, filled):
            return RejectedSet(at, name, reason)
        lines.append(filled)
    one, two = lines
    if one[2:7] != two[2:7]:
        return RejectedSet(line_2_at, name, f"line 2 is for {two[2:7]}, line 1 for {one[2:7]}")
    if not 1 <= float(one[20:32]) < 367:
        return RejectedSet(line_1_at, name, f"epoch {one[18:32]} is not a day of a year")
    if one[62] == _XP_EPHEMERIS_TYPE:
        return RejectedSet(
            line_1_at, name, "these are SGP4-XP elements (ephemeris type 4), which SGP4 cannot use"
        )
    record = Satrec.twoline2rv(one[:_LENGTH], two[:_LENGTH])
    return check_element_set(line=line_1_at, name=name, norad_id=_number(one), record=record)


def _filled(line: str) -> str:
    """Return a line of the full length, with what its blanks stand for."""
    parts, at = [], 0
    for _, width, _, fill in _FIELDS[line[0]]:
        parts.append(fill(line[at : at + width].ljust(width)))
        at += width
    filled = "".join(parts)
    return filled if filled[2:7].strip() else f"{filled[:2]}    0{filled[7:]}"


def _format_error(line: str, filled: str) -> str | None:
    label = f"line {line[0]}"
    if len(line) < _SHORTEST:
        return f"{label} has {len(line)} of {_LENGTH} characters"
    if line[_LENGTH : _LENGTH + 1].strip():
        return f"{label} has more than {_LENGTH} characters"
    if not _WHOLE[line[0]].match(filled):
        return f"{label}: {_first_malformed_field(line, filled)}"
    given = line[_LENGTH - 1 : _LENGTH].strip()
    if given and checksum(line) != int(given):
        return f"{label} has checksum {given}, its characters give {checksum(line)}"
    return None


def _first_malformed_field(line: str, filled: str) -> str:
    at = 0
    for field, width, pattern, _ in _FIELDS[line[0]]:
        if not re.fullmatch(pattern, filled[at : at + width], re.ASCII):
            return f"{field} {line[at : at + width].rstrip()!r} at column {at + 1} is malformed"
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

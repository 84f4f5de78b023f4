"""Orbit mean-elements message (OMM, CCSDS 502.0-B): fields to element sets, and the parsers of CSV, KVN and XML."""

import csv
import re
from calendar import isleap
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from xml.parsers import expat

import numpy as np
from sgp4.api import Satrec

from d2c.errors import CatalogueError
from d2c.orbit.element_set import ElementSet, RejectedSet, check_element_set, new_record
from d2c.utc import parse_utc

_MOST_DIGITS = 20  # zeros before the number
_LONGEST_SHOWN = 40  # of a value in a reason
_LARGEST_NUMBER = 999_999_999  # nine digits, CCSDS 502.0-B-3 and CelesTrak's pre-launch objects
_REQUIRED_KEYS = (
    "NORAD_CAT_ID",
    "EPOCH",
    "MEAN_MOTION",
    "ECCENTRICITY",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ARG_OF_PERICENTER",
    "MEAN_ANOMALY",
    "BSTAR",
)
# Values that SGP4 presumes, checked where a message gives them.
_ALLOWED_VALUES = {
    "CENTER_NAME": ("EARTH",),
    "REF_FRAME": ("TEME", "TEMEOFDATE"),
    "TIME_SYSTEM": ("UTC",),
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4", "TLE"),  # TLE: as in the XML sample of CCSDS
    "EPHEMERIS_TYPE": ("0", "1", "2", "3"),  # 4 is SGP4-XP; the old types 1 to 3 all mean SGP4 today
}
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DAY_OF_YEAR = re.compile(r"(\d{4})-(\d{3})(T.*)?", re.ASCII)
_SEPARATORS = (",", ";", "\t", "|")
_KVN_LINE = re.compile(r"([A-Z0-9_]+)\s*=\s*(.*)", re.ASCII)
_KVN_UNIT = re.compile(r"\s*\[[^\]]*\]$")  # after a number, such as [rev/day]; a name may end alike
_KVN_START = "CCSDS_OMM_VERS"


def is_omm_header(line: str) -> bool:
    """Return whether a line is the header of an OMM CSV file."""
    return {"EPOCH", "MEAN_MOTION"} <= set(_columns(line, _separator(line)))


def is_kvn_start(line: str) -> bool:
    """Return whether a line begins a message in keyword-value notation."""
    return bool(_KVN_LINE.fullmatch(line.strip())) or line.startswith("COMMENT ")


def parse_kvn(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield the element set of each message in keyword-value notation, or its rejection."""
    messages: list[tuple[int, dict[str, str]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("COMMENT"):
            continue
        match = _KVN_LINE.fullmatch(line.strip())
        if match is None:
            yield RejectedSet(number, line.strip()[:40], "it is not KEYWORD = VALUE")
            continue
        key, value = match.groups()
        if not messages or key == _KVN_START or key in messages[-1][1]:
            messages.append((number, {}))
        without_unit = _KVN_UNIT.sub("", value)
        messages[-1][1][key] = without_unit if _DECIMAL.fullmatch(without_unit) else value
    for number, fields in messages:
        yield element_set(fields, number)


def parse_csv(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield the element set of each row, or its rejection; CatalogueError if a column is missing."""
    lines = enumerate(text.split("\n"), start=1)
    header = next((line for _, line in lines if line.strip()), "")
    separator = _separator(header)
    columns = _columns(header, separator)
    if missing := [column for column in _REQUIRED_KEYS if column not in columns]:
        raise CatalogueError(f"{source}: the CSV has no column {', '.join(missing)}; use a complete OMM CSV")
    for number, line in lines:
        if not line.strip() or line.strip() == header.strip():
            continue
        values = _row(line, separator)
        if len(values) != len(columns):
            yield RejectedSet(number, values[0].strip(), f"it has {len(values)} of {len(columns)} columns")
        else:
            yield element_set(dict(zip(columns, values, strict=True)), number)


def parse_xml(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield the element set of each segment, or its rejection; CatalogueError if the XML is damaged."""
    segments = _xml_segments(text, source)
    if not segments:
        raise CatalogueError(f"{source}: XML without an OMM segment; use TLE, or OMM as CSV, JSON or XML")
    for number, fields in segments:
        yield element_set(fields, number)


def _separator(header: str) -> str:
    """Return what separates the columns of a header: a comma, or what a spreadsheet writes in its place."""
    return max(_SEPARATORS, key=header.count)


def _row(line: str, separator: str) -> list[str]:
    """Return the values of a row; line by line, so that a stray quote affects one row and not all following rows."""
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:  # a field of more than 131,072 characters
        return [line[:40]]


def _columns(header: str, separator: str) -> list[str]:
    return [column.strip().strip('"').upper() for column in header.split(separator)]


def _xml_segments(text: str, source: str) -> list[tuple[int, dict[str, str]]]:
    segments: list[tuple[int, dict[str, str]]] = []
    content: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(tag: str, _: object) -> None:
        content.clear()
        if _local(tag) == "segment":
            segments.append((parser.CurrentLineNumber, {}))

    def end(tag: str) -> None:
        if segments:
            segments[-1][1].setdefault(_local(tag), "".join(content).strip())
        content.clear()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = content.append
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise CatalogueError(
            f"{source}: the XML is cut off or damaged at line {error.lineno}:"
            f" {expat.ErrorString(error.code)}; download it again"
        ) from None
    return segments


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]


def element_set(fields: Mapping[str, Any], line: int) -> ElementSet | RejectedSet:
    """Return the element set of a message's fields, or its rejection."""
    values = {str(key): text for key, value in fields.items() if (text := _text(value))}
    name = values.get("OBJECT_NAME") or f"NORAD {values.get('NORAD_CAT_ID', 'without number')[:12]}"
    try:
        norad_id, record = _record(values)
    except ValueError as error:
        return RejectedSet(line, name, str(error))
    return check_element_set(line=line, name=name, norad_id=norad_id, record=record)


def _record(values: Mapping[str, str]) -> tuple[int, Satrec]:
    """Return NORAD number and SGP4 record of a message; ValueError with the reason if it is invalid."""
    for key, allowed in _ALLOWED_VALUES.items():
        if key in values and values[key].upper() not in allowed:
            raise ValueError(
                f"{key} {_shown(values[key])} is not the value that SGP4 presumes ({allowed[0]})"
            )
    if missing := [key for key in _REQUIRED_KEYS if key not in values]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    norad_id = _whole_number(values, "NORAD_CAT_ID")
    record = new_record(
        norad_id=norad_id,
        epoch_utc=_epoch_utc(values["EPOCH"]),
        mean_motion_rev_day=_number(values, "MEAN_MOTION"),
        eccentricity=_number(values, "ECCENTRICITY"),
        inclination_deg=_number(values, "INCLINATION"),
        raan_deg=_number(values, "RA_OF_ASC_NODE"),
        argument_of_perigee_deg=_number(values, "ARG_OF_PERICENTER"),
        mean_anomaly_deg=_number(values, "MEAN_ANOMALY"),
        bstar=_number(values, "BSTAR"),
    )
    return norad_id, record


def _text(value: Any) -> str:
    """Return the text of a field; half a character, as JSON can write it, becomes a question mark."""
    return "" if value is None else str(value).strip().encode("utf-8", "replace").decode()


def _number(values: Mapping[str, str], key: str) -> float:
    number = float(values[key]) if _DECIMAL.fullmatch(values[key]) else float("nan")
    if not isfinite(number):
        raise ValueError(f"{key} {_shown(values[key])} is not a number")
    return number


def _whole_number(values: Mapping[str, str], key: str) -> int:
    text = values[key]
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= _LARGEST_NUMBER):
        raise ValueError(f"{key} {_shown(text)} is not a whole number up to {_LARGEST_NUMBER}")
    return int(text)


def _epoch_utc(text: str) -> np.datetime64:
    day_of_year = _DAY_OF_YEAR.fullmatch(text)
    day = int(day_of_year[2]) if day_of_year else 1
    try:
        instant = parse_utc(f"{day_of_year[1]}-01-01{day_of_year[3] or ''}" if day_of_year else text)
    except ValueError:
        raise ValueError(f"EPOCH {_shown(text)} is not an ISO instant") from None
    if not 1 <= day <= 365 + isleap(int(text[:4])):
        raise ValueError(f"EPOCH {_shown(text)} is not a day of its year")
    return instant + np.timedelta64(day - 1, "D")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")

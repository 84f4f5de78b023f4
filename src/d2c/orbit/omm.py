"""Orbit mean-elements message (OMM, CCSDS 502.0-B) parser: CSV, JSON and XML."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from xml.parsers import expat

import numpy as np
from sgp4.api import Satrec

from d2c.errors import CatalogueError
from d2c.orbit.element_set import ElementSet, RejectedSet, check_element_set, new_record
from d2c.utc import parse_utc

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
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4"),
    "EPHEMERIS_TYPE": ("0", "1", "2", "3"),  # 4 is SGP4-XP; the old types 1 to 3 all mean SGP4 today
}
_BLANKS = re.compile(r"[ \t\n]*")


def is_omm_header(line: str) -> bool:
    """Return whether a line is the header of an OMM CSV file."""
    return {"EPOCH", "MEAN_MOTION"} <= set(_columns(line))


def parse_csv(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield the element set of each row, or its rejection; CatalogueError if a column is missing."""
    lines = enumerate(text.split("\n"), start=1)
    header = next((line for _, line in lines if line.strip()), "")
    columns = _columns(header)
    if missing := [column for column in _REQUIRED_KEYS if column not in columns]:
        raise CatalogueError(f"{source}: the CSV has no column {', '.join(missing)}; use a complete OMM CSV")
    for number, line in lines:
        if not line.strip() or line.strip() == header.strip():
            continue
        # Line by line, so that a stray quote affects one row and not all following rows.
        values = next(csv.reader([line])) if '"' in line else line.split(",")
        if len(values) != len(columns):
            yield RejectedSet(number, values[0].strip(), f"it has {len(values)} of {len(columns)} columns")
        else:
            yield _element_set(dict(zip(columns, values, strict=True)), number)


def parse_json(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield the element set of each object, or its rejection; CatalogueError if the JSON is damaged."""
    try:
        for number, value in _json_values(text):
            if isinstance(value, dict):
                yield _element_set(value, number)
            else:
                yield RejectedSet(number, repr(value)[:40], "it is not a JSON object")
    except json.JSONDecodeError as error:
        raise CatalogueError(
            f"{source}: the JSON is cut off or damaged at line {error.lineno}: {error.msg}; download it again"
        ) from None


def parse_xml(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield the element set of each segment, or its rejection; CatalogueError if the XML is damaged."""
    segments = _xml_segments(text, source)
    if not segments:
        raise CatalogueError(f"{source}: XML without an OMM segment; use TLE, or OMM as CSV, JSON or XML")
    for number, fields in segments:
        yield _element_set(fields, number)


def _columns(header: str) -> list[str]:
    return [column.strip().strip('"').upper() for column in header.split(",")]


def _json_values(text: str) -> Iterator[tuple[int, Any]]:
    """Yield line number and value of the list's members, or of the single value."""
    # Value by value, because json.loads does not give line numbers.
    decoder = json.JSONDecoder()
    at = _after_blanks(text, 0)
    if not text.startswith("[", at):
        yield 1, decoder.raw_decode(text, at)[0]
        return
    line, counted = 1, 0
    at = _after_blanks(text, at + 1)
    while not text.startswith("]", at):
        line, counted = line + text.count("\n", counted, at), at
        value, at = decoder.raw_decode(text, at)
        yield line, value
        at = _after_blanks(text, at)
        if text.startswith(",", at):
            at = _after_blanks(text, at + 1)
        elif not text.startswith("]", at):
            raise json.JSONDecodeError("the list does not end", text, at)


def _after_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


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


def _element_set(fields: Mapping[str, Any], line: int) -> ElementSet | RejectedSet:
    values = {key: text for key, value in fields.items() if (text := _text(value))}
    name = values.get("OBJECT_NAME") or f"NORAD {values.get('NORAD_CAT_ID', 'without number')}"
    try:
        norad_id, record = _record(values)
    except ValueError as error:
        return RejectedSet(line, name, str(error))
    return check_element_set(line=line, name=name, norad_id=norad_id, record=record)


def _record(values: Mapping[str, str]) -> tuple[int, Satrec]:
    """Return NORAD number and SGP4 record of a message; ValueError with the reason if it is invalid."""
    for key, allowed in _ALLOWED_VALUES.items():
        if key in values and values[key].upper() not in allowed:
            raise ValueError(f"{key} {values[key]!r} is not the value that SGP4 presumes ({allowed[0]})")
    if missing := [key for key in _REQUIRED_KEYS if key not in values]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    norad_id = _whole_number(values, "NORAD_CAT_ID")
    record = new_record(
        norad_id=norad_id,
        epoch_utc=_epoch_utc(values),
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
    return "" if value is None else str(value).strip()


def _number(values: Mapping[str, str], key: str) -> float:
    try:
        number = float(values[key])
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise ValueError(f"{key} {values[key]!r} is not a number")
    return number


def _whole_number(values: Mapping[str, str], key: str) -> int:
    text = values[key]
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_NUMBER):
        raise ValueError(f"{key} {text!r} is not a whole number up to {_LARGEST_NUMBER}")
    return int(text)


def _epoch_utc(values: Mapping[str, str]) -> np.datetime64:
    try:
        return parse_utc(values["EPOCH"])
    except ValueError:
        raise ValueError(f"EPOCH {values['EPOCH']!r} is not an ISO instant") from None

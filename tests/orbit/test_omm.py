"""Orbit mean-elements messages: the three formats, their variants, and rejected sets."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sgp4 import omm
from sgp4.api import Satrec

# CelesTrak responses to one request in three formats, from the tests of sgp4.
from sgp4.tests import MARIO_CSV, MARIO_TLE, MARIO_XML

from d2c.errors import CatalogueError
from d2c.orbit.catalogue import read_elements
from d2c.orbit.element_set import ElementSet, RejectedSet
from d2c.orbit.omm import parse_csv, parse_xml
from d2c.orbit.omm_json import parse_json

FIELDS = next(csv.DictReader(io.StringIO(MARIO_CSV)))
TEXT_FIELDS = ("OBJECT_NAME", "OBJECT_ID", "EPOCH", "CLASSIFICATION_TYPE")


def as_csv(*messages):
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(messages[0]))
    writer.writeheader()
    writer.writerows(messages)
    return out.getvalue().replace("\r\n", "\n")


def as_json(*messages, indent=None):
    # CelesTrak writes numbers as numbers, Space-Track as strings; `messages` decides.
    return json.dumps(messages, indent=indent)


def as_numbers(message):
    def number(text):
        return int(text) if text.isdigit() else float(text)

    return {key: value if key in TEXT_FIELDS else number(value) for key, value in message.items()}


def sole(**changes):
    (item,) = parse_csv(as_csv(FIELDS | changes), "test.csv")
    return item


@pytest.mark.parametrize(
    "text",
    [
        MARIO_TLE,
        MARIO_CSV,
        MARIO_CSV.replace("\n", "\r\n"),
        "\ufeff" + MARIO_CSV,
        MARIO_XML,
        as_json(FIELDS),
        as_json(as_numbers(FIELDS)),
        as_json(as_numbers(FIELDS), indent=2),
        json.dumps(as_numbers(FIELDS)),
    ],
    ids=["TLE", "CSV", "CSV CRLF", "CSV BOM", "XML", "JSON texts", "JSON", "JSON-PRETTY", "JSON object"],
)
def test_every_format_gives_the_satellite_of_sgp4s_own_reader(tmp_path, text):
    expected = Satrec()
    omm.initialize(expected, FIELDS)
    file = tmp_path / "elements"  # no ending: the content decides
    file.write_bytes(text.encode())
    constellation = read_elements(file)
    (record,) = constellation.records
    assert constellation.name == ("MARIO",)
    assert constellation.norad_id.tolist() == [55123]
    assert constellation.epoch_utc[0] == np.datetime64("2023-04-25T10:45:30.642912")
    for key in ("bstar", "inclo", "nodeo", "ecco", "argpo", "mo", "no_kozai", "jdsatepoch", "jdsatepochF"):
        assert getattr(record, key) == getattr(expected, key), key
    for minutes in (0.0, 700.0, 1440.0):
        assert record.sgp4_tsince(minutes) == expected.sgp4_tsince(minutes)


@pytest.mark.parametrize(
    ("epoch", "instant"),
    [
        ("2026-08-22T18:00:00", "2026-08-22T18:00:00"),
        ("2026-08-22T18:00:00Z", "2026-08-22T18:00:00"),
        ("2026-08-22T18:00:00.25Z", "2026-08-22T18:00:00.25"),
        ("2026-08-22T20:00:00+02:00", "2026-08-22T18:00:00"),
    ],
)
def test_epochs_that_sgp4_cannot_read(tmp_path, epoch, instant):
    file = tmp_path / "one.csv"
    file.write_text(as_csv(FIELDS | {"EPOCH": epoch}))
    assert read_elements(file).epoch_utc[0] == np.datetime64(instant)


@pytest.mark.parametrize("number", [340_000, 799_500_123, 999_999_999])
def test_numbers_that_sgp4_cannot_hold(number):
    item = sole(NORAD_CAT_ID=str(number))
    assert item.norad_id == number
    assert item.record.sgp4_tsince(60.0) == sole().record.sgp4_tsince(60.0)


def test_fields_that_sgp4_does_not_use_may_be_empty_or_absent():
    needless = ("CLASSIFICATION_TYPE", "EPHEMERIS_TYPE", "ELEMENT_SET_NO", "REV_AT_EPOCH", "MEAN_MOTION_DOT")
    assert isinstance(sole(**dict.fromkeys(needless, "")), ElementSet)
    short = {key: value for key, value in FIELDS.items() if key not in needless}
    (item,) = parse_csv(as_csv(short), "short.csv")
    assert isinstance(item, ElementSet)
    (item,) = parse_json(as_json(short | {"CLASSIFICATION_TYPE": None}), "short.json")
    assert isinstance(item, ElementSet)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"NORAD_CAT_ID": "1000000000"}, "NORAD_CAT_ID '1000000000' is not a whole number up to 999999999"),
        ({"NORAD_CAT_ID": "-5"}, "NORAD_CAT_ID '-5'"),
        ({"EPOCH": "22 August"}, "EPOCH '22 August' is not an ISO instant"),
        ({"MEAN_MOTION": "fast"}, "MEAN_MOTION 'fast' is not a number"),
        ({"MEAN_MOTION": "nan"}, "MEAN_MOTION 'nan' is not a number"),
        ({"BSTAR": ""}, "it lacks BSTAR"),
        ({"MEAN_MOTION": "0"}, "mean motion 0 revolutions a day is not above 0"),
        ({"MEAN_MOTION": "-15"}, "mean motion -15"),
        ({"MEAN_MOTION": "18"}, "km below the ground"),
        ({"ECCENTRICITY": "1"}, "eccentricity 1 is outside 0 to 1"),
        ({"ECCENTRICITY": "-.1"}, "eccentricity -0.1 is outside 0 to 1"),
        ({"INCLINATION": "180.1"}, "inclination 180.1 deg is outside 0 to 180"),
        ({"EPHEMERIS_TYPE": "4"}, "EPHEMERIS_TYPE '4' is not the value that SGP4 presumes"),
        ({"MEAN_ELEMENT_THEORY": "SGP4-XP"}, "MEAN_ELEMENT_THEORY 'SGP4-XP'"),
        ({"REF_FRAME": "GCRF"}, "REF_FRAME 'GCRF'"),
    ],
)
def test_rejections_name_the_reason(changes, reason):
    item = sole(**changes)
    assert isinstance(item, RejectedSet)
    assert (item.line, item.name) == (2, "MARIO")
    assert reason in item.reason


def test_decayed_set_is_rejected():
    # Over the equator J2 takes 3/2 J2 a = 10 km from the mean radius of a circular orbit, so that at a mean
    # altitude of 5 km (17.05 revolutions a day, Kozai's) SGP4 finds the satellite below the ground: its error 6.
    item = sole(MEAN_MOTION="17.05", ECCENTRICITY="0", INCLINATION="0")
    assert isinstance(item, RejectedSet)
    assert "SGP4 error 6 at its own epoch" in item.reason
    assert "decayed" in item.reason


def test_damaged_rows_do_not_affect_other_rows():
    good = MARIO_CSV.splitlines()[1]
    text = "\n".join([MARIO_CSV.splitlines()[0], good, good[:60], f'"{good}', good, ""])
    items = list(parse_csv(text, "test.csv"))
    assert [type(i) for i in items] == [ElementSet, RejectedSet, RejectedSet, ElementSet]
    assert [i.line for i in items] == [2, 3, 4, 5]
    assert "of 17 columns" in items[1].reason


def test_lines_of_json_and_xml_sets():
    bad = as_numbers(FIELDS) | {"ECCENTRICITY": 2}
    lines = json.dumps([as_numbers(FIELDS), bad], indent=1).split("\n")
    items = list(parse_json("\n".join(lines), "test.json"))
    assert isinstance(items[1], RejectedSet)
    assert items[1].line == 1 + lines.index(" {", 2)
    items = list(parse_xml(MARIO_XML.replace(".0014649", "2"), "test.xml"))
    assert [(type(i), i.line) for i in items] == [(RejectedSet, 4)]  # the fourth line holds the segment


def test_json_list_may_hold_other_values():
    items = list(parse_json(as_json(FIELDS, 5), "test.json"))
    assert [type(i) for i in items] == [ElementSet, RejectedSet]


@pytest.mark.parametrize(
    ("parse", "text", "reason"),
    [
        (parse_json, as_json(FIELDS, FIELDS)[:-400], "cut off or damaged at line 1"),
        (parse_json, as_json(FIELDS)[:-1], "cut off or damaged at line 1"),
        (parse_xml, MARIO_XML[:-40], "cut off or damaged at line"),
        (parse_xml, "<ndm></ndm>", "XML without an OMM segment"),
        (parse_csv, MARIO_CSV.replace("BSTAR", "B"), "no column BSTAR"),
    ],
)
def test_damaged_files_are_errors(parse, text, reason):
    with pytest.raises(CatalogueError, match=f"^file: .*{reason}"):
        list(parse(text, "file"))


@given(cut=st.integers(0, len(MARIO_CSV)))
def test_a_truncated_csv_never_gives_a_wrong_satellite(cut):
    text = MARIO_CSV[:cut]
    try:
        items = list(parse_csv(text, "cut.csv"))
    except CatalogueError:
        items = []
    whole = sole().record
    for item in items:
        if isinstance(item, ElementSet):
            # Only the last column, the second derivative, may be truncated undetected, and SGP4 does not use it.
            assert item.record.sgp4_tsince(90.0) == whole.sgp4_tsince(90.0)

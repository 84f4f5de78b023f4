"""Element files as they come: read as sgp4 reads them, nothing dropped in silence, no number that is none."""

import json
from pathlib import Path

import numpy as np
import pytest
from sgp4.api import Satrec

from d2c.errors import CatalogueError
from d2c.orbit.catalogue import read_elements
from d2c.orbit.constellation import left_out
from d2c.orbit.element_set import ElementSet, RejectedSet
from d2c.orbit.omm import parse_csv, parse_kvn
from d2c.orbit.omm_json import parse_json
from d2c.orbit.tle import checksum, parse_tle

CASES = Path(__file__).parent / "cases"
ONE, TWO = (CASES / "e01_ok.tle").read_text().splitlines()[1:]
FIELDS = json.loads((CASES / "o01_ok.json").read_text())[0]
MINUTES = (0.0, 45.0, 1440.0)


def put(line, column, text):
    """Return the line with `text` from a column on (the first is 1) and a right checksum."""
    line = line[: column - 1] + text + line[column - 1 + len(text) :]
    return line[:68] + str(checksum(line))


def positions(record):
    return [record.sgp4_tsince(minutes) for minutes in MINUTES]


@pytest.mark.parametrize(
    "name",
    [
        "e01_ok.tle.gz",
        "e02_nochecksum.tle",
        "e16_latin1.tle",
        "k01.kvn",
        "o01_ok.json",
        "o02_doy.json",
        "x10_theory_tle.xml",
        "c02_semi.csv",
    ],
)
def test_the_same_satellite_in_every_file(name):
    constellation = read_elements(CASES / name)
    assert constellation.norad_id.tolist() == [99001]
    assert left_out(constellation) is None
    expected = positions(Satrec.twoline2rv(ONE, TWO))
    for (error, place, speed), (_, place_of_sgp4, speed_of_sgp4) in zip(
        positions(constellation.records[0]), expected, strict=True
    ):
        assert error == 0
        assert place == pytest.approx(place_of_sgp4, abs=1e-6)  # km: text of the epoch to a microsecond
        assert speed == pytest.approx(speed_of_sgp4, abs=1e-9)


def test_names_keep_their_letters():
    assert read_elements(CASES / "e16_latin1.tle").name == ("SATÉLITE Ñ",)
    assert read_elements(CASES / "x10_theory_tle.xml").name == ("SAT & CO",)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (ONE, TWO),
        (ONE[:68], TWO[:68]),
        (ONE[:64], TWO[:63]),
        (put(ONE, 3, "     "), put(TWO, 3, "     ")),
        (put(ONE, 3, "    5"), put(TWO, 3, "    5")),
        (ONE, put(TWO, 27, "      0")),
        (ONE, put(TWO, 27, "   5000")),
        (ONE, put(TWO, 27, "0005   ")),
        (ONE, put(TWO, 27, "       ")),
        (ONE, put(TWO, 9, " 53.    ")),
        (ONE, put(TWO, 9, "   .5000")),
        (ONE, put(TWO, 53, "15.7       ")),
        (ONE, put(TWO, 64, "     ")),
        (put(ONE, 19, "26234.75      "), TWO),
        (put(ONE, 19, "26  4.75000000"), TWO),
        (put(ONE, 54, " 5    -4"), TWO),
        (put(ONE, 45, "        "), TWO),
        (put(ONE, 34, " .000005  "), TWO),
        (put(ONE, 34, "0.00000500"), TWO),
        (put(ONE, 8, "u"), TWO),
        (put(ONE, 63, " "), TWO),
        (put(ONE, 65, "    "), TWO),
    ],
)
def test_blanks_are_read_as_sgp4_reads_them(one, two):
    (item,) = parse_tle(f"{one}\n{two}\n")
    assert isinstance(item, ElementSet), item
    expected = Satrec.twoline2rv(one, two)
    assert item.norad_id == expected.satnum
    assert positions(item.record) == positions(expected)
    assert item.record.jdsatepoch + item.record.jdsatepochF == expected.jdsatepoch + expected.jdsatepochF


@pytest.mark.parametrize(
    ("one", "two", "reason"),
    [
        # sgp4 takes these for other numbers, or for none.
        (ONE, put(TWO, 9, " 53.00 0"), "inclination"),
        (put(ONE, 54, "     5-4"), TWO, None),
        (put(ONE, 54, " 50000- "), TWO, "drag term"),
        (put(ONE, 54, "        "), TWO, "drag term"),
        (put(ONE, 54, " 50000 4"), TWO, "BSTAR 5000"),
        (ONE, put(TWO, 53, "1_5.7000000"), "mean motion"),
        (ONE, put(TWO, 9, "٥3.0000").ljust(69), "inclination"),
    ],
)
def test_what_is_no_number_is_rejected(one, two, reason):
    (item,) = parse_tle(f"{one}\n{two}\n")
    if reason is None:
        assert isinstance(item, ElementSet)
        assert item.record.bstar == pytest.approx(0.00005e-4)
    else:
        assert isinstance(item, RejectedSet)
        assert reason in item.reason


def test_objects_one_a_line_are_all_read():
    assert read_elements(CASES / "o11_lines.jsonl").norad_id.tolist() == [99001, 99002]


@pytest.mark.parametrize("text", ["{0} {0}", "[{0}]\n[{0}]", "{0}\n[{0}]", "[]\n{0}{0}"])
def test_json_values_after_each_other(text):
    items = list(parse_json(text.replace("{0}", json.dumps(FIELDS)), "x"))
    assert [type(item) for item in items] == [ElementSet, ElementSet]


@pytest.mark.parametrize("rest", ["rubbish", "}", "]", ","])
def test_text_after_json_is_refused_by_its_line(rest):
    with pytest.raises(CatalogueError, match="damaged at line 2"):
        list(parse_json(json.dumps([FIELDS]) + "\n" + rest, "x"))


def test_brackets_too_deep_are_one_line():
    with pytest.raises(CatalogueError, match="nested too deep"):
        list(parse_json('{"a":' + "[" * 100_000, "x"))


def test_satellites_without_numbers_are_all_kept(tmp_path):
    constellation = read_elements(CASES / "n1_same0.tle")
    assert constellation.name == ("SIM-0", "SIM-1", "SIM-2")
    lines = (CASES / "n1_same0.tle").read_text().splitlines()
    file = tmp_path / "unnamed.tle"
    file.write_text("\n".join(line for line in lines if not line.startswith("SIM")))
    assert len(read_elements(file)) == 3


def test_what_is_dropped_is_said_with_the_reason(tmp_path):
    older = put(ONE, 21, "233.75000000")
    file = tmp_path / "twice.tle"
    file.write_text(f"OLD\n{older}\n{TWO}\nNEW\n{ONE}\n{TWO}\nNEW\n{ONE}\n{TWO}\n")
    constellation = read_elements(file)
    assert constellation.name == ("NEW",)
    assert [(r.line, r.reason) for r in constellation.dropped] == [
        (2, "an older epoch than that of line 5"),
        (8, "the set of line 5 again"),
    ]
    assert left_out(constellation) == (
        "twice.tle: 2 element sets dropped: the first, line 2 (OLD): an older epoch than that of line 5"
    )


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("MEAN_MOTION", "1_5.05", "MEAN_MOTION '1_5.05' is not a number"),
        ("INCLINATION", "٥٣.0", "INCLINATION '٥٣.0' is not a number"),
        ("MEAN_MOTION", True, "MEAN_MOTION 'True' is not a number"),
        ("ECCENTRICITY", "Infinity", "is not a number"),
        ("EPOCH", "0001-01-01T00:00:00", "outside the years 1957 to 2099"),
        ("EPOCH", "2026-367T00:00:00", "not a day of its year"),
        ("EPOCH", "2026-366T00:00:00", "not a day of its year"),
        ("EPOCH", "٢026-08-22T18:00:00", "not an ISO instant"),
        ("BSTAR", 10.5, "BSTAR 10.5 is outside -10 to 10"),
        ("NORAD_CAT_ID", "9" * 5000, "is not a whole number up to"),
        ("NORAD_CAT_ID", "٥", "is not a whole number up to"),
    ],
)
def test_no_number_that_is_none(key, value, reason):
    (item,) = parse_json(json.dumps(FIELDS | {key: value}), "x")
    assert isinstance(item, RejectedSet)
    assert reason in item.reason
    assert len(item.reason) < 200


def test_day_of_a_leap_year():
    (item,) = parse_json(json.dumps(FIELDS | {"EPOCH": "2024-366T12:00:00"}), "x")
    (same,) = parse_json(json.dumps(FIELDS | {"EPOCH": "2024-12-31T12:00:00"}), "x")
    assert item.record.jdsatepoch == same.record.jdsatepoch


def test_keyword_value_notation_with_units_comments_and_several_messages():
    text = (CASES / "k01.kvn").read_text()
    text = text.replace("MEAN_MOTION = 15.7", "COMMENT made up\nMEAN_MOTION  =  15.7 [rev/day]")
    text = text.replace("OBJECT_NAME = SAT", "OBJECT_NAME = STARLINK-1 [DTC]")
    items = list(parse_kvn(f"{text}\n{text.replace('99001', '99002')}\nnonsense\n", "x"))
    rejected, *sets = items
    assert isinstance(rejected, RejectedSet)
    assert [(s.name, s.norad_id) for s in sets] == [("STARLINK-1 [DTC]", 99001), ("STARLINK-1 [DTC]", 99002)]
    assert np.isclose(sets[0].record.no_kozai * 720 / np.pi, 15.7)


def test_a_csv_field_without_end_affects_its_row_only():
    header, row = (CASES / "c02_semi.csv").read_text().splitlines()
    items = list(parse_csv("\n".join([header, '"' + "x" * 200_000 + '"', row]), "x"))
    assert [type(item) for item in items] == [RejectedSet, ElementSet]

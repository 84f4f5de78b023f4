"""Two- and three-line element sets: valid sets, and rejections with their reason."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sgp4.alpha5 import to_alpha5
from sgp4.api import WGS72, Satrec
from sgp4.exporter import export_tle

from d2c.orbit.catalogue import read_elements
from d2c.orbit.element_set import ElementSet, RejectedSet
from d2c.orbit.tle import checksum, parse_tle
from d2c.shipped import shipped_folder

# ISS, the example of CelesTrak's "Frequently Asked Questions: Two-Line Element Set Format" and of Wikipedia.
ISS_1 = "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927"
ISS_2 = "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537"
VANGUARD_1 = "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753"
VANGUARD_2 = "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667"


def with_checksum(line):
    return line[:68] + str(checksum(line))


def changed(line, column, text):
    """Return the line with `text` from a column on (the first is 1) and a right checksum."""
    at = column - 1
    return with_checksum(line[:at] + text + line[at + len(text) :])


def sole(text):
    (item,) = parse_tle(text)
    return item


def test_fields_of_the_example():
    # The values are those that the description prints beside the example.
    item = sole(f"ISS (ZARYA)\n{ISS_1}\n{ISS_2}\n")
    assert (item.name, item.norad_id, item.line) == ("ISS (ZARYA)", 25544, 2)
    record = item.record
    assert np.degrees([record.inclo, record.nodeo, record.argpo, record.mo]) == pytest.approx(
        [51.6416, 247.4627, 130.5360, 325.0288], abs=1e-12
    )
    assert record.ecco == 0.0006703
    assert record.no_kozai * 720 / np.pi == pytest.approx(15.72125391, rel=1e-14)
    assert record.bstar == pytest.approx(-0.11606e-4, rel=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "{name}\n{one}\n{two}\n",
        "{name}\r\n{one}\r\n{two}\r\n",
        "0 {name}\n{one}\n{two}",
        "{name}         \n{one}   \n{two}\t\n\n\n",
        "\n# a comment\n\n{name}\n\n{one}\n\n{two}\n",
        "\ufeff{name}\n{one}\n{two}\n",
        "{name}\n{one}\n{two}     0.00      4320.0        360.00\n",
    ],
)
def test_ways_to_write_the_same_set(tmp_path, text):
    file = tmp_path / "any.txt"
    file.write_bytes(text.format(name="ISS (ZARYA)", one=ISS_1, two=ISS_2).encode())
    constellation = read_elements(file)
    assert constellation.name == ("ISS (ZARYA)",)
    assert constellation.norad_id.tolist() == [25544]
    assert not constellation.rejected


def test_sets_without_names_are_named_by_number():
    items = list(parse_tle(f"{ISS_1}\n{ISS_2}\n{VANGUARD_1}\n{VANGUARD_2}\n"))
    assert [i.name for i in items] == ["NORAD 25544", "NORAD 5"]


# Space-Track's description of Alpha-5 prints these pairs.
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A0000", 100_000),
        ("E8493", 148_493),
        ("J2931", 182_931),
        ("P4018", 234_018),
        ("W1928", 301_928),
        ("Z9999", 339_999),
        ("    5", 5),
    ],
)
def test_catalogue_numbers(text, number):
    item = sole(f"{changed(ISS_1, 3, text)}\n{changed(ISS_2, 3, text)}")
    assert item.norad_id == number
    assert item.record.satnum == number  # sgp4 reads the same


def test_real_alpha5_sample():
    constellation = read_elements(shipped_folder("tles") / "starlink-sample-2026-09.tle")
    assert len(constellation) == 256  # 768 lines, as its provenance says
    assert not constellation.rejected
    assert constellation.norad_id.min() == 100_404  # A0404
    assert constellation.norad_id.max() == 100_789  # A0789
    assert sum(name.startswith("STARLINK-") for name in constellation.name) == 166
    assert constellation.epoch_utc.min() >= np.datetime64("2026-09-01")
    assert constellation.epoch_utc.max() < np.datetime64("2026-09-21")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f"{ISS_1[:68]}3\n{ISS_2}", 1, "line 1 has checksum 3, its characters give 7"),
        (f"X\n{ISS_1}\n{ISS_2[:68]}0", 3, "line 2 has checksum 0, its characters give 7"),
        (f"X\n{ISS_1}\n{ISS_2[:50]}", 3, "line 2 has 50 of 69 characters"),
        (f"X\n{ISS_1}7\n{ISS_2}", 2, "line 1 has more than 69 characters"),
        (f"X\n{ISS_1}\n", 2, "its line 2 is missing"),
        (f"X\n{ISS_2}\n", 2, "its line 1 is missing"),
        ("X\n", 1, "no element lines follow this name"),
        (f"{ISS_1}\n{VANGUARD_2}", 2, "line 2 is for 00005, line 1 for 25544"),
        (f"{changed(ISS_1, 3, 'I0000')}\n{ISS_2}", 1, "catalogue number 'I0000' at column 3 is malformed"),
        (f"{ISS_1}\n{changed(ISS_2, 9, '-51.641')}", 2, "inclination '-51.6416' at column 9 is malformed"),
        (f"{ISS_1}\n{changed(ISS_2, 53, '15,7')}", 2, "mean motion '15,72125391' at column 53 is malformed"),
        (f"{changed(ISS_1, 21, '367')}\n{ISS_2}", 1, "epoch 08367.51782528 is not a day of a year"),
        (f"{changed(ISS_1, 63, '4')}\n{ISS_2}", 1, "SGP4-XP"),
        (f"{ISS_1}\n{changed(ISS_2, 9, '181')}", 1, "inclination 181.642 deg is outside 0 to 180"),
        (
            f"{ISS_1}\n{changed(ISS_2, 53, ' 0.00000000')}",
            1,
            "mean motion 0 revolutions a day is not above 0",
        ),
        (f"{ISS_1}\n{changed(ISS_2, 53, '17.20000000')}", 1, "decayed"),
        (f"{ISS_1}\n{changed(ISS_2, 27, '1000000')}", 1, "km below the ground"),
    ],
)
def test_rejections_name_line_and_reason(text, line, reason):
    item = sole(text)
    assert isinstance(item, RejectedSet)
    assert item.line == line
    assert reason in item.reason


def test_one_invalid_set_does_not_affect_the_others():
    text = f"A\n{ISS_1}\nB\n{VANGUARD_1}\n{VANGUARD_2}\n{ISS_2}\nC\n{ISS_1}\n{ISS_2}\n"
    items = list(parse_tle(text))
    assert [(type(i), i.name) for i in items] == [
        (RejectedSet, "A"),
        (ElementSet, "B"),
        (RejectedSet, "NORAD 25544"),
        (ElementSet, "C"),
    ]


def test_a_name_that_begins_like_a_line_is_a_name():
    assert sole(f"1 WORLD\n{ISS_1}\n{ISS_2}\n").name == "1 WORLD"


@given(
    line=st.sampled_from([0, 1]),
    column=st.integers(2, 67),
    digit=st.sampled_from("0123456789"),
)
def test_every_single_digit_error_is_detected(line, column, digit):
    # Hand derivation: one digit changed by d, 1 <= |d| <= 9, moves the sum modulo 10 by d, never by 0.
    lines = [ISS_1, ISS_2]
    old = lines[line][column]
    lines[line] = lines[line][:column] + digit + lines[line][column + 1 :]
    item = sole("\n".join(lines))
    if old.isdigit() and old != digit:
        assert isinstance(item, RejectedSet)
    if old == digit:
        assert isinstance(item, ElementSet)


@given(
    number=st.integers(1, 339_999),
    inclination=st.floats(0, 180),
    angles=st.tuples(*[st.floats(0, 359.9999)] * 3),
    eccentricity=st.floats(0, 0.02),
    mean_motion=st.floats(1, 15.8),
    day=st.floats(0.0, 365.0),
)
def test_sets_written_by_sgp4_are_read_back(number, inclination, angles, eccentricity, mean_motion, day):
    node, perigee, anomaly = np.radians(angles)
    written = Satrec()
    written.sgp4init(
        WGS72,
        "i",
        number,
        27_760.0 + day,  # days since 1949-12-31: 2026-01-01 on
        1e-4,
        0.0,
        0.0,
        eccentricity,
        perigee,
        np.radians(inclination),
        anomaly,
        mean_motion * 2 * np.pi / 1440,
        node,
    )
    # The number again by sgp4's Python function: its compiled one writes I0000 for 180000 and O0000 for 230000.
    item = sole("\n".join(changed(line, 3, to_alpha5(number)) for line in export_tle(written)))
    assert isinstance(item, ElementSet)
    assert item.norad_id == number
    half_digit = np.radians(0.5001e-4)
    for angle in ("inclo", "nodeo", "argpo", "mo"):
        assert abs(getattr(item.record, angle) - getattr(written, angle)) <= half_digit
    assert abs(item.record.ecco - written.ecco) <= 0.5001e-7
    assert abs(item.record.no_kozai - written.no_kozai) * 720 / np.pi <= 0.5001e-8
    days = (item.record.jdsatepoch - written.jdsatepoch) + (item.record.jdsatepochF - written.jdsatepochF)
    assert abs(days) <= 0.51e-8


@given(st.text(alphabet=st.sampled_from("012 5.-ABU\n"), max_size=300))
def test_any_text_is_read_or_rejected(text):
    for item in parse_tle(f"{text}\n{ISS_1}\n{ISS_2}"):
        assert isinstance(item, ElementSet | RejectedSet)


@pytest.mark.parametrize("name", ["starlink_dtc_2026-08-22.3le", "active_2026-08-22.3le"])
def test_real_files(name):
    file = Path(__file__).parents[2].parent / "shared" / "data" / "tles" / name
    if not file.is_file():
        pytest.skip(f"{name} is real data that does not ship with the project")
    constellation = read_elements(file)
    if name.startswith("starlink"):
        assert len(constellation) == 639
        assert not constellation.rejected
    else:
        assert not constellation.rejected
        assert len(constellation) == 16_069
    assert constellation.dropped == ()

"""Times in the zone of their reader: against the rules of Europe/Rome, UTC+2 from March to October, else UTC+1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ScenarioError
from d2c.local_time import (
    local_time,
    read_zone,
    shown_instant,
    shown_minute,
    shown_words,
    times_shown_in,
    utc_of_local,
    zone_name,
)
from d2c.utc import parse_utc, utc_text


@pytest.mark.parametrize(
    ("zone", "utc", "shown"),
    [
        ("UTC", "2026-08-22T18:00:00Z", "2026-08-22T18:00:00Z"),
        ("Europe/Rome", "2026-08-22T18:00:00Z", "2026-08-22T20:00:00+02:00"),
        ("Europe/Rome", "2026-12-22T23:30:00.5Z", "2026-12-23T00:30:00.5+01:00"),
        ("Asia/Kathmandu", "2026-08-22T18:15Z", "2026-08-23T00:00+05:45"),
        ("America/St_Johns", "2026-08-22T00:00:00Z", "2026-08-21T21:30:00-02:30"),
    ],
)
def test_instants_are_shown_with_the_offset_of_their_day(zone, utc, shown):
    with times_shown_in(read_zone(zone)):
        assert shown_instant(utc) == shown
        assert zone_name() == zone
        assert utc_of_local(shown) == parse_utc(utc)  # an offset decides, whatever the zone
    assert zone_name() == "UTC"


def test_words_name_the_zone():
    with times_shown_in(read_zone("Europe/Rome")):
        assert shown_words("2026-08-22T18:00:30Z") == "2026-08-22 20:00:30 Europe/Rome"
        assert shown_minute("2026-08-22T18:00:30Z") == "2026-08-22 20:00 Europe/Rome"
    assert shown_minute("2026-08-22T18:00:30Z") == "2026-08-22 18:00 UTC"


@given(st.datetimes(), st.sampled_from(["UTC", "Europe/Rome", "Australia/Lord_Howe", "Asia/Kathmandu"]))
def test_what_is_shown_reads_back_as_the_same_instant(instant, zone):
    utc = np.datetime64(instant.replace(year=2026 if instant.month > 1 else 2020), "us")
    with times_shown_in(read_zone(zone)):
        try:
            read = utc_of_local(str(local_time(utc)))
        except ScenarioError:
            return  # of the hour that the clocks have twice
        assert read == utc
        assert utc_of_local(shown_instant(utc_text(utc))) == utc


def test_times_that_a_zone_has_twice_or_not_at_all_are_refused():
    with times_shown_in(read_zone("Europe/Rome")):
        for text in ("2026-03-29T02:30", "2026-10-25T02:30"):
            with pytest.raises(ScenarioError, match=f"{text} is not one instant in Europe/Rome"):
                utc_of_local(text)
        assert utc_of_local("2026-10-25T02:30+01:00") == np.datetime64("2026-10-25T01:30")


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("Europe/Roma", "did you mean Europe/Rome"),
        ("rome", "Europe/Rome"),
        ("New York", "America/New_York"),
        ("Europe", "such as Europe/Rome|Europe/"),
        ("../etc/passwd", "such as Europe/Rome"),
        ("", "such as Europe/Rome"),
        ("xyzzy", "such as Europe/Rome"),
    ],
)
def test_unknown_zones_are_refused_with_near_ones(name, way_out):
    with pytest.raises(ScenarioError, match=f"unknown time zone '{name}'.*({way_out})") as refused:
        read_zone(name)
    assert "\n" not in str(refused.value)

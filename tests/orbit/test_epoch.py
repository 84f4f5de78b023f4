"""Start time of a run and age of its elements."""

import numpy as np
import pytest

from d2c.errors import CatalogueError, ScenarioError
from d2c.orbit.catalogue import read_elements
from d2c.orbit.constellation import Constellation
from d2c.orbit.epoch import check_age, element_age_days, start_utc
from d2c.shipped import shipped_folder


def constellation_of(*epochs):
    """Return a constellation of these epochs; the orbits do not matter here."""
    some = read_elements(shipped_folder("tles") / "starlink-d2c-2026-08.tle")
    return Constellation(
        records=some.records[: len(epochs)],
        name=some.name[: len(epochs)],
        norad_id=some.norad_id[: len(epochs)].copy(),
        epoch_utc=np.array(epochs, dtype="datetime64[us]"),
        rejected=(),
        dropped=(),
        source="some.tle",
    )


NOON = np.datetime64("2026-08-22T12:00:00", "us")
DAY = np.timedelta64(86_400_000_000, "us")


@pytest.mark.parametrize(
    ("epochs", "hour"),
    [
        (["2026-08-22T11:29:59"], "2026-08-22T11:00"),
        (["2026-08-22T11:30:01"], "2026-08-22T12:00"),
        # Of an odd number the middle one, of an even number half way between the middle two.
        (["2026-08-22T23:40", "2020-01-01T00:00", "2026-08-24T00:00"], "2026-08-23T00:00"),
        (["2026-08-22T10:00", "2026-08-22T12:00"], "2026-08-22T11:00"),
    ],
)
def test_epoch_is_the_median_to_the_hour(epochs, hour):
    assert start_utc("epoch", constellation_of(*epochs)) == np.datetime64(hour)


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-22T18:00:00Z",
        "2026-08-22T18:00Z",
        "2026-08-22 18:00",
        "2026-08-22T20:00:00+02:00",
        "2026-08-22T12:30-05:30",
    ],
)
def test_iso_instants(text):
    start = start_utc(text, constellation_of("2026-01-01"))
    assert start == np.datetime64("2026-08-22T18:00:00")
    assert start.dtype == np.dtype("datetime64[us]")


def test_a_date_means_midnight():
    assert start_utc("2026-08-22", constellation_of("2026-01-01")) == np.datetime64("2026-08-22T00:00")


def test_now():
    some = constellation_of("2026-01-01")
    assert start_utc("now", some, now=NOON) == NOON
    before = np.datetime64("now", "us")
    assert before <= start_utc("now", some) <= before + np.timedelta64(5, "s")


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "2026-08-22T25:00", "0001-01-01T00:00+23:00"])
def test_invalid_starts_are_errors(text):
    with pytest.raises(ScenarioError, match=r"start = '.*' is not an instant; write \"epoch\""):
        start_utc(text, constellation_of("2026-01-01"))


def test_age_counts_both_ways():
    some = constellation_of("2026-08-21T00:00", "2026-08-24T12:00")
    assert element_age_days(some, NOON).tolist() == [1.5, 2.0]


def test_recent_elements_give_no_warning():
    assert check_age(constellation_of(NOON, NOON - 2 * DAY, NOON - 13 * DAY), NOON) is None


def test_over_three_days_is_a_warning():
    message = check_age(constellation_of(NOON - 4 * DAY, NOON - 5 * DAY, NOON - 6 * DAY), NOON)
    assert "median age is 5.0 days (oldest 6.0), more than 3" in message


def test_single_stale_satellites_give_a_warning():
    message = check_age(constellation_of(NOON, NOON, NOON - 20 * DAY), NOON)
    assert "1 of 3 element sets are more than 14 days old" in message
    assert "oldest 20.0" in message


def test_over_two_weeks_is_an_error():
    old = constellation_of(NOON - 15 * DAY, NOON - 15 * DAY, NOON)
    with pytest.raises(CatalogueError, match=r"median age is 15\.0 days, more than 14") as caught:
        check_age(old, NOON)
    for way_out in ("d2c elements update", "2026-08-07T12:00Z", "max_age_days"):
        assert way_out in str(caught.value)
    assert "more than 3" in check_age(old, NOON, max_age_days=16)


def test_max_age_can_be_stricter():
    with pytest.raises(CatalogueError, match="more than 1"):
        check_age(constellation_of(NOON - 2 * DAY), NOON, max_age_days=1)

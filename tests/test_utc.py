"""Instants as text and back, and arrays of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.utc import iso_texts, parse_utc, utc_text


@given(st.datetimes())
def test_texts_are_read_back_to_the_microsecond(moment):
    instant = np.datetime64(moment, "us")
    assert parse_utc(utc_text(instant)) == instant


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-08-22T18:00:00Z", "2026-08-22T18:00:00"),
        ("2026-08-22T18:00", "2026-08-22T18:00:00"),
        ("2026-08-22", "2026-08-22T00:00:00"),
        ("2026-08-22T20:00:00.25+02:00", "2026-08-22T18:00:00.250000"),
        ("20260822T180000Z", "2026-08-22T18:00:00"),
    ],
)
def test_offsets_and_short_forms_are_read(text, utc):
    assert parse_utc(text) == np.datetime64(utc, "us")
    assert parse_utc(text).dtype == "datetime64[us]"


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "0001-01-01T00:00+23:00", "1e9", "now"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="is not an ISO 8601 instant"):
        parse_utc(text)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        ("2026-08-22T18:00", "2026-08-22T18:00:00Z"),
        ("2026-08-22T18:00:00.5", "2026-08-22T18:00:00.500000Z"),
        ("2026-08-22T18:00:00.000001", "2026-08-22T18:00:00.000001Z"),
    ],
)
def test_fractions_of_a_second_are_written_only_if_there_are_any(instant, text):
    assert utc_text(np.datetime64(instant)) == text


def test_units_cut_the_rest_off():
    instant = np.datetime64("2026-08-22T18:07:59.9876", "us")
    assert utc_text(instant, unit="ms") == "2026-08-22T18:07:59.987Z"
    assert utc_text(instant, unit="s") == "2026-08-22T18:07:59Z"
    assert utc_text(instant, unit="m") == "2026-08-22T18:07Z"


def test_all_texts_of_an_array_have_the_same_form():
    whole = np.array(["2026-08-22T18:00:00", "NaT"], "datetime64[us]")
    assert iso_texts(whole) == ["2026-08-22T18:00:00Z", ""]
    assert iso_texts(whole, unit="ms") == ["2026-08-22T18:00:00.000Z", ""]
    half = np.append(whole, np.datetime64("2026-08-22T18:00:30.5", "us"))
    assert iso_texts(half) == ["2026-08-22T18:00:00.000Z", "", "2026-08-22T18:00:30.500Z"]
    assert iso_texts(whole[:0]) == []

import numpy as np
import pytest

from d2c.results.format.rounding import DECIMALS_BY_ENDING, decimals_of, rounded

# The columns that the result folder promises (README, "how to read the result").
PROMISED = [
    *("latitude_deg", "longitude_deg", "area_km2", "visible_fraction", "mean_visible", "max_elevation_deg"),
    *("c_n_p05_db", "c_n_p50_db", "c_n_p95_db"),
    *("text_availability", "text_longest_gap_s", "text_mean_wait_s", "text_margin_p50_db"),
]


@pytest.mark.parametrize("column", PROMISED)
def test_every_promised_column_has_decimals(column):
    assert decimals_of(column) in DECIMALS_BY_ENDING.values()


@pytest.mark.parametrize(
    ("column", "given", "expected"),
    [
        ("latitude_deg", 41.12345678, 41.123457),
        ("c_n_p50_db", np.float32(12.3456), 12.35),
        ("text_mean_wait_s", 0.00521, 0.005),
        ("text_availability", 0.9996527777, 0.999653),
        ("area_km2", 252.903858182, 252.904),
    ],
)
def test_by_hand(column, given, expected):
    assert rounded(column, np.array([given])).tolist() == [expected]


def test_no_negative_zero_and_nan_stays():
    values = rounded("margin_db", np.array([-0.001, np.nan]))
    assert np.signbit(values[0]) == np.False_
    assert np.isnan(values[1])


def test_whole_numbers_and_names_pass_unchanged():
    counts = np.array([1, 2], dtype=np.int32)
    assert rounded("max_visible", counts) is counts


def test_refuses_unknown_endings_and_infinities():
    with pytest.raises(ValueError, match="'speed'"):
        rounded("speed", np.array([1.0]))
    with pytest.raises(ValueError, match="'margin_db' holds an infinity"):
        rounded("margin_db", np.array([np.inf]))

import numpy as np
import pytest

from d2c.results.column_lookup import decimals_of
from d2c.results.format.rounding import round_column

# The columns that the result folder promises (README, "how to read the result"), and others with a unit.
PROMISED = {
    **dict.fromkeys(("latitude_deg", "longitude_deg", "max_elevation_deg", "azimuth_deg"), 6),
    **dict.fromkeys(("visible_fraction", "mean_visible", "text_availability", "text_within_5min", "duty"), 6),
    **dict.fromkeys(("c_n_p05_db", "c_n_p50_db", "c_n_p95_db", "text_margin_p50_db", "rsrp_p50_dbm"), 2),
    **dict.fromkeys(("area_km2", "text_longest_gap_s", "text_mean_wait_s", "handovers_per_hour"), 3),
    **dict.fromkeys(("rate_p50_kbps", "slant_range_m"), 1),
    **dict.fromkeys(("throughput_mbps", "kbps_per_person"), 4),
}


@pytest.mark.parametrize(("column", "decimals"), PROMISED.items())
def test_every_promised_column_has_decimals(column, decimals):
    assert decimals_of(column) == decimals_of(f"{column}_change") == decimals


def test_a_change_of_whole_numbers_is_whole():
    assert decimals_of("max_visible") == decimals_of("max_visible_change") == 0
    assert round_column("max_visible_change", np.array([2.0])).tolist() == [2.0]


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
    assert round_column(column, np.array([given])).tolist() == [expected]


def test_no_negative_zero_and_nan_stays():
    values = round_column("margin_db", np.array([-0.001, np.nan]))
    assert np.signbit(values[0]) == np.False_
    assert np.isnan(values[1])


def test_whole_numbers_and_names_pass_unchanged():
    counts = np.array([1, 2], dtype=np.int32)
    assert round_column("max_visible", counts) is counts


def test_refuses_unknown_endings_and_infinities():
    with pytest.raises(ValueError, match="'speed'"):
        round_column("speed", np.array([1.0]))
    with pytest.raises(ValueError, match="'margin_db' holds an infinity"):
        round_column("margin_db", np.array([np.inf]))

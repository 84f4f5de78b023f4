"""Shares as per cent, the same on maps, plots and pages."""

import pytest

from d2c.output.format.percent import percent_text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.004, "< 1 %"),
        (0.006, "1 %"),
        (0.5, "50 %"),
        (0.996, "> 99 %"),
        (1.0 - 1e-12, "100 %"),
    ],
)
def test_shares_do_not_round_something_to_nothing(share, text):
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("share", "one", "two"),
    [
        (0.0, "0.0 %", "0.00 %"),
        (1e-6, "< 0.1 %", "< 0.01 %"),
        (0.0004, "< 0.1 %", "0.04 %"),
        (0.12345, "12.3 %", "12.35 %"),
        (0.9996, "> 99.9 %", "99.96 %"),
        (0.99999, "> 99.9 %", "> 99.99 %"),
        (1.0, "100.0 %", "100.00 %"),
    ],
)
def test_shares_with_decimals(share, one, two):
    assert percent_text(share, decimals=1) == one
    assert percent_text(share, decimals=2) == two

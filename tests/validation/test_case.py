"""The truth that ships: complete, and read as printed."""

from decimal import Decimal

import pytest

from d2c.validation.case import read_reference_cases
from d2c.validation.verify import CHECKS

CASES = read_reference_cases()
GROUP = """
document = "a table"

[[group]]
quantity = "a quantity"
check = "free-space"
case = "{label}: {range_km} km"
unit = "dB"
source = "page 1"
tolerance = %s
given = { frequency_ghz = 2 }
rows = [%s]
"""


def read(folder, tolerance, row):
    (folder / "table.toml").write_text(GROUP % (tolerance, row), encoding="utf-8")
    (case,) = read_reference_cases(folder)
    return case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.document}: {case.quantity}: {case.name}")
def test_every_case_says_where_from_and_how_near(case):
    assert case.source
    assert case.tolerance_reason
    assert case.tolerance >= 0
    assert case.expected
    assert all(value.is_finite() for value in case.expected)


def test_names_are_unique_and_no_check_is_idle():
    names = [(case.document, case.quantity, case.name) for case in CASES]
    assert len(set(names)) == len(names)
    assert {case.check for case in CASES} == set(CHECKS)


def test_printed_digits_set_tolerance_and_display(tmp_path):
    # 158.50 is printed to 0.01: half of that is 0.005, and thousandths show where in it a figure lies
    case = read(
        tmp_path, '"half the last digit"', '{ label = "row 1", range_km = 1000.0, expected = 158.50 }'
    )
    assert case.expected == (Decimal("158.50"),)
    assert str(case.expected[0]) == "158.50"
    assert case.tolerance == Decimal("0.005")
    assert case.tolerance_reason == "printed number: half its last digit"
    assert case.decimals == 3
    assert case.name == "row 1: 1000.0 km"
    assert dict(case.inputs) == {"frequency_ghz": 2, "range_km": 1000.0}


def test_a_column_has_the_tolerance_of_its_finest_figure(tmp_path):
    row = '{ label = "row 1", range_km = [1, 10], expected = [98, 118.5] }'
    case = read(tmp_path, '"half the last digit"', row)
    assert case.expected == (98, Decimal("118.5"))
    assert case.tolerance == Decimal("0.05")


def test_a_given_tolerance_stays(tmp_path):
    case = read(tmp_path, "2", '{ label = "row 1", range_km = 1, expected = 98 }')
    assert (case.tolerance, case.decimals) == (2, 1)


@pytest.mark.parametrize(("more", "error"), [("author = 'x'\n", ValueError), ("", TypeError)])
def test_keys_that_mean_nothing_are_refused(tmp_path, more, error):
    text = GROUP % ("0", '{ label = "row 1", range_km = 1, expected = 98 }')
    text = more + text + ("" if more else "author = 'x'\n")
    (tmp_path / "table.toml").write_text(text, encoding="utf-8")
    with pytest.raises(error, match="author"):
        read_reference_cases(tmp_path)

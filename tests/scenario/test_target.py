"""Coverage targets for constellation sizing: accepted forms, units and errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ScenarioError
from d2c.scenario.target import QUANTITIES, Target, parse_target

SHARES = st.floats(0, 1, exclude_min=True)
TIMES = st.floats(0, 1e9)


@given(
    st.one_of(
        st.tuples(st.sampled_from(["availability", "within_15min"]), SHARES),
        st.tuples(
            st.sampled_from(["longest_gap_s", "longest_gap_min", "mean_wait_s", "mean_wait_min"]), TIMES
        ),
    ),
    st.floats(0, 100, exclude_min=True),
    st.sampled_from(["population", "area"]),
)
def test_text_form_reads_back(quantity_and_bound, share, of):
    target = Target(*quantity_and_bound, share, of)
    assert parse_target(str(target)) == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("availability >= 0.99 for 99% of population", Target("availability", 0.99, 99, "population")),
        (" availability>=99%  for 99.5 % of area ", Target("availability", 0.99, 99.5, "area")),
        ("longest_gap_min <= 15 for 95% of area", Target("longest_gap_min", 15, 95, "area")),
    ],
)
def test_forms(text, target):
    assert parse_target(text) == target


def test_units_are_those_of_the_column():
    assert parse_target("longest_gap_min <= 15 for 9% of area").column == "longest_gap_s"
    assert parse_target("mean_wait_min <= 15 for 9% of area").unit == 60.0
    assert parse_target("mean_wait_s <= 15 for 9% of area").unit == 1.0
    assert {parse_target(f"{q} >= 0.5 for 9% of area").unit for q in ("availability", "within_15min")} == {
        1.0
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("availability", "write QUANTITY >= VALUE for SHARE% of population or of area"),
        ("availability >= 0.99", "write QUANTITY >= VALUE"),
        ("availability >= 0.99 for 99 of area", "write QUANTITY >= VALUE"),
        ("availability >= nan for 99% of area", "write QUANTITY >= VALUE"),
        ("availability >= -0.5 for 99% of area", "write QUANTITY >= VALUE"),
        ("availability <= 0.99 for 99% of area", "availability needs >=, not <="),
        ("availability > 0.99 for 99% of area", "availability needs >=, not >"),
        ("mean_wait_s >= 3 for 99% of area", "mean_wait_s needs <=, not >="),
        ("mean_wait_s <= 3% for 99% of area", "mean_wait_s is a time; leave out the %"),
        (
            "availabilty >= 0.99 for 99% of area",
            "unknown quantity 'availabilty'; did you mean 'availability'?",
        ),
        ("availability >= 99 for 99% of area", "availability >= 99 is not a share above 0 and up to 1"),
        ("availability >= 0 for 99% of area", "is not a share above 0"),
        ("availability >= 0.9 for 0% of area", "0% is not above 0 and up to 100"),
        ("availability >= 0.9 for 101% of area", "101% is not above 0 and up to 100"),
        ("availability >= 0.9 for 10% of people", "'% of people': write population or area"),
    ],
)
def test_invalid_targets(text, message):
    with pytest.raises(ScenarioError) as error:
        parse_target(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_bound_is_one_sided():
    for quantity in QUANTITIES:
        target = Target(quantity, 0.5, 50, "area")
        assert target.is_met_by(0.5)
        assert target.is_met_by(0.6) == target.at_least
        assert target.is_met_by(0.4) != target.at_least

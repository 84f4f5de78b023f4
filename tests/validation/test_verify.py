"""Every case is met, and every case can fail."""

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from d2c.validation.case import read_reference_cases
from d2c.validation.verify import CheckOutcome, verify

FEW = [case for case in read_reference_cases() if case.check in ("free-space", "library-c-n")]


def test_every_case_is_met(outcomes):
    missed = [(o.case.document, o.case.name, o.difference, o.error) for o in outcomes if not o.passed]
    assert missed == []


def test_every_case_fails_for_another_figure(outcomes):
    """Each number of each case in turn is falsified by more than twice the tolerance, so no other may hide it."""
    for outcome in outcomes:
        case = outcome.case
        off = 3 * case.tolerance or Decimal("1e-9")
        for i in range(len(case.expected)):
            expected = (*case.expected[:i], case.expected[i] + off, *case.expected[i + 1 :])
            assert not CheckOutcome(replace(case, expected=expected), outcome.computed).passed, (
                case.document,
                case.name,
            )


def test_difference_is_the_largest_and_keeps_its_sign():
    case = replace(FEW[0], expected=(Decimal(1), Decimal(2)), tolerance=Decimal("0.5"))
    outcome = CheckOutcome(case, (1.1, 1.75))
    assert outcome.difference == -0.25
    assert outcome.passed
    assert not CheckOutcome(case, (1.1, 2.75)).passed


@pytest.mark.parametrize("got", [(math.nan, 2.0), (1.0, math.nan)])
def test_nan_is_never_near_enough(got):
    case = replace(FEW[0], expected=(Decimal(1), Decimal(2)))
    assert not CheckOutcome(case, got).passed


def test_what_d2c_refuses_has_failed():
    case = next(case for case in FEW if case.check == "library-c-n")
    (outcome,) = verify([replace(case, inputs={**case.inputs, "payload": "3gpp-set1-leo601"})])
    assert not outcome.passed
    assert outcome.difference is None
    assert outcome.computed == ()
    assert outcome.error.startswith("unknown payload '3gpp-set1-leo601'")


def test_a_case_of_the_wrong_shape_is_a_bug():
    with pytest.raises(ValueError, match="2 numbers expected, check free-space gives 1"):
        verify(
            [replace(FEW[0], check="free-space", inputs={"range_km": 1, "frequency_ghz": 1}, expected=(1, 2))]
        )

"""The page in docs/ is current, and each form says the same."""

import json
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from d2c.validation.report import as_json, as_markdown, as_text, summary_line
from d2c.validation.verify import CheckOutcome

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
KEYS = {
    "document": str,
    "quantity": str,
    "case": str,
    "source": str,
    "unit": str,
    "expected": list,
    "got": list,
    "difference": float,
    "tolerance": float,
    "tolerance_reason": str,
    "passed": bool,
    "refusal": str,
}


def test_page_is_current(outcomes):
    current = as_markdown(outcomes)
    assert PAGE.read_text(encoding="utf-8") == current, "run: d2c verify --markdown > docs/validation.md"


def test_json_keeps_its_schema(outcomes):
    found = json.loads(json.dumps(as_json(outcomes), allow_nan=False))
    assert list(found) == ["schema_version", "checks", "failed", "cases"]
    assert found["schema_version"] == 1
    assert len(found["cases"]) == len(outcomes)
    assert found["checks"] == len(outcomes)
    assert found["failed"] == 0
    for case in found["cases"]:
        assert {key: type(value) for key, value in case.items()} == KEYS
        assert len(case["expected"]) == len(case["got"])


@pytest.mark.parametrize("form", [as_text, as_markdown])
def test_every_case_is_printed_with_its_source(outcomes, form):
    printed = form(outcomes)
    for case in (outcome.case for outcome in outcomes):
        assert case.name in printed
        assert case.source in printed
        assert case.tolerance_reason in printed


@pytest.fixture
def one(outcomes):
    """MATLAB's C/N, printed as 18.4440 dB."""
    return next(o for o in outcomes if o.case.document.startswith("MATLAB") and o.case.name == "C/N")


def test_a_row_as_printed(one):
    case = replace(
        one.case, name="row 1", expected=(Decimal("18.4440"),), tolerance=Decimal("0.00005"), decimals=5
    )
    outcome = CheckOutcome(case, (18.443956310344475,))
    assert "| row 1 | 18.4440 | 18.44396 | -0.00004 | 0.00005 | ok |" in as_markdown([outcome])
    assert CheckOutcome(case, (18.4440000001,)).passed
    assert "| row 1 | 18.4440 | 18.44400 | 0.00000 | 0.00005 | ok |" in as_markdown(
        [CheckOutcome(case, (18.443999999,))]
    )


def test_failures_are_named(one):
    wrong = CheckOutcome(replace(one.case, expected=(Decimal("18.5"),)), one.computed)
    assert " 1 FAILED: MATLAB" in summary_line([one, wrong])
    assert as_text([one, wrong]).count("FAILED") == 2
    assert as_json([one, wrong])["failed"] == 1
    assert summary_line([one, one]) == "2 checks, all within their tolerance"


def test_refusals_and_nan_are_shown(one):
    refused = CheckOutcome(one.case, (), "unknown payload 'x'")
    assert "| unknown payload 'x' | - |" in as_markdown([refused])
    assert as_json([refused])["cases"][0]["got"] == []
    nan = as_json([CheckOutcome(one.case, (math.nan,))])["cases"][0]
    assert (nan["got"], nan["difference"], nan["passed"]) == ([None], None, False)

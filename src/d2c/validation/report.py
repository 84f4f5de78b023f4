"""Report of the validation cases as text, as the page docs/validation.md, or as JSON.

Computed values are rounded to the digits that the tolerance resolves, so that the report is the same on every machine.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from d2c.validation.verify import CheckOutcome

SCHEMA_VERSION = 1
_COLUMNS = ("case", "expected", "computed", "difference", "tolerance", "")

_PAGE = """\
# Validation

Comparison of d2c with published figures, results of other programs and hand calculations; no reference value comes
from d2c itself. This page is the output of `d2c verify --markdown`, and a test fails when it is not current;
`d2c verify` runs the same checks on any machine and exits with 3 if one fails.

Where a case has several numbers, the largest difference is given. Computed values are rounded here to the digits
that the tolerance resolves, but compared unrounded.
"""


def as_text(outcomes: Sequence[CheckOutcome]) -> str:
    """Return the outcomes as plain text for a terminal."""
    lines = []
    for document, of_document in _group_by_document(outcomes):
        lines += [document, ""]
        for group in _group_by_quantity(of_document):
            case = group[0].case
            rows = [_COLUMNS, *map(_row, group)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [f"  {_heading(group)}", f"  source: {case.source}"]
            lines += [f"  tolerance: {case.tolerance_reason}"]
            lines += [_aligned_row(row, widths) for row in rows] + [""]
    return "\n".join([*lines, summary_line(outcomes)])


def as_markdown(outcomes: Sequence[CheckOutcome]) -> str:
    """Return the outcomes as the page docs/validation.md."""
    lines = [_PAGE, "| document | checks | passed |", "|---|---:|---:|"]
    for document, of_document in _group_by_document(outcomes):
        lines.append(f"| {document} | {len(of_document)} | {_passed_count(of_document)} |")
    lines.append(f"| all | {len(outcomes)} | {_passed_count(outcomes)} |")
    for document, of_document in _group_by_document(outcomes):
        lines += ["", f"## {document}"]
        for group in _group_by_quantity(of_document):
            case = group[0].case
            lines += ["", f"### {_heading(group)}", "", f"Source: {case.source}.", ""]
            lines += [f"Tolerance: {case.tolerance_reason}.", ""]
            lines += [f"| {' | '.join(_COLUMNS)} |", "|---|---:|---:|---:|---:|---|"]
            lines += [f"| {' | '.join(_row(outcome))} |" for outcome in group]
    return "\n".join(lines) + "\n"


def as_json(outcomes: Sequence[CheckOutcome]) -> dict[str, Any]:
    """Return the outcomes as JSON content; `expected` and `got` (the computed values) are lists.

    Where d2c raised an error, `got` is empty, `difference` None and `refusal` the message; NaN becomes None.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "checks": len(outcomes),
        "failed": len(outcomes) - _passed_count(outcomes),
        "cases": [
            {
                "document": outcome.case.document,
                "quantity": outcome.case.quantity,
                "case": outcome.case.name,
                "source": outcome.case.source,
                "unit": outcome.case.unit,
                "expected": [float(value) for value in outcome.case.expected],
                "got": [_number(value, outcome) for value in outcome.computed],
                "difference": _number(outcome.difference, outcome),
                "tolerance": float(outcome.case.tolerance),
                "tolerance_reason": outcome.case.tolerance_reason,
                "passed": outcome.passed,
                "refusal": outcome.error,
            }
            for outcome in outcomes
        ],
    }


def summary_line(outcomes: Sequence[CheckOutcome]) -> str:
    """Return the number of checks and the names of the failed ones, in one line."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if not failed:
        return f"{len(outcomes)} checks, all within their tolerance"
    names = "; ".join(f"{o.case.document}: {o.case.quantity}: {o.case.name}" for o in failed)
    return f"{len(outcomes)} checks, {len(failed)} FAILED: {names}"


def _row(outcome: CheckOutcome) -> tuple[str, ...]:
    case = outcome.case
    difference = outcome.difference
    return (
        case.name,
        " ".join(f"{value:f}" for value in case.expected),
        outcome.error or " ".join(_format_value(value, outcome) for value in outcome.computed),
        "-" if difference is None else _format_value(difference, outcome),
        f"{case.tolerance:f}",
        "ok" if outcome.passed else "FAILED",
    )


def _format_value(value: float, outcome: CheckOutcome) -> str:
    return f"{_rounded_value(value, outcome):.{outcome.case.decimals}f}"


def _number(value: float | None, outcome: CheckOutcome) -> float | None:
    return None if value is None or math.isnan(value) else _rounded_value(value, outcome)


def _rounded_value(value: float, outcome: CheckOutcome) -> float:
    return round(value, outcome.case.decimals) + 0.0  # no minus zero


def _heading(group: Sequence[CheckOutcome]) -> str:
    case = group[0].case
    return f"{case.quantity}, {case.unit}" if case.unit else case.quantity


def _aligned_row(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers, passed = row
    right = "  ".join(f"{number:>{width}}" for number, width in zip(numbers, widths[1:-1], strict=True))
    return f"    {name:{widths[0]}}  {right}  {passed}".rstrip()


def _passed_count(outcomes: Sequence[CheckOutcome]) -> int:
    return sum(outcome.passed for outcome in outcomes)


def _group_by_document(outcomes: Sequence[CheckOutcome]) -> Iterator[tuple[str, list[CheckOutcome]]]:
    for document, group in groupby(outcomes, key=lambda outcome: outcome.case.document):
        yield document, list(group)


def _group_by_quantity(outcomes: Sequence[CheckOutcome]) -> Iterator[list[CheckOutcome]]:
    def quantity_and_source(outcome: CheckOutcome) -> tuple[str, str, str]:
        return outcome.case.quantity, outcome.case.source, outcome.case.tolerance_reason

    for _, group in groupby(outcomes, key=quantity_and_source):
        yield list(group)

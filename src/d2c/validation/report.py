"""Outcomes -> a table for a terminal, the page docs/validation.md, or JSON.

What d2c gets is rounded to the digits that the tolerance speaks of, so that every machine prints the same.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from d2c.validation.verify import CheckOutcome

SCHEMA_VERSION = 1
_COLUMNS = ("case", "expected", "got", "difference", "tolerance", "")

_PAGE = """\
# Validation

What d2c is held to: figures that documents print, that other programs compute or that a line of arithmetic gives
by hand; never its own. This page is the output of `d2c verify --markdown`, and a test fails when it is not
current; `d2c verify` runs the same checks on any machine and exits with 3 if one fails.

Where a case has several numbers, the difference is the largest of theirs. What d2c got is rounded here, to the
digits that the tolerance speaks of; it is compared unrounded. A figure of which too little is known to hold d2c to
it has no tolerance; it stands beside ours and counts as no check.
"""


def text(outcomes: Sequence[CheckOutcome]) -> str:
    """Return the outcomes as a person reads them in a terminal."""
    lines = []
    for document, of_document in _by_document(outcomes):
        lines += [document, ""]
        for group in _groups(of_document):
            case = group[0].case
            rows = [_COLUMNS, *map(_row, group)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [f"  {_heading(group)}", f"  source: {case.source}"]
            lines += [f"  tolerance: {case.tolerance_reason}"]
            lines += [_aligned(row, widths) for row in rows] + [""]
    return "\n".join([*lines, conclusion(outcomes)])


def markdown(outcomes: Sequence[CheckOutcome]) -> str:
    """Return the outcomes as the page docs/validation.md."""
    lines = [_PAGE, "| document | checks | passed |", "|---|---:|---:|"]
    for document, of_document in _by_document(outcomes):
        lines.append(f"| {document} | {_held(of_document)} | {_passed(of_document)} |")
    lines.append(f"| all | {_held(outcomes)} | {_passed(outcomes)} |")
    for document, of_document in _by_document(outcomes):
        lines += ["", f"## {document}"]
        for group in _groups(of_document):
            case = group[0].case
            lines += ["", f"### {_heading(group)}", "", f"Source: {case.source}.", ""]
            lines += [f"Tolerance: {case.tolerance_reason}.", ""]
            lines += [f"| {' | '.join(_COLUMNS)} |", "|---|---:|---:|---:|---:|---|"]
            lines += [f"| {' | '.join(_row(outcome))} |" for outcome in group]
    return "\n".join(lines) + "\n"


def as_json(outcomes: Sequence[CheckOutcome]) -> dict[str, Any]:
    """Return the outcomes as plain numbers; `expected` and `got` are lists.

    Where d2c refused, `got` is empty, `difference` None and `refusal` says why; NaN is None.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "checks": _held(outcomes),
        "failed": _held(outcomes) - _passed(outcomes),
        "cases": [
            {
                "document": outcome.case.document,
                "quantity": outcome.case.quantity,
                "case": outcome.case.name,
                "source": outcome.case.source,
                "unit": outcome.case.unit,
                "expected": [float(value) for value in outcome.case.expected],
                "got": [_number(value, outcome) for value in outcome.got],
                "difference": _number(outcome.difference, outcome),
                "tolerance": None if outcome.case.tolerance is None else float(outcome.case.tolerance),
                "tolerance_reason": outcome.case.tolerance_reason,
                "passed": outcome.passed,
                "refusal": outcome.refusal,
            }
            for outcome in outcomes
        ],
    }


def conclusion(outcomes: Sequence[CheckOutcome]) -> str:
    """Return in one line how many checks there were and which failed."""
    failed = [outcome for outcome in outcomes if outcome.passed is False]
    held, beside = _held(outcomes), len(outcomes) - _held(outcomes)
    more = f"; {beside} more figures stand beside ours without one" if beside else ""
    if not failed:
        return f"{held} checks, all within their tolerance{more}"
    names = "; ".join(f"{o.case.document}: {o.case.quantity}: {o.case.name}" for o in failed)
    return f"{held} checks, {len(failed)} FAILED: {names}{more}"


def _row(outcome: CheckOutcome) -> tuple[str, ...]:
    case = outcome.case
    difference = outcome.difference
    return (
        case.name,
        " ".join(f"{value:f}" for value in case.expected),
        outcome.refusal or " ".join(_shown(value, outcome) for value in outcome.got),
        "-" if difference is None else _shown(difference, outcome),
        "-" if case.tolerance is None else f"{case.tolerance:f}",
        {True: "ok", False: "FAILED", None: "beside"}[outcome.passed],
    )


def _shown(value: float, outcome: CheckOutcome) -> str:
    return f"{_rounded(value, outcome):.{outcome.case.decimals}f}"


def _number(value: float | None, outcome: CheckOutcome) -> float | None:
    return None if value is None or math.isnan(value) else _rounded(value, outcome)


def _rounded(value: float, outcome: CheckOutcome) -> float:
    return round(value, outcome.case.decimals) + 0.0  # never minus zero


def _heading(group: Sequence[CheckOutcome]) -> str:
    case = group[0].case
    return f"{case.quantity}, {case.unit}" if case.unit else case.quantity


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers, passed = row
    right = "  ".join(f"{number:>{width}}" for number, width in zip(numbers, widths[1:-1], strict=True))
    return f"    {name:{widths[0]}}  {right}  {passed}".rstrip()


def _passed(outcomes: Sequence[CheckOutcome]) -> int:
    return sum(outcome.passed is True for outcome in outcomes)


def _held(outcomes: Sequence[CheckOutcome]) -> int:
    return sum(outcome.passed is not None for outcome in outcomes)


def _by_document(outcomes: Sequence[CheckOutcome]) -> Iterator[tuple[str, list[CheckOutcome]]]:
    for document, found in groupby(outcomes, key=lambda outcome: outcome.case.document):
        yield document, list(found)


def _groups(outcomes: Sequence[CheckOutcome]) -> Iterator[list[CheckOutcome]]:
    def shared(outcome: CheckOutcome) -> tuple[str, str, str]:
        return outcome.case.quantity, outcome.case.source, outcome.case.tolerance_reason

    for _, found in groupby(outcomes, key=shared):
        yield list(found)

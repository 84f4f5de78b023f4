"""Reference cases: published figures and results of other programs, one TOML file per document."""

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

REFERENCE_FOLDER = Path(__file__).parent / "truth"
HALF_THE_LAST_DIGIT = "half the last digit"

Check = Callable[..., Any]
"""Computes the quantity of a case with d2c; takes the case's inputs by name.

Reference files keep the units of their documents (km, GHz, dBm); the checks convert them.
"""


@dataclass(frozen=True, eq=False, slots=True)
class ReferenceCase:
    """One figure of a document or another program, with the inputs, check and tolerance to compare d2c with it."""

    document: str
    quantity: str
    name: str
    check: str
    """Name of the check function that computes it."""
    inputs: Mapping[str, Any]
    expected: tuple[Decimal, ...]
    """As printed, with trailing zeros; several numbers for a printed column or a vector."""
    unit: str
    tolerance: Decimal
    tolerance_reason: str
    source: str
    decimals: int
    """Decimals of the computed value in reports."""


def read_reference_cases(folder: Path = REFERENCE_FOLDER) -> tuple[ReferenceCase, ...]:
    """Read every case of a folder's TOML files, ordered by file name."""
    return tuple(case for file in sorted(folder.glob("*.toml")) for case in _cases(file))


def _cases(file: Path) -> Iterator[ReferenceCase]:
    content = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    document, groups = content.pop("document"), content.pop("group")
    if content:
        raise ValueError(f"{file.name}: unknown keys {', '.join(content)}")
    for group in groups:
        yield from _group(document, **group)


def _group(
    document: str,
    *,
    quantity: str,
    check: str,
    case: str,
    unit: str,
    source: str,
    tolerance: Decimal | int | str,
    rows: list[dict[str, Any]],
    tolerance_reason: str = "",
    given: dict[str, Any] | None = None,
    decimals: int | None = None,
) -> Iterator[ReferenceCase]:
    """Yield a case for each row of a group.

    `given` holds the inputs common to all rows; `case` is the name's template, of the inputs and the optional label.
    """
    given = given or {}
    for row in rows:
        expected = tuple(Decimal(value) for value in _as_list(row["expected"]))
        inputs = given | {key: value for key, value in row.items() if key not in ("expected", "label")}
        if tolerance == HALF_THE_LAST_DIGIT:
            allowed = Decimal(5).scaleb(-max(map(_decimal_places, expected)) - 1)
            reason = "printed number: half its last digit"
        else:
            allowed, reason = Decimal(tolerance), tolerance_reason
        yield ReferenceCase(
            document=document,
            quantity=quantity,
            name=case.format_map(given | row),
            check=check,
            inputs=MappingProxyType({key: _to_float(value) for key, value in inputs.items()}),
            expected=expected,
            unit=unit,
            tolerance=allowed,
            tolerance_reason=reason,
            source=source,
            decimals=_display_decimals(expected, allowed) if decimals is None else decimals,
        )


def _display_decimals(expected: tuple[Decimal, ...], tolerance: Decimal) -> int:
    """Return the printed decimals, or more where one unit of the last decimal exceeds a fifth of the tolerance."""
    resolved = math.ceil(math.log10(5 / tolerance)) if tolerance else 0
    return max(resolved, *map(_decimal_places, expected))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _decimal_places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)  # a finite number
    return max(0, -exponent)


def _to_float(value: Any) -> Any:
    """Convert an input's decimals to floats, as the functions under test take them."""
    if isinstance(value, list):
        return [_to_float(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value

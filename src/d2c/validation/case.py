"""Truth from outside: one TOML file per document, read as cases that d2c is held to."""

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

TRUTH = Path(__file__).parent / "truth"
HALF_THE_LAST_DIGIT = "half the last digit"
NONE = "none"

Check = Callable[..., Any]
"""Answers a case: its inputs by name in, the quantity that d2c gets out.

Truth files are a door: they carry the units of their documents (km, GHz, dBm), and the checks undo them.
"""


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """One figure that somebody else printed or computed, and what d2c needs to answer it."""

    document: str
    quantity: str
    name: str
    check: str
    """Name of the check function that answers it."""
    inputs: Mapping[str, Any]
    expected: tuple[Decimal, ...]
    """As printed, trailing zeros too; several numbers for a printed column or a vector."""
    unit: str
    tolerance: Decimal | None
    """None where too little is known of the figure to hold d2c to it: then both stand side by side, no more."""
    tolerance_reason: str
    source: str
    decimals: int
    """How many are shown of what d2c gets."""


def read_truth(folder: Path = TRUTH) -> tuple[Case, ...]:
    """Return every case of a folder's TOML files, in the order of the files' names."""
    return tuple(case for file in sorted(folder.glob("*.toml")) for case in _cases(file))


def _cases(file: Path) -> Iterator[Case]:
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
) -> Iterator[Case]:
    """Yield a group's rows.

    `given` holds the inputs that all share; `case` names a row by its inputs and, where it has one, its label.
    """
    given = given or {}
    for row in rows:
        expected = tuple(Decimal(value) for value in _listed(row["expected"]))
        inputs = given | {key: value for key, value in row.items() if key not in ("expected", "label")}
        if tolerance == HALF_THE_LAST_DIGIT:
            allowed: Decimal | None = Decimal(5).scaleb(-max(map(_decimals, expected)) - 1)
            reason = "printed number: half its last digit"
        else:
            allowed, reason = None if tolerance == NONE else Decimal(tolerance), tolerance_reason
        yield Case(
            document=document,
            quantity=quantity,
            name=case.format_map(given | row),
            check=check,
            inputs=MappingProxyType({key: _plain(value) for key, value in inputs.items()}),
            expected=expected,
            unit=unit,
            tolerance=allowed,
            tolerance_reason=reason,
            source=source,
            decimals=_shown_decimals(expected, allowed) if decimals is None else decimals,
        )


def _shown_decimals(expected: tuple[Decimal, ...], tolerance: Decimal | None) -> int:
    """Return the decimals as printed, or more where a step of the last one is above a fifth of the tolerance."""
    fine = math.ceil(math.log10(5 / tolerance)) if tolerance else 0
    return max(fine, *map(_decimals, expected))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)  # a finite number
    return max(0, -exponent)


def _plain(value: Any) -> Any:
    """Return an input as the functions under test take it: floats for printed decimals."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value

"""What follows from the table of columns: decimals, aliases, meanings and map definitions by the name of a column."""

from collections.abc import Iterable, Mapping

from d2c.errors import ResultError, did_you_mean
from d2c.results.column import Column, Quantity, unit_of
from d2c.results.columns import COLUMNS

AGGREGATE_PFD_COLUMN = "pfd_max_dbw_m2_mhz"  # with it, limit margins are those of all beams together
_CHANGE = "_change"  # ending of the columns of a comparison

_ENTRIES: dict[str, Column] = {}
for _entries in COLUMNS.values():
    for _entry in _entries:
        _ENTRIES.setdefault(_entry.name, _entry)
_ENDINGS = sorted((name for name in _ENTRIES if name.startswith("_")), key=len, reverse=True)


def find_column(name: str) -> tuple[Column, str] | None:
    """Return the entry of a column and its service or limit ("" for none); None if the table has no such column."""
    if name in _ENTRIES and not name.startswith("_"):
        return _ENTRIES[name], ""
    for ending in _ENDINGS:
        owner = name.removesuffix(ending)
        if owner not in ("", name):
            return _ENTRIES[ending], owner
    return None


def decimals_of(column: str) -> int | None:
    """Return the number of decimals of a column of numbers; None for texts, instants and unknown units.

    A difference of two results has the decimals of its quantity. Columns of other tables, of one place for example,
    have those of the unit at the end of their name.
    """
    base = column.removesuffix(_CHANGE)
    known = find_column(base)
    return known[0].decimals if known else unit_of(base)[1]


def column_meaning(column: str, *, loaded: bool = False) -> str:
    """Describe a column in a sentence, "" for an unknown one; `loaded`: for a network with beams."""
    known = find_column(column)
    if known is None:
        return ""
    entry, _ = known
    return (loaded and entry.loaded_meaning) or entry.meaning


def column_alias(column: str, definitions: Mapping[str, Quantity] | None = None) -> str:
    """Return the label of a column with the unit of its stored values; the name of an unknown column.

    Map classes may use another unit (minutes for stored seconds), named in their labels. `definitions`: the map
    definitions of all columns of the layer, if available.
    """
    base = column.removesuffix(_CHANGE)
    known, quantity = find_column(base), (definitions or map_quantities([column])).get(column)
    if known is None or (quantity is None and base != column):
        return column
    entry, _ = known
    if quantity is None:
        return entry.alias
    unit = quantity.unit if quantity.factor == 1 else entry.unit
    return f"{quantity.label} ({unit})" if unit else quantity.label


def map_quantity(column: str) -> Quantity:
    """Return the map definition of a column; ResultError with a suggestion if it has none."""
    definitions = map_quantities([column])
    if definitions:
        return definitions[column]
    service = column.split("_")[0] or "NAME"
    drawn = [name for name, entry in _ENTRIES.items() if entry.classes]
    names = [service + name if name.startswith("_") else name for name in drawn]
    raise ResultError(f"the column {column!r} cannot be drawn as a map{did_you_mean(column, names)}")


def missing_for_map(column: str) -> str:
    """Return what a column without a map definition lacks, and where it would stand."""
    where = "d2c/results/columns.py"
    if find_column(column.removesuffix(_CHANGE)) is None:
        return f"it has no description; add its name, label, unit and map classes to the table in {where}"
    return f"its description has no map classes (texts and positions have none); they stand in {where}"


def default_map_column(columns: Iterable[str]) -> str:
    """Return the column of a layer's default map: the availability of the first service."""
    return next(name for name in columns if name.endswith("_availability"))


def map_quantities(columns: Iterable[str]) -> dict[str, Quantity]:
    """Return the map definitions of the columns that have one, in the order given.

    Pass all columns of a layer: the label of a limit margin depends on the others.
    """
    columns = list(columns)
    definitions: dict[str, Quantity] = {}
    for column in columns:
        base = column.removesuffix(_CHANGE)
        known = find_column(base)
        if known is None:
            continue
        entry, owner = known
        quantity = entry.quantity(owner=owner, loaded=base == column and AGGREGATE_PFD_COLUMN in columns)
        if quantity is not None:
            definitions[column] = quantity if base == column else quantity.change()
    return definitions

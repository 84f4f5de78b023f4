"""Entries of one's own: which kind a file is of, and a check of the file with all that it names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from d2c.errors import ScenarioError
from d2c.library.constellation import System
from d2c.library.entry import KIND_NAMES, Entry, Kind, entry_beside, entry_tables, read_entry, read_own_text
from d2c.library.models import MODELS, read_payload
from d2c.orbit.catalogue import elements_beside, find_elements, read_elements
from d2c.orbit.walker import parse_walker
from d2c.toml import keys_at, parse_toml

_OF_ALL_KINDS = ("title", "note", "based_on")


def kind_of_file(file: str) -> Kind:
    """Return the kind of entry that has the most keys of a file; ScenarioError if none has one, or two as many."""
    own = parse_toml(
        read_own_text(file), origin=file
    )  # what is wrong with the file itself is wrong for every kind
    tables: dict[Kind, dict[str, Any]] = {}
    reason = "no kind has its keys"
    for kind in MODELS:
        try:
            tables[kind] = entry_tables(kind, file)
        except ScenarioError as error:  # its base is of another kind, or of none
            reason = str(error)
    tables = tables or dict.fromkeys(MODELS, own)
    known = {kind: _count_known(kind, table, ()) for kind, table in tables.items()}
    most = max(known.values())
    kinds = [kind for kind in known if known[kind] == most]
    if most and len(kinds) == 1:
        return kinds[0]
    if most:
        reason = f"it may be a {' or a '.join(KIND_NAMES[kind] for kind in kinds)}"
    raise ScenarioError(
        f"{file}: cannot tell what entry this is: {reason}; name its kind: {', '.join(MODELS)}"
    )


def _count_known(kind: Kind, table: Mapping[str, Any], location: tuple[str, ...]) -> int:
    known = [key for key in table if key in keys_at(MODELS[kind], location) and key not in _OF_ALL_KINDS]
    inner = [(key, table[key]) for key in known]
    inner += [(key, item) for key, items in inner if isinstance(items, list) for item in items]
    return len(known) + sum(
        _count_known(kind, value, (*location, key)) for key, value in inner if isinstance(value, Mapping)
    )


def check_entry(kind: Kind, name: str) -> Entry:
    """Read an entry with all that it names; ScenarioError or CatalogueError for what is wrong or missing."""
    entry = read_entry(kind, name, MODELS[kind])
    if isinstance(entry, System):
        _check_system(entry, Path(name).parent)
    return entry


def _check_system(system: System, folder: Path) -> None:
    choices = (system.payload, system.stand_in, *(shell.payload for shell in system.shells))
    for payload in (name for choice in choices for name in (choice.handset, choice.terminal) if name):
        read_payload(entry_beside("payloads", payload, folder))
    for shell in (entry.shell for entry in system.shells):
        parse_walker(shell.walker, altitude_km=shell.altitude_km, pattern=shell.pattern)
    if system.elements:
        read_elements(find_elements(elements_beside(system.elements, folder)))

"""The files that a scenario names: where its names stand, and what a name means in a file of a folder.

All are relative to the folder of the file that names them, whatever the current one; those of the command line are
relative to the current folder.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from d2c.library.entry import Kind, entry_beside
from d2c.orbit.catalogue import elements_beside
from d2c.region.area import area_beside

ELEMENTS, AREAS = "elements", "areas"
# Keys of a scenario by section; a section of several entries has `*`. Kinds are those of the library and the two above.
_KEYS = (
    ("constellation", "system", "constellations"),
    ("constellation", "elements", ELEMENTS),
    ("constellation.shells.*", "payload", "payloads"),
    ("constellation.payloads.*", "payload", "payloads"),
    ("region", "area", AREAS),
    ("beams", "area", AREAS),
    ("beams.exclusions.*", "area", AREAS),
    ("link", "payload", "payloads"),
    ("link", "handset", "handsets"),
    ("link", "losses", "losses"),
    ("link", "phones", "phones"),
    ("link", "services", "services"),
    ("link", "limits", "limits"),
)

Rename = Callable[[str, str], str]


def beside(kind: str, name: str, folder: Path) -> str:
    """Return the name that stands for what is named in a file of a folder: a built-in one, or a file's path."""
    if kind == ELEMENTS:
        return elements_beside(name, folder)
    if kind == AREAS:
        return area_beside(name, folder)
    return entry_beside(cast(Kind, kind), name, folder)


def rename_files(data: dict[str, Any], rename: Rename) -> None:
    """Replace all names in the tables of a scenario, in place, by `rename` of their kind and name.

    The tables need not be valid.
    """
    for section, key, kind in _KEYS:
        for table in _tables(data, section.split(".")):
            value = table.get(key)
            if isinstance(value, str):
                table[key] = rename(kind, value)
            elif isinstance(value, list):
                table[key] = [rename(kind, item) if isinstance(item, str) else item for item in value]


def named_files(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the kinds and names in the tables of a scenario, each once."""
    names: dict[tuple[str, str], None] = {}

    def note(kind: str, name: str) -> str:
        names[kind, name] = None
        return name

    rename_files(data, note)
    return tuple(names)


def _tables(data: Any, section: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the tables of a section, those that are there."""
    if not section:
        if isinstance(data, dict):
            yield data
    elif section[0] == "*":
        for item in data if isinstance(data, list) else ():
            yield from _tables(item, section[1:])
    elif isinstance(data, dict):
        yield from _tables(data.get(section[0]), section[1:])

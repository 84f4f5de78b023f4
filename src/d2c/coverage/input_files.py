"""The files that a run reads: elements, polygons and library entries of one's own, with their content and hashes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from d2c.errors import D2CError
from d2c.library.entry import Kind, entry_names, entry_toml, read_entry, read_own_text
from d2c.library.models import MODELS
from d2c.orbit.catalogue import find_elements
from d2c.region.area import area_file
from d2c.region.shapefile import shapefile_parts
from d2c.scenario.model import Scenario
from d2c.scenario.named_files import AREAS, ELEMENTS, named_files
from d2c.text_files import is_file, is_stream, read_bytes, shown_name
from d2c.toml import parse_toml

KINDS = (ELEMENTS, AREAS, *MODELS)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of a run; an entry that is based on another file is taken complete, with what it inherits.

    `copy` is its place among the copies: `payloads/mine.toml`. `own` is false for a shipped or downloaded element set.
    """

    kind: str
    name: str
    path: Path
    copy: str
    content: bytes
    own: bool

    @property
    def sha256(self) -> str:
        """Return the hash of the content."""
        return hashlib.sha256(self.content).hexdigest()


def input_files(scenario: Scenario, *, kinds: tuple[str, ...] = KINDS) -> tuple[InputFile, ...]:
    """Return the files of some kinds that a scenario names, each once; the D2CError of one that is missing."""
    files: dict[str, InputFile] = {}
    for kind, name in named_files(scenario.model_dump(mode="json")):
        for path in _paths(kind, name) if kind in kinds else ():
            folders = (kind if number == 1 else f"{kind}-{number}" for number in range(1, len(files) + 2))
            file_name = _copy_name(kind, path)
            copy = next(place for folder in folders if (place := f"{folder}/{file_name}") not in files)
            own = kind != ELEMENTS or path == Path(name)
            files[copy] = InputFile(kind, name, path, copy, _content(kind, path), own)
    return tuple(files.values())


def hashes(files: tuple[InputFile, ...]) -> dict[str, str]:
    """Return the hash of each file by its name; by its place among the copies where two have one name."""
    by_name: dict[str, str] = {}
    for file in files:
        name = Path(file.copy).name
        by_name[file.copy if name in by_name else name] = file.sha256
    return by_name


def content_sha256(kind: str, path: Path) -> str | None:
    """Return the hash of a file as a run would take it; None if it cannot be read."""
    if is_stream(path):
        return None  # what came through a pipe is gone
    try:
        return hashlib.sha256(_content(kind, path)).hexdigest()
    except (D2CError, OSError):
        return None


def _paths(kind: str, name: str) -> Iterator[Path]:
    """Yield the file of a name, and what belongs to it; nothing for a name of the library or a built-in area."""
    if kind == ELEMENTS:
        yield find_elements(name)
    elif kind == AREAS:
        path = area_file(name)
        if path and is_file(path):
            yield path
            yield from shapefile_parts(path)
    elif name not in entry_names(cast(Kind, kind)):
        yield Path(name)


def _copy_name(kind: str, path: Path) -> str:
    """Return what the copy of a file is called; an entry from a pipe gets the ending by which entries are known."""
    name = shown_name(path)
    return f"{name}.toml" if kind in MODELS and path.suffix != ".toml" else name


def _content(kind: str, path: Path) -> bytes:
    if kind not in MODELS:
        return read_bytes(path)
    text = read_own_text(str(path))
    base = parse_toml(text, origin=str(path)).get("based_on")
    if base is None or base in entry_names(kind):
        return text.encode()
    return entry_toml(read_entry(kind, str(path), MODELS[kind])).encode()

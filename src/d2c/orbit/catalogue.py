"""Element files -> Constellation: finding, reading and selecting."""

from collections.abc import Callable, Iterator
from pathlib import Path

from d2c.errors import CatalogueError, did_you_mean
from d2c.orbit.celestrak import cached_group, cached_groups
from d2c.orbit.constellation import Constellation, constellation_of, shells
from d2c.orbit.element_set import ElementSet, RejectedSet
from d2c.orbit.omm import is_omm_header, parse_csv, parse_json, parse_xml
from d2c.orbit.selection import select
from d2c.orbit.tle import is_element_line, parse_tle
from d2c.shipped import shipped

__all__ = [
    "Constellation",
    "RejectedSet",
    "find_elements",
    "read_elements",
    "select",
    "shells",
]

_ENDINGS = (".tle", ".3le", ".csv", ".json", ".xml")
_WANTED = "wanted TLE, 3LE, or OMM as CSV, JSON or XML"


def find_elements(name_or_path: str) -> Path:
    """Return the element file meant: a path, else a shipped set, else a group cached from CelesTrak.

    CatalogueError when there is none, with the nearest name.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    sets = {file.stem: file for file in sorted(shipped("tles").iterdir()) if file.suffix in _ENDINGS}
    for stem, file in sets.items():
        if name_or_path in (stem, file.name):
            return file
    if cached := cached_group(name_or_path):
        return cached
    if path.is_dir():
        raise CatalogueError(f"elements '{name_or_path}': this is a folder; give an element file in it")
    if path.name != name_or_path:
        raise CatalogueError(f"elements '{name_or_path}': there is no such file")
    raise CatalogueError(
        f"elements '{name_or_path}': no file, shipped set or downloaded CelesTrak group of this name"
        f"{did_you_mean(path.name.removesuffix(path.suffix), [*sets, *cached_groups()])}"
        " (d2c elements update --group NAME downloads a group)"
    )


def read_elements(path: Path) -> Constellation:
    """Return every usable satellite of a TLE, 3LE or OMM file, its format told by its content.

    Bad sets are left out one by one and listed in `refused`. CatalogueError when the file cannot be read,
    is no element file, is a damaged JSON or XML, or holds nothing usable.
    """
    source = path.name
    sets: list[ElementSet] = []
    refused: list[RejectedSet] = []
    for item in _parse(_text(path), source):
        if isinstance(item, ElementSet):
            sets.append(item)
        else:
            refused.append(item)
    if not sets and refused:
        first = refused[0]
        raise CatalogueError(
            f"{source}: none of its {len(refused)} element sets can be used; the first, line {first.line}"
            f" ({first.name}): {first.reason}"
        )
    if not sets:
        raise CatalogueError(f"{source}: it holds no element set; {_WANTED}")
    return constellation_of(sets, refused=refused, source=source)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CatalogueError(f"{path}: there is no such element file") from None
    except OSError as error:
        raise CatalogueError(f"{path}: the element file cannot be read: {error.strerror}") from None
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise CatalogueError(f"{path.name}: this is a binary file; {_WANTED}")
    if not text.strip():
        raise CatalogueError(f"{path.name}: the file is empty; {_WANTED}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    begin = text.lstrip()[:1000]
    first_line = begin.split("\n", 1)[0].strip()
    parser: Callable[[str, str], Iterator[ElementSet | RejectedSet]] | None = None
    if begin.startswith("<"):
        if "<html" in begin.lower() or "<!doctype html" in begin.lower():
            raise CatalogueError(f"{source}: this is a web page (HTML), not element sets; {_WANTED}")
        parser = parse_xml
    elif begin.startswith(("[", "{")):
        parser = parse_json
    elif is_omm_header(first_line):
        parser = parse_csv
    if parser:
        return parser(text, source)
    if any(is_element_line(line.strip()) for line in text.split("\n")):
        return parse_tle(text)
    raise CatalogueError(f"{source}: no element sets in it; it begins with {first_line[:120]!r}; {_WANTED}")

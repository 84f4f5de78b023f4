"""Element catalogues: find, read and select the satellites of a TLE, 3LE or OMM file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from d2c.errors import CatalogueError, did_you_mean
from d2c.orbit.constellation import Constellation, build_constellation, shells
from d2c.orbit.element_set import ElementSet, RejectedSet
from d2c.orbit.group_cache import cached_group, cached_groups
from d2c.orbit.omm import is_kvn_start, is_omm_header, parse_csv, parse_kvn, parse_xml
from d2c.orbit.omm_json import parse_json
from d2c.orbit.selection import select
from d2c.orbit.tle import is_element_line, parse_tle
from d2c.shipped import shipped_folder
from d2c.text_files import TextError, is_file, is_folder, is_stream, read_text, shown_name

__all__ = [
    "Constellation",
    "RejectedSet",
    "find_elements",
    "read_elements",
    "select",
    "shells",
]

_ENDINGS = (".tle", ".3le", ".csv", ".json", ".jsonl", ".xml", ".kvn", ".gz")
_EXPECTED = "expected TLE, 3LE, or OMM as CSV, JSON, XML or KVN"


def find_elements(name_or_path: str) -> Path:
    """Resolve an element file: a path, else a shipped set, else a cached CelesTrak group.

    The path may be that of a pipe; `-` is the standard input. CatalogueError if none matches, with the nearest name.
    """
    path = Path(name_or_path)
    if is_file(name_or_path):
        return path
    if known := _set_or_group(name_or_path):
        return known
    if is_folder(path):
        raise CatalogueError(f"elements '{name_or_path}': this is a folder; give the path of an element file")
    if path.name != name_or_path:
        raise CatalogueError(f"elements '{name_or_path}': no such file: it is missing")
    missing = "the file is missing: there is " if path.suffix in _ENDINGS else ""
    raise CatalogueError(
        f"elements '{name_or_path}': {missing}no file, shipped set or downloaded CelesTrak group of this name"
        f"{did_you_mean(path.name.removesuffix(path.suffix), [*_shipped_sets(), *cached_groups()])}"
        " (d2c elements update downloads groups)"
    )


def elements_beside(name: str, folder: Path) -> str:
    """Return the name that stands for elements named in a file of this folder: a set or group, or a file's path."""
    is_name = not name or (_set_or_group(name) and not is_file(folder / name))
    return name if is_name or is_stream(name) else str(folder / name)


def _set_or_group(name: str) -> Path | None:
    """Return the file of a shipped set or of a downloaded group; None if neither has this name."""
    for stem, file in _shipped_sets().items():
        if name in (stem, file.name):
            return file
    return cached_group(name)


def _shipped_sets() -> dict[str, Path]:
    return {file.stem: file for file in sorted(shipped_folder("tles").iterdir()) if file.suffix in _ENDINGS}


def read_elements(path: Path) -> Constellation:
    """Read the usable satellites of a TLE, 3LE or OMM file; its content decides the format.

    Invalid sets are skipped one by one and listed in `rejected`. CatalogueError if the file cannot be read,
    is not an element file, is damaged JSON or XML, or holds no usable set.
    """
    source = shown_name(path)
    sets: list[ElementSet] = []
    rejected: list[RejectedSet] = []
    for item in _parse(_text(path), source):
        if isinstance(item, ElementSet):
            sets.append(item)
        else:
            rejected.append(item)
    if not sets and rejected:
        first = rejected[0]
        raise CatalogueError(
            f"{source}: none of its {len(rejected)} element sets can be used; the first, line {first.line}"
            f" ({first.name}): {first.reason}"
        )
    if not sets:
        raise CatalogueError(f"{source}: no element set in the file; {_EXPECTED}")
    return build_constellation(sets, rejected=rejected, source=source)


def _text(path: Path) -> str:
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise CatalogueError(f"{path}: no such element file") from None
    except OSError as error:
        raise CatalogueError(f"{path}: the element file cannot be read: {error.strerror}") from None
    except TextError as error:
        raise CatalogueError(f"{shown_name(path)}: {error}; {_EXPECTED}") from None
    if not text.strip():
        raise CatalogueError(f"{shown_name(path)}: the file is empty; {_EXPECTED}")
    return text


def _parse(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    head = text.lstrip()[:1000]
    first_line = head.split("\n", 1)[0].strip()
    parser: Callable[[str, str], Iterator[ElementSet | RejectedSet]] | None = None
    if head.startswith("<"):
        if "<html" in head.lower() or "<!doctype html" in head.lower():
            raise CatalogueError(f"{source}: this is a web page (HTML), not element sets; {_EXPECTED}")
        parser = parse_xml
    elif head.startswith(("[", "{")):
        parser = parse_json
    elif is_omm_header(first_line):
        parser = parse_csv
    if parser:
        return parser(text, source)
    if any(is_element_line(line.strip()) for line in text.split("\n")):
        return parse_tle(text)
    if is_kvn_start(first_line):
        return parse_kvn(text, source)
    raise CatalogueError(
        f"{source}: no element sets in the file; it begins with {first_line[:120]!r}; {_EXPECTED}"
    )

"""What is fuzzed: each target takes bytes as a user's file would have them, and may end in a D2CError only."""

import json
from collections.abc import Callable
from pathlib import Path

from d2c.errors import D2CError
from d2c.library.own_entry import check_entry, kind_of_file
from d2c.orbit.catalogue import read_elements
from d2c.orbit.celestrak import _store as store_download
from d2c.region.polygon_file import read_area
from d2c.results.seal import seal
from d2c.results.stored import open_result, read_stored_inputs
from d2c.scenario.load import read_scenario
from d2c.scenario.resolve import resolve

POLYGON_ENDINGS = (".geojson", ".kml", ".gpkg", ".fgb", ".shp")
RESULT_FILES = ("summary.json", "timeline.csv", "coverage.parquet")


def elements(data: bytes, folder: Path) -> None:
    """TLE, OMM as JSON, CSV, XML and KVN, in any encoding."""
    read_elements(_written(folder / "elements.txt", data))


def scenario(data: bytes, folder: Path) -> None:
    """A scenario file."""
    resolve(read_scenario(str(_written(folder / "scenario.toml", data))))


def library(data: bytes, folder: Path) -> None:
    """A library entry of the user's own, of whatever kind it looks like."""
    file = str(_written(folder / "entry.toml", data))
    check_entry(kind_of_file(file), file)


def polygon(data: bytes, folder: Path) -> None:
    """A polygon file; the first byte chooses the ending of its name."""
    ending = POLYGON_ENDINGS[data[0] % len(POLYGON_ENDINGS)] if data else ".geojson"
    read_area(_written(folder / f"area{ending}", data[1:]))


def result(data: bytes, folder: Path) -> None:
    """A result folder, the made one with a file changed, which the first byte chooses; a summary is sealed anew."""
    name = RESULT_FILES[data[0] % len(RESULT_FILES)] if data else RESULT_FILES[0]
    file, content = folder / "result" / name, data[1:]
    kept = file.read_bytes()
    try:
        if name == "summary.json":
            content = _sealed(content, file.parent)
        file.write_bytes(content)
        read_stored_inputs(open_result(file.parent))
    finally:
        file.write_bytes(kept)


def download(data: bytes, folder: Path) -> None:
    """The body of an answer of CelesTrak; a set that is kept must be one that can be read."""
    target = folder / "group.csv"
    target.unlink(missing_ok=True)
    store_download(data, target)
    read_elements(target)


def _sealed(content: bytes, folder: Path) -> bytes:
    try:
        summary = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return json.dumps(seal(summary, folder)).encode() if isinstance(summary, dict) else content


def _written(file: Path, data: bytes) -> Path:
    file.write_bytes(data)
    return file


TARGETS: dict[str, Callable[[bytes, Path], None]] = {
    target.__name__: target for target in (elements, scenario, library, polygon, result, download)
}


def survives(name: str, data: bytes, folder: Path) -> None:
    """Play bytes through a target; any error but a D2CError of one line is a finding."""
    try:
        TARGETS[name](data, folder)
    except D2CError as error:
        assert "\n" not in str(error), f"more than one line: {error}"  # noqa: PT017  # not a test

"""The inputs of a run in its result folder: what is recorded of them, and where they are read from afterwards."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from d2c.coverage.input_files import InputFile, content_sha256
from d2c.errors import CatalogueError
from d2c.orbit.catalogue import find_elements
from d2c.scenario.named_files import rename_files
from d2c.text_files import is_stream

INPUTS, SCENARIO = "inputs", "scenario.toml"


def inputs_report(files: Sequence[InputFile]) -> list[dict[str, Any]]:
    """Return what summary.json records of each file: its name in the scenario, its place, its copy and hash."""
    return [
        {
            "kind": file.kind,
            "name": file.name,
            "file": str(file.path.absolute()) if file.own else None,
            "copy": f"{INPUTS}/{file.copy}",
            "sha256": file.sha256,
        }
        for file in files
    ]


def resolve_inputs(
    scenario: dict[str, Any], records: Sequence[dict[str, Any]], folder: Path
) -> tuple[str, ...]:
    """Replace the files in the tables of a run's scenario, in place, by copies where they are not those of the run.

    `records` are those of `inputs_report`. Return a notice for each file that has changed.
    """
    places, notices = {}, []
    for (kind, name), group in groupby(records, key=lambda record: (record["kind"], record["name"])):
        parts = list(group)
        places[kind, name] = str(folder / parts[0]["copy"])
        originals = [_original(part) for part in parts]
        changed = [path for part, path in zip(parts, originals, strict=True) if not _is_same(part, path)]
        if not changed:
            places[kind, name] = (
                name if parts[0]["file"] in (None, str(Path(name).absolute())) else str(originals[0])
            )
        notices += [
            f"{path.name} is not the file of the run; the copy in {folder / INPUTS} is used"
            for path, part in zip(originals, parts, strict=True)
            if path in changed and part["file"] and path and path.exists()
        ]
    rename_files(scenario, lambda kind, name: places.get((kind, name), name))
    return tuple(notices)


def _original(record: dict[str, Any]) -> Path | None:
    """Return where a file was read from; None for elements that are no longer there under their name."""
    if is_stream(record["name"]):
        return None
    if record["file"]:
        return Path(record["file"])
    with suppress(CatalogueError):
        return find_elements(record["name"])
    return None


def _is_same(record: dict[str, Any], path: Path | None) -> bool:
    return path is not None and content_sha256(record["kind"], path) == record["sha256"]

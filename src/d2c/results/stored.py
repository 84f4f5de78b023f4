"""Reading of stored result folders: scenario, inputs checked by their hashes, summary and cell layer."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd

from d2c.coverage.ground import read_area
from d2c.coverage.input_files import KINDS, hashes, input_files
from d2c.coverage.inputs import Inputs, read_inputs
from d2c.errors import CatalogueError, ResultError
from d2c.notices import warn
from d2c.region.area import Area
from d2c.results.layers.cells import layer_path, read_layer
from d2c.results.layers.layer_file import FORMATS, layer_file
from d2c.results.run_inputs import resolve_inputs
from d2c.results.schema import SCHEMA_VERSION
from d2c.results.seal import file_sha256, unseal
from d2c.scenario.model import Scenario
from d2c.scenario.named_files import AREAS
from d2c.toml import validate_model

COVERAGE_FILES = tuple(layer_file("coverage", kind) for kind in FORMATS)
TIMELINE = "timeline.csv"
_RUN_AGAIN = "make the result again with d2c run"


@dataclass(frozen=True, eq=False, slots=True)
class ResultTables:
    """The data of a coverage result, computed or read from its folder.

    scenario: as given, with the start time of the run. cells: a row per cell with its polygon (docs/columns.md).
    summary: the content of summary.json. folder: where it was read from; None for a result that was computed. notices:
    what is to be said of files that have changed since the run, of which copies are read.
    """

    folder: Path | None
    scenario: Scenario
    inputs_sha256: dict[str, str]
    cells: gpd.GeoDataFrame
    summary: dict[str, Any]
    notices: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def label(self) -> str:
        """Return what messages call the result: its folder, or its title."""
        return str(self.folder) if self.folder else f"'{self.summary['title']}'"


def open_result(folder: Path) -> ResultTables:
    """Read a result folder; ResultError if it is not one, is damaged, or has another schema version."""
    layer = layer_path(folder)
    path = folder / "summary.json"
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = summary["schema_version"]
    except FileNotFoundError:
        raise ResultError(f"{folder} has no summary.json, which describes the run; {_RUN_AGAIN}") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ResultError(f"{path} cannot be read as the summary of a run; {_RUN_AGAIN}") from error
    if version != SCHEMA_VERSION:
        raise ResultError(
            f"{path} is of schema version {version}, this d2c reads {SCHEMA_VERSION}, whose columns mean other things; "
            f"{_RUN_AGAIN} and its scenario, which stands in the file under 'scenario'"
        )
    try:
        scenario, sha256, start = summary["scenario"], dict(summary["inputs_sha256"]), summary["start_utc"]
        data = {**deepcopy(scenario), "time": {**scenario["time"], "start": start}}
    except (KeyError, TypeError, ValueError) as error:
        raise ResultError(
            f"{path} lacks the scenario, the start or the inputs' hashes; {_RUN_AGAIN}"
        ) from error
    summary, files = unseal(summary, path)
    notices = resolve_inputs(data, summary["inputs"], folder)
    scenario = validate_model(Scenario, data, origin=str(path))
    check_file(layer, files)
    cells = read_layer(folder)
    for name in COVERAGE_FILES:
        if name != layer.name and (folder / name).is_file() and not _is_of_run(folder / name, files):
            warn(f"{folder / name} has changed since the run; {layer.name} is read")
    check_file(folder / TIMELINE, files)
    return ResultTables(folder, scenario, sha256, cells, summary, notices=notices)


def check_file(path: Path, files: Mapping[str, str]) -> None:
    """Raise ResultError if a file of a result is not that of the run; `files` holds the hashes of the run."""
    try:
        if _is_of_run(path, files):
            return
    except OSError as error:
        raise ResultError(f"{path} cannot be read: {error.strerror}; {_RUN_AGAIN}") from error
    others = [
        name
        for name in COVERAGE_FILES
        if name in files and name != path.name and (path.parent / name).is_file()
    ]
    remove = (
        f", or remove it: {others[0]} holds the same cells" if path.name in COVERAGE_FILES and others else ""
    )
    raise ResultError(
        f"{path} is not as the run of summary.json wrote it: it was edited, or is of another run; put it back, or "
        f"{_RUN_AGAIN}{remove}"
    )


def _is_of_run(path: Path, files: Mapping[str, str]) -> bool:
    return files.get(path.name) == file_sha256(path)


def read_stored_inputs(stored: ResultTables) -> Inputs:
    """Read the inputs of the run again; ResultError if a file has changed or is missing, or if the cells differ."""
    _check_area(stored)
    _check_files(stored, KINDS)
    inputs = read_inputs(stored.scenario)
    if inputs.grid.cell_id.tolist() != stored.cells["cell_id"].tolist():
        raise ResultError(
            f"{stored.label}: the scenario now gives {len(inputs.grid):,} cells, the layer holds "
            f"{len(stored.cells):,}, or different ones; {_RUN_AGAIN}"
        )
    return inputs


def read_stored_area(stored: ResultTables) -> Area:
    """Read the area of the run again; ResultError if its file has changed or is missing."""
    _check_area(stored)
    _check_files(stored, (AREAS,))
    return read_area(stored.scenario)


def _check_area(stored: ResultTables) -> None:
    area = Path(stored.scenario.region.area)
    if area.name in stored.inputs_sha256 and not area.is_file():
        raise ResultError(
            f"{stored.label}: its region file '{area}' is missing; put it back, start in the folder where "
            f"d2c run was started, or {_RUN_AGAIN}"
        )


def _check_files(stored: ResultTables, kinds: tuple[str, ...]) -> None:
    """Raise ResultError if a file that is now read is not that of the run."""
    try:
        files = input_files(stored.scenario, kinds=kinds)
    except CatalogueError as error:
        raise ResultError(
            f"{stored.label}: its element file is missing: {error}; put it back, start in the folder where "
            f"d2c run was started, or {_RUN_AGAIN}"
        ) from error
    for name, current in hashes(files).items():
        of_run = stored.inputs_sha256.get(name)
        if of_run != current:
            raise ResultError(
                f"{stored.label}: {name} is not the file of the run: {name} has changed since the run (SHA-256 "
                f"{current[:12]}..., then {of_run[:12] + '...' if of_run else 'none'}); restore the original, or "
                f"{_RUN_AGAIN}"
            )

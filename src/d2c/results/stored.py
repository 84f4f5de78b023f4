"""A result folder opened again: its scenario, its inputs as they were, its layer."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from d2c.coverage.inputs import Inputs, read_area, read_inputs
from d2c.errors import CatalogueError, ResultError
from d2c.orbit.catalogue import find_elements
from d2c.region.area import Area
from d2c.results.layers.cells import read_layer
from d2c.results.schema import SCHEMA_VERSION
from d2c.scenario.model import Scenario
from d2c.toml import validated

_AGAIN = "make the result again with d2c run"


@dataclass(frozen=True, eq=False, slots=True)
class StoredResult:
    """A result of d2c run: `scenario` starts at the instant of the run, also where it said "now" or "epoch"."""

    folder: Path
    scenario: Scenario
    inputs_sha256: dict[str, str]
    cells: gpd.GeoDataFrame
    summary: dict[str, Any]


def open_result(folder: Path) -> StoredResult:
    """Return the result in a folder; ResultError if it is none, is damaged, or is of another version of d2c."""
    cells = read_layer(folder)
    path = folder / "summary.json"
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = summary["schema_version"]
    except FileNotFoundError:
        raise ResultError(f"{folder} has no summary.json, which says how it was made; {_AGAIN}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultError(f"{path} cannot be read as the summary of a run; {_AGAIN}") from error
    if version != SCHEMA_VERSION:
        raise ResultError(f"{path} is of schema version {version}, this d2c reads {SCHEMA_VERSION}; {_AGAIN}")
    try:
        asked, hashes, start = summary["scenario"], dict(summary["inputs_sha256"]), summary["start_utc"]
        data = {**asked, "time": {**asked["time"], "start": start}}
    except (KeyError, TypeError, ValueError) as error:
        raise ResultError(f"{path} lacks the scenario, the start or the inputs' hashes; {_AGAIN}") from error
    return StoredResult(folder, validated(Scenario, data, origin=str(path)), hashes, cells, summary)


def read_stored_inputs(stored: StoredResult) -> Inputs:
    """Return the inputs of the run, read again; ResultError if a file has changed or gone, or if the cells differ."""
    elements = stored.scenario.constellation.elements
    if elements:
        try:
            _check_hash(stored, find_elements(elements))
        except CatalogueError as error:
            raise ResultError(
                f"{stored.folder}: its element file is gone: {error}; put it back, start in the folder where d2c run "
                f"was started, or {_AGAIN}"
            ) from error
    _check_area(stored)
    inputs = read_inputs(stored.scenario)
    if inputs.grid.cell_id.tolist() != stored.cells["cell_id"].tolist():
        raise ResultError(
            f"{stored.folder}: the scenario now makes {len(inputs.grid):,} cells, the layer holds "
            f"{len(stored.cells):,} or others; {_AGAIN}"
        )
    return inputs


def read_stored_area(stored: StoredResult) -> Area:
    """Return the area of the run, read again; ResultError if its file has changed or gone."""
    _check_area(stored)
    return read_area(stored.scenario)


def _check_area(stored: StoredResult) -> None:
    area = Path(stored.scenario.region.area)
    if area.name in stored.inputs_sha256:
        if not area.is_file():
            raise ResultError(
                f"{stored.folder}: its region file '{area}' is gone; put it back, start in the folder where d2c run "
                f"was started, or {_AGAIN}"
            )
        _check_hash(stored, area)


def _check_hash(stored: StoredResult, path: Path) -> None:
    now = hashlib.sha256(path.read_bytes()).hexdigest()
    then = stored.inputs_sha256.get(path.name)
    if then != now:
        raise ResultError(
            f"{stored.folder}: {path.name} is not the file of the run any more (SHA-256 {now[:12]}..., then "
            f"{then[:12] + '...' if then else 'none'}); put that one back, or {_AGAIN}"
        )

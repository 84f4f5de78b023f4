"""Python interface: `run` computes the coverage of a scenario, `open_result` opens a stored one, as a `Result`."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from d2c.coverage.run import run_coverage
from d2c.result import Result, result_from_folder, result_from_run
from d2c.scenario.load import override_scenario, read_scenario
from d2c.scenario.model import Scenario

__all__ = ["Result", "open_result", "run"]


def run(
    scenario: str | PathLike[str] | Scenario = "italy",
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002  # as --set of the command line
    workers: int | None = None,
) -> Result:
    """Compute the coverage of a scenario.

    scenario: the name of a built-in one, a TOML file, or a Scenario such as `result.scenario`. set: values that replace
    those of its keys, such as {"time.duration_h": 6, "region.area": "sicilia"}. workers: number of threads, default all
    cores; the result does not depend on it. No file is written before `Result.save`, and no cube at all: `d2c run`
    writes cubes and resumes interrupted runs. The first run after installation compiles the kernels (about three
    minutes). Raises D2CError for invalid input; its message names the fault and the remedy.
    """
    overrides = [
        f"{key}={json.dumps(value, ensure_ascii=False, default=str)}" for key, value in (set or {}).items()
    ]
    if isinstance(scenario, Scenario):
        resolved = override_scenario(scenario, overrides=overrides)
    else:
        resolved = read_scenario(str(scenario), overrides=overrides)
    return result_from_run(run_coverage(resolved, workers=workers))


def open_result(folder: str | PathLike[str]) -> Result:
    """Open a folder written by `d2c run` or `Result.save`; ResultError if it is not one or is damaged."""
    return result_from_folder(Path(folder))

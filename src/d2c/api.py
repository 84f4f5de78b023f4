"""d2c in Python: `run` a scenario or `open_result` of a folder, and work with the same `Result`."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from d2c.coverage.run import run_coverage
from d2c.result import Result, computed, stored
from d2c.scenario.load import changed_scenario, read_scenario
from d2c.scenario.model import Scenario

__all__ = ["Result", "open_result", "run"]


def run(
    scenario: str | PathLike[str] | Scenario = "italy",
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002  # as --set of the command line
    workers: int | None = None,
) -> Result:
    """Compute the coverage of a scenario.

    scenario: the name of a built-in one, a TOML file, or a Scenario such as `result.scenario`. set: other values for
    its keys, such as {"time.duration_h": 6, "region.area": "sicilia"}. workers: threads, all cores unless given;
    the result is the same for any number. Nothing is written until `Result.save`, and never a cube: `d2c run` does
    that, and resumes long runs. The first run after installing compiles the kernels, some ten seconds. Raises
    D2CError, whose text says what is wrong and the way out.
    """
    overrides = [
        f"{key}={json.dumps(value, ensure_ascii=False, default=str)}" for key, value in (set or {}).items()
    ]
    if isinstance(scenario, Scenario):
        chosen = changed_scenario(scenario, overrides=overrides)
    else:
        chosen = read_scenario(str(scenario), overrides=overrides)
    return computed(run_coverage(chosen, workers=workers))


def open_result(folder: str | PathLike[str]) -> Result:
    """Open a folder that `d2c run` or `Result.save` wrote; ResultError if it is none or is damaged."""
    return stored(Path(folder))

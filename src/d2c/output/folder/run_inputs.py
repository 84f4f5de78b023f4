"""Copies of the inputs of a run in its result folder: the files that it read, and a scenario that names them."""

from pathlib import Path
from typing import Any

from d2c.coverage.result import CoverageResult
from d2c.results.run_inputs import INPUTS, SCENARIO
from d2c.scenario.named_files import rename_files
from d2c.toml import toml_text
from d2c.utc import utc_text

_HEAD = """\
# The scenario of this result as it was computed, with the options of its command and the start of its time span.
# The files that it names are copies of those that were read: d2c run scenario.toml computes the result again.
"""


def write_inputs(result: CoverageResult, folder: Path) -> None:
    """Write the copies into a new folder `inputs` of a result folder."""
    copies = {(file.kind, file.name): file.copy for file in reversed(result.inputs.files)}
    (folder / INPUTS).mkdir()
    for file in result.inputs.files:
        path = folder / INPUTS / file.copy
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    scenario: dict[str, Any] = result.scenario.model_dump(mode="json", exclude_none=True)
    scenario["time"]["start"] = utc_text(result.inputs.start)
    rename_files(scenario, lambda kind, name: copies.get((kind, name), name))
    (folder / INPUTS / SCENARIO).write_text(_HEAD + toml_text(scenario), encoding="utf-8")

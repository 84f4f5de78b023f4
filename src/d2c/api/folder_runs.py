"""Coverage of a region computed straight into a folder, for any number of cells."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2c.api.compiling import compilation_logged
from d2c.api.settings import Changes, Progress, scenario_of
from d2c.coverage.engine.checkpoint import CheckpointStore
from d2c.coverage.result import CoverageResult
from d2c.coverage.run import run_coverage
from d2c.notices import log, warn
from d2c.orbit.element_set import RejectedSet
from d2c.output.folder.result_folder import RESULT_FILES, refuse_other_question, write_result
from d2c.output.reports.summary_text import summary_text
from d2c.results.cube.result_cube import ResultCube
from d2c.scenario.network import BEST_CASE as BEST_CASE
from d2c.scenario.question import question_name as question_name


@dataclass(frozen=True, eq=False, slots=True)
class FolderRun:
    """A run whose result stands in a folder; printed, it is the text of `d2c run`."""

    folder: Path
    _computed: CoverageResult

    @property
    def rejected(self) -> tuple[RejectedSet, ...]:
        """Return the element sets that could not be used."""
        return self._computed.inputs.constellation.rejected

    def to_dict(self) -> dict[str, Any]:
        """Return the content of summary.json."""
        content: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return content

    def __str__(self) -> str:
        """Return the text of `d2c run`."""
        return summary_text(self._computed)


def run_to_folder(
    scenario: str,
    folder: Path,
    *,
    changes: Changes | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    scheduler: str | None = None,
    fresh: bool = False,
    replace: bool = False,
) -> FolderRun:
    """Compute the coverage of a scenario into a folder, for any number of cells; go on with a run that was interrupted.

    scheduler: address of a Dask scheduler whose workers compute. fresh: discard what an interrupted run left.
    replace: replace the result of another question, which is an error otherwise. Other arguments, errors and warnings
    as for `run`.
    """
    resolved = scenario_of(scenario, changes=changes)
    if not replace:
        refuse_other_question(folder, resolved)
    with compilation_logged(), CheckpointStore(folder, fresh=fresh) as store:
        cube = ResultCube(folder, resolved, fresh=fresh)
        computed = run_coverage(
            resolved,
            workers=workers,
            progress=progress,
            store=store,
            scheduler=scheduler,
            cube_of=cube.opener,
        )
        write_result(computed, folder, locked=True)
        cube.finish()
    for warning in computed.inputs.warnings:
        warn(warning)
    log.debug("computed in %.1f s, inputs included", computed.run_time_s)
    for file in sorted(file for file in folder.iterdir() if file.name in RESULT_FILES):
        log.debug("wrote %s, %s bytes", file, f"{file.stat().st_size:,}")
    return FolderRun(folder, computed)

"""Coverage of a region: computed from a scenario, or opened from the folder of an earlier run."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from d2c.api.compiling import compilation_logged
from d2c.api.elements import Elements
from d2c.api.result import Result, result_from_folder, result_from_run
from d2c.api.settings import Changes, Progress, ScenarioLike, scenario_of
from d2c.coverage.run import run_coverage
from d2c.library.models import Handset, LossSet, Payload, Service
from d2c.notices import warn
from d2c.results.column_lookup import default_map_column as default_map_column


def run(
    scenario: ScenarioLike = "italy",
    *,
    payload: str | Payload | None = None,
    handset: str | Handset | None = None,
    losses: str | LossSet | None = None,
    services: Sequence[str | Service] | None = None,
    elements: str | PathLike[str] | Elements | None = None,
    area: str | PathLike[str] | None = None,
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
    best_case: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Compute the coverage of a region: for every cell and step the best server, its margins and the services.

    No file is written before `Result.save`, and no cube at all: `d2c run` writes cubes, and resumes interrupted runs.
    The first run after installation compiles the kernels, which takes about three minutes, and logs that it does.

    Parameters
    ----------
    scenario : str, path or Scenario
        Name of a built-in scenario, a TOML file, or an object such as `result.scenario`.
    payload, handset, losses : str or their objects, optional
        Instead of the scenario's. The file of an object stands in the user's cache, under its title and hash.
    services : sequence of str or Service, optional
        Instead of the scenario's.
    elements : str, path or Elements, optional
        Satellites instead of the scenario's.
    area : str or path, optional
        Region instead of the scenario's: a name, a polygon file, or a box `WEST,SOUTH,EAST,NORTH` in degrees.
    set : mapping, optional
        Values that replace those of the scenario's keys, such as `{"time.duration_h": 6}`; the arguments above are
        stronger.
    best_case : bool
        Without the network of beams: the best satellite in view serves, over noise alone.
    workers : int, optional
        Number of threads, by default all cores; the result does not depend on it.
    progress : callable, optional
        Called with the number of steps done and their total.

    Returns
    -------
    Result

    Raises
    ------
    D2CError
        If an input is invalid, before anything is computed.

    Warns
    -----
    D2CWarning
        If an input is doubtful: old elements, rejected element sets, assumed figures of the satellites.

    Examples
    --------
    >>> import d2c
    >>> result = d2c.run("italy", area="molise", set={"time.duration_h": 1})
    >>> len(result.cells), list(result.summary["services"])
    (146, ['text', 'voice'])
    >>> bool((result.cells["voice_availability"] <= result.cells["text_availability"]).all())
    True
    """
    resolved = scenario_of(
        scenario,
        payload=payload,
        handset=handset,
        losses=losses,
        services=services,
        elements=elements,
        area=area,
        best_case=best_case,
        changes=set,
    )
    with compilation_logged():
        computed = run_coverage(resolved, workers=workers, progress=progress)
    for warning in computed.inputs.warnings:
        warn(warning)
    return result_from_run(computed)


def open_result(folder: str | PathLike[str]) -> Result:
    """Open a folder that `d2c run` or `Result.save` wrote.

    Parameters
    ----------
    folder : str or path
        The result folder.

    Returns
    -------
    Result

    Raises
    ------
    ResultError
        If it is not one, or is damaged.

    Examples
    --------
    >>> import d2c
    >>> from tempfile import TemporaryDirectory
    >>> result = d2c.run("italy", area="molise", set={"time.duration_h": 0.1})
    >>> with TemporaryDirectory() as folder:
    ...     again = d2c.open_result(result.save(folder))
    >>> again.summary == result.summary
    True
    """
    return result_from_folder(Path(folder))

"""`d2c run`: compute the coverage of a scenario and write its result folder."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import is_quiet, is_verbose, json_text, print_info
from d2c.cli.progress import progress_bar
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import (
    best_case_option,
    folder_option,
    replace_option,
    set_option,
    workers_option,
)

if TYPE_CHECKING:
    from d2c.api.folder_runs import FolderRun

_MAX_LISTED = 10


@click.command("run")
@click.argument("scenario", default="italy", shell_complete=complete_names_or_files("scenario_names"))
@folder_option("Result folder. [default: out/ and the scenario's name, with what was changed in it]")
@replace_option
@question_options()
@set_option
@best_case_option
@click.option(
    "--lose", metavar="WHAT", help="Remove satellites at random: planes=2, satellites=64 or satellites=10%."
)
@click.option("--seed", type=click.IntRange(min=0), help="Random seed of --lose. [default: 0]")
@workers_option
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Compute on the workers of a Dask scheduler, such as tcp://host:8786.",
)
@click.option("--fresh", is_flag=True, help="Start anew; discard the checkpoint of an interrupted run.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(
    scenario: str,
    folder: Path | None,
    replace: bool,
    overrides: tuple[str, ...],
    best_case: bool,
    lose: str | None,
    seed: int | None,
    workers: int | None,
    scheduler: str | None,
    fresh: bool,
    as_json: bool,
) -> None:
    """Compute a coverage map from a scenario.

    SCENARIO is the name of a built-in scenario (see `d2c scenario list`) or a TOML file. The result folder
    holds the coverage layer (GeoPackage, GeoJSON, GeoParquet) with its QGIS project, map.html for a browser,
    map.png, timeline.csv and summary.json. The same command again resumes an interrupted run, or replaces its result;
    a result of another question is replaced with --replace only.

    \b
    Examples:
      d2c run italy
      d2c run italy --best-case
      d2c run italy --area sicilia --environment urban
      d2c run mediterranean -o out/sea --min-elevation-deg 40
      d2c run italy --elements starlink.csv --from now
      d2c run italy --system ast-bluebird
      d2c run italy --lose planes=2
    """  # noqa: D301  # click needs the backslash
    from d2c.api.folder_runs import BEST_CASE, question_name, run_to_folder  # here for start-up time

    if lose:
        overrides = (*overrides, f"constellation.lose={json.dumps(lose)}")
    if seed is not None:
        overrides = (*overrides, f"constellation.seed={seed}")
    if best_case:
        overrides = (*overrides, BEST_CASE)
    folder = folder or Path("out") / question_name(scenario, overrides)
    cores = os.cpu_count() or 1
    if workers and workers > cores:
        print_info(f"--workers {workers}: this machine has {cores} cores, {cores} threads are used")
    with progress_bar(quiet=is_quiet()) as progress:
        done = run_to_folder(
            scenario,
            folder,
            changes=overrides,
            workers=workers,
            progress=progress,
            scheduler=scheduler,
            fresh=fresh,
            replace=replace,
        )
    _print_rejected(done)
    if as_json:
        click.echo(json_text(done.to_dict()))
    elif not is_quiet():
        click.echo(done)
    print_info(f"wrote {folder}")


def _print_rejected(done: "FolderRun") -> None:
    printed = done.rejected if is_verbose() else done.rejected[:_MAX_LISTED]
    for entry in printed:
        print_info(f"rejected line {entry.line}: {entry.name}: {entry.reason}")
    if len(done.rejected) > len(printed):
        print_info(f"rejected {len(done.rejected) - len(printed)} more, all with -v and in summary.json")

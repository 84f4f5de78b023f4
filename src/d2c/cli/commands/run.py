"""`d2c run`: compute the coverage of a scenario and write its result folder."""

import json
import os
from pathlib import Path

import click

from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import (
    is_quiet,
    is_verbose,
    json_text,
    print_detail,
    print_info,
    print_warning,
    report_compilation,
)
from d2c.cli.progress import progress_bar
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import (
    best_case_option,
    folder_option,
    replace_option,
    set_option,
    workers_option,
)
from d2c.coverage.engine.checkpoint import CheckpointStore
from d2c.coverage.kernels.compiling import on_compiling
from d2c.coverage.run import run_coverage
from d2c.orbit.element_set import RejectedSet
from d2c.output.folder.result_folder import RESULT_FILES, refuse_other_question, write_result
from d2c.output.reports.summary import summary_report
from d2c.output.reports.summary_text import summary_text
from d2c.results.cube.result_cube import ResultCube
from d2c.scenario.load import read_scenario, scenario_names
from d2c.scenario.network import BEST_CASE
from d2c.scenario.question import question_name

_MAX_LISTED = 10


@click.command("run")
@click.argument("scenario", default="italy", shell_complete=complete_names_or_files(scenario_names))
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
    if best_case:
        overrides = (*overrides, BEST_CASE)
    if lose:
        overrides = (*overrides, f"constellation.lose={json.dumps(lose)}")
    if seed is not None:
        overrides = (*overrides, f"constellation.seed={seed}")
    resolved = read_scenario(scenario, overrides=overrides)
    folder = folder or Path("out") / question_name(scenario, overrides)
    if not replace:
        refuse_other_question(folder, resolved)
    cores = os.cpu_count() or 1
    if workers and workers > cores:
        print_info(f"--workers {workers}: this machine has {cores} cores, {cores} threads are used")
    report_compilation(on_compiling)
    with CheckpointStore(folder, fresh=fresh) as store:
        with progress_bar(quiet=is_quiet()) as progress:
            cube = ResultCube(folder, resolved, fresh=fresh)
            result = run_coverage(
                resolved,
                workers=workers,
                progress=progress,
                store=store,
                scheduler=scheduler,
                cube_of=cube.opener,
            )
        write_result(result, folder)
        cube.finish()
    for warning in result.inputs.warnings:
        print_warning(warning)
    _print_rejected(result.inputs.constellation.rejected)
    print_detail(f"computed in {result.run_time_s:.1f} s, inputs included")
    for file in sorted(file for file in folder.iterdir() if file.name in RESULT_FILES):
        print_detail(f"wrote {file}, {file.stat().st_size:,} bytes")
    if as_json:
        click.echo(json_text(summary_report(result)))
    elif not is_quiet():
        click.echo(summary_text(result))
    print_info(f"wrote {folder}")


def _print_rejected(refused: tuple[RejectedSet, ...]) -> None:
    printed = refused if is_verbose() else refused[:_MAX_LISTED]
    for entry in printed:
        print_info(f"rejected line {entry.line}: {entry.name}: {entry.reason}")
    if len(refused) > len(printed):
        print_info(f"rejected {len(refused) - len(printed)} more, all with -v and in summary.json")

"""`d2c run`: scenario in, result folder out."""

import json
import os
from pathlib import Path

import click

from d2c.cli.completion import names_or_files
from d2c.cli.console import detail, quiet, say, say_when_compiling, verbose, warn
from d2c.cli.options import elements_option, set_option
from d2c.cli.progress import progress_bar
from d2c.coverage.engine.checkpoint import CheckpointStore
from d2c.coverage.kernels.compiling import on_compiling
from d2c.coverage.run import run_coverage
from d2c.orbit.element_set import RejectedSet
from d2c.output.folder.result_folder import RESULT_FILES, write_result
from d2c.output.reports.summary import summary, summary_text
from d2c.results.cube.result_cube import ResultCube
from d2c.scenario.load import read_scenario, scenario_names

_MOST_LISTED = 10


@click.command("run")
@click.argument("scenario", default="italy", shell_complete=names_or_files(scenario_names))
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Result folder. [default: out/ and the scenario's name]",
)
@set_option
@elements_option
@click.option(
    "--lose", metavar="WHAT", help="What if these were lost: planes=2, satellites=64 or satellites=10%."
)
@click.option("--seed", type=click.IntRange(min=0), help="Chooses which ones are lost. [default: 0]")
@click.option("--workers", type=click.IntRange(min=1), help="Threads. [default: all cores]")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers compute, such as tcp://host:8786."
)
@click.option(
    "--fresh", is_flag=True, help="Start anew, whatever an interrupted run of the same question left."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(
    scenario: str,
    folder: Path | None,
    overrides: tuple[str, ...],
    elements: str | None,
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
    map.png, timeline.csv and summary.json. A run that was interrupted goes on where it was when the same command
    is given again.

    \b
    Examples:
      d2c run italy
      d2c run mediterranean -o out/sea --set link.min_elevation_deg=40
      d2c run italy --elements starlink.csv --set time.start=now
      d2c run italy --set constellation.system=ast-bluebird
      d2c run italy --lose planes=2
    """  # noqa: D301
    if elements:
        overrides = (*overrides, f"constellation.elements={json.dumps(elements)}")
    if lose:
        overrides = (*overrides, f"constellation.lose={json.dumps(lose)}")
    if seed is not None:
        overrides = (*overrides, f"constellation.seed={seed}")
    chosen = read_scenario(scenario, overrides=overrides)
    folder = folder or Path("out") / Path(scenario).stem
    cores = os.cpu_count() or 1
    if workers and workers > cores:
        say(f"--workers {workers}: this machine has {cores} cores, so {cores} threads run")
    say_when_compiling(on_compiling)
    with CheckpointStore(folder, fresh=fresh) as store:
        with progress_bar(quiet=quiet()) as show:
            cube = ResultCube(folder, chosen, fresh=fresh)
            result = run_coverage(
                chosen, workers=workers, show=show, store=store, scheduler=scheduler, cube_of=cube.opener
            )
        write_result(result, folder)
        cube.finish()
    for warning in result.inputs.warnings:
        warn(warning)
    _list_refused(result.inputs.constellation.refused)
    detail(f"computed in {result.run_time_s:.1f} s, inputs included")
    for file in sorted(file for file in folder.iterdir() if file.name in RESULT_FILES):
        detail(f"wrote {file}, {file.stat().st_size:,} bytes")
    if as_json:
        click.echo(json.dumps(summary(result), indent=2, ensure_ascii=False))
    elif not quiet():
        click.echo(summary_text(result))
    say(f"wrote {folder}")


def _list_refused(refused: tuple[RejectedSet, ...]) -> None:
    listed = refused if verbose() else refused[:_MOST_LISTED]
    for entry in listed:
        say(f"refused line {entry.line}: {entry.name}: {entry.reason}")
    if len(refused) > len(listed):
        say(f"refused {len(refused) - len(listed)} more, all with -v and in summary.json")

"""`d2c run`: scenario in, result folder out."""

import json
import os
from pathlib import Path

import click

from d2c.cli.progress import progress_bar
from d2c.coverage.run import run_coverage
from d2c.coverage.store import Store
from d2c.orbit.element_set import Refused
from d2c.output.result_cube import ResultCube
from d2c.output.result_folder import write_result
from d2c.output.summary import summary, summary_text
from d2c.scenario.read import read_scenario

_MOST_LISTED = 10


@click.command("run")
@click.argument("scenario", default="italy")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Result folder. [default: out/ and the scenario's name]",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a key of the scenario."
)
@click.option("--elements", metavar="FILE", help="Orbital elements to use instead of the scenario's.")
@click.option("--workers", type=click.IntRange(min=1), help="Threads. [default: all cores]")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers compute, such as tcp://host:8786."
)
@click.option(
    "--fresh", is_flag=True, help="Start anew, whatever an interrupted run of the same question left."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors (and the JSON, if asked for).")
def command(
    scenario: str,
    folder: Path | None,
    overrides: tuple[str, ...],
    elements: str | None,
    workers: int | None,
    scheduler: str | None,
    fresh: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compute a coverage map from a scenario.

    SCENARIO is the name of a built-in scenario (see `d2c scenario list`) or a TOML file. The result folder
    holds the coverage layer (GeoPackage, GeoJSON, GeoParquet), timeline.csv, map.png and summary.json. A run
    that was interrupted goes on where it was when the same command is given again.

    \b
    Examples:
      d2c run italy
      d2c run mediterranean -o out/sea --set link.min_elevation_deg=40
      d2c run italy --elements starlink.csv --set time.start=now
    """  # noqa: D301
    if elements:
        overrides = (*overrides, f"constellation.elements={json.dumps(elements)}")
    chosen = read_scenario(scenario, overrides=overrides)
    folder = folder or Path("out") / Path(scenario).stem
    cores = os.cpu_count() or 1
    if workers and workers > cores and not quiet:
        click.echo(
            f"d2c: --workers {workers}: this machine has {cores} cores, so {cores} threads run", err=True
        )
    with Store(folder, fresh=fresh) as store:
        with progress_bar(quiet=quiet) as show:
            cube = ResultCube(folder, chosen, fresh=fresh)
            result = run_coverage(
                chosen, workers=workers, show=show, store=store, scheduler=scheduler, cube_of=cube.opener
            )
        write_result(result, folder)
        cube.finish()
    if not quiet:
        for warning in result.inputs.warnings:
            click.echo(f"d2c: warning: {warning}", err=True)
        _list_refused(result.inputs.constellation.refused)
    if as_json:
        click.echo(json.dumps(summary(result), indent=2, ensure_ascii=False))
    elif not quiet:
        click.echo(summary_text(result))
        click.echo(f"d2c: wrote {folder}", err=True)


def _list_refused(refused: tuple[Refused, ...]) -> None:
    for entry in refused[:_MOST_LISTED]:
        click.echo(f"d2c: refused line {entry.line}: {entry.name}: {entry.reason}", err=True)
    if len(refused) > _MOST_LISTED:
        click.echo(f"d2c: refused {len(refused) - _MOST_LISTED} more, all listed in summary.json", err=True)

"""`d2c sweep`: a scenario with several values of some of its keys, side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import is_quiet, json_text, print_info
from d2c.cli.progress import progress_bar
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import (
    best_case_option,
    folder_option,
    json_option,
    set_option,
    workers_option,
)
from d2c.cli.tables import print_wide_table
from d2c.cli.value_lists import parse_numbers
from d2c.errors import ScenarioError

if TYPE_CHECKING:
    from d2c.analysis.sweep import Sweep


@click.command("sweep")
@click.argument("scenario", shell_complete=complete_names_or_files("scenario_names"))
@click.argument("keys", metavar="KEY=VALUES...", nargs=-1, required=True)
@question_options()
@set_option
@best_case_option
@click.option("--column", help="Column of the layer. [default: availability of the first service]")
@folder_option("Folder for sweep.csv, .json, .png and .gpkg. [default: out/ and the question, with -sweep]")
@workers_option
@json_option
def command(
    scenario: str,
    keys: tuple[str, ...],
    overrides: tuple[str, ...],
    best_case: bool,
    column: str | None,
    folder: Path | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Run a scenario with several values of some of its keys.

    SCENARIO is a built-in scenario or a TOML file. KEY=VALUES is a key with values `10,20,30` or `10..90:10`; values
    that hold commas are a TOML list. With several keys every combination runs, each as long as `d2c run` takes, but
    the area, its cells and people are read once. The layer has a column for each run.

    \b
    Examples:
      d2c sweep italy link.min_elevation_deg=10..60:10
      d2c sweep sicilia link.environment=rural,urban link.losses=outdoor,indoor --service text
    """  # noqa: D301  # click needs the backslash
    # here for start-up time
    from d2c.analysis.sweep import sweep
    from d2c.api.compiling import compilation_logged
    from d2c.output.reports.sweep import sweep_note, sweep_report, sweep_rows
    from d2c.scenario.load import read_scenario
    from d2c.scenario.network import BEST_CASE
    from d2c.scenario.question import question_name

    if best_case:
        overrides = (*overrides, BEST_CASE)
    base = read_scenario(scenario, overrides=overrides)
    values = dict(map(_values, keys))
    with compilation_logged(), progress_bar(quiet=is_quiet()) as progress:
        done = sweep(base, values, column=column, workers=workers, progress=progress)
    report = sweep_report(done)
    folder = folder or Path("out") / f"{question_name(scenario, overrides)}-sweep"
    _write(done, report, folder, column=column or f"{done.services[0]}_availability")
    if as_json:
        click.echo(json_text(report))
    else:
        click.echo(report["title"])
        header, *rows = sweep_rows(done, report)
        print_wide_table(header, rows, texts=len(done.keys))
        click.echo(sweep_note())
    print_info(f"wrote {folder}")


def _write(done: "Sweep", report: dict[str, Any], folder: Path, *, column: str) -> None:
    # here for start-up time
    from d2c.files import atomic_folder
    from d2c.output.plots.sweep import draw_sweep
    from d2c.output.reports.sweep import SWEEP_FILES, layer_columns, sweep_columns, sweep_title
    from d2c.results.format.text_files import write_csv, write_json
    from d2c.results.layers.cells import cells_frame, write_layers

    columns = layer_columns(done, column) if done.has_one_ground else None
    if columns is None:
        print_info("no layer: the runs have different cells")
    with atomic_folder(folder, replaces=SWEEP_FILES) as staging:
        write_csv(staging / "sweep.csv", sweep_columns(done, report))
        write_json(staging / "sweep.json", report)
        (staging / "sweep.png").write_bytes(draw_sweep(done, report))
        if columns is not None:
            frame = cells_frame(columns, done.runs[0].result.inputs.grid.boundary)
            title, about = sweep_title(done), f"{column} of each run."
            write_layers(frame, staging, formats=["gpkg"], layer="sweep", title=title, description=about)


def _values(text: str) -> tuple[str, list[Any]]:
    """Return the key and the values of KEY=VALUES; ScenarioError for another form."""
    from d2c.toml import parse_value  # here for start-up time

    key, equals, values = text.partition("=")
    if not equals or not values.strip():
        raise ScenarioError(f"{text}: write KEY=VALUES, such as link.min_elevation_deg=10,20,30")
    if ".." in values:
        return key, [int(v) if v.is_integer() else v for v in parse_numbers(values, key)]
    if values.lstrip().startswith("["):
        listed = parse_value(values)
        if not isinstance(listed, list):
            raise ScenarioError(f"{text}: not a list of values; write [VALUE, VALUE]")
        return key, listed
    return key, [parse_value(part.strip()) for part in values.split(",")]

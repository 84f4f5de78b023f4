"""`d2c sensitivity`: which of the values that nobody publishes decide the answer."""

import json
from pathlib import Path

import click
from rich.table import Table

from d2c.analysis.sensitivity import Sensitivity, assumed_parameters, variations, vary
from d2c.cli.completion import names_or_files
from d2c.cli.console import quiet, say, say_when_compiling
from d2c.cli.options import set_option
from d2c.cli.progress import progress_bar
from d2c.cli.tables import print_wide
from d2c.coverage.engine.engine import ProgressCallback
from d2c.coverage.kernels.compiling import on_compiling
from d2c.coverage.run import run_coverage
from d2c.files import atomic_folder
from d2c.output.plots.tornado import draw_tornado
from d2c.output.reports.sensitivity import (
    SENSITIVITY_FILES,
    deciding_figures,
    sensitivity_columns,
    sensitivity_report,
    span_text,
    table_head,
    table_rows,
)
from d2c.results.format.text_files import write_csv, write_json
from d2c.scenario.load import changed_scenario, read_scenario, scenario_names
from d2c.scenario.model import Scenario

_SHORT_H = 4.0


@click.command("sensitivity")
@click.argument("scenario", shell_complete=names_or_files(scenario_names))
@set_option
@click.option(
    "--only",
    multiple=True,
    metavar="SECTION.KEY",
    help="Vary this parameter, such as beams.load; may be given several times. [default: all assumed ones]",
)
@click.option(
    "--duration-h",
    type=float,
    help=f"How much of the scenario's span each run has. [default: {_SHORT_H:g} h, or all of a shorter one]",
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for sensitivity.json, .csv and .png. [default: out/ and the scenario's name with -sensitivity]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the study as JSON.")
def command(
    scenario: str,
    overrides: tuple[str, ...],
    only: tuple[str, ...],
    duration_h: float | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Vary what nobody publishes, one value at a time, and show what decides the answer.

    SCENARIO is the name of a built-in scenario (see `d2c scenario list`) or a TOML file. Each assumed value is set to
    its other plausible ones, and each time the whole chain runs over a short span: availability of the services,
    median C/(I+N), and the bit rate of a beam. The table has what decides on top, the picture shows it as a tornado.

    \b
    Examples:
      d2c sensitivity italy-loaded
      d2c sensitivity italy-loaded --only beams.load --only beams.reuse --duration-h 24
      d2c sensitivity italy --set link.losses=pocket --json
    """  # noqa: D301  # click wants the character itself
    whole = read_scenario(scenario, overrides=overrides)
    span_h = min(_SHORT_H, whole.time.duration_h) if duration_h is None else duration_h
    chosen = changed_scenario(whole, overrides=[f"time.duration_h={span_h}"])
    parameters = assumed_parameters(chosen, only=only)
    say_when_compiling(on_compiling)
    with progress_bar(quiet=quiet()) as show:
        found = vary(chosen, variations(parameters), _figures, show=show)
    span = span_text(chosen, whole_h=whole.time.duration_h)
    report = sensitivity_report(chosen, found, parameters)
    folder = folder or Path("out") / f"{Path(scenario).stem}-sensitivity"
    with atomic_folder(folder, replaces=SENSITIVITY_FILES) as staging:
        write_json(staging / "sensitivity.json", report)
        write_csv(staging / "sensitivity.csv", sensitivity_columns(chosen, found))
        (staging / "sensitivity.png").write_bytes(draw_tornado(chosen, found, span=span))
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{chosen.title}: {span}; availability is over area and time")
        _print_table(chosen, found)
    say(f"wrote {folder}")


def _figures(scenario: Scenario, show: ProgressCallback | None) -> dict[str, float]:
    return deciding_figures(run_coverage(scenario, show=show))


def _print_table(scenario: Scenario, found: Sensitivity) -> None:
    """Print the reach of each figure, the widest one of each in bold."""
    table = Table(box=None, pad_edge=False)
    head = table_head(found)
    for k, name in enumerate(head):
        table.add_column(name, justify="left" if k < 3 else "right", overflow="fold", no_wrap=k == 0)
    widest = {k: found.by_swing([figure])[0] for k, figure in enumerate(found.as_is, start=3)}
    for row in table_rows(scenario, found):
        table.add_row(
            *(f"[bold]{cell}[/]" if widest.get(k) == row[0] else cell for k, cell in enumerate(row))
        )
    print_wide(table)

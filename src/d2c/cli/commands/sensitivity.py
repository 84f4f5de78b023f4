"""`d2c sensitivity`: one-at-a-time sensitivity of the results to the assumed (unpublished) values of a scenario."""

from pathlib import Path

import click

from d2c.analysis.sensitivity import Sensitivity, assumed_parameters, variations, vary
from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import is_quiet, json_text, print_info, report_compilation
from d2c.cli.progress import progress_bar
from d2c.cli.question_options import question_options
from d2c.cli.renamed_options import RenamingCommand
from d2c.cli.shared_options import best_case_option, folder_option, set_option
from d2c.cli.tables import print_wide_table
from d2c.coverage.engine.engine import ProgressCallback
from d2c.coverage.kernels.compiling import on_compiling
from d2c.coverage.run import run_coverage
from d2c.files import atomic_folder
from d2c.output.plots.tornado import draw_tornado
from d2c.output.reports.headline import scenario_text
from d2c.output.reports.sensitivity import (
    SENSITIVITY_FILES,
    deciding_sentences,
    sensitivity_columns,
    sensitivity_figures,
    sensitivity_report,
    span_text,
    table_header,
    table_rows,
)
from d2c.results.format.text_files import write_csv, write_json
from d2c.scenario.load import override_scenario, read_scenario, scenario_names
from d2c.scenario.model import Scenario
from d2c.scenario.network import BEST_CASE
from d2c.scenario.resolve import resolve

_SHORT_H = 4.0


@click.command("sensitivity", cls=RenamingCommand, renamed={"--duration-h": "--hours"})
@click.argument("scenario", shell_complete=complete_names_or_files(scenario_names))
@question_options(without=("hours",))
@set_option
@best_case_option
@click.option(
    "--only",
    multiple=True,
    metavar="SECTION.KEY",
    help="Vary this parameter, such as beams.load; may be given several times. [default: all assumed ones]",
)
@click.option(
    "--hours",
    "duration_h",
    type=float,
    help=f"Span of each run, from the scenario's start. [default: {_SHORT_H:g} h, or all of a shorter one]",
)
@folder_option(
    "Folder for sensitivity.json, .csv and .png. [default: out/ and the scenario's name with -sensitivity]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the study as JSON.")
def command(
    scenario: str,
    overrides: tuple[str, ...],
    best_case: bool,
    only: tuple[str, ...],
    duration_h: float | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Vary the assumed values one at a time and rank their effect on the results.

    SCENARIO is the name of a built-in scenario (see `d2c scenario list`) or a TOML file. Each assumed value is set to
    its plausible alternatives, with a full run over a short span each: availability of the services, median C/(I+N),
    and bit rate per beam. It takes a minute or two for a network of Italy.
    The table is sorted by effect, largest first; the plot is a tornado diagram.

    \b
    Examples:
      d2c sensitivity italy-loaded
      d2c sensitivity italy-loaded --only beams.load --only beams.reuse --hours 24
      d2c sensitivity italy --losses pocket --json
    """  # noqa: D301  # click needs the backslash
    asked = (*overrides, BEST_CASE) if best_case else overrides
    full_scenario = resolve(read_scenario(scenario, overrides=asked))
    span_h = min(_SHORT_H, full_scenario.time.duration_h) if duration_h is None else duration_h
    short_scenario = override_scenario(full_scenario, overrides=[f"time.duration_h={span_h}"])
    parameters = assumed_parameters(short_scenario, only=only)
    cases = variations(parameters)
    report_compilation(on_compiling)
    with progress_bar(quiet=is_quiet()) as progress:
        sensitivity = vary(short_scenario, cases, _figures, progress=progress)
    span = span_text(short_scenario, whole_h=full_scenario.time.duration_h)
    report = sensitivity_report(short_scenario, sensitivity, parameters)
    folder = folder or Path("out") / f"{Path(scenario).stem}-sensitivity"
    with atomic_folder(folder, replaces=SENSITIVITY_FILES) as staging:
        write_json(staging / "sensitivity.json", report)
        write_csv(staging / "sensitivity.csv", sensitivity_columns(short_scenario, sensitivity))
        (staging / "sensitivity.png").write_bytes(draw_tornado(short_scenario, sensitivity, span=span))
    if as_json:
        click.echo(json_text(report))
    else:
        click.echo(f"{short_scenario.title}: {span}; {scenario_text(short_scenario)}")
        click.echo(
            f"availability is over phones, area and time; {len(cases)} values, each alone; what decides:"
        )
        click.echo("\n".join(f"  {text}" for text in deciding_sentences(sensitivity)) + "\n")
        _print_table(short_scenario, sensitivity)
    print_info(f"wrote {folder}")


def _figures(scenario: Scenario, progress: ProgressCallback | None) -> dict[str, float]:
    return sensitivity_figures(run_coverage(scenario, progress=progress))


def _print_table(scenario: Scenario, sensitivity: Sensitivity) -> None:
    """Print the range of each figure over each parameter, the widest of each figure in bold."""
    widest = {k: sensitivity.by_swing([figure])[0] for k, figure in enumerate(sensitivity.baseline, start=3)}
    rows = [
        [f"[bold]{cell}[/]" if widest.get(k) == row[0] else cell for k, cell in enumerate(row)]
        for row in table_rows(scenario, sensitivity)
    ]
    print_wide_table(table_header(sensitivity), rows, texts=3, wrap_first=False)

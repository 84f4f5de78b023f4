"""`d2c tradeoff`: compare constellations over services and areas, one coverage run per combination."""

from pathlib import Path

import click

from d2c.analysis.tradeoff import TradeoffResult, run_tradeoff
from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import json_text, print_info, report_compilation
from d2c.cli.shared_options import best_case_option, folder_option, json_option, workers_option
from d2c.coverage.kernels.compiling import on_compiling
from d2c.files import atomic_folder
from d2c.output.plots.tradeoff import draw_tradeoff
from d2c.output.reports.tradeoff import (
    tradeoff_csv,
    tradeoff_html,
    tradeoff_markdown,
    tradeoff_report,
    tradeoff_tables,
)
from d2c.results.format.text_files import write_json, write_text
from d2c.scenario import model
from d2c.scenario.tradeoff import read_tradeoff, tradeoff_names
from d2c.toml import validate_model

_FILES = tuple(f"tradeoff.{ending}" for ending in ("md", "csv", "json", "html", "png"))


@click.command("tradeoff")
@click.argument("specification", metavar="SPEC", shell_complete=complete_names_or_files(tradeoff_names))
@folder_option("Folder for tradeoff.md, .csv, .json, .html and .png.")
@click.option("--hours", type=float, help="Length of the span. [default: the specification's]")
@best_case_option
@workers_option
@json_option
def command(
    specification: str,
    folder: Path | None,
    hours: float | None,
    best_case: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Compare constellations, services and areas side by side.

    SPEC is the built-in `compare-options` or a TOML file: options (a system, a Walker shell or elements each),
    services and areas (docs/tradeoff.md). Each combination is a run of some seconds.
    An option that does not serve the users is
    listed with the reason.

    \b
    Examples:
      d2c tradeoff compare-options
      d2c tradeoff ours.toml -o out/ours
    """  # noqa: D301  # click needs the backslash
    tradeoff = read_tradeoff(specification)
    if hours is not None:
        span = validate_model(
            model.Time, tradeoff.time.model_dump() | {"duration_h": hours}, origin="--hours"
        )
        tradeoff = tradeoff.model_copy(update={"time": span})
    if best_case:
        tradeoff = tradeoff.model_copy(update={"network": False})
    report_compilation(on_compiling)
    result = run_tradeoff(tradeoff, workers=workers, on_message=print_info)
    if folder:
        _write(result, folder)
    if as_json:
        click.echo(json_text(tradeoff_report(result)))
    else:
        click.echo(tradeoff_tables(result), nl=False)
    if folder:
        print_info(f"wrote {folder}")


def _write(result: TradeoffResult, folder: Path) -> None:
    picture = draw_tradeoff(result)
    with atomic_folder(folder, replaces=_FILES) as staging:
        write_text(staging / "tradeoff.md", tradeoff_markdown(result))
        write_text(staging / "tradeoff.csv", tradeoff_csv(result))
        write_json(staging / "tradeoff.json", tradeoff_report(result))
        write_text(staging / "tradeoff.html", tradeoff_html(result, picture))
        (staging / "tradeoff.png").write_bytes(picture)

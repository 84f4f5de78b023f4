"""`d2c tradeoff`: compare constellations over services and areas, one coverage run per combination."""

from pathlib import Path

import click

import d2c
from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import json_text, print_info
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import best_case_option, folder_option, json_option, workers_option


@click.command("tradeoff")
@click.argument("specification", metavar="SPEC", shell_complete=complete_names_or_files("tradeoff_names"))
@folder_option("Folder for tradeoff.md, .csv, .json, .html and .png.")
@question_options(without=("system", "payload", "elements", "tz"))
@best_case_option
@workers_option
@json_option
def command(
    specification: str,
    folder: Path | None,
    overrides: tuple[str, ...],
    best_case: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Compare constellations, services and areas side by side.

    SPEC is the built-in `compare-options` or a TOML file: options (a system, a Walker shell or elements each),
    services and areas (docs/tradeoff.md). Each combination is a run of some seconds.
    The options of the question replace what the file says of all users, options and areas: systems, payloads and
    elements are what is compared. An option that does not serve the users is listed with the reason.

    \b
    Examples:
      d2c tradeoff compare-options
      d2c tradeoff compare-options --area sicilia --service text --environment urban
      d2c tradeoff ours.toml -o out/ours
    """  # noqa: D301  # click needs the backslash
    table = d2c.tradeoff(specification, set=overrides, best_case=best_case, workers=workers)
    if folder:
        table.save(folder)
    click.echo(json_text(table.to_dict()) if as_json else table)
    if folder:
        print_info(f"wrote {folder}")

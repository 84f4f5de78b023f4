"""`d2c sensitivity`: one-at-a-time sensitivity of the results to the assumed (unpublished) values of a scenario."""

from pathlib import Path

import click

import d2c
from d2c.api.defaults import SHORT_H
from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import is_quiet, json_text, print_info
from d2c.cli.progress import progress_bar
from d2c.cli.question_options import question_options
from d2c.cli.renamed_options import RenamingCommand
from d2c.cli.shared_options import best_case_option, folder_option, replace_option, set_option
from d2c.cli.tables import print_wide_table


@click.command("sensitivity", cls=RenamingCommand, renamed={"--duration-h": "--hours"})
@click.argument("scenario", shell_complete=complete_names_or_files("scenario_names"))
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
    help=f"Span of each run, from the scenario's start. [default: {SHORT_H:g} h, or all of a shorter one]",
)
@folder_option(
    "Folder for sensitivity.json, .csv and .png. "
    "[default: out/ and the scenario's name, what was changed in it, and -sensitivity]"
)
@replace_option
@click.option("--json", "as_json", is_flag=True, help="Print the study as JSON.")
def command(
    scenario: str,
    overrides: tuple[str, ...],
    best_case: bool,
    only: tuple[str, ...],
    duration_h: float | None,
    folder: Path | None,
    replace: bool,
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
    folder = folder or Path("out") / f"{_folder_name(scenario, overrides, best_case, duration_h)}-sensitivity"
    if not replace:
        from d2c.api.studies.sensitivities import refuse_other_sensitivity  # here for start-up time

        refuse_other_sensitivity(folder, scenario, hours=duration_h, best_case=best_case, set=overrides)
    with progress_bar(quiet=is_quiet()) as progress:
        study = d2c.sensitivity(
            scenario,
            only=only,
            hours=duration_h,
            set=overrides,
            best_case=best_case,
            progress=progress,
        )
    study.save(folder)
    if as_json:
        click.echo(json_text(study.to_dict()))
    else:
        click.echo(study.title())
        _print_table(study)
    print_info(f"wrote {folder}")


def _folder_name(scenario: str, overrides: tuple[str, ...], best_case: bool, duration_h: float | None) -> str:
    from d2c.api.folder_runs import BEST_CASE, question_name  # here for start-up time

    span = [] if duration_h is None else [f"time.duration_h={duration_h:g}"]
    return question_name(scenario, [*overrides, *([BEST_CASE] if best_case else []), *span])


def _print_table(study: "d2c.SensitivityStudy") -> None:
    """Print the range of each figure over each parameter, the widest of each figure in bold."""
    header, *rows = study.rows()
    widest = {k: study.most_influential(figure) for k, figure in enumerate(study.figures, start=3)}
    bold = [
        [f"[bold]{cell}[/]" if widest.get(k) == row[0] else cell for k, cell in enumerate(row)]
        for row in rows
    ]
    print_wide_table(header, bold, texts=3, wrap_first=False)

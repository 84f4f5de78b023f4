"""`d2c disaster`: time until everybody in an area has sent a message, and its sensitivity to assumed values."""

from pathlib import Path

import click

from d2c.analysis.disaster.study import (
    area_title,
    disaster_parameters,
    read_disaster,
    run_disaster,
    run_disaster_sensitivity,
)
from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import is_quiet, json_text, print_info, print_warning, report_compilation
from d2c.cli.param_types import InstantType
from d2c.cli.progress import progress_bar
from d2c.cli.question_options import question_options
from d2c.cli.renamed_options import RenamingCommand
from d2c.cli.shared_options import folder_option, replace_option, set_option
from d2c.cli.tables import print_wide_table
from d2c.coverage.kernels.compiling import on_compiling
from d2c.library.traffic import read_traffic
from d2c.output.folder.disaster_folder import write_disaster
from d2c.output.folder.result_folder import refuse_other_question
from d2c.output.reports.disaster import disaster_report
from d2c.output.reports.disaster_text import disaster_text, study_rows
from d2c.region.area import area_names
from d2c.scenario.load import scenario_names
from d2c.scenario.question import question_name

_STUDY_H = 2.0


@click.command("disaster", cls=RenamingCommand, renamed={"--at": "--from", "--duration-h": "--hours"})
@click.option(
    "--area",
    metavar="NAME|FILE|BOX",
    shell_complete=complete_names_or_files(area_names),
    help="Area of the population: a name of `d2c area list`, a polygon file or a box. [default: the scenario's]",
)
@click.option("--service", default="text", show_default=True, help="Service that carries the messages.")
@click.option(
    "--traffic",
    "traffic_name",
    default="text-message",
    show_default=True,
    help="Traffic model: beam resources per message.",
)
@click.option(
    "--messages-per-person",
    "per_person",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Messages per person; 0.5 if half of the people send one.",
)
@click.option(
    "--from",
    "at",
    type=InstantType(),
    metavar="T",
    help="Time of sending: now, or for example 2026-08-22T18:00Z. [default: the scenario's]",
)
@click.option(
    "--hours",
    "duration_h",
    type=click.FloatRange(min=0, min_open=True, max=48),
    default=6.0,
    show_default=True,
    help="Span over which contacts are computed, in hours.",
)
@click.option(
    "--scenario",
    default="earthquake-laquila",
    show_default=True,
    shell_complete=complete_names_or_files(scenario_names),
    help="Satellites, handset and link: a built-in scenario or a TOML file.",
)
@question_options(without=("area", "service", "from", "hours"))
@set_option
@click.option(
    "--only",
    multiple=True,
    metavar="SECTION.KEY",
    help="Vary this assumed value, such as beams.load or traffic.uplink_kbps. [default: all of them]",
)
@folder_option(
    "Result folder. [default: out/ and the area's or scenario's name, what was changed, and -disaster]"
)
@replace_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def command(
    area: str | None,
    service: str,
    traffic_name: str,
    per_person: float,
    at: str | None,
    duration_h: float,
    scenario: str,
    overrides: tuple[str, ...],
    only: tuple[str, ...],
    folder: Path | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Compute how long until everybody in an area has sent a message.

    The terrestrial network is down and all people of the area send at the same instant, over a network whose beams hop
    between beam cells and interfere. Printed are first contact, contact time per hour, message capacity of the beams in
    their shares of time, and when 50, 90, 99 and 100 % have sent. Each assumed value is then varied alone, over the
    first two hours, to rank its effect. It takes about a minute.

    \b
    Examples:
      d2c disaster
      d2c disaster --area campi-flegrei --messages-per-person 2
      d2c disaster --area flooded.geojson --from 2026-08-23T03:30Z --losses pocket -o out/flood
    """  # noqa: D301  # click needs the backslash
    resolved = read_disaster(
        scenario, area=area, service=service, at=at, duration_h=duration_h, overrides=overrides
    )
    traffic = read_traffic(traffic_name)
    disaster_parameters(resolved, traffic, only=only)  # reports an unknown name before any run
    folder = folder or Path("out") / f"{_folder_name(scenario, area, overrides)}-disaster"
    if not replace:
        refuse_other_question(folder, resolved, file="disaster.json")
    report_compilation(on_compiling)
    with progress_bar(quiet=is_quiet()) as progress:
        base_case = run_disaster(resolved, traffic, per_person=per_person, progress=progress)
        sensitivity = run_disaster_sensitivity(
            base_case, duration_h=min(_STUDY_H, resolved.time.duration_h), only=only, progress=progress
        )
    write_disaster(base_case, sensitivity, folder)
    for warning in base_case.inputs.warnings:
        print_warning(warning)
    if as_json:
        click.echo(json_text(disaster_report(base_case, sensitivity)))
    elif not is_quiet():
        click.echo(disaster_text(base_case, sensitivity))
        if base_case.sending.queued[0] > 0:  # without messages there is nothing to compare
            span = f"{sensitivity.scenario.time.duration_h:g} h"
            click.echo(
                f"\neffect of each assumed value alone, over {span} (why it is assumed: disaster.json):\n"
            )
            header, *rows = study_rows(sensitivity)
            print_wide_table(header, rows, texts=2)
    print_info(f"wrote {folder}")


def _folder_name(scenario: str, area: str | None, overrides: tuple[str, ...]) -> str:
    name = question_name(scenario, overrides)
    return area_title(area) + name.removeprefix(Path(scenario).stem) if area else name

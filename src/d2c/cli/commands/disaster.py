"""`d2c disaster`: time until everybody in an area has sent a message, and its sensitivity to assumed values."""

from pathlib import Path

import click

import d2c
from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import is_quiet, json_text, print_info
from d2c.cli.param_types import InstantType
from d2c.cli.progress import progress_bar
from d2c.cli.question_options import question_options
from d2c.cli.renamed_options import RenamingCommand
from d2c.cli.shared_options import folder_option, replace_option, set_option
from d2c.cli.tables import print_wide_table


@click.command("disaster", cls=RenamingCommand, renamed={"--at": "--from", "--duration-h": "--hours"})
@click.option(
    "--area",
    metavar="NAME|FILE|BOX",
    shell_complete=complete_names_or_files("area_names"),
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
    shell_complete=complete_names_or_files("scenario_names"),
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
    folder = folder or Path("out") / f"{_folder_name(scenario, area, overrides)}-disaster"
    if not replace:
        from d2c.api.studies.disasters import refuse_other_disaster  # here for start-up time

        refuse_other_disaster(
            folder, area, scenario, service=service, time=at, hours=duration_h, set=overrides
        )
    with progress_bar(quiet=is_quiet()) as progress:
        study = d2c.disaster(
            area,
            scenario,
            service=service,
            traffic=traffic_name,
            messages_per_person=per_person,
            time=at,
            hours=duration_h,
            only=only,
            set=overrides,
            progress=progress,
        )
    study.save(folder)
    if as_json:
        click.echo(json_text(study.to_dict()))
    elif not is_quiet():
        click.echo(study.answer())
        if rows := study.rows():
            click.echo(f"\n{study.rows_title()}\n")
            print_wide_table(rows[0], rows[1:], texts=2)
    print_info(f"wrote {folder}")


def _folder_name(scenario: str, area: str | None, overrides: tuple[str, ...]) -> str:
    from d2c.api.studies.disasters import area_title, question_name  # here for start-up time

    name = question_name(scenario, overrides)
    return area_title(area) + name.removeprefix(Path(scenario).stem) if area else name

"""`d2c disaster`: how long until everybody in an area has sent a message, and which assumption decides it."""

import json
from pathlib import Path

import click
from rich.table import Table

from d2c.analysis.disaster.study import answer, area_title, parameters_of, read_disaster, study
from d2c.cli.completion import names_or_files
from d2c.cli.console import quiet, say, say_when_compiling, warn
from d2c.cli.options import set_option
from d2c.cli.progress import progress_bar
from d2c.cli.tables import print_wide
from d2c.coverage.kernels.compiling import on_compiling
from d2c.library.traffic import traffic
from d2c.output.folder.disaster_folder import write_disaster
from d2c.output.reports.disaster import disaster_report
from d2c.output.reports.disaster_text import disaster_text, study_rows
from d2c.region.area import area_names
from d2c.scenario.load import scenario_names

_STUDY_H = 2.0


@click.command("disaster")
@click.option(
    "--area",
    metavar="FILE_OR_NAME",
    shell_complete=names_or_files(area_names),
    help="Where the people are: a built-in area or a polygon file. [default: the scenario's]",
)
@click.option("--service", default="text", show_default=True, help="Service that the messages go by.")
@click.option(
    "--traffic", "message", default="text-message", show_default=True, help="What a message takes of a beam."
)
@click.option(
    "--messages-per-person",
    "per_person",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Messages from each; 0.5 if half of the people send one.",
)
@click.option(
    "--at", metavar="TIME", help="The instant: now, or such as 2026-08-22T18:00Z. [default: the scenario's]"
)
@click.option(
    "--duration-h",
    type=click.FloatRange(min=0, min_open=True, max=48),
    default=6.0,
    show_default=True,
    help="How many hours of contacts are computed.",
)
@click.option(
    "--scenario",
    default="earthquake-laquila",
    show_default=True,
    shell_complete=names_or_files(scenario_names),
    help="Satellites, handset and link: a built-in scenario or a TOML file.",
)
@set_option
@click.option(
    "--only",
    multiple=True,
    metavar="SECTION.KEY",
    help="Vary this assumed value, such as beams.load or traffic.uplink_kbps. [default: all of them]",
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Result folder. [default: out/ and the area's or scenario's name with -disaster]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def command(
    area: str | None,
    service: str,
    message: str,
    per_person: float,
    at: str | None,
    duration_h: float,
    scenario: str,
    overrides: tuple[str, ...],
    only: tuple[str, ...],
    folder: Path | None,
    as_json: bool,
) -> None:
    """Say how long until everybody in an area has sent a message.

    The terrestrial network is down and all people of the area send at the same instant, by the beams of a loaded
    network. First contact, contact in an hour, messages the beams carry, and when 50, 90, 99 and 100 % have sent.
    Each assumed value is then varied alone, over the first two hours, to show which of them decides.

    \b
    Examples:
      d2c disaster
      d2c disaster --area campi-flegrei --messages-per-person 2
      d2c disaster --area flooded.geojson --at 2026-08-23T03:30Z --set link.losses=pocket -o out/flood
    """  # noqa: D301  # click wants the character itself
    chosen = read_disaster(
        scenario, area=area, service=service, at=at, duration_h=duration_h, overrides=overrides
    )
    sent = traffic(message)
    parameters_of(chosen, sent, only=only)  # a wrong name is told before anything runs
    folder = folder or Path("out") / f"{area_title(area) if area else Path(scenario).stem}-disaster"
    say_when_compiling(on_compiling)
    with progress_bar(quiet=quiet()) as show:
        asked = answer(chosen, sent, per_person=per_person, show=show)
        decided = study(asked, duration_h=min(_STUDY_H, chosen.time.duration_h), only=only, show=show)
    write_disaster(asked, decided, folder)
    for warning in asked.inputs.warnings:
        warn(warning)
    if as_json:
        click.echo(json.dumps(disaster_report(asked, decided), indent=2, ensure_ascii=False))
    elif not quiet():
        click.echo(disaster_text(asked, decided))
        if asked.sending.left[0] > 0:  # where nobody sends anything, nothing is to be compared
            span = f"{decided.scenario.time.duration_h:g} h"
            click.echo(
                f"\nwhat each assumed value does, alone, over {span} (why it is assumed: disaster.json):\n"
            )
            _print_table(study_rows(decided))
    say(f"wrote {folder}")


def _print_table(rows: list[list[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for k, name in enumerate(rows[0]):
        table.add_column(name, justify="left" if k < 2 else "right", overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    print_wide(table)

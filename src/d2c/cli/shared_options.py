"""Options that several commands share; an option of one command stands in its module, `cli/commands/NAME.py`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from d2c.local_time import read_zone, times_shown_in

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

set_option = click.option(
    "--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a key of the scenario."
)
elements_option = click.option(
    "--elements", metavar="FILE", help="Orbital elements to use instead of the scenario's."
)
best_case_option = click.option(
    "--best-case", is_flag=True, help="Without the network: the best satellite in view, over noise alone."
)
is_best_case_option = click.option(
    "--best-case",
    is_flag=True,
    expose_value=False,
    help="The best satellite over noise alone, as in any case.",
)
workers_option = click.option("--workers", type=click.IntRange(min=1), help="Threads. [default: all cores]")
replace_option = click.option(
    "--replace", is_flag=True, help="Replace a result of another question in the folder."
)


def _show_times(ctx: click.Context, _: click.Parameter, zone: str | None) -> None:
    if zone is not None and not ctx.resilient_parsing:
        ctx.with_resource(times_shown_in(read_zone(zone)))


tz_option = click.option(
    "--tz",
    metavar="ZONE",
    is_eager=True,  # before the instants, which are read in it
    expose_value=False,
    callback=_show_times,
    help="Time zone of times printed, and of times given without an offset, such as Europe/Rome. [default: UTC]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


def folder_option(help_text: str, **settings: Any) -> Decorator:
    """Return the option `-o FOLDER`, where a command writes its files."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option("-o", "--output", "folder", type=kind, help=help_text, **settings)

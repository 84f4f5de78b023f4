"""Options shared by the single-site commands (passes, sky, timeline): place, scenario, start time."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from d2c.cli.completion import complete_names_or_files
from d2c.cli.param_types import InstantType
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import Decorator, elements_option, is_best_case_option, set_option

_NEGATIVE = re.compile(r"-[\d.]")


class PlaceCommand(click.Command):
    """A command whose place argument may begin with a minus sign, such as -33.9,18.4."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments that are negative numbers as values, not as options."""
        return super().parse_args(ctx, [f" {arg}" if _NEGATIVE.match(arg) else arg for arg in args])


def site_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add PLACE or --site, --scenario, --set, --elements and the options by which a link is asked."""
    parameters = (
        click.argument("place", metavar="PLACE_OR_LAT,LON", required=False),
        click.option("--site", metavar="PLACE_OR_LAT,LON", help="The place, in another way."),
        click.option(
            "--scenario",
            default="italy",
            show_default=True,
            metavar="S",
            shell_complete=complete_names_or_files("scenario_names"),
            help="Built-in scenario, or a TOML file.",
        ),
        set_option,
        elements_option,
        is_best_case_option,
    )
    command = _with_place(question_options(without=("area", "service", "elements", "from", "hours"))(command))
    for parameter in reversed(parameters):
        command = parameter(command)
    return command


def _with_place(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command with its place from the argument or from --site; UsageError without one, or with both."""

    @wraps(command)
    def placed(*, place: str | None, site: str | None, **values: Any) -> Any:
        if (place is None) == (site is None):
            raise click.UsageError("give the place once: PLACE, LAT,LON, or --site")
        return command(place=place or site, **values)

    return placed


def instant_option(option: str, name: str) -> Decorator:
    """Return the option for the first or only instant, such as --from; `name`: the command's parameter."""
    default = "[default: the scenario's start, the elements' epoch for shipped sets]"
    return click.option(
        option, name, type=InstantType(), metavar="T", help=f"An ISO instant, now, or epoch. {default}"
    )

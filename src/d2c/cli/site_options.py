"""Options and inputs shared by the single-site commands (passes, sky, timeline): place, scenario, start time."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import print_detail, print_info, print_warning
from d2c.cli.param_types import InstantType, parse_latitude_longitude
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import Decorator, elements_option, is_best_case_option, set_option
from d2c.errors import RegionError, ScenarioError
from d2c.names import slug
from d2c.output.reports.site import SiteName
from d2c.region.gazetteer import Place, places_named
from d2c.scenario.load import read_scenario, scenario_names
from d2c.scenario.model import Scenario
from d2c.site.inputs import SiteInputs, read_site_inputs
from d2c.site.site import Site

MAX_HOURS = 336.0  # 14 days, the maximum age of elements
_NEGATIVE = re.compile(r"-[\d.]")


class PlaceCommand(click.Command):
    """A command whose place argument may begin with a minus sign, such as -33.9,18.4."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments that are negative numbers as values, not as options."""
        return super().parse_args(ctx, [f" {arg}" if _NEGATIVE.match(arg) else arg for arg in args])


@dataclass(frozen=True, eq=False, slots=True)
class SiteRequest:
    """The site's name and position, and the inputs of its computation."""

    name: SiteName
    inputs: SiteInputs


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
            shell_complete=complete_names_or_files(scenario_names),
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
        option, name, type=InstantType(), metavar="T", help=f"An ISO instant (UTC), now, or epoch. {default}"
    )


def read_site_request(
    place: str,
    *,
    scenario: str,
    overrides: Sequence[str],
    elements: str | None,
    start: str | None,
    service: str | None = None,
) -> SiteRequest:
    """Resolve the place and read the scenario's inputs; print their warnings. D2CError for invalid input."""
    all_overrides = [*overrides]
    if elements:
        all_overrides.append(f"constellation.elements={json.dumps(elements)}")
    if start:
        all_overrides.append(f"time.start={json.dumps(start)}")
    if service:
        all_overrides.append(f"link.services={json.dumps([service])}")
    name = resolve_place(place)
    resolved: Scenario = read_scenario(scenario, overrides=all_overrides)
    site = Site(name.latitude_deg, name.longitude_deg)
    inputs = read_site_inputs(resolved, site)
    satellites = inputs.satellites.constellation
    print_detail(
        f"{len(satellites):,} satellites of {satellites.source}; {len(satellites.rejected):,} element sets rejected"
    )
    for warning in inputs.satellites.warnings:
        print_warning(warning)
    return SiteRequest(name, inputs)


def resolve_place(text: str) -> SiteName:
    """Return the site of a place name or LAT,LON; RegionError if it is neither.

    Of several places with one name the most populous is used; a message lists the others.
    """
    if _is_pair_of_numbers(text):
        try:
            latitude_deg, longitude_deg = parse_latitude_longitude(text)
        except RegionError as error:
            raise RegionError(str(error).strip()) from None
        return _site_at(latitude_deg, longitude_deg)
    place, *others = places_named(text)
    if others:
        alternatives = "; ".join(map(_with_population, others))
        print_info(
            f"'{text}' is taken as {_with_population(place)}; there is also {alternatives}: add the province or "
            "country, or give latitude,longitude"
        )
    return SiteName(
        label=str(place),
        file_stem=slug(place.name.split("/")[0]),
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        place=place,
    )


def checked_hours(hours: float) -> float:
    """Return the hours; ScenarioError unless above 0 and at most MAX_HOURS."""
    if not 0 < hours <= MAX_HOURS:
        raise ScenarioError(f"--hours {hours:g} must be above 0 and at most {MAX_HOURS:g}, two weeks")
    return hours


def _is_pair_of_numbers(text: str) -> bool:
    parts = text.split(",")
    try:
        return len([float(part) for part in parts]) == 2
    except ValueError:
        return False


def _site_at(latitude_deg: float, longitude_deg: float) -> SiteName:
    latitude, longitude = f"{abs(latitude_deg):.8g}", f"{abs(longitude_deg):.8g}"
    north, east = "n" if latitude_deg >= 0 else "s", "e" if longitude_deg >= 0 else "w"
    return SiteName(
        label=f"{latitude}° {north.upper()}, {longitude}° {east.upper()}",
        file_stem=f"{latitude}{north}-{longitude}{east}",
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        place=None,
    )


def _with_population(place: Place) -> str:
    return f"{place}, {place.population:,} inhabitants" if place.population else str(place)

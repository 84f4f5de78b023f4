"""What the commands about one place have in common: the place, the scenario and where its time begins."""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from d2c.cli.completion import names_or_files
from d2c.cli.console import detail, say, warn
from d2c.cli.options import elements_option, set_option
from d2c.cli.param_types import read_place
from d2c.errors import RegionError, ScenarioError
from d2c.output.reports.site import SiteName
from d2c.region.gazetteer import Place, places_named
from d2c.scenario.load import read_scenario, scenario_names
from d2c.scenario.model import Scenario
from d2c.site.inputs import SiteInputs, read_site_inputs
from d2c.site.site import Site

MOST_HOURS = 336.0  # 14 days, for which elements are good
_NEGATIVE = re.compile(r"-[\d.]")


class PlaceCommand(click.Command):
    """A command whose place may begin with a minus sign, as -33.9,18.4 does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep negative numbers from being taken for options."""
        return super().parse_args(ctx, [f" {arg}" if _NEGATIVE.match(arg) else arg for arg in args])


@dataclass(frozen=True, eq=False, slots=True)
class SiteRequest:
    """A place, what it is called, and the inputs of the question."""

    name: SiteName
    inputs: SiteInputs


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --scenario, --set and --elements."""
    options = (
        click.option(
            "--scenario",
            default="italy",
            show_default=True,
            metavar="S",
            shell_complete=names_or_files(scenario_names),
            help="Built-in scenario, or a TOML file.",
        ),
        set_option,
        elements_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def ask(
    place: str,
    *,
    scenario: str,
    overrides: Sequence[str],
    elements: str | None,
    start: str | None,
    service: str | None = None,
) -> SiteRequest:
    """Return what is asked, and say on standard error what a person should know about it; D2CError for bad input."""
    changes = [*overrides]
    if elements:
        changes.append(f"constellation.elements={json.dumps(elements)}")
    if start:
        changes.append(f"time.start={json.dumps(start)}")
    if service:
        changes.append(f"link.services={json.dumps([service])}")
    name = named(place)
    chosen: Scenario = read_scenario(scenario, overrides=changes)
    site = Site(name.latitude_deg, name.longitude_deg)
    inputs = read_site_inputs(chosen, site)
    satellites = inputs.satellites.constellation
    detail(f"{len(satellites):,} satellites of {satellites.source}; {len(satellites.refused):,} sets refused")
    for warning in inputs.satellites.warnings:
        warn(warning)
    return SiteRequest(name, inputs)


def named(text: str) -> SiteName:
    """Return where a name or LAT,LON is; RegionError if it is neither.

    Of several places of a name the most populous is taken, and standard error tells of the others.
    """
    if _is_pair_of_numbers(text):
        try:
            latitude_deg, longitude_deg = read_place(text)
        except RegionError as error:
            raise RegionError(str(error).removeprefix("--at ").strip()) from None
        return _at(latitude_deg, longitude_deg)
    found, *others = places_named(text)
    if others:
        told = "; ".join(map(_with_people, others))
        say(
            f"'{text}' is taken for {_with_people(found)}; there is also {told}: add the province or country, "
            "or give latitude,longitude"
        )
    return SiteName(
        label=str(found),
        file_stem=_file_stem(found.name.split("/")[0]),
        latitude_deg=found.latitude_deg,
        longitude_deg=found.longitude_deg,
        place=found,
    )


def checked_hours(hours: float) -> float:
    """Return the hours; ScenarioError if there are none, or more than elements are good for."""
    if not 0 < hours <= MOST_HOURS:
        raise ScenarioError(f"--hours {hours:g} must be above 0 and at most {MOST_HOURS:g}, two weeks")
    return hours


def _is_pair_of_numbers(text: str) -> bool:
    parts = text.split(",")
    try:
        return len([float(part) for part in parts]) == 2
    except ValueError:
        return False


def _at(latitude_deg: float, longitude_deg: float) -> SiteName:
    latitude, longitude = f"{abs(latitude_deg):.8g}", f"{abs(longitude_deg):.8g}"
    north, east = "n" if latitude_deg >= 0 else "s", "e" if longitude_deg >= 0 else "w"
    return SiteName(
        label=f"{latitude}° {north.upper()}, {longitude}° {east.upper()}",
        file_stem=f"{latitude}{north}-{longitude}{east}",
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        place=None,
    )


def _file_stem(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return "-".join(re.findall("[a-z0-9]+", plain))


def _with_people(place: Place) -> str:
    return f"{place}, {place.population:,} inhabitants" if place.population else str(place)

"""`d2c link`: the itemised budget of one satellite and one handset."""

import json
import math
from typing import Any

import click

from d2c.cli.link_geometry import (
    DEFAULT_ELEMENTS,
    ELEVATIONS_DEG,
    BeamRadius,
    on_circular_orbit,
    real_satellite,
)
from d2c.cli.multi_value import SeveralValues
from d2c.cli.param_types import InstantType
from d2c.coverage.inputs import read_link, read_services
from d2c.errors import ScenarioError, did_you_mean
from d2c.library import models as systems
from d2c.link.budget import RadioLink
from d2c.link.satellite_geometry import footprint
from d2c.output.format.tables import Notes, as_csv, as_markdown, as_text, beam_words, report_sections
from d2c.output.reports.link import link_report
from d2c.propagation.tr38811 import ENVIRONMENTS
from d2c.scenario import model
from d2c.toml import validated


@click.command("link", cls=SeveralValues)
@click.option("--payload", default="starlink-d2c", show_default=True, help="The satellite's radio.")
@click.option("--handset", default="3gpp-handheld", show_default=True, help="The terminal on the ground.")
@click.option("--losses", default="outdoor", show_default=True, help="The set of losses.")
@click.option(
    "--altitude-km",
    type=float,
    help="Circular orbit over a sphere of 6,371 km (TR 38.811). [default: 360 for the starlink-d2c payloads]",
)
@click.option("--satellite", metavar="NAME_OR_ID", help="A real satellite, with --at and --time.")
@click.option("--at", "place", metavar="LAT,LON", help="Where the handset is, for --satellite.")
@click.option(
    "--time",
    "instant",
    type=InstantType(),
    metavar="T",
    help="When, for --satellite: an ISO instant (UTC), epoch or now.",
)
@click.option(
    "--elements",
    metavar="FILE",
    help="Where --satellite is found: a file, a shipped set or a downloaded group. "
    f"[default: {DEFAULT_ELEMENTS}]",
)
@click.option(
    "--elevation-deg", "elevations", type=float, multiple=True, metavar="E ...", help="[default: 25 40 60 90]"
)
@click.option("--frequency-mhz", type=float, help="Both directions. [default: the payload's]")
@click.option("--downlink-bandwidth-mhz", type=float, help="Occupied bandwidth; the EIRP density stays.")
@click.option("--uplink-bandwidth-mhz", type=float, help="Occupied bandwidth of the handset's transmission.")
@click.option("--beam-radius-km", type=float, help="Handset to beam centre, for the residual Doppler.")
@click.option("--environment", metavar="ENV", help=f"For the probability: {', '.join(ENVIRONMENTS)}.")
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="NAME ...",
    help="Services. [default: text voice; cell-broadcast for a payload without an uplink]",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME ...",
    help="Limits of the library to compare the PFD with.",
)
@click.option("--json", "form", flag_value="json", help="Print as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print as CSV, a figure a row.")
@click.option("--markdown", "form", flag_value="markdown", help="Print as Markdown tables.")
def command(
    payload: str,
    handset: str,
    losses: str,
    altitude_km: float | None,
    satellite: str | None,
    place: str | None,
    instant: str | None,
    elements: str | None,
    elevations: tuple[float, ...],
    frequency_mhz: float | None,
    downlink_bandwidth_mhz: float | None,
    uplink_bandwidth_mhz: float | None,
    beam_radius_km: float | None,
    environment: str | None,
    services: tuple[str, ...],
    limits: tuple[str, ...],
    form: str | None,
) -> None:
    """Print an itemised link budget.

    Both directions, every line with its source, several elevations side by side. With one of them, or with
    --satellite, --json gives an object with the keys geometry, downlink, uplink, services and limits; with
    several, the key budgets has a list of such objects, one for each elevation. Doppler is positive while
    the satellite comes nearer; with --altitude-km it is that of the worst pass, through the zenith over an
    Earth that does not turn. The residual is what is left where the satellite compensates the shift at its
    beam's centre, --beam-radius-km from the handset along the ground track; unless given, it is the radius
    of the payload's -3 dB footprint below the satellite.

    \b
    Examples:
      d2c link --elevation-deg 10 30 90
      d2c link --altitude-km 600 --elevation-deg 30 --environment suburban --service voice
      d2c link --satellite "D2C 53-01/01 NOMINAL" --at 41.9,12.5 --time 2026-08-23T03:22:00Z
    """  # noqa: D301  # click wants the character itself
    link, chosen = _link(payload, handset, losses, environment, services)
    found = read_services(chosen, link)
    link = _changed(link, frequency_mhz, downlink_bandwidth_mhz, uplink_bandwidth_mhz)
    beam = BeamRadius(footprint(link.payload), _above_zero("--beam-radius-km", beam_radius_km))
    if satellite is not None:
        if altitude_km is not None or elevations:
            raise ScenarioError(
                "--satellite says where the satellite is; leave out --altitude-km and --elevation-deg"
            )
        asked = real_satellite(satellite, place=place, instant=instant, elements=elements, beam=beam)
    else:
        if place is not None or instant is not None or elements is not None:
            raise ScenarioError(
                "--at, --time and --elements belong to --satellite NAME_OR_ID; give it, or leave them out"
            )
        asked = on_circular_orbit(
            payload, altitude_km=altitude_km, elevations_deg=elevations or ELEVATIONS_DEG, beam=beam
        )
    compared = {name: systems.limit(name) for name in limits}
    reports = [
        link_report(
            link, sight, found, limits=compared, environment=environment, latitude_deg=asked.latitude_deg
        )
        for sight in asked.sights
    ]
    names = {"payload": payload, "handset": handset, "losses": losses, "environment": environment}
    surroundings = f", environment {environment}" if environment else ""
    head = [
        f"{payload} ({link.payload.title})",
        f"to {handset} ({link.handset.title}), losses {losses} ({link.losses.title}){surroundings}",
        asked.words,
        beam_words(beam.source()),
    ]
    _print(reports, form, keys={**names, **asked.keys, **beam.source()}, head=head)


def _print(reports: list[dict[str, Any]], form: str | None, *, keys: dict[str, Any], head: list[str]) -> None:
    notes = Notes()
    if form == "json":
        body = reports[0] if len(reports) == 1 else {"budgets": reports}
        click.echo(json.dumps(keys | body, indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(as_csv(reports), nl=False)
    elif form == "markdown":
        click.echo(as_markdown(report_sections(reports, notes), notes, head=head))
    else:
        click.echo(as_text(report_sections(reports, notes), notes, head=head))


def _link(
    payload: str, handset: str, losses: str, environment: str | None, services: tuple[str, ...]
) -> tuple[RadioLink, model.Link]:
    if environment is not None and environment not in ENVIRONMENTS:
        raise ScenarioError(f"unknown environment '{environment}'{did_you_mean(environment, ENVIRONMENTS)}")
    names = {"payload": payload, "handset": handset, "losses": losses, "environment": environment}
    if not services and not systems.payload(payload).uplink:
        services = ("cell-broadcast",)  # what a payload that only sends can do
    chosen = validated(model.Link, names | ({"services": services} if services else {}), origin="--service")
    return read_link(chosen), chosen


def _changed(
    link: RadioLink, frequency_mhz: float | None, downlink_mhz: float | None, uplink_mhz: float | None
) -> RadioLink:
    if given := _above_zero("--frequency-mhz", frequency_mhz):
        link = link.at_frequency(frequency_mhz=given)
    if given := _above_zero("--downlink-bandwidth-mhz", downlink_mhz):
        link = link.in_bandwidth(bandwidth_mhz=given, direction="downlink")
    if given := _above_zero("--uplink-bandwidth-mhz", uplink_mhz):
        link = link.in_bandwidth(bandwidth_mhz=given, direction="uplink")
    return link


def _above_zero(option: str, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise ScenarioError(f"{option} {value:g} must be above 0")
    return value

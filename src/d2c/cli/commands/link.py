"""`d2c link`: itemised link budget between one satellite and one handset, both directions."""

import math
from dataclasses import replace
from typing import Any, get_args

import click

from d2c.cli.console import json_text
from d2c.cli.link_figures import (
    DEFAULT_HANDSET,
    DEFAULT_PAYLOAD,
    check_loss_names,
    figure_options,
    given_figures,
    handset_name,
    parse_losses,
    payload_name,
    with_option_names,
)
from d2c.cli.link_geometry import (
    DEFAULT_ELEMENTS,
    ELEVATIONS_DEG,
    BeamRadius,
    circular_orbit_request,
    satellite_request,
)
from d2c.cli.multi_value import MultiValueCommand
from d2c.cli.param_types import InstantType
from d2c.coverage.ground_end import losses_of
from d2c.coverage.inputs import read_services
from d2c.errors import ScenarioError, did_you_mean
from d2c.library import models
from d2c.library.entry import GIVEN
from d2c.link.bands import check_bands
from d2c.link.beamwidth import footprint
from d2c.link.budget import RadioLink
from d2c.link.given import handset_with, payload_with
from d2c.output.format.tables import (
    Notes,
    as_csv,
    as_markdown,
    as_text,
    report_sections,
    residual_doppler_text,
)
from d2c.output.reports.link import link_report
from d2c.propagation.tr38811 import ENVIRONMENTS
from d2c.scenario import model
from d2c.toml import validate_model


@click.command("link", cls=MultiValueCommand, renamed={"--at": "--site"})
@click.option(
    "--payload", help=f"Satellite payload. [default: {DEFAULT_PAYLOAD}, unless an EIRP of one's own is given]"
)
@click.option(
    "--handset",
    help=f"User terminal on the ground. [default: {DEFAULT_HANDSET}, unless all of its figures are given]",
)
@click.option("--losses", default="outdoor", show_default=True, help="Loss set.")
@click.option(
    "--altitude-km",
    type=float,
    help="Circular orbit over a sphere of 6,371 km (TR 38.811). [default: 360 for the starlink-d2c payloads]",
)
@click.option("--satellite", metavar="NAME_OR_ID", help="A catalogued satellite, with --site and --time.")
@click.option("--site", "place", metavar="LAT,LON", help="Position of the handset, for --satellite.")
@click.option(
    "--time",
    "instant",
    type=InstantType(),
    metavar="T",
    help="Time for --satellite: ISO 8601 (UTC), epoch or now.",
)
@click.option(
    "--elements",
    metavar="FILE",
    help="Elements of --satellite: a file, a shipped set or a downloaded group. "
    f"[default: {DEFAULT_ELEMENTS}]",
)
@click.option(
    "--elevation-deg", "elevations", type=float, multiple=True, metavar="E ...", help="[default: 25 40 60 90]"
)
@figure_options
@click.option(
    "--loss",
    "losses_db",
    multiple=True,
    metavar="NAME=DB ...",
    help="Loss by the name of its line, instead of the computed one, or a further one.",
)
@click.option(
    "--beam-radius-km",
    type=float,
    help="Distance of the handset from the beam centre, for the residual Doppler.",
)
@click.option(
    "--environment",
    metavar="ENV",
    help=f"Environment of the service probability (3GPP TR 38.811): {', '.join(ENVIRONMENTS)}.",
)
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="NAME ...",
    help="Services. [default: text voice; cell-broadcast for a payload without an uplink]",
)
@click.option(
    "--service-rule",
    type=click.Choice(get_args(models.ServiceRule)),
    default="bits",
    show_default=True,
    help="What sets the required downlink C/N: the service's bits, or the C/N that an operator is reported to use.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME ...",
    help="Limits of the library with which the PFD is compared.",
)
@click.option("--json", "form", flag_value="json", help="Print as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print as CSV, one figure per row.")
@click.option("--markdown", "form", flag_value="markdown", help="Print as Markdown tables.")
def command(
    payload: str | None,
    handset: str | None,
    losses: str,
    altitude_km: float | None,
    satellite: str | None,
    place: str | None,
    instant: str | None,
    elements: str | None,
    elevations: tuple[float, ...],
    losses_db: tuple[str, ...],
    beam_radius_km: float | None,
    environment: str | None,
    services: tuple[str, ...],
    service_rule: models.ServiceRule,
    limits: tuple[str, ...],
    form: str | None,
    **options: float | None,
) -> None:
    """Print an itemised link budget.

    Any line may be given: EIRP, G/T, frequency, bandwidth and the figures of the handset by options, every loss by
    --loss. The rest comes from the entries; a satellite with an EIRP of its own and no --payload has no entry, and
    what it lacks is named.

    Both directions, every line with its source, several elevations side by side. With one elevation or with
    --satellite, --json gives an object with the keys geometry, downlink, uplink, services and limits; with
    several, the key budgets has a list of such objects, one per elevation. Doppler is positive while the
    satellite approaches; with --altitude-km it is that of the worst case, a pass through the zenith over a
    non-rotating Earth. Residual Doppler remains after the satellite compensates the shift at the beam centre,
    --beam-radius-km from the handset along the ground track, by default the radius of the payload's -3 dB
    footprint at nadir. RSRP is that of one resource element of 15 kHz; RSRQ is over noise alone, with one
    antenna port and data in every resource block.

    \b
    Examples:
      d2c link --elevation-deg 10 30 90
      d2c link --altitude-km 600 --elevation-deg 30 --environment suburban --service voice
      d2c link --eirp-dbw 40 --frequency-mhz 2000 --bandwidth-mhz 5 --g-over-t-db-k 5 --altitude-km 600
      d2c link --rx-gain-dbi 0 --noise-figure-db 7 --loss "body loss=2" "rain=1"
      d2c link --satellite "D2C 53-01/01 NOMINAL" --site 41.9,12.5 --time 2026-08-23T03:22:00Z
    """  # noqa: D301  # click needs the backslash
    figures = given_figures(options)
    orbit_is_given = altitude_km is not None or satellite is not None
    inputs = {
        "payload": payload_name(payload, figures, orbit_is_given=orbit_is_given),
        "handset": handset_name(handset, figures),
        "losses": losses,
        "environment": environment,
        "service_rule": service_rule,
    }
    given_losses = parse_losses(losses_db)
    try:
        link, link_model = _link(inputs, services, figures)
        link = replace(link, given_losses_db=given_losses)
    except ScenarioError as error:
        raise ScenarioError(with_option_names(str(error))) from error
    service_requirements = read_services(link_model, {inputs["payload"] or GIVEN: link})
    beam = BeamRadius(footprint(link.payload), _checked_positive("--beam-radius-km", beam_radius_km))
    if satellite is not None:
        if altitude_km is not None or elevations:
            raise ScenarioError("--satellite fixes the geometry; leave out --altitude-km and --elevation-deg")
        request = satellite_request(satellite, place=place, instant=instant, elements=elements, beam=beam)
    else:
        if place is not None or instant is not None or elements is not None:
            raise ScenarioError(
                "--site, --time and --elements require --satellite NAME_OR_ID; give it, or leave them out"
            )
        request = circular_orbit_request(
            inputs["payload"] or GIVEN,
            altitude_km=altitude_km,
            elevations_deg=elevations or ELEVATIONS_DEG,
            beam=beam,
        )
    check_loss_names(link, request.geometries[0].look, latitude_deg=request.latitude_deg)
    pfd_limits = {name: models.read_limit(name) for name in limits}
    reports = [
        link_report(
            link,
            geometry,
            service_requirements,
            limits=pfd_limits,
            environment=environment,
            latitude_deg=request.latitude_deg,
        )
        for geometry in request.geometries
    ]
    environment_text = f", environment {environment}" if environment else ""
    header = [
        _named(inputs["payload"], link.payload.title),
        f"to {_named(inputs['handset'], link.handset.title)}, losses {losses} ({link.losses.title}){environment_text}",
        request.description,
        residual_doppler_text(beam.source()),
        f"required downlink C/N of services by the rule {service_rule}",
    ]
    given = figures | {f"loss {name}": value_db for name, value_db in given_losses}
    if given:
        header.append(f"{GIVEN}: {', '.join(f'{key} = {value:g}' for key, value in given.items())}")
    _print(reports, form, keys={**inputs, "given": given, **request.keys, **beam.source()}, header=header)


def _named(name: str | None, title: str) -> str:
    """Return an end of the link as text: its entry, or that it has none."""
    return f"{name} ({title})" if name else title


def _print(
    reports: list[dict[str, Any]], form: str | None, *, keys: dict[str, Any], header: list[str]
) -> None:
    notes = Notes()
    if form == "json":
        body = reports[0] if len(reports) == 1 else {"budgets": reports}
        click.echo(json_text(keys | body))
    elif form == "csv":
        click.echo(as_csv(reports), nl=False)
    elif form == "markdown":
        click.echo(as_markdown(report_sections(reports, notes), notes, head=header))
    else:
        click.echo(as_text(report_sections(reports, notes), notes, head=header))


def _link(
    inputs: dict[str, Any], services: tuple[str, ...], figures: dict[str, float]
) -> tuple[RadioLink, model.Link]:
    environment = inputs["environment"]
    if environment is not None and environment not in ENVIRONMENTS:
        raise ScenarioError(f"unknown environment '{environment}'{did_you_mean(environment, ENVIRONMENTS)}")
    names = {key: inputs[key] for key in ("payload", "handset")}
    payload = payload_with(names["payload"] and models.read_payload(names["payload"]), figures)
    handset = handset_with(names["handset"] and models.read_handset(names["handset"]), figures)
    if not services and not payload.uplink:
        services = ("cell-broadcast",)  # the default service of a payload without an uplink
    given = {key: value for key, value in inputs.items() if value is not None}
    link_model = validate_model(
        model.Link, given | ({"services": services} if services else {}), origin="--service"
    )
    named = {f"{key}_name": name or "" for key, name in names.items()}
    check_bands(payload, handset, **named)
    return RadioLink(payload, handset, losses_of(link_model)), link_model


def _checked_positive(option: str, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise ScenarioError(f"{option} {value:g} must be above 0")
    return value

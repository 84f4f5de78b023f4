"""`d2c link`: itemised link budget between one satellite and one handset, both directions."""

from typing import get_args

import click

import d2c
from d2c.api.defaults import DEFAULT_ELEMENTS, DEFAULT_HANDSET, DEFAULT_PAYLOAD, ENVIRONMENTS, ServiceRule
from d2c.cli.console import json_text
from d2c.cli.link_figures import figure_options, given_figures, parse_losses, with_option_names
from d2c.cli.multi_value import MultiValueCommand
from d2c.cli.param_types import InstantType, position
from d2c.cli.shared_options import tz_option
from d2c.cli.value_lists import parse_numbers
from d2c.errors import ArgumentError, ScenarioError


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
    help="Time for --satellite: an ISO instant, epoch or now.",
)
@tz_option
@click.option(
    "--elements",
    metavar="FILE",
    help="Elements of --satellite: a file, a shipped set or a downloaded group. "
    f"[default: {DEFAULT_ELEMENTS}]",
)
@click.option(
    "--elevation-deg",
    "elevations",
    multiple=True,
    metavar="E ...",
    help="Elevations, side by side: 10 30 90, 10,30,90 or 10..90:10. [default: 25 40 60 90]",
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
    type=click.Choice(get_args(ServiceRule)),
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
    elevations: tuple[str, ...],
    losses_db: tuple[str, ...],
    beam_radius_km: float | None,
    environment: str | None,
    services: tuple[str, ...],
    service_rule: ServiceRule,
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
      d2c link --elevation-deg 10..90:20
      d2c link --altitude-km 600 --elevation-deg 30 --environment suburban --service voice
      d2c link --eirp-dbw 40 --frequency-mhz 2000 --bandwidth-mhz 5 --g-over-t-db-k 5 --altitude-km 600
      d2c link --rx-gain-dbi 0 --noise-figure-db 7 --loss "body loss=2" "rain=1"
      d2c link --satellite "D2C 53-01/01 NOMINAL" --site 41.9,12.5 --time 2026-08-23T03:22:00Z
    """  # noqa: D301  # click needs the backslash
    try:
        budget = d2c.link_budget(
            payload,
            handset=handset,
            losses=losses,
            altitude_km=altitude_km,
            satellite=satellite,
            site=None if place is None else position(place),
            time=instant,
            elements=elements,
            elevation_deg=_elevations(elevations) or None,
            losses_db=parse_losses(losses_db),
            beam_radius_km=beam_radius_km,
            environment=environment,
            services=services or None,
            service_rule=service_rule,
            limits=limits,
            **given_figures(options),
        )
    except ArgumentError as error:
        raise ScenarioError(with_option_names(str(error))) from error
    if form == "json":
        click.echo(json_text(budget.to_dict()))
    elif form == "csv":
        click.echo(budget.to_csv(), nl=False)
    else:
        click.echo(budget.to_markdown() if form == "markdown" else budget)


def _elevations(texts: tuple[str, ...]) -> list[float]:
    """Return numbers and the numbers of lists, each once; whether they are elevations, the budget says."""
    numbers: list[float] = []
    for text in texts:
        try:
            numbers.append(float(text))
        except ValueError:
            numbers += parse_numbers(text, "--elevation-deg")
    return list(dict.fromkeys(numbers))

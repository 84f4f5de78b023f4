"""`d2c link`: the itemised budget of one satellite and one handset."""

import json
import math
from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from d2c.cli.several import SeveralValues
from d2c.cli.where_when import read_instant, read_place
from d2c.coverage.inputs import read_link, read_services
from d2c.errors import CatalogueError, ModelRangeError, ScenarioError, did_you_mean
from d2c.link.budget import ITALY_DEG, RadioLink
from d2c.link.sight import Footprint, Sight, footprint, next_in_view_utc, sight_of, sight_on_sphere
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.epoch import MAX_AGE_DAYS, WARN_AGE_DAYS, element_age_days
from d2c.orbit.named import find_satellite
from d2c.output.link_report import link_report
from d2c.output.tables import Notes, as_csv, as_markdown, as_text, report_sections
from d2c.propagation.tr38811 import ENVIRONMENTS
from d2c.scenario import model
from d2c.scenario.read import validated

_ELEVATIONS_DEG = (25.0, 40.0, 60.0, 90.0)
_STARLINK_KM = 360.0  # mean altitude of the direct-to-cell Starlinks on 2026-08-22, tles/README.md
_LOWEST_KM, _HIGHEST_KM = 150.0, 50_000.0  # as in scenario files


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is looked at: sights, the words and the JSON keys that describe them."""

    sights: tuple[Sight, ...]
    latitude_deg: float
    words: str
    keys: dict[str, Any]


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
@click.option("--time", "instant", metavar="T", help="When, for --satellite: an ISO instant (UTC), epoch or now.")
@click.option(
    "--elements",
    metavar="FILE",
    default="starlink-d2c-2026-08",
    show_default=True,
    help="Where --satellite is found: a file, a shipped set or a downloaded group.",
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
    "--service", "services", multiple=True, metavar="NAME ...", help="Services. [default: text voice]"
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
    elements: str,
    elevations: tuple[float, ...],
    frequency_mhz: float | None,
    downlink_bandwidth_mhz: float | None,
    uplink_bandwidth_mhz: float | None,
    beam_radius_km: float | None,
    environment: str | None,
    services: tuple[str, ...],
    form: str | None,
) -> None:
    r"""Print the itemised link budget, both directions, every line with its source.

    Several elevations stand side by side. With one of them, or with --satellite, --json gives an object with
    the keys geometry, downlink, uplink and services; with several, the key budgets has a list of such objects,
    one for each elevation. Doppler is positive while the satellite comes nearer; with --altitude-km it is that
    of the worst pass, through the zenith over an Earth that does not turn. The residual is what is left where
    the satellite compensates the shift at its beam's centre, --beam-radius-km from the handset along the ground
    track; unless given, it is the radius of the payload's -3 dB footprint below the satellite.

    \b
    Examples:
      d2c link --elevation-deg 10 30 90
      d2c link --altitude-km 600 --elevation-deg 30 --environment suburban --service voice
      d2c link --satellite "D2C 53-01/01 NOMINAL" --at 41.9,12.5 --time 2026-08-22T18:10:00Z
    """
    link, chosen = _link(payload, handset, losses, environment, services)
    found = read_services(chosen, link)
    link = _changed(link, frequency_mhz, downlink_bandwidth_mhz, uplink_bandwidth_mhz)
    beam = _Beam(footprint(link.payload), _above_zero("--beam-radius-km", beam_radius_km))
    if satellite is not None:
        if altitude_km is not None or elevations:
            raise ScenarioError("--satellite says where the satellite is; leave out --altitude-km and --elevation-deg")
        asked = _real(satellite, place, instant, elements, beam)
    else:
        if place is not None or instant is not None:
            raise ScenarioError("--at and --time belong to --satellite NAME_OR_ID; give it, or leave them out")
        asked = _on_sphere(payload, altitude_km, elevations or _ELEVATIONS_DEG, beam)
    reports = [
        link_report(link, sight, found, environment=environment, latitude_deg=asked.latitude_deg)
        for sight in asked.sights
    ]
    names = {"payload": payload, "handset": handset, "losses": losses, "environment": environment}
    if form == "json":
        body = reports[0] if len(reports) == 1 else {"budgets": reports}
        click.echo(json.dumps({**names, **asked.keys, **beam.keys(), **body}, indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(as_csv(reports), nl=False)
    else:
        notes = Notes()
        sections = report_sections(reports, notes)
        surroundings = f", environment {environment}" if environment else ""
        head = [
            f"{payload} ({link.payload.title})",
            f"to {handset} ({link.handset.title}), losses {losses} ({link.losses.title}){surroundings}",
            asked.words,
            beam.words(),
        ]
        if form == "markdown":
            click.echo("  \n".join(head) + "\n")
            click.echo(as_markdown(sections, notes))
        else:
            click.echo("\n".join(head) + "\n")
            click.echo(as_text(sections, notes))


@dataclass(frozen=True, slots=True)
class _Beam:
    """How far the handset is from its beam's centre: as given, else the payload's footprint."""

    footprint: Footprint | None
    given_km: float | None

    def radius_m(self, altitude_m: float) -> float:
        if self.given_km is not None:
            return self.given_km * 1e3
        return self.footprint.radius_m(altitude_m=altitude_m) if self.footprint else math.nan

    def keys(self) -> dict[str, Any]:
        if self.given_km is not None:
            return {"beam_radius": {"source": "given by the user", "assumed": ""}}
        if self.footprint is None:
            return {}
        return {"beam_radius": {"source": self.footprint.source, "assumed": self.footprint.assumed}}

    def words(self) -> str:
        if self.given_km is not None:
            return f"beam centre {self.given_km:g} km from the handset along the ground track, as given"
        if self.footprint is None:
            return "no residual Doppler: the payload's beamwidth is unknown; give --beam-radius-km"
        why = f"assumed: {self.footprint.assumed}" if self.footprint.assumed else self.footprint.source
        return f"beam centre as far as the -3 dB footprint below the satellite reaches ({why})"


def _link(
    payload: str, handset: str, losses: str, environment: str | None, services: tuple[str, ...]
) -> tuple[RadioLink, model.Link]:
    if environment is not None and environment not in ENVIRONMENTS:
        raise ScenarioError(f"unknown environment '{environment}'{did_you_mean(environment, ENVIRONMENTS)}")
    names = {"payload": payload, "handset": handset, "losses": losses, "environment": environment}
    chosen = validated(model.Link, names | ({"services": services} if services else {}), origin="d2c link")
    return read_link(chosen), chosen


def _changed(
    link: RadioLink, frequency_mhz: float | None, downlink_mhz: float | None, uplink_mhz: float | None
) -> RadioLink:
    if _above_zero("--frequency-mhz", frequency_mhz) is not None:
        link = link.at_frequency(frequency_mhz=frequency_mhz)
    if _above_zero("--downlink-bandwidth-mhz", downlink_mhz) is not None:
        link = link.in_bandwidth(bandwidth_mhz=downlink_mhz, direction="downlink")
    if _above_zero("--uplink-bandwidth-mhz", uplink_mhz) is not None:
        link = link.in_bandwidth(bandwidth_mhz=uplink_mhz, direction="uplink")
    return link


def _on_sphere(payload: str, altitude_km: float | None, elevations: tuple[float, ...], beam: _Beam) -> _Asked:
    why = ""
    if altitude_km is None:
        if not payload.startswith("starlink-d2c"):
            raise ScenarioError(f"payload '{payload}' may fly anywhere: give --altitude-km H or --satellite NAME_OR_ID")
        altitude_km, why = _STARLINK_KM, " (mean of the direct-to-cell Starlinks in August 2026)"
    if not _LOWEST_KM <= altitude_km <= _HIGHEST_KM:
        raise ModelRangeError(f"--altitude-km {altitude_km:g} is outside {_LOWEST_KM:g} to {_HIGHEST_KM:g} km")
    if not all(map(math.isfinite, elevations)):
        raise ModelRangeError("--elevation-deg must be a number from 0 to 90 deg")
    altitude_m = altitude_km * 1e3
    radius_m = beam.radius_m(altitude_m)
    sights = tuple(
        sight_on_sphere(altitude_m=altitude_m, elevation_deg=elevation, beam_radius_m=radius_m)
        for elevation in elevations
    )
    words = f"circular orbit at {altitude_km:g} km{why} over a sphere of 6,371 km, rising towards the zenith"
    return _Asked(sights, ITALY_DEG, words, {"altitude_km": altitude_km})


def _real(satellite: str, place: str | None, instant: str | None, elements: str, beam: _Beam) -> _Asked:
    if place is None or instant is None:
        raise ScenarioError("--satellite needs --at LAT,LON and --time T")
    latitude_deg, longitude_deg = read_place(place)
    constellation = read_elements(find_elements(elements))
    index = find_satellite(constellation, satellite)
    utc = read_instant(instant, constellation)
    name, at = constellation.name[index], {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    age_days = float(element_age_days(constellation, utc)[index])
    if age_days > MAX_AGE_DAYS:
        raise CatalogueError(
            f"{constellation.source}: at {utc}Z the elements of '{name}' are {age_days:.1f} days old, more than "
            f"{MAX_AGE_DAYS:g}; choose a time near their epoch ({constellation.epoch_utc[index]}Z) or newer elements"
        )
    if age_days > WARN_AGE_DAYS:
        click.echo(f"d2c: warning: the elements of '{name}' are {age_days:.1f} days old at {utc}Z", err=True)
    sight = sight_of(constellation, index, utc=utc, **at)
    if sight.look.elevation_deg < 0:
        rise = next_in_view_utc(constellation, index, utc=utc, **at)
        then = f"it is above it at {rise}Z" if rise is not None else "it does not rise within a day"
        raise ModelRangeError(
            f"'{name}' is {-sight.look.elevation_deg:.1f} deg below the horizon of {place} at {utc}Z; {then}"
        )
    radius_m = beam.radius_m(float(sight.altitude_m))
    sight = sight_of(constellation, index, utc=utc, **at, beam_radius_m=radius_m)
    number = int(constellation.norad_id[index])
    words = f"{name} ({number}) of {constellation.source}, {age_days:.1f} days after or before its elements' epoch,"
    words += f" from {place} at {utc}Z"
    keys = {"satellite": {"name": name, "norad_id": number}, "utc": f"{utc}Z", **at, "element_age_days": age_days}
    return _Asked((sight,), latitude_deg, words, keys)


def _above_zero(option: str, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise ScenarioError(f"{option} {value:g} must be above 0")
    return value

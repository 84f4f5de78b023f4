"""Link budgets line by line, both directions, for one satellite and one handset."""

import math
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from d2c.api.budget_table import BudgetTable
from d2c.api.elements import Elements
from d2c.api.link_figures import (
    check_loss_names,
    checked_losses,
    handset_or_default,
    payload_or_default,
)
from d2c.api.link_geometry import (
    ELEVATIONS_DEG,
    BeamRadius,
    circular_orbit_request,
    satellite_request,
)
from d2c.api.settings import Instant
from d2c.coverage.inputs import services_by_rule
from d2c.errors import ArgumentError, ScenarioError, did_you_mean
from d2c.library.entry import GIVEN, Entry
from d2c.library.models import Handset, Limit, LossSet, Payload, Service
from d2c.library.models import ServiceRule as ServiceRule
from d2c.link.bands import check_bands
from d2c.link.beamwidth import footprint
from d2c.link.budget import RadioLink
from d2c.link.given import handset_with, payload_with
from d2c.link.margins import analyse_link
from d2c.names import slug
from d2c.output.format.tables import residual_doppler_text
from d2c.output.reports.link import link_report
from d2c.propagation.tr38811 import ENVIRONMENTS as ENVIRONMENTS
from d2c.site.site import Site

_Entry = TypeVar("_Entry", bound=Entry)


def link_budget(
    payload: str | Payload | None = None,
    *,
    handset: str | Handset | None = None,
    losses: str | LossSet = "outdoor",
    altitude_km: float | None = None,
    satellite: str | None = None,
    site: Site | str | None = None,
    time: Instant | None = None,
    elements: str | PathLike[str] | Elements | None = None,
    elevation_deg: float | Sequence[float] | None = None,
    eirp_dbw: float | None = None,
    eirp_density_dbw_mhz: float | None = None,
    g_over_t_db_k: float | None = None,
    frequency_mhz: float | None = None,
    bandwidth_mhz: float | None = None,
    downlink_bandwidth_mhz: float | None = None,
    uplink_bandwidth_mhz: float | None = None,
    tx_power_dbm: float | None = None,
    tx_gain_dbi: float | None = None,
    rx_gain_dbi: float | None = None,
    noise_figure_db: float | None = None,
    antenna_temperature_k: float | None = None,
    losses_db: Mapping[str, float] | None = None,
    beam_radius_km: float | None = None,
    environment: str | None = None,
    services: Sequence[str | Service] | None = None,
    service_rule: ServiceRule = "bits",
    limits: Sequence[str | Limit] = (),
) -> BudgetTable:
    """Compute a link budget, every line with its source: on a circular orbit, or of a satellite at an instant.

    Any line may be given: the figures of the satellite and of the handset, and every loss. The rest comes from the
    entries; a satellite with an EIRP of its own and no `payload` has no entry, and what it lacks is named.

    Doppler is positive while the satellite approaches. On a circular orbit it is that of the worst case, a pass through
    the zenith over a non-rotating Earth.

    Parameters
    ----------
    payload, handset, losses : str or their objects
        Entries of the library, TOML files, or objects. By default starlink-d2c, unless an EIRP is given, and
        3gpp-handheld, unless all figures of a handset are given.
    altitude_km : float, optional
        Of a circular orbit over a sphere of 6,371 km (3GPP TR 38.811); 360 by default for the starlink-d2c payloads.
    satellite : str, optional
        Name or NORAD number of a satellite in `elements`, instead of a circular orbit; needs `site` and `time`.
    site : Site or str, optional
        Where the handset is, for `satellite`.
    time : str, datetime or datetime64, optional
        When, UTC, for `satellite`: an instant, `"now"` or `"epoch"`.
    elements : str, path or Elements, optional
        By default the shipped direct-to-cell Starlinks.
    elevation_deg : float or sequence of float, optional
        One or several elevations of a circular orbit; 25, 40, 60 and 90 by default.
    eirp_dbw, eirp_density_dbw_mhz, g_over_t_db_k : float, optional
        EIRP of the satellite over its bandwidth or in 1 MHz, and its G/T, instead of the payload's.
    frequency_mhz, bandwidth_mhz : float, optional
        Of both directions, instead of the payload's.
    downlink_bandwidth_mhz, uplink_bandwidth_mhz : float, optional
        Occupied bandwidths of one direction; EIRP or its density is kept, as the payload gives it.
    tx_power_dbm, tx_gain_dbi, rx_gain_dbi, noise_figure_db, antenna_temperature_k : float, optional
        Figures of the handset, instead of those of `handset`.
    losses_db : mapping of str to float, optional
        Losses by the names of their lines, instead of the computed ones, or further ones.
    beam_radius_km : float, optional
        Distance of the handset from the beam centre, for the residual Doppler; by default the radius of the payload's
        -3 dB footprint at nadir.
    environment : str, optional
        Environment of 3GPP TR 38.811 for the probability of service under shadowing.
    services : sequence of str or Service, optional
        By default text and voice; cell-broadcast for a payload without an uplink.
    service_rule : {"bits", "operator-reported"}
        What sets the required downlink C/N.
    limits : sequence of str or Limit
        Limits with which the power flux density is compared.

    Returns
    -------
    BudgetTable

    Raises
    ------
    ScenarioError
        If an entry or a value is invalid or missing, values exclude each other, or the ends are of different bands.
    ModelRangeError
        If the satellite is below the horizon, or a model is left.
    CatalogueError
        If the satellite is not found, or its elements are too old.

    References
    ----------
    Each line names its own: ITU-R P.525, P.676 and P.2109, 3GPP TR 38.811 and TR 38.821.

    Examples
    --------
    >>> import d2c
    >>> budget = d2c.link_budget(altitude_km=360, elevation_deg=30)
    >>> round(float(budget.downlink.c_n_db), 2)
    22.46
    >>> budget.to_frame().loc[("downlink", "free-space loss"), 30.0].round(2)
    np.float64(154.96)
    >>> own = d2c.link_budget(eirp_dbw=40, frequency_mhz=2000, bandwidth_mhz=5, altitude_km=600, elevation_deg=30)
    >>> own.downlink.lines[0].value_db.round(1), own.downlink.lines[0].source
    (np.float64(40.0), 'given by the user')
    """
    figures = _given(
        eirp_dbw=eirp_dbw,
        eirp_density_dbw_mhz=eirp_density_dbw_mhz,
        g_over_t_db_k=g_over_t_db_k,
        frequency_mhz=frequency_mhz,
        bandwidth_mhz=bandwidth_mhz,
        downlink_bandwidth_mhz=downlink_bandwidth_mhz,
        uplink_bandwidth_mhz=uplink_bandwidth_mhz,
        tx_power_dbm=tx_power_dbm,
        tx_gain_dbi=tx_gain_dbi,
        rx_gain_dbi=rx_gain_dbi,
        noise_figure_db=noise_figure_db,
        antenna_temperature_k=antenna_temperature_k,
    )
    orbit_is_given = altitude_km is not None or satellite is not None
    payload = payload_or_default(payload, figures, orbit_is_given=orbit_is_given)
    handset = handset_or_default(handset, figures)
    names = {"payload": _name(payload), "handset": _name(handset), "losses": _name(losses)}
    given_losses = checked_losses(losses_db or {})
    given = figures | {f"loss {name}": value_db for name, value_db in given_losses}
    if environment is not None and environment not in ENVIRONMENTS:
        raise ScenarioError(f"unknown environment '{environment}'{did_you_mean(environment, ENVIRONMENTS)}")
    radio = payload_with(None if payload is None else _read(payload, Payload), figures)
    terminal = handset_with(None if handset is None else _read(handset, Handset), figures)
    check_bands(radio, terminal, payload_name=names["payload"] or "", handset_name=names["handset"] or "")
    link = RadioLink(radio, terminal, _read(losses, LossSet), given_losses)
    payload_name = names["payload"] or GIVEN
    required = services_by_rule(_services(services, radio), service_rule, {payload_name: link})
    beam = BeamRadius(footprint(link.payload), _positive("beam_radius_km", beam_radius_km))
    if satellite is not None:
        if altitude_km is not None or elevation_deg is not None:
            raise ScenarioError(
                f"satellite '{satellite}' fixes the geometry; leave out altitude_km and elevation_deg"
            )
        if site is None or time is None:
            raise ScenarioError(f"satellite '{satellite}' needs a site and a time")
        at = site if isinstance(site, Site) else Site(site)
        request = satellite_request(satellite, site=at, time=time, elements=elements, beam=beam)
    else:
        if site is not None or time is not None or elements is not None:
            raise ScenarioError("site, time and elements are of a satellite; give it, or leave them out")
        elevations = ELEVATIONS_DEG if elevation_deg is None else elevation_deg
        request = circular_orbit_request(
            payload_name, altitude_km=altitude_km, elevation_deg=elevations, beam=beam
        )
    look = request.geometries[0].look
    check_loss_names(link, look, latitude_deg=request.latitude_deg)
    pfd_limits = {_stem(limit): _read(limit, Limit) for limit in limits}
    chosen: dict[str, Any] = {"latitude_deg": request.latitude_deg, "environment": environment}
    source = beam.source()
    return BudgetTable(
        payload=link.payload,
        handset=link.handset,
        losses=link.losses,
        _keys={
            **names,
            "environment": environment,
            "service_rule": service_rule,
            "given": given,
            **request.keys,
            **source,
        },
        _header=[
            _titled(payload, link.payload),
            f"to {_titled(handset, link.handset)}, losses {_titled(losses, link.losses)}"
            + (f", environment {environment}" if environment else ""),
            request.description,
            residual_doppler_text(source),
            f"required downlink C/N of services by the rule {service_rule}",
            *(
                [f"{GIVEN}: {', '.join(f'{key} = {value:g}' for key, value in given.items())}"]
                if given
                else []
            ),
        ],
        _request=request,
        _analysis=analyse_link(link, required, request.geometry.look, **chosen),
        _reports=[
            link_report(link, geometry, required, limits=pfd_limits, **chosen)
            for geometry in request.geometries
        ],
    )


def _read(entry: str | _Entry, model: type[_Entry]) -> _Entry:
    return model.from_toml(entry) if isinstance(entry, str) else entry


def _given(**figures: float | None) -> dict[str, float]:
    """Return the figures that are given."""
    return {key: value for key, value in figures.items() if value is not None}


def _name(entry: str | Entry | None) -> str | None:
    return entry.title if isinstance(entry, Entry) else entry


def _stem(entry: str | Entry) -> str:
    """Return what tables call a service or a limit."""
    return Path(entry).stem if isinstance(entry, str) else slug(entry.title)


def _titled(given: str | Entry | None, entry: Entry) -> str:
    return f"{given} ({entry.title})" if isinstance(given, str) else entry.title


def _services(services: Sequence[str | Service] | None, payload: Payload) -> dict[str, Service]:
    """Return the services by name, by default those that the payload can have."""
    if services is None:
        services = ("text", "voice") if payload.uplink else ("cell-broadcast",)
    by_name = {_stem(service): _read(service, Service) for service in services}
    if not by_name or len(by_name) != len(services):
        raise ScenarioError("services must name at least one service, each once")
    return by_name


def _positive(name: str, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise ArgumentError(f"{name} = {value:g} must be above 0")
    return value

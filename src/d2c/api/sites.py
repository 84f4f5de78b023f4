"""One place instead of a region: passes, the sky at an instant, and the best server over time."""

from collections.abc import Sequence
from os import PathLike

from d2c.api.elements import Elements
from d2c.api.settings import Changes, Instant, ScenarioLike, scenario_of
from d2c.api.site_answers import Passes, ServerTimeline, Sky
from d2c.errors import ScenarioError
from d2c.library.models import Handset, LossSet, Payload, Service
from d2c.notices import log, warn
from d2c.output.reports.passes import passes_report
from d2c.output.reports.sky import sky_report
from d2c.output.reports.timeline import timeline_report
from d2c.site.inputs import SiteInputs, read_site_inputs
from d2c.site.passes import find_passes
from d2c.site.site import Site as Site
from d2c.site.sky import server_line, sky_at
from d2c.utc import HOUR_US

MAX_HOURS = 336.0  # 14 days, the maximum age of elements


def passes(
    site: Site | str,
    scenario: ScenarioLike = "italy",
    *,
    start: Instant | None = None,
    hours: float = 3.0,
    service: str | Service | None = None,
    payload: str | Payload | None = None,
    handset: str | Handset | None = None,
    losses: str | LossSet | None = None,
    elements: str | PathLike[str] | Elements | None = None,
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
) -> Passes:
    """Find the satellite passes over a place, and when a service is served there.

    A pass is the time of a satellite above the scenario's elevation mask; a window is the time in which the link of the
    service closes with at least one satellite. Times agree with SGP4 to about a millisecond, and are given to 0.1 s.

    Parameters
    ----------
    site : Site or str
        The place, or its name as in `Site`.
    scenario : str, path or Scenario
        Whose satellites, link and elevation mask to take; its region is not used.
    start : str, datetime or datetime64, optional
        Begin of the span, UTC: an instant, `"now"` or `"epoch"`. By default the scenario's.
    hours : float
        Length of the span, at most 336 (two weeks).
    service : str or Service, optional
        By default the scenario's first.
    payload, handset, losses : str or their objects, optional
        Instead of the scenario's.
    elements : str, path or Elements, optional
        Satellites instead of the scenario's.
    set : mapping, optional
        Values that replace those of the scenario's keys, such as `{"link.min_elevation_deg": 40}`.

    Returns
    -------
    Passes

    Raises
    ------
    D2CError
        If the place, the scenario or one of the values is invalid.

    Examples
    --------
    >>> import d2c
    >>> found = d2c.passes("Lampedusa", hours=1)
    >>> found
    <d2c.Passes: 67 over Lampedusa, Italy>
    >>> found.to_frame()[["satellite", "highest_elevation_deg"]].head(1)
                  satellite  highest_elevation_deg
    0  D2C 53-08/05 NOMINAL               31.86469
    """
    services = None if service is None else [service]
    inputs = _read(site, scenario, start, payload, handset, losses, services, elements, set)
    name, entry = next(iter(inputs.radio.services.items()))
    search = find_passes(
        inputs.satellites.constellation,
        inputs.site,
        start=inputs.satellites.start,
        span_us=round(_checked_hours(hours) * HOUR_US),
        mask_deg=inputs.radio.mask_deg,
        links=inputs.radio.links,
        service=entry,
    )
    return Passes(inputs, passes_report(inputs, search, service=name), search)


def sky(
    site: Site | str,
    scenario: ScenarioLike = "italy",
    *,
    time: Instant | None = None,
    payload: str | Payload | None = None,
    handset: str | Handset | None = None,
    losses: str | LossSet | None = None,
    services: Sequence[str | Service] | None = None,
    elements: str | PathLike[str] | Elements | None = None,
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
) -> Sky:
    """List the satellites above the horizon of a place at an instant, with the levels and margins of their links.

    Parameters
    ----------
    time : str, datetime or datetime64, optional
        The instant, UTC. By default the scenario's start.
    services : sequence of str or Service, optional
        Instead of the scenario's.
    site, scenario, payload, handset, losses, elements, set
        As for `passes`.

    Returns
    -------
    Sky

    Raises
    ------
    D2CError
        If the place, the scenario or one of the values is invalid.

    Examples
    --------
    >>> import d2c
    >>> view = d2c.sky("Courmayeur", time="2026-08-22T20:15:00Z")
    >>> view.server
    'D2C 43-13/11 NOMINAL'
    """
    inputs = _read(site, scenario, time, payload, handset, losses, services, elements, set)
    view = sky_at(inputs.satellites.constellation, inputs.site, inputs.radio, utc=inputs.satellites.start)
    return Sky(inputs, sky_report(inputs, view), view)


def timeline(
    site: Site | str,
    scenario: ScenarioLike = "italy",
    *,
    start: Instant | None = None,
    hours: float | None = None,
    payload: str | Payload | None = None,
    handset: str | Handset | None = None,
    losses: str | LossSet | None = None,
    services: Sequence[str | Service] | None = None,
    elements: str | PathLike[str] | Elements | None = None,
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
) -> ServerTimeline:
    """Follow the best server of a place: at each step the satellite with the highest downlink C/N, as in coverage maps.

    Parameters
    ----------
    start : str, datetime or datetime64, optional
        Begin of the span, UTC. By default the scenario's.
    hours : float, optional
        Length of the span, at most 336. By default the scenario's.
    services : sequence of str or Service, optional
        Instead of the scenario's.
    site, scenario, payload, handset, losses, elements, set
        As for `passes`.

    Returns
    -------
    ServerTimeline

    Raises
    ------
    D2CError
        If the place, the scenario or one of the values is invalid.

    Examples
    --------
    >>> import d2c
    >>> line = d2c.timeline("Lampedusa", hours=1)
    >>> line
    <d2c.ServerTimeline: 120 steps over Lampedusa, Italy>
    >>> float(line.to_frame()["elevation_deg"].min()) >= 25
    True
    """
    inputs = _read(site, scenario, start, payload, handset, losses, services, elements, set)
    step = inputs.scenario.time
    span_h = _checked_hours(step.duration_h if hours is None else hours)
    samples = round(span_h * HOUR_US) // step.step_us
    if samples < 1:
        raise ScenarioError(f"hours = {span_h:g} is shorter than one step of {step.step_s:g} s")
    line = server_line(
        inputs.satellites.constellation,
        inputs.site,
        inputs.radio,
        start=inputs.satellites.start,
        step_us=step.step_us,
        samples=samples,
    )
    return ServerTimeline(inputs, timeline_report(inputs, line, step_us=step.step_us), line)


def _read(
    site: Site | str,
    scenario: ScenarioLike,
    start: Instant | None,
    payload: str | Payload | None,
    handset: str | Handset | None,
    losses: str | LossSet | None,
    services: Sequence[str | Service] | None,
    elements: str | PathLike[str] | Elements | None,
    changes: Changes | None,
) -> SiteInputs:
    """Read the inputs of a place and warn of what is doubtful about them."""
    resolved = scenario_of(
        scenario,
        payload=payload,
        handset=handset,
        losses=losses,
        services=services,
        elements=elements,
        start=start,
        changes=changes,
    )
    inputs = read_site_inputs(resolved, site if isinstance(site, Site) else Site(site))
    satellites = inputs.satellites.constellation
    rejected = len(satellites.rejected)
    log.debug(
        "%s satellites of %s; %s element sets rejected",
        f"{len(satellites):,}",
        satellites.source,
        f"{rejected:,}",
    )
    for warning in inputs.satellites.warnings:
        warn(warning)
    return inputs


def _checked_hours(hours: float) -> float:
    if not 0 < hours <= MAX_HOURS:
        raise ScenarioError(f"hours = {hours:g} must be above 0 and at most {MAX_HOURS:g}, two weeks")
    return hours

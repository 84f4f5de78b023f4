"""Link budgets line by line, both directions, for one satellite and one handset."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from d2c.api.elements import Elements
from d2c.api.link_geometry import (
    ELEVATIONS_DEG,
    BeamRadius,
    LinkRequest,
    circular_orbit_request,
    satellite_request,
)
from d2c.api.settings import Instant
from d2c.coverage.inputs import services_by_rule
from d2c.errors import ScenarioError, did_you_mean
from d2c.library.entry import Entry
from d2c.library.models import Handset, Limit, LossSet, Payload, Service, ServiceRule
from d2c.link.beamwidth import footprint
from d2c.link.budget import LinkBudget, RadioLink
from d2c.link.margins import LinkAnalysis, ServiceMargin, analyse_link
from d2c.link.satellite_geometry import SatelliteGeometry
from d2c.names import slug
from d2c.output.format.tables import (
    Notes,
    as_csv,
    as_markdown,
    as_text,
    report_rows,
    report_sections,
    residual_doppler_text,
)
from d2c.output.reports.link import link_report
from d2c.propagation.tr38811 import ENVIRONMENTS
from d2c.site.site import Site

if TYPE_CHECKING:
    import pandas as pd

_Entry = TypeVar("_Entry", bound=Entry)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class BudgetTable:
    """Link budget of one satellite and one handset, at one or several elevations; made by `link_budget`.

    Printed, it is the table of `d2c link`. Arrays have the shape of the elevations, () for one.

    Attributes
    ----------
    payload, handset, losses : Payload, Handset, LossSet
        The entries as used.

    Examples
    --------
    >>> import d2c
    >>> budget = d2c.link_budget(altitude_km=360, elevation_deg=[30, 90])
    >>> budget.services["text"].margin_db.round(1)
    array([21.2, 29. ])
    >>> budget.uplink.lines[0].name
    'handset EIRP'
    """

    payload: Payload
    handset: Handset
    losses: LossSet
    _keys: Mapping[str, Any]
    _header: Sequence[str]
    _request: LinkRequest
    _analysis: LinkAnalysis
    _reports: Sequence[Mapping[str, Any]]

    @property
    def geometry(self) -> SatelliteGeometry:
        """Return elevation, slant range and off-nadir angle (`look`), delay and Doppler."""
        return self._request.geometry

    @property
    def downlink(self) -> LinkBudget:
        """Return the downlink: `lines` in dB with their sources, `c_n_db`, `c_n0_dbhz`, `pfd_dbw_m2_mhz`."""
        return self._analysis.downlink

    @property
    def uplink(self) -> LinkBudget | None:
        """Return the uplink; None for a payload without one."""
        return self._analysis.uplink

    @property
    def services(self) -> dict[str, ServiceMargin]:
        """Return the margin of each service by name: `margin_db`, `direction_margin_db`, `probability`."""
        return {margin.name: margin for margin in self._analysis.margins}

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each figure by section and name: sign, unit, a column for each elevation, and the source."""
        import pandas as pd  # here for start-up time

        columns = [list(report_rows(report)) for report in self._reports]
        names = [report["geometry"]["elevation_deg"] for report in self._reports]
        rows, index = [], []
        for several in zip(*columns, strict=True):
            section, name, sign, _, unit, source, assumed = several[0]
            values = [row[3] for row in several]
            if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
                index.append((section, name))
                rows.append([sign, unit, *map(float, values), source, assumed])
        return pd.DataFrame(
            rows,
            index=pd.MultiIndex.from_tuples(index, names=["section", "name"]),
            columns=["sign", "unit", *names, "source", "assumed"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all figures unrounded; of several elevations a list under the key `budgets`."""
        reports = list(self._reports)
        return {**self._keys, **(reports[0] if len(reports) == 1 else {"budgets": reports})}

    def to_csv(self) -> str:
        """Return all figures as CSV, one a row."""
        return as_csv(self._reports)

    def to_markdown(self) -> str:
        """Return the tables as Markdown."""
        notes = Notes()
        return as_markdown(report_sections(self._reports, notes), notes, head=self._header)

    def __str__(self) -> str:
        """Return the table of `d2c link`."""
        notes = Notes()
        return as_text(report_sections(self._reports, notes), notes, head=self._header)

    def __repr__(self) -> str:
        """Return payload, handset and the margins."""
        margins = ", ".join(
            f"{name} {' '.join(f'{row:.1f}' for row in margin.margin_db.ravel())} dB"
            for name, margin in self.services.items()
        )
        return f"<d2c.BudgetTable: {self.payload.title} to {self.handset.title}; margin {margins}>"


def link_budget(
    payload: str | Payload = "starlink-d2c",
    *,
    handset: str | Handset = "3gpp-handheld",
    losses: str | LossSet = "outdoor",
    altitude_km: float | None = None,
    satellite: str | None = None,
    site: Site | str | None = None,
    time: Instant | None = None,
    elements: str | PathLike[str] | Elements | None = None,
    elevation_deg: float | Sequence[float] | None = None,
    frequency_mhz: float | None = None,
    downlink_bandwidth_mhz: float | None = None,
    uplink_bandwidth_mhz: float | None = None,
    beam_radius_km: float | None = None,
    environment: str | None = None,
    services: Sequence[str | Service] | None = None,
    service_rule: ServiceRule = "bits",
    limits: Sequence[str | Limit] = (),
) -> BudgetTable:
    """Compute a link budget, every line with its source: on a circular orbit, or of a satellite at an instant.

    Doppler is positive while the satellite approaches. On a circular orbit it is that of the worst case, a pass through
    the zenith over a non-rotating Earth.

    Parameters
    ----------
    payload, handset, losses : str or their objects
        Entries of the library, TOML files, or objects.
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
    frequency_mhz : float, optional
        Of both directions, instead of the payload's.
    downlink_bandwidth_mhz, uplink_bandwidth_mhz : float, optional
        Occupied bandwidths; the EIRP density is kept.
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
        If an entry or a value is invalid, or values exclude each other.
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
    """
    names = {"payload": _name(payload), "handset": _name(handset), "losses": _name(losses)}
    if environment is not None and environment not in ENVIRONMENTS:
        raise ScenarioError(f"unknown environment '{environment}'{did_you_mean(environment, ENVIRONMENTS)}")
    link = RadioLink(_read(payload, Payload), _read(handset, Handset), _read(losses, LossSet))
    required = services_by_rule(_services(services, link.payload), service_rule, {names["payload"]: link})
    link = _with_overrides(link, frequency_mhz, downlink_bandwidth_mhz, uplink_bandwidth_mhz)
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
            names["payload"], altitude_km=altitude_km, elevation_deg=elevations, beam=beam
        )
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


def _name(entry: str | Entry) -> str:
    return entry if isinstance(entry, str) else entry.title


def _stem(entry: str | Entry) -> str:
    """Return what tables call a service or a limit."""
    return Path(entry).stem if isinstance(entry, str) else slug(entry.title)


def _titled(given: str | Entry, entry: Entry) -> str:
    return f"{given} ({entry.title})" if isinstance(given, str) else entry.title


def _services(services: Sequence[str | Service] | None, payload: Payload) -> dict[str, Service]:
    """Return the services by name, by default those that the payload can have."""
    if services is None:
        services = ("text", "voice") if payload.uplink else ("cell-broadcast",)
    by_name = {_stem(service): _read(service, Service) for service in services}
    if not by_name or len(by_name) != len(services):
        raise ScenarioError("services must name at least one service, each once")
    return by_name


def _with_overrides(
    link: RadioLink, frequency_mhz: float | None, downlink_mhz: float | None, uplink_mhz: float | None
) -> RadioLink:
    if value := _positive("frequency_mhz", frequency_mhz):
        link = link.at_frequency(frequency_mhz=value)
    if value := _positive("downlink_bandwidth_mhz", downlink_mhz):
        link = link.in_bandwidth(bandwidth_mhz=value, direction="downlink")
    if value := _positive("uplink_bandwidth_mhz", uplink_mhz):
        link = link.in_bandwidth(bandwidth_mhz=value, direction="uplink")
    return link


def _positive(name: str, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise ScenarioError(f"{name} = {value:g} must be above 0")
    return value

"""Satellite geometries of a link budget: a circular orbit at elevations, or a catalogued satellite at an instant."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from d2c.api.defaults import DEFAULT_ELEMENTS
from d2c.api.elements import Elements
from d2c.api.settings import Instant, instant_text
from d2c.errors import CatalogueError, ModelRangeError, ScenarioError
from d2c.library.constellation import MAX_ALTITUDE_KM, MIN_ALTITUDE_KM
from d2c.library.entry import GIVEN
from d2c.link.beamwidth import Footprint
from d2c.link.budget import DEFAULT_LATITUDE_DEG
from d2c.link.satellite_geometry import (
    SatelliteGeometry,
    geometry_on_sphere,
    next_in_view_utc,
    satellite_geometry,
)
from d2c.local_time import shown_instant
from d2c.notices import warn
from d2c.orbit.constellation import Constellation
from d2c.orbit.epoch import MAX_AGE_DAYS, WARN_AGE_DAYS, element_age_days, start_utc
from d2c.output.reports.link import beam_source
from d2c.site.site import Site
from d2c.utc import utc_text

ELEVATIONS_DEG = (25.0, 40.0, 60.0, 90.0)
_STARLINK_KM = 360.0  # mean altitude of the direct-to-cell Starlinks on 2026-08-22, tles/README.md


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """Geometry of a link in one array, and one by one; with its description as text and as JSON keys."""

    geometry: SatelliteGeometry
    geometries: tuple[SatelliteGeometry, ...]
    latitude_deg: float
    description: str
    keys: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BeamRadius:
    """Distance of the handset from its beam's centre: as given, else the radius of the payload's -3 dB footprint."""

    footprint: Footprint | None
    given_km: float | None

    def radius_m(self, altitude_m: float) -> float:
        """Return the distance; NaN where the payload's beam pattern is unknown."""
        if self.given_km is not None:
            return self.given_km * 1e3
        return self.footprint.radius_m(altitude_m=altitude_m) if self.footprint else math.nan

    def source(self) -> dict[str, Any]:
        """Return the source of the distance, as in link reports."""
        if self.given_km is not None:
            return {"beam_radius": {"source": GIVEN, "assumed": ""}}
        return beam_source(self.footprint)


def circular_orbit_request(
    payload: str, *, altitude_km: float | None, elevation_deg: float | Sequence[float], beam: BeamRadius
) -> LinkRequest:
    """Return the geometry at these elevations; the altitude has a default only for the starlink-d2c payloads."""
    note = ""
    if altitude_km is None:
        if not payload.startswith("starlink-d2c"):
            raise ScenarioError(
                f"payload '{payload}' has no default altitude: give altitude_km or a satellite"
            )
        altitude_km, note = _STARLINK_KM, " (mean of the direct-to-cell Starlinks in August 2026)"
    if not MIN_ALTITUDE_KM <= altitude_km <= MAX_ALTITUDE_KM:
        raise ModelRangeError(
            f"altitude_km = {altitude_km:g} is outside {MIN_ALTITUDE_KM:g} to {MAX_ALTITUDE_KM:g} km"
        )
    elevations = np.asarray(elevation_deg, dtype=float)
    if elevations.ndim > 1 or not elevations.size or not np.isfinite(elevations).all():
        raise ModelRangeError("elevation_deg must be a number from 0 to 90 deg, or several")
    altitude_m = altitude_km * 1e3
    radius_m = beam.radius_m(altitude_m)

    def at(elevation: Any) -> SatelliteGeometry:
        return geometry_on_sphere(altitude_m=altitude_m, elevation_deg=elevation, beam_radius_m=radius_m)

    description = (
        f"circular orbit at {altitude_km:g} km{note} over a sphere of 6,371 km, rising towards the zenith"
    )
    return LinkRequest(
        geometry=at(elevations),
        geometries=tuple(map(at, elevations.ravel().tolist())),
        latitude_deg=DEFAULT_LATITUDE_DEG,
        description=description,
        keys={"altitude_km": altitude_km},
    )


def satellite_request(
    satellite: str,
    *,
    site: Site,
    time: Instant,
    elements: str | PathLike[str] | Elements | None,
    beam: BeamRadius,
) -> LinkRequest:
    """Return the geometry of a catalogued satellite at a site and instant; ModelRangeError if below the horizon."""
    chosen = elements if isinstance(elements, Elements) else Elements.read(elements or DEFAULT_ELEMENTS)
    constellation, index = chosen.satellites, chosen.find(satellite)
    utc = start_utc(instant_text(time), constellation)
    age_days = _checked_age(constellation, index, utc)
    name, number = constellation.name[index], int(constellation.norad_id[index])
    at = {"latitude_deg": site.latitude_deg, "longitude_deg": site.longitude_deg}
    where = site.label if site.place else f"{site.latitude_deg:g},{site.longitude_deg:g}"
    geometry = satellite_geometry(constellation, index, utc=utc, **at)
    if geometry.look.elevation_deg < 0:
        rise = next_in_view_utc(constellation, index, utc=utc, **at)
        rises = "it does not rise within a day"
        remedy = rises if rise is None else f"it is above it at {shown_instant(utc_text(rise))}"
        raise ModelRangeError(
            f"'{name}' is {-geometry.look.elevation_deg:.1f} deg below the horizon of {where} at "
            f"{shown_instant(utc_text(utc))}; {remedy}"
        )
    radius_m = beam.radius_m(float(geometry.altitude_m))
    geometry = satellite_geometry(constellation, index, utc=utc, **at, beam_radius_m=radius_m)
    description = (
        f"{name} ({number}) of {constellation.source}, elements {age_days:.1f} days old, "
        f"from {where} at {shown_instant(utc_text(utc))}"
    )
    keys = {
        "satellite": {"name": name, "norad_id": number},
        "utc": utc_text(utc),
        **at,
        "element_age_days": age_days,
    }
    return LinkRequest(geometry, (geometry,), site.latitude_deg, description, keys)


def _checked_age(constellation: Constellation, index: int, utc: np.datetime64) -> float:
    name = constellation.name[index]
    age_days = float(element_age_days(constellation, utc)[index])
    if age_days > MAX_AGE_DAYS:
        raise CatalogueError(
            f"{constellation.source}: at {utc_text(utc)} the elements of '{name}' are {age_days:.1f} days old, more "
            f"than {MAX_AGE_DAYS:g}; choose a time near their epoch ({utc_text(constellation.epoch_utc[index])}) or "
            "newer elements"
        )
    if age_days > WARN_AGE_DAYS:
        warn(f"the elements of '{name}' are {age_days:.1f} days old at {utc_text(utc)}")
    return age_days

"""Where the satellite of `d2c link` stands: on a circular orbit, or a real one at an instant."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from d2c.cli.console import warn
from d2c.cli.param_types import read_place
from d2c.errors import CatalogueError, ModelRangeError, ScenarioError
from d2c.link.budget import ITALY_DEG
from d2c.link.satellite_geometry import (
    Footprint,
    SatelliteGeometry,
    geometry_on_sphere,
    next_in_view_utc,
    satellite_geometry,
)
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.constellation import Constellation
from d2c.orbit.epoch import MAX_AGE_DAYS, WARN_AGE_DAYS, element_age_days, start_utc
from d2c.orbit.named import find_satellite
from d2c.output.reports.link import beam_source
from d2c.results.format.utc import utc_text

ELEVATIONS_DEG = (25.0, 40.0, 60.0, 90.0)
DEFAULT_ELEMENTS = "starlink-d2c-2026-08"
_STARLINK_KM = 360.0  # mean altitude of the direct-to-cell Starlinks on 2026-08-22, tles/README.md
_LOWEST_KM, _HIGHEST_KM = 150.0, 50_000.0  # as in scenario files


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What is looked at: sights, the words and the JSON keys that describe them."""

    sights: tuple[SatelliteGeometry, ...]
    latitude_deg: float
    words: str
    keys: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BeamRadius:
    """How far the handset is from its beam's centre: as given, else the payload's footprint."""

    footprint: Footprint | None
    given_km: float | None

    def radius_m(self, altitude_m: float) -> float:
        """Return the distance; NaN where the payload's beam is unknown."""
        if self.given_km is not None:
            return self.given_km * 1e3
        return self.footprint.radius_m(altitude_m=altitude_m) if self.footprint else math.nan

    def source(self) -> dict[str, Any]:
        """Return where the distance comes from, as in link reports."""
        if self.given_km is not None:
            return {"beam_radius": {"source": "given by the user", "assumed": ""}}
        return beam_source(self.footprint)


def on_circular_orbit(
    payload: str, *, altitude_km: float | None, elevations_deg: tuple[float, ...], beam: BeamRadius
) -> LinkRequest:
    """Return the sights at these elevations; without an altitude only for the starlink-d2c payloads."""
    why = ""
    if altitude_km is None:
        if not payload.startswith("starlink-d2c"):
            raise ScenarioError(
                f"payload '{payload}' may fly anywhere: give --altitude-km H or --satellite NAME_OR_ID"
            )
        altitude_km, why = _STARLINK_KM, " (mean of the direct-to-cell Starlinks in August 2026)"
    if not _LOWEST_KM <= altitude_km <= _HIGHEST_KM:
        raise ModelRangeError(
            f"--altitude-km {altitude_km:g} is outside {_LOWEST_KM:g} to {_HIGHEST_KM:g} km"
        )
    if not all(map(math.isfinite, elevations_deg)):
        raise ModelRangeError("--elevation-deg must be a number from 0 to 90 deg")
    altitude_m = altitude_km * 1e3
    radius_m = beam.radius_m(altitude_m)
    sights = tuple(
        geometry_on_sphere(altitude_m=altitude_m, elevation_deg=elevation, beam_radius_m=radius_m)
        for elevation in elevations_deg
    )
    words = f"circular orbit at {altitude_km:g} km{why} over a sphere of 6,371 km, rising towards the zenith"
    return LinkRequest(sights, ITALY_DEG, words, {"altitude_km": altitude_km})


def real_satellite(
    satellite: str, *, place: str | None, instant: str | None, elements: str | None, beam: BeamRadius
) -> LinkRequest:
    """Return the sight of a satellite of an element file from a place at an instant; an error below its horizon."""
    if place is None or instant is None:
        raise ScenarioError("--satellite needs --at LAT,LON and --time T")
    latitude_deg, longitude_deg = read_place(place)
    constellation = read_elements(find_elements(elements or DEFAULT_ELEMENTS))
    index = find_satellite(constellation, satellite)
    utc = start_utc(instant, constellation)
    age_days = _checked_age(constellation, index, utc)
    name, number = constellation.name[index], int(constellation.norad_id[index])
    at = {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    sight = satellite_geometry(constellation, index, utc=utc, **at)
    if sight.look.elevation_deg < 0:
        rise = next_in_view_utc(constellation, index, utc=utc, **at)
        then = f"it is above it at {utc_text(rise)}" if rise is not None else "it does not rise within a day"
        raise ModelRangeError(
            f"'{name}' is {-sight.look.elevation_deg:.1f} deg below the horizon of {place} at {utc_text(utc)}; {then}"
        )
    radius_m = beam.radius_m(float(sight.altitude_m))
    sight = satellite_geometry(constellation, index, utc=utc, **at, beam_radius_m=radius_m)
    words = (
        f"{name} ({number}) of {constellation.source}, elements {age_days:.1f} days old, "
        f"from {place} at {utc_text(utc)}"
    )
    keys = {
        "satellite": {"name": name, "norad_id": number},
        "utc": utc_text(utc),
        **at,
        "element_age_days": age_days,
    }
    return LinkRequest((sight,), latitude_deg, words, keys)


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
        warn(f"the elements of '{name}' are {age_days:.1f} days old then")
    return age_days

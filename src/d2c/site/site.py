"""A handset at one place: look angles to satellites, and the levels of their links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.library.models import Service
from d2c.link.budget import DEFAULT_LATITUDE_DEG, RadioLink
from d2c.link.geometry import LookAngles, azimuth_deg, look_angles
from d2c.link.margins import analyse_link
from d2c.link.satellite_links import SatelliteLinks

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """A place at rest on the WGS 84 ellipsoid, height 0, as the centres of cells are; Earth-fixed vectors (3,)."""

    latitude_deg: float
    longitude_deg: float
    position_m: Floats = field(init=False)
    up: Floats = field(init=False)
    east: Floats = field(init=False)
    north: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Derive the vectors and lock them."""
        place = {
            "latitude_deg": np.array(self.latitude_deg),
            "longitude_deg": np.array(self.longitude_deg),
        }
        longitude = np.radians(self.longitude_deg)
        up, east = geodesy.up(**place), np.array([-np.sin(longitude), np.cos(longitude), 0.0])
        vectors = {
            "position_m": geodesy.position_m(**place, height_m=np.array(0.0)),
            "up": up,
            "east": east,
            "north": np.cross(up, east),
        }
        for name, vector in vectors.items():
            vector.setflags(write=False)
            object.__setattr__(self, name, vector)

    def look(self, satellite_m: Floats) -> LookAngles:
        """Return the geometry of Earth-fixed positions (..., 3)."""
        return look_angles(satellite_m, handset_m=self.position_m, up=self.up)

    def azimuth_deg(self, satellite_m: Floats) -> Floats:
        """Return the direction over the ground of positions (..., 3): 0 is north, 90 east, below 360."""
        return azimuth_deg(satellite_m, handset_m=self.position_m, up=self.up)

    def climbs(self, satellite_m: Floats, velocity_m_s: Floats) -> NDArray[np.bool_]:
        """Return whether the elevation grows, for Earth-fixed states (..., 3); false for NaN."""
        path = satellite_m - self.position_m
        # The derivative of the sine of the elevation, (path . up) / |path|, times |path|^3.
        square = np.sum(path * path, axis=-1)
        nearing = np.sum(path * velocity_m_s, axis=-1)
        return np.asarray((velocity_m_s @ self.up) * square > (path @ self.up) * nearing)


@dataclass(frozen=True, eq=False, slots=True)
class SiteLevels:
    """Levels of N satellites (N,) and of V services over them (V, N).

    `uplink_c_n_db` is NaN for a payload without an uplink, `probability` without an environment.
    """

    c_n_db: Floats
    uplink_c_n_db: Floats
    margin_db: Floats
    probability: Floats


def site_levels(
    links: SatelliteLinks,
    services: Mapping[str, Service],
    look: LookAngles,
    satellite: NDArray[np.int64],
    *,
    latitude_deg: float = DEFAULT_LATITUDE_DEG,
    environment: str | None = None,
) -> SiteLevels:
    """Return the levels by the exact formula, each satellite (N,) with its payload; errors as for `service_margin`.

    Geometry of shape (N,). The latitude matters to ionospheric scintillation only.
    """
    asked: dict[str, Any] = {"latitude_deg": latitude_deg, "environment": environment}
    if len(links.links) == 1:
        return _levels(links.first, services, look, **asked)
    size, row = len(satellite), links.payloads.index[satellite]
    levels = SiteLevels(
        np.full(size, np.nan),
        np.full(size, np.nan),
        np.full((len(services), size), np.nan),
        np.full((len(services), size), np.nan),
    )
    for payload, link in enumerate(links.links):
        of_payload = np.flatnonzero(row == payload)
        part = LookAngles(
            look.slant_range_m[of_payload], look.elevation_deg[of_payload], look.off_nadir_deg[of_payload]
        )
        of_services = _levels(link, services, part, **asked)
        for name in SiteLevels.__slots__:
            getattr(levels, name)[..., of_payload] = getattr(of_services, name)
    return levels


def _levels(
    link: RadioLink,
    services: Mapping[str, Service],
    look: LookAngles,
    *,
    latitude_deg: float,
    environment: str | None,
) -> SiteLevels:
    """Return the levels of one link."""
    downlink, uplink, of_services = analyse_link(
        link, services, look, latitude_deg=latitude_deg, environment=environment
    )
    nothing = np.full(look.slant_range_m.shape, np.nan)
    return SiteLevels(
        downlink.c_n_db,
        uplink.c_n_db if uplink else nothing,
        np.array([margin.margin_db for margin in of_services]),
        np.array([nothing if margin.probability is None else margin.probability for margin in of_services]),
    )

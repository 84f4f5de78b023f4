"""A handset at one place: look angles to satellites, and the levels of their links."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.errors import RegionError
from d2c.library.models import Service
from d2c.link.budget import DEFAULT_LATITUDE_DEG, RadioLink
from d2c.link.geometry import LookAngles, azimuth_deg, look_angles
from d2c.link.margins import analyse_link
from d2c.link.satellite_links import SatelliteLinks
from d2c.names import slug
from d2c.notices import warn
from d2c.region.gazetteer import Place, places_named

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True, init=False, repr=False)
class Site:
    """A place at rest on the WGS 84 ellipsoid, height 0, as the centres of cells are.

    Parameters
    ----------
    name : str, optional
        A municipality of Italy, a town or island around the Mediterranean, with its province or country where there are
        several (`"Tripoli, Lebanon"`), or `"LATITUDE,LONGITUDE"` in degrees.
    latitude_deg, longitude_deg : float, optional
        The position on the ellipsoid, instead of a name.

    Attributes
    ----------
    label : str
        What texts call the place.
    place : Place or None
        The entry of the gazetteer, of a place given by its name.
    position_m, up, east, north : ndarray, shape (3,)
        Earth-fixed position in metres, and unit vectors.

    Raises
    ------
    RegionError
        If no place has this name, or the position is not one.

    Warns
    -----
    D2CWarning
        If several places have this name; the most populous is taken.

    Examples
    --------
    >>> import d2c
    >>> d2c.Site("Lampedusa")
    Site('Lampedusa, Italy', latitude_deg=35.50142, longitude_deg=12.60964)
    >>> d2c.Site(latitude_deg=45.83, longitude_deg=6.94).label
    '45.83° N, 6.94° E'
    """

    label: str
    latitude_deg: float
    longitude_deg: float
    place: Place | None
    position_m: Floats
    up: Floats
    east: Floats
    north: Floats

    def __init__(
        self,
        name: str | None = None,
        *,
        latitude_deg: float | None = None,
        longitude_deg: float | None = None,
    ) -> None:
        """Look the name up or check the position, and derive the vectors."""
        place = None
        if name is not None:
            if latitude_deg is not None or longitude_deg is not None:
                raise RegionError(f"site '{name}': give a name, or latitude_deg and longitude_deg, not both")
            pair = _pair_of_numbers(name)
            place = None if pair else _place_named(name)
            latitude_deg, longitude_deg = pair or (place.latitude_deg, place.longitude_deg)  # type: ignore[union-attr]
        if latitude_deg is None or longitude_deg is None:
            raise RegionError("a site needs a name, or latitude_deg and longitude_deg")
        _check_position(latitude_deg, longitude_deg)
        at = {"latitude_deg": np.array(latitude_deg), "longitude_deg": np.array(longitude_deg)}
        longitude = np.radians(longitude_deg)
        up, east = geodesy.up(**at), np.array([-np.sin(longitude), np.cos(longitude), 0.0])
        vectors = {
            "position_m": geodesy.position_m(**at, height_m=np.array(0.0)),
            "up": up,
            "east": east,
            "north": np.cross(up, east),
        }
        for vector in vectors.values():
            vector.setflags(write=False)
        values = {
            "label": str(place) if place else _position_text(latitude_deg, longitude_deg),
            "latitude_deg": float(latitude_deg),
            "longitude_deg": float(longitude_deg),
            "place": place,
            **vectors,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        """Return the label and the position."""
        return f"Site('{self.label}', latitude_deg={self.latitude_deg}, longitude_deg={self.longitude_deg})"

    @property
    def file_stem(self) -> str:
        """Return the place as a part of file names."""
        if self.place:
            return slug(self.place.name.split("/")[0])
        return self.label.replace("° ", "").replace(", ", "-").lower()

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


def _pair_of_numbers(text: str) -> tuple[float, float] | None:
    """Return the two numbers of "LATITUDE,LONGITUDE"; None for any other text."""
    try:
        latitude_deg, longitude_deg = map(float, text.split(","))
    except ValueError:
        return None
    return latitude_deg, longitude_deg


def _check_position(latitude_deg: float, longitude_deg: float) -> None:
    if not (-90 <= latitude_deg <= 90 and -180 <= longitude_deg <= 180):
        raise RegionError(
            f"{latitude_deg:g},{longitude_deg:g}: latitude is -90 to 90 deg and longitude -180 to 180 deg, in this "
            "order"
        )


def _position_text(latitude_deg: float, longitude_deg: float) -> str:
    """Return a position for example as "45.83° N, 6.94° E"."""
    north, east = "N" if latitude_deg >= 0 else "S", "E" if longitude_deg >= 0 else "W"
    return f"{abs(latitude_deg):.8g}° {north}, {abs(longitude_deg):.8g}° {east}"


def _place_named(name: str) -> Place:
    """Return the most populous place of this name, and warn where there are several."""
    place, *others = places_named(name)
    if others:
        warn(
            f"'{name}' is taken as {_with_population(place)}; there is also "
            f"{'; '.join(map(_with_population, others))}: add the province or country, or give latitude,longitude"
        )
    return place


def _with_population(place: Place) -> str:
    return f"{place}, {place.population:,} inhabitants" if place.population else str(place)


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

"""Section `[constellation]` of a scenario: where its satellites come from."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from d2c.library.constellation import Altitude, ElementSelection, ShellChoice
from d2c.toml import StrictModel

SOURCES = ("elements", "walker", "shells", "geo_longitudes_deg")  # of satellites, beside a system
Elevation = Annotated[float, Field(ge=0.0, lt=90.0)]
PAYLOADS_OF_SHELLS = (
    "payloads selects among elements; it cannot be used with walker or shells: name the payload of a shell in "
    "[[constellation.shells]], that of all satellites in [link]"
)


class Gateway(StrictModel):
    """Gateway earth station that connects satellites to the network."""

    name: str
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]


class PayloadChoice(StrictModel):
    """Payload of some satellites of an element file."""

    select: ElementSelection
    """Filter of the satellites; a satellite that several entries select has the payload of the first one."""
    payload: str
    """Payload of these satellites, see `d2c library list`."""


class ConstellationChoice(StrictModel):
    """Source of the satellites: a library system, elements, one Walker shell, several shells, or GEO longitudes."""

    system: str | None = None
    """A library constellation, see `d2c library list`: its satellites, unless another source replaces them,
    and its payload, unless `[link]` names another."""
    elements: str | None = None
    """An element file (TLE, 3LE, or OMM as CSV, JSON, XML), a shipped set, or a downloaded CelesTrak group."""
    walker: str | None = None
    """Walker notation `inclination:satellites/planes/phasing`, such as 53:648/36/1; needs altitude_km."""
    altitude_km: Altitude | None = None
    """Altitude of the `walker` shell above the equatorial radius, in kilometres."""
    pattern: Literal["delta", "star"] = "delta"
    """Walker pattern: `delta` spreads the planes over 360 deg, `star` over 180 deg."""
    shells: tuple[ShellChoice, ...] = ()
    """Several Walker shells."""
    geo_longitudes_deg: tuple[Annotated[float, Field(ge=-180, le=180)], ...] = ()
    """Geostationary satellites at these longitudes, east positive, such as [16.4], with the payload of `[link]`."""
    select: ElementSelection = ElementSelection()
    """Filter of the orbital elements."""
    payloads: tuple[PayloadChoice, ...] = ()
    """Payloads of some of the satellites of `elements`; the others have that of `[link]`."""
    max_age_days: Annotated[float, Field(gt=0)] | None = None
    """Maximum age of the elements at the start, in days; default 14."""
    lose: str | None = None
    """Satellites to remove, to study their loss: `planes=2`, `satellites=64` or `satellites=10%`."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Random seed that selects the removed planes or satellites."""
    gateways: tuple[Gateway, ...] = ()
    """Gateways of a system without inter-satellite links: a satellite serves only while a gateway is in view."""
    gateway_elevation_deg: Elevation = 10.0
    """Elevation mask of the gateways."""
    engine: Literal["sgp4", "heyoka"] = "sgp4"
    """SGP4 implementation; `heyoka` is faster for thousands of satellites and needs the extra `heyoka`."""

    @property
    def has_own_satellites(self) -> bool:
        """Return whether the satellites are not those of the system."""
        return any(getattr(self, key) for key in SOURCES)

    @model_validator(mode="after")
    def _has_one_source(self) -> "ConstellationChoice":
        given = [key for key in SOURCES if getattr(self, key)]
        if len(given) > 1 or not (given or self.system):
            raise ValueError(
                "give exactly one of elements, walker, shells, geo_longitudes_deg, system, or with a system one that "
                f"replaces its satellites (given: {', '.join(given) or 'none'})"
            )
        if (self.altitude_km is None) != (self.walker is None):
            raise ValueError("walker and altitude_km go together")
        made = self.walker or self.shells or self.geo_longitudes_deg
        if made and self.select != ElementSelection():
            raise ValueError("select filters elements; it cannot be used with walker or shells")
        if made and self.payloads:
            raise ValueError(PAYLOADS_OF_SHELLS)
        return self

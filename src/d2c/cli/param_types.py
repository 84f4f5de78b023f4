"""Parsing of coordinates and instants given on the command line."""

from typing import TYPE_CHECKING, Any

import click

import d2c
from d2c.errors import RegionError, ScenarioError
from d2c.local_time import utc_of_local, zone_name
from d2c.utc import utc_text

if TYPE_CHECKING:
    from d2c import Site


def parse_latitude_longitude(text: str) -> tuple[float, float]:
    """Return latitude and longitude in degrees from "LAT,LON"; RegionError for anything else."""
    parts = text.split(",")
    try:
        latitude_deg, longitude_deg = map(float, parts)
    except ValueError:
        raise RegionError(f"{text}: write latitude,longitude in degrees, such as 41.9,12.5") from None
    if not (-90 <= latitude_deg <= 90 and -180 <= longitude_deg <= 180):
        raise RegionError(f"{text}: latitude is -90 to 90 deg and longitude -180 to 180 deg, in this order")
    return latitude_deg, longitude_deg


def position(text: str) -> "Site":
    """Return the site at "LAT,LON"; RegionError for anything else."""
    latitude_deg, longitude_deg = parse_latitude_longitude(text)
    return d2c.Site(latitude_deg=latitude_deg, longitude_deg=longitude_deg)


class InstantType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer ones of click
    """An option that takes an ISO instant, "now" or "epoch", as text; ScenarioError for anything else."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text if it is valid; in UTC if it is of the zone of --tz."""
        if value in ("now", "epoch"):
            return value
        try:
            utc = utc_of_local(value)
        except ValueError:
            option = param.opts[0] if param else "an instant"
            raise ScenarioError(
                f"{option} {value}: not a valid time; write now, epoch or for example 2026-08-22T18:00:00Z"
            ) from None
        return value if zone_name() == "UTC" else utc_text(utc)

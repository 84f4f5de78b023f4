"""Places and instants as they are written on the command line."""

from datetime import UTC, datetime
from typing import Any

import click

from d2c.errors import RegionError, ScenarioError


def read_place(text: str) -> tuple[float, float]:
    """Return latitude and longitude in degrees of "LAT,LON"; RegionError if it is no place."""
    parts = text.split(",")
    try:
        latitude_deg, longitude_deg = map(float, parts)
    except ValueError:
        raise RegionError(f"--at {text}: write latitude,longitude in degrees, such as 41.9,12.5") from None
    if not (-90 <= latitude_deg <= 90 and -180 <= longitude_deg <= 180):
        raise RegionError(
            f"--at {text}: latitude is -90 to 90 deg and longitude -180 to 180 deg, in this order"
        )
    return latitude_deg, longitude_deg


class InstantType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer ones of click
    """An option that takes an ISO instant, "now" or "epoch", as text; ScenarioError for anything else."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text as it is, once it is known to be good."""
        if value not in ("now", "epoch"):
            try:
                datetime.fromisoformat(value).astimezone(UTC)
            except (ValueError, OverflowError):
                option = param.opts[0] if param else "an instant"
                raise ScenarioError(
                    f"{option} {value}: this is no instant; write now, epoch or for example 2026-08-22T18:00:00Z"
                ) from None
        return value

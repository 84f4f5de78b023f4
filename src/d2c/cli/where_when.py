"""Places and instants as they are written on the command line."""

import numpy as np

from d2c.errors import RegionError, ScenarioError
from d2c.orbit.constellation import Constellation
from d2c.orbit.epoch import start_utc


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


def read_instant(text: str, constellation: Constellation) -> np.datetime64:
    """Return the instant, UTC, of an ISO text, "now", or "epoch"; ScenarioError if it is none of them."""
    try:
        return start_utc(text, constellation)
    except ScenarioError:
        raise ScenarioError(
            f"--time {text}: this is no instant; write for example 2026-08-22T18:00:00Z"
        ) from None

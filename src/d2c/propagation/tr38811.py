"""Line-of-sight probability, shadow fading, clutter and scintillation by environment (3GPP TR 38.811, 6.6)."""

from typing import Any, Literal, NamedTuple

import numpy as np

from d2c.errors import ModelRangeError, ScenarioError, did_you_mean
from d2c.propagation.table import StandardTable, read_table

Band = Literal["S", "Ka"]


class _Environment(NamedTuple):
    line_of_sight_table: str
    line_of_sight_column: str
    shadow_table: str


_ENVIRONMENTS = {
    "dense-urban": _Environment("tr38811_line_of_sight", "dense_urban", "tr38811_shadow_dense_urban"),
    "urban": _Environment("tr38811_line_of_sight", "urban", "tr38811_shadow_urban"),
    "suburban": _Environment("tr38811_line_of_sight", "suburban_rural", "tr38811_shadow_suburban_rural"),
    "rural": _Environment("tr38811_line_of_sight", "suburban_rural", "tr38811_shadow_suburban_rural"),
    "open-sea": _Environment("open_sea", "line_of_sight_probability", "open_sea"),
}
ENVIRONMENTS = tuple(_ENVIRONMENTS)


def line_of_sight_probability(*, environment: str, elevation_deg: Any) -> Any:
    """Return the probability of a clear line of sight, same shape as the elevation.

    Open sea is not in the report: always line of sight, an assumption marked in its table.
    ScenarioError for an unknown environment; ModelRangeError outside 10 to 90 deg.
    Source: 3GPP TR 38.811 V15.4.0, table 6.6.1-1 (there rounded to the nearest 10 deg, here interpolated).
    """
    tables = _environment(environment)
    column = tables.line_of_sight_column
    return read_table(tables.line_of_sight_table).at_elevation(column, elevation_deg=elevation_deg)


def shadow_fading_sigma_db(*, environment: str, elevation_deg: Any, band: Band, line_of_sight: bool) -> Any:
    """Return the standard deviation of the lognormal shadow fading, same shape as the elevation.

    Open sea uses the report's rural line of sight, an assumption marked in its table.
    ScenarioError for an unknown environment; ModelRangeError outside 10 to 90 deg.
    Source: 3GPP TR 38.811 V15.4.0, tables 6.6.2-1 to 6.6.2-3.
    """
    path = "line_of_sight" if line_of_sight else "no_line_of_sight"
    column = f"{_check_band(band).lower()}_{path}_sigma_db"
    return read_table(_environment(environment).shadow_table).at_elevation(
        column, elevation_deg=elevation_deg
    )


def clutter_loss_db(*, environment: str, elevation_deg: Any, band: Band) -> Any:
    """Return the median clutter loss without line of sight, over free space, same shape as the elevation.

    Open sea has no clutter: zero. ScenarioError for an unknown environment; ModelRangeError outside 10 to 90
    deg. Source: 3GPP TR 38.811 V15.4.0, tables 6.6.2-1 to 6.6.2-3.
    """
    column = f"{_check_band(band).lower()}_clutter_loss_db"
    return read_table(_environment(environment).shadow_table).at_elevation(
        column, elevation_deg=elevation_deg
    )


def environment_tables(environment: str) -> tuple[StandardTable, StandardTable]:
    """Return the tables of an environment: line of sight and shadow fading."""
    tables = _environment(environment)
    return read_table(tables.line_of_sight_table), read_table(tables.shadow_table)


def band_of(frequency_hz: float) -> Band:
    """Return the band of the report's tables for a frequency; ModelRangeError outside the bands.

    Source: table `tr38811_bands`, which states the assumption on the band edges.
    """
    table = read_table("tr38811_bands")
    names: tuple[Band, ...] = ("S", "Ka")
    for band, low, high in zip(names, table["lowest_ghz"], table["highest_ghz"], strict=True):
        if low <= frequency_hz / 1e9 <= high:
            return band
    ranges = " and ".join(
        f"{a:g} to {b:g} GHz" for a, b in zip(table["lowest_ghz"], table["highest_ghz"], strict=True)
    )
    raise ModelRangeError(
        f"frequency {frequency_hz / 1e9:.6g} GHz is outside the {ranges} that {table.name} covers"
    )


def tropospheric_scintillation_loss_db(*, frequency_hz: float, elevation_deg: Any) -> Any:
    """Return the tropospheric scintillation loss for 99 % of the time, same shape as the elevation.

    Zero in the S band. The printed column holds for 20 GHz at Toulouse and is used for the whole Ka band, as
    TR 38.821 does at 20 and 30 GHz. ModelRangeError outside 10 to 90 deg and outside both bands. Source: 3GPP
    TR 38.811 V15.4.0, table 6.6.6.2.1-1.
    """
    loss = read_table("tr38811_tropospheric_scintillation").at_elevation(
        "loss_db", elevation_deg=elevation_deg
    )
    return loss if band_of(frequency_hz) == "Ka" else np.zeros_like(loss)[()]


def _environment(name: str) -> _Environment:
    if name not in _ENVIRONMENTS:
        raise ScenarioError(f"unknown environment '{name}'{did_you_mean(name, ENVIRONMENTS)}")
    return _ENVIRONMENTS[name]


def _check_band(band: str) -> str:
    if band not in ("S", "Ka"):
        raise ScenarioError(f"unknown band '{band}'{did_you_mean(band, ('S', 'Ka'))}")
    return band

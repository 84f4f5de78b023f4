"""Power flux density and field strength at the ground, and their margin to regulatory limits."""

from typing import Any

import numpy as np

from d2c.library.models import Figure, Limit
from d2c.propagation.model_range import check_range
from d2c.units import to_db

FREE_SPACE_IMPEDANCE_OHM = 376.730313668  # CODATA 2018


def field_strength_dbuv_m(*, pfd_dbw_m2: Any) -> Any:
    """Return the field strength of a plane wave of the given power flux density, same shape.

    Derived: PFD = E^2 / Z0, E relative to 1 uV/m; 145.76 dB above the power flux density in dBW/m2.
    """
    return np.asarray(pfd_dbw_m2, dtype=float)[()] + 120.0 + to_db(FREE_SPACE_IMPEDANCE_OHM)


def limit_level(limit: Limit, *, elevation_deg: Any) -> Any:
    """Return the level of a limit in its own unit (`level_unit`), same shape as the elevation.

    Linear interpolation between the angles of the limit. ModelRangeError outside 0 to 90 deg.
    """
    check_range(name="elevation", value=elevation_deg, low=0, high=90, unit="deg", document=limit.title)
    angles = [level.elevation_deg or 0.0 for level in limit.levels]
    return np.interp(elevation_deg, angles, [_figure(limit, i).value for i in range(len(angles))])


def level_unit(limit: Limit) -> str:
    """Return the unit of a limit: dBuV/m, or dBW/m2 with the reference bandwidth."""
    unit = "dBuV/m" if _is_field_strength(limit) else "dBW/m2"
    if limit.bandwidth_mhz is None:
        return unit
    mhz = limit.bandwidth_mhz.value
    return f"{unit} in {mhz:g} MHz" if mhz >= 1 else f"{unit} in {mhz * 1e3:g} kHz"


def emitted_level(limit: Limit, *, pfd_dbw_m2_mhz: Any, bandwidth_hz: float) -> Any:
    """Return the level of an emission at the ground, in the quantity and reference bandwidth of a limit, same shape.

    `pfd_dbw_m2_mhz` is the density inside the occupied `bandwidth_hz`, of one beam of one satellite. An emission
    narrower than the reference bandwidth counts with its whole power.
    """
    mhz = bandwidth_hz / 1e6
    if limit.bandwidth_mhz is not None:
        mhz = min(mhz, limit.bandwidth_mhz.value)
    pfd = np.asarray(pfd_dbw_m2_mhz, dtype=float)[()] + to_db(mhz)
    return field_strength_dbuv_m(pfd_dbw_m2=pfd) if _is_field_strength(limit) else pfd


def limit_margin_db(limit: Limit, *, pfd_dbw_m2_mhz: Any, bandwidth_hz: float, elevation_deg: Any) -> Any:
    """Return the margin to a limit, inputs broadcast; negative where the emission exceeds it.

    For one beam of one satellite: the margin to an `aggregate` limit is smaller if more are in view. An `out-of-band`
    limit is compared with the in-channel density, so that a negative margin is the out-of-channel suppression that
    the satellite must reach.
    """
    level = emitted_level(limit, pfd_dbw_m2_mhz=pfd_dbw_m2_mhz, bandwidth_hz=bandwidth_hz)
    return limit_level(limit, elevation_deg=elevation_deg) - level


def _is_field_strength(limit: Limit) -> bool:
    return limit.levels[0].field_strength_dbuv_m is not None


def _figure(limit: Limit, index: int) -> Figure:
    level = limit.levels[index]
    figure = level.pfd_dbw_m2 or level.field_strength_dbuv_m
    assert figure is not None  # checked by Level
    return figure

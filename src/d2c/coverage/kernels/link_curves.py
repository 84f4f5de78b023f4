"""Lookup curves of the link budget for the kernel, by elevation and by off-nadir angle; range dependence is exact.

A link budget has factors that depend on the elevation (gases, handset), on the off-nadir angle (beam) and on the
range (spreading, exact in the kernel). The curves are sampled from `LinkBudget` at one range, so that there is one
formula; tests check that a looked-up C/N is within 0.01 dB of the budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.polynomial.chebyshev import cheb2poly
from numpy.typing import NDArray

from d2c.coverage.kernels.layout import (
    C_N_BY_ELEVATION,
    CURVES,
    PFD_BY_OFF_NADIR,
    LinkCurves,
    PhoneTables,
    ServiceRequirements,
)
from d2c.library.models import Limit, Service
from d2c.link.budget import LinkBudget, RadioLink
from d2c.link.geometry import look_angles_on_sphere
from d2c.link.pfd import limit_margin_db
from d2c.link.phones import Phones
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.units import from_db

Floats = NDArray[np.float64]

POINTS = 4096
MAX_TERMS = 12
BOUNDS = 512
BINS_PER_DB = 10
_POLYNOMIAL_ERROR = 2.3e-4  # relative, 0.001 dB; curves that need more terms are looked up in their table
INTERFERENCE_DEPTH_DB = 40.0  # extent of margins with interference below those over noise
PHONES_DEPTH_DB, PHONES_HEADROOM_DB = 40.0, 15.0  # and of margins of phones around those in the open
_WIDEST_DB = 60.0  # below the highest level; lower levels share the lowest bin
_ANY_RANGE_M = 1.0e6


@dataclass(frozen=True, eq=False, slots=True)
class KernelLink:
    """The link for the kernel: curves, phones, requirements, number of bins, and curve row of each satellite (S,)."""

    tables: LinkCurves
    phones: PhoneTables
    requirements: ServiceRequirements
    bins: int
    payload: NDArray[np.int64]
    min_elevation_deg: float


def phone_tables(phones: Phones) -> PhoneTables:
    """Return the phones for the kernel; none where there is one that loses nothing and sees everything."""
    posture_db = phones.posture_db.swapaxes(1, 2).ravel()
    return PhoneTables(
        posture_db=posture_db.astype(np.float32),
        posture=from_db(-posture_db).astype(np.float32),
        obstruction=phones.obstruction.swapaxes(1, 2).ravel().astype(np.int32),
        shadowing=phones.shadowing.swapaxes(1, 2).ravel().astype(np.int32),
        sight_levels=phones.sight_levels().astype(np.int32),
        path_db=phones.path_db.ravel().astype(np.float32),
        path=from_db(-phones.path_db).ravel().astype(np.float32),
        expected=phones.expected_gain().astype(np.float32),
        number=0 if phones.alike else phones.number,
    )


def link_curves(
    links: Sequence[RadioLink], *, min_elevation_deg: float, altitude_m: tuple[float, float]
) -> LinkCurves:
    """Return the kernel's curves, one row for each link (P rows), for orbits between two altitudes."""
    sin_mask = float(np.sin(np.radians(min_elevation_deg)))
    lowest = look_angles_on_sphere(altitude_m=altitude_m[0], elevation_deg=min_elevation_deg)
    # 0.01: the ellipsoid normal deviates from the geocentric radius
    cos_widest = float(np.cos(np.radians(lowest.off_nadir_deg))) - 0.01
    tables = np.array([curve_tables(link, min_elevation_deg=min_elevation_deg) for link in links])
    lowest_argument = (cos_widest, sin_mask, cos_widest, sin_mask)
    curves = [
        [_curve(table, low=low) for table, low in zip(of_link, lowest_argument, strict=True)]
        for of_link in tables
    ]
    shape = (len(links), CURVES)
    caps = [link.payload.downlink.pfd_cap_dbw_m2_mhz for link in links]
    return LinkCurves(
        terms=np.array([[curve.terms for curve in row] for row in curves], np.int64),
        coefficients=np.array([[curve.coefficients for curve in row] for row in curves], np.float32),
        centre=np.array([curve.centre for row in curves for curve in row], np.float32).reshape(shape),
        scale=np.array([curve.scale for row in curves for curve in row], np.float32).reshape(shape),
        table=tables.astype(np.float32),
        cap=np.array([from_db(cap.value) if cap else np.inf for cap in caps], np.float32),
        sin_mask=np.float32(sin_mask),
        log2=_log2_polynomial(),
        most_density=np.array([row[PFD_BY_OFF_NADIR].highest[-1] for row in curves], np.float32),
        most_receive=np.array([row[C_N_BY_ELEVATION].highest for row in curves], np.float32),
    )


def _arguments() -> Floats:
    """Return the arguments of a table, falling from 1: sine of elevation or cosine of off-nadir angle.

    They are evenly spaced in sqrt(1 - argument), which is proportional to the angle from zenith or nadir where that
    is small: a loss is not a smooth function of the sine of elevation there.
    """
    return np.maximum(1.0 - (np.arange(POINTS + 2) / POINTS) ** 2, 0.0)


def curve_tables(link: RadioLink, *, min_elevation_deg: float) -> Floats:
    """Return the curves PFD_BY_OFF_NADIR to UPLINK_BY_ELEVATION at the arguments of a table, (4, POINTS + 2)."""
    argument = _arguments()
    angle_deg = np.degrees(np.arcsin(argument))
    elevation_deg = np.maximum(angle_deg, min_elevation_deg)
    off_nadir_deg = np.minimum(90.0 - angle_deg, 89.0)
    nadir, zenith = np.zeros(1), np.full(1, 90.0)

    uncapped = link.without_pfd_cap()
    by_beam = uncapped.downlink(slant_range_m=_ANY_RANGE_M, elevation_deg=zenith, off_nadir_deg=off_nadir_deg)
    by_elevation = uncapped.downlink(
        slant_range_m=_ANY_RANGE_M, elevation_deg=elevation_deg, off_nadir_deg=nadir
    )
    pfd_by_off_nadir = from_db(_pfd(by_beam)) * _ANY_RANGE_M**2
    c_n_by_elevation = from_db(by_elevation.c_n_db - _pfd(by_elevation))
    uplink_by_off_nadir, uplink_by_elevation = np.ones(argument.shape), np.ones(argument.shape)
    if link.payload.uplink:
        zenith_c_n_db = link.uplink(
            slant_range_m=_ANY_RANGE_M, elevation_deg=zenith, off_nadir_deg=nadir
        ).c_n_db
        by_beam = link.uplink(slant_range_m=_ANY_RANGE_M, elevation_deg=zenith, off_nadir_deg=off_nadir_deg)
        by_elevation = link.uplink(
            slant_range_m=_ANY_RANGE_M, elevation_deg=elevation_deg, off_nadir_deg=nadir
        )
        uplink_by_off_nadir = from_db(by_beam.c_n_db) * _ANY_RANGE_M**2
        uplink_by_elevation = from_db(by_elevation.c_n_db - zenith_c_n_db)
    for table in (c_n_by_elevation, uplink_by_elevation):
        _extrapolate_below_mask(table, float(np.sin(np.radians(min_elevation_deg))))
    return np.stack([pfd_by_off_nadir, c_n_by_elevation, uplink_by_off_nadir, uplink_by_elevation])


def _pfd(budget: LinkBudget) -> Floats:
    assert budget.pfd_dbw_m2_mhz is not None  # every downlink has one
    return budget.pfd_dbw_m2_mhz


def _extrapolate_below_mask(table: Floats, sin_mask: float) -> None:
    """Set the point just below the mask so that interpolation up to the next point gives the value at the mask."""
    at_mask = np.sqrt(1.0 - sin_mask) * POINTS
    above = int(at_mask)
    if at_mask - above > 1e-6:
        slope = (table[above + 1] - table[above]) / (at_mask - above)
        table[above + 1] = table[above] + slope


class _Curve(NamedTuple):
    terms: int
    coefficients: NDArray[np.float32]
    centre: float
    scale: float
    highest: Floats


def _curve(table: Floats, *, low: float) -> _Curve:
    """Return the shortest polynomial within tolerance of the table from `low` to 1; no terms if none is."""
    argument = _arguments()
    used = argument >= low
    x, required = argument[used], table[used]
    centre, scale = (1 + low) / 2, 2 / (1 - low)
    coefficients = np.zeros(MAX_TERMS, np.float32)
    for terms in range(1, MAX_TERMS + 1):
        fit = Chebyshev.fit(x, required, terms - 1, domain=[low, 1.0])
        powers = cheb2poly(fit.coef)[::-1].astype(np.float32)
        value = np.zeros(x.shape, np.float32)
        for coefficient in powers:
            value = value * ((x.astype(np.float32) - np.float32(centre)) * np.float32(scale)) + coefficient
        if np.all(np.abs(value - required) <= _POLYNOMIAL_ERROR * required):
            coefficients[MAX_TERMS - len(powers) :] = powers
            return _Curve(len(powers), coefficients, centre, scale, _highest(x, value.astype(np.float64)))
    down_to = min(len(x) + 1, len(argument))  # includes the interpolation to the point below
    return _Curve(0, coefficients, centre, scale, _highest(argument[:down_to], table[:down_to]))


def _highest(argument: Floats, value: Floats) -> Floats:
    """Return the highest value up to an argument of (k + 1) / BOUNDS, (BOUNDS,); the arguments fall from 1."""
    rising = argument[::-1]
    upper = np.searchsorted(rising, (np.arange(BOUNDS) + 1) / BOUNDS)
    return np.asarray(np.maximum.accumulate(value[::-1])[np.minimum(upper, len(rising) - 1)], float)


def _log2_polynomial() -> NDArray[np.float32]:
    """Return the polynomial of log2 on [1, 2), highest power first; its error is below 2e-5 (6e-5 dB)."""
    fit = Chebyshev.interpolate(np.log2, 5, domain=[1.0, 2.0])
    return np.asarray(fit.convert(kind=Polynomial).coef[::-1], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class HistogramBins:
    """Histogram bins of C/N and of the margin of each service: lower edge of the first bin, number of bins."""

    c_n_low_db: float
    margin_low_db: tuple[float, ...]
    bins: int


def percentile_db(counts: NDArray[Any], low_db: float, fraction: float) -> Floats:
    """Return the percentile of the samples in counts (G, B), in dB, (G,); NaN without samples.

    Samples are assumed evenly spread within a bin of 0.1 dB.
    """
    total = counts.sum(axis=1)
    cumulative = np.cumsum(counts, axis=1)
    rank = fraction * total
    b = np.argmax(cumulative >= rank[:, None], axis=1)
    rows = np.arange(len(counts))
    inside = counts[rows, b]
    with np.errstate(invalid="ignore"):
        part = (rank - (cumulative[rows, b] - inside)) / np.where(inside > 0, inside, 1)
    level = low_db + (b + part) / BINS_PER_DB
    return np.where(total > 0, level, np.nan)


def histogram_bins(
    links: Sequence[RadioLink],
    services: Sequence[Service],
    *,
    min_elevation_deg: float,
    altitude_m: tuple[float, float],
    depth_db: float = 0.0,
    headroom_db: float = 0.0,
) -> HistogramBins:
    """Return histogram bins for the C/N and margins of these links from the elevation mask to the zenith.

    depth_db, headroom_db: extension of the bins to lower levels, for interference and for what phones lose, and to
    higher ones, for phones that lose less than most.
    """
    elevation = np.linspace(min_elevation_deg, 90.0, 181)
    altitude = np.linspace(*altitude_m, 9)[:, None]
    look = look_angles_on_sphere(altitude_m=altitude, elevation_deg=elevation)
    at: dict[str, Any] = {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": look.elevation_deg,
        "off_nadir_deg": look.off_nadir_deg,
    }
    down = np.stack([link.downlink(**at).c_n_db for link in links])
    no_uplink = np.full(look.slant_range_m.shape, np.inf)
    up = np.stack([link.uplink(**at).c_n_db if link.payload.uplink else no_uplink for link in links])
    margins = [np.minimum(down - downlink_c_n_db(s), up - uplink_c_n_db(s)) for s in services]
    low, widest = zip(
        *(_low_and_width(level, depth_db, headroom_db) for level in [down, *margins]), strict=True
    )
    return HistogramBins(low[0], tuple(low[1:]), int(np.ceil(max(widest) * BINS_PER_DB)))


def _low_and_width(level_db: NDArray[np.float64], depth_db: float, headroom_db: float) -> tuple[float, float]:
    """Return lower edge and width in dB of the bins for these levels, with 0.5 dB to spare on both sides."""
    high = float(level_db.max()) + 0.5
    low = max(float(level_db.min()) - 0.5, high - _WIDEST_DB) - depth_db
    return np.floor(low * BINS_PER_DB) / BINS_PER_DB, high + headroom_db - low + 1 / BINS_PER_DB


def service_requirements(
    services: Sequence[Service],
    bins: HistogramBins,
    *,
    allowed: NDArray[np.float32],
    gap_edges: NDArray[np.int32],
) -> ServiceRequirements:
    """Return the requirements of the services (V) for the kernel."""
    return ServiceRequirements(
        np.array([downlink_c_n_db(s) for s in services], dtype=np.float32),
        np.array([uplink_c_n_db(s) for s in services], dtype=np.float32),
        np.float32(bins.c_n_low_db),
        np.array(bins.margin_low_db, dtype=np.float32),
        np.float32(BINS_PER_DB),
        allowed,
        gap_edges,
    )


def allowed_pfd(limits: Sequence[Limit], *, bandwidth_hz: float) -> NDArray[np.float32]:
    """Return the PFD in the occupied bandwidth that each limit allows, by the sine of elevation, (L, POINTS + 2)."""
    elevation = np.degrees(np.arcsin(np.minimum(np.arange(POINTS + 2) / POINTS, 1.0)))
    at_zero_dbw = [
        limit_margin_db(limit, pfd_dbw_m2_mhz=0.0, bandwidth_hz=bandwidth_hz, elevation_deg=elevation)
        for limit in limits
    ]
    return np.asarray(from_db(np.reshape(at_zero_dbw, (len(limits), POINTS + 2))), dtype=np.float32)

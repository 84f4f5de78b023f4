"""LinkBudget as curves that the kernel looks up: by elevation and by off-nadir angle, the range exact.

A budget splits into what depends on the elevation (gases, the handset's side), on the off-nadir angle (the
beam) and on the range (spreading, exact in the kernel). The curves are read off budgets at one range, so that
there is one formula; how far a looked-up C/N is from the budget is tested (within 0.01 dB).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.polynomial.chebyshev import cheb2poly
from numpy.typing import NDArray

from d2c.coverage.kernels._accumulate import (
    C_N_BY_ELEVATION,
    CURVES,
    PFD_BY_OFF_NADIR,
    LinkCurves,
    ServiceRequirements,
)
from d2c.library.models import Limit, Service
from d2c.link.budget import LinkBudget, RadioLink
from d2c.link.geometry import look_angles_on_sphere
from d2c.link.pfd import limit_margin_db
from d2c.link.probability import service_probability
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.propagation.tr38811 import (
    band_of,
    clutter_loss_db,
    line_of_sight_probability,
    shadow_fading_sigma_db,
)
from d2c.units import from_db

Floats = NDArray[np.float64]

POINTS = 4096
MOST_TERMS = 12
BOUNDS = 512
BINS_PER_DB = 10
_POLYNOMIAL_ERROR = 2.3e-4  # relative, 0.001 dB; curves that need more terms are looked up in their table
DEEPER_DB = 40.0  # interference takes margins down so far below those over noise
_WIDEST_DB = 60.0  # below the best level; deeper fades share the lowest bin
_ANY_RANGE_M = 1.0e6
_PROBABILITY_ROWS = 128
_PROBABILITY_LOW_DB, _PROBABILITY_PER_DB, _PROBABILITY_COLUMNS = (
    -40.0,
    8,
    801,
)  # to 60 dB: through the deepest clutter


@dataclass(frozen=True, eq=False, slots=True)
class KernelLink:
    """The link as the kernel takes it: tables, demands, bins, and the table row of each satellite (S,)."""

    tables: LinkCurves
    requirements: ServiceRequirements
    bins: int
    payload: NDArray[np.int64]
    min_elevation_deg: float


def link_curves(
    links: Sequence[RadioLink], *, min_elevation_deg: float, altitude_m: tuple[float, float]
) -> LinkCurves:
    """Return the kernel's curves, one row for each link (P rows), for orbits between two altitudes."""
    sin_mask = float(np.sin(np.radians(min_elevation_deg)))
    lowest = look_angles_on_sphere(altitude_m=altitude_m[0], elevation_deg=min_elevation_deg)
    # the ellipsoid's normal leans a little
    cos_widest = float(np.cos(np.radians(lowest.off_nadir_deg))) - 0.01
    tables = np.array([_tables(link, min_elevation_deg=min_elevation_deg) for link in links])
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
    """Return the points of a table, falling from 1: the elevation's sine, or the off-nadir angle's cosine.

    The points are even in sqrt(1 - argument), which is in proportion to the distance from zenith or nadir where
    that is small: a loss that grows with the elevation has no smooth line over its sine there.
    """
    return np.maximum(1.0 - (np.arange(POINTS + 2) / POINTS) ** 2, 0.0)


def _tables(link: RadioLink, *, min_elevation_deg: float) -> Floats:
    """Return DENSITY, RECEIVE, SEND and HEAR at the points of a table, (4, POINTS + 2)."""
    argument = _arguments()
    angle_deg = np.degrees(np.arcsin(argument))
    elevation_deg = np.maximum(angle_deg, min_elevation_deg)
    off_nadir_deg = np.minimum(90.0 - angle_deg, 89.0)
    ahead, overhead = np.zeros(1), np.full(1, 90.0)

    open_link = link.without_pfd_cap()
    by_beam = open_link.downlink(
        slant_range_m=_ANY_RANGE_M, elevation_deg=overhead, off_nadir_deg=off_nadir_deg
    )
    by_elevation = open_link.downlink(
        slant_range_m=_ANY_RANGE_M, elevation_deg=elevation_deg, off_nadir_deg=ahead
    )
    density = from_db(_pfd(by_beam)) * _ANY_RANGE_M**2
    receive = from_db(by_elevation.c_n_db - _pfd(by_elevation))
    send, hear = np.ones(argument.shape), np.ones(argument.shape)
    if link.payload.uplink:
        straight = link.uplink(slant_range_m=_ANY_RANGE_M, elevation_deg=overhead, off_nadir_deg=ahead).c_n_db
        by_beam = link.uplink(slant_range_m=_ANY_RANGE_M, elevation_deg=overhead, off_nadir_deg=off_nadir_deg)
        by_elevation = link.uplink(
            slant_range_m=_ANY_RANGE_M, elevation_deg=elevation_deg, off_nadir_deg=ahead
        )
        send = from_db(by_beam.c_n_db) * _ANY_RANGE_M**2
        hear = from_db(by_elevation.c_n_db - straight)
    for table in (receive, hear):
        _reach_below_mask(table, float(np.sin(np.radians(min_elevation_deg))))
    return np.stack([density, receive, send, hear])


def _pfd(budget: LinkBudget) -> Floats:
    assert budget.pfd_dbw_m2_mhz is not None  # every downlink has one
    return budget.pfd_dbw_m2_mhz


def _reach_below_mask(table: Floats, sin_mask: float) -> None:
    """Set the point just below the mask so that the line from it to the one above passes through the mask's value."""
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
    """Return the shortest polynomial that is near enough to the table from `low` to 1; no terms if there is none."""
    argument = _arguments()
    used = argument >= low
    x, wanted = argument[used], table[used]
    centre, scale = (1 + low) / 2, 2 / (1 - low)
    coefficients = np.zeros(MOST_TERMS, np.float32)
    for terms in range(1, MOST_TERMS + 1):
        fit = Chebyshev.fit(x, wanted, terms - 1, domain=[low, 1.0])
        found = cheb2poly(fit.coef)[::-1].astype(np.float32)
        value = np.zeros(x.shape, np.float32)
        for coefficient in found:
            value = value * ((x.astype(np.float32) - np.float32(centre)) * np.float32(scale)) + coefficient
        if np.all(np.abs(value - wanted) <= _POLYNOMIAL_ERROR * wanted):
            coefficients[MOST_TERMS - len(found) :] = found
            return _Curve(len(found), coefficients, centre, scale, _highest(x, value.astype(np.float64)))
    down_to = min(len(x) + 1, len(argument))  # the line to the point below, too
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
    """The bins of C/N and of each service's margin: lower edge of the first and the number of bins."""

    c_n_low_db: float
    margin_low_db: tuple[float, ...]
    bins: int

    def percentile_db(self, counts: NDArray[np.int32], low_db: float, fraction: float) -> NDArray[np.float64]:
        """Return the level that a fraction of the samples stays below, (G,); NaN where nothing was counted.

        counts (G, B). Within a bin of 0.1 dB the samples count as evenly spread.
        """
        total = counts.sum(axis=1)
        cumulative = np.cumsum(counts, axis=1)
        wanted = fraction * total
        b = np.argmax(cumulative >= wanted[:, None], axis=1)
        rows = np.arange(len(counts))
        inside = counts[rows, b]
        with np.errstate(invalid="ignore"):
            part = (wanted - (cumulative[rows, b] - inside)) / np.where(inside > 0, inside, 1)
        level = low_db + (b + part) / BINS_PER_DB
        return np.where(total > 0, level, np.nan)


def histogram_bins(
    links: Sequence[RadioLink],
    services: Sequence[Service],
    *,
    min_elevation_deg: float,
    altitude_m: tuple[float, float],
    deeper_db: float = 0.0,
) -> HistogramBins:
    """Return bins that hold every level these links can have between the mask and the zenith.

    deeper_db: how far below that interference may take them.
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
    low, widest = zip(*(_low_and_width(level, deeper_db) for level in [down, *margins]), strict=True)
    return HistogramBins(low[0], tuple(low[1:]), int(np.ceil(max(widest) * BINS_PER_DB)))


def _low_and_width(level_db: NDArray[np.float64], deeper_db: float) -> tuple[float, float]:
    """Return the lower edge and width of the bins for these levels, with half a decibel to spare on both sides."""
    high = float(level_db.max()) + 0.5
    low = max(float(level_db.min()) - 0.5, high - _WIDEST_DB) - deeper_db
    return np.floor(low * BINS_PER_DB) / BINS_PER_DB, high - low + 1 / BINS_PER_DB


def service_requirements(
    services: Sequence[Service],
    histogram_bins: HistogramBins,
    *,
    link_probability: NDArray[np.float32],
    allowed: NDArray[np.float32],
    gap_edges: NDArray[np.int32],
) -> ServiceRequirements:
    """Return what the services (V) require, as the kernel takes it."""
    return ServiceRequirements(
        np.array([downlink_c_n_db(s) for s in services], dtype=np.float32),
        np.array([uplink_c_n_db(s) for s in services], dtype=np.float32),
        np.float32(histogram_bins.c_n_low_db),
        np.array(histogram_bins.margin_low_db, dtype=np.float32),
        np.float32(BINS_PER_DB),
        link_probability,
        np.float32(_PROBABILITY_LOW_DB),
        np.float32(_PROBABILITY_PER_DB),
        allowed,
        gap_edges,
    )


def allowed_pfd(limits: Sequence[Limit], *, bandwidth_hz: float) -> NDArray[np.float32]:
    """Return the PFD inside the occupied bandwidth that each limit allows, by the sine of the elevation, (L, N + 2)."""
    elevation = np.degrees(np.arcsin(np.minimum(np.arange(POINTS + 2) / POINTS, 1.0)))
    at_zero_dbw = [
        limit_margin_db(limit, pfd_dbw_m2_mhz=0.0, bandwidth_hz=bandwidth_hz, elevation_deg=elevation)
        for limit in limits
    ]
    return np.asarray(from_db(np.reshape(at_zero_dbw, (len(limits), POINTS + 2))), dtype=np.float32)


def link_probability_table(
    environment: str | None, *, frequency_hz: float, min_elevation_deg: float
) -> NDArray[np.float32]:
    """Return the probability of service by the sine of the elevation and the margin, (E, M).

    (0, 0) for no environment. Shadowing is taken to be the same up and down, so that the smaller margin
    decides: both bands are close, and TR 38.811 gives one figure for them. ModelRangeError for a mask below
    the 10 deg that the report covers.
    """
    if environment is None:
        return np.zeros((0, 0), np.float32)
    band = band_of(frequency_hz)
    lowest = np.sin(np.radians(min_elevation_deg))
    sine = np.linspace(lowest, 1.0, _PROBABILITY_ROWS)
    elevation = np.clip(np.degrees(np.arcsin(sine)), min_elevation_deg, 90.0)[:, None]
    margin = _PROBABILITY_LOW_DB + np.arange(_PROBABILITY_COLUMNS) / _PROBABILITY_PER_DB

    def sigma(line_of_sight: bool) -> Floats:
        found: Floats = shadow_fading_sigma_db(
            environment=environment, elevation_deg=elevation, band=band, line_of_sight=line_of_sight
        )
        return found

    probability = service_probability(
        margin_db=margin,
        line_of_sight_probability=line_of_sight_probability(environment=environment, elevation_deg=elevation),
        sigma_los_db=sigma(True),
        sigma_nlos_db=sigma(False),
        clutter_loss_db=clutter_loss_db(environment=environment, elevation_deg=elevation, band=band),
    )
    return np.asarray(probability, dtype=np.float32)

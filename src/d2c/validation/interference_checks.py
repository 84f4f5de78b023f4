"""Checks of co-channel interference between the beams of one satellite, with the kernels of a network of beams.

Association, directions and levels are those of a run with `[beams]`; all beams are alight all the time (chance 1).
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from d2c.antenna.patterns import circular_aperture_beamwidth_deg
from d2c.constants import SPHERE_RADIUS_M
from d2c.coverage.kernels._interference import accumulate_levels
from d2c.coverage.kernels.link_curves import (
    BINS_PER_DB,
    curve_tables,
    link_curves,
    percentile_db,
    phone_tables,
)
from d2c.coverage.kernels.network_layout import (
    TILE,
    BeamCells,
    BeamPattern,
    Demand,
    HoppingBeams,
    LevelTables,
    NetworkCounters,
    NetworkRules,
)
from d2c.coverage.network.association import (
    HEARD_ABOVE_DEG,
    AssociationSetup,
    beam_pattern,
    hopping_beams,
)
from d2c.coverage.network.gamma import LOW_LOG2, PER_OCTAVE, gamma_quantiles
from d2c.coverage.network.ground import ground_points
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import footprint_radius_m
from d2c.link.phones import alike_phones
from d2c.validation.case import Check

_SERVING_TIERS = 2  # users of the central beam and of two tiers around it count: 19 beams
_PLACES = 12_000  # spread over a disc that holds the 19 beams; twice as many move the points by 0.02 dB
_LOW_DB, _HIGH_DB = -10.0, 20.0  # of the histograms

Floats = NDArray[np.float64]


def geometry_percentiles(
    quantity: Literal["c_i_db", "c_in_db"],
    *,
    payload: str,
    handset: str,
    losses: str,
    altitude_km: float,
    tiers: int,
) -> list[float]:
    """Return the 5, 50 and 95 % points of C/I or C/(I+N) in dB over users, of which the strongest beam serves each.

    Beams in `tiers` hexagons around one at the nadir, all of one frequency and EIRP density, on the sphere of 6,371
    km; users spread evenly on the ground where a beam of the inner 19 is the strongest.
    """
    link = RadioLink(models.read_payload(payload), models.read_handset(handset), models.read_loss_set(losses))
    pattern = beam_pattern(link)
    satellite_m = np.array([SPHERE_RADIUS_M + altitude_km * 1e3, 0.0, 0.0])
    axis, tier = beam_axes(link.payload, tiers=tiers)
    user_m = _users(satellite_m, axis, tier)
    beams = _beams_alight(pattern, satellite_m, ground_along(axis, satellite_m))
    counters = _count_levels(link, pattern, satellite_m, user_m, beams)
    bins = counters.c_i_bins if quantity == "c_i_db" else counters.c_in_bins
    over_users = bins.sum(axis=0, keepdims=True)
    return [float(percentile_db(over_users, _LOW_DB, fraction)[0]) for fraction in (0.05, 0.5, 0.95)]


def beam_axes(payload: models.Payload, *, tiers: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return the unit vectors (B, 3) of the axes of hexagonal tiers of beams around the nadir, and their tiers (B,).

    The third component points down. Neighbours are sqrt(3) sin(half the -3 dB width) apart in the first two: 1.528
    deg for an aperture of 0.5 m at 20 GHz. Source: 3GPP TR 38.821, table 6.1.1.1-4, as quoted by others.
    """
    assert payload.beam.aperture_m is not None  # the layout is defined by an aperture's pattern
    width_deg = circular_aperture_beamwidth_deg(
        diameter_m=payload.beam.aperture_m.value, frequency_hz=payload.downlink.frequency_mhz.value * 1e6
    )
    steps = np.arange(-tiers, tiers + 1)
    i, j = (index.ravel() for index in np.meshgrid(steps, steps, indexing="ij"))
    tier = np.maximum(np.maximum(np.abs(i), np.abs(j)), np.abs(i + j))
    i, j, tier = i[tier <= tiers], j[tier <= tiers], tier[tier <= tiers]
    plane = (
        np.sqrt(3) * np.sin(np.radians(width_deg / 2)) * np.stack([i + j / 2, j * np.sqrt(3) / 2], axis=-1)
    )
    down = np.sqrt(1.0 - np.sum(plane**2, axis=-1, keepdims=True))
    return np.concatenate([plane, down], axis=-1), tier


def ground_along(direction: Floats, satellite_m: Floats) -> Floats:
    """Return where unit vectors (N, 3) from a satellite over the equator at longitude 0 meet the sphere, (N, 3)."""
    radius_m, cosine = satellite_m[0], direction[:, 2]
    range_m = radius_m * cosine - np.sqrt(SPHERE_RADIUS_M**2 - (radius_m**2) * (1.0 - cosine**2))
    towards = np.stack([-cosine, direction[:, 1], direction[:, 0]], axis=-1)
    return np.asarray(satellite_m + range_m[:, None] * towards)


def _users(satellite_m: Floats, axis: Floats, tier: NDArray[np.int64]) -> Floats:
    """Return the users (N, 3), on a spiral of equal areas around the nadir, nearest to an axis of the inner tiers."""
    spacing_deg = float(np.degrees(np.arccos(np.sort(axis[:, 2])[-2])))
    around_m = footprint_radius_m(
        altitude_m=satellite_m[0] - SPHERE_RADIUS_M, half_beamwidth_deg=(_SERVING_TIERS + 1) * spacing_deg
    )
    index = np.arange(_PLACES)
    height = 1.0 - (index + 0.5) / _PLACES * (1.0 - np.cos(around_m / SPHERE_RADIUS_M))
    turn = index * np.pi * (3.0 - np.sqrt(5.0))
    place_m = SPHERE_RADIUS_M * np.stack(
        [height, np.sqrt(1.0 - height**2) * np.sin(turn), np.sqrt(1.0 - height**2) * np.cos(turn)], axis=-1
    )
    away = place_m - satellite_m
    direction = np.stack([away[:, 2], away[:, 1], -away[:, 0]], axis=-1)
    return np.asarray(place_m[tier[np.argmax(direction @ axis.T, axis=1)] <= _SERVING_TIERS])


def _beams_alight(pattern: BeamPattern, satellite_m: Floats, centre_m: Floats) -> HoppingBeams:
    """Return the beams of a satellite that has one for each of the cells around centre_m (B, 3)."""
    size = len(centre_m)
    none = np.zeros(size, np.int64)
    nadir = np.array([1.0, 0.0, 0.0])
    setup = AssociationSetup(
        cells=BeamCells(centre_m, centre_m / SPHERE_RADIUS_M, np.ones(size), none, none),
        demand=Demand(SPHERE_RADIUS_M * nadir[None], nadir[None], np.array([float(size)]), inside=1),
        rules=NetworkRules(
            beams=size,
            full_power=size,
            cos_scan=0.0,
            sin_mask=float(np.sin(np.radians(HEARD_ABOVE_DEG))),
            load=1.0,
            signalling=0.0,
            most_share=1.0,
        ),
        pattern=pattern,
        axis=nadir,
        span_rad=0.0,
        cells_span_rad=0.0,
        min_elevation_deg=HEARD_ABOVE_DEG,
    )
    _, beams = hopping_beams(satellite_m[None, None], setup)
    return beams


def _count_levels(
    link: RadioLink, pattern: BeamPattern, satellite_m: Floats, user_m: Floats, beams: HoppingBeams
) -> NetworkCounters:
    """Return the counters of one step, with the users for ground cells."""
    users, size = len(user_m), beams.cell.shape[1]
    up = user_m / SPHERE_RADIUS_M
    first = np.append(np.arange(0, users, TILE), users)
    every_beam = np.broadcast_to(np.arange(size), (users, size))
    alike = np.zeros(users, np.int32)
    ground = ground_points(
        first,
        centre_m=user_m,
        centre_up=up,
        point_m=user_m[None],
        point_up=up[None],
        candidates=every_beam,
        variant=alike,
        turn=alike,
    )
    altitude_m = float(satellite_m[0]) - SPHERE_RADIUS_M
    curves = link_curves([link], min_elevation_deg=HEARD_ABOVE_DEG, altitude_m=(altitude_m, altitude_m))
    table = curve_tables(link, min_elevation_deg=HEARD_ABOVE_DEG)
    tables = LevelTables(
        table=table,
        sin_heard=float(np.sin(np.radians(HEARD_ABOVE_DEG))),
        coupling=np.ones((1, 1), np.float32),
        same=np.ones((1, 1), np.float32),
        isolated=np.zeros((size, 0), np.int64),
        least_c_n=0.0,
        least_c_in=0.0,
        activity=1.0,
        gamma=gamma_quantiles(1),
        gamma_low=LOW_LOG2,
        gamma_per=float(PER_OCTAVE),
        c_n_low_db=_LOW_DB,
        c_in_low_db=_LOW_DB,
        c_i_low_db=_LOW_DB,
        bins_per_db=float(BINS_PER_DB),
        log2=curves.log2,
        allowed=np.zeros((0, table.shape[1])),
        aggregate=np.zeros(0, np.bool_),
    )
    bins = round((_HIGH_DB - _LOW_DB) * BINS_PER_DB)
    counters = NetworkCounters(
        camped=np.zeros(users, np.int32),
        c_n_bins=np.zeros((users, bins), np.int32),
        c_in_bins=np.zeros((users, bins), np.int64),
        data_bins=np.zeros((users, bins), np.int64),
        c_i_bins=np.zeros((users, bins), np.int64),
        share_sum=np.zeros(users, np.int64),
        lit_sum=np.zeros(users, np.int64),
        pfd_max=np.zeros(users),
        pfd_over_limit=np.zeros((0, users)),
    )
    accumulate_levels(
        ground,
        satellite_m[None, None],
        beams,
        pattern,
        tables,
        phone_tables(alike_phones()),
        np.zeros(1, np.int64),
        np.ones(1, np.bool_),
        counters,
        np.zeros((1, users), np.float32),
    )
    return counters


INTERFERENCE_CHECKS: Mapping[str, Check] = {
    "geometry-sir": partial(geometry_percentiles, "c_i_db"),
    "geometry-sinr": partial(geometry_percentiles, "c_in_db"),
}

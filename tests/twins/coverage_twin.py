"""The slow twin of the kernel: plain numpy in float64, every satellite against every cell, budgets taken one by one."""

from collections.abc import Sequence

import numpy as np
from phones_twin import losses_slowly

from d2c.coverage.statistics.coverage import CoverageStatistics, Timeline
from d2c.coverage.statistics.waiting import gap_edges
from d2c.library.models import Service
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles
from d2c.link.phones import cell_phones
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.region.grid import Grid


def watch_slowly(
    position_m,
    grid: Grid,
    link: RadioLink,
    services: Sequence[Service],
    *,
    mask_deg: float,
    other=None,
    has_other=(),
):
    """Return visible (T, G, S), elevation (T, G, S), C/N down and up of the best server (T, G), served (V, T, G).

    Satellites of `has_other` (S,) bool have the link `other`.
    """
    look = look_angles(
        position_m[:, None], handset_m=grid.position_m[None, :, None], up=grid.up[None, :, None]
    )
    at = {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": np.clip(look.elevation_deg, mask_deg, 90),
        "off_nadir_deg": np.nan_to_num(look.off_nadir_deg),
    }
    at = {key: np.nan_to_num(value, nan=1e9) for key, value in at.items()}
    at["elevation_deg"] = np.where(np.isnan(look.elevation_deg), mask_deg, at["elevation_deg"])
    down = link.downlink(**at).c_n_db
    up = link.uplink(**at).c_n_db
    if other:
        down = np.where(has_other, other.downlink(**at).c_n_db, down)
        up = np.where(has_other, other.uplink(**at).c_n_db, up)
    with np.errstate(invalid="ignore"):
        visible = look.elevation_deg >= mask_deg
    best = np.argmax(np.where(visible, down, -np.inf), axis=2)[..., None]
    seen = visible.any(axis=2)
    down = np.where(seen, np.take_along_axis(down, best, axis=2)[..., 0], np.nan)
    up = np.where(seen, np.take_along_axis(up, best, axis=2)[..., 0], np.nan)
    margins = []
    for service in services:
        margin = down - downlink_c_n_db(service)
        if service.uplink:
            margin = np.minimum(margin, up - uplink_c_n_db(service))
        margins.append(margin)
    with np.errstate(invalid="ignore"):
        served = np.array(margins) >= 0
    return visible, look.elevation_deg, down, up, np.array(margins), served


def rsrp_slowly(position_m, grid, link, *, mask_deg):
    """Return RSRP (T, G) of the server with the highest received power, from its level and not from C/N; else NaN."""
    look = look_angles(
        position_m[:, None], handset_m=grid.position_m[None, :, None], up=grid.up[None, :, None]
    )
    with np.errstate(invalid="ignore"):
        visible = look.elevation_deg >= mask_deg
    rsrp = np.full(visible.shape, -np.inf)
    for t, g, s in zip(*np.nonzero(visible), strict=True):
        budget = link.downlink(
            slant_range_m=look.slant_range_m[t, g, s],
            elevation_deg=look.elevation_deg[t, g, s],
            off_nadir_deg=look.off_nadir_deg[t, g, s],
        )
        noise = ("handset G/T", "Boltzmann's constant", "noise bandwidth")
        path = sum(float(line.signed_db) for line in budget.lines if line.name not in noise)
        elements = budget.bandwidth_hz / 15e3
        rsrp[t, g, s] = path + link.handset.rx_gain_dbi.value + 30 - 10 * np.log10(elements)
    best = rsrp.max(axis=2)
    return np.where(np.isfinite(best), best, np.nan)


def loss_slowly(phones, position_m, grid, *, mask_deg):
    """Return what each phone loses on the way to satellites (T, S, 3), (K, T, G, S); NaN below the mask."""
    variant, turn = cell_phones(grid.position_m)
    loss = np.full((phones.number, *position_m.shape[:1], len(grid), position_m.shape[1]), np.nan)
    for g in range(len(grid)):
        place_m, up = grid.position_m[g], grid.up[g]
        away = position_m - place_m
        with np.errstate(invalid="ignore"):
            seen = away @ up / np.linalg.norm(away, axis=-1) >= np.sin(np.radians(mask_deg))
        for t, s in zip(*np.nonzero(seen), strict=True):
            loss[:, t, g, s] = sum(losses_slowly(phones, variant[g], turn[g], position_m[t, s], place_m, up))
    return loss


def margins_slowly(position_m, grid, link, services, phones, *, mask_deg, other=None, has_other=()):
    """Return the margins of each phone (V, K, T, G): over the satellite that it hears best; minus infinity for none.

    Satellites of `has_other` (S,) bool have the link `other`.
    """
    look = look_angles(
        position_m[:, None], handset_m=grid.position_m[None, :, None], up=grid.up[None, :, None]
    )
    with np.errstate(invalid="ignore"):
        visible = look.elevation_deg >= mask_deg
    at = {
        "slant_range_m": np.nan_to_num(look.slant_range_m, nan=1e9),
        "elevation_deg": np.where(visible, look.elevation_deg, 90.0),
        "off_nadir_deg": np.where(visible, look.off_nadir_deg, 0.0),
    }
    loss = np.where(visible, loss_slowly(phones, position_m, grid, mask_deg=mask_deg), np.inf)
    down, up = link.downlink(**at).c_n_db, link.uplink(**at).c_n_db
    if other:
        down = np.where(has_other, other.downlink(**at).c_n_db, down)
        up = np.where(has_other, other.uplink(**at).c_n_db, up)
    down, up = down - loss, up - loss
    best = down.argmax(axis=3)[..., None]
    down, up = (np.take_along_axis(level, best, axis=3)[..., 0] for level in (down, up))
    margins = []
    for service in services:
        margin = down - downlink_c_n_db(service)
        margins.append(np.minimum(margin, up - uplink_c_n_db(service)) if service.uplink else margin)
    return np.array(margins)


def runs_of(served):
    """Return head, tail and the inner gaps of one row of served flags (T,), by walking it."""
    runs, run, had = [], 0, False
    head = None
    for flag in served:
        if flag:
            if not had:
                head = run
            elif run:
                runs.append(run)
            run, had = 0, True
        else:
            run += 1
    head = len(served) if head is None else head
    return head, run, runs


def count_gaps(served):
    """Return head, tail, longest and the sum of inner squared gaps of one row of served flags (T,)."""
    head, tail, runs = runs_of(served)
    return head, tail, max([head, tail, *runs]), sum(r * r for r in runs)


def bin_gaps(served, edges):
    """Return number and summed length of the inner gaps (J,), each in the last bin whose edge it is longer than."""
    count, steps = np.zeros(len(edges), np.int32), np.zeros(len(edges), np.int32)
    for run in runs_of(served)[2]:
        inside = max(j for j, edge in enumerate(edges) if run > edge)
        count[inside] += 1
        steps[inside] += run
    return count, steps


def of_flags(served, step_us=30_000_000):
    """Return the statistics of one cell, one service and one phone that was served at these steps."""
    return of_phones([served], step_us)


def of_phones(served, step_us=30_000_000):
    """Return the statistics of one cell and one service, whose phones were served at these steps (P, T)."""
    edges = gap_edges(step_us)
    head, tail, longest, squares = np.array([count_gaps(flags) for flags in served]).T
    binned = np.sum([bin_gaps(flags, edges) for flags in served], axis=0, dtype=np.int32)
    zero = np.zeros(1, np.int32)
    return CoverageStatistics(
        samples=len(served[0]),
        gap_edges=edges,
        visible_samples=zero.copy(),
        visible_sum=zero.astype(np.int64),
        visible_max=zero.copy(),
        max_sine=np.zeros(1, np.float32),
        max_elevation_deg=np.full(1, -np.inf),
        c_n_bins=np.zeros((1, 1), np.int32),
        served=np.array([sum(flags) for flags in served], np.int32)[None, :, None],
        leading_gap=head.astype(np.int32)[None, :, None],
        trailing_gap=tail.astype(np.int32)[None, :, None],
        longest_gap=longest.astype(np.int32)[None, :, None],
        gap_squared_sum=np.array([[squares.sum()]], np.int64),
        gap_count=binned[0][None, None],
        gap_steps=binned[1][None, None],
        pfd_over_limit=np.zeros((0, 1), np.float32),
        margin_bins=np.zeros((1, 1, 1), np.int32),
    )


def statistics_slowly(
    position_m, grid, link, services, bins, *, mask_deg, step_us=30_000_000, other=None, has_other=()
) -> tuple[CoverageStatistics, Timeline]:
    """Return what the kernel should keep; histograms by the bins' definition."""
    visible, elevation, down, _, margins, served = watch_slowly(
        position_m, grid, link, services, mask_deg=mask_deg, other=other, has_other=has_other
    )
    count = visible.sum(axis=2)
    gaps = np.array([[count_gaps(served[v, :, g]) for g in range(len(grid))] for v in range(len(services))])
    edges = gap_edges(step_us)
    binned = np.array(
        [[bin_gaps(served[v, :, g], edges) for g in range(len(grid))] for v in range(len(services))]
    )
    with np.errstate(invalid="ignore"):
        highest = np.where(visible, elevation, -np.inf).max(axis=(0, 2))

    def histogram(level, low):
        index = np.clip(np.nan_to_num((level - low) * 10), 0, bins.bins - 1).astype(int)
        out = np.zeros((len(grid), bins.bins), np.int32)
        for t, g in zip(*np.nonzero(count > 0), strict=True):
            out[g, index[t, g]] += 1
        return out

    area = np.rint(grid.area_m2).astype(np.int64)
    statistics = CoverageStatistics(
        samples=len(position_m),
        gap_edges=edges,
        visible_samples=(count > 0).sum(axis=0).astype(np.int32),
        visible_sum=count.sum(axis=0),
        visible_max=count.max(axis=0).astype(np.int32),
        max_sine=np.sin(np.radians(np.maximum(highest, mask_deg))).astype(np.float32),
        max_elevation_deg=highest,
        c_n_bins=histogram(down, bins.c_n_low_db),
        served=served.sum(axis=1).astype(np.int32)[:, None],
        leading_gap=gaps[..., 0].astype(np.int32)[:, None],
        trailing_gap=gaps[..., 1].astype(np.int32)[:, None],
        longest_gap=gaps[..., 2].astype(np.int32)[:, None],
        gap_squared_sum=gaps[..., 3].astype(np.int64),
        gap_count=binned[:, :, 0],
        gap_steps=binned[:, :, 1],
        pfd_over_limit=np.zeros((0, len(grid)), np.float32),
        margin_bins=np.array([histogram(m, low) for m, low in zip(margins, bins.margin_low_db, strict=True)]),
    )
    timeline = Timeline(
        satellites=np.packbits(visible.any(axis=1), axis=1),
        visible_cells=(count > 0).sum(axis=1),
        visible_m2=((count > 0) * area).sum(axis=1),
        served_cells=served.sum(axis=2).T.astype(np.int64),
        served_m2=(served * area).sum(axis=2).T,
    )
    return statistics, timeline

"""Levels of one cell over the span by the exact link budget, and by the kernel for the same cell.

The exact formula is `LinkBudget` in float64 for every pair above the mask, without tables, and `Phones.loss_db` for
what each phone loses over that. It takes the satellites' positions as the run does, interpolated between SGP4 states.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.phone_losses import PhonesOfCell, directions
from d2c.analysis.phone_margins import LEVEL_DB, PhoneMargins, SkyLevels, join_margins, sky_margins
from d2c.coverage.best_server import first_of_each, server_order
from d2c.coverage.engine.accumulator import process_window
from d2c.coverage.inputs import Inputs, position_stream
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.kernels.link_curves import BINS_PER_DB, HistogramBins, KernelLink
from d2c.coverage.kernels.tiles import TiledCells, tile_cells
from d2c.coverage.windows import span_windows
from d2c.link.geometry import LookAngles, look_angles
from d2c.orbit.positions import PositionWindow
from d2c.region.grid import PER_CELL, Grid
from d2c.scenario.model import Scenario
from d2c.site.site import SiteLevels, site_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR_MASK_DEG = 2e-5  # float32 positions and sines move an elevation by less
_REFINEMENT = 100  # of the bins, to 0.001 dB, to read the kernel's levels from its histograms


@dataclass(frozen=True, eq=False, slots=True)
class CellSpan:
    """Satellites and levels of one cell at each of T samples, by the exact link budget; V services.

    `visible` (T,): satellites above the mask; `near_mask` (T,): whether one is so near to it that the
    kernel's float32 may decide otherwise; `highest_deg`: highest elevation of the span; `server` (T,): the
    best server, -1 for none; `c_n_db` (T,) and `margin_db` (V, T): of the server, for a phone in the line of
    sight that loses nothing by its posture, NaN without a server; `phones`: margins of the cell's K phones, each with
    the satellite that it hears best, None in a network of beams; `decayed_at` (S,): decay step of each satellite.
    `kernel_c_n_db`: every C/N of the kernel for this cell, rising, to 0.001 dB. `margin_range_db` (V, 2): ends of the
    histograms of margins, beyond which levels share the last bin.
    """

    visible: Ints
    near_mask: NDArray[np.bool_]
    highest_deg: float
    server: Ints
    c_n_db: Floats
    margin_db: Floats
    phones: PhoneMargins | None
    decayed_at: Ints
    kernel_c_n_db: Floats
    margin_range_db: Floats


@dataclass(frozen=True, eq=False, slots=True)
class KernelLevels:
    """Kernel results for the cell at one sample: satellites above the mask, levels to 0.001 dB; NaN for none.

    margin_db (V, K): of the K phones, rising.
    """

    visible: int
    c_n_db: float
    margin_db: Floats


@dataclass(frozen=True, eq=False, slots=True)
class CellInstant:
    """Satellites of the cell at one sample: N above the mask, best server first; V services.

    `satellite`, `look`, `c_n_db`, `uplink_c_n_db` (N,), NaN without an uplink; `margin_db` (V, N);
    `below_mask`: satellites between the horizon and the mask.
    """

    utc: np.datetime64
    satellite: Ints
    look: LookAngles
    c_n_db: Floats
    uplink_c_n_db: Floats
    margin_db: Floats
    below_mask: int
    kernel: KernelLevels


def explain_span(scenario: Scenario, inputs: Inputs, cell: int) -> CellSpan:
    """Return the whole span of one cell (index into the grid) by the exact formula, and what the kernel finds."""
    kernel_cell = _kernel_cell(scenario, inputs, cell)
    samples, services = scenario.time.samples, len(inputs.services)
    visible, server = np.zeros(samples, np.int64), np.full(samples, -1)
    near_mask, highest = np.zeros(samples, bool), -np.inf
    c_n, margin = np.full(samples, np.nan), np.full((services, samples), np.nan)
    of_phones = []
    kernel_bins: Any = 0
    for window in _positions(scenario, inputs):
        first, position_m = window.first, window.position_m
        span = slice(first, first + len(position_m))
        look = look_angles(position_m, handset_m=kernel_cell.grid.position_m[0], up=kernel_cell.grid.up[0])
        seen = look.elevation_deg >= scenario.link.min_elevation_deg
        near = np.abs(look.elevation_deg - scenario.link.min_elevation_deg) < NEAR_MASK_DEG
        visible[span], near_mask[span] = seen.sum(axis=1), near.any(axis=1)
        highest = max(highest, float(np.max(look.elevation_deg, where=seen, initial=-np.inf)))
        step, satellite = np.nonzero(seen)
        levels = _levels(inputs, _pairs(look, (step, satellite)), satellite)
        order = server_order(
            c_n_db=levels.c_n_db,
            elevation_deg=look.elevation_deg[step, satellite],
            satellite=satellite,
            step=step,
        )
        best = order[first_of_each(step[order])]
        at = first + step[best]
        server[at], c_n[at], margin[:, at] = satellite[best], levels.c_n_db[best], levels.margin_db[:, best]
        if not scenario.beams:
            of_phones.append(_margins_of_phones(kernel_cell, inputs, position_m, look, seen | near, near))
        kernel_bins = (
            kernel_bins + process_window(position_m, kernel_cell.tiled, kernel_cell.link)[0].c_n_bins[0]
        )
    return CellSpan(
        visible=visible,
        near_mask=near_mask,
        highest_deg=highest,
        server=server,
        c_n_db=c_n,
        margin_db=margin,
        phones=_all_phones(of_phones, margin, near_mask & (visible <= 1), alike=inputs.phones.alike),
        decayed_at=window.decayed_at,
        kernel_c_n_db=kernel_cell.c_n_db(kernel_bins),
        margin_range_db=margin_range_db(kernel_cell.bins),
    )


def margin_range_db(bins: HistogramBins) -> Floats:
    """Return the ends of the histograms of margins, (V, 2)."""
    low_db = np.array(bins.margin_low_db)
    return np.stack([low_db, low_db + bins.bins / BINS_PER_DB], axis=1)


def _margins_of_phones(
    kernel_cell: "_KernelCell",
    inputs: Inputs,
    position_m: Floats,
    look: LookAngles,
    candidate: NDArray[np.bool_],
    near: NDArray[np.bool_],
) -> PhoneMargins:
    """Return the margins of the phones at some steps; candidate, near (T, S): in view or near the mask."""
    step, satellite = np.nonzero(candidate)
    pairs = _pairs(look, (step, satellite))
    levels = _levels(inputs, pairs, satellite)
    place_m, up = kernel_cell.grid.position_m[0], kernel_cell.grid.up[0]
    sky = SkyLevels(
        steps=len(position_m),
        step=step,
        towards=directions(pairs, position_m[step, satellite], place_m=place_m, up=up),
        down_db=levels.c_n_db,
        margin_db=levels.margin_db,
        seen=pairs.elevation_deg >= kernel_cell.link.min_elevation_deg,
        sure=~near[step, satellite] & (pairs.elevation_deg >= kernel_cell.link.min_elevation_deg),
    )
    return sky_margins(sky, PhonesOfCell.at(inputs.phones, place_m))


def _all_phones(
    parts: list[PhoneMargins], open_margin_db: Floats, doubtful: NDArray[np.bool_], *, alike: bool
) -> PhoneMargins | None:
    """Return the phones of the whole span; doubtful (T,): whether it is in doubt that a satellite is in view.

    One that loses nothing has the best server, whose ties the map decides as `server_order` does.
    """
    if not parts:
        return None
    phones = join_margins(parts)
    if not alike:
        return phones
    exact = open_margin_db[:, None]
    return replace(
        phones,
        exact=exact,
        lowest=np.where(doubtful, phones.lowest, exact - LEVEL_DB),
        highest=np.where(doubtful, phones.highest, exact + LEVEL_DB),
    )


def explain_instant(
    scenario: Scenario, inputs: Inputs, cell: int, *, sample: int, span: CellSpan
) -> CellInstant:
    """Return what the cell sees at one sample of its span, by the exact formula and by the kernel."""
    kernel_cell = _kernel_cell(scenario, inputs, cell)
    step_us = scenario.time.step_us
    stream = position_stream(scenario, inputs)
    position_m = stream.window(first=sample, count=1, decayed_at=span.decayed_at).position_m
    look = look_angles(position_m[0], handset_m=kernel_cell.grid.position_m[0], up=kernel_cell.grid.up[0])
    mask = scenario.link.min_elevation_deg
    satellite = np.flatnonzero(look.elevation_deg >= mask)
    pairs = _pairs(look, satellite)
    levels = _levels(inputs, pairs, satellite)
    order = server_order(
        c_n_db=levels.c_n_db, elevation_deg=look.elevation_deg[satellite], satellite=satellite
    )
    return CellInstant(
        utc=inputs.start + sample * np.timedelta64(step_us, "us"),
        satellite=satellite[order],
        look=_pairs(pairs, order),
        c_n_db=levels.c_n_db[order],
        uplink_c_n_db=levels.uplink_c_n_db[order],
        margin_db=levels.margin_db[:, order],
        below_mask=int(((look.elevation_deg >= 0) & (look.elevation_deg < mask)).sum()),
        kernel=_kernel_levels(position_m, kernel_cell),
    )


def lowest_margin_sample(span: CellSpan) -> int | None:
    """Return the sample where the first service has its lowest margin among those with a satellite in view, or None."""
    margin = span.margin_db[0]
    return None if np.isnan(margin).all() else int(np.nanargmin(margin))


@dataclass(frozen=True, eq=False, slots=True)
class _KernelCell:
    """One cell and its link as the kernel takes them, with histograms of 0.001 dB."""

    grid: Grid
    tiled: TiledCells
    link: KernelLink
    bins: HistogramBins

    def c_n_db(self, counts: NDArray[np.int32]) -> Floats:
        """Return each counted C/N, rising."""
        middle = self.bins.c_n_low_db + (np.arange(len(counts)) + 0.5) / float(
            self.link.requirements.bins_per_db
        )
        return np.asarray(np.repeat(middle, counts))


def _kernel_cell(scenario: Scenario, inputs: Inputs, cell: int) -> _KernelCell:
    link, bins = kernel_link(scenario, inputs)
    per_db = np.float32(link.requirements.bins_per_db * _REFINEMENT)
    fine_link = replace(
        link, requirements=link.requirements._replace(bins_per_db=per_db), bins=link.bins * _REFINEMENT
    )
    grid = one_cell(inputs.grid, cell)
    return _KernelCell(grid, tile_cells(grid), fine_link, bins)


def one_cell(grid: Grid, cell: int) -> Grid:
    """Return the grid of a single cell."""
    return replace(grid, **{name: getattr(grid, name)[cell : cell + 1].copy() for name in PER_CELL})


def _positions(scenario: Scenario, inputs: Inputs) -> Iterator[PositionWindow]:
    """Yield the positions of each window of the span."""
    cuts = span_windows(samples=scenario.time.samples, satellites=len(inputs.constellation))
    yield from position_stream(scenario, inputs).windows((cut.first, cut.count) for cut in cuts)


def _levels(inputs: Inputs, look: LookAngles, satellite: Ints) -> SiteLevels:
    """Return the levels without a latitude, as the kernel's tables are made."""
    return site_levels(inputs.links, inputs.services, look, satellite)


def _pairs(look: LookAngles, index: Any) -> LookAngles:
    return LookAngles(look.slant_range_m[index], look.elevation_deg[index], look.off_nadir_deg[index])


def _kernel_levels(position_m: Floats, kernel_cell: _KernelCell) -> KernelLevels:
    seen, *_ = process_window(position_m, kernel_cell.tiled, kernel_cell.link)
    per_db = float(kernel_cell.link.requirements.bins_per_db)

    def counted(counts: NDArray[np.int32], low_db: float, most: int) -> Floats:
        levels_db = low_db + (np.repeat(np.arange(len(counts)), counts) + 0.5) / per_db
        return np.asarray(levels_db) if len(levels_db) else np.full(most, np.nan)

    margin_db = [
        counted(counts, low_db, seen.phones)
        for counts, low_db in zip(seen.margin_bins[:, 0], kernel_cell.bins.margin_low_db, strict=True)
    ]
    c_n_db = counted(seen.c_n_bins[0], kernel_cell.bins.c_n_low_db, 1)
    return KernelLevels(int(seen.visible_sum[0]), float(c_n_db[0]), np.array(margin_db))

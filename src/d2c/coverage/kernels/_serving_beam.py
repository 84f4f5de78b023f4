"""The compiled loops of a network's services: at each time step the serving beam of each phone, and its margins.

All beams of a satellite reach a phone over the same obstacles, so that of each satellite only the strongest beam can
serve. The mean interference is that of the beams around the cell at the time step, and of all others at the level step
before.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from d2c.coverage.kernels._beam_gain import fill_flux, fill_points, flux_at
from d2c.coverage.kernels._near_beams import keep_levels, list_near_beams, near_beams
from d2c.coverage.kernels._phone_margins import (
    BeamsAround,
    ServedPhones,
    fill_levels,
    fill_margins,
    fill_places,
    serve_cell,
)
from d2c.coverage.kernels.compiling import COMPILED, INNER, INNER_CALLED, INNER_LOOP, kernel
from d2c.coverage.kernels.network_layout import FILL, FLUX, PLACE_ROWS, POINT_ROWS, RECEIVE, TILE


class TileBeams(NamedTuple):
    """Working memory of a tile at a step, of N satellites near it.

    points (N, POINT_ROWS) float32; places (N, PLACE_ROWS) int32; best (N, TILE) int32: the strongest of their beams
    around each cell, -1 for none; best_level (N, TILE), sum (N, C, TILE) float32: its C/N, and the mean interference
    of their beams of each colour.
    """

    points: np.ndarray
    places: np.ndarray
    best: np.ndarray
    best_level: np.ndarray
    sum: np.ndarray


@kernel(parallel=True, **COMPILED)
def serve(
    ground,
    position_m,
    beams,
    pattern,
    tables,
    phones,
    needs,
    level_step,
    held,
    compared,
    counted,
    handovers,
    margin_db,
):
    """Fill the margins of some steps; position_m (T, S, 3), in the centre of each cell.

    level_step (T,) int64: row of `held` (L, G) of each step; compared (T,) bool: whether handovers are counted from the
    compared step before; counted (T,) bool: whether the step belongs to the window. margin_db (V, P, T, G) float32 of
    each phone: the middle of the margin's histogram bin, so that rounding moves no sample to another bin or over zero,
    which is an edge; NO_MARGIN_DB without a beam to camp on.
    """
    for tile in prange(ground.first.size - 1):
        _serve_tile(
            ground, position_m, beams, pattern, tables, phones, needs, level_step, held, compared, counted, handovers,
            margin_db, np.int64(tile),
        )  # fmt: skip


@kernel(**INNER)
def _serve_tile(
    ground,
    position_m,
    beams,
    pattern,
    tables,
    phones,
    needs,
    level_step,
    held,
    compared,
    counted,
    handovers,
    margin_db,
    tile,
):
    first, cells = ground.first[tile], ground.first[tile + 1] - ground.first[tile]
    lanes = (cells + FILL - 1) // FILL * FILL
    most, colours, number = beams.satellites.max(), tables.coupling.shape[0], margin_db.shape[1]
    near = near_beams(ground, tile, most)
    tile_beams, work = _tile_beams(most, colours), _beams_around(most, number)
    served = _served_phones(number)
    for step in range(position_m.shape[0]):
        found, satellites = _look_around(
            ground, position_m[step], beams, step, pattern, tables, phones, tile, near, tile_beams, lanes
        )
        for c in range(cells):
            around = _take_cell(beams.satellites[step], tile_beams, near, satellites, work, c)
            if compared[step]:
                server, level = _strongest(work, around)
                _count_handover(
                    beams,
                    step,
                    pattern,
                    tables,
                    tile_beams.points,
                    work,
                    needs,
                    server,
                    level,
                    handovers,
                    counted[step],
                    first + c,
                    c,
                )
            if counted[step]:
                serve_cell(
                    near, found, beams, step, pattern, tables, phones, needs, tile_beams, work, around,
                    held[level_step[step], first + c], served, c,
                )  # fmt: skip
        if counted[step]:
            _store_margins(needs, tables, cells, number, served, margin_db, step, first)


@kernel(**INNER_CALLED)
def _store_margins(needs, tables, cells, number, served, margin_db, step, first):
    """Store the margins of the phones of all cells of a tile."""
    fill_levels(tables, cells * number, served)
    for service in range(margin_db.shape[0]):
        fill_margins(needs, tables, service, cells * number, served)
        for p in range(number):
            of_cells, of_phone = margin_db[service, p, step, first : first + cells], served.margin[p:]
            for c in range(len(of_cells)):
                of_cells[c] = of_phone[np.uint64(c * number)]


@kernel(**INNER)
def _tile_beams(most, colours):
    return TileBeams(
        np.zeros((most, POINT_ROWS), np.float32),
        np.zeros((most, PLACE_ROWS), np.int32),
        np.zeros((most, TILE), np.int32),
        np.zeros((most, TILE), np.float32),
        np.zeros((most, colours, TILE), np.float32),
    )


@kernel(**INNER)
def _beams_around(most, number):
    whole, of_best = np.zeros((3, most), np.int64), np.zeros((4, most), np.float32)
    return BeamsAround(
        whole[0], whole[1], whole[2], of_best[0], np.zeros(most, np.bool_), np.zeros((most, most), np.float32),
        of_best[1], of_best[2], of_best[3], np.ones((most, number), np.float32), np.zeros(number, np.int32),
        np.zeros(number, np.uint32), np.full(most, -1),
    )  # fmt: skip


@kernel(**INNER)
def _served_phones(number):
    rows = np.zeros((11, number * TILE), np.float32)
    return ServedPhones(
        rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], rows[8], rows[9], rows[10],
        np.zeros(number * TILE, np.uint32),
    )  # fmt: skip


@kernel(**INNER_CALLED)
def _look_around(ground, position_m, beams, step, pattern, tables, phones, tile, near, work, lanes):
    """Fill what the beams near a tile are to its cells in the open; return their number, and of their satellites."""
    found, satellites = list_near_beams(ground, tile, beams, step, near)
    first, end = ground.first[tile], ground.first[tile + 1]
    for at in range(satellites):
        satellite_m = position_m[beams.satellite[step, near.serving[at]]]
        row = work.points[at]
        fill_points(satellite_m, ground.centre_m, ground.centre_up, first, end, pattern, tables, row)
        if phones.number:
            fill_places(
                phones, ground.variant[first:end], ground.turn[first:end], satellite_m, ground.centre_m,
                ground.centre_up, first, end, row, work.places[at],
            )  # fmt: skip
        work.best[at], work.best_level[at], work.sum[at] = -1, 0.0, 0.0
    for number in range(found):
        i, j = near.beam[number], near.near[number]
        at = near.place[beams.serving[step, i]]
        row, around = work.points[at], ground.around[j]
        lane, end_lane = ground.lanes[j, 0], ground.lanes[j, 1]
        fill_flux(beams, np.uint64(step), np.uint64(i), pattern, end_lane - lane, row[lane:])
        _keep_beam(
            np.int32(i), beams.lit[step, i], end_lane - lane, around[lane:], row[lane:], work.best[at, lane:],
            work.best_level[at, lane:], work.sum[at, beams.colour[ground.near[j]], lane:],
        )  # fmt: skip
        if tables.isolated.shape[1]:
            keep_levels(lanes, around, row, near.flux[number], near.level[number])
    return found, satellites


@kernel(**INNER_LOOP)
def _keep_beam(i, lit, lanes, around, row, best, best_level, total):
    for c in range(lanes):
        here, before, best_before = row[c + FLUX] * row[c + RECEIVE] * around[c], best_level[c], best[c]
        best_level[c] = max(here, before)
        best[c] = i if here > before else best_before
        total[c] += lit * here


@kernel(**INNER_LOOP)
def _take_cell(serving, tile_beams, near, satellites, work, c):
    """Take the satellites that have a beam around one cell from those of its tile; return how many."""
    found = 0
    for k in range(serving):
        work.place[k] = -1
    for at in range(satellites):
        if tile_beams.best_level[at, c] > 0:
            k = near.serving[at]
            work.place[k], work.serving[found], work.near[found] = found, k, at
            work.best[found], work.best_level[found] = tile_beams.best[at, c], tile_beams.best_level[at, c]
            found += 1
    return found


@kernel(**INNER_LOOP)
def _strongest(work, satellites):
    """Return the strongest beam at a cell in the open, -1 for none, and its C/N."""
    best, level = np.int64(-1), np.float32(0.0)
    for at in range(satellites):
        if work.best_level[at] > level:
            best, level = work.best[at], work.best_level[at]
    return best, level


@kernel(**INNER_LOOP)
def _count_handover(beams, step, pattern, tables, rows, work, needs, server, level, handovers, counted, g, c):
    """Count a handover if the beam of the compared step before is gone or weaker by the hysteresis."""
    before, satellite = handovers.cell[g], handovers.satellite[g]
    camped = server >= 0 and level >= tables.least_c_n
    if counted and before >= 0 and camped:
        i = beams.slot[step, before]
        same = i >= 0 and beams.satellite[step, beams.serving[step, i]] == satellite
        if same and work.place[beams.serving[step, i]] >= 0:
            row = rows[work.near[work.place[beams.serving[step, i]]]]
            kept = np.float64(flux_at(beams, step, i, pattern, row, c)) * row[c + RECEIVE]
            same = level <= kept * needs.hysteresis
        else:
            same = False
        if not same:
            handovers.number[g] += 1
    handovers.cell[g] = beams.cell[step, server] if camped else -1
    handovers.satellite[g] = beams.satellite[step, beams.serving[step, server]] if camped else -1

"""The steps of a window of a network, a few at a time: their beams, levels and margins, and what is counted of them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.kernels._interference import accumulate_levels
from d2c.coverage.kernels._serving_beam import serve
from d2c.coverage.kernels.link_curves import BINS_PER_DB
from d2c.coverage.kernels.network_layout import SHARE_UNITS, Handovers, HoppingBeams, NetworkCounters
from d2c.coverage.kernels.tiles import to_grid_order
from d2c.coverage.network.association import hopping_beams
from d2c.coverage.network.levels import (
    C_I_HIGH_DB,
    C_I_LOW_DB,
    C_IN_HIGH_DB,
    C_IN_LOW_DB,
    C_N_HIGH_DB,
    C_N_LOW_DB,
    HoppingNetwork,
)
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.windows import Window
from d2c.grouping import group_sums

_STEPS = 24  # at once: each tile reads the beams of all of them, which should stay in the cache
_STEPS_BYTES = 64_000_000  # of their beams and margins at most
_BEAM_BYTES = 100  # of one beam at one step

Floats = NDArray[np.float64]


class NetworkSteps(NamedTuple):
    """Some steps of a window: `first` within it, and margins (V, P, T, G) in the order of the tiles."""

    first: int
    margin_db: NDArray[np.float32]


class NetworkWindow:
    """A window of a network while its steps are counted, a few at a time."""

    def __init__(self, network: HoppingNetwork, window: Window, *, satellites: int) -> None:
        """Begin with counters of zero."""
        self._network, self._window = network, window
        self._lead = network.lead_steps(window)
        size, cells = len(network.ground.turn), len(network.association.cells.weight)
        bins = {
            "c_n": _bins(C_N_LOW_DB, C_N_HIGH_DB),
            "c_in": _bins(C_IN_LOW_DB, C_IN_HIGH_DB),
            "c_i": _bins(C_I_LOW_DB, C_I_HIGH_DB),
        }
        self.counters = NetworkCounters(
            camped=np.zeros(size, np.int32),
            c_n_bins=np.zeros((size, bins["c_n"]), np.int32),
            c_in_bins=np.zeros((size, bins["c_in"]), np.int64),
            data_bins=np.zeros((size, bins["c_in"]), np.int64),
            c_i_bins=np.zeros((size, bins["c_i"]), np.int64),
            share_sum=np.zeros(size, np.int64),
            lit_sum=np.zeros(size, np.int64),
            pfd_max=np.zeros(size),
            pfd_over_limit=np.zeros((len(network.tables.allowed), size)),
        )
        none = np.full(size, -1, np.int64)
        self._handovers = Handovers(none, none.copy(), np.zeros(size, np.int32))
        self._held = np.zeros((1, size), np.float32)
        self._cell_served = np.zeros(cells, np.int32)
        self._cell_share, self._cell_lit = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
        self._serving_steps, self._cell_steps = np.zeros(satellites, np.int64), np.zeros(satellites, np.int64)
        self._alight_sum = np.zeros(satellites, np.int64)
        self._alight: list[Floats] = []
        self._unserved: list[NDArray[np.int32]] = []

    def steps(self, position_m: Floats) -> Iterator[NetworkSteps]:
        """Count the steps of position_m (lead + T, S, 3), and yield the margins of those of the window."""
        network = self._network
        cells = len(network.association.cells.weight)
        margin_bytes = 4 * int(np.prod(self._margins_shape(1)))
        length = min(max(_STEPS_BYTES // (_BEAM_BYTES * cells + margin_bytes), 1), _STEPS)
        begin = self._window.first - self._lead
        for at in range(0, len(position_m), length):
            part = position_m[at : at + length]
            step = begin + at + np.arange(len(part))
            margin_db = self._count(part, step)
            inside = step >= self._window.first
            if inside.any():
                counted = margin_db if inside.all() else np.ascontiguousarray(margin_db[:, :, inside])
                yield NetworkSteps(int(step[inside][0]) - self._window.first, counted)

    def _count(self, position_m: Floats, step: NDArray[np.int64]) -> NDArray[np.float32]:
        network, tables = self._network, self._network.tables
        inside = step >= self._window.first
        _, beams = hopping_beams(position_m, network.association)
        level = network.level_steps.among(step)
        rows = np.flatnonzero(level)
        held = np.zeros((len(rows), self._held.shape[1]), np.float32)
        pattern = network.association.pattern
        if rows.size:
            accumulate_levels(
                network.ground,
                position_m[rows],
                steps_of(beams, rows),
                pattern,
                tables,
                network.phones,
                network.level_steps.number(step[rows]),
                inside[rows],
                self.counters,
                held,
            )
        held = np.concatenate([self._held, held])
        margin_db = np.zeros(self._margins_shape(len(step)), np.float32)
        serve(
            network.ground,
            position_m,
            beams,
            pattern,
            tables,
            network.phones,
            network.needs,
            np.cumsum(level),
            held,
            step % network.handover_every == 0,
            inside,
            self._handovers,
            margin_db,
        )
        self._held = held[-1:]
        self._count_beams(beams, inside)
        return margin_db

    def _margins_shape(self, steps: int) -> tuple[int, int, int, int]:
        network = self._network
        phones = max(network.phones.number, 1)
        return network.needs.down_db.size, phones, steps, len(network.ground.turn)

    def _count_beams(self, beams: HoppingBeams, inside: NDArray[np.bool_]) -> None:
        """Count cells and satellites over the steps of the window."""
        cells, satellites = len(self._cell_served), len(self._cell_steps)
        serving = inside[:, None] & (np.arange(beams.satellite.shape[1]) < beams.satellites[:, None])
        number = np.take_along_axis(beams.first, beams.satellites[:, None], axis=1)
        there = inside[:, None] & (np.arange(beams.cell.shape[1]) < number)
        cell, lit = beams.cell[there], _units(np.where(there, beams.lit, 0))
        self._cell_served += np.bincount(cell, minlength=cells).astype(np.int32)
        self._cell_share += group_sums(cell, _units(beams.share[there]), cells)
        self._cell_lit += group_sums(cell, lit[there], cells)
        satellite = beams.satellite[serving]
        self._serving_steps += np.bincount(satellite, minlength=satellites)
        self._cell_steps += group_sums(satellite, np.diff(beams.first, axis=1)[serving], satellites)
        self._alight_sum += group_sums(satellite, _units(beams.alight[serving]), satellites)
        self._alight.append(lit.sum(axis=1)[inside] / SHARE_UNITS)
        to_serve = np.count_nonzero(self._network.association.cells.weight >= 0)
        self._unserved.append((to_serve - number[inside, 0]).astype(np.int32))

    def statistics(self) -> NetworkStatistics:
        """Return the statistics of the window after all its steps."""
        order, counters = self._network.cells.order, self.counters
        return NetworkStatistics(
            camped=to_grid_order(counters.camped, order),
            c_n_bins=to_grid_order(counters.c_n_bins, order, axis=-2),
            c_in_bins=to_grid_order(counters.c_in_bins, order, axis=-2),
            data_bins=to_grid_order(counters.data_bins, order, axis=-2),
            c_i_bins=to_grid_order(counters.c_i_bins, order, axis=-2),
            share_sum=to_grid_order(counters.share_sum, order),
            lit_sum=to_grid_order(counters.lit_sum, order),
            pfd_max=to_grid_order(counters.pfd_max, order),
            handovers=to_grid_order(self._handovers.number, order),
            cell_served=self._cell_served,
            cell_share=self._cell_share,
            cell_lit=self._cell_lit,
            serving_steps=self._serving_steps,
            cell_steps=self._cell_steps,
            alight_sum=self._alight_sum,
            alight_beams=np.concatenate(self._alight),
            unserved_cells=np.concatenate(self._unserved),
        )


def steps_of(beams: HoppingBeams, rows: NDArray[np.int64]) -> HoppingBeams:
    """Return the beams of some of the steps."""
    of_steps = {name: values[rows] for name, values in beams._asdict().items() if name != "colour"}
    return HoppingBeams(**of_steps, colour=beams.colour)


def _bins(low_db: float, high_db: float) -> int:
    return round((high_db - low_db) * BINS_PER_DB)


def _units(share: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    return np.rint(share.astype(np.float64) * SHARE_UNITS).astype(np.int64)

"""Small loaded networks for the tests, and what the compiled kernel hears in them to the last digit."""

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.engine.accumulator import CoverageAccumulator
from d2c.coverage.engine.engine import span_job
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernels._assignment import AssignmentPeriods, Assignments, BeamCells
from d2c.coverage.kernels._interference import GroundCells, NetworkCounters, accumulate_network
from d2c.coverage.network.assignment import active_beams
from d2c.coverage.network.interference import network_counters
from d2c.coverage.radio import kernel_link
from d2c.coverage.windows import Window
from d2c.scenario.load import read_scenario

SMALL = ["region.area=molise", "grid.resolution=5", "time.duration_h=1", "beams.margin_km=60"]
APERTURE = "link.payload=3gpp-set1-leo600"  # no PFD cap, no scan loss, the pattern of TR 38.811, 6.4.1


def loaded(*overrides):
    """Return scenario, inputs and job of a loaded network: a dozen ground cells, some forty beam cells."""
    scenario = read_scenario("italy-loaded", overrides=[*SMALL, *overrides])
    inputs = read_inputs(scenario)
    link, bins = kernel_link(scenario, inputs)
    return scenario, inputs, span_job(scenario, inputs, link, bins)


def loaded_network(*overrides):
    """Return scenario and inputs of such a network, and what its windows have in common."""
    scenario, inputs, job = loaded(*overrides)
    return scenario, inputs, job.setup.model.network


def cells_at(position_m, *, colour=None, weight=None):
    """Return beam cells with these centres (C, 3) on a sphere."""
    size = len(position_m)
    return BeamCells(
        np.ascontiguousarray(position_m),
        position_m / np.linalg.norm(position_m, axis=1)[:, None],
        np.ones(size, np.int64) if weight is None else np.asarray(weight, np.int64),
        np.arange(size),
        np.zeros(size, np.int64) if colour is None else np.asarray(colour, np.int64),
    )


def beams_to(network, cells, position_m, server):
    """Return the beams of satellites (T, S, 3) to beam cells, server (T, C)."""
    setup = dataclasses.replace(network.assignment, cells=cells)
    return active_beams(np.asarray(server, np.int32), position_m, setup, network.link)


def ground_at(position_m, cell):
    """Return ground cells at places (G, 3) on a sphere, each in a beam cell."""
    size = len(position_m)
    return GroundCells(
        np.array([0, size]),
        np.ascontiguousarray(position_m),
        position_m / np.linalg.norm(position_m, axis=1)[:, None],
        np.asarray(cell, np.int64),
    )


class Heard(NamedTuple):
    """What the kernel counts and gives; margin_db (V, T, G)."""

    counters: NetworkCounters
    margin_db: NDArray[np.float32]


def hear(network, ground, position_m, beams, **requirements):
    """Return what the kernel hears over some steps; `requirements` replaces fields of NetworkRequirements."""
    asked = network.requirements._replace(**requirements)
    counters = network_counters(dataclasses.replace(network, ground=ground, requirements=asked))
    shape = (asked.down_db.size, len(position_m), len(ground.cell))
    margin_db = np.full(shape, np.nan, np.float32)
    accumulate_network(ground, position_m, beams, network.tables, asked, counters, margin_db)
    return Heard(counters, margin_db)


def served_by(network, position_m, margin_db, *, clock=None, first=0):
    """Return statistics, frames, and served cells and area (T, V), as the accumulator counts margins of all cells."""
    accumulator = CoverageAccumulator(
        network.cells, network.link, Window(first, len(position_m)), clock=clock
    )
    accumulator.add_window(position_m, count_services=False)
    cells, area_m2 = accumulator.add_margins(margin_db, first=first)
    return accumulator.statistics(), accumulator.frames(), cells, area_m2


def levels_of(network, ground, position_m, beams):
    """Return C/(I+N) and C/I (G,) at one step, to 1e-9 dB: by histograms that close in on them."""
    found = np.full((2, len(ground.cell)), np.nan)
    for g in range(len(ground.cell)):
        one = GroundCells(
            np.array([0, 1]), *(values[g : g + 1].copy() for values in (ground.position_m, ground.up, ground.cell))
        )  # fmt: skip
        low, step = np.array([-300.0, -300.0]), 1.0
        for _ in range(5):
            counters, _ = hear(
                network,
                one,
                position_m,
                beams,
                c_in_low_db=low[0],
                c_i_low_db=low[1],
                bins_per_db=1.0 / step,
                margin_bins=600,  # as many as the levels may need
            )
            if not counters.active_samples[0]:
                break
            found[:, g] = low = low + step * np.array(
                [counters.c_in_bins[0].argmax(), counters.c_i_bins[0].argmax()]
            )
            step /= 200.0
    return found


def period(rows, *, keep=0, first_rank=0):
    """Return the one period that begins at the first of some rows."""
    return AssignmentPeriods(*(np.array([value], np.int64) for value in (0, keep, rows, first_rank)))


def nothing_assigned(rows, cells, satellites):
    """Return what `assign` fills."""
    return Assignments(
        np.full((rows, cells), -1, np.int32),
        np.zeros(rows, np.int32),
        np.zeros((1, cells), np.int32),
        np.zeros((1, cells), np.int32),
        np.zeros((1, satellites), np.int32),
        np.zeros((1, satellites), np.int32),
    )

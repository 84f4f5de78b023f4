"""Small loaded networks for the tests, and what the compiled kernel hears in them to the last digit."""

import dataclasses

import numpy as np

from d2c.coverage.engine.engine import span_job
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernels._assignment import AssignmentPeriods, Assignments, BeamCells
from d2c.coverage.kernels._interference import GroundCells, accumulate_network
from d2c.coverage.network.assignment import active_beams
from d2c.coverage.network.interference import _counters
from d2c.coverage.radio import kernel_link
from d2c.scenario.load import read_scenario

SMALL = ["region.area=molise", "grid.resolution=5", "time.duration_h=1", "beams.margin_km=60"]
APERTURE = "link.payload=3gpp-set1-leo600"  # no PFD cap, no scan loss, the pattern of TR 38.811, 6.4.1


def loaded(*overrides):
    """Return scenario, inputs and task of a loaded network: a dozen ground cells, some forty beam cells."""
    scenario = read_scenario("italy-loaded", overrides=[*SMALL, *overrides])
    inputs = read_inputs(scenario)
    radio, levels = kernel_link(scenario, inputs)
    return scenario, inputs, span_job(scenario, inputs, radio, levels)


def cells_at(position_m, *, colour=None, weight=None):
    """Return beam cells with these centres (B, 3) on a sphere."""
    size = len(position_m)
    return BeamCells(
        np.ascontiguousarray(position_m),
        position_m / np.linalg.norm(position_m, axis=1)[:, None],
        np.ones(size, np.int64) if weight is None else np.asarray(weight, np.int64),
        np.arange(size),
        np.zeros(size, np.int64) if colour is None else np.asarray(colour, np.int64),
    )


def lit_by(task, cells, position_m, server):
    """Return the beams of satellites (T, S, 3) that light beam cells, server (T, B)."""
    field = dataclasses.replace(task.load.field, cells=cells)
    return active_beams(np.asarray(server, np.int32), position_m, field, task.radio)


def ground_at(position_m, cell):
    """Return ground cells at places (G, 3) on a sphere, each in a beam cell."""
    up = position_m / np.linalg.norm(position_m, axis=1)[:, None]
    size = len(position_m)
    return GroundCells(
        np.array([0, size]),
        np.ascontiguousarray(position_m),
        up,
        np.asarray(cell, np.int64),
        np.ones(size, np.int64),
    )


def count(task, ground, position_m, beams, **wanted):
    """Return what the kernel counts; `wanted` replaces fields of Wanted."""
    load = dataclasses.replace(task.load, ground=ground)
    counters = _counters(load, frames=0, steps=len(position_m))
    frame_end = np.full(len(position_m), -1, np.int64)
    accumulate_network(
        ground, position_m, beams, load.air, load.wanted._replace(frame_end=frame_end, **wanted), counters
    )
    return counters


def levels_of(task, ground, position_m, beams):
    """Return C/(I+N) and C/I (G,) at one step, to 1e-9 dB: by histograms that close in on them."""
    task = dataclasses.replace(task, load=dataclasses.replace(task.load, bins=600))  # as many as C/I has
    found = np.full((2, len(ground.cell)), np.nan)
    for g in range(len(ground.cell)):
        one = GroundCells(
            np.array([0, 1]), *(values[g : g + 1].copy() for values in (ground.position_m, ground.up, ground.cell)),
            ground.area_m2[g : g + 1].copy(),
        )  # fmt: skip
        low, step = np.array([-300.0, -300.0]), 1.0
        for _ in range(5):
            counters = count(
                task, one, position_m, beams, c_in_low_db=low[0], c_i_low_db=low[1], bins_per_db=1.0 / step
            )
            if not counters.lit[0]:
                break
            found[:, g] = low = low + step * np.array(
                [counters.c_in_bins[0].argmax(), counters.c_i_bins[0].argmax()]
            )
            step /= 200.0
    return found


def chapter(rows, *, keep=0, first_rank=0):
    """Return the one chapter that begins at the first of some rows."""
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

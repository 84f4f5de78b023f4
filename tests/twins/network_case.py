"""Small networks of hopping beams for the tests."""

from typing import NamedTuple

import numpy as np
from link_case import ALIKE

from d2c.coverage.engine.engine import span_job
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.kernels._interference import accumulate_levels
from d2c.coverage.kernels._serving_beam import serve
from d2c.coverage.kernels.network_layout import Handovers
from d2c.coverage.network.association import hopping_beams
from d2c.coverage.network.window import NetworkWindow
from d2c.coverage.windows import Window
from d2c.scenario.load import read_scenario

SMALL = [*ALIKE, "region.area=molise", "grid.resolution=5", "time.duration_h=1", "beams.margin_km=60"]
APERTURE = "link.payload=3gpp-set1-leo600"  # no PFD cap, no scan loss, the pattern of TR 38.811, 6.4.1


def network_job(*overrides):
    """Return scenario, inputs and job of a network: two dozen ground cells, some hundred beam cells."""
    scenario = read_scenario("italy-loaded", overrides=[*SMALL, *overrides])
    inputs = read_inputs(scenario)
    link, bins = kernel_link(scenario, inputs)
    return scenario, inputs, span_job(scenario, inputs, link, bins)


class NetworkCase(NamedTuple):
    """A small network and some of its steps."""

    scenario: object
    inputs: object
    network: object
    position_m: np.ndarray


def network_case(*overrides, first=0, count=3, every=40):
    """Return a network and positions (count, S, 3) of steps that are `every` steps apart."""
    scenario, inputs, job = network_job(*overrides)
    window = job.positions.window(
        first=first, count=(count - 1) * every + 1, decayed_at=job.positions.in_orbit()
    )
    return NetworkCase(scenario, inputs, job.setup.model.network, window.position_m[::every].copy())


def count_levels(case, *, beams=None, turn=0):
    """Return the counters of a case's steps, levels counted at each, the beams, and the mean interference held.

    turn: of all steps, or of each.
    """
    network = case.network
    if beams is None:
        _, beams = hopping_beams(case.position_m, network.association)
    steps = len(case.position_m)
    counters = NetworkWindow(network, Window(0, steps), satellites=case.position_m.shape[1]).counters
    held = np.zeros((steps, len(network.ground.turn)), np.float32)
    accumulate_levels(
        network.ground, case.position_m, beams, network.association.pattern, network.tables, network.phones,
        np.zeros(steps, np.int64) + turn, np.ones(steps, bool), counters, held,
    )  # fmt: skip
    return counters, beams, held


def serve_phones(case, beams, held):
    """Return the margins (V, P, T, G) of a case's steps, each with the interference held of its own level step."""
    network, steps, cells = case.network, len(case.position_m), len(case.network.ground.turn)
    none = np.full(cells, -1, np.int64)
    handovers = Handovers(none, none.copy(), np.zeros(cells, np.int32))
    phones = max(network.phones.number, 1)
    margin_db = np.zeros((network.needs.down_db.size, phones, steps, cells), np.float32)
    serve(
        network.ground, case.position_m, beams, network.association.pattern, network.tables, network.phones,
        network.needs, np.arange(steps), held, np.zeros(steps, bool), np.ones(steps, bool), handovers, margin_db,
    )  # fmt: skip
    return margin_db


def level_db(bins, low_db):
    """Return the middle of the one bin that holds a sample in each row, NaN for none."""
    return np.where(bins.any(axis=1), low_db + (bins.argmax(axis=1) + 0.5) / 10, np.nan)

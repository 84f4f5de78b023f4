"""A cell under a network of beams, recomputed: the run's figures, wrong ones, and one instant of the span."""

import numpy as np
import pytest
from network_case import SMALL

from d2c.analysis.explain_network.cell import network_cell, strongest
from d2c.analysis.explain_network.check import network_checks
from d2c.analysis.explain_network.instant import explain_network_instant, lowest_network_margin_sample
from d2c.analysis.explain_network.span import explain_network_span
from d2c.coverage.network.level_steps import LevelSteps
from d2c.coverage.run import run_coverage
from d2c.link.rate import efficiency_bit_symbol
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.results.layers.cells import cells_frame
from d2c.scenario.load import read_scenario
from d2c.units import from_db, to_db

SAME_FORMULA = 1e-9
CELLS = (0, 7, 19)
# Nothing elsewhere: more interference than by default, and services that do not always close.
BUSY = ["beams.elsewhere=none", "beams.margin_km=0"]


def ran(*overrides):
    scenario = read_scenario("italy-loaded", overrides=[*SMALL, *overrides])
    result = run_coverage(scenario)
    return scenario, result.inputs, cells_frame(result.columns(), result.inputs.grid.boundary)


def row_of(frame, cell):
    row = frame.drop(columns="geometry").iloc[cell].to_dict()
    return {key: None if value != value else value for key, value in row.items()}  # true for NaN only


@pytest.fixture(scope="module")
def busy():
    """Row, cell, inputs and span of one cell of a busy network."""
    scenario, inputs, frame = ran(*BUSY, "beams.level_step_s=120")
    cell = network_cell(scenario, inputs, CELLS[1])
    return row_of(frame, CELLS[1]), cell, inputs, explain_network_span(cell, inputs)


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        [*BUSY, "beams.load=0.4", "beams.full_power_beams=4"],
        ["beams.reuse=3", "beams.demand=population"],
        ["beams.polarisations=2", "beams.cross_polarisation_db=10", "beams.isolation_km=150"],
        ["time.step_s=10", "time.duration_h=0.5", "beams.level_step_s=70"],
        ["grid.kind=latlon", "grid.step_deg=0.4", "link.losses=indoor"],
        ["link.payload=wp4c-system3", "link.services=['cell-broadcast']"],
        ["link.phones=mix", "link.environment=urban", "beams.reuse=3", "beams.demand=population"],
        ["link.phones=hand", "link.environment=rural", "beams.receive=hopping", "beams.active_share=1e-5"],
        ["link.phones=mix", "beams.demand=population", "beams.signalling_share=0"],
        ["link.phones=mix", "link.services=['text', 'cell-broadcast']", "beams.active_share=1"],
    ],
)
def test_a_run_agrees(overrides):
    scenario, inputs, frame = ran(*overrides)
    for number in CELLS:
        number = min(number, len(frame) - 1)
        cell = network_cell(scenario, inputs, number)
        checks = network_checks(row_of(frame, number), explain_network_span(cell, inputs), cell)
        assert [check for check in checks if not check.agrees] == []
        names = {check.name for check in checks}
        assert {"rsrp_p50_dbm", "c_in_p50_db", "duty", "handovers_per_hour"} <= names
        assert {"camping", "throughput_kbps_km2"} <= names
        assert {f"{name}_availability" for name in inputs.services} <= names


def test_a_place_without_a_beam_to_camp_on_agrees():
    scenario, inputs, frame = ran("link.operating=measured", "link.phone_loss_db=40")
    row, cell = row_of(frame, 3), network_cell(scenario, inputs, 3)
    span = explain_network_span(cell, inputs)
    assert not span.camped.any()
    assert lowest_network_margin_sample(span) is None
    assert row["rsrp_p50_dbm"] is None
    checks = network_checks(row, span, cell)
    assert all(check.agrees for check in checks)
    now = explain_network_instant(cell, inputs, sample=50, span=span)
    assert now.server is not None
    assert not now.server.camped
    assert np.isnan(now.server.margin_db).all()


@pytest.mark.parametrize(
    ("column", "by"),
    [
        ("rsrp_p05_dbm", 1.0),
        ("rsrp_p50_dbm", -0.3),
        ("rsrp_p95_dbm", 0.3),
        ("rsrq_p50_db", 0.3),
        ("c_in_p05_db", 1.0),
        ("c_in_p50_db", -0.5),
        ("c_in_p95_db", 1.0),
        ("c_i_p50_db", 0.5),
        ("duty", 0.001),
        ("camping", -1 / 30),
        ("throughput_kbps_km2", 0.15),
        ("handovers_per_hour", 10.0),
        ("text_availability", 4 / 120),
        ("voice_margin_p50_db", -0.3),
    ],
)
def test_a_wrong_figure_is_found(busy, column, by):
    row, cell, _, span = busy
    assert [check for check in network_checks(row, span, cell) if not check.agrees] == []
    checks = network_checks(row | {column: row[column] + by}, span, cell)
    assert [check.name for check in checks if not check.agrees] == [column]


def test_an_instant_is_a_sample_of_the_span(busy):
    _, cell, inputs, span = busy
    lowest = lowest_network_margin_sample(span)
    assert span.margin_db[0, lowest] == np.nanmin(span.margin_db[0])
    for sample in (0, 3, lowest, 119):
        now = explain_network_instant(cell, inputs, sample=sample, span=span)
        assert now.level_sample == LevelSteps(4).step(LevelSteps(4).number(sample))
        assert now.server.camped == span.camped[sample]
        np.testing.assert_allclose(now.server.margin_db, span.margin_db[:, sample], atol=SAME_FORMULA)


def test_margins_of_an_instant_by_hand(busy):
    _, cell, inputs, span = busy
    sample = lowest_network_margin_sample(span)
    now = explain_network_instant(cell, inputs, sample=sample, span=span)
    server = now.server
    level = float(from_db(now.levels.c_n_db[server.index]))
    held = span.levels.held.exact[cell.level_steps.number(sample)]
    assert server.sampled == pytest.approx(held + server.interference.near, abs=SAME_FORMULA)
    assert 0 < server.interference.near < server.interference.mean
    down_db = to_db(level / (1 + server.sampled))  # load 1: interferers send all the time
    beam_cell, share = now.beams.cell[server.index], now.beams.share[server.index]
    users = max(cell.plan.population[beam_cell] * 0.001, 1)  # the default share of active people
    for margin_db, (name, service) in zip(server.margin_db, inputs.services.items(), strict=True):
        up_db = server.uplink_db - 3.0  # the default noise rise
        times = service.downlink.repetitions.value if service.downlink.repetitions else 1
        asked_bit_s = service.downlink.bit_rate_kbps.value * 1e3 * times * users
        middle_db = np.floor(10 * (down_db + to_db(times))) / 10 + 0.05
        # 86 % of 14 symbols each ms and 15 kHz in 4.5 MHz; TS 38.306
        carried_bit_s = share * efficiency_bit_symbol(c_n_db=middle_db) * 4.5e6 * 14 / 15 * 0.86
        capacity_db = to_db(carried_bit_s / asked_bit_s)
        expected = min(down_db - downlink_c_n_db(service), up_db - uplink_c_n_db(service), capacity_db)
        assert margin_db == pytest.approx(expected, abs=1e-5), name  # the rates are whole bit/s


def test_interferers_of_an_instant(busy):
    _, cell, inputs, span = busy
    now = explain_network_instant(cell, inputs, sample=60, span=span)
    interference, beams = now.server.interference, now.beams
    assert interference.mean == pytest.approx(interference.chance @ interference.level, rel=SAME_FORMULA)
    assert interference.elsewhere == 0
    assert interference.level[now.server.index] == 0
    assert (interference.level <= from_db(now.levels.c_n_db) + SAME_FORMULA).all()
    own = beams.pair == beams.pair[now.server.index]
    alight, q = beams.alight[beams.pair[now.server.index]], beams.lit[now.server.index]
    if beams.few[beams.pair[now.server.index]]:
        expected = beams.lit[own] * (alight - 1) / (alight - q)
        np.testing.assert_allclose(interference.chance[own], np.minimum(expected, 1))
    np.testing.assert_allclose(interference.chance[~own], beams.lit[~own])


def test_strongest():
    level_db = np.array([[-np.inf, 3.0, 2.0], [1.0, 1.001, -5.0], [-np.inf, -np.inf, -np.inf]])
    server, tie = strongest(level_db)
    assert server.tolist() == [1, 1, -1]
    assert tie.tolist() == [False, True, False]

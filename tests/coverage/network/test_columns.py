"""The figures of a network against what a few lines make of its counts."""

import numpy as np
import pytest
from network_case import SMALL

from d2c.coverage.kernels.network_layout import SHARE_UNITS, UNITS
from d2c.coverage.network.beam_service import beam_service
from d2c.coverage.network.levels import C_IN_LOW_DB
from d2c.coverage.run import run_coverage
from d2c.coverage.windows import Window
from d2c.link.rate import efficiency_bit_symbol
from d2c.scenario.load import read_scenario

# beams over half of the ground cells only, and none over some of these
QUESTION = [
    *SMALL,
    "region.area=13.5,41,17,42",
    "time.duration_h=2",
    "beams.area=13.5,41,15.5,42",
    "beams.margin_km=0",
    "beams.level_step_s=120",
    "beams.load=0.5",
    "beams.exclusions=[{area = '14.9,41.5,15,41.6', distance_km = 5}]",
]
LEVEL_STEPS, STEPS = 60, 240
LEVELS = ("rsrp_p05_dbm", "rsrp_p50_dbm", "rsrp_p95_dbm", "rsrq_p50_db", "c_in_p05_db", "c_in_p50_db", "c_in_p95_db",
          "c_i_p50_db", "duty", "rate_p50_kbps")  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return run_coverage(read_scenario("italy-loaded", overrides=QUESTION))


def test_ground_cells(result):
    network, columns, plan = result.network.statistics, result.columns(), result.inputs.beams
    assert network.camped.max() == LEVEL_STEPS
    never = network.camped == 0
    assert never.any()
    assert (plan.cell[never] < 0).all()  # far from all beams
    for name in LEVELS:
        np.testing.assert_array_equal(np.isnan(columns[name]), never, err_msg=name)
    np.testing.assert_allclose(
        columns["duty"][~never], (network.share_sum / SHARE_UNITS / np.maximum(network.camped, 1))[~never]
    )
    for low, high in (
        ("rsrp_p05_dbm", "rsrp_p50_dbm"), ("rsrp_p50_dbm", "rsrp_p95_dbm"), ("c_in_p05_db", "c_in_p50_db"),
        ("c_in_p50_db", "c_in_p95_db"), ("c_in_p50_db", "c_i_p50_db"),
    ):  # fmt: skip
        assert (columns[low] <= columns[high] + 0.1)[~never].all()
    # a channel of 4.5 MHz, 14 symbols in 15 kHz and a millisecond, 14 % of them overhead; load 0.5 of the others
    assert np.nanmax(columns["rate_p50_kbps"]) <= 4.5e6 * 14 / 15 * 0.86 * 5.5547 / 1e3
    assert np.nanmax(columns["rsrq_p50_db"]) <= -10 * np.log10(2 + 10 * 0.5)


def test_every_camped_step_is_counted_whole(result):
    network = result.network.statistics
    for bins in (network.c_in_bins, network.data_bins, network.c_i_bins):
        total = bins.sum(axis=1)
        np.testing.assert_allclose(
            total, network.camped * UNITS, rtol=2e-3
        )  # outcomes of less than a unit are left
    np.testing.assert_array_equal(network.c_n_bins.sum(axis=1), network.camped)


def test_beam_cells(result):
    network, cells, plan = result.network.statistics, result.network.beam_cell_columns(), result.inputs.beams
    np.testing.assert_array_equal(cells["served"], network.cell_served / STEPS)
    assert not cells["served"][plan.excluded].any()
    assert np.isnan(cells["duty"][plan.excluded]).all()
    served = ~plan.excluded
    np.testing.assert_allclose(
        cells["duty"][served], network.cell_share[served] / SHARE_UNITS / network.cell_served[served]
    )
    # lit for its own share while it asks, which half of the cells do, and for signalling while it does not
    assert (cells["alight"] >= 0.5 * cells["duty"] * cells["served"] - 1e-6)[served].all()
    assert (cells["alight"] <= (0.5 * cells["duty"] + 0.5 / 160) * cells["served"] + 1e-6)[served].all()
    level_db = C_IN_LOW_DB + (np.arange(network.data_bins.shape[1]) + 0.5) / 10
    rate_bit_s = efficiency_bit_symbol(c_n_db=level_db) * 4.5e6 * 14 / 15 * 0.86
    for b in np.flatnonzero(served):
        inside = plan.cell == b
        if not inside.any():
            assert np.isnan(cells["throughput_mbps"][b])
            continue
        bins = network.data_bins[inside]
        mean_bit_s = np.mean(bins @ rate_bit_s / np.maximum(bins.sum(axis=1), 1))
        throughput = 0.5 * mean_bit_s * network.cell_share[b] / SHARE_UNITS / STEPS
        assert cells["throughput_mbps"][b] == pytest.approx(throughput / 1e6, rel=1e-5)
        if plan.population[b]:
            people = plan.population[b] * result.scenario.beams.active_share
            assert cells["kbps_per_person"][b] == pytest.approx(throughput / people / 1e3, rel=1e-5)
    assert np.isnan(cells["kbps_per_person"][plan.population == 0]).all()
    assert cells["population"].sum() == plan.population.sum() > 0


def test_satellites(result):
    table, network = result.network.satellite_columns(), result.network.statistics
    assert len(set(table["satellite"])) == len(table["satellite"]) > 10
    assert (table["beams_alight"] <= 16 + 1e-4).all()
    np.testing.assert_allclose(table["beams_alight"] + table["idle_beams"], 16, atol=1e-4)
    cells = (table["beam_cells"] * table["serving"]).sum()
    assert cells == pytest.approx(network.cell_served.sum() / STEPS)


def test_timeline(result):
    line, network = result.timeline_columns(), result.network.statistics
    assert line["beams_alight"].sum() == pytest.approx(network.cell_lit.sum() / SHARE_UNITS)
    to_serve = (~result.inputs.beams.excluded).sum()
    assert (to_serve * STEPS - line["unserved_beam_cells"].sum()) == network.cell_served.sum()


def test_network_over_area_and_time(result):
    found = result.network.of_camped_phones(result.inputs.grid.area_m2)
    bins = (result.network.statistics.data_bins * result.inputs.grid.area_m2[:, None]).sum(axis=0)
    level = C_IN_LOW_DB + (np.arange(len(bins)) + 0.5) / 10
    share = np.cumsum(bins) / bins.sum()
    for percent in (5, 25, 50, 75, 95):
        assert found[f"c_in_p{percent:02d}_db"] == pytest.approx(level[share >= percent / 100][0])
    mean = (efficiency_bit_symbol(c_n_db=level) * bins).sum() / bins.sum()
    assert found["efficiency_mean_bit_symbol"] == pytest.approx(mean)
    # RSRP of C/N = 0 dB: noise of 15 kHz at the receiver; of half of the samples no more than the median
    columns = result.columns()
    lowest, highest = np.nanmin(columns["rsrp_p05_dbm"]), np.nanmax(columns["rsrp_p95_dbm"])
    assert lowest < found["rsrp_p50_dbm"] < highest
    # RSRQ by 1 / (2 + 10 load + 12 / (C/(I+N))), at the median
    median = 10 ** (level[share >= 0.5][0] / 10)
    assert found["rsrq_p50_db"] == pytest.approx(-10 * np.log10(2 + 10 * 0.5 + 12 / median), abs=0.1)


def test_beam_service_at_instants_is_what_the_run_counts(result):
    """Cells, shares and satellites of the instants add up to those of the span."""
    services = beam_service(result.scenario, result.inputs, Window(0, STEPS), decayed_at=result.decayed_at)
    network = result.network.statistics
    served = np.sum([service.satellite >= 0 for service in services], axis=0)
    np.testing.assert_array_equal(served, network.cell_served)
    share = np.sum([service.share for service in services], axis=0)
    np.testing.assert_allclose(share, network.cell_share / SHARE_UNITS, atol=1e-3)
    steps = np.zeros(len(result.inputs.constellation), np.int64)
    for service in services:
        assert set(service.serving.tolist()) == set(service.satellite[service.satellite >= 0].tolist())
        assert service.cells_served == (service.satellite >= 0).sum()
        steps[service.serving] += 1
    np.testing.assert_array_equal(steps, network.serving_steps)


def test_reuse_divides_the_channel(result):
    thirds = run_coverage(read_scenario("italy-loaded", overrides=[*QUESTION, "beams.reuse=3"]))
    one, three = (found.columns() for found in (result, thirds))
    camped = np.flatnonzero(~np.isnan(one["rate_p50_kbps"]) & ~np.isnan(three["rate_p50_kbps"]))
    assert (three["rate_p50_kbps"][camped] <= 1.5e6 * 14 / 15 * 0.86 * 5.5547 / 1e3).all()
    assert (three["c_i_p50_db"][camped] > one["c_i_p50_db"][camped]).all()

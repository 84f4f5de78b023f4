"""The figures of a loaded network against what a few lines make of its counts."""

import numpy as np
import pytest
from loaded_case import SMALL

from d2c.coverage.run import run_coverage
from d2c.link.rate import efficiency_bit_symbol
from d2c.scenario.load import read_scenario

# the beams are lit over half of the ground cells only, and some of these are kept dark
QUESTION = [
    *SMALL,
    "region.area=13.5,41,17,42",
    "time.duration_h=2",
    "beams.area=13.5,41,15.5,42",
    "beams.margin_km=0",
    "beams.beams_per_satellite=2",
    "beams.exclusions=[{area = '14.9,41.5,15,41.6', distance_km = 5}]",
]


@pytest.fixture(scope="module")
def result():
    return run_coverage(read_scenario("italy-loaded", overrides=QUESTION))


def test_ground_cells(result):
    network, columns, plan = result.network.statistics, result.columns(), result.inputs.beams
    samples = result.samples
    np.testing.assert_array_equal(columns["duty"], network.active_samples / samples)
    outside = plan.cell < 0
    dark = outside | plan.excluded[plan.cell]
    assert outside.any()
    assert (~outside & dark).any()
    assert not columns["duty"][dark].any()
    assert columns["duty"][~dark].all()
    for name in ("c_in_p05_db", "c_in_p50_db", "c_in_p95_db", "c_i_p50_db", "rate_p50_kbps"):
        np.testing.assert_array_equal(np.isnan(columns[name]), dark, err_msg=name)
    assert not columns["handovers_per_hour"][dark].any()
    assert (columns["c_in_p05_db"] <= columns["c_in_p50_db"])[~dark].all()
    assert (columns["c_in_p50_db"] <= columns["c_in_p95_db"])[~dark].all()
    assert (columns["c_in_p50_db"] <= columns["c_i_p50_db"] + 0.1)[~dark].all()
    for name in result.inputs.services:
        assert (columns[f"{name}_availability"] <= columns["duty"]).all()
    # a channel of 4.5 MHz, 14 symbols in 15 kHz and a millisecond, 14 % of them overhead
    symbols_per_s = 4.5e6 * 14 / 15 * 0.86
    wanted = efficiency_bit_symbol(c_n_db=columns["c_in_p50_db"][~dark]) * symbols_per_s / 1e3
    np.testing.assert_allclose(columns["rate_p50_kbps"][~dark], wanted, rtol=1e-6)


def test_beam_cells(result):
    network, cells, plan = result.network.statistics, result.network.beam_cell_columns(), result.inputs.beams
    samples, hours = result.samples, 2.0
    np.testing.assert_array_equal(cells["duty"], network.cell_active / samples)
    np.testing.assert_array_equal(cells["handovers_per_hour"], network.handovers / hours)
    assert ((cells["duty"] + cells["blocked"]) <= 1 + 1e-12).all()
    assert not cells["duty"][plan.excluded].any()
    for b in np.flatnonzero(network.cell_active):
        inside = plan.cell == b
        if network.active_samples[inside].sum():
            mean_bit_s = network.rate_sum[inside].sum() / network.active_samples[inside].sum()
            throughput = mean_bit_s * network.cell_active[b] / samples
            assert cells["throughput_mbps"][b] == pytest.approx(throughput / 1e6)
            if plan.population[b]:
                people = plan.population[b] * result.scenario.beams.active_share
                assert cells["kbps_per_person"][b] == pytest.approx(throughput / people / 1e3)
        else:
            assert np.isnan(cells["throughput_mbps"][b])
    assert np.isnan(cells["kbps_per_person"][plan.population == 0]).all()
    assert cells["population"].sum() == plan.population.sum() > 0


def test_satellites(result):
    table, beams = result.network.satellite_columns(), result.scenario.beams.beams_per_satellite
    assert len(set(table["satellite"])) == len(table["satellite"]) > 10
    assert (table["beams_used"] + table["idle_beams"]).tolist() == pytest.approx(
        [beams] * len(table["satellite"])
    )
    assert (table["beams_used"] <= beams).all()
    assert (table["busy"] <= table["in_reach"] + 1e-12).all()
    used = (table["beams_used"] * table["in_reach"]).sum()
    assert used == pytest.approx(result.network.statistics.active_beams.mean())
    blocked = (table["blocked"] * table["in_reach"]).sum()
    assert blocked == pytest.approx(result.network.statistics.blocked_cells.mean())


def test_timeline(result):
    line = result.timeline_columns()
    assert line["active_beams"].sum() == result.network.statistics.cell_active.sum()
    assert line["blocked_beam_cells"].sum() == result.network.statistics.cell_blocked.sum()
    demand = (result.inputs.beams.weight > 0).sum()
    assert (line["active_beams"] + line["blocked_beam_cells"] <= demand).all()


def test_network_over_area_and_time(result):
    found = result.network.spectral_efficiency(result.inputs.grid.area_m2)
    bins = (result.network.statistics.c_in_bins * result.inputs.grid.area_m2[:, None]).sum(axis=0)
    level = result.network.bins.c_n_low_db + (np.arange(len(bins)) + 0.5) / 10
    share = np.cumsum(bins) / bins.sum()
    for percent in (5, 25, 50, 75, 95):
        assert found[f"c_in_p{percent:02d}_db"] == pytest.approx(level[share >= percent / 100][0])
    mean = (efficiency_bit_symbol(c_n_db=level) * bins).sum() / bins.sum()
    assert found["efficiency_mean_bit_symbol"] == pytest.approx(mean)


def test_reuse_divides_the_channel(result):
    thirds = run_coverage(read_scenario("italy-loaded", overrides=[*QUESTION, "beams.reuse=3"]))
    one, three = (found.columns() for found in (result, thirds))
    lit = np.flatnonzero(~np.isnan(one["rate_p50_kbps"]))
    efficiency = efficiency_bit_symbol(c_n_db=three["c_in_p50_db"][lit])
    np.testing.assert_allclose(
        three["rate_p50_kbps"][lit], efficiency * 1.5e6 * 14 / 15 * 0.86 / 1e3, rtol=1e-6
    )
    assert (three["c_i_p50_db"][lit] > one["c_i_p50_db"][lit]).all()

"""What must not decide a network's figures, and in which direction the rest must move them."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from d2c.coverage.run import run_coverage
from d2c.scenario.load import read_scenario

ITALY = ["region.area=italy", "time.duration_h=4"]
SHORT = ["grid.resolution=4", "time.duration_h=1", "region.area=lazio"]


@cache
def columns(*overrides):
    result = run_coverage(read_scenario("italy-loaded", overrides=[*SHORT, *overrides]))
    figures = dict(result.columns())
    cells = result.network.beam_cell_columns()
    figures["throughput_mbps"] = cells["throughput_mbps"][~np.isnan(cells["throughput_mbps"])]
    return figures


def median(name, *overrides):
    return float(np.nanmedian(columns(*overrides)[name]))


@pytest.mark.parametrize("name", ["c_in_p50_db", "rsrp_p50_dbm", "rsrq_p50_db"])
def test_the_margin_does_not_decide(name):
    narrow, wide = (median(name, *ITALY, f"beams.margin_km={margin}") for margin in (100, 400))
    assert narrow == pytest.approx(wide, abs=0.3)


@pytest.mark.parametrize("step_s", [10, 5])
@pytest.mark.parametrize("name", ["c_in_p50_db", "rsrp_p50_dbm", "c_i_p50_db"])
def test_the_step_does_not_decide_levels(name, step_s):
    assert median(name, f"time.step_s={step_s}") == pytest.approx(median(name), abs=0.1)


@pytest.mark.parametrize("step_s", [10, 5])
def test_the_step_does_not_decide_services(step_s):
    one, other = columns(), columns(f"time.step_s={step_s}")
    for service in ("text", "voice"):
        name = f"{service}_availability"
        assert one[name].mean() == pytest.approx(other[name].mean(), abs=0.01)


def test_the_way_the_antenna_is_turned_does_not_decide(tmp_path):
    """The array's longer side lies along the meridian; which way it really lies is not known."""
    turned = tmp_path / "turned.toml"
    turned.write_text(
        'title = "turned"\nbased_on = "starlink-d2c"\n[beam]\nlength_along_m = { value = 2.3, source = "x" }\n'
        'length_across_m = { value = 2.7, source = "x" }\n',
        encoding="utf-8",
    )
    for name in ("c_in_p50_db", "rsrp_p50_dbm"):
        assert median(name, f"link.payload={turned}") == pytest.approx(median(name), abs=0.3)


def test_more_load_is_never_better():
    """Services, levels and what a cell carries for each that asks."""
    loads = [columns(f"beams.load={load}", "beams.elsewhere=none") for load in (0.02, 0.2, 1.0)]
    for less, more in pairwise(loads):
        for name in ("text_availability", "voice_availability", "duty"):
            assert more[name].mean() <= less[name].mean() + 1e-9
        for name in ("c_in_p50_db", "rsrq_p50_db", "rate_p50_kbps"):
            assert np.nanmean(more[name]) <= np.nanmean(less[name]) + 0.05


def test_fewer_beams_or_satellites_are_never_more_throughput():
    whole = columns()["throughput_mbps"].sum()
    assert columns("beams.beams_per_satellite=8")["throughput_mbps"].sum() < whole
    assert columns("constellation.lose=satellites=50%")["throughput_mbps"].sum() < whole


def test_nothing_elsewhere_is_more_interference_and_larger_shares():
    assert median("duty", "beams.elsewhere=none") > 2 * median("duty")
    assert median("c_i_p50_db", "beams.elsewhere=none") < median("c_i_p50_db") - 3.0

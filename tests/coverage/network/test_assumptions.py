"""What must not decide a network's figures, and in which direction the rest must move them."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from link_case import ALIKE

from d2c.coverage.run import run_coverage
from d2c.scenario.load import read_scenario

ITALY = ["region.area=italy", "time.duration_h=4"]
SHORT = [*ALIKE, "grid.resolution=4", "time.duration_h=1", "region.area=lazio"]


@cache
def columns(*overrides):
    result = run_coverage(read_scenario("italy-loaded", overrides=[*SHORT, *overrides]))
    figures = dict(result.columns())
    cells = result.network.beam_cell_columns()
    figures["throughput_mbps"] = cells["throughput_mbps"][~np.isnan(cells["throughput_mbps"])]
    return figures


PHONES = ("link.phones=mix", "link.environment=rural")
ALL = "link.services=['text', 'voice', 'data-64kbps', 'data-1mbps']"
SERVICES = ("text", "voice", "data-64kbps", "data-1mbps")


def median(name, *overrides):
    return float(np.nanmedian(columns(*overrides)[name]))


@pytest.mark.slow
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


def never_more(columns_of, *, of_cells=True):
    """Assert that no service is there more often from one case to the next; return how much they lose in all."""
    for less, more in pairwise(columns_of):
        for service in SERVICES:
            before, after = (found[f"{service}_availability"] for found in (less, more))
            if of_cells:
                assert (after <= before).all(), service
            assert after.mean() <= before.mean() + 1e-9, service
    first, last = columns_of[0], columns_of[-1]
    return sum(first[f"{s}_availability"].mean() - last[f"{s}_availability"].mean() for s in SERVICES)


@pytest.mark.parametrize("chosen", [(), PHONES], ids=["alike", "phones"])
def test_more_users_at_once_are_never_better(chosen):
    shares = [columns(ALL, *chosen, f"beams.active_share={share}") for share in (1e-6, 1e-4, 1e-2, 1.0)]
    assert never_more(shares) > 0.3
    for name in ("c_in_p50_db", "rsrp_p50_dbm", "camping"):  # users share time, not power
        np.testing.assert_array_equal(shares[0][name], shares[-1][name])


def test_more_loss_of_phones_is_never_better():
    chosen = (ALL, *PHONES, "beams.active_share=1e-6", "link.operating=measured")
    assert never_more([columns(*chosen, f"link.phone_loss_db={loss}") for loss in (0, 6, 15.7, 30)]) > 0.3


def test_more_load_is_never_better_for_phones():
    chosen = (ALL, *PHONES, "beams.elsewhere=none", "beams.active_share=1e-6")
    assert never_more([columns(*chosen, f"beams.load={load}") for load in (0.02, 0.2, 1)], of_cells=False) > 0


@pytest.mark.parametrize("users", ["1e-6", "0.001"])
@pytest.mark.parametrize("chosen", [(), PHONES], ids=["alike", "phones"])
def test_services_that_need_less_are_there_more(chosen, users):
    found = columns(ALL, *chosen, f"beams.active_share={users}")
    for more, less in pairwise(SERVICES):
        assert (found[f"{more}_availability"] >= found[f"{less}_availability"]).all()
        never = np.isnan(found[f"{less}_mean_wait_s"])  # for ever
        assert (found[f"{more}_mean_wait_s"] <= found[f"{less}_mean_wait_s"])[~never].all()
    assert found[f"{SERVICES[0]}_availability"].mean() > found[f"{SERVICES[-1]}_availability"].mean()


@pytest.mark.parametrize("step_s", [10, 5])
def test_the_step_does_not_decide_services_of_phones(step_s):
    """Availability within a point, mean waits within a tenth; three hours, as phones that hear little wait long."""
    chosen = ("time.duration_h=3", *PHONES, "beams.active_share=1e-6")
    one, other = columns(*chosen), columns(*chosen, f"time.step_s={step_s}")
    for service in ("text", "voice"):
        availability, wait_s = f"{service}_availability", f"{service}_mean_wait_s"
        assert 0.1 < one[availability].mean() < 0.95
        assert one[availability].mean() == pytest.approx(other[availability].mean(), abs=0.01)
        assert one[wait_s].mean() == pytest.approx(other[wait_s].mean(), rel=0.1)


@pytest.mark.slow
def test_sixteen_phones_are_enough():
    chosen = ("region.area=italy", *PHONES, "beams.active_share=1e-6")
    few, many = (columns(*chosen, f"link.phones_per_cell={number}") for number in (16, 128))
    for service in ("text", "voice"):
        name = f"{service}_availability"
        assert few[name].mean() == pytest.approx(many[name].mean(), abs=0.005)


def test_fewer_beams_or_satellites_are_never_more_throughput():
    whole = columns()["throughput_mbps"].sum()
    assert columns("beams.beams_per_satellite=8")["throughput_mbps"].sum() < whole
    assert columns("constellation.lose=satellites=50%")["throughput_mbps"].sum() < whole


def test_nothing_elsewhere_is_more_interference_and_larger_shares():
    assert median("duty", "beams.elsewhere=none") > 2 * median("duty")
    assert median("c_i_p50_db", "beams.elsewhere=none") < median("c_i_p50_db") - 3.0

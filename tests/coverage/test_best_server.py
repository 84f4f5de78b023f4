"""One rule of the best server: kernel, explanation, timeline and sky agree, above all where satellites tie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from link_case import ALIKE

from d2c.analysis.explain import explain_instant, explain_span, one_cell
from d2c.coverage.best_server import first_of_each, server_order
from d2c.coverage.engine.accumulator import process_window
from d2c.coverage.inputs import position_stream, read_inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.kernels._best_server import rounded_c_n
from d2c.coverage.kernels.tiles import tile_cells
from d2c.scenario.load import read_scenario
from d2c.site.inputs import read_site_inputs
from d2c.site.site import Site
from d2c.site.sky import server_line, sky_at

STEPS = 240


@given(st.floats(1e-6, 1e6), st.floats(1.0003, 1e3))
def test_rounding_keeps_the_order_of_what_is_further_apart_than_a_thousandth_of_a_decibel(low, factor):
    pair = rounded_c_n(np.array([low, low * factor], np.float32))
    assert pair[0] < pair[1]


@given(st.floats(1e-6, 1e6))
def test_rounding_moves_a_ratio_by_half_a_step_at_most(ratio):
    near = rounded_c_n(np.array([ratio, ratio * (1 + 1.0 / (1 << 11))], np.float32))
    assert 0 <= near[1] - near[0] <= 4  # steps of 2^-12 of a power of two, so of 2^-13 to 2^-12 of the ratio


def test_equal_c_n_goes_to_the_higher_elevation_and_then_to_the_lower_index():
    order = server_order(
        c_n_db=np.array([10.0, 10.00001, 10.00002, 9.99, 10.0]),
        elevation_deg=np.array([30.0, 40.0, 40.0, 80.0, 40.0]),
        satellite=np.array([7, 9, 5, 1, 6]),
    )
    assert order.tolist() == [2, 4, 1, 0, 3]


def test_each_step_has_an_order_of_its_own():
    step = np.array([1, 0, 1, 0])
    c_n_db = np.array([1.0, 2.0, 3.0, 4.0])
    order = server_order(c_n_db=c_n_db, elevation_deg=np.full(4, 50.0), satellite=np.arange(4), step=step)
    assert order.tolist() == [3, 1, 2, 0]
    assert first_of_each(step[order]).tolist() == [0, 2]


@pytest.fixture(scope="module", params=["all tie", "as usual"])
def case(request, tmp_path_factory):
    """A cell of a day's first two hours; with no loss beside free space the PFD cap makes all satellites equal."""
    overrides = [*ALIKE, "time.duration_h=2", "region.area=12.45,41.85,12.55,41.95", "grid.kind=latlon"]
    if request.param == "all tie":
        losses = tmp_path_factory.mktemp("ties") / "flat.toml"
        losses.write_text('title = "No loss beside free space"\nmodels = []\n', encoding="utf-8")
        overrides.append(f"link.losses={losses}")
    scenario = read_scenario("italy", overrides=overrides)
    return scenario, read_inputs(scenario)


def test_kernel_explanation_and_timeline_have_the_same_server_at_every_step(case):
    scenario, inputs = case
    span = explain_span(scenario, inputs, 0)
    grid = one_cell(inputs.grid, 0)
    link, _ = kernel_link(scenario, inputs)
    stream = position_stream(scenario, inputs)
    positions = stream.window(first=0, count=STEPS, decayed_at=stream.in_orbit())
    *_, slots = process_window(positions.position_m, tile_cells(grid), link, every=1)
    np.testing.assert_array_equal(slots.server[:, 0], span.server)

    site = Site(latitude_deg=float(grid.latitude_deg[0]), longitude_deg=float(grid.longitude_deg[0]))
    asked = read_site_inputs(scenario, site)
    timeline = server_line(
        inputs.constellation,
        site,
        asked.radio,
        start=inputs.start,
        step_us=scenario.time.step_us,
        samples=STEPS,
    )
    np.testing.assert_array_equal(timeline.server, span.server)

    for sample in (
        0,
        17,
        120,
    ):  # sky uses SGP4 itself, the others interpolate between its states every 240 s
        instant = explain_instant(scenario, inputs, 0, sample=sample, span=span)
        assert instant.satellite[0] == span.server[sample]
        if sample * scenario.time.step_us % 240_000_000 == 0:
            sky = sky_at(inputs.constellation, site, asked.radio, utc=instant.utc)
            assert sky.satellite[: sky.above_mask].tolist() == instant.satellite.tolist()

"""One cell explained: the exact formula against the slow twin, the run and its kernel."""

import numpy as np
import pytest
from coverage_twin import count_gaps, runs_of, watch_slowly

from d2c.analysis.explain import explain_instant, explain_span, lowest_margin_sample, one_cell
from d2c.coverage.inputs import read_inputs
from d2c.coverage.run import run_coverage
from d2c.link.probability import service_probability
from d2c.orbit.decay import NEVER
from d2c.orbit.ephemeris import step_positions
from d2c.propagation import tr38811
from d2c.scenario.load import read_scenario

KERNEL_DB = 0.01  # what the kernel's tables may be off, issue and tests/coverage/test_link_table.py
SAME_FORMULA = 1e-9


@pytest.fixture(scope="module")
def scenario():
    """Sparse enough for gaps, a payload without a cap, and an environment."""
    return read_scenario(
        "italy",
        overrides=[
            "constellation.walker='53:240/12/1'",
            "constellation.altitude_km=525",
            "region.area=sicilia",
            "grid.resolution=4",
            "time.start='2026-08-22T18:00:00Z'",
            "time.duration_h=3",
            "link.payload=3gpp-set1-leo600",
            "link.environment=suburban",
            "link.services=['voice', 'cell-broadcast']",
        ],
    )


@pytest.fixture(scope="module")
def inputs(scenario):
    return read_inputs(scenario)


@pytest.fixture(scope="module")
def span(scenario, inputs):
    return explain_span(scenario, inputs, 7)


@pytest.fixture(scope="module")
def slowly(scenario, inputs):
    """Cell 7 by the twin of the kernel tests."""
    position_m = step_positions(
        inputs.constellation, start=inputs.start, step_us=30_000_000, first=0, count=scenario.time.samples
    )
    return watch_slowly(
        position_m, one_cell(inputs.grid, 7), inputs.link, list(inputs.services.values()), mask_deg=25.0
    )


def test_span_equals_the_twin(span, slowly):
    visible, elevation, down, _, margins, _ = slowly
    np.testing.assert_array_equal(span.visible, visible[:, 0].sum(axis=1))
    assert 0 < (span.visible > 0).mean() < 1
    np.testing.assert_array_equal(span.server >= 0, span.visible > 0)
    np.testing.assert_allclose(span.c_n_db, down[:, 0], atol=SAME_FORMULA)
    np.testing.assert_allclose(span.margin_db, margins[:, :, 0], atol=SAME_FORMULA)
    assert span.highest_deg == pytest.approx(elevation[visible].max(), abs=SAME_FORMULA)


def test_probability_is_that_of_the_server(span, slowly):
    visible, elevation, down, _, margins, _ = slowly
    step = int(np.flatnonzero(span.visible)[0])
    assert visible[step, 0, span.server[step]]
    at = {"environment": "suburban", "elevation_deg": elevation[step, 0, span.server[step]]}
    expected = service_probability(
        margin_db=margins[0, step, 0],
        line_of_sight_probability=tr38811.line_of_sight_probability(**at),
        sigma_los_db=tr38811.shadow_fading_sigma_db(**at, band="S", line_of_sight=True),
        sigma_nlos_db=tr38811.shadow_fading_sigma_db(**at, band="S", line_of_sight=False),
        clutter_loss_db=tr38811.clutter_loss_db(**at, band="S"),
    )
    assert span.probability[0, step] == pytest.approx(expected, abs=SAME_FORMULA)
    assert np.isnan(span.probability[:, np.isnan(down[:, 0])]).all()


def test_kernel_levels_over_the_span(span):
    exact = np.sort(span.c_n_db[~np.isnan(span.c_n_db)])
    assert len(exact) == len(span.kernel_c_n_db) > 50
    np.testing.assert_allclose(span.kernel_c_n_db, exact, atol=KERNEL_DB)


@pytest.mark.parametrize("which", ["lowest margin", "most satellites", "none"])
def test_instant(scenario, inputs, span, which):
    sample = {
        "lowest margin": lowest_margin_sample(span),
        "most satellites": int(np.argmax(span.visible)),
        "none": int(np.argmin(span.visible)),
    }[which]
    now = explain_instant(scenario, inputs, 7, sample=sample, span=span)
    assert now.utc == inputs.start + sample * np.timedelta64(30, "s")
    assert len(now.satellite) == span.visible[sample] == now.kernel.visible
    assert (now.look.elevation_deg >= 25).all()
    if which == "none":
        assert len(now.satellite) == 0
        assert np.isnan([now.kernel.c_n_db, *now.kernel.margin_db]).all()
        return
    assert now.satellite[0] == span.server[sample]
    assert (np.diff(now.c_n_db) <= 0).all()
    assert now.c_n_db[0] == pytest.approx(span.c_n_db[sample], abs=SAME_FORMULA)
    np.testing.assert_allclose(now.margin_db[:, 0], span.margin_db[:, sample], atol=SAME_FORMULA)
    assert now.kernel.c_n_db == pytest.approx(now.c_n_db[0], abs=KERNEL_DB)
    np.testing.assert_allclose(now.kernel.margin_db, now.margin_db[:, 0], atol=KERNEL_DB)


def test_lowest_margin(span):
    sample = lowest_margin_sample(span)
    assert span.margin_db[0, sample] == np.nanmin(span.margin_db[0])


def test_statistics_of_the_run_follow_from_the_span(scenario, inputs, span):
    result = run_coverage(scenario)
    columns = {name: values[7] for name, values in result.columns().items()}
    assert columns["cell_id"] == inputs.grid.cell_id[7]
    assert span.near_mask.sum() == 0
    assert columns["mean_visible"] == pytest.approx(span.visible.mean(), abs=1e-12)
    for v, name in enumerate(inputs.services):
        with np.errstate(invalid="ignore"):
            served = span.margin_db[v] >= 0
        assert columns[f"{name}_availability"] == pytest.approx(served.mean(), abs=1e-12)
        assert columns[f"{name}_longest_gap_s"] == count_gaps(served)[2] * 30
        head, tail, runs = runs_of(served)
        beyond = sum(max(run - 300 / 30, 0) for run in (head, tail, *runs))  # 5 minutes
        assert columns[f"{name}_within_5min"] == pytest.approx(1 - beyond / len(served), abs=1e-12)
        probability = np.nansum(span.probability[v]) / scenario.time.samples
        assert columns[f"{name}_probability"] == pytest.approx(probability, abs=1e-3)


def test_satellite_that_is_lost_does_not_come_back(scenario, inputs, monkeypatch):
    def with_a_loss(constellation, *, start, step_us, first, count):
        found = step_positions(constellation, start=start, step_us=step_us, first=first, count=count)
        steps = first + np.arange(count)
        found[steps == 40, :200] = np.nan  # and SGP4 has them again at step 41
        return found

    monkeypatch.setattr("d2c.orbit.positions.step_positions", with_a_loss)
    span = explain_span(scenario, inputs, 7)
    assert (span.decayed_at[:200] == 40).all()
    assert (span.decayed_at[200:] == NEVER).all()
    assert not np.isin(span.server[40:], np.arange(200)).any()
    later = int(40 + np.argmax(span.visible[40:]))
    now = explain_instant(scenario, inputs, 7, sample=later, span=span)
    assert (now.satellite >= 200).all()
    assert len(now.satellite) == now.kernel.visible == span.visible[later]


def test_cell_that_never_sees_a_satellite():
    # an inclination of 5 deg at 525 km is never above 25 deg over Italy
    scenario = read_scenario(
        "italy",
        overrides=[
            "constellation.walker='5:10/1/0'",
            "constellation.altitude_km=525",
            "region.area=sicilia",
            "grid.resolution=3",
            "time.duration_h=1",
            "time.start='2026-08-22T18:00:00Z'",
        ],
    )
    inputs = read_inputs(scenario)
    span = explain_span(scenario, inputs, 0)
    assert span.visible.sum() == 0
    assert lowest_margin_sample(span) is None
    now = explain_instant(scenario, inputs, 0, sample=3, span=span)
    assert (len(now.satellite), now.kernel.visible) == (0, 0)

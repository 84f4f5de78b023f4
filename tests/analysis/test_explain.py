"""One cell explained: the exact formula against the slow twin, the run and its kernel."""

import numpy as np
import pytest
from coverage_twin import count_gaps, runs_of, watch_slowly

from d2c.analysis.explain import explain_instant, explain_span, lowest_margin_sample, one_cell
from d2c.coverage.inputs import read_inputs
from d2c.coverage.run import run_coverage
from d2c.link.geometry import look_angles
from d2c.link.phones import cell_phones
from d2c.orbit.decay import NEVER
from d2c.orbit.ephemeris import step_positions
from d2c.scenario.load import read_scenario
from d2c.site.site import site_levels

KERNEL_DB = 0.01  # what the kernel's tables may be off, issue and tests/coverage/test_link_table.py
SAME_FORMULA = 1e-9


@pytest.fixture(scope="module")
def scenario():
    """Sparse enough for gaps, a payload without a cap, and an environment."""
    return read_scenario(
        "italy",
        overrides=[
            "network=false",
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


def loss_by_hand_db(phones, position_m, up, satellite_m, phone):
    """Return what one phone loses, by the rules of the tables alone: plain loops, azimuth by the longitude."""
    variant, turn = (int(values[0]) for values in cell_phones(position_m[None]))
    longitude = np.arctan2(up[1], up[0])
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    path = satellite_m - position_m
    azimuth_deg = np.degrees(np.arctan2(path @ east, path @ np.cross(up, east))) % 360
    sine = path @ up / np.linalg.norm(path)
    e, a = int(sine * 255 + 0.5), (int(azimuth_deg / 360 * 128) + turn) % 128
    seen = phones.obstruction[variant, phone, a] < round(phones.line_of_sight[e] * phones.number * 8)
    shadow = phones.shadowing[variant, phone, a]
    return phones.posture_db[variant, phone, e] + phones.path_db[0 if seen else 1, e, shadow]


def test_each_phone_takes_the_satellite_it_hears_best(scenario, inputs, span, slowly):
    visible, _, down, _, _, _ = slowly
    position_m = step_positions(
        inputs.constellation, start=inputs.start, step_us=30_000_000, first=0, count=scenario.time.samples
    )
    phones, grid = inputs.phones, one_cell(inputs.grid, 7)
    assert span.phones.exact.shape == (2, 16, scenario.time.samples)
    several = np.flatnonzero(span.visible >= 2)
    for step in (several[0], several[-1], np.argmax(span.visible)):
        seen = np.flatnonzero(visible[step, 0])
        look = look_angles(position_m[step, seen], handset_m=grid.position_m[0], up=grid.up[0])
        levels = site_levels(inputs.links, inputs.services, look, seen)
        for phone in range(16):
            loss_db = np.array(
                [
                    loss_by_hand_db(
                        phones, grid.position_m[0], grid.up[0], position_m[step, satellite], phone
                    )
                    for satellite in seen
                ]
            )
            best = np.argmax(levels.c_n_db - loss_db)
            np.testing.assert_allclose(
                span.phones.exact[:, phone, step],
                levels.margin_db[:, best] - loss_db[best],
                atol=SAME_FORMULA,
            )
    none = np.broadcast_to(np.isnan(down[:, 0]), span.phones.exact.shape)
    np.testing.assert_array_equal(np.isnan(span.phones.exact), none)


def test_what_float32_may_find_is_around_what_is_exact(span):
    phones = span.phones
    known = ~np.isnan(phones.exact)
    assert (phones.lowest[known] < phones.exact[known]).all()
    assert (phones.exact[known] < phones.highest[known]).all()
    # nearly always by no more than the tables' error
    wide = (phones.highest[known] - phones.lowest[known]) > 0.02 + SAME_FORMULA
    assert wide.mean() < 0.05


def test_causes_add_up_to_all_phones_and_time(span):
    for of_service, exact in zip(span.phones.shares(), span.phones.exact, strict=True):
        assert sum(of_service.values()) == pytest.approx(1, abs=1e-12)
        assert of_service["served"] == pytest.approx((exact >= 0).mean(), abs=1e-12)
        assert of_service["no_satellite"] == pytest.approx((span.visible == 0).mean(), abs=1e-12)
        assert of_service["sight"] > 0  # suburban
        assert of_service["capacity"] == of_service["interference"] == 0


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
        assert np.isnan(now.kernel.c_n_db)
        assert np.isnan(now.kernel.margin_db).all()
        return
    assert now.satellite[0] == span.server[sample]
    assert (np.diff(now.c_n_db) <= 0).all()
    assert now.c_n_db[0] == pytest.approx(span.c_n_db[sample], abs=SAME_FORMULA)
    np.testing.assert_allclose(now.margin_db[:, 0], span.margin_db[:, sample], atol=SAME_FORMULA)
    assert now.kernel.c_n_db == pytest.approx(now.c_n_db[0], abs=KERNEL_DB)
    exact = np.sort(np.clip(span.phones.exact[:, :, sample], *span.margin_range_db.T[..., None]), axis=1)
    np.testing.assert_allclose(now.kernel.margin_db, exact, atol=KERNEL_DB)


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
        served = span.phones.exact[v] >= 0  # (16, T)
        assert columns[f"{name}_availability"] == pytest.approx(served.mean(), abs=1e-12)
        longest = sorted(count_gaps(of_phone)[2] for of_phone in served)
        assert columns[f"{name}_longest_gap_s"] == longest[7] * 30
        within = []
        for of_phone in served:
            head, tail, runs = runs_of(of_phone)
            beyond = sum(max(run - 300 / 30, 0) for run in (head, tail, *runs))  # 5 minutes
            within.append(1 - beyond / len(of_phone) if of_phone.any() else 0.0)
        assert columns[f"{name}_within_5min"] == pytest.approx(np.mean(within), abs=1e-12)


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
            "network=false",
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

"""The kernel against its slow twin, compiled and not, and what must hold for any window."""

import dataclasses
import functools
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from coverage_twin import count_gaps, rsrp_slowly, statistics_slowly, watch_slowly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from d2c.coverage.engine import accumulator
from d2c.coverage.engine.accumulator import process_window
from d2c.coverage.kernels import _accumulate, _best_server, _levels, in_range
from d2c.coverage.kernels.layout import use_threads
from d2c.coverage.result import coverage_columns
from d2c.coverage.statistics.coverage import CoverageStatistics, join_frames
from d2c.coverage.statistics.fields import declarations
from d2c.coverage.windows import MAX_FRAMES, FrameClock, span_windows
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles
from d2c.link.pfd import limit_margin_db

NEARLY = {  # the kernel finds the highest satellite in float32 and takes its elevation in float64
    "max_elevation_deg": 1e-6,
    "max_sine": 2e-5,
}


def assert_same(found, wanted):
    """Compare every declared figure: levels by their bins, the others as exact as they are computed."""
    for name, declared in declarations(CoverageStatistics).items():
        mine, theirs = getattr(found, name), getattr(wanted, name)
        if "B" in declared.axes:
            assert_same_levels(mine.reshape(-1, mine.shape[-1]), theirs.reshape(-1, theirs.shape[-1]))
        elif name in NEARLY:
            np.testing.assert_allclose(mine, theirs, atol=NEARLY[name], err_msg=name)
        else:
            np.testing.assert_array_equal(mine, theirs, err_msg=name)


def assert_same_levels(mine, theirs):
    np.testing.assert_array_equal(mine.sum(axis=1), theirs.sum(axis=1))
    # a level within 0.001 dB of a bin's edge may fall on its other side: at most one bin away, 2 % of samples
    moved = np.abs(np.cumsum(mine, axis=1) - np.cumsum(theirs, axis=1)).max(axis=1)
    assert np.all(moved <= np.maximum(1, 0.02 * theirs.sum(axis=1)))


@pytest.fixture(params=["one payload", "two payloads"])
def second_payload(request, position_m):
    """Nothing, or the link of every third satellite, with another bandwidth and power and no cap on its PFD.

    No margin comes nearer to zero than 1 dB, so that float32 decides no step otherwise.
    """
    if request.param == "one payload":
        return {}
    other = RadioLink(
        models.read_payload("3gpp-set1-leo1200"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    return {"other": other, "has_other": np.arange(position_m.shape[1]) % 3 == 0}


@pytest.mark.parametrize("mask_deg", [0.0, 10.0, 25.0, 40.0])
def test_kernel_equals_twin(watch_case, grid, link, services, second_payload, mask_deg):
    position_m, tiled, kernel_link, bins = watch_case(mask_deg, **second_payload)
    found, timeline, *_ = process_window(position_m, tiled, kernel_link)
    wanted, wanted_timeline = statistics_slowly(
        position_m, grid, link, services, bins, mask_deg=mask_deg, **second_payload
    )
    assert_same(found, wanted)
    for part in dataclasses.fields(timeline):
        np.testing.assert_array_equal(getattr(timeline, part.name), getattr(wanted_timeline, part.name))


def test_kernel_without_compiler_equals_twin(watch_case, grid, link, services, second_payload, monkeypatch):
    position_m, tiled, kernel_link, bins = watch_case(25.0, **second_payload)
    short = position_m[:6].copy()
    short[2:4] = np.nan  # a gap that begins and ends inside
    for module in (_accumulate, _best_server, _levels, accumulator, in_range):
        for name, function in vars(module).copy().items():
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
    assert not hasattr(accumulator.accumulate, "py_func")
    assert not hasattr(in_range.list_in_range, "py_func")
    found, *_ = process_window(short, tiled, kernel_link)
    assert found.gap_count.any()
    wanted, _ = statistics_slowly(short, grid, link, services, bins, mask_deg=25.0, **second_payload)
    assert_same(found, wanted)


def test_limits_are_compared_with_the_serving_beam(watch_case, grid, link):
    limits = [models.read_limit("fcc-25-202k"), models.read_limit("fcc-25-208v-1mhz")]
    position_m, tiled, kernel_link, _ = watch_case(25.0, limits=limits)
    found, *_ = process_window(position_m, tiled, kernel_link)
    look = look_angles(
        position_m[:, None], handset_m=grid.position_m[None, :, None], up=grid.up[None, :, None]
    )
    visible = look.elevation_deg >= 25.0
    at = {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": np.clip(look.elevation_deg, 25.0, 90.0),
        "off_nadir_deg": look.off_nadir_deg,
    }
    budget = link.downlink(**at)
    best = np.argmax(np.where(visible, budget.c_n_db, -np.inf), axis=2)[..., None]
    for k, limit in enumerate(limits):
        margin = limit_margin_db(
            limit,
            pfd_dbw_m2_mhz=budget.pfd_dbw_m2_mhz,
            bandwidth_hz=4.5e6,
            elevation_deg=at["elevation_deg"],
        )
        margin = np.take_along_axis(margin, best, axis=2)[..., 0]
        wanted = np.where(visible.any(axis=2), margin, np.inf).min(axis=0)
        np.testing.assert_allclose(-10 * np.log10(found.pfd_over_limit[k]), wanted, atol=0.01)


def test_lost_satellites_are_not_seen(watch_case, grid, link, services):
    position_m, tiled, kernel_link, bins = watch_case(25.0)
    broken = position_m.copy()
    broken[100:, ::2] = np.nan
    found, *_ = process_window(broken, tiled, kernel_link)
    wanted, _ = statistics_slowly(broken, grid, link, services, bins, mask_deg=25.0)
    assert_same(found, wanted)
    nothing, timeline, *_ = process_window(np.full_like(position_m[:20], np.nan), tiled, kernel_link)
    assert not nothing.visible_samples.any()
    assert not timeline.satellites.any()
    assert (nothing.leading_gap == 20).all()
    assert (nothing.max_elevation_deg == -np.inf).all()


def test_order_of_satellites_does_not_matter(watch_case):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    found, *_ = process_window(position_m, tiled, kernel_link)
    turned, *_ = process_window(np.ascontiguousarray(position_m[:, ::-1]), tiled, kernel_link)
    for part in dataclasses.fields(found)[1:]:
        np.testing.assert_array_equal(getattr(found, part.name), getattr(turned, part.name))


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_matter(watch_case, threads):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    found, *_ = process_window(position_m, tiled, kernel_link)
    use_threads(threads)
    again, *_ = process_window(position_m, tiled, kernel_link)
    use_threads(None)
    for part in dataclasses.fields(found)[1:]:
        np.testing.assert_array_equal(getattr(found, part.name), getattr(again, part.name))


@given(samples=st.integers(1, 100_000), satellites=st.integers(0, 20_000))
def test_windows_cover_the_span_once(samples, satellites):
    parts = list(span_windows(samples=samples, satellites=satellites))
    assert parts[0].first == 0
    assert sum(part.count for part in parts) == samples
    assert all(a.first + a.count == b.first for a, b in itertools.pairwise(parts))


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_the_twin_counts_gaps_by_their_definition(served):
    # the runs of a string of flags, found by splitting it: an independent statement of the same
    text = "".join("#" if flag else "." for flag in served)
    runs = [len(run) for run in text.split("#")]
    head, tail, longest, squares = count_gaps(served)
    assert head == runs[0]
    assert tail == runs[-1]
    assert longest == max(runs)
    assert squares == sum(r * r for r in runs[1:-1])


@given(step_s=st.sampled_from([1, 7, 30, 60, 3600]), hours=st.floats(0.1, 200))
def test_frames_are_whole_hours_and_few(step_s, hours):
    samples = max(1, int(hours * 3600 // step_s))
    clock = FrameClock.of(samples=samples, step_us=step_s * 1_000_000)
    frame = clock.frame(np.arange(samples))
    assert frame[-1] + 1 <= MAX_FRAMES
    assert clock.frame_us % 3_600_000_000 == 0
    assert frame[0] == 0


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_frames_of_windows_join_to_those_of_the_whole(watch_case, grid, link, services, data):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    clock = FrameClock(step_us=30_000_000, frame_us=3_600_000_000)  # 120 steps a frame
    _, _, whole, _ = process_window(position_m, tiled, kernel_link, clock=clock)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(position_m) - 1), max_size=4)))
    parts = [
        process_window(np.ascontiguousarray(position_m[a:b]), tiled, kernel_link, first=a, clock=clock)[2]
        for a, b in itertools.pairwise([0, *cuts, len(position_m)])
    ]
    joined = functools.reduce(join_frames, parts)
    for part in dataclasses.fields(whole):
        np.testing.assert_array_equal(getattr(joined, part.name), getattr(whole, part.name))
    # and they are what the twin counts
    assert whole.samples.tolist() == [120, 120, 60]
    visible, _, down, _, _, served = watch_slowly(position_m, grid, link, services, mask_deg=25.0)
    frame = np.arange(len(position_m)) // 120
    for k in range(3):
        np.testing.assert_array_equal(whole.visible[k], visible.any(axis=2)[frame == k].sum(axis=0))
        np.testing.assert_array_equal(whole.served[k], served[:, frame == k].sum(axis=1))
        np.testing.assert_allclose(
            whole.c_n_centi_db[k] / 100, np.nansum(down[frame == k], axis=0), atol=0.015 * 120
        )


@pytest.mark.parametrize("mask_deg", [25.0, 60.0])
def test_median_rsrp_is_that_of_the_received_levels(watch_case, grid, link, services, mask_deg):
    position_m, tiled, kernel_link, bins = watch_case(mask_deg)
    position_m = position_m[:60]
    statistics, *_ = process_window(position_m, tiled, kernel_link)
    inputs = SimpleNamespace(
        link=link, services=dict(zip(("text", "voice"), services, strict=True)), limits={}
    )
    scenario = SimpleNamespace(
        time=SimpleNamespace(step_us=30_000_000), link=SimpleNamespace(environment=None)
    )
    column = coverage_columns(statistics, bins, scenario=scenario, inputs=inputs)["rsrp_p50_dbm"]
    levels = np.sort(rsrp_slowly(position_m, grid, link, mask_deg=mask_deg), axis=0)  # NaN last
    counted = (~np.isnan(levels)).sum(axis=0)
    assert (counted > 0).any()
    np.testing.assert_array_equal(np.isnan(column), counted == 0)
    seen = np.flatnonzero(counted)
    median = levels[np.ceil(counted[seen] / 2).astype(int) - 1, seen]
    np.testing.assert_allclose(column[seen], median, atol=0.11)  # a bin of 0.1 dB, and 0.01 dB of the kernel

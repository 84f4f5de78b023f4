"""The kernel against its slow twin, compiled and not, and what must hold for any window."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twin import count_gaps, probability_slowly, statistics_slowly

from d2c.coverage import _kernels
from d2c.coverage.window import watch_window, windows

EXACT = ("visible_samples", "visible_sum", "visible_max", "served", "head", "tail", "longest", "squares")


def assert_same(found, wanted):
    for field in EXACT:
        np.testing.assert_array_equal(getattr(found, field), getattr(wanted, field), err_msg=field)
    # the kernel finds the highest satellite in float32 and takes its elevation in float64
    np.testing.assert_allclose(found.max_elevation_deg, wanted.max_elevation_deg, atol=1e-6)
    for mine, theirs in (
        (found.c_n_bins, wanted.c_n_bins),
        *zip(found.margin_bins, wanted.margin_bins, strict=True),
    ):
        np.testing.assert_array_equal(mine.sum(axis=1), theirs.sum(axis=1))
        # a level within 0.001 dB of a bin's edge may fall on its other side: at most one bin away, 2 % of samples
        moved = np.abs(np.cumsum(mine, axis=1) - np.cumsum(theirs, axis=1)).max(axis=1)
        assert np.all(moved <= np.maximum(1, 0.02 * theirs.sum(axis=1)))


@pytest.mark.parametrize("mask_deg", [0.0, 10.0, 25.0, 40.0])
def test_kernel_equals_twin(watch_case, grid, link, services, mask_deg):
    position_m, field, radio, levels = watch_case(mask_deg)
    found, timeline = watch_window(position_m, field, radio)
    wanted, wanted_timeline = statistics_slowly(position_m, grid, link, services, levels, mask_deg=mask_deg)
    assert_same(found, wanted)
    for part in dataclasses.fields(timeline):
        np.testing.assert_array_equal(getattr(timeline, part.name), getattr(wanted_timeline, part.name))


def test_kernel_without_compiler_equals_twin(watch_case, grid, link, services, monkeypatch):
    position_m, field, radio, levels = watch_case(25.0)
    short = np.ascontiguousarray(position_m[:6])
    for name in (
        "_watch_tile",
        "near",
        "_candidates",
        "_look",
        "_keep_best",
        "_keep",
        "_coefficients",
        "_hear_uplink",
        "_curve",
        "_to_db",
    ):
        monkeypatch.setattr(_kernels, name, getattr(_kernels, name).py_func)
    for name in ("_count_visible", "_count_service", "_count_chance", "_flush"):
        monkeypatch.setattr(_kernels, name, getattr(_kernels, name).py_func)
    monkeypatch.setattr("d2c.coverage.window.watch", _kernels.watch.py_func)
    monkeypatch.setattr("d2c.coverage.window.near", _kernels.near)
    found, _ = watch_window(short, field, radio)
    wanted, _ = statistics_slowly(short, grid, link, services, levels, mask_deg=25.0)
    assert_same(found, wanted)


@pytest.mark.parametrize("environment", ["open-sea", "rural", "suburban", "urban", "dense-urban"])
def test_probability_equals_the_closed_form(watch_case, grid, link, services, environment):
    position_m, field, radio, _ = watch_case(25.0, environment)
    found, _ = watch_window(position_m, field, radio)
    wanted = probability_slowly(position_m, grid, link, services, mask_deg=25.0, environment=environment)
    # the table's own error is below 0.001
    np.testing.assert_allclose(found.chance / (_kernels.SURE * len(position_m)), wanted, atol=0.001)
    assert np.all(wanted <= found.visible_samples / len(position_m))


def test_lost_satellites_are_not_seen(watch_case, grid, link, services):
    position_m, field, radio, levels = watch_case(25.0)
    broken = position_m.copy()
    broken[100:, ::2] = np.nan
    found, _ = watch_window(broken, field, radio)
    wanted, _ = statistics_slowly(broken, grid, link, services, levels, mask_deg=25.0)
    assert_same(found, wanted)
    nothing, timeline = watch_window(np.full_like(position_m[:20], np.nan), field, radio)
    assert not nothing.visible_samples.any()
    assert not timeline.satellites.any()
    assert (nothing.head == 20).all()
    assert (nothing.max_elevation_deg == -np.inf).all()


def test_order_of_satellites_does_not_matter(watch_case):
    position_m, field, radio, _ = watch_case(25.0)
    found, _ = watch_window(position_m, field, radio)
    turned, _ = watch_window(np.ascontiguousarray(position_m[:, ::-1]), field, radio)
    for part in dataclasses.fields(found)[1:]:
        np.testing.assert_array_equal(getattr(found, part.name), getattr(turned, part.name))


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_matter(watch_case, threads):
    position_m, field, radio, _ = watch_case(25.0)
    found, _ = watch_window(position_m, field, radio)
    _kernels.use_threads(threads)
    again, _ = watch_window(position_m, field, radio)
    _kernels.use_threads(None)
    for part in dataclasses.fields(found)[1:]:
        np.testing.assert_array_equal(getattr(found, part.name), getattr(again, part.name))


@given(samples=st.integers(1, 100_000), satellites=st.integers(0, 20_000))
def test_windows_cover_the_span_once(samples, satellites):
    parts = list(windows(samples=samples, satellites=satellites))
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

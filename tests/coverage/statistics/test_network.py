"""A loaded network has the same bits however its span is cut, by whoever does it, and after it was killed."""

import dataclasses
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_case import network_job

from d2c.coverage.engine import checkpoint
from d2c.coverage.engine.checkpoint import CheckpointStore
from d2c.coverage.engine.engine import local_engine, run_span
from d2c.coverage.statistics.network import NetworkStatistics, merge_networks
from d2c.coverage.windows import Window
from d2c.orbit import positions

# 300 steps; levels at every fourth, handovers at every third
SPAN = ("time.duration_h=0.8334", "time.step_s=10", "beams.level_step_s=40", "beams.margin_km=20")
PARTS = ("statistics", "timeline", "frames", "network")


PHONES = ("link.phones=mix", "link.environment=urban", "link.phones_per_cell=6", "beams.active_share=1e-5")


@pytest.fixture(scope="module", params=[(), PHONES], ids=["alike", "phones"])
def case(request):
    return network_job(*SPAN, *request.param)


def assert_same(found, wanted):
    for part in PARTS:
        one, other = getattr(found, part), getattr(wanted, part)
        for field in dataclasses.fields(one):
            np.testing.assert_array_equal(
                getattr(one, field.name), getattr(other, field.name), err_msg=field.name
            )


def watched(case, lengths, *, workers=None):
    """Return what the span gives in windows of these lengths."""
    scenario, _, job = case
    first = np.concatenate([[0], np.cumsum(lengths)])
    assert first[-1] == scenario.time.samples
    windows = [Window(int(f), int(n)) for f, n in zip(first[:-1], lengths, strict=True)]
    *_, last = local_engine(job, workers)(windows, None)
    return last.checkpoint()


@pytest.fixture(scope="module")
def whole(case):
    found = watched(case, [300])
    assert found.network.camped.any()
    assert found.network.handovers.any()
    return found


@pytest.mark.parametrize("lengths", [[60] * 5, [1, 299], [59, 1, 1, 100, 139], [7] * 42 + [6], [130, 170]])
def test_any_windows_give_the_same_bits(case, whole, lengths):
    assert_same(watched(case, lengths), whole)


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers_gives_the_same_bits(case, whole, workers):
    assert_same(watched(case, [170, 130], workers=workers), whole)


@pytest.mark.parametrize("lengths", [[61, 239], [70, 5, 75, 150], [10] * 30])
def test_satellites_that_decay_and_come_back_are_gone_in_any_windows(case, monkeypatch, lengths):
    """SGP4 gives a decayed satellite a position again for a while: also in the steps before a window."""
    _, inputs, _ = case
    real = positions.step_positions
    random = np.random.default_rng(8)
    satellites = len(inputs.constellation)
    gone_at = random.integers(0, 300, satellites)

    def flickering(constellation, *, start, step_us, first, count):
        position = real(constellation, start=start, step_us=step_us, first=first, count=count)
        step = first + np.arange(count)[:, None]
        position[(step >= gone_at) & ((step - gone_at) // 4 % 2 == 0)] = np.nan
        return position

    monkeypatch.setattr(positions, "step_positions", flickering)
    whole = watched(case, [300])
    np.testing.assert_array_equal(whole.decayed_at, gone_at)
    found = watched(case, lengths)
    assert_same(found, whole)
    np.testing.assert_array_equal(found.decayed_at, gone_at)


def test_a_resumed_run_has_the_same_bits(case, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "_EVERY_S", 0.0)
    monkeypatch.setattr("d2c.coverage.windows._LONGEST", 70)
    scenario, inputs, job = case

    def stop(done, _total):
        if done >= 140:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(scenario, inputs, local_engine(job), store=store, progress=stop)
    seen = []
    with CheckpointStore(tmp_path) as store:
        found = run_span(
            scenario, inputs, local_engine(job), store=store, progress=lambda done, _: seen.append(done)
        )
    assert seen[0] > 70  # it did not start anew; whether 140 was written depends on how fast 70 was
    assert_same(found, whole)


def made_up(seed, steps):
    """Return statistics of two ground cells, three beam cells and four satellites."""
    random = np.random.default_rng(seed)
    shapes = {
        "camped": 2, "c_n_bins": (2, 5), "c_in_bins": (2, 5), "data_bins": (2, 5), "c_i_bins": (2, 4), "share_sum": 2,
        "lit_sum": 2, "pfd_max": 2, "handovers": 2, "cell_served": 3, "cell_share": 3, "cell_lit": 3,
        "serving_steps": 4, "cell_steps": 4, "alight_sum": 4, "alight_beams": steps, "unserved_cells": steps,
    }  # fmt: skip
    values = {name: random.integers(0, 100, shape) for name, shape in shapes.items()}
    return NetworkStatistics(**values | {"pfd_max": random.random(2)})


@given(lengths=st.lists(st.integers(1, 5), min_size=3, max_size=6), cut=st.integers(1, 5))
def test_merging_is_associative(lengths, cut):
    parts = [made_up(seed, steps) for seed, steps in enumerate(lengths)]
    cut = min(cut, len(parts) - 1)
    in_turn = reduce(merge_networks, parts)
    halves = merge_networks(reduce(merge_networks, parts[:cut]), reduce(merge_networks, parts[cut:]))
    for field in dataclasses.fields(in_turn):
        np.testing.assert_array_equal(getattr(halves, field.name), getattr(in_turn, field.name))
    assert len(in_turn.alight_beams) == sum(lengths)
    assert in_turn.camped.tolist() == sum(part.camped for part in parts).tolist()
    assert in_turn.pfd_max.tolist() == np.max([part.pfd_max for part in parts], axis=0).tolist()


def test_statistics_are_locked(whole):
    with pytest.raises(ValueError, match="read-only"):
        whole.network.camped[0] = 1

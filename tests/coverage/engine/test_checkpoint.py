"""A run that is killed goes on where it was, and ends with the bits of one that was not."""

import dataclasses
import errno
import json
import random
import subprocess
import sys
import time

import numpy as np
import pytest
from link_case import ALIKE

from d2c.coverage.engine import accumulator, checkpoint
from d2c.coverage.engine.checkpoint import CheckpointStore, checkpoint_key
from d2c.coverage.engine.engine import local_engine, run_span, span_job
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.errors import ResultError
from d2c.scenario.load import read_scenario

QUICK = [*ALIKE, "region.area=molise", "time.duration_h=60", "time.step_s=60"]


PHONES = ["link.phones=mix", "link.environment=urban", "link.phones_per_cell=6"]


@pytest.fixture(scope="module", params=[[], PHONES], ids=["alike", "phones"])
def case(request):
    scenario = read_scenario("italy", overrides=[*QUICK, *request.param])
    inputs = read_inputs(scenario)
    return scenario, inputs, local_engine(span_job(scenario, inputs, *kernel_link(scenario, inputs)))


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    monkeypatch.setattr(checkpoint, "_EVERY_S", 0.0)
    monkeypatch.setattr("d2c.coverage.windows._LONGEST", 480)


def assert_same(a, b):
    for part in ("statistics", "timeline", "frames"):
        one, other = getattr(a, part), getattr(b, part)
        for field in dataclasses.fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
    np.testing.assert_array_equal(a.decayed_at, b.decayed_at)


class Stop(Exception):
    pass


def interrupt_after(samples, error=KeyboardInterrupt):
    def show(done, _total):
        if done >= samples:
            raise error

    return show


def test_resumed_run_has_the_same_bits(case, tmp_path):
    scenario, inputs, engine = case
    whole = run_span(scenario, inputs, engine)
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(scenario, inputs, engine, store=store, progress=interrupt_after(1900))
    seen = []
    with CheckpointStore(tmp_path) as store:
        resumed = run_span(scenario, inputs, engine, store=store, progress=lambda done, _: seen.append(done))
        assert (tmp_path / ".d2c-progress").exists()
    assert min(seen) > 1900  # it did not start anew
    assert_same(resumed, whole)
    assert not (tmp_path / ".d2c-progress").exists()


def test_fresh_starts_anew(case, tmp_path):
    scenario, inputs, engine = case
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(scenario, inputs, engine, store=store, progress=interrupt_after(1900))
    seen = []
    with CheckpointStore(tmp_path, fresh=True) as store:
        run_span(scenario, inputs, engine, store=store, progress=lambda done, _: seen.append(done))
    assert min(seen) < 1900


def test_another_question_does_not_use_old_progress(case, tmp_path):
    scenario, inputs, engine = case
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(scenario, inputs, engine, store=store, progress=interrupt_after(1900))
    other = read_scenario("italy", overrides=[*QUICK, "link.min_elevation_deg=40"])
    other_inputs = read_inputs(other)
    with CheckpointStore(tmp_path) as store:
        assert store.resume(checkpoint_key(other, other_inputs)) is None


def test_key_sees_everything_that_matters(case):
    scenario, inputs, _ = case
    key = checkpoint_key(scenario, inputs)
    assert key == checkpoint_key(scenario.model_copy(update={"title": "another"}), inputs)
    changed = dataclasses.replace(inputs, sha256={"starlink-d2c-2026-08.tle": "0" * 64})
    assert key != checkpoint_key(scenario, changed)
    assert key != checkpoint_key(
        scenario, dataclasses.replace(inputs, start=inputs.start + np.timedelta64(1, "s"))
    )
    # a mix that another version of the library has: 0.1 dB more in the hand
    phones = inputs.phones
    other_phones = dataclasses.replace(phones, posture_db=phones.posture_db + 0.1)
    assert key != checkpoint_key(scenario, dataclasses.replace(inputs, phones=other_phones))
    for override in (
        "time.step_s=30",
        "grid.resolution=6",
        "link.environment=rural",
        "link.phones=hand",
        "link.skyline_correlation_deg=44",
        "link.phones_per_cell=17",
        "link.operating=measured",
        "link.services=['text']",
        "output.formats=['parquet']",  # which keeps no hours
    ):
        other = read_scenario("italy", overrides=[*QUICK, override])
        assert key != checkpoint_key(other, inputs)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damaged_progress_is_done_again(case, tmp_path, damage):
    scenario, inputs, engine = case
    whole = run_span(scenario, inputs, engine)
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(scenario, inputs, engine, store=store, progress=interrupt_after(1900))
    file = tmp_path / ".d2c-progress"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes({"flip": bytes(content), "cut": bytes(content[:-100]), "empty": b""}[damage])
    with CheckpointStore(tmp_path) as store:
        assert store.resume(checkpoint_key(scenario, inputs)) is None
    with CheckpointStore(tmp_path) as store:
        assert_same(run_span(scenario, inputs, engine, store=store), whole)


def test_a_run_that_breaks_off_inside_a_window_has_the_same_bits(case, tmp_path, monkeypatch):
    scenario, inputs, engine = case
    whole = run_span(scenario, inputs, engine)
    real, begun = accumulator.accumulate, []

    def breaks_off(*arguments):
        real(*arguments)  # the totals have the window, and nothing else has
        begun.append(arguments)
        if len(begun) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(accumulator, "accumulate", breaks_off)
    with pytest.raises(KeyboardInterrupt), CheckpointStore(tmp_path) as store:
        run_span(scenario, inputs, engine, store=store)
    monkeypatch.setattr(accumulator, "accumulate", real)
    with CheckpointStore(tmp_path) as store:
        assert store.resume(checkpoint_key(scenario, inputs)).statistics.samples <= 960
    with CheckpointStore(tmp_path) as store:
        assert_same(run_span(scenario, inputs, engine, store=store), whole)


def test_second_run_into_a_folder_is_refused(case, tmp_path):
    scenario, inputs, _ = case
    with CheckpointStore(tmp_path) as first:
        first.resume(checkpoint_key(scenario, inputs))
        program = (
            "import sys; from d2c.cli.main import main; "
            f"sys.argv = ['d2c', 'run', 'italy', '--set', 'region.area=molise', '-o', {str(tmp_path)!r}]; main()"
        )
        second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "another run is writing into this folder" in second.stderr
        assert "Traceback" not in second.stderr


def test_full_disk_is_an_error_and_the_run_resumes(case, tmp_path, monkeypatch):
    scenario, inputs, engine = case
    whole = run_span(scenario, inputs, engine)
    written = []
    real = np.savez

    def fills_up(file, **arrays):
        real(file, **arrays)
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(file.tell())

    monkeypatch.setattr(np, "savez", fills_up)
    slow = lambda *_: time.sleep(0.2)  # noqa: E731  # so that the writer has its turn between windows
    with pytest.raises(ResultError, match="cannot be written"), CheckpointStore(tmp_path) as store:
        run_span(scenario, inputs, engine, store=store, progress=slow)
    monkeypatch.setattr(np, "savez", real)
    with CheckpointStore(tmp_path) as store:
        assert store.resume(checkpoint_key(scenario, inputs)) is not None
    with CheckpointStore(tmp_path) as store:
        assert_same(run_span(scenario, inputs, engine, store=store), whole)


@pytest.mark.slow
def test_twenty_kills(tmp_path):
    program = (
        "import sys; import d2c.coverage.engine.checkpoint as store; store._EVERY_S = 0.0; "
        "from d2c.cli.main import main; "
        "sys.argv = ['d2c', 'run', 'italy', '-q', '--best-case', '--set', 'link.phones=none', '--set', "
        "'link.environment=none', '--set', 'time.duration_h=240', '--set', "
        "\"output.formats=['parquet']\", '-o', sys.argv[1]]; main()"
    )

    def start(folder):
        return subprocess.Popen([sys.executable, "-c", program, str(folder)], stderr=subprocess.DEVNULL)

    began = time.monotonic()
    assert start(tmp_path / "whole").wait() == 0
    usual = time.monotonic() - began
    moments = random.Random(4)
    killed = 0
    for _ in range(20):
        run = start(tmp_path / "killed")
        try:
            run.wait(timeout=moments.uniform(0.3, 0.8) * usual)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            killed += 1
    assert start(tmp_path / "killed").wait() == 0
    assert killed >= 5
    for name in ("coverage.parquet", "timeline.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert json.loads((tmp_path / "killed" / "summary.json").read_text())["services"]


def failing(folder):
    with CheckpointStore(folder) as store:
        store.lock()
        raise ResultError("no scheduler")


def test_a_run_that_fails_before_it_has_anything_leaves_no_folder(tmp_path):
    with pytest.raises(ResultError, match="no scheduler"):
        failing(tmp_path / "result")
    assert not (tmp_path / "result").exists()
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "summary.json").write_text("{}")
    with pytest.raises(ResultError, match="no scheduler"):
        failing(kept)
    assert (kept / "summary.json").read_text() == "{}"

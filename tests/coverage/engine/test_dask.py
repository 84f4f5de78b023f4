"""The Dask engine with a real scheduler and two workers on the loopback, one of them killed in the middle."""

import dataclasses
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from d2c.coverage.engine.checkpoint import checkpoint_key
from d2c.coverage.engine.dask import dask_cluster
from d2c.coverage.engine.engine import local_engine, run_span, span_job
from d2c.coverage.engine.models import BeamNetwork
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.errors import ResultError
from d2c.scenario.load import read_scenario

# Dask's event loop leaves sockets to the garbage collector when its scheduler dies.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


def case(monkeypatch, *overrides):
    monkeypatch.setattr("d2c.coverage.windows._LONGEST", 240)  # many windows
    scenario = read_scenario("italy", overrides=["region.area=molise", "time.duration_h=24", *overrides])
    inputs = read_inputs(scenario)
    return scenario, inputs, span_job(scenario, inputs, *kernel_link(scenario, inputs))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def cluster():
    address = f"tcp://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    host = ["--host", "127.0.0.1"]

    def dask(*arguments):
        return subprocess.Popen([sys.executable, "-m", "dask", *arguments], **quiet)

    scheduler = dask("scheduler", *host, "--port", address.rsplit(":", 1)[1], "--no-dashboard", "--no-show")
    workers = [
        dask("worker", address, *host, "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)
    ]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def wait_for_workers(address):
    from distributed import Client  # only for tests that have a cluster

    with Client(address, timeout=30) as client:
        client.wait_for_workers(2, timeout=60)


@pytest.mark.slow
def test_same_bits_though_a_worker_is_killed(cluster, monkeypatch):
    address, workers = cluster
    scenario, inputs, job = case(monkeypatch)
    wanted = run_span(scenario, inputs, local_engine(job))
    wait_for_workers(address)
    engine = dask_cluster(address, scenario, job, key=checkpoint_key(scenario, inputs))

    def kill_one(done, _total):
        if workers[0].poll() is None and done >= 480:
            workers[0].kill()

    found = run_span(scenario, inputs, engine, progress=kill_one)
    assert workers[0].poll() is not None
    for part in ("statistics", "timeline", "frames"):
        one, other = getattr(found, part), getattr(wanted, part)
        for field in dataclasses.fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@pytest.mark.slow
def test_a_loaded_network_has_the_same_bits(cluster, monkeypatch):
    address, _ = cluster
    phones = ("link.phones=mix", "link.environment=urban", "link.phones_per_cell=4")
    scenario, inputs, job = case(monkeypatch, "constellation.system=starlink-d2c", "beams.load=1", *phones)
    assert isinstance(job.setup.model, BeamNetwork)
    wanted = run_span(scenario, inputs, local_engine(job))
    wait_for_workers(address)
    found = run_span(
        scenario, inputs, dask_cluster(address, scenario, job, key=checkpoint_key(scenario, inputs))
    )
    for part in ("statistics", "timeline", "frames", "network"):
        one, other = getattr(found, part), getattr(wanted, part)
        for field in dataclasses.fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@pytest.mark.slow
def test_cluster_by_command_with_walker_shells(cluster, tmp_path):
    address, _ = cluster
    wait_for_workers(address)
    question = [
        "run", "italy", "--best-case", "-q", "--set", "region.area=molise", "--set", "time.duration_h=6",
        "--set", "constellation.walker=53:648/36/1", "--set", "constellation.altitude_km=530",
    ]  # fmt: skip
    for name, more in (("here", []), ("there", ["--scheduler", address])):
        command = [sys.executable, "-m", "d2c", *question, "-o", str(tmp_path / name), *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    for file in ("coverage.parquet", "timeline.csv"):
        assert (tmp_path / "here" / file).read_bytes() == (tmp_path / "there" / file).read_bytes()


def test_dead_address_is_an_error_within_ten_seconds(monkeypatch):
    scenario, inputs, job = case(monkeypatch)
    engine = dask_cluster(
        f"tcp://127.0.0.1:{free_port()}", scenario, job, key=checkpoint_key(scenario, inputs)
    )
    began = time.monotonic()
    with pytest.raises(ResultError, match="no Dask scheduler responds at"):
        run_span(scenario, inputs, engine)
    assert time.monotonic() - began < 12

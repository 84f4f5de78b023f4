"""Computation of windows on an existing Dask cluster, with the same bits as on one machine."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from d2c import __version__
from d2c.coverage.engine.checkpoint import Checkpoint
from d2c.coverage.engine.engine import (
    Engine,
    SpanJob,
    SpanProgress,
    WindowResult,
    WindowSetup,
    merge_windows,
)
from d2c.coverage.inputs import elements_file, read_satellites
from d2c.coverage.windows import Window
from d2c.errors import OperationError, ScenarioError
from d2c.orbit.gateways import Gateways
from d2c.orbit.positions import PositionStream
from d2c.scenario.model import Scenario
from d2c.text_files import read_bytes

_CONNECT_TIMEOUT_S = 10
_RETRIES = 3  # of a window whose worker is lost
# A worker may run several tasks at once, but one kernel uses all its cores.
_ONE_KERNEL = threading.Lock()
_jobs: dict[str, SpanJob] = {}  # on a worker: the current job, so that elements are read once


@dataclass(frozen=True, eq=False, slots=True)
class RemoteJob:
    """A job as remote_job to workers: SGP4 records cannot be pickled, so each worker reads the elements again."""

    key: str
    version: str
    scenario: Scenario
    elements: tuple[str, bytes] | None
    start: np.datetime64
    step_us: int
    gateways: Gateways | None
    setup: WindowSetup


def dask_cluster(address: str, scenario: Scenario, job: SpanJob, *, key: str) -> Engine:
    """Return the engine that processes windows on the workers of a Dask scheduler, such as tcp://host:8786.

    ScenarioError without the extra `cluster`; OperationError if no scheduler responds within 10 s, if it has no
    workers, or if they have another version of d2c.
    """
    try:
        from distributed import Client  # takes 1.3 s, needed with a cluster only
    except ModuleNotFoundError:
        raise ScenarioError(
            "a Dask scheduler needs the extra 'cluster'; run: pip install 'd2c[cluster]'"
        ) from None

    file = elements_file(scenario)
    elements = (file.name, read_bytes(file)) if file else None
    positions = job.positions
    remote = RemoteJob(
        key,
        __version__,
        scenario,
        elements,
        positions.start,
        positions.step_us,
        positions.gateways,
        job.setup,
    )

    def results(windows: Sequence[Window], decayed_at: NDArray[np.int64]) -> Iterator[WindowResult]:
        try:
            client = Client(address, timeout=_CONNECT_TIMEOUT_S)
        except (OSError, ValueError) as error:
            raise OperationError(
                f"no Dask scheduler responds at {address} within {_CONNECT_TIMEOUT_S} s ({error})"
            ) from None
        with client:
            if not client.scheduler_info()["workers"]:
                raise OperationError(
                    f"the Dask scheduler at {address} has no workers; start some with: dask worker {address}"
                )
            remote_job = client.scatter(remote, broadcast=True)
            in_orbit = positions.in_orbit()
            futures = [
                client.submit(_process_window, remote_job, window, in_orbit, pure=False, retries=_RETRIES)
                for window in windows
            ]
            for window, future in zip(windows, futures, strict=True):
                result: WindowResult = future.result()
                decayed_before = decayed_at < job.first_step(window)
                if (decayed_before & ~result.absent).any():  # SGP4 gives a decayed satellite a position again
                    result = client.submit(
                        _process_window, remote_job, window, decayed_at, pure=False, retries=_RETRIES
                    ).result()
                decayed_at = np.minimum(result.decayed_at, decayed_at)
                yield result._replace(decayed_at=decayed_at)
                future.release()

    def run(windows: Sequence[Window], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
        decayed_at = so_far.decayed_at if so_far else positions.in_orbit()
        return merge_windows(results(windows, decayed_at), so_far)

    return run


def _process_window(job: RemoteJob, window: Window, decayed_at: NDArray[np.int64]) -> WindowResult:
    """Process a window on a worker."""
    if job.version != __version__:
        raise OperationError(
            f"this worker has d2c {__version__}, the run has {job.version}; install the same version on all machines"
        )
    with _ONE_KERNEL:
        if job.key not in _jobs:
            _jobs.clear()
            _jobs[job.key] = _span_job(job)
        return _jobs[job.key].process_window(window, decayed_at)


def _span_job(job: RemoteJob) -> SpanJob:
    time = job.scenario.time.model_copy(update={"start": str(job.start)})
    scenario = job.scenario.model_copy(update={"time": time})
    if job.elements is None:
        constellation = read_satellites(scenario).constellation
    else:
        name, content = job.elements
        with TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_bytes(content)
            choice = scenario.constellation.model_copy(update={"elements": str(file)})
            constellation = read_satellites(
                scenario.model_copy(update={"constellation": choice})
            ).constellation
    return SpanJob(PositionStream(constellation, job.start, job.step_us, job.gateways), job.setup)

"""The engine on an existing Dask cluster: the same function on other machines, the same bits."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import __version__
from d2c.coverage.engine.checkpoint import Checkpoint
from d2c.coverage.engine.engine import (
    Engine,
    SpanJob,
    SpanProgress,
    WindowResult,
    decayed_before,
    merge_windows,
)
from d2c.coverage.inputs import elements_file, read_satellites
from d2c.coverage.windows import Window
from d2c.errors import ResultError, ScenarioError
from d2c.orbit.decay import NEVER
from d2c.scenario.model import Scenario

_ANSWER_WITHIN_S = 10
_TRIES = 3  # a window is done again when its worker is lost
# A worker may run several tasks at once; numba's threads use all its cores anyway.
_ONE_KERNEL = threading.Lock()
_tasks: dict[str, SpanJob] = {}  # on a worker: the task of the last job, so that elements are read once


@dataclass(frozen=True, eq=False, slots=True)
class RemoteJob:
    """A task as it travels: SGP4's records do not, so a worker reads the elements again."""

    key: str
    version: str
    scenario: Scenario
    elements: tuple[str, bytes] | None
    task: tuple[Any, ...]


def dask_cluster(address: str, scenario: Scenario, task: SpanJob, *, key: str) -> Engine:
    """Return the engine that has the windows done by the workers of a Dask scheduler, such as tcp://host:8786.

    ScenarioError without the extra `cluster`; ResultError if no scheduler answers within 10 s, if it has no
    workers, or if they have another version of d2c.
    """
    try:
        from distributed import Client  # 1.3 s, and only for those who have a cluster
    except ModuleNotFoundError:
        raise ScenarioError(
            "--scheduler needs the extra 'cluster'; run: pip install 'd2c[cluster]'"
        ) from None

    file = elements_file(scenario)
    elements = (file.name, file.read_bytes()) if file else None
    job = RemoteJob(
        key,
        __version__,
        scenario,
        elements,
        (task.start, task.step_us, task.clock, task.field, task.radio, task.every, task.load, task.gateways),
    )

    def parts(windows: Sequence[Window], decayed_at: NDArray[np.int64]) -> Iterator[WindowResult]:
        try:
            client = Client(address, timeout=_ANSWER_WITHIN_S)
        except (OSError, ValueError) as error:
            raise ResultError(
                f"no Dask scheduler answers at {address} within {_ANSWER_WITHIN_S} s ({error})"
            ) from None
        with client:
            if not client.scheduler_info()["workers"]:
                raise ResultError(
                    f"the Dask scheduler at {address} has no workers; start some with: dask worker {address}"
                )
            sent = client.scatter(job, broadcast=True)
            nobody = np.full(len(decayed_at), NEVER)
            futures = [
                client.submit(_process_window, sent, window, nobody, pure=False, retries=_TRIES)
                for window in windows
            ]
            for window, future in zip(windows, futures, strict=True):
                part: WindowResult = future.result()
                decayed_before = decayed_at < task.begin(window)
                if (decayed_before & ~part.absent).any():  # one of them seems to live again in this window
                    part = client.submit(
                        _process_window, sent, window, decayed_at, pure=False, retries=_TRIES
                    ).result()
                decayed_at = np.minimum(part.decayed_at, decayed_at)
                yield part._replace(decayed_at=decayed_at)
                future.release()

    def run(windows: Sequence[Window], so_far: Checkpoint | None) -> Iterator[SpanProgress]:
        return merge_windows(parts(windows, decayed_before(task.constellation, so_far)), so_far)

    return run


def _process_window(job: RemoteJob, window: Window, decayed_at: NDArray[np.int64]) -> WindowResult:
    """Do a window on a worker."""
    if job.version != __version__:
        raise ResultError(
            f"this worker has d2c {__version__}, the run has {job.version}; install the same on all machines"
        )
    with _ONE_KERNEL:
        if job.key not in _tasks:
            _tasks.clear()
            _tasks[job.key] = _read_task(job)
        return _tasks[job.key].process_window(window, decayed_at)


def _read_task(job: RemoteJob) -> SpanJob:
    start, *rest = job.task
    scenario = job.scenario.model_copy(
        update={"time": job.scenario.time.model_copy(update={"start": str(start)})}
    )
    if job.elements is None:
        return SpanJob(read_satellites(scenario).constellation, start, *rest)
    name, content = job.elements
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        chosen = scenario.constellation.model_copy(update={"elements": str(file)})
        constellation = read_satellites(scenario.model_copy(update={"constellation": chosen})).constellation
    return SpanJob(constellation, start, *rest)

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
from d2c.coverage.engine.checkpoint import Progress
from d2c.coverage.engine.engine import Engine, Part, Stage, Task, lost_before, merged
from d2c.coverage.inputs import elements_file, read_satellites
from d2c.coverage.windows import Window
from d2c.errors import ResultError, ScenarioError
from d2c.orbit.decay import NEVER
from d2c.scenario.model import Scenario

_ANSWER_WITHIN_S = 10
_TRIES = 3  # a window is done again when its worker is lost
# A worker may run several tasks at once; numba's threads use all its cores anyway.
_ONE_KERNEL = threading.Lock()
_tasks: dict[str, Task] = {}  # on a worker: the task of the last job, so that elements are read once


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """A task as it travels: SGP4's records do not, so a worker reads the elements again."""

    key: str
    version: str
    scenario: Scenario
    elements: tuple[str, bytes] | None
    task: tuple[Any, ...]


def dask_cluster(address: str, scenario: Scenario, task: Task, *, key: str) -> Engine:
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
    job = Job(
        key,
        __version__,
        scenario,
        elements,
        (task.start, task.step_us, task.clock, task.field, task.radio, task.every, task.load, task.gateways),
    )

    def parts(windows: Sequence[Window], lost_at: NDArray[np.int64]) -> Iterator[Part]:
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
            nobody = np.full(len(lost_at), NEVER)
            futures = [
                client.submit(_watch, sent, window, nobody, pure=False, retries=_TRIES) for window in windows
            ]
            for window, future in zip(windows, futures, strict=True):
                part: Part = future.result()
                lost_before = lost_at < task.begin(window)
                if (lost_before & ~part.absent).any():  # one of them seems to live again in this window
                    part = client.submit(_watch, sent, window, lost_at, pure=False, retries=_TRIES).result()
                lost_at = np.minimum(part.lost_at, lost_at)
                yield part._replace(lost_at=lost_at)
                future.release()

    def run(windows: Sequence[Window], so_far: Progress | None) -> Iterator[Stage]:
        return merged(parts(windows, lost_before(task.constellation, so_far)), so_far)

    return run


def _watch(job: Job, window: Window, lost_at: NDArray[np.int64]) -> Part:
    """Do a window on a worker."""
    if job.version != __version__:
        raise ResultError(
            f"this worker has d2c {__version__}, the run has {job.version}; install the same on all machines"
        )
    with _ONE_KERNEL:
        if job.key not in _tasks:
            _tasks.clear()
            _tasks[job.key] = _read_task(job)
        return _tasks[job.key].watch(window, lost_at)


def _read_task(job: Job) -> Task:
    start, *rest = job.task
    scenario = job.scenario.model_copy(
        update={"time": job.scenario.time.model_copy(update={"start": str(start)})}
    )
    if job.elements is None:
        return Task(read_satellites(scenario).constellation, start, *rest)
    name, content = job.elements
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        chosen = scenario.constellation.model_copy(update={"elements": str(file)})
        constellation = read_satellites(scenario.model_copy(update={"constellation": chosen})).constellation
    return Task(constellation, start, *rest)

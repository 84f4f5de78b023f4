"""Checkpoints of a run on disk, from which an interrupted run resumes.

A checkpoint holds the merged statistics of all windows so far, which form one long window. The file carries a key of
all that the result depends on and a checksum; a file with another key or checksum is ignored and its work repeated.
Where cells are processed in blocks, the figures of each finished block have a file of their own beside the checkpoint
of the current block.
"""

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import __version__
from d2c.coverage.inputs import Inputs
from d2c.coverage.statistics.coverage import CoverageStatistics, Frames, Timeline
from d2c.coverage.statistics.fields import from_arrays, to_arrays
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.statistics.postures import PostureService
from d2c.coverage.statistics.waiting import Waiting
from d2c.errors import OperationError
from d2c.files import atomic_path, folder_lock
from d2c.link.phones import Phones
from d2c.scenario.model import Scenario

_FILE, _BLOCK = ".d2c-progress", ".d2c-block-"
_EVERY_S = 3.0  # between two writes: the most that an interrupted run loses, beside the current window


@dataclass(frozen=True, eq=False, slots=True)
class Checkpoint:
    """The state of a run after the first `statistics.samples` steps; decayed_at (S,): decay steps by then."""

    statistics: CoverageStatistics
    timeline: Timeline
    frames: Frames
    network: NetworkStatistics | None
    decayed_at: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class FinishedBlock:
    """The result of a block of cells over the whole span; decayed_at (S,): decay steps."""

    figures: dict[str, NDArray[Any]]
    waiting: Waiting
    by_posture: PostureService
    timeline: Timeline
    decayed_at: NDArray[np.int64]


def checkpoint_key(scenario: Scenario, inputs: Inputs) -> str:
    """Return the hash of all that the figures depend on: scenario, inputs, library entries and version."""
    content = {
        "version": __version__,
        "asked": scenario.model_dump(mode="json", exclude={"title", "output"}),
        "hours": scenario.output.shows_hours,
        "start": str(inputs.start),
        "files": inputs.sha256,
        "payloads": [link.payload.model_dump(mode="json") for link in inputs.links.links],
        "payload_of_satellites": hashlib.sha256(inputs.links.payloads.index.tobytes()).hexdigest(),
        "handset": inputs.link.handset.model_dump(mode="json"),
        "losses": inputs.link.losses.model_dump(mode="json"),
        "phones": _hash_phones(inputs.phones),
        "limits": {name: limit.model_dump(mode="json") for name, limit in inputs.limits.items()},
        "services": {name: s.model_dump(mode="json") for name, s in inputs.services.items()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _hash_phones(phones: Phones) -> str:
    """Return the hash of what all phones lose and see."""
    tables = (phones.posture_db, phones.obstruction, phones.shadowing, phones.line_of_sight, phones.path_db)
    return hashlib.sha256(b"".join(table.tobytes() for table in tables)).hexdigest()


class CheckpointStore:
    """The checkpoint files of one result folder, and the lock that excludes a second run from it.

    The folder is created with the lock only, so that invalid input leaves no folder behind. OperationError where
    another run holds the lock, and for errors of the operating system.
    """

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """Use a result folder; `fresh` ignores the checkpoints of an earlier run."""
        self._folder, self._fresh = folder, fresh
        self._lock_stack = ExitStack()
        self._locked = False
        self._key = ""
        self._written = time.monotonic()
        self._writing: Future[None] | None = None

    def __enter__(self) -> "CheckpointStore":
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the folder; after a success remove the checkpoint files."""
        if kind is None:
            for file in (self._folder / _FILE, *self._folder.glob(f"{_BLOCK}*")):
                file.unlink(missing_ok=True)
        self._lock_stack.__exit__(
            kind, error, trace
        )  # a run that failed before its first output leaves no folder

    def resume(self, key: str) -> Checkpoint | None:
        """Lock the folder and return the checkpoint with this key, if an earlier run left one."""
        self.lock()
        self._key, self._written = key, time.monotonic()
        return None if self._fresh else self._read()

    def read_block(self, number: int, key: str) -> FinishedBlock | None:
        """Lock the folder and return the block with this key, if an earlier run finished it."""
        self.lock()
        arrays = None if self._fresh else self._read_arrays(self._block_path(number), key)
        if arrays is None:
            return None
        figures = {name.removeprefix("figures."): arrays[name] for name in arrays if "figures." in name}
        waiting, timeline = from_arrays(Waiting, arrays), from_arrays(Timeline, arrays)
        by_posture = from_arrays(PostureService, arrays)
        if not (waiting and by_posture and timeline):
            return None
        return FinishedBlock(figures, waiting, by_posture, timeline, arrays["decayed_at"])

    def write_block(self, number: int, key: str, block: FinishedBlock) -> None:
        """Write the result of a finished block."""
        figures = {f"figures.{name}": values for name, values in block.figures.items()}
        parts = to_arrays(block.waiting, block.by_posture, block.timeline)
        self._write_arrays(self._block_path(number), key, figures | parts | {"decayed_at": block.decayed_at})

    def _block_path(self, number: int) -> Path:
        return self._folder / f"{_BLOCK}{number:04d}"

    def lock(self) -> None:
        """Create the folder if necessary, and lock it against other runs."""
        if self._locked:
            return
        self._lock_stack.enter_context(folder_lock(self._folder, stays=True))
        self._locked = True

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Let `save` write in a thread of its own; on exit, wait for the write under way."""
        with ThreadPoolExecutor(max_workers=1) as self._executor:
            yield
            self._wait_for_write()

    def save(self, make_checkpoint: Callable[[], Checkpoint]) -> None:
        """Make a checkpoint and write it in the background, if the last write is 3 s ago or more."""
        if time.monotonic() - self._written > _EVERY_S and (self._writing is None or self._writing.done()):
            self._wait_for_write()
            self._writing = self._executor.submit(self._write, make_checkpoint())

    def _wait_for_write(self) -> None:
        """Wait for the write under way and raise its error, if any."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _write(self, checkpoint: Checkpoint) -> None:
        parts = (checkpoint.statistics, checkpoint.timeline, checkpoint.frames)
        arrays = to_arrays(*parts, *([checkpoint.network] if checkpoint.network else []))
        self._write_arrays(self._folder / _FILE, self._key, arrays | {"decayed_at": checkpoint.decayed_at})
        self._written = time.monotonic()

    def _read(self) -> Checkpoint | None:
        arrays = self._read_arrays(self._folder / _FILE, self._key)
        if arrays is None:
            return None
        statistics, timeline = from_arrays(CoverageStatistics, arrays), from_arrays(Timeline, arrays)
        frames, network = from_arrays(Frames, arrays), from_arrays(NetworkStatistics, arrays)
        if not (statistics and timeline and frames):
            return None
        return Checkpoint(statistics, timeline, frames, network, arrays["decayed_at"])

    def _write_arrays(self, path: Path, key: str, arrays: dict[str, Any]) -> None:
        with atomic_path(path) as temporary, temporary.open("w+b") as file:  # without a second copy in memory
            offset = file.write(_head(key, hashlib.sha256()))
            np.savez(file, allow_pickle=False, **arrays)
            file.seek(offset)
            head = _head(key, hashlib.file_digest(file, "sha256"))
            file.seek(0)
            file.write(head)

    def _read_arrays(self, path: Path, key: str) -> dict[str, Any] | None:
        """Return the arrays of a file; None if it does not exist, has another key or is damaged."""
        try:
            head, newline, body = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OperationError(f"{path} cannot be read: {error.strerror}; start anew (fresh)") from error
        if head + newline != _head(key, hashlib.sha256(body)):
            return None
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            return dict(arrays)


def _head(key: str, checksum: "hashlib._Hash") -> bytes:
    """Return the line before the arrays, of the same length for any checksum: key and checksum."""
    return json.dumps({"key": key, "sha256": checksum.hexdigest()}).encode() + b"\n"

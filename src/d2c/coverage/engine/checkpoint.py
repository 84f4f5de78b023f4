"""The progress of a run on disk, so that a job that is killed goes on where it was.

What is stored is the merged statistics of all windows so far: by the monoid that is itself a window, only a
long one. The file carries the key of all that the result depends on and a checksum; one that does not fit is
ignored and done again. Where the cells are done in blocks, the figures of each finished block have a file of
their own beside the progress of the block at hand.
"""

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import __version__
from d2c.coverage.inputs import Inputs
from d2c.coverage.statistics.coverage import CoverageStatistics, Frames, Timeline
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.statistics.waiting import Waiting
from d2c.errors import ResultError
from d2c.files import atomic_path, cannot_write, exclusive
from d2c.scenario.model import Scenario

_FILE, _BLOCK, _LOCK = ".d2c-progress", ".d2c-block-", ".d2c-lock"
_EVERY_S = 3.0  # between two writes: what a killed run loses at most, beside the window at hand


@dataclass(frozen=True, eq=False, slots=True)
class Checkpoint:
    """What is known after the first `statistics.samples` steps; lost_at (S,): when each satellite was lost by then."""

    statistics: CoverageStatistics
    timeline: Timeline
    frames: Frames
    beams: NetworkStatistics | None
    decayed_at: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class FinishedBlock:
    """What is kept of a block of cells after the whole span; lost_at (S,): when each satellite was lost."""

    figures: dict[str, NDArray[Any]]
    waiting: Waiting
    timeline: Timeline
    decayed_at: NDArray[np.int64]


def checkpoint_key(scenario: Scenario, inputs: Inputs) -> str:
    """Return the hash of everything that the figures depend on: question, inputs, library entries and version."""
    asked = scenario.model_dump(mode="json", exclude={"title", "output"})
    content = {
        "version": __version__,
        "asked": asked,
        "hours": scenario.output.shows_hours,
        "start": str(inputs.start),
        "files": inputs.sha256,
        "payload": inputs.link.payload.model_dump(mode="json"),
        "handset": inputs.link.handset.model_dump(mode="json"),
        "losses": inputs.link.losses.model_dump(mode="json"),
        "limits": {name: limit.model_dump(mode="json") for name, limit in inputs.limits.items()},
        "services": {name: s.model_dump(mode="json") for name, s in inputs.services.items()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class CheckpointStore:
    """The progress files of one result folder, and the lock that keeps a second run out of it.

    Nothing is made before it is locked, so that bad input leaves no folder behind. ResultError where
    another run has the folder, and for what the operating system refuses.
    """

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """Stand for a result folder; `fresh` ignores what an earlier run left."""
        self._folder, self._fresh = folder, fresh
        self._held = ExitStack()
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
        """Let go of the folder; after a success the progress files have done their duty."""
        if kind is None:
            for file in (self._folder / _FILE, *self._folder.glob(f"{_BLOCK}*")):
                file.unlink(missing_ok=True)
        self._held.close()
        if kind and self._locked and [file.name for file in self._folder.iterdir()] == [_LOCK]:
            with suppress(OSError):  # a run that failed before it had anything leaves no folder behind
                (self._folder / _LOCK).unlink()
                self._folder.rmdir()

    def resume(self, key: str) -> Checkpoint | None:
        """Lock the folder and return the progress of the same question, if an earlier run left any."""
        self.lock()
        self._key, self._written = key, time.monotonic()
        return None if self._fresh else self._read()

    def finished(self, number: int, key: str) -> FinishedBlock | None:
        """Lock the folder and return a block of the same question, if an earlier run finished it."""
        self.lock()
        arrays = None if self._fresh else self._read_arrays(self._block(number), key)
        if arrays is None:
            return None
        figures = {name.removeprefix("figures."): arrays[name] for name in arrays if "figures." in name}
        waiting, timeline = (
            {f.name: arrays[_name(part, f.name)] for f in fields(part)} for part in (Waiting, Timeline)
        )
        return FinishedBlock(figures, Waiting(**waiting), Timeline(**timeline), arrays["decayed_at"])

    def finish(self, number: int, key: str, block: FinishedBlock) -> None:
        """Write what a finished block gave."""
        figures = {f"figures.{name}": values for name, values in block.figures.items()}
        parts = _arrays_of(block.waiting, block.timeline)
        self._write_arrays(self._block(number), key, figures | parts | {"decayed_at": block.decayed_at})

    def _block(self, number: int) -> Path:
        return self._folder / f"{_BLOCK}{number:04d}"

    def lock(self) -> None:
        """Make the folder if need be, and keep every other run out of it from now on."""
        if self._locked:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(exclusive(self._folder / _LOCK))
        except BlockingIOError:
            raise ResultError(
                f"{self._folder}: another run is writing into this folder; wait for it, or choose another one with -o"
            ) from None
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        self._locked = True

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Let `keep` write beside the work; on leaving, what is being written is finished."""
        with ThreadPoolExecutor(max_workers=1) as self._executor:
            yield
            self._finish()

    def keep(self, progress: Callable[[], Checkpoint]) -> None:
        """Write the progress, which is asked for at once, if the last time is long ago."""
        if time.monotonic() - self._written > _EVERY_S and (self._writing is None or self._writing.done()):
            self._finish()
            self._writing = self._executor.submit(self._write, progress())

    def _finish(self) -> None:
        """Wait for the write under way and raise what went wrong in it."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _write(self, progress: Checkpoint) -> None:
        arrays = _arrays_of(progress.statistics, progress.timeline, progress.frames)
        if progress.beams:
            arrays |= _arrays_of(progress.beams)
        self._write_arrays(self._folder / _FILE, self._key, arrays | {"decayed_at": progress.decayed_at})
        self._written = time.monotonic()

    def _read(self) -> Checkpoint | None:
        arrays = self._read_arrays(self._folder / _FILE, self._key)
        if arrays is None:
            return None
        statistics, timeline, frames = (
            {f.name: arrays[_name(part, f.name)] for f in fields(part)}
            for part in (CoverageStatistics, Timeline, Frames)
        )
        statistics["samples"] = int(statistics["samples"])
        frames["first"] = int(frames["first"])
        names = {f.name: _name(NetworkStatistics, f.name) for f in fields(NetworkStatistics)}
        loaded = set(names.values()) <= arrays.keys()
        return Checkpoint(
            CoverageStatistics(**statistics),
            Timeline(**timeline),
            Frames(**frames),
            NetworkStatistics(**{f: arrays[name] for f, name in names.items()}) if loaded else None,
            arrays["decayed_at"],
        )

    def _write_arrays(self, path: Path, key: str, arrays: dict[str, Any]) -> None:
        with atomic_path(path) as temporary, temporary.open("w+b") as file:  # nothing is held in memory twice
            begins = file.write(_head(key, hashlib.sha256()))
            np.savez(file, allow_pickle=False, **arrays)
            file.seek(begins)
            head = _head(key, hashlib.file_digest(file, "sha256"))
            file.seek(0)
            file.write(head)

    def _read_arrays(self, path: Path, key: str) -> dict[str, Any] | None:
        """Return what a file holds; None if there is none, it is another question's, or it is damaged."""
        try:
            head, newline, body = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ResultError(f"{path} cannot be read: {error.strerror}; use --fresh") from error
        if head + newline != _head(key, hashlib.sha256(body)):
            return None
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            return dict(arrays)


def _head(key: str, checksum: "hashlib._Hash") -> bytes:
    """Return the line before the arrays, which is as long for any checksum: whose they are, and theirs."""
    return json.dumps({"key": key, "sha256": checksum.hexdigest()}).encode() + b"\n"


def _arrays_of(
    *parts: CoverageStatistics | Timeline | Frames | Waiting | NetworkStatistics,
) -> dict[str, Any]:
    """Return the fields of all parts by the names they have in a file."""
    return {_name(type(part), f.name): getattr(part, f.name) for part in parts for f in fields(part)}


def _name(part: type, field: str) -> str:
    return f"{part.__name__}.{field}"

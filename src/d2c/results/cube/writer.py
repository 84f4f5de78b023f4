"""C/N and serving satellite of every cell and step, as a Zarr cube that xarray opens with names, units and times.

The cube grows under a hidden name beside its own and takes its place when it is whole, so that a run that was
cut leaves no cube that looks finished. What has been written stays for the run that resumes. In Zarr a chunk
that is missing reads silently as the fill value; so each step's time is written after its values, and the
cube is finished only when all times are there.
"""

import json
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.errors import ResultError
from d2c.files import cannot_write
from d2c.results.cube.layout import NOT_YET, CubeLayout, global_attributes, zarr

# What Zarr and its codecs raise where the bytes of a chunk or of its description are not what was written.
_DAMAGED = (ValueError, RuntimeError, KeyError, TypeError)


class CubeWriter:
    """The cube of one run: made or resumed, written in parts of any order and size, finished.

    One writer to a path, and one call at a time (the run holds its folder's lock). ResultError for what the
    operating system refuses, and where the optional library is not installed.
    """

    def __init__(
        self,
        path: Path,
        *,
        key: str,
        cell_id: NDArray[np.str_],
        latitude_deg: NDArray[np.float64],
        longitude_deg: NDArray[np.float64],
        start: np.datetime64,
        every_us: int,
        slots: int,
        satellite_names: Sequence[str],
        norad_id: NDArray[np.int64],
        title: str,
        fresh: bool = False,
    ) -> None:
        """Make the cube, or open what a cut run of the same question left; `fresh` does not look for that.

        Step `slot`, 0 to `slots - 1`, is at `start + slot * every_us`; `cell_id` and the positions (G,),
        satellites (S,). `key` is the hash of all that the values depend on.
        """
        self._layout = CubeLayout(
            cell_id, latitude_deg, longitude_deg, start, every_us, slots, satellite_names, norad_id
        )
        self._path, self._unfinished, self._old = path, *_hidden(path)
        identity = self._layout.identity(key)
        zarr()  # missing? then before anything is touched
        with self._refusals():
            _refuse_strangers(path)
            self._tidy()
            if fresh or not self._resume(identity):
                self._make()
            # found by a later run only from here on, when all that does not change is on the disk
            self._group.attrs.put(global_attributes(title) | {"d2c_key": identity, "complete": 0})

    @property
    def leading_slots(self) -> int:
        """Return how many steps from the first one on are on the disk: where a resumed run may go on."""
        return int(np.argmin(np.append(self._written, False)))

    def write(
        self, first_slot: int, level_centi_db: NDArray[np.int16], server: NDArray[np.integer[Any]]
    ) -> None:
        """Write K steps: C/N in 0.01 dB or NO_LEVEL, and the satellite's index or NO_SERVER, both (K, G).

        Steps that were written before are written again. On return they are on the disk.
        """
        slots, cells = self._layout.shape
        steps = slice(first_slot, first_slot + len(level_centi_db))
        if not level_centi_db.shape == server.shape == (steps.stop - first_slot, cells):
            raise ValueError(f"level_centi_db and server must both have the shape (K, {cells})")
        if not 0 <= first_slot <= steps.stop <= slots:
            raise ValueError(f"steps {first_slot} to {steps.stop - 1} are not among 0 to {slots - 1}")
        if steps.stop == first_slot:
            return
        with self._refusals():
            try:
                self._c_n[steps] = level_centi_db
                self._server[steps] = server.astype(self._server.dtype, copy=False)
            except _DAMAGED as error:  # a chunk that is written in part is read first
                raise ResultError(f"{self._path}: the part written before is damaged; use --fresh") from error
            self._sync_chunks(steps)
            self._time[steps] = self._layout.times(steps)
            _sync(self._unfinished / "time" / "c" / "0")
        self._written[steps] = True

    def finish(self) -> None:
        """Mark the cube as complete and move it to its place, where it replaces an earlier one.

        ResultError if a step was never written.
        """
        if not self._written.all():
            missing = np.flatnonzero(~self._written)
            raise ResultError(
                f"{self._path} lacks {missing.size} of {self._layout.slots} steps, the first is {missing[0]}; "
                "use --fresh"
            )
        with self._refusals():
            with warnings.catch_warnings():
                # consolidated metadata is an extension of Zarr 3, which readers without it pass over
                warnings.simplefilter("ignore", UserWarning)
                group = zarr().consolidate_metadata(self._group.store)
            group.attrs["complete"] = 1
            for torn in list(self._unfinished.rglob("*.partial")):  # Zarr's own, of a run that was killed
                torn.unlink()
            _sync_all(self._unfinished)
            self._take_place()

    def _resume(self, identity: str) -> bool:
        """Open what a cut run left; False if there is nothing, it is another question's, or it is damaged."""
        try:
            state = json.loads((self._unfinished / "zarr.json").read_text("utf-8"))["attributes"]
            if state["d2c_key"] != identity:
                return False
            self._open()
        except (OSError, *_DAMAGED):
            return False
        return True

    def _make(self) -> None:
        """Make the empty cube under its hidden name."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        try:
            self._unfinished.mkdir(parents=True)
            self._layout.make(self._unfinished)
            _sync_all(self._unfinished)
            self._open()
        except BaseException:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            raise

    def _open(self) -> None:
        self._group = zarr().open_group(self._unfinished, mode="r+", use_consolidated=False)
        # a chunk of nothing is written too, so that one that is missing was never written
        with zarr().config.set({"array.write_empty_chunks": True}):
            self._time, self._c_n, self._server = (self._group[n] for n in ("time", "c_n_db", "server"))
        self._written: NDArray[np.bool_] = self._time[:] != NOT_YET

    def _sync_chunks(self, steps: slice) -> None:
        """Have the chunks of these steps put on the disk before their times say that they are there."""
        height = self._layout.chunks[0]
        for name in ("c_n_db", "server"):
            chunks = self._unfinished / name / "c"
            for row in range(steps.start // height, (steps.stop - 1) // height + 1):
                for entry in (*(chunks / str(row)).iterdir(), chunks / str(row)):
                    _sync(entry)
            _sync(chunks)

    def _tidy(self) -> None:
        """Bring back the earlier cube if a run was killed just while it changed the two."""
        if self._old.exists() and not self._path.exists():
            self._old.rename(self._path)
        shutil.rmtree(self._old, ignore_errors=True)

    def _take_place(self) -> None:
        """Move the cube to its place; a folder cannot be replaced in one step, so an earlier cube steps aside."""
        self._tidy()
        if self._path.exists():
            self._path.rename(self._old)
        try:
            self._unfinished.rename(self._path)
        finally:
            self._tidy()
        _sync(self._path.parent)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn what the operating system refuses into the one-line error."""
        try:
            yield
        except OSError as error:
            raise cannot_write(self._path, error) from error


def remove_cube(path: Path) -> None:
    """Remove the cube of this path and what a cut run left of one; a result without a cube must not keep an old one.

    ResultError for what the operating system refuses, and where something else has the name.
    """
    _refuse_strangers(path)
    for folder in (path, *_hidden(path)):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise cannot_write(folder, error) from error


def _hidden(path: Path) -> tuple[Path, Path]:
    """Return the names of the unfinished cube and of an earlier one that steps aside."""
    return path.with_name(f".{path.name}-unfinished"), path.with_name(f".{path.name}-old")


def _refuse_strangers(path: Path) -> None:
    """Refuse to replace something that is no cube."""
    if path.exists() and not (path / "zarr.json").is_file():
        raise ResultError(f"{path} is in the way and is no cube; move it, or choose another output folder")


def _sync_all(folder: Path) -> None:
    for entry in folder.rglob("*"):
        _sync(entry)
    _sync(folder)


def _sync(path: Path) -> None:
    """Have the operating system put a file on the disk, or the names of a folder where it knows how to."""
    if not path.is_dir():
        with path.open("rb+") as opened:
            os.fsync(opened.fileno())
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

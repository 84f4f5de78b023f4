"""Writer of the Zarr cube: C/N and best server of each cell and step, with CF names, units and times for xarray.

The cube is written under a hidden name and renamed once complete, so that an interrupted run leaves no cube that
looks finished; a resumed run continues it. Zarr silently reads a missing chunk as the fill value, so the time of
each step is written after its values, and the cube is finished only when all times are present.
"""

import json
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.errors import OperationError, ResultError
from d2c.files import cannot_write, sync
from d2c.results.cube.layout import NOT_WRITTEN, CubeLayout, global_attributes, import_zarr

# Exceptions of Zarr and its codecs for a corrupt chunk or corrupt metadata.
_CORRUPT_DATA_ERRORS = (ValueError, RuntimeError, KeyError, TypeError)


class CubeWriter:
    """Writer of one run's cube: create or resume, write blocks of any order and size, finish.

    One writer per path and one call at a time (the run holds its folder's lock). ResultError for errors of the
    operating system, and if the optional library is not installed.
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
        """Create the cube, or continue that of an interrupted run with the same inputs unless `fresh`.

        Step `slot`, 0 to `slots - 1`, is at `start + slot * every_us`; `cell_id` and the positions (G,),
        satellites (S,). `key` is the hash of everything the values depend on.
        """
        self._layout = CubeLayout(
            cell_id, latitude_deg, longitude_deg, start, every_us, slots, satellite_names, norad_id
        )
        self._path, self._unfinished, self._previous = path, *_hidden_paths(path)
        identity = self._layout.identity(key)
        import_zarr()  # fails before any file changes if the library is missing
        with self._os_errors():
            _check_is_cube(path)
            self._restore_previous()
            if fresh or not self._resume(identity):
                self._create()
            # the key is written last: a later run resumes the cube only if all static variables are on disk
            self._group.attrs.put(global_attributes(title) | {"d2c_key": identity, "complete": 0})

    @property
    def leading_slots(self) -> int:
        """Return the number of leading steps already on disk, from which a resumed run continues."""
        return int(np.argmin(np.append(self._written, False)))

    def write(
        self, first_slot: int, c_n_centi_db: NDArray[np.int16], server: NDArray[np.integer[Any]]
    ) -> None:
        """Write K steps: C/N in 0.01 dB or NO_C_N, and the satellite's index or NO_SERVER, both (K, G).

        Steps written before are overwritten. On return the data are on disk.
        """
        slots, cells = self._layout.shape
        steps = slice(first_slot, first_slot + len(c_n_centi_db))
        if not c_n_centi_db.shape == server.shape == (steps.stop - first_slot, cells):
            raise ValueError(f"c_n_centi_db and server must both have the shape (K, {cells})")
        if not 0 <= first_slot <= steps.stop <= slots:
            raise ValueError(f"steps {first_slot} to {steps.stop - 1} are not among 0 to {slots - 1}")
        if steps.stop == first_slot:
            return
        with self._os_errors():
            try:
                self._c_n[steps] = c_n_centi_db
                self._server[steps] = server.astype(self._server.dtype, copy=False)
            except _CORRUPT_DATA_ERRORS as error:  # Zarr reads a partly written chunk before it changes it
                raise OperationError(
                    f"{self._path}: the part written before is damaged; start anew (fresh)"
                ) from error
            self._sync_chunks(steps)
            self._time[steps] = self._layout.times(steps)
            sync(self._unfinished / "time" / "c" / "0")
        self._written[steps] = True

    def finish(self) -> None:
        """Mark the cube as complete and move it to its final path, replacing an earlier cube.

        ResultError if any step is missing.
        """
        if not self._written.all():
            missing = np.flatnonzero(~self._written)
            raise OperationError(
                f"{self._path} lacks {missing.size} of {self._layout.slots} steps, the first is {missing[0]}; "
                "start anew (fresh)"
            )
        with self._os_errors():
            with warnings.catch_warnings():
                # consolidated metadata is a Zarr 3 extension that other readers ignore
                warnings.simplefilter("ignore", UserWarning)
                group = import_zarr().consolidate_metadata(self._group.store)
            group.attrs["complete"] = 1
            for partial in list(
                self._unfinished.rglob("*.partial")
            ):  # temporary files of Zarr, left by a killed run
                partial.unlink()
            _sync_all(self._unfinished)
            self._replace_previous()

    def _resume(self, identity: str) -> bool:
        """Open the cube of an interrupted run; False if there is none, its key differs, or it is damaged."""
        try:
            state = json.loads((self._unfinished / "zarr.json").read_text("utf-8"))["attributes"]
            if state["d2c_key"] != identity:
                return False
            self._open()
        except (OSError, *_CORRUPT_DATA_ERRORS):
            return False
        return True

    def _create(self) -> None:
        """Create the empty cube under its hidden name."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        try:
            self._unfinished.mkdir(parents=True)
            self._layout.create(self._unfinished)
            _sync_all(self._unfinished)
            self._open()
        except BaseException:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            raise

    def _open(self) -> None:
        self._group = import_zarr().open_group(self._unfinished, mode="r+", use_consolidated=False)
        # write empty chunks too, so that a missing chunk means one never written
        with import_zarr().config.set({"array.write_empty_chunks": True}):
            self._time, self._c_n, self._server = (self._group[n] for n in ("time", "c_n_db", "server"))
        self._written: NDArray[np.bool_] = self._time[:] != NOT_WRITTEN

    def _sync_chunks(self, steps: slice) -> None:
        """Flush the chunks of these steps to disk before their times mark them as written."""
        height = self._layout.chunks[0]
        for name in ("c_n_db", "server"):
            chunks = self._unfinished / name / "c"
            for row in range(steps.start // height, (steps.stop - 1) // height + 1):
                for entry in (*(chunks / str(row)).iterdir(), chunks / str(row)):
                    sync(entry)
            sync(chunks)

    def _restore_previous(self) -> None:
        """Restore the previous cube if a run was killed while replacing it."""
        if self._previous.exists() and not self._path.exists():
            self._previous.rename(self._path)
        shutil.rmtree(self._previous, ignore_errors=True)

    def _replace_previous(self) -> None:
        """Move the cube to its final path; an existing one is renamed first: folders cannot be replaced atomically."""
        self._restore_previous()
        if self._path.exists():
            self._path.rename(self._previous)
        try:
            self._unfinished.rename(self._path)
        finally:
            self._restore_previous()
        sync(self._path.parent)

    @contextmanager
    def _os_errors(self) -> Iterator[None]:
        """Convert errors of the operating system into a one-line ResultError."""
        try:
            yield
        except OSError as error:
            raise cannot_write(self._path, error) from error


def remove_cube(path: Path) -> None:
    """Remove the cube at this path and unfinished or previous versions of it.

    ResultError for errors of the operating system, and if the path holds something other than a cube.
    """
    _check_is_cube(path)
    for folder in (path, *_hidden_paths(path)):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise cannot_write(folder, error) from error


def _hidden_paths(path: Path) -> tuple[Path, Path]:
    """Return the paths of the unfinished cube and of the previous one during replacement."""
    return path.with_name(f".{path.name}-unfinished"), path.with_name(f".{path.name}-old")


def _check_is_cube(path: Path) -> None:
    """Raise ResultError if the path exists and is not a Zarr cube."""
    if path.exists() and not (path / "zarr.json").is_file():
        raise ResultError(f"{path} exists and is not a Zarr cube; move it, or choose another output folder")


def _sync_all(folder: Path) -> None:
    for entry in folder.rglob("*"):
        sync(entry)
    sync(folder)

"""Atomic file writing and inter-process locks."""

import errno
import os
import secrets
import shutil
import sqlite3
import stat
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from d2c.errors import OperationError

_REMEDY = {
    errno.ENOSPC: "no space left on the disk; free some, or choose another output folder",
    errno.EDQUOT: "the disk quota is used up; free some, or choose another output folder",
    errno.EFBIG: "the file exceeds the size limit of this system (ulimit -f); raise it, or use fewer cells",
    errno.EACCES: "permission denied; choose an output folder with write permission",
    errno.EPERM: "permission denied; choose an output folder with write permission",
    errno.EROFS: "the file system is read-only; choose another output folder",
    errno.ENOTDIR: "a part of this path is a file, not a folder; choose another output folder",
    errno.EEXIST: "a file with the name of the folder exists; move it, or choose another output folder",
    errno.EISDIR: "a folder with the name of the file exists; move it, or choose another output folder",
    errno.ENAMETOOLONG: "the name is too long for this file system; choose a shorter name",
}

LOCK = ".d2c-lock"
_STAGING = ".writing-"


def cannot_write(path: Path, error: OSError) -> OperationError:
    """Return the error for a file or folder that cannot be written, with the remedy."""
    if path.parent.name.startswith(_STAGING):
        path = path.parent.parent / path.name  # the name visible to the user
    reason = _REMEDY.get(error.errno or 0) or f"{error.strerror or error}; choose another output folder"
    return OperationError(f"{path} cannot be written: {reason}")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; on exit the file written there replaces `path`.

    The folder is created if missing, and a link stays one. On any error the temporary file is removed and `path` is
    unchanged. A device or pipe, which cannot be replaced, gets the bytes at the end. Raises OperationError for errors
    of the operating system.
    """
    if _is_device_or_pipe(path):
        with TemporaryDirectory() as elsewhere:
            temporary = Path(elsewhere) / path.name
            yield temporary
            try:
                with temporary.open("rb") as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
            except OSError as error:
                raise cannot_write(path, error) from error
        return
    created: list[Path] = []
    real = Path(os.path.realpath(path))  # `resolve` raises for links that go around
    # Keep the suffix: some writers choose the format by it.
    temporary = real.with_name(f"{_STAGING}{secrets.token_hex(4)}{path.suffix}")
    try:
        created = _missing_folders(real.parent)
        real.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        sync(temporary)
        temporary.replace(real)
        sync(real.parent)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        _remove_empty(created)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def _is_device_or_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:  # it is missing, or said when it is written
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def atomic_folder(folder: Path, *, replaces: Collection[str] = (), locked: bool = False) -> Iterator[Path]:
    """Yield a temporary folder inside `folder`; on success the files written there move into `folder`.

    `replaces` names the files of an earlier result to delete if not written anew (a result with fewer formats
    must not keep the old maps). Everything else in `folder` stays, also in its sub-folders. On any error `folder` is
    unchanged, and a folder that did not exist is removed. `locked`: the caller holds `folder_lock`.
    """
    staging = folder / f"{_STAGING}{secrets.token_hex(4)}"
    with nullcontext() if locked else folder_lock(folder):
        try:
            staging.mkdir()
            yield staging
            _move_up(staging, folder, replaces)
        except BaseException as error:
            shutil.rmtree(staging, ignore_errors=True)
            if isinstance(error, OSError):
                raise cannot_write(folder, error) from error
            raise


@contextmanager
def folder_lock(folder: Path, *, stays: bool = False) -> Iterator[None]:
    """Hold a folder, created if necessary, against other writers, and remove what killed ones left half-written.

    `stays`: the file of the lock is left, for a next run. After an error a folder that is empty but for the lock is
    removed. OperationError if another process holds it, and for errors of the operating system.
    """
    created: list[Path] = []
    lock, is_new = folder / LOCK, False
    with ExitStack() as stack:
        try:
            created = _missing_folders(folder)
            folder.mkdir(parents=True, exist_ok=True)
            is_new = not lock.exists()
            stack.enter_context(exclusive_lock(lock))
            for left in folder.glob(f"{_STAGING}*"):
                _remove(left)
        except BlockingIOError:
            raise OperationError(
                f"{folder}: another run is writing into this folder; wait for it, or choose another one with -o"
            ) from None
        except OSError as error:
            _remove_empty(created)
            raise cannot_write(folder, error) from error
        try:
            yield
        except BaseException:
            stays = False
            raise
        finally:
            if is_new and not stays:
                with suppress(OSError):  # a system may not remove a file that is open
                    lock.unlink()
                stack.close()
                _remove_empty(created)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _move_up(staging: Path, folder: Path, replaces: Collection[str]) -> None:
    """Move the files of `staging` into `folder`; run all checks before the first move.

    The report, a JSON file that describes the others, goes first and comes last: without one, nothing is taken for a
    result that was not moved as a whole.
    """
    new = {file: folder / file.relative_to(staging) for file in sorted(staging.rglob("*")) if file.is_file()}
    old = [folder / name for name in sorted(set(replaces) - {item.name for item in staging.iterdir()})]
    for target in [*new.values(), *old]:
        if target.is_dir():
            raise cannot_write(target, IsADirectoryError(errno.EISDIR, "is a folder"))
    for file in new:
        sync(file)
    folders = {target.parent for target in new.values()}
    for inner in sorted(folders):
        inner.mkdir(parents=True, exist_ok=True)
    reports = {
        file: target for file, target in new.items() if target.suffix == ".json" and target.parent == folder
    }
    for target in reports.values():
        target.unlink(missing_ok=True)
    sync(folder)
    for file, target in new.items():
        if file not in reports:
            file.replace(target)
    for file in old:
        file.unlink(missing_ok=True)
    for inner in (*folders, folder):
        sync(inner)
    for file, target in reports.items():
        file.replace(target)
    sync(folder)
    shutil.rmtree(staging)


def _missing_folders(folder: Path) -> list[Path]:
    """Return the missing folders on the path of `folder`, innermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]


def _remove_empty(folders: list[Path]) -> None:
    """Remove the created folders that are empty; keep any that another process has filled."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def sync(path: Path) -> None:
    """Flush a file to disk (fsync), so that a power cut cannot leave it empty; of a folder, its entries.

    OSError for a file that cannot be flushed; folders are flushed where the system supports it.
    """
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


def write_bytes(path: Path, data: bytes) -> None:
    """Write the bytes atomically; raises OperationError."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def exclusive_lock(lock: Path, *, timeout_s: float = 0.0) -> Iterator[None]:
    """Hold an exclusive lock between processes until the context exits or the process ends.

    SQLite's lock is the only one in the standard library that works on every system and that the system
    releases itself; the database stays empty. Raises BlockingIOError if another process holds the lock for longer
    than the timeout, another OSError if the file cannot be created, and OperationError if it is no lock.
    """
    try:
        lock.touch()
        held = lock.stat().st_ino
        database = sqlite3.connect(lock, timeout=timeout_s, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise PermissionError(errno.EACCES, str(error)) from None
    with closing(database):
        try:
            database.execute("PRAGMA journal_mode = MEMORY")  # no second file beside the lock
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise BlockingIOError(errno.EAGAIN, str(error)) from None
            raise PermissionError(errno.EACCES, str(error)) from None
        except sqlite3.DatabaseError as error:
            raise OperationError(f"{lock} is not a lock of d2c ({error}); remove it") from None
        if not lock.exists() or lock.stat().st_ino != held:  # its holder removed it when it ended
            raise BlockingIOError(errno.EAGAIN, "the lock was removed")
        yield

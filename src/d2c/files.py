"""Files that are either written whole or not touched at all."""

import errno
import os
import secrets
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from d2c.errors import ResultError

_WAY_OUT = {
    errno.ENOSPC: "no space left on the disk; free some, or choose another output folder",
    errno.EDQUOT: "the disk quota is used up; free some, or choose another output folder",
    errno.EFBIG: "the file grows over the limit of this system (ulimit -f); raise it, or use fewer cells",
    errno.EACCES: "permission denied; choose an output folder that you may write to",
    errno.EPERM: "permission denied; choose an output folder that you may write to",
    errno.EROFS: "the file system is read-only; choose another output folder",
    errno.ENOTDIR: "a part of this path is a file, not a folder; choose another output folder",
    errno.EEXIST: "a file of this name is in the way of the folder; move it, or choose another output folder",
    errno.EISDIR: "a folder of this name is in the way of the file; move it, or choose another output folder",
    errno.ENAMETOOLONG: "the name is too long for this file system; choose a shorter one",
}

_STAGING = ".writing-"


def cannot_write(path: Path, error: OSError) -> ResultError:
    """Return the one-line error for a file or folder that could not be written, with the way out."""
    if path.parent.name.startswith(_STAGING):
        path = path.parent.parent / path.name  # the name that the user knows
    reason = _WAY_OUT.get(error.errno or 0) or f"{error.strerror or error}; choose another output folder"
    return ResultError(f"{path} cannot be written: {reason}")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; what was written there takes its place on leaving.

    The folder is made if need be. On any error the temporary is removed and `path` is as it was before.
    Raises ResultError for what the operating system refuses.
    """
    # The ending stays: some writers choose the format by it.
    temporary = path.with_name(f"{_STAGING}{secrets.token_hex(4)}{path.suffix}")
    made: list[Path] = []
    try:
        made = _missing_folders(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        _remove_empty(made)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


@contextmanager
def atomic_folder(folder: Path, *, replaces: Collection[str] = ()) -> Iterator[Path]:
    """Yield a temporary folder inside `folder`; the files written there move up when all is well.

    `replaces` names the files of an earlier result that must not survive beside the new ones (a result with
    fewer formats must not keep the old maps). Everything else in `folder` stays. On any error nothing of
    `folder` has changed, and a folder that did not exist is gone again. Files only, no sub-folders.
    """
    staging = folder / f"{_STAGING}{secrets.token_hex(4)}"
    made: list[Path] = []
    try:
        made = _missing_folders(folder)
        folder.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        yield staging
        _move_up(staging, folder, replaces)
    except BaseException as error:
        shutil.rmtree(staging, ignore_errors=True)
        _remove_empty(made)
        if isinstance(error, OSError):
            raise cannot_write(folder, error) from error
        raise


def _move_up(staging: Path, folder: Path, replaces: Collection[str]) -> None:
    """Move the files of `staging` into `folder`, all checks before the first move."""
    new = sorted(staging.iterdir())
    old = [folder / name for name in sorted(set(replaces) - {file.name for file in new})]
    for target in [*(folder / file.name for file in new), *old]:
        if target.is_dir():
            raise cannot_write(target, IsADirectoryError(errno.EISDIR, "is a folder"))
    for file in new:
        _sync(file)
    for file in new:
        file.replace(folder / file.name)
    for file in old:
        file.unlink(missing_ok=True)
    staging.rmdir()
    _sync_folder(folder)


def _missing_folders(folder: Path) -> list[Path]:
    """Return the folders that have to be made for `folder` to exist, innermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]


def _remove_empty(folders: list[Path]) -> None:
    """Remove the folders that were made for nothing; one that somebody else has filled meanwhile stays."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _sync(file: Path) -> None:
    """Have the operating system put a file on the disk, so that a power cut cannot leave it empty."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    """Have the names of a folder put on the disk, where the system knows how to; they are right already."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_bytes(path: Path, data: bytes) -> None:
    """Write the bytes, all or none; raises ResultError."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def exclusive(lock: Path, *, timeout_s: float = 0.0) -> Iterator[None]:
    """Hold a lock that no other process can have until this one lets go of it or dies.

    SQLite's is the one lock in the standard library that works on every system and that the system itself
    lifts; the database stays empty. Raises BlockingIOError where another process holds it for longer than the
    time given, and another OSError where the file cannot be made.
    """
    try:
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
        yield

"""Files that are either written whole or not touched at all."""

import csv
import errno
import io
import json
import math
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from d2c.errors import ResultError
from d2c.output.rounding import decimals_of

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


def write_text(path: Path, text: str) -> None:
    """Write the text as UTF-8 with its line ends as given, all or none; raises ResultError."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people and programs: keys in the order given, indented, UTF-8, newline at the end.

    NumPy scalars and arrays, times (ISO 8601, UTC with Z) and paths are understood; NaN becomes null. An
    infinity or another object is a bug of the caller and raises ValueError or TypeError.
    """
    write_text(path, json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _plain(content: Any) -> Any:
    """Return the content made of what JSON knows."""
    match content:
        case Mapping():
            return {str(key): _plain(value) for key, value in content.items()}
        case np.datetime64():
            return None if np.isnat(content) else _iso(np.array([content]))[0]
        case np.ndarray() if content.dtype.kind == "M":
            return [text or None for text in _iso(content)]
        case np.ndarray() | np.generic():
            return _plain(content.tolist())
        case list() | tuple():
            return [_plain(value) for value in content]
        case datetime():
            aware = (
                content if content.tzinfo else content.replace(tzinfo=UTC)
            )  # without a zone: UTC, as everywhere
            return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return content.isoformat()
        case Path():
            return content.as_posix()
        case float() if math.isnan(content):
            return None
    return content


def write_csv(
    path: Path, columns: Mapping[str, np.ndarray], *, decimals: Mapping[str, int] | None = None
) -> None:
    """Write equally long columns as CSV: one header line, LF, floats with fixed decimals, times ISO with Z.

    The decimals of a float column are those of `decimals`, else of its name (rounding.py); a float column
    without either is a ValueError. NaN, NaT and None are empty fields.
    """
    decimals = decimals or {}
    texts = [_texts(name, np.asarray(values), decimals.get(name)) for name, values in columns.items()]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*texts, strict=True))
    write_text(path, out.getvalue())


def _texts(name: str, values: np.ndarray, decimals: int | None) -> list[str]:
    """Return one column as texts."""
    if values.dtype.kind == "M":
        return _iso(values)
    if values.dtype.kind != "f":
        return ["" if value is None else str(value) for value in values.tolist()]
    decimals = decimals_of(name) if decimals is None else decimals
    if decimals is None:
        raise ValueError(f"no number of decimals for the column {name!r}: give one, or add it to rounding.py")
    # Adding zero turns -0.0 into 0.0, which would print as "-0.00".
    rounded = np.round(values.astype(np.float64), decimals) + 0.0
    return ["" if math.isnan(value) else f"{value:.{decimals}f}" for value in rounded.tolist()]


def _iso(times: np.ndarray) -> list[str]:
    """Return ISO 8601 texts in UTC with Z, with milliseconds only if a time has a part of a second."""
    valid = times[~np.isnat(times)]
    whole = bool((valid == valid.astype("datetime64[s]")).all())
    texts = np.datetime_as_string(times, unit="s" if whole else "ms")
    return ["" if text == "NaT" else f"{text}Z" for text in texts.tolist()]

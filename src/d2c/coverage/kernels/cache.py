"""Compiled kernels on disk: a file with a checksum for each function and signature; one that is damaged is a miss.

numba's own cache looks at the file of a function only, and would serve stale code when a function or constant that it
takes from another file has changed. It also keeps an index beside the code: processes that compile at the same time
overwrite each other's, and one that is killed between the two files leaves an index that names old code.
"""

import hashlib
import pickle
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

try:
    import numba
    from numba.core.caching import FunctionCache
    from numba.core.serialize import dumps
except ValueError as error:
    raise ImportError(f"numba cannot start: {error} (see the variables NUMBA_...)", name="numba") from error

_ENDING = ".nbc"
_ANEW = "what is damaged is compiled anew (d2c doctor lists such files)"
_DIGEST_LENGTH = hashlib.sha256().digest_size

# What is wrong with the cache, one text for each kind of fault, and what of it has not been said.
_faults: dict[str, str] = {}
_unsaid: list[str] = []


class KernelCache(FunctionCache):
    """The compiled versions of one function on disk, for the Python files of its folder as they are.

    RuntimeError if there is no folder where they can be kept.
    """

    def __init__(self, py_func: Callable[..., Any]) -> None:
        """Find the folder as numba does."""
        super().__init__(py_func)  # type: ignore[no-untyped-call]
        source = Path(py_func.__code__.co_filename)
        version = f"py{sys.version_info.major}{sys.version_info.minor}"
        self._cache_file: Any = _CheckedFiles(
            Path(self._cache_path),
            f"{source.stem}.{py_func.__name__}.{version}",
            _folder_stamp(source.parent),
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return a compiled version from the disk, None where there is none that can be used."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except (AttributeError, ImportError):  # it names what another version of a library had
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled version, if the disk lets it."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except OSError as error:
            _note_not_kept(f"{self._cache_path}: {error.strerror or error}")


class _CheckedFiles:
    """The files of one function: the checksum of the rest, then key and code."""

    def __init__(self, folder: Path, function: str, stamp: str) -> None:
        self._folder, self._function = folder, function
        self._current = f"{function}-{stamp[:16]}-"

    def load(self, key: Any) -> Any:
        """Return the code under a key; None if there is none, or what there is cannot be read."""
        path = self._path(key)
        try:
            body = _checked_body(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            _note("damaged", f"{path}, a compiled kernel, cannot be read ({error.strerror}); {_ANEW}")
            return None
        if body is None:
            _note("damaged", f"{path}, a compiled kernel, is damaged; {_ANEW}")
            return None
        stored, code = pickle.loads(body)
        return code if stored == key else None

    def save(self, key: Any, code: Any) -> None:
        """Write the code under a key, at once or not at all, and remove that of earlier files of the folder."""
        path = self._path(key)
        body = dumps((key, code))  # type: ignore[no-untyped-call]
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            temporary.write_bytes(hashlib.sha256(body).digest() + body)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        for file in self._folder.glob(f"{self._function}-*"):
            if not file.name.startswith(self._current):
                with suppress(OSError):  # it may be in use, or another process was faster
                    file.unlink()

    def _path(self, key: Any) -> Path:
        digest = hashlib.sha256(repr(key).encode()).hexdigest()
        return self._folder / f"{self._current}{digest[:16]}{_ENDING}"


def _checked_body(path: Path) -> bytes | None:
    """Return what follows the checksum; None if it is not that of the checksum."""
    content = path.read_bytes()
    body = content[_DIGEST_LENGTH:]
    return body if hashlib.sha256(body).digest() == content[:_DIGEST_LENGTH] else None


def keep_on_disk(dispatcher: Any, function: Callable[..., Any]) -> None:
    """Give a compiled function its cache, if there is a folder for it."""
    try:
        dispatcher._cache = KernelCache(function)
    except RuntimeError:
        _note_not_kept("no folder of the installation or of the user can be written")


def _note_not_kept(reason: str) -> None:
    _note(
        "not kept",
        f"compiled kernels are not kept, and every process compiles them anew: {reason}; set NUMBA_CACHE_DIR to a "
        "folder that can be written",
    )


def _note(kind: str, text: str) -> None:
    if kind not in _faults:
        _faults[kind] = text
        _unsaid.append(text)


def unsaid_faults() -> list[str]:
    """Return what is wrong with the cache and has not been returned before, a text for each kind of fault."""
    texts = _unsaid.copy()
    _unsaid.clear()
    return texts


@dataclass(frozen=True, slots=True)
class CacheState:
    """What stands in the cache: folder None if none can be written; `damaged` files are compiled anew when needed."""

    folder: Path | None
    files: int
    damaged: tuple[Path, ...]


def cache_state() -> CacheState:
    """Read all files of the cache."""
    try:
        folder = Path(KernelCache(cache_state)._cache_path)
    except RuntimeError:
        return CacheState(None, 0, ())
    files = sorted(folder.glob(f"*{_ENDING}"))
    return CacheState(folder, len(files), tuple(file for file in files if not _is_whole(file)))


def _is_whole(file: Path) -> bool:
    try:
        return _checked_body(file) is not None
    except FileNotFoundError:  # another process has just replaced it
        return True
    except OSError:
        return False


@cache
def _folder_stamp(folder: Path) -> str:
    digest = hashlib.sha256(f"{numba.__version__}\0{np.__version__}\0".encode())
    for file in sorted(folder.glob("*.py")):
        digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()

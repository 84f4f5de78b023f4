"""How the kernels are compiled and cached, and how a caller learns that compilation has begun."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from numba import njit
from numba.core import event
from numba.core.caching import FunctionCache

# `error_model="numpy"` leaves out the check for division by zero, which would keep loops scalar.
COMPILED: dict[str, Any] = {"error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True}
# `_nrt=False` leaves out the reference counts of arrays that are only passed on, which would take longer than the
# loops over a tile; such functions cannot make an array.
PLAIN = COMPILED | {"_nrt": False}
# The flags that let sums be reordered within one cell's row; "nnan" stays out, since decayed satellites are NaN.
CALLED = PLAIN | {"fastmath": {"nsz", "arcp", "contract", "afn", "reassoc"}}
LOOP = CALLED | {"forceinline": True}
# What takes the many arrays of a network, and only other kernels call, has no way in from Python, which would take as
# long to compile as the rest, and is not kept on disk by itself. Called from Python it crashes.
INNER = COMPILED | {"no_cpython_wrapper": True}
INNER_CALLED = CALLED | {"no_cpython_wrapper": True}
INNER_LOOP = LOOP | {"no_cpython_wrapper": True}
# For what must have the same bits in whichever kernel it is inlined: no flag lets the compiler reorder or fuse.
EXACT_LOOP = PLAIN | {"forceinline": True}


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator that compiles a function with numba and caches it on disk.

    numba's own cache looks at the file of a function only, and would serve stale code when a function or constant
    that it takes from another file has changed. Entries of this one are stale when any file of the folder has.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        if not options.get("no_cpython_wrapper"):
            dispatcher._cache = _FolderCache(function)
        return dispatcher

    return decorate


class _FolderCache(FunctionCache):
    """numba's cache of one function, with a stamp of all Python files in the function's folder."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)  # type: ignore[no-untyped-call]
        self._cache_file._source_stamp = _folder_stamp(Path(py_func.__code__.co_filename).parent)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return a compiled version from the disk, None where there is none that can be read.

        An index of earlier files names the classes that kernels took then; one that has moved cannot be read any more.
        """
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except (AttributeError, ImportError, EOFError, UnpicklingError):
            self.flush()  # type: ignore[no-untyped-call]
            return None


@cache
def _folder_stamp(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


class _FirstCompilation(event.Listener):
    """Calls a function at the first compilation; the kernels that a kernel calls are compiled in turn."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        self._on_start: Callable[[], None] | None = on_start

    def on_start(self, event: Any) -> None:
        """Call the function, the first time."""
        on_start, self._on_start = self._on_start, None
        if on_start:
            on_start()

    def on_end(self, event: Any) -> None:
        """Do nothing."""


@contextmanager
def on_compiling(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` when a kernel has to be compiled, at most once; not when the cache has it."""
    with event.install_listener("numba:compile", _FirstCompilation(callback)):
        yield

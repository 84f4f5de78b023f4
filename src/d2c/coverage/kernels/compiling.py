"""How the kernels are compiled, and how a caller learns that compilation has begun."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba import njit
from numba.core import event

from d2c.coverage.kernels.cache import keep_on_disk

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
    """Return the decorator that compiles a function with numba and caches it on disk."""

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        if not options.get("no_cpython_wrapper"):
            keep_on_disk(dispatcher, function)
        return dispatcher

    return decorate


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

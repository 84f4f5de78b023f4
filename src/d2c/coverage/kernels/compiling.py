"""When numba compiles the kernels: known as it begins, so that somebody who waits can be told why."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event


class _Once(event.Listener):
    """Calls a function at the first compilation; the kernels that a kernel calls are compiled in turn."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell: Callable[[], None] | None = tell

    def on_start(self, event: Any) -> None:
        """Tell, the first time."""
        tell, self._tell = self._tell, None
        if tell:
            tell()

    def on_end(self, event: Any) -> None:
        """Do nothing."""


@contextmanager
def on_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` when a kernel has to be compiled, at most once; not when numba's cache has it."""
    with event.install_listener("numba:compile", _Once(tell)):
        yield

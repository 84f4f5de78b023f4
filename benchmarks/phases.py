"""Wall time by phase, taken from outside: the functions of d2c that bound a phase are wrapped where they are called."""

import importlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

PHASES = {
    "read": ("d2c.coverage.run.read_inputs", "d2c.coverage.blocks.radio_of", "d2c.coverage.engine.tiled"),
    "propagate": ("d2c.coverage.engine.step_positions",),
    "kernel": ("d2c.coverage.window.near", "d2c.coverage.window.watch"),
    "write": ("d2c.cli.run.write_result",),
}

Look = Callable[..., None]


class Phases:
    """Seconds by phase; `load` is the time that compiled code takes from numba's cache into memory.

    look: called with the arguments of each `watch`, after it and beside the clock.
    """

    def __init__(self, *, look: Look | None = None) -> None:
        """Begin at nothing."""
        self.seconds: dict[str, float] = defaultdict(float)
        self._look = look

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Add the time of the block to a phase."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] += time.perf_counter() - began

    def wrap(self, *phases: str) -> None:
        """Wrap the functions of these phases in the modules that call them."""
        for phase in phases:
            for name in PHASES[phase]:
                module_name, _, function_name = name.rpartition(".")
                module = importlib.import_module(module_name)
                function = getattr(module, function_name)
                timed = self._compiled(function) if phase == "kernel" else self._timed(phase, function)
                setattr(module, function_name, timed)

    def _timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.during(phase):
                return function(*args, **kwargs)

        return timed

    def _compiled(self, function: Any) -> Callable[..., None]:
        def timed(*args: Any) -> None:
            with self.during("load"):  # at the first call; later ones find it in memory
                function.compile(tuple(function.typeof_pyval(value) for value in args))
            with self.during("kernel"):
                function(*args)
            if self._look and function.__name__ == "watch":
                self._look(*args)

        return timed

"""Time by phase, taken from outside: the functions of d2c that bound a phase are wrapped where they are called.

A new kernel joins `make bench` and the gate by a line in PHASES, and by a case of workloads.py that calls it.
"""

import importlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

PHASES = {
    "read": (
        "d2c.coverage.run.read_inputs",
        "d2c.coverage.blocks.kernel_link",
        "d2c.coverage.engine.engine.tile_cells",
    ),
    "propagate": ("d2c.coverage.engine.engine.step_positions",),
    "kernel": (
        "d2c.coverage.kernels.in_range.list_in_range",
        "d2c.coverage.engine.accumulator.fill_directions",
        "d2c.coverage.engine.accumulator.accumulate",
        "d2c.coverage.network.assignment.assign",
        "d2c.coverage.network.interference.accumulate_network",
    ),
    "write": ("d2c.cli.commands.run.write_result",),
}

Look = Callable[..., None]


class Phases:
    """Seconds by phase; `load` is the time that compiled code takes from numba's cache into memory.

    cpu_seconds: processor time on all cores; over the wall time it says how many cores a phase got.
    look: called with the arguments of each `accumulate`, after it and beside the clock.
    """

    def __init__(self, *, look: Look | None = None) -> None:
        """Begin at nothing."""
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu_seconds: dict[str, float] = defaultdict(float)
        self._look = look

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Add the time of the block to a phase."""
        began, cpu_began = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.seconds[phase] += time.perf_counter() - began
            self.cpu_seconds[phase] += time.process_time() - cpu_began

    def wrap(self, *phases: str) -> None:
        """Wrap the functions of these phases in the modules that call them."""
        for phase in phases:
            for name in PHASES[phase]:
                replace(name, self._compiled if phase == "kernel" else self._timed(phase))

    def _timed(self, phase: str) -> Callable[[Any], Callable[..., Any]]:
        def timed(function: Any) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                with self.during(phase):
                    return function(*args, **kwargs)

            return call

        return timed

    def _compiled(self, function: Any) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            with self.during("load"):  # at the first call; later ones find it in memory
                function.compile(tuple(function.typeof_pyval(value) for value in args))
            with self.during("kernel"):
                result = function(*args)
            if self._look and function.__name__ == "accumulate":
                self._look(*args)
            return result

        return call


def replace(name: str, wrap: Callable[[Any], Any]) -> None:
    """Put another function, made from the one that is there, under a dotted name."""
    module_name, _, function_name = name.rpartition(".")
    module = importlib.import_module(module_name)
    setattr(module, function_name, wrap(getattr(module, function_name)))

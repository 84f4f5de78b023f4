"""Timing by phase of a run, by wrapping the functions of d2c that bound each phase in the modules that call them.

To add a kernel to `make bench` and the gate, add a line to PHASES and a case that calls it to workloads.py.
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
    "propagate": ("d2c.orbit.positions.step_positions",),
    "kernel": (
        "d2c.coverage.kernels.in_range.list_in_range",
        "d2c.coverage.engine.accumulator.fill_directions",
        "d2c.coverage.engine.accumulator.accumulate",
        "d2c.coverage.engine.accumulator.accumulate_margins",
        "d2c.coverage.network.association.associate",
        "d2c.coverage.network.association.fill_beams",
        "d2c.coverage.network.window.accumulate_levels",
        "d2c.coverage.network.window.serve",
    ),
    "write": ("d2c.cli.commands.run.write_result",),
}

AccumulateCallback = Callable[..., None]


class Phases:
    """Seconds by phase; `load` is the time to load compiled code from numba's cache.

    cpu_seconds: processor time on all cores; divided by the wall time, the number of cores used.
    on_accumulate: called with the arguments of each `accumulate`, after it and untimed.
    """

    def __init__(self, *, on_accumulate: AccumulateCallback | None = None) -> None:
        """Start with all phases at zero."""
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu_seconds: dict[str, float] = defaultdict(float)
        self._on_accumulate = on_accumulate

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
            with self.during("load"):  # at the first call only
                function.compile(tuple(function.typeof_pyval(value) for value in args))
            with self.during("kernel"):
                result = function(*args)
            if self._on_accumulate and function.__name__ == "accumulate":
                self._on_accumulate(*args)
            return result

        return call


def replace(name: str, wrap: Callable[[Any], Any]) -> None:
    """Replace the function of a dotted name by its wrapped version."""
    module_name, _, function_name = name.rpartition(".")
    module = importlib.import_module(module_name)
    setattr(module, function_name, wrap(getattr(module, function_name)))

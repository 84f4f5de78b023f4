"""Timing by phase of a run, by wrapping the functions of d2c that bound each phase in the modules that call them.

To add a kernel to `make bench` and the gate, add a line to KERNELS and a case that calls it to workloads.py.
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
    "write": ("d2c.api.folder_runs.write_result",),
}
KERNELS = {
    "sky": (
        "d2c.coverage.kernels.in_range.list_in_range",
        "d2c.coverage.engine.accumulator.fill_directions",
        "d2c.coverage.engine.accumulator.accumulate",
    ),
    "association": (
        "d2c.coverage.network.association.associate",
        "d2c.coverage.network.association.fill_beams",
    ),
    "levels": ("d2c.coverage.network.window.accumulate_levels",),
    "services": (
        "d2c.coverage.network.window.serve",
        "d2c.coverage.engine.accumulator.accumulate_margins",
    ),
}

AccumulateCallback = Callable[..., None]


class Phases:
    """Seconds by phase; `load` is the time to load compiled code from numba's cache.

    A phase within another one counts for itself alone, so that phases can be added up. cpu_seconds: processor time on
    all cores; divided by the wall time, the number of cores used.
    on_accumulate: called with the arguments of each `accumulate`, after it and untimed.
    """

    def __init__(self, *, on_accumulate: AccumulateCallback | None = None) -> None:
        """Start with all phases at zero."""
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu_seconds: dict[str, float] = defaultdict(float)
        self._on_accumulate = on_accumulate
        self._phase, self._since = "", (0.0, 0.0)

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Add the time of the block to a phase."""
        outer = self._phase
        self._change(phase)
        try:
            yield
        finally:
            self._change(outer)

    def _change(self, phase: str) -> None:
        """End one phase, and begin the next; "" for none."""
        now = time.perf_counter(), time.process_time()
        if self._phase:
            self.seconds[self._phase] += now[0] - self._since[0]
            self.cpu_seconds[self._phase] += now[1] - self._since[1]
        self._phase, self._since = phase, now

    def wrap(self, *phases: str) -> None:
        """Wrap the functions of these phases in the modules that call them, and all kernels."""
        for phase in phases:
            for name in PHASES[phase]:
                replace(name, self._timed(phase))
        for phase, names in KERNELS.items():
            for name in names:
                replace(name, self._compiled(phase))

    def _timed(self, phase: str) -> Callable[[Any], Callable[..., Any]]:
        def timed(function: Any) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                with self.during(phase):
                    return function(*args, **kwargs)

            return call

        return timed

    def _compiled(self, phase: str) -> Callable[[Any], Callable[..., Any]]:
        def timed(function: Any) -> Callable[..., Any]:
            def call(*args: Any) -> Any:
                with self.during("load"):  # at the first call only
                    function.compile(tuple(function.typeof_pyval(value) for value in args))
                with self.during(phase):
                    result = function(*args)
                if self._on_accumulate and function.__name__ == "accumulate":
                    self._on_accumulate(*args)
                return result

            return call

        return timed


def replace(name: str, wrap: Callable[[Any], Any]) -> None:
    """Replace the function of a dotted name by its wrapped version."""
    module_name, _, function_name = name.rpartition(".")
    module = importlib.import_module(module_name)
    setattr(module, function_name, wrap(getattr(module, function_name)))

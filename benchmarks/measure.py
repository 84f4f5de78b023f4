"""One measurement in a separate process, printed as JSON; started by bench.py.

measure.py whole REPORT ARGUMENTS: `d2c run` with these arguments, its phases written to REPORT; measure.py kernel NAME
[count]: a workload's windows without files; measure.py peak: float32 operations per second; measure.py machine:
description of the machine.
"""

import json
import os
import platform
import sys
import time
from pathlib import Path

from phases import KERNELS, PHASES, Phases


def whole(report: str, *arguments: str) -> None:
    """Run `d2c run` as a user does, and write its phases, in seconds and in processor seconds, when it has ended."""
    phases = Phases()
    phases.wrap(*PHASES)
    from d2c.cli.main import main  # after the wrapping, since commands are imported lazily

    ready = {"ready": time.time(), "cpu_start": time.process_time()}
    sys.argv = ["d2c", "run", *arguments, "--fresh", "--quiet"]
    try:
        main()
    finally:
        found = ready | {"seconds": phases.seconds, "cpu_seconds": phases.cpu_seconds}
        Path(report).write_text(json.dumps(found))


def kernel(name: str, *options: str) -> None:
    """Run all windows of a workload on cells of equal area; with `count`, count the evaluated pairs too."""
    from kernel_case import Work, on_equal_areas
    from workloads import ALL

    from d2c.coverage.run import run_coverage

    work = Work()
    phases = Phases(on_accumulate=work.add if "count" in options else None)
    phases.wrap("propagate")
    with on_equal_areas(ALL[name]) as scenario:
        run_coverage(scenario)
    seconds, cpu_seconds = (
        sum(found[phase] for phase in KERNELS) for found in (phases.seconds, phases.cpu_seconds)
    )
    propagate = phases.seconds["propagate"]
    _print({"kernel": seconds, "kernel_cpu": cpu_seconds, "propagate": propagate, **vars(work)})


def peak() -> None:
    """Print the highest rate of float32 operations per second in five tries."""
    import numpy as np
    from numba import get_num_threads
    from reference import FLOP_PER_ROUND, multiply_add

    blocks, rounds = 8 * get_num_threads(), 400_000  # 0.2 s: a shorter loop may run on one core only
    factor, term = np.float32(0.5), np.float32(0.1)
    multiply_add(blocks, 1, factor, term)
    times_s = []
    for _ in range(5):
        began = time.perf_counter()
        multiply_add(blocks, rounds, factor, term)
        times_s.append(time.perf_counter() - began)
    _print({"flop_per_s": blocks * rounds * FLOP_PER_ROUND / min(times_s)})


def machine() -> None:
    """Print the description of the machine: processor, cores, load, versions."""
    from importlib.metadata import version

    import llvmlite.binding

    packages = ("d2c", "numba", "llvmlite", "numpy", "skyfield", "sgp4")
    _print(
        {
            "processor": llvmlite.binding.get_host_cpu_name(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "load": os.getloadavg()[0],
            "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        }
    )


def _print(report: dict[str, object]) -> None:
    print(json.dumps(report))


if __name__ == "__main__":
    {"whole": whole, "kernel": kernel, "peak": peak, "machine": machine}[sys.argv[1]](*sys.argv[2:])

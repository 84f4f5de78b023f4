"""One measurement in a process of its own, printed as JSON (bench.py starts these).

measure.py whole SCENARIO FOLDER REPORT: `d2c run`, its phases written to REPORT; measure.py kernel NAME [count]: a
workload's windows without files; measure.py peak: float32 operations per second; measure.py machine: what this is.
"""

import json
import os
import platform
import sys
import time
from pathlib import Path

from phases import Phases


def whole(scenario: str, folder: str, report: str) -> None:
    """Run `d2c run` as its user does, and write the phases once it has ended."""
    phases = Phases()
    phases.wrap("read", "propagate", "kernel", "write")
    from d2c.cli.main import main  # after the wrapping, as the command itself imports late

    ready = time.time()
    sys.argv = ["d2c", "run", scenario, "-o", folder, "--fresh", "--quiet"]
    try:
        main()
    finally:
        Path(report).write_text(json.dumps({"ready": ready, **phases.seconds}))


def kernel(name: str, *options: str) -> None:
    """Run a workload's windows one after the other, on cells of equal area; with `count`, count the work too."""
    from kernel_case import Work, on_equal_areas
    from workloads import ALL

    from d2c.coverage.run import run_coverage

    work = Work()
    phases = Phases(look=work.add if "count" in options else None)
    phases.wrap("propagate", "kernel")
    with on_equal_areas(ALL[name]) as scenario:
        run_coverage(scenario)
    _print({**phases.seconds, "kernel_cpu": phases.cpu_seconds["kernel"], **vars(work)})


def peak() -> None:
    """Print the most float32 operations a second that this machine did in one of five tries."""
    import numpy as np
    from numba import get_num_threads
    from reference import FLOP_PER_ROUND, multiply_add

    blocks, rounds = 8 * get_num_threads(), 400_000  # a fifth of a second: shorter ones may get one core only
    factor, term = np.float32(0.5), np.float32(0.1)
    multiply_add(blocks, 1, factor, term)
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        multiply_add(blocks, rounds, factor, term)
        taken.append(time.perf_counter() - began)
    _print({"flop_per_s": blocks * rounds * FLOP_PER_ROUND / min(taken)})


def machine() -> None:
    """Print what measures here: processor, cores, load, versions."""
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

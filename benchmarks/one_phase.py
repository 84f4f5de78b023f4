"""Time the kernels of one phase of a network of beams, without the rest of the run: `one_phase.py levels italy-loaded`.

The kernels' calls in the first minutes of the run are kept with their arguments, and then repeated.
"""

import argparse
import pickle
import time
from collections.abc import Callable
from typing import Any

from phases import KERNELS, replace
from workloads import NETWORKS, NetworkJob

from d2c.coverage.run import run_coverage
from d2c.scenario.load import read_scenario

Call = tuple[Any, bytes]


def main() -> None:
    """Print the processor seconds of every repetition, and the least."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("phase", choices=KERNELS)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--hours", type=float, default=0.25, help="of the run [0.25]")
    parser.add_argument("--repeats", type=int, default=5, help="[5]")
    options = parser.parse_args()
    calls = recorded(options.phase, NETWORKS[options.network], hours=options.hours)
    cpu_s = [_repeated(calls) for _ in range(options.repeats)]
    print(f"{options.phase} of {options.hours:g} h of {options.network}, {len(calls)} calls, CPU s:")
    print(f"{', '.join(f'{seconds:.3f}' for seconds in cpu_s)}; least {min(cpu_s):.3f}")


def recorded(phase: str, job: NetworkJob, *, hours: float) -> list[Call]:
    """Return the calls of the kernels of a phase, with their arguments before the call."""
    calls: list[Call] = []

    def kept(kernel: Any) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls.append((kernel, pickle.dumps(arguments)))
            return kernel(*arguments)

        return call

    for name in KERNELS[phase]:
        replace(name, kept)
    run_coverage(read_scenario(job.scenario, overrides=(*job.overrides, f"time.duration_h={hours}")))
    return calls


def _repeated(calls: list[Call]) -> float:
    """Return the processor seconds of all calls, each with arguments as they were."""
    cpu_s = 0.0
    for kernel, stored in calls:
        arguments = pickle.loads(stored)  # written above
        began = time.process_time()
        kernel(*arguments)
        cpu_s += time.process_time() - began
    return cpu_s


if __name__ == "__main__":
    main()

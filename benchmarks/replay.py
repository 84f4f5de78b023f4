"""Do recorded calls of the kernels again, so many times each: `replay.py count FILE=TIMES ...`.

`replay.py ratio FILE ...` instead prints the processor time of each file's calls over that of the reference loop.
"""

import importlib
import json
import pickle
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

SAMPLES = 7
LEAST_S = 0.03  # of one sample

Work = Callable[[], None]


def count(*arguments: str) -> None:
    """Do the calls and nothing else; what they cost is for callgrind to say."""
    for argument in arguments:
        file, _, times = argument.rpartition("=")
        work = _recorded(file)
        for _ in range(int(times)):
            work()


def ratio(*files: str) -> None:
    """Print the ratios of processor times as JSON, by file: medians of interleaved samples."""
    loop = _reference_loop()
    loops = _times_for(loop)
    found = {}
    for file in files:
        work = _recorded(file)
        times = _times_for(work)
        samples = [_processor_s(work, times) / _processor_s(loop, loops) for _ in range(SAMPLES)]
        found[Path(file).stem] = statistics.median(samples)
    print(json.dumps(found))


def _recorded(file: str) -> Work:
    calls = []
    for call in pickle.loads(Path(file).read_bytes()):  # written by record.py a moment ago
        module, name, arguments = pickle.loads(call)
        calls.append((getattr(importlib.import_module(module), name), arguments))

    def work() -> None:
        for kernel, arguments in calls:
            kernel(*arguments)

    return work


def _reference_loop() -> Work:
    import numpy as np
    from reference import reference

    random = np.random.default_rng(1)
    buffer = np.zeros(16 + 7 * 256, np.float32)
    start = -buffer.ctypes.data % 64 // 4  # off a cache line's start it would take 5 % longer
    cells, best = np.split(buffer[start : start + 7 * 256].reshape(7, 256), [6])
    cells[:] = random.normal(size=cells.shape)
    satellites = random.normal(size=(10_000, 3)).astype(np.float32)
    return lambda: reference(cells, satellites, best[0])


def _times_for(work: Work) -> int:
    """Return how often to do the work so that it takes the least time of a sample."""
    work()  # compiles, or loads what was compiled
    return 1 + int(LEAST_S / _processor_s(work, 3))


def _processor_s(work: Work, times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


if __name__ == "__main__":
    {"count": count, "ratio": ratio}[sys.argv[1]](*sys.argv[2:])

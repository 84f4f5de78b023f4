"""Replay recorded kernel calls, each file a number of times: `replay.py count FILE=TIMES ...`.

`replay.py ratio FILE ...` instead prints the processor time of each file's calls relative to the reference loop.
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
MIN_SAMPLE_S = 0.03

Work = Callable[[], None]


def count(*arguments: str) -> None:
    """Execute the calls and nothing else, under callgrind."""
    for argument in arguments:
        file, _, times = argument.rpartition("=")
        work = _recorded(file)
        for _ in range(int(times)):
            work()


def ratio(*files: str) -> None:
    """Print the ratios of processor times by file as JSON: medians of interleaved samples."""
    loop = _reference_loop()
    loops = _times_for(loop)
    ratios = {}
    for file in files:
        work = _recorded(file)
        times = _times_for(work)
        samples = [_processor_s(work, times) / _processor_s(loop, loops) for _ in range(SAMPLES)]
        ratios[Path(file).stem] = statistics.median(samples)
    print(json.dumps(ratios))


def _recorded(file: str) -> Work:
    calls = []
    for call in pickle.loads(Path(file).read_bytes()):  # written by record.py in the same run
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
    start = -buffer.ctypes.data % 64 // 4  # aligned to a cache line: unaligned takes 5 % longer
    cells, best = np.split(buffer[start : start + 7 * 256].reshape(7, 256), [6])
    cells[:] = random.normal(size=cells.shape)
    satellites = random.normal(size=(10_000, 3)).astype(np.float32)
    return lambda: reference(cells, satellites, best[0])


def _times_for(work: Work) -> int:
    """Return how often to repeat the work to fill the minimum time of a sample."""
    work()  # compiles, or loads compiled code
    return 1 + int(MIN_SAMPLE_S / _processor_s(work, 3))


def _processor_s(work: Work, times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


if __name__ == "__main__":
    {"count": count, "ratio": ratio}[sys.argv[1]](*sys.argv[2:])

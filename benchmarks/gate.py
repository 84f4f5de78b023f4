"""`make bench-gate`: fail if the kernels have become slower than baseline.json says; `--renew` writes that file.

Two witnesses. callgrind counts the instructions of the kernels compiled for a generic processor: however busy the
machine is, they differ by no more than two compilations do, but it sees neither caches nor wide SIMD. So the
processor time of the kernels on this machine, as a ratio to a loop that never changes, is the second;
it gets one retry.

Exit code 1: slower. Exit code 2: the baseline is of another compiler and processor or of other cases, and nothing
can be said before it is renewed.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn, TypedDict

import llvmlite.binding
from workloads import CASES

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
# Of the baseline's, which is the most that some compilations gave. One compilation repeats to 1e-4, but from one to the
# next numba makes more or fewer instructions of the same source, by 7 % in most cases and more in the smallest.
MOST_INSTRUCTIONS = 1.10
COMPILATIONS = 4
MOST_TIME = 1.2  # of the baseline's ratio; a busy machine moved it by 5 %

# One thread that does not wait for work by spinning, and no room for chance: the count repeats.
ALONE = {
    "NUMBA_NUM_THREADS": "1",
    "NUMBA_THREADING_LAYER": "workqueue",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
GENERIC = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


class Baseline(TypedDict):
    """What the kernels cost: by case, the instructions of one compiler and the ratios on one processor."""

    compiler: str
    processor: str
    instructions: dict[str, int]
    ratios: dict[str, float]


def main() -> None:
    """Measure; renew the baseline or judge by it, with the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--renew", action="store_true", help="write the baseline instead of judging by it")
    renew = options.parse_args().renew
    if not shutil.which("valgrind"):
        raise SystemExit("gate: valgrind counts the instructions, and is not here; apt-get install valgrind")
    baseline = None if renew else _read_baseline()
    with tempfile.TemporaryDirectory() as folder:
        _python("record.py", folder)
        files = [f"{folder}/{case.name}.pickle" for case in CASES]
        if baseline:
            slower = _judge(baseline, files)
        else:
            _write_baseline(_most_instructions(files), _ratios(files))
            return
    for line in slower:
        print(f"gate: FAILED: {line}")
    if slower:
        raise SystemExit(1)
    print("gate: passed")


def _judge(baseline: Baseline, files: list[str]) -> list[str]:
    """Return what is slower, by either witness that the baseline allows to speak."""
    slower = []
    if baseline["compiler"] == _compiler():
        print(f"gate: instructions, against those of {_compiler()}:")
        more = _slower_by_instructions(_instructions(files), baseline["instructions"])
        if more:
            print("gate: once more, compiled anew:")
            more = _slower_by_instructions(_compiled_anew(files), baseline["instructions"])
        slower += more
    else:
        _skip("instructions", baseline["compiler"], _compiler())
    if baseline["processor"] == _processor():
        print(f"gate: processor time in that of the reference loop, against a {_processor()}:")
        slower += _slower_by_time(lambda: _ratios(files), baseline["ratios"])
    else:
        _skip("processor time", baseline["processor"], _processor())
    return slower


def _slower_by_instructions(found: dict[str, int], baseline: dict[str, int]) -> list[str]:
    slower = []
    changes = {case: count / baseline[case] for case, count in found.items()}
    for case, change in changes.items():
        print(f"gate:   {case}: {found[case]:,} and {baseline[case]:,}, {change - 1:+.3%}")
        if change > MOST_INSTRUCTIONS:
            slower.append(f"{case}: {change - 1:+.1%} instructions, allowed are {MOST_INSTRUCTIONS - 1:+.0%}")
    if min(changes.values()) * MOST_INSTRUCTIONS < 1:
        print("gate:   fewer than the baseline has; `make bench-baseline` keeps it so")
    return slower


def _slower_by_time(measure: Callable[[], dict[str, float]], baseline: dict[str, float]) -> list[str]:
    """Return what is slower twice."""
    slower: list[str] = []
    for _ in ("first try", "retry"):
        slower = []
        for case, ratio in measure().items():
            change = ratio / baseline[case]
            print(f"gate:   {case}: {ratio:.2f} and {baseline[case]:.2f}, {change - 1:+.0%}")
            if change > MOST_TIME:
                slower.append(f"{case}: {change - 1:+.0%} processor time, allowed are {MOST_TIME - 1:+.0%}")
        if not slower:
            break
    return slower


def _skip(what: str, theirs: str, ours: str) -> None:
    print(
        f"gate: {what} not judged: the baseline is of {theirs}, this is {ours}; `make bench-baseline` renews it"
    )


def _read_baseline() -> Baseline:
    """Return the baseline; end with exit code 2 if nothing can be judged by it."""
    if not BASELINE.is_file():
        _end_unjudged(f"there is no {BASELINE.name}")
    baseline: Baseline = json.loads(BASELINE.read_text())
    names = {case.name for case in CASES}
    for found in (baseline["instructions"], baseline["ratios"]):
        if found.keys() != names:
            _end_unjudged(f"its cases are {', '.join(found)}; now they are {', '.join(names)}")
    if baseline["compiler"] != _compiler() and baseline["processor"] != _processor():
        _end_unjudged(
            f"it is of {baseline['compiler']} on {baseline['processor']}; this is {_compiler()} on {_processor()}"
        )
    return baseline


def _end_unjudged(reason: str) -> NoReturn:
    print(f"gate: nothing judged, renew the baseline with `make bench-baseline`: {reason}", file=sys.stderr)
    raise SystemExit(2)


def _most_instructions(files: list[str]) -> dict[str, int]:
    """Return the most that each case costs in some compilations."""
    found = []
    for _ in range(COMPILATIONS):
        found.append(_compiled_anew(files))
        print(f"gate: instructions of one compilation: {json.dumps(found[-1])}", flush=True)
    return {case: max(counts[case] for counts in found) for case in found[0]}


def _compiled_anew(files: list[str]) -> dict[str, int]:
    """Return what each case costs in a compilation of its own."""
    with tempfile.TemporaryDirectory() as cache:
        return _instructions(files, {"NUMBA_CACHE_DIR": cache})


def _instructions(files: list[str], cache: dict[str, str] | None = None) -> dict[str, int]:
    """Return what each case costs: all cases once and this one twice, less all once."""
    once = dict.fromkeys(files, 1)
    more = ALONE | GENERIC | (cache or {})
    _python("replay.py", "count", *_times(once), more=more)  # compiles
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        asked = [once, *(once | {file: 2} for file in files)]
        base, *counts = pool.map(lambda times: _counted(times, more), asked)
    return {Path(file).stem: count - base for file, count in zip(files, counts, strict=True)}


def _counted(times: dict[str, int], more: dict[str, str]) -> int:
    with tempfile.NamedTemporaryFile() as out:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
        _python("replay.py", "count", *_times(times), under=tool, more=more)
        lines = out.read().decode().splitlines()
    return int(next(line for line in lines if line.startswith("totals:")).split()[1])


def _times(times: dict[str, int]) -> list[str]:
    return [f"{file}={number}" for file, number in times.items()]


def _ratios(files: list[str]) -> dict[str, float]:
    """Return the medians of three processes: where one's arrays happen to lie in memory moves its times by 3 %."""
    found = [json.loads(_python("replay.py", "ratio", *files, more=ALONE)) for _ in range(3)]
    return {case: statistics.median(ratios[case] for ratios in found) for case in found[0]}


def _write_baseline(instructions: dict[str, int], ratios: dict[str, float]) -> None:
    baseline = Baseline(
        compiler=_compiler(),
        processor=_processor(),
        instructions=instructions,
        ratios={case: round(ratio, 3) for case, ratio in ratios.items()},
    )
    BASELINE.write_text(json.dumps(baseline, indent=1) + "\n")
    print(f"gate: wrote {BASELINE.name}: {json.dumps(baseline)}")


def _compiler() -> str:
    return f"numba {version('numba')}, llvmlite {version('llvmlite')}, {platform.machine()}"


def _processor() -> str:
    name: str = llvmlite.binding.get_host_cpu_name()
    return name


def _python(*arguments: str, under: list[str] | None = None, more: dict[str, str] | None = None) -> str:
    command = [*(under or []), sys.executable, *arguments]
    child = subprocess.run(command, cwd=HERE, env=os.environ | (more or {}), capture_output=True, text=True)
    if child.returncode:
        raise SystemExit(
            f"gate: {' '.join(command)} ended with exit code {child.returncode}:\n{child.stderr}"
        )
    return child.stdout


if __name__ == "__main__":
    main()

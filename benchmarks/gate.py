"""`make bench-gate`: performance regression test of the kernels against baseline.json; `--renew` writes that file.

Two measures. The first is the instruction count of the kernels by callgrind, compiled for a generic processor: it does
not depend on the machine's load, only on the compilation, but covers neither caches nor wide SIMD. The second is the
processor time of the kernels on this machine as a ratio to a fixed reference loop, with one retry.

Exit code 1: slower. Exit code 2: the baseline is of another compiler and processor or of other cases, and must be
renewed first.
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
# Relative to the baseline, which is the maximum over some compilations. The count of one compilation repeats to 1e-4,
# but between compilations numba's code for the same source differs by 7 % in most cases, more in the smallest.
MOST_INSTRUCTIONS = 1.10
COMPILATIONS = 4
MOST_TIME = 1.2  # relative to the baseline's ratio; load on the machine changed it by 5 %

# One thread without busy waiting and with fixed hashing: the count repeats.
ALONE = {
    "NUMBA_NUM_THREADS": "1",
    "NUMBA_THREADING_LAYER": "workqueue",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
GENERIC = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


class Baseline(TypedDict):
    """Cost of the kernels by case: instructions with one compiler, ratios of processor time on one processor."""

    compiler: str
    processor: str
    instructions: dict[str, int]
    ratios: dict[str, float]


def main() -> None:
    """Measure the kernels and compare them with the baseline, or renew it; set the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--renew", action="store_true", help="write the baseline instead of comparing with it"
    )
    renew = parser.parse_args().renew
    if not shutil.which("valgrind"):
        raise SystemExit(
            "gate: valgrind, which counts the instructions, is not installed; apt-get install valgrind"
        )
    baseline = None if renew else _read_baseline()
    with tempfile.TemporaryDirectory() as folder:
        _python("record.py", folder)
        files = [f"{folder}/{case.name}.pickle" for case in CASES]
        if baseline:
            failures = _judge(baseline, files)
        else:
            _write_baseline(_most_instructions(files), _ratios(files))
            return
    for line in failures:
        print(f"gate: FAILED: {line}")
    if failures:
        raise SystemExit(1)
    print("gate: passed")


def _judge(baseline: Baseline, files: list[str]) -> list[str]:
    """Return the cases that are slower, by each measure for which the baseline is comparable."""
    failures = []
    if baseline["compiler"] == _compiler():
        print(f"gate: instructions, current and baseline, {_compiler()}:")
        slower = _slower_by_instructions(_instructions(files), baseline["instructions"])
        if slower:
            print("gate: retry with a new compilation:")
            slower = _slower_by_instructions(_compiled_anew(files), baseline["instructions"])
        failures += slower
    else:
        _skip("instructions", baseline["compiler"], _compiler())
    if baseline["processor"] == _processor():
        print(f"gate: processor time relative to the reference loop, current and baseline, {_processor()}:")
        failures += _slower_by_time(lambda: _ratios(files), baseline["ratios"])
    else:
        _skip("processor time", baseline["processor"], _processor())
    return failures


def _slower_by_instructions(counts: dict[str, int], baseline: dict[str, int]) -> list[str]:
    failures = []
    changes = {case: count / baseline[case] for case, count in counts.items()}
    for case, change in changes.items():
        print(f"gate:   {case}: {counts[case]:,} and {baseline[case]:,}, {change - 1:+.3%}")
        if change > MOST_INSTRUCTIONS:
            failures.append(
                f"{case}: {change - 1:+.1%} instructions, allowed are {MOST_INSTRUCTIONS - 1:+.0%}"
            )
    if min(changes.values()) * MOST_INSTRUCTIONS < 1:
        print("gate:   fewer than in the baseline; `make bench-baseline` stores the new counts")
    return failures


def _slower_by_time(measure: Callable[[], dict[str, float]], baseline: dict[str, float]) -> list[str]:
    """Return the cases that are slower in both tries."""
    failures: list[str] = []
    for _ in ("first try", "retry"):
        failures = []
        for case, ratio in measure().items():
            change = ratio / baseline[case]
            print(f"gate:   {case}: {ratio:.2f} and {baseline[case]:.2f}, {change - 1:+.0%}")
            if change > MOST_TIME:
                failures.append(f"{case}: {change - 1:+.0%} processor time, allowed are {MOST_TIME - 1:+.0%}")
        if not failures:
            break
    return failures


def _skip(measure: str, baseline: str, current: str) -> None:
    print(
        f"gate: {measure} not compared: the baseline is of {baseline}, this is {current}; "
        "`make bench-baseline` renews it"
    )


def _read_baseline() -> Baseline:
    """Return the baseline; end with exit code 2 if it is not comparable."""
    if not BASELINE.is_file():
        _end_not_comparable(f"there is no {BASELINE.name}")
    baseline: Baseline = json.loads(BASELINE.read_text())
    names = {case.name for case in CASES}
    for figures in (baseline["instructions"], baseline["ratios"]):
        if figures.keys() != names:
            _end_not_comparable(f"its cases are {', '.join(figures)}; now they are {', '.join(names)}")
    if baseline["compiler"] != _compiler() and baseline["processor"] != _processor():
        _end_not_comparable(
            f"it is of {baseline['compiler']} on {baseline['processor']}; this is {_compiler()} on {_processor()}"
        )
    return baseline


def _end_not_comparable(reason: str) -> NoReturn:
    print(f"gate: not comparable, renew the baseline with `make bench-baseline`: {reason}", file=sys.stderr)
    raise SystemExit(2)


def _most_instructions(files: list[str]) -> dict[str, int]:
    """Return the maximum instruction count of each case over several compilations."""
    compilations = []
    for _ in range(COMPILATIONS):
        compilations.append(_compiled_anew(files))
        print(f"gate: instructions of one compilation: {json.dumps(compilations[-1])}", flush=True)
    return {case: max(counts[case] for counts in compilations) for case in compilations[0]}


def _compiled_anew(files: list[str]) -> dict[str, int]:
    """Return the instruction count of each case with a new compilation."""
    with tempfile.TemporaryDirectory() as cache:
        return _instructions(files, {"NUMBA_CACHE_DIR": cache})


def _instructions(files: list[str], cache: dict[str, str] | None = None) -> dict[str, int]:
    """Return the instruction count of each case: all cases once and this one twice, minus all cases once."""
    once = dict.fromkeys(files, 1)
    extra_environment = ALONE | GENERIC | (cache or {})
    _python("replay.py", "count", *_times(once), extra_environment=extra_environment)  # compiles
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [once, *(once | {file: 2} for file in files)]
        baseline_count, *counts = pool.map(lambda times: _counted(times, extra_environment), runs)
    return {Path(file).stem: count - baseline_count for file, count in zip(files, counts, strict=True)}


def _counted(times: dict[str, int], extra_environment: dict[str, str]) -> int:
    with tempfile.NamedTemporaryFile() as out:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
        _python("replay.py", "count", *_times(times), under=tool, extra_environment=extra_environment)
        lines = out.read().decode().splitlines()
    return int(next(line for line in lines if line.startswith("totals:")).split()[1])


def _times(times: dict[str, int]) -> list[str]:
    return [f"{file}={number}" for file, number in times.items()]


def _ratios(files: list[str]) -> dict[str, float]:
    """Return the medians over three processes: the placement of arrays in memory changes times by 3 %."""
    processes = [json.loads(_python("replay.py", "ratio", *files, extra_environment=ALONE)) for _ in range(3)]
    return {case: statistics.median(ratios[case] for ratios in processes) for case in processes[0]}


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


def _python(
    *arguments: str, under: list[str] | None = None, extra_environment: dict[str, str] | None = None
) -> str:
    command = [*(under or []), sys.executable, *arguments]
    child = subprocess.run(
        command, cwd=HERE, env=os.environ | (extra_environment or {}), capture_output=True, text=True
    )
    if child.returncode:
        raise SystemExit(
            f"gate: {' '.join(command)} ended with exit code {child.returncode}:\n{child.stderr}"
        )
    return child.stdout


if __name__ == "__main__":
    main()

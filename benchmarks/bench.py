"""`make bench`: time every workload, and write results/latest.json and the tables of docs/performance.md.

All measurements are repeated in rounds, each in a separate process; results are medians over the rounds, so that a slow
minute affects one sample of each measurement, not all samples of one. The networks of beams, which take minutes, are
measured once, after the rounds. `bench.py small mid italy-loaded` measures only the workloads and networks with these
name prefixes, and prints the tables instead of writing them; `--set time.duration_h=1` shortens the networks.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from phases import KERNELS, PHASES
from report import PAGE, tables, write_between
from workloads import ALL, NETWORKS, SMALL, TINY, VARIANTS, NetworkJob, Workload, to_toml

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "latest.json"

Sample = dict[str, float]


def main() -> None:
    """Measure as many rounds as the time allows, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("workloads", nargs="*", help="name prefixes [all]")
    parser.add_argument("--rounds", type=int, default=5, help="maximum number of rounds [5]")
    parser.add_argument(
        "--minutes", type=float, default=15.0, help="start no round that would end after this time [15]"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change the networks' scenarios"
    )
    options = parser.parse_args()
    chosen = [
        name
        for name in (*ALL, *NETWORKS)
        if not options.workloads or name.startswith(tuple(options.workloads))
    ]
    names, jobs = ([name for name in chosen if name in known] for known in (ALL, NETWORKS))
    rounds = options.rounds if names else 0
    results = run_rounds(names, rounds=rounds, seconds=60 * options.minutes)
    results["networks"] = {name: run_network(NETWORKS[name], options.set) for name in jobs}
    text = tables(results)
    if len(chosen) == len(ALL) + len(NETWORKS) and not options.set:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        write_between(PAGE, "make bench", text)
    print(text)


def run_rounds(names: list[str], *, rounds: int, seconds: float) -> dict[str, object]:
    """Return the medians of every measurement of these workloads and of the commands, and the machine's description."""
    started = time.monotonic()
    machine = _measure("machine")
    samples: dict[str, list[Sample]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if rounds:
            _whole_process(SMALL, folder)  # fills numba's cache, as the figures assume
        sizes: dict[str, Sample] = {}
        done, longest = 0, 0.0
        while done < rounds and (not done or time.monotonic() - started + longest < seconds):
            round_began = time.monotonic()
            for measurement, sample in _round(names, folder, sizes):
                samples[measurement].append(sample)
                _log(
                    f"round {done + 1}: {measurement}: "
                    + ", ".join(f"{k} {v:.3g}" for k, v in sample.items())
                )
            longest = max(longest, time.monotonic() - round_began)
            done += 1
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "rounds": done,
        "flop_per_s": max((sample["flop_per_s"] for sample in samples.pop("peak", [])), default=0.0),
        "sizes": sizes,
        "medians": {name: _median(samples_of_name) for name, samples_of_name in samples.items()},
        "samples": samples,
    }


def run_network(job: NetworkJob, overrides: Sequence[str] = ()) -> Sample:
    """Return the processor seconds of a network of beams by phase, its total time and its peak memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _phases_of_run(job.arguments("time.duration_h=0.1"), folder)  # fills numba's cache
        sample, phases = _phases_of_run(job.arguments(*overrides), folder)
    found = {"start": phases["cpu_start"], **dict.fromkeys((*PHASES, *KERNELS), 0.0), **phases["cpu_seconds"]}
    sample = {**sample, **found, "rest": sample["cpu"] - sum(found.values())}
    _log(f"network {job.name}: " + ", ".join(f"{k} {v:.3g}" for k, v in sample.items()))
    return sample


def _round(names: list[str], folder: Path, sizes: dict[str, Sample]) -> Iterator[tuple[str, Sample]]:
    """Yield every measurement once; on the first call, fill in the sizes of the workloads too."""
    yield "peak", _measure("peak")
    yield from _commands(folder)
    for name in names:
        workload = ALL[name]
        first = name not in sizes
        if workload not in VARIANTS:
            yield f"whole {name}", _whole_process(workload, folder)
        sample = _measure("kernel", name, *(("count",) if first else ()))
        work = {part: sample.pop(part) for part in ("pairs", "tried", "looked")}
        yield f"kernel {name}", sample
        if first:
            boxes = json.loads((folder / "out" / "summary.json").read_text())["region"]["cells"]
            sizes[name] = {"cells": workload.cells or boxes, "boxes": boxes, **work}


def _commands(folder: Path) -> Iterator[tuple[str, Sample]]:
    """Yield the times of the most used commands."""
    tiny, out = folder / "tiny.toml", str(folder / "out")
    tiny.write_text(to_toml(TINY))
    command = str(Path(sys.executable).with_name("d2c"))
    with tempfile.TemporaryDirectory() as empty:
        compiling = {"NUMBA_CACHE_DIR": empty}
        for name, arguments, extra_environment in (
            ("d2c --help", ["--help"], {}),
            ("d2c run tiny", ["run", str(tiny), "-o", out, "--fresh"], {}),
            ("d2c run tiny, first after installing", ["run", str(tiny), "-o", out, "--fresh"], compiling),
            ("d2c run italy", ["run", "italy", "-o", out, "--fresh"], {}),
            ("d2c run mediterranean", ["run", "mediterranean", "-o", out, "--fresh"], {}),
        ):
            yield f"command {name}", _timed_process([command, *arguments], extra_environment)


def _whole_process(workload: Workload, folder: Path) -> Sample:
    """Return the phases of `d2c run`, the process's total time, and its peak memory."""
    scenario = folder / "scenario.toml"
    scenario.write_text(to_toml(workload))
    started = time.time()
    sample, phases = _phases_of_run([str(scenario)], folder)
    seconds = phases["seconds"]
    kernel = sum(seconds.pop(phase, 0.0) for phase in KERNELS)
    found = {"start": phases["ready"] - started, "kernel": kernel, **seconds}
    return {**sample, **found, "rest": sample["total"] - sum(found.values())}


def _phases_of_run(arguments: list[str], folder: Path) -> tuple[Sample, dict[str, Any]]:
    """Run `d2c run` with these arguments; return what the process took, and what measure.py tells of its phases."""
    report = folder / "phases.json"
    command = [sys.executable, "measure.py", "whole", str(report), *arguments, "-o", str(folder / "out")]
    sample = _timed_process(command)
    return sample, json.loads(report.read_text())


def _timed_process(command: list[str], extra_environment: dict[str, str] | None = None) -> Sample:
    """Run a process; return its total time, its processor time on all cores and its peak memory."""
    started = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=HERE,
        env=os.environ | (extra_environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None  # stderr is a pipe
    with child.stderr as pipe:
        stderr_text = pipe.read()
    _, status, used = os.wait4(child.pid, 0)
    total = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(
            f"bench: {' '.join(command)} ended with exit code {child.returncode}:\n{stderr_text}"
        )
    return {"total": total, "cpu": used.ru_utime + used.ru_stime, "memory_gb": used.ru_maxrss * 1024 / 1e9}


def _measure(*arguments: str) -> dict[str, float]:
    child = subprocess.run(
        [sys.executable, "measure.py", *arguments], cwd=HERE, check=True, stdout=subprocess.PIPE, text=True
    )
    report: dict[str, float] = json.loads(child.stdout)
    return report


def _median(samples_of_name: list[Sample]) -> Sample:
    return {key: statistics.median(sample[key] for sample in samples_of_name) for key in samples_of_name[0]}


def _log(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

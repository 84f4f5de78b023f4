"""`make bench`: time every workload, and write results/latest.json and the tables of docs/performance.md.

Rounds of all measurements, one after the other, each in a process of its own; medians over the rounds. So a slow
minute of the machine spoils one sample of each, not all samples of one. `bench.py small mid` measures only the
workloads whose names begin so, and prints the tables instead of writing them.
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
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from report import PAGE, tables, write_between
from workloads import ALL, ASKED, SMALL, TINY, Workload, to_toml

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "latest.json"

Sample = dict[str, float]


def main() -> None:
    """Measure for as many rounds as the time allows, and write what was found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("workloads", nargs="*", help="how their names begin [all]")
    options.add_argument("--rounds", type=int, default=5, help="at most so many [5]")
    options.add_argument(
        "--minutes", type=float, default=15.0, help="no round begins that would end later [15]"
    )
    chosen = options.parse_args()
    names = [name for name in ALL if not chosen.workloads or name.startswith(tuple(chosen.workloads))]
    results = measured(names, rounds=chosen.rounds, seconds=60 * chosen.minutes)
    text = tables(results)
    if len(names) == len(ALL):
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        write_between(PAGE, "make bench", text)
    print(text)


def measured(names: list[str], *, rounds: int, seconds: float) -> dict[str, object]:
    """Return the medians of every measurement of these workloads and of the commands, and what measured them."""
    began = time.monotonic()
    machine = _measure("machine")
    samples: dict[str, list[Sample]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _whole(SMALL, folder)  # fills numba's cache, which the figures suppose
        sizes: dict[str, Sample] = {}
        done, longest = 0, 0.0
        while done < rounds and (not done or time.monotonic() - began + longest < seconds):
            round_began = time.monotonic()
            for what, sample in _round(names, folder, sizes):
                samples[what].append(sample)
                _say(f"round {done + 1}: {what}: " + ", ".join(f"{k} {v:.3g}" for k, v in sample.items()))
            longest = max(longest, time.monotonic() - round_began)
            done += 1
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "rounds": done,
        "flop_per_s": max(sample["flop_per_s"] for sample in samples.pop("peak")),
        "sizes": sizes,
        "medians": {name: _median(taken) for name, taken in samples.items()},
        "samples": samples,
    }


def _round(names: list[str], folder: Path, sizes: dict[str, Sample]) -> Iterator[tuple[str, Sample]]:
    """Yield every measurement once; the first time, the sizes of the workloads are filled in as well."""
    yield "peak", _measure("peak")
    yield from _commands(folder)
    for name in names:
        workload = ALL[name]
        first = name not in sizes
        if workload not in ASKED:
            yield f"whole {name}", _whole(workload, folder)
        sample = _measure("kernel", name, *(("count",) if first else ()))
        work = {part: sample.pop(part) for part in ("pairs", "tried", "looked")}
        yield f"kernel {name}", sample
        if first:
            boxes = json.loads((folder / "out" / "summary.json").read_text())["region"]["cells"]
            sizes[name] = {"cells": workload.cells or boxes, "boxes": boxes, **work}


def _commands(folder: Path) -> Iterator[tuple[str, Sample]]:
    """Yield what people wait for and type most, as they type it."""
    tiny, out = folder / "tiny.toml", str(folder / "out")
    tiny.write_text(to_toml(TINY))
    command = str(Path(sys.executable).with_name("d2c"))
    with tempfile.TemporaryDirectory() as empty:
        compiling = {"NUMBA_CACHE_DIR": empty}
        for name, arguments, more in (
            ("d2c --help", ["--help"], {}),
            ("d2c run tiny", ["run", str(tiny), "-o", out, "--fresh"], {}),
            ("d2c run tiny, first after installing", ["run", str(tiny), "-o", out, "--fresh"], compiling),
            ("d2c run italy", ["run", "italy", "-o", out, "--fresh"], {}),
            ("d2c run mediterranean", ["run", "mediterranean", "-o", out, "--fresh"], {}),
        ):
            yield f"command {name}", _timed([command, *arguments], more)


def _whole(workload: Workload, folder: Path) -> Sample:
    """Return the phases of `d2c run`, its whole time from start to end of the process, and its peak memory."""
    scenario, report = folder / "scenario.toml", folder / "phases.json"
    scenario.write_text(to_toml(workload))
    began = time.time()
    sample = _timed([sys.executable, "measure.py", "whole", str(scenario), str(folder / "out"), str(report)])
    phases = json.loads(report.read_text())
    start = phases.pop("ready") - began
    rest = sample["total"] - start - sum(phases.values())
    return {**sample, "start": start, **phases, "rest": rest}


def _timed(command: list[str], more: dict[str, str] | None = None) -> Sample:
    """Return the time of a process from its start to its end, its processor time on all cores and its peak memory."""
    began = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=HERE,
        env=os.environ | (more or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None  # a pipe was asked for
    with child.stderr as pipe:
        said = pipe.read()
    _, status, used = os.wait4(child.pid, 0)
    total = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"bench: {' '.join(command)} ended with exit code {child.returncode}:\n{said}")
    return {"total": total, "cpu": used.ru_utime + used.ru_stime, "memory_gb": used.ru_maxrss * 1024 / 1e9}


def _measure(*arguments: str) -> dict[str, float]:
    child = subprocess.run(
        [sys.executable, "measure.py", *arguments], cwd=HERE, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(child.stdout)
    return found


def _median(taken: list[Sample]) -> Sample:
    return {key: statistics.median(sample[key] for sample in taken) for key in taken[0]}


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

"""`make bench`: time every workload, and write results/latest.json and the tables of docs/performance.md.

Rounds of all measurements, one after the other, each in a process of its own; medians over the rounds. So a slow
minute of the machine spoils one sample of each, not all samples of one.
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

from report import tables
from workloads import ALL, SMALL, Workload, to_toml

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "latest.json"
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- written by `make bench` -->", "<!-- end of what `make bench` writes -->"

Sample = dict[str, float]


def main() -> None:
    """Measure for as many rounds as the time allows, and write what was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="at most so many [5]")
    options.add_argument(
        "--minutes", type=float, default=9.0, help="no round begins that would end later [9]"
    )
    chosen = options.parse_args()
    results = measured(rounds=chosen.rounds, seconds=60 * chosen.minutes)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    text = tables(results)
    write_between(PAGE, text)
    print(text)


def measured(*, rounds: int, seconds: float) -> dict[str, object]:
    """Return the medians of every measurement, and what measured them."""
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
            for what, sample in _round(folder, sizes):
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


def _round(folder: Path, sizes: dict[str, Sample]) -> Iterator[tuple[str, Sample]]:
    """Yield every measurement once; the first time, the sizes of the workloads are filled in as well."""
    yield "peak", _measure("peak")
    for workload in ALL.values():
        name = workload.name
        yield f"whole {name}", _whole(workload, folder)
        sample = _measure("kernel", name, *(() if name in sizes else ("count",)))
        pairs, tried = sample.pop("pairs"), sample.pop("tried")
        yield f"kernel {name}", sample
        if name not in sizes:
            boxes = json.loads((folder / "out" / "summary.json").read_text())["region"]["cells"]
            sizes[name] = {"cells": workload.cells or boxes, "boxes": boxes, "pairs": pairs, "tried": tried}


def _whole(workload: Workload, folder: Path) -> Sample:
    """Return the phases of `d2c run`, its whole time from start to end of the process, and its peak memory."""
    scenario, report = folder / "scenario.toml", folder / "phases.json"
    scenario.write_text(to_toml(workload))
    command = ["measure.py", "whole", str(scenario), str(folder / "out"), str(report)]
    began, clock = time.time(), time.perf_counter()
    child = subprocess.Popen([sys.executable, *command], cwd=HERE)
    _, status, used = os.wait4(child.pid, 0)
    total = time.perf_counter() - clock
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"bench: `d2c run` of {workload.name} ended with exit code {child.returncode}")
    phases = json.loads(report.read_text())
    start = phases.pop("ready") - began
    rest = total - start - sum(phases.values())
    return {"total": total, "start": start, **phases, "rest": rest, "memory_gb": used.ru_maxrss * 1024 / 1e9}


def _measure(*arguments: str) -> dict[str, float]:
    child = subprocess.run(
        [sys.executable, "measure.py", *arguments], cwd=HERE, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(child.stdout)
    return found


def _median(taken: list[Sample]) -> Sample:
    return {key: statistics.median(sample[key] for sample in taken) for key in taken[0]}


def write_between(page: Path, text: str) -> None:
    """Replace what stands between the two marks of a page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"bench: {page} needs the lines {BEGIN} and {END}, between which the tables go")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

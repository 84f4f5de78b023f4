"""`make bench-peers`: other tools on slices of `mid / 648`, beside d2c on the same cells and on the whole of it.

They are installed into an environment of their own. Each gets the same satellites, day and mask, and first a few,
then some more of the same cells; the line through both times is drawn on to all 11,000 cells. Compared is processor
time, since a busy machine moves wall times by a factor of two. Written are results/peers.json and the table of
docs/performance.md.
"""

import dataclasses
import json
import subprocess
import sys
import tempfile
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kernel_case import on_equal_areas
from phases import Phases
from report import PAGE, as_table, state_of, write_between
from sgp4.exporter import export_tle
from sgp4.io import compute_checksum
from workloads import ALTITUDE_KM, MID

from d2c.coverage.run import run_coverage

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "peers.json"
VENV = HERE / ".venv-peers"
SLICES = FEW, MORE = (8, 32)  # cells
WHOLE = 11_000
LIMIT_S = 600
WHAT = {
    "tatc": "rise and set, solved",
    "lox-space": "rise and set, solved",
    "skyfield": "elevation per step, plain loop of `altaz`",
    "numpy": "elevation per step, all pairs",
}

Sample = dict[str, Any]


def main() -> None:
    """Install, measure, write and print."""
    results = measured()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    text = table(results)
    write_between(PAGE, "make bench-peers", text)
    print(text)


def measured() -> dict[str, Any]:
    """Return times and hours of visibility of each tool and slice, or why there are none."""
    machine = _json_of([sys.executable, "measure.py", "machine"])
    python = _environment()
    tools: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        ours = _ours(Path(folder))
        for tool in WHAT:
            try:
                samples = [_json_of([str(python), "peer.py", tool, f"{folder}/{n}.json"]) for n in SLICES]
            except RuntimeError as error:
                tools[tool] = {"error": str(error)}
                _say(f"{tool} not measured: {error}")
                continue
            tools[tool] = dict(zip(map(str, SLICES), samples, strict=True))
            _say(f"{tool}: {tools[tool]}")
    return {
        "measured": datetime.now(UTC).date().isoformat(), "machine": machine, "d2c": ours, "tools": tools,
    }  # fmt: skip


def table(results: dict[str, Any]) -> str:
    """Return what was measured, extrapolated and found, as Markdown."""
    ours = results["d2c"]
    hours = ours[str(MORE)]["hours"]
    ours_s = ours[str(WHOLE)]["cpu_s"]
    rows = [["tool", "what it finds", *(f"{n} cells CPU s" for n in (*SLICES, f"{WHOLE:,}")), "of d2c's",
             f"hours visible, {MORE} cells", "of d2c's"]]  # fmt: skip
    rows.append(["d2c", "elevation per step, best server, link, statistics",
                 *(f"{ours[str(n)]['cpu_s']:.2f}" for n in (*SLICES, WHOLE)), "1", f"{hours:,.2f}", ""])  # fmt: skip
    for tool, found in results["tools"].items():
        if "error" in found:
            rows.append([tool, f"not measured: {found['error']}", *[""] * (len(rows[0]) - 2)])
            continue
        few, more = (found[str(n)] for n in SLICES)
        whole_s = extrapolated(few["cpu_s"], more["cpu_s"])
        rows.append([f"{tool} {more['version']}", WHAT[tool], f"{few['cpu_s']:.1f}", f"{more['cpu_s']:.1f}",
                     f"~ {whole_s:,.0f}", f"x {whole_s / ours_s:,.0f}", f"{more['hours']:,.2f}",
                     f"{more['hours'] / hours - 1:+.3%}"])  # fmt: skip
    return (
        f"Measured {results['measured']} on {state_of(results['machine'])} Processor seconds, all cores together. "
        "Extrapolated (~): those of all but d2c "
        f"for {WHOLE:,} cells, along the line through those for {FEW} and {MORE}.\n\n{as_table(rows, texts=2)}"
    )


def extrapolated(few_s: float, more_s: float) -> float:
    """Return the seconds for all cells, on the line through those for few and for more."""
    return more_s + (more_s - few_s) / (MORE - FEW) * (WHOLE - MORE)


def _ours(folder: Path) -> dict[str, Sample]:
    """Write what the others are asked; return the time of d2c (propagation and kernel), and hours of visibility."""
    phases = Phases()
    phases.wrap("propagate", "kernel")
    found = {}
    for cells in (MORE, *SLICES, WHOLE):  # once more for a start: what is made once is not counted
        phases.seconds.clear()
        phases.cpu_seconds.clear()
        with on_equal_areas(dataclasses.replace(MID, cells=cells)) as scenario:
            result = run_coverage(scenario)
        seconds, cpu_s = (
            sum(of[p] for p in ("propagate", "kernel")) for of in (phases.seconds, phases.cpu_seconds)
        )
        hours = float(result.figures["mean_visible"].sum()) * MID.duration_h
        found[str(cells)] = {"seconds": seconds, "cpu_s": cpu_s, "hours": hours}
        asked = {
            "start": str(result.inputs.start),
            "step_s": MID.step_s,
            "steps": MID.steps,
            "mask_deg": scenario.link.min_elevation_deg,
            "altitude_m": ALTITUDE_KM * 1e3,
            "tles": [_with_designator(*export_tle(r)) for r in result.inputs.constellation.records],
            "cells": list(
                zip(result.inputs.grid.latitude_deg, result.inputs.grid.longitude_deg, strict=True)
            ),
        }
        (folder / f"{cells}.json").write_text(json.dumps(asked))
    _say(f"d2c: {found}")
    return found


def _with_designator(one: str, two: str) -> tuple[str, str]:
    """Return the lines with an international designator, which TAT-C cannot do without."""
    one = f"{one[:9]}26001A  {one[17:68]}"
    return f"{one}{compute_checksum(one)}", two


def _environment() -> Path:
    """Make the others' environment where it is missing; what does not install is told, and is not measured."""
    python = VENV / "bin" / "python"
    if not python.exists():
        venv.create(VENV, with_pip=True)
    for package in WHAT:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        done = subprocess.run(pip, capture_output=True, text=True)
        if done.returncode:
            _say(f"{package} does not install: {_last_line(done.stderr)}")
    return python


def _json_of(command: list[str]) -> Sample:
    try:
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"not done after {LIMIT_S} s") from error
    if done.returncode:
        raise RuntimeError(_last_line(done.stderr))
    found: Sample = json.loads(done.stdout)
    return found


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def _say(line: str) -> None:
    print(f"peers: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

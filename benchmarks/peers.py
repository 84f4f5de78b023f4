"""`make bench-peers`: time other visibility tools on slices of `mid / 648` and compare with d2c.

The tools are installed into a separate environment. Each gets the same satellites, day and elevation mask, and the same
8 and 32 cells; the line through both times is extrapolated to all 11,000 cells. Processor times are compared, since
load on the machine changes wall times by a factor of two. Writes results/peers.json and the table of
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
    """Install the tools, measure them, and write and print the table."""
    results = run_peers()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    text = table(results)
    write_between(PAGE, "make bench-peers", text)
    print(text)


def run_peers() -> dict[str, Any]:
    """Return the times and hours of visibility of each tool and slice, or the error of a tool."""
    machine = _run_json([sys.executable, "measure.py", "machine"])
    python = _install_peers()
    tools: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        d2c_times = _measure_d2c(Path(folder))
        for tool in WHAT:
            try:
                samples = [_run_json([str(python), "peer.py", tool, f"{folder}/{n}.json"]) for n in SLICES]
            except RuntimeError as error:
                tools[tool] = {"error": str(error)}
                _log(f"{tool} not measured: {error}")
                continue
            tools[tool] = dict(zip(map(str, SLICES), samples, strict=True))
            _log(f"{tool}: {tools[tool]}")
    return {
        "measured": datetime.now(UTC).date().isoformat(), "machine": machine, "d2c": d2c_times, "tools": tools,
    }  # fmt: skip


def table(results: dict[str, Any]) -> str:
    """Return the measured and extrapolated times and the hours of visibility as a Markdown table."""
    times = results["d2c"]
    hours = times[str(MORE)]["hours"]
    d2c_s = times[str(WHOLE)]["cpu_s"]
    rows = [["tool", "method", *(f"{n} cells CPU s" for n in (*SLICES, f"{WHOLE:,}")), "of d2c's",
             f"hours visible, {MORE} cells", "of d2c's"]]  # fmt: skip
    rows.append(["d2c", "elevation per step, best server, link, statistics",
                 *(f"{times[str(n)]['cpu_s']:.2f}" for n in (*SLICES, WHOLE)), "1", f"{hours:,.2f}", ""])  # fmt: skip
    for tool, result in results["tools"].items():
        if "error" in result:
            rows.append([tool, f"not measured: {result['error']}", *[""] * (len(rows[0]) - 2)])
            continue
        smaller, larger = (result[str(n)] for n in SLICES)
        whole_s = extrapolated(smaller["cpu_s"], larger["cpu_s"])
        rows.append([f"{tool} {larger['version']}", WHAT[tool], f"{smaller['cpu_s']:.1f}", f"{larger['cpu_s']:.1f}",
                     f"~ {whole_s:,.0f}", f"x {whole_s / d2c_s:,.0f}", f"{larger['hours']:,.2f}",
                     f"{larger['hours'] / hours - 1:+.3%}"])  # fmt: skip
    return (
        f"Measured {results['measured']} on {state_of(results['machine'])} Processor seconds, all cores together. "
        "Extrapolated (~): those of all but d2c "
        f"for {WHOLE:,} cells, along the line through those for {FEW} and {MORE}.\n\n{as_table(rows, texts=2)}"
    )


def extrapolated(few_s: float, more_s: float) -> float:
    """Return the seconds for all cells by linear extrapolation from both slices."""
    return more_s + (more_s - few_s) / (MORE - FEW) * (WHOLE - MORE)


def _measure_d2c(folder: Path) -> dict[str, Sample]:
    """Write the slices; return the times of d2c (propagation and kernel) and the hours of visibility."""
    phases = Phases()
    phases.wrap("propagate", "kernel")
    samples = {}
    for cells in (MORE, *SLICES, WHOLE):  # a warm-up run first: one-off costs are not counted
        phases.seconds.clear()
        phases.cpu_seconds.clear()
        with on_equal_areas(dataclasses.replace(MID, cells=cells)) as scenario:
            result = run_coverage(scenario)
        seconds, cpu_s = (
            sum(totals[p] for p in ("propagate", "kernel")) for totals in (phases.seconds, phases.cpu_seconds)
        )
        hours = float(result.figures["mean_visible"].sum()) * MID.duration_h
        samples[str(cells)] = {"seconds": seconds, "cpu_s": cpu_s, "hours": hours}
        task = {
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
        (folder / f"{cells}.json").write_text(json.dumps(task))
    _log(f"d2c: {samples}")
    return samples


def _with_designator(one: str, two: str) -> tuple[str, str]:
    """Return the two lines with an international designator, which TAT-C requires."""
    one = f"{one[:9]}26001A  {one[17:68]}"
    return f"{one}{compute_checksum(one)}", two


def _install_peers() -> Path:
    """Create the tools' environment if missing; a tool that does not install is reported and not measured."""
    python = VENV / "bin" / "python"
    if not python.exists():
        venv.create(VENV, with_pip=True)
    for package in WHAT:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        process = subprocess.run(pip, capture_output=True, text=True)
        if process.returncode:
            _log(f"{package} does not install: {_last_line(process.stderr)}")
    return python


def _run_json(command: list[str]) -> Sample:
    try:
        process = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"not done after {LIMIT_S} s") from error
    if process.returncode:
        raise RuntimeError(_last_line(process.stderr))
    result: Sample = json.loads(process.stdout)
    return result


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def _log(line: str) -> None:
    print(f"peers: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

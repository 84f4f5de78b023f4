"""`d2c doctor`: check the installation: versions, optional packages, age of the elements, self-test."""

import importlib.util
import os
import platform
import time
from typing import Any

import click
import numpy as np

from d2c.api.compiling import compilation_logged
from d2c.cli.console import json_text
from d2c.cli.shared_options import json_option
from d2c.coverage.kernels.cache import cache_state
from d2c.coverage.run import run_coverage
from d2c.errors import D2CError
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.epoch import element_age_days, start_utc
from d2c.orbit.group_cache import cache_folder, cached_groups
from d2c.output.reports.summary import versions
from d2c.scenario.load import read_scenario
from d2c.scenario.network import BEST_CASE
from d2c.shipped import shipped_folder

_EXTRAS = {"distributed": "cluster", "zarr": "cube", "heyoka": "heyoka", "openpyxl": "xlsx"}
_TINY = (BEST_CASE, "region.area=molise", "grid.resolution=4", "time.duration_h=1")


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Check this installation: versions, elements and a self-test.

    Prints installed packages and the age of the elements, and runs a small job.

    \b
    Examples:
      d2c doctor
      d2c doctor --json
    """  # noqa: D301  # click needs the backslash
    report: dict[str, Any] = {
        "versions": {"python": platform.python_version()} | versions(),
        "cores": os.cpu_count(),
        "extras": {extra: importlib.util.find_spec(module) is not None for module, extra in _EXTRAS.items()},
        "elements": _elements(),
        "cache": str(cache_folder()),
        "kernel_cache": _kernel_cache(),
        "self_test": _self_test(),
    }
    click.echo(json_text(report) if as_json else _text(report))
    if not report["self_test"]["works"]:
        raise click.exceptions.Exit(1)


def _elements() -> dict[str, dict[str, Any]]:
    """Return size and median age of the shipped element sets and the downloaded groups."""
    names = [*(file.stem for file in sorted(shipped_folder("tles").glob("*.tle"))), *cached_groups()]
    report: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            constellation = read_elements(find_elements(name))
        except D2CError as error:
            report[name] = {"error": str(error)}
            continue
        age_days = element_age_days(constellation, start_utc("now", constellation))
        report[name] = {
            "satellites": len(constellation),
            "median_age_days": round(float(np.median(age_days)), 1),
        }
    return report


def _kernel_cache() -> dict[str, Any]:
    """Return where compiled kernels are kept, and the files there that are damaged; folder None for nowhere."""
    state = cache_state()
    return {
        "folder": str(state.folder) if state.folder else None,
        "files": state.files,
        "damaged": [str(file) for file in state.damaged],
    }


def _self_test() -> dict[str, Any]:
    """Run an hour of a small region; its cells must have a satellite in view and a C/N above 0 dB most of the time."""
    started = time.perf_counter()
    try:
        with compilation_logged():
            columns = run_coverage(read_scenario("italy", overrides=_TINY)).columns()
    except D2CError as error:
        return {"works": False, "error": str(error)}
    works = bool(np.all(columns["visible_fraction"] > 0.5) and np.all(columns["c_n_p50_db"] > 0))
    return {
        "works": works,
        "cells": len(columns["cell_id"]),
        "seconds": round(time.perf_counter() - started, 2),
    }


def _text(report: dict[str, Any]) -> str:
    test = report["self_test"]
    extras = ", ".join(
        f"{name} {'yes' if installed else 'no'}" for name, installed in report["extras"].items()
    )
    lines = ["versions: " + ", ".join(f"{name} {number}" for name, number in report["versions"].items())]
    lines.append(f"cores: {report['cores']}; extras: {extras}")
    for name, entry in report["elements"].items():
        about = (
            entry.get("error") or f"{entry['satellites']:,} satellites, {entry['median_age_days']:g} days old"
        )
        lines.append(f"elements {name}: {about}")
    lines.append(f"download cache: {report['cache']}")
    lines += _kernel_cache_lines(report["kernel_cache"])
    verdict = f"works ({test['cells']} cells, {test['seconds']:g} s)" if test["works"] else "FAILS"
    lines.append(f"self-test: {verdict}{': ' + test['error'] if 'error' in test else ''}")
    return "\n".join(lines)


def _kernel_cache_lines(kernels: dict[str, Any]) -> list[str]:
    if not kernels["folder"]:
        nowhere = (
            "none, no folder can be written: every process compiles anew; set NUMBA_CACHE_DIR to one that can"
        )
        return [f"kernel cache: {nowhere}"]
    lines = [f"kernel cache: {kernels['folder']}, {kernels['files']:,} files"]
    return lines + [
        f"kernel cache: {file} is damaged; it is compiled anew when it is needed"
        for file in kernels["damaged"]
    ]

"""Constellation sizing results as JSON, CSV, Markdown and terminal text, with the same figures in each."""

import json
import math
import shlex
from typing import Any

import numpy as np

from d2c.analysis.sizing.search import SizeResult, SmallestShell
from d2c.analysis.sizing.trial import Trial
from d2c.output.format.percent import percent_text
from d2c.output.reports.headline import BEST_CASE
from d2c.output.reports.phones import ground_text
from d2c.output.reports.summary import assumed_figures, not_modelled, summary_report, versions
from d2c.output.reports.times import gap_text, wait_text
from d2c.results.format.durations import minutes_text, seconds_text
from d2c.results.format.text_files import csv_text
from d2c.scenario.load import read_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.question import scenario_differences
from d2c.scenario.target import Target

SCHEMA_VERSION = 1
NO_PROOF = "the smallest shell found in the search, not a proof that no smaller one exists"
ASKED = ("region", "grid", "link", "time")  # sections of a scenario that a search has
_DECIMALS = 6
_ROW = "  {:>11} {:>11} {:>7} {:>9} {:>8} {:>12}  {}"


def size_report(result: SizeResult) -> dict[str, Any]:
    """Return target, smallest shells and search settings; missing values are None."""
    scenario, link = result.scenario, result.scenario.link
    full = summary_report(result.result) if result.result else None
    return {
        "schema_version": SCHEMA_VERSION,
        "title": title(result),
        "target": str(result.target),
        "area": scenario.region.area,
        "service": link.services[0],
        "payload": link.payload,
        "handset": link.handset,
        "losses": link.losses,
        "phones": link.phones,
        "environment": link.environment,
        "min_elevation_deg": link.min_elevation_deg,
        "best": _row(result.best) if result.best else None,
        "command": run_command(result) if result.best else None,
        "answers": [_answer(answer) for answer in result.shells],
        "doubled": _doubled(result),
        "curve": [_row(trial) for trial in result.curve],
        "searched": {
            "altitude_km": [answer.altitude_km for answer in result.shells],
            "inclination_deg": list(result.inclination_deg),
            "runs": result.trials.count,
            "quick_run": result.trials.quick_search,
            "full_run": {"duration_h": scenario.time.duration_h, "step_s": scenario.time.step_s},
            "note": NO_PROOF,
        },
        "full_run": {"region": full["region"], "service": full["services"][link.services[0]]}
        if full
        else None,
        "not_modelled": not_modelled(scenario),
        "assumptions": assumed_figures(scenario),
        "versions": versions(),
        "run_time_s": round(result.run_time_s, 3),
    }


def title(result: SizeResult) -> str:
    """Return the title: service, area and target."""
    area, service = result.scenario.region.area, result.scenario.link.services[0]
    return f"Satellites for {service} over {area}: {result.target}"


def achieved_text(target: Target, value: float) -> str:
    """Format a value of the target quantity with its unit."""
    if target.at_least:
        return percent_text(value, decimals=2)
    if not math.isfinite(value):
        return "never"
    return minutes_text(value * target.unit) if target.quantity.endswith("_min") else seconds_text(value)


def size_text(result: SizeResult) -> str:
    """Return the result as terminal text."""
    report, target = size_report(result), result.target
    link, searched = result.scenario.link, report["searched"]
    ground = ground_text(result.trials.scenario.link.model_dump())
    lines = [
        f"{report['title']}; {BEST_CASE}",
        f"  payload {link.payload}, {ground}, mask {link.min_elevation_deg:g} deg",
        "",
        _ROW.format("altitude", "inclination", "planes", "per plane", "phasing", "satellites", "achieved"),
    ]
    for answer in result.shells:
        altitude = f"{answer.altitude_km:g} km"
        if answer.trial is None:
            lines.append(_ROW.format(altitude, *"-----", answer.reason))
            continue
        shape = answer.trial.shape
        numbers = (shape.planes, shape.per_plane, shape.phasing, f"{shape.satellites:,}")
        inclination = f"{shape.inclination_deg:g} deg"
        lines.append(
            _ROW.format(altitude, inclination, *numbers, achieved_text(target, answer.trial.achieved))
        )
    lines += ["", *_conclusion(result, report), ""]
    runs, quick = searched["runs"], searched["quick_run"]
    tried = ", ".join(f"{i:g}" for i in result.inclination_deg)
    hours = result.scenario.time.duration_h
    quick_runs = f"{runs['quick']:,} runs over {quick['duration_h']:g} h and {quick['cells']:,} cells"
    full_runs = f"{runs['full']:,} over {hours:g} h and all cells"
    lines += [
        f"  {NO_PROOF}:",
        f"  {quick_runs}, {full_runs}; inclinations {tried} deg, and half a step around the best",
        *(f"  not modelled: {text}" for text in report["not_modelled"]),
    ]
    return "\n".join(lines)


def _conclusion(result: SizeResult, report: dict[str, Any]) -> list[str]:
    best, doubled = result.best, report["doubled"]
    if best is None:
        return ["  no shell in the search meets the target"]
    hours = result.scenario.time.duration_h
    service, cells = report["full_run"]["service"], report["full_run"]["region"]["cells"]
    shell = (
        f"Walker delta {best.shape.notation} at {best.altitude_km:g} km, {best.shape.satellites:,} satellites"
    )
    waits = f"longest gap {gap_text(service, hours)}, mean wait {wait_text(service)}"
    lower = f"availability falls in {doubled['cells_lower']:,} of {cells:,} cells"
    return [
        f"  smallest: {shell}",
        f"  full run of it: availability {percent_text(service['availability'], decimals=2)} (area mean), {waits}",
        f"  {report['command']}",
        f"  twice as many ({doubled['walker']}): {lower}, {100 * doubled['mean_change']:+.2f} points on average",
    ]


def size_markdown(result: SizeResult) -> str:
    """Return the result as a Markdown page."""
    text = size_text(result)
    head, _, rest = text.partition("\n")
    assumed = "\n".join(f"- {where}: {why}" for where, why in size_report(result)["assumptions"].items())
    return f"# {head}\n\n```text\n{rest.strip(chr(10))}\n```\n\n## Assumed\n\n{assumed}\n"


def size_csv(result: SizeResult) -> str:
    """Return the curve as CSV, one row per shell run over the whole span."""
    rows = [_row(trial) for trial in result.curve]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {}
    decimals = {name: _DECIMALS for name, values in columns.items() if values.dtype.kind == "f"}
    return csv_text(columns, decimals=decimals)


def run_command(result: SizeResult) -> str:
    """Return the command that runs the smallest shell."""
    assert result.best
    return "d2c run italy " + " ".join(
        f"--set {shlex.quote(o)}" for o in run_overrides(result.scenario, result.best)
    )


def run_overrides(scenario: Scenario, trial: Trial) -> list[str]:
    """Return the overrides of the built-in scenario `italy` that give a shell."""
    shape = trial.shape
    shell = {
        "network": "false",
        "constellation.walker": shape.notation,
        "constellation.altitude_km": f"{trial.altitude_km:g}",
    }
    changed = {
        key: "none" if value is None else value if isinstance(value, str) else json.dumps(value)
        for key, (_, value) in scenario_differences(read_scenario("italy"), scenario).items()
        if key.partition(".")[0] in ASKED
    }
    return [f"{key}={value}" for key, value in (shell | changed).items()]


def _row(trial: Trial) -> dict[str, Any]:
    shape = trial.shape
    return {
        "altitude_km": trial.altitude_km,
        "inclination_deg": shape.inclination_deg,
        "satellites": shape.satellites,
        "planes": shape.planes,
        "satellites_per_plane": shape.per_plane,
        "phasing": shape.phasing,
        "walker": shape.notation,
        "achieved": round(trial.achieved, _DECIMALS) if math.isfinite(trial.achieved) else None,
        "meets": trial.meets,
    }


def _answer(answer: SmallestShell) -> dict[str, Any]:
    if answer.trial is None:
        return {"altitude_km": answer.altitude_km, "found": False, "why": answer.reason}
    return {"found": True, **_row(answer.trial)}


def _doubled(result: SizeResult) -> dict[str, Any] | None:
    if result.doubled is None:
        return None
    return {
        "walker": result.doubled.shape.notation,
        "cells_lower": result.doubled.cells_lower,
        "least_change": round(result.doubled.least_change, _DECIMALS),
        "mean_change": round(result.doubled.mean_change, _DECIMALS),
    }

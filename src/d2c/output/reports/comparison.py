"""Comparison of two results as JSON and as terminal text."""

from collections.abc import Mapping
from typing import Any

from d2c.analysis.comparison import Comparison
from d2c.output.reports.headline import asked_text
from d2c.output.reports.network import beams_text
from d2c.results.format.durations import minutes_text
from d2c.results.stored import ResultTables


def comparison_report(change: Comparison, before: ResultTables, after: ResultTables) -> dict[str, Any]:
    """Return the content of comparison.json."""
    return {
        "before": f"{before.scenario.title}; {asked_text(before.summary)}",
        "after": f"{after.scenario.title}; {asked_text(after.summary)}",
        "folders": {"before": _folder(before), "after": _folder(after)},
        "cells": len(change.cells),
        "cells_left_out": change.left_out,
        "services": change.table,
        "asked_differently": {key: list(values) for key, values in change.differences.items()},
    }


def differences_text(change: Comparison) -> str:
    """Return the scenario values that differ in one line, "" for none."""
    return "; ".join(
        f"{key}: {_value_text(a)} against {_value_text(b)}" for key, (a, b) in change.differences.items()
    )


def comparison_text(report: Mapping[str, Any]) -> str:
    """Return the report as terminal text."""
    before, after = (f" ({folder})" if folder else "" for folder in report["folders"].values())
    lines = [f"before: {report['before']}{before}", f"after:  {report['after']}{after}"]
    lines.append(
        f"{report['cells']:,} cells compared, {report['cells_left_out']:,} of the finer grid excluded"
    )
    for name, row in report["services"].items():
        change = 100 * (row["availability_after"] - row["availability_before"])
        lines.append(
            f"{name}: availability {100 * row['availability_before']:.2f} % -> {100 * row['availability_after']:.2f} % "
            f"({change:+.2f} points); median longest gap {_gap_text(row['median_longest_gap_before_s'])} -> "
            f"{_gap_text(row['median_longest_gap_after_s'])}"
        )
        for share, change in row["gained_and_lost_by_availability"].items():
            lines.append(
                f"  {100 * float(share):g} % of the time: {change['gained_km2']:,.0f} km2 and "
                f"{change['gained_people']:,} people gained, {change['lost_km2']:,.0f} km2 and "
                f"{change['lost_people']:,} people lost"
            )
    differences = report["asked_differently"]
    lines.append("scenario differences:" if differences else "same scenario settings")
    lines += [
        f"  {key}: {_value_text(values[0])} -> {_value_text(values[1])}"
        for key, values in differences.items()
    ]
    return "\n".join(lines)


def comparison_title(before: ResultTables, after: ResultTables) -> str:
    """Return the title of the difference: both titles, or the common one and the folders."""
    if before.scenario.title != after.scenario.title:
        return f"{after.scenario.title} against {before.scenario.title}"
    names = [result.folder.resolve().name if result.folder else "" for result in (after, before)]
    return f"{after.scenario.title}: {names[0]} against {names[1]}" if all(names) else after.scenario.title


def _folder(result: ResultTables) -> str | None:
    return result.folder.as_posix() if result.folder else None


def _gap_text(seconds: float | None) -> str:
    return "never served" if seconds is None else minutes_text(seconds)


def _value_text(value: Any) -> str:
    """Return a scenario value as text; `[beams]` is the one section that may be missing."""
    if isinstance(value, dict) and "beams_per_satellite" in value:
        return beams_text(value)
    return "not given" if value is None else str(value)

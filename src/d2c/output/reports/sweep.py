"""A sweep as a table, as CSV and JSON columns, and as a layer with a column for each run."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from d2c.analysis.sweep import Sweep, SweepRun
from d2c.coverage.result import Columns
from d2c.errors import ResultError, did_you_mean
from d2c.output.format.percent import percent_text
from d2c.output.reports.summary import summary_report
from d2c.output.reports.times import WAIT_NOTE, gap_text, wait_text
from d2c.results.column_lookup import map_quantities

SWEEP_FILES = ("sweep.csv", "sweep.json", "sweep.png", "sweep.gpkg")
_FIGURES = ("availability", "longest_gap_s", "longest_gap_is_lower_bound", "mean_wait_s", "margin_p50_db")


def sweep_report(sweep: Sweep) -> dict[str, Any]:
    """Return the content of sweep.json: the scenario, the keys, and the figures of each run."""
    return {
        "title": sweep_title(sweep),
        "scenario": sweep.scenario.model_dump(mode="json"),
        "keys": list(sweep.keys),
        "runs": [_run(run, sweep) for run in sweep.runs],
    }


def sweep_title(sweep: Sweep) -> str:
    """Return the title: the scenario and the keys."""
    return f"{sweep.scenario.title}: {' and '.join(sweep.keys)}"


def _run(run: SweepRun, sweep: Sweep) -> dict[str, Any]:
    summary = summary_report(run.result)
    return {
        "values": run.values,
        "visible_fraction": summary["sky"]["visible_fraction"],
        "services": {name: summary["services"][name] for name in sweep.services},
        "duration_h": run.result.scenario.time.duration_h,
    }


def sweep_columns(sweep: Sweep, report: dict[str, Any]) -> Columns:
    """Return the columns of sweep.csv, a row per run: its values, and the figures of summary.json."""
    runs = report["runs"]
    columns: Columns = {key: np.array([str(run["values"][key]) for run in runs]) for key in sweep.keys}
    columns["visible_fraction"] = np.array([run["visible_fraction"] for run in runs])
    for name in sweep.services:
        services = [run["services"][name] for run in runs]
        for figure in _FIGURES:
            values = [service[figure] for service in services]
            kind = bool if figure == "longest_gap_is_lower_bound" else float  # None becomes NaN
            columns[f"{name}_{figure}"] = np.array(values, kind)
        columns[f"{name}_people_at_once"] = np.array(
            [service["population_served_within"]["0min"] for service in services]
        )
    return columns


def sweep_rows(sweep: Sweep, report: dict[str, Any]) -> Iterator[list[str]]:
    """Yield the header and the rows of the printed table."""
    heads = ("availability", "longest gap", "mean wait", "margin")
    yield [*sweep.keys, *(f"{name} {head}" for name in sweep.services for head in heads)]
    for run in report["runs"]:
        row = [str(run["values"][key]) for key in sweep.keys]
        for service in run["services"].values():
            margin = service["margin_p50_db"]
            row += [
                percent_text(service["availability"], decimals=2),
                gap_text(service, run["duration_h"]),
                wait_text(service),
                "-" if margin is None else f"{margin:.1f} dB",
            ]
        yield row


def sweep_note() -> str:
    """Return the note under the printed table."""
    return WAIT_NOTE


def layer_columns(sweep: Sweep, column: str) -> Columns:
    """Return the columns of the layer, (G,): the cells, and `VALUES_column` of each run.

    ResultError for a column that a run lacks or that has no map, and for runs with different cells.
    """
    first = sweep.runs[0].result.columns()
    drawable = list(map_quantities(list(first)))
    if column not in drawable:
        raise ResultError(f"the runs have no column {column!r} to compare{did_you_mean(column, drawable)}")
    place = list(first)[: list(first).index("visible_fraction")]
    figures = {f"{_name(run)}_{column}": run.result.columns()[column] for run in sweep.runs}
    return {name: first[name] for name in place} | figures


def _name(run: SweepRun) -> str:
    """Return the values of a run as a part of a column's name: min_elevation_deg_10."""
    parts = (f"{key.rpartition('.')[2]}_{value}" for key, value in run.values.items())
    return re.sub(r"\W+", "_", "_".join(parts))

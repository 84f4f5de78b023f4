"""Sensitivity study of assumed values: figures of a run, and the study as table, CSV columns and JSON."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.sensitivity import Sensitivity, value_of, value_text
from d2c.coverage.result import CoverageResult
from d2c.output.reports.summary import summary_report, versions
from d2c.scenario.assumptions import Assumption
from d2c.scenario.model import Scenario

SCHEMA_VERSION = 1
SENSITIVITY_FILES = ("sensitivity.json", "sensitivity.csv", "sensitivity.png")
_AVAILABILITY = "_availability"
_SAME = "same"
_MOST_NAMED = 3
_LABELS = {
    "c_n_p50_db": "C/N, median (dB)",
    "c_in_p50_db": "C/(I+N), median (dB)",
    "beam_mbps": "Mbit/s of a beam",
    "camping": "camping (%)",
    "duty": "hop share (%)",
    # disaster study
    "sent_share": "messages sent in the span (%)",
    "sent_p90_h": "hours until 90 % are sent",
    "never_share": "people never served (%)",
    "next_contact_p50_min": "first contact, median person (min)",
    "messages_per_hour": "messages an hour",
}
_IN_PERCENT = (_AVAILABILITY, "_share", "camping", "duty")


def sensitivity_figures(result: CoverageResult) -> dict[str, float]:
    """Return the figures of a run that a sensitivity study compares, as in summary.json; NaN if missing.

    Availability of each service over phones, area and time; with beams, the share that camps, the median C/(I+N) of
    camped phones, the mean bit rate of a beam while it is alight and the hop share; without beams, the median C/N.
    """
    summary = summary_report(result)
    figures = {
        f"{name}{_AVAILABILITY}": service["availability"] for name, service in summary["services"].items()
    }
    if result.network:
        network = summary["network"]
        figures |= {
            "c_in_p50_db": network.get("c_in_p50_db"),  # missing if no beam was ever active
            "beam_mbps": network.get("mbps_per_beam_mean"),
            "camping": network["camping"],
            "duty": network["duty_mean"],
        }
    else:
        figures["c_n_p50_db"] = summary["sky"]["c_n_p50_db"]
    return {name: math.nan if value is None else float(value) for name, value in figures.items()}


def figure_label(figure: str) -> str:
    """Return the label of a figure with its unit; availability is over phones, area and time."""
    return _LABELS.get(figure) or f"{figure.removesuffix(_AVAILABILITY)} availability (%)"


def figure_text(figure: str, value: float) -> str:
    """Format a figure in the unit of its label; a dash for NaN."""
    if math.isnan(value):
        return "-"
    if figure.endswith(_IN_PERCENT):
        return f"{100 * value:.1f}"
    if figure.endswith("_per_hour"):
        return f"{value:,.0f}"
    return f"{value:.1f}" if figure.endswith(("_db", "_min", "_h")) else f"{value:.2f}"


def display_value(figure: str, value: float) -> float:
    """Return a figure in the unit of its label."""
    return 100 * value if figure.endswith(_IN_PERCENT) else value


def value_range(figure: str) -> tuple[float, float]:
    """Return the lowest and highest possible value of a figure, in the unit of its label."""
    if figure.endswith(_AVAILABILITY):
        return 0.0, 100.0
    return (-math.inf if figure.endswith("_db") else 0.0), math.inf


def table_header(sensitivity: Sensitivity) -> list[str]:
    """Return the table header."""
    return ["parameter", "scenario", "tried", *(figure_label(figure) for figure in sensitivity.baseline)]


def table_rows(scenario: Scenario, sensitivity: Sensitivity) -> list[list[str]]:
    """Return the unchanged scenario, then a row per parameter with the range of each figure, most influential first."""
    rows = [
        ["as it is", "", "", *(figure_text(figure, value) for figure, value in sensitivity.baseline.items())]
    ]
    for name in sensitivity.by_swing(sensitivity.baseline):
        tried = ", ".join(outcome.variation.value for outcome in sensitivity.of(name))
        ranges = [_range_text(sensitivity, name, figure) for figure in sensitivity.baseline]
        rows.append([name, value_text(value_of(scenario, name)), tried, *ranges])
    return rows


def deciding_sentences(sensitivity: Sensitivity) -> list[str]:
    """Return for each figure which parameters decide it, the strongest first, each with the range over its values."""
    sentences = []
    for figure in sensitivity.baseline:
        ranges = {name: _range_text(sensitivity, name, figure) for name in sensitivity.by_swing([figure])}
        deciding = [f"{name} {text}" for name, text in ranges.items() if text != _SAME][:_MOST_NAMED]
        sentences.append(f"{figure_label(figure)}: {', '.join(deciding) or 'no assumed value changes it'}")
    return sentences


def _range_text(sensitivity: Sensitivity, name: str, figure: str) -> str:
    low, high = (figure_text(figure, value) for value in sensitivity.value_range(name, figure))
    return _SAME if low == high else f"{low} to {high}"


def span_text(scenario: Scenario, *, whole_h: float) -> str:
    """Describe the part of the scenario's span that was run."""
    span_h, step_s = scenario.time.duration_h, scenario.time.step_s
    span = f"the first {span_h:g} h of the {whole_h:g} h" if span_h < whole_h else f"{span_h:g} h"
    return f"{span}, every {step_s:g} s"


def sensitivity_columns(scenario: Scenario, sensitivity: Sensitivity) -> dict[str, NDArray[Any]]:
    """Return one row per value: the unchanged scenario, without a parameter, and each value tried."""
    columns = variation_columns(sensitivity)
    labels = {key: columns.pop(key) for key in ("parameter", "value")}
    own = [
        bool(name) and value == value_text(value_of(scenario, name))
        for name, value in zip(*labels.values(), strict=True)
    ]
    return {**labels, "is_the_scenarios": np.array(own), **columns}


def variation_columns(sensitivity: Sensitivity) -> dict[str, NDArray[Any]]:
    """Return one row per run: the parameter and its value, empty for the unchanged scenario, and the figures."""
    runs = [sensitivity.baseline, *(outcome.figures for outcome in sensitivity.outcomes)]
    return {
        "parameter": np.array(
            ["", *(outcome.variation.name for outcome in sensitivity.outcomes)], dtype=object
        ),
        "value": np.array(["", *(outcome.variation.value for outcome in sensitivity.outcomes)], dtype=object),
        **{figure: np.array([run[figure] for run in runs]) for figure in sensitivity.baseline},
    }


def sensitivity_report(
    scenario: Scenario, sensitivity: Sensitivity, parameters: Mapping[str, Assumption]
) -> dict[str, Any]:
    """Return the content of sensitivity.json, most influential parameters first; NaN is None."""
    return {
        "schema_version": SCHEMA_VERSION,
        "title": scenario.title,
        "scenario": scenario.model_dump(mode="json"),
        "as_it_is": _plain(sensitivity.baseline),
        "decided_by": deciding_sentences(sensitivity),
        "parameters": [
            {
                "name": name,
                "why_assumed": parameters[name].why,
                "value": value_text(value_of(scenario, name)),
                "swing": _plain({figure: sensitivity.swing(name, figure) for figure in sensitivity.baseline}),
                "tried": [
                    {"value": outcome.variation.value, **_plain(outcome.figures)}
                    for outcome in sensitivity.of(name)
                ],
            }
            for name in sensitivity.by_swing(sensitivity.baseline)
        ],
        "versions": versions(),
    }


def _plain(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else round(value, 6) for name, value in figures.items()}

"""How far each assumed value takes the answer: figures of a run, table, columns and JSON of a sensitivity study."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.sensitivity import Sensitivity, value_of, value_text
from d2c.coverage.result import CoverageResult
from d2c.output.reports.summary import summary, versions
from d2c.scenario.assumptions import Assumption
from d2c.scenario.model import Scenario

SCHEMA_VERSION = 1
SENSITIVITY_FILES = ("sensitivity.json", "sensitivity.csv", "sensitivity.png")
_AVAILABILITY = "_availability"
_LABELS = {
    "c_n_p50_db": "C/N, median (dB)",
    "c_in_p50_db": "C/(I+N), median (dB)",
    "beam_mbps": "Mbit/s of a beam",
    # of a disaster
    "sent_share": "messages sent in the span (%)",
    "sent_p90_h": "hours until 90 % are sent",
    "next_contact_p50_min": "first contact, median person (min)",
    "messages_per_hour": "messages an hour",
}
_IN_PERCENT = (_AVAILABILITY, "_share")


def deciding_figures(result: CoverageResult) -> dict[str, float]:
    """Return what a study asks of a run, as in its summary.json: NaN for what does not exist.

    The availability of each service over area and time; with beams the median C/(I+N) over area and time with a
    beam, and the mean bit rate of a beam while it is lit; without them the median C/N.
    """
    found = summary(result)
    figures = {
        f"{name}{_AVAILABILITY}": service["availability"] for name, service in found["services"].items()
    }
    if result.beams:
        network = found["network"]
        figures |= {
            "c_in_p50_db": network.get("c_in_p50_db"),  # none where no beam was ever lit
            "beam_mbps": network["mbps_per_active_beam_mean"],
        }
    else:
        figures["c_n_p50_db"] = found["sky"]["c_n_p50_db"]
    return {name: math.nan if value is None else float(value) for name, value in figures.items()}


def figure_label(figure: str) -> str:
    """Return what a figure is called, with its unit; availability is over area and time."""
    return _LABELS.get(figure) or f"{figure.removesuffix(_AVAILABILITY)} availability (%)"


def figure_text(figure: str, value: float) -> str:
    """Return a figure as people read it, in the unit of its label; a dash for none."""
    if math.isnan(value):
        return "-"
    if figure.endswith(_IN_PERCENT):
        return f"{100 * value:.1f}"
    if figure.endswith("_per_hour"):
        return f"{value:,.0f}"
    return f"{value:.1f}" if figure.endswith(("_db", "_min", "_h")) else f"{value:.2f}"


def shown_value(figure: str, value: float) -> float:
    """Return a figure in the unit of its label."""
    return 100 * value if figure.endswith(_IN_PERCENT) else value


def possible(figure: str) -> tuple[float, float]:
    """Return the lowest and the highest value that a figure can have, in the unit of its label."""
    if figure.endswith(_AVAILABILITY):
        return 0.0, 100.0
    return (-math.inf if figure.endswith("_db") else 0.0), math.inf


def table_head(found: Sensitivity) -> list[str]:
    """Return the headings of the table."""
    return ["parameter", "scenario", "tried", *(figure_label(figure) for figure in found.as_is)]


def table_rows(scenario: Scenario, found: Sensitivity) -> list[list[str]]:
    """Return the scenario as it is, then a row a parameter with the reach of each figure, the deciding ones first."""
    rows = [["as it is", "", "", *(figure_text(figure, value) for figure, value in found.as_is.items())]]
    for name in found.by_swing(found.as_is):
        tried = ", ".join(outcome.variation.value for outcome in found.of(name))
        reaches = [_reach_text(found, name, figure) for figure in found.as_is]
        rows.append([name, value_text(value_of(scenario, name)), tried, *reaches])
    return rows


def _reach_text(found: Sensitivity, name: str, figure: str) -> str:
    low, high = (figure_text(figure, value) for value in found.reach(name, figure))
    return "same" if low == high else f"{low} to {high}"


def span_text(scenario: Scenario, *, whole_h: float) -> str:
    """Return which part of the scenario's span was run."""
    span_h, step_s = scenario.time.duration_h, scenario.time.step_s
    of = f"the first {span_h:g} h of the {whole_h:g} h" if span_h < whole_h else f"{span_h:g} h"
    return f"{of}, every {step_s:g} s"


def sensitivity_columns(scenario: Scenario, found: Sensitivity) -> dict[str, NDArray[Any]]:
    """Return one row a value: the scenario as it is, with no parameter, and each value that was tried."""
    columns = tried_columns(found)
    named = {key: columns.pop(key) for key in ("parameter", "value")}
    own = [
        bool(name) and value == value_text(value_of(scenario, name))
        for name, value in zip(*named.values(), strict=True)
    ]
    return {**named, "is_the_scenarios": np.array(own), **columns}


def tried_columns(found: Sensitivity) -> dict[str, NDArray[Any]]:
    """Return one row a run: the parameter and its value, empty for the scenario as it is, and the figures."""
    runs = [found.as_is, *(outcome.figures for outcome in found.outcomes)]
    return {
        "parameter": np.array(["", *(one.variation.name for one in found.outcomes)], dtype=object),
        "value": np.array(["", *(one.variation.value for one in found.outcomes)], dtype=object),
        **{figure: np.array([run[figure] for run in runs]) for figure in found.as_is},
    }


def sensitivity_report(
    scenario: Scenario, found: Sensitivity, parameters: Mapping[str, Assumption]
) -> dict[str, Any]:
    """Return the content of sensitivity.json, the deciding parameters first; NaN is None."""
    return {
        "schema_version": SCHEMA_VERSION,
        "title": scenario.title,
        "scenario": scenario.model_dump(mode="json"),
        "as_it_is": _plain(found.as_is),
        "parameters": [
            {
                "name": name,
                "why_assumed": parameters[name].why,
                "value": value_text(value_of(scenario, name)),
                "swing": _plain({figure: found.swing(name, figure) for figure in found.as_is}),
                "tried": [
                    {"value": outcome.variation.value, **_plain(outcome.figures)}
                    for outcome in found.of(name)
                ],
            }
            for name in found.by_swing(found.as_is)
        ],
        "versions": versions(),
    }


def _plain(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else round(value, 6) for name, value in figures.items()}

"""Folder of a sensitivity study, written atomically."""

from collections.abc import Mapping
from pathlib import Path

from d2c.analysis.sensitivity import Sensitivity
from d2c.files import atomic_folder
from d2c.output.plots.tornado import draw_tornado
from d2c.output.reports.sensitivity import SENSITIVITY_FILES, sensitivity_columns, sensitivity_report
from d2c.results.format.text_files import write_csv, write_json
from d2c.scenario.assumptions import Assumption
from d2c.scenario.model import Scenario


def write_sensitivity(
    scenario: Scenario,
    sensitivity: Sensitivity,
    parameters: Mapping[str, Assumption],
    folder: Path,
    *,
    span: str,
) -> None:
    """Write the folder; ResultError if it cannot be written, and then the folder is unchanged."""
    with atomic_folder(folder, replaces=SENSITIVITY_FILES) as staging:
        write_json(staging / "sensitivity.json", sensitivity_report(scenario, sensitivity, parameters))
        write_csv(staging / "sensitivity.csv", sensitivity_columns(scenario, sensitivity))
        (staging / "sensitivity.png").write_bytes(draw_tornado(scenario, sensitivity, span=span))

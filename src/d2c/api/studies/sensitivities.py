"""Sensitivity of the results of a scenario to its assumed values."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2c.analysis.sensitivity import Sensitivity, assumed_parameters, variations, vary
from d2c.api.compiling import compilation_logged
from d2c.api.defaults import SHORT_H
from d2c.api.picture import picture
from d2c.api.settings import Changes, Progress, ScenarioLike, scenario_of
from d2c.api.studies.text_table import text_table
from d2c.coverage.run import run_coverage
from d2c.output.folder.result_folder import refuse_other_question
from d2c.output.folder.sensitivity_folder import write_sensitivity
from d2c.output.plots.tornado import draw_tornado
from d2c.output.reports.headline import scenario_text
from d2c.output.reports.sensitivity import (
    deciding_sentences,
    sensitivity_columns,
    sensitivity_figures,
    sensitivity_report,
    span_text,
    table_header,
    table_rows,
)
from d2c.scenario.assumptions import Assumption
from d2c.scenario.load import override_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.question import question_name as question_name
from d2c.scenario.resolve import resolve

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class SensitivityStudy:
    """How far assumed values move the results of a scenario; made by `sensitivity`.

    Printed, it is the table of `d2c sensitivity`.

    Attributes
    ----------
    scenario : Scenario
        The scenario, over the span of the runs.

    Examples
    --------
    >>> import d2c
    >>> study = d2c.sensitivity("italy", only=["link.min_elevation_deg"], hours=0.1, set={"region.area": "molise"})
    >>> study.parameters
    ('link.min_elevation_deg',)
    """

    scenario: Scenario
    _found: Sensitivity
    _parameters: dict[str, Assumption]
    _span: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the keys that were varied, the most influential first."""
        return self._found.by_swing(self._found.baseline)

    @property
    def figures(self) -> tuple[str, ...]:
        """Return the names of the figures compared."""
        return tuple(self._found.baseline)

    def most_influential(self, figure: str) -> str:
        """Return the key that moves a figure furthest; figures are columns of `to_frame`."""
        return self._found.by_swing([figure])[0]

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each run: key and value, empty for the unchanged scenario, and the figures."""
        import pandas as pd  # here for start-up time

        columns = sensitivity_columns(self.scenario, self._found)
        return pd.DataFrame(columns).set_index(["parameter", "value"])

    def to_dict(self) -> dict[str, Any]:
        """Return the content of sensitivity.json."""
        return sensitivity_report(self.scenario, self._found, self._parameters)

    def plot(self, path: str | PathLike[str] | None = None) -> "Image":
        """Return a tornado diagram; also as a PNG file, if given."""
        return picture(draw_tornado(self.scenario, self._found, span=self._span), path)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write sensitivity.json, .csv and .png; OperationError if it fails."""
        write_sensitivity(self.scenario, self._found, self._parameters, Path(folder), span=self._span)
        return Path(folder)

    def title(self) -> str:
        """Return the lines above the table."""
        asked = f"{self.scenario.title}: {self._span}; {scenario_text(self.scenario)}"
        number = len(variations(self._parameters))
        deciding = "\n".join(f"  {text}" for text in deciding_sentences(self._found))
        return (
            f"{asked}\navailability is over phones, area and time; {number} values, each alone; what decides:\n"
            f"{deciding}\n"
        )

    def rows(self) -> list[list[str]]:
        """Return the table as texts: its header, the unchanged scenario, then a row for each key."""
        return [table_header(self._found), *table_rows(self.scenario, self._found)]

    def __str__(self) -> str:
        """Return the title and the table."""
        return f"{self.title()}\n{text_table(self.rows(), texts=3)}"

    def __repr__(self) -> str:
        """Return the title and the number of keys."""
        return f"<d2c.SensitivityStudy: {self.scenario.title}, {len(self.parameters)} assumed values>"


def sensitivity(
    scenario: ScenarioLike,
    *,
    only: Sequence[str] = (),
    hours: float | None = None,
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
    best_case: bool = False,
    progress: Progress | None = None,
) -> SensitivityStudy:
    """Vary the assumed values of a scenario one at a time, and rank their effect on its results.

    Each assumed value is set to its plausible alternatives, with a full run over a short span each. Interactions
    between them are not computed.

    Parameters
    ----------
    scenario : str, path or Scenario
        The scenario.
    only : sequence of str
        Keys to vary, such as `"beams.load"`; all assumed ones if empty.
    hours : float, optional
        Span of each run; by default 4, or all of a shorter span.
    set : mapping, optional
        Values that replace those of the scenario's keys.
    best_case : bool
        Without the network of beams: the best satellite in view serves, over noise alone.
    progress : callable, optional
        Called with the number of steps done and their total.

    Returns
    -------
    SensitivityStudy

    Raises
    ------
    ScenarioError
        If an input is invalid, or a key of `only` is no assumed value of the scenario.

    Examples
    --------
    >>> import d2c
    >>> study = d2c.sensitivity("italy", only=["link.min_elevation_deg"], hours=0.5, set={"region.area": "molise"})
    >>> study.most_influential("text_availability")
    'link.min_elevation_deg'
    >>> list(study.to_frame().index.get_level_values("value"))
    ['', '10', '25', '40']
    """
    whole, short = _scenarios(scenario, hours, best_case, set)
    parameters = assumed_parameters(short, only=only)

    def figures(varied: Scenario, progress: Progress | None) -> dict[str, float]:
        return sensitivity_figures(run_coverage(varied, progress=progress))

    with compilation_logged():
        found = vary(short, variations(parameters), figures, progress=progress)
    return SensitivityStudy(short, found, parameters, span_text(short, whole_h=whole.time.duration_h))


def refuse_other_sensitivity(
    folder: Path,
    scenario: ScenarioLike,
    *,
    hours: float | None,
    best_case: bool,
    set: Changes,  # noqa: A002  # as --set of the command line
) -> None:
    """Raise ResultError if a folder holds the study of another question; errors as for `sensitivity`."""
    refuse_other_question(folder, _scenarios(scenario, hours, best_case, set)[1], file="sensitivity.json")


def _scenarios(
    scenario: ScenarioLike, hours: float | None, best_case: bool, changes: Changes | None
) -> tuple[Scenario, Scenario]:
    """Return the scenario, and the same over the short span of the runs."""
    whole = resolve(scenario_of(scenario, best_case=best_case, changes=changes))
    span_h = min(SHORT_H, whole.time.duration_h) if hours is None else hours
    return whole, override_scenario(whole, overrides=[f"time.duration_h={span_h}"])

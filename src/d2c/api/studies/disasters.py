"""Time until everybody in an area has sent a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2c.analysis.disaster.study import (
    DisasterResult,
    DisasterSensitivity,
    disaster_parameters,
    read_disaster,
    run_disaster,
    run_disaster_sensitivity,
)
from d2c.analysis.disaster.study import area_title as area_title
from d2c.api.compiling import compilation_logged
from d2c.api.picture import picture
from d2c.api.settings import Changes, Instant, Progress, change_texts, entry_name, instant_text
from d2c.api.studies.text_table import text_table
from d2c.library.models import Service
from d2c.library.traffic import read_traffic
from d2c.notices import warn
from d2c.output.folder.disaster_folder import write_disaster
from d2c.output.folder.result_folder import refuse_other_question
from d2c.output.plots.disaster import draw_messages_sent
from d2c.output.reports.disaster import disaster_report, people_columns
from d2c.output.reports.disaster_text import disaster_text, study_rows
from d2c.scenario.model import Scenario
from d2c.scenario.question import question_name as question_name

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image

_STUDY_H = 2.0


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class DisasterStudy:
    """How long until everybody in an area has sent a message, and what decides it; made by `disaster`.

    Printed, it is the text of `d2c disaster`.

    Examples
    --------
    >>> import d2c
    >>> study = d2c.disaster("molise", hours=0.1, only=["traffic.uplink_kbps"], set={"grid.resolution": 4})
    >>> [row[0] for row in study.rows()]
    ['parameter', 'as it is', 'traffic.uplink_kbps']
    """

    _found: DisasterResult
    _study: DisasterSensitivity

    @property
    def scenario(self) -> Scenario:
        """Return the scenario as used."""
        return self._found.scenario

    def to_frame(self) -> "pd.DataFrame":
        """Return people over time: contacted and sent, as in people.csv."""
        import pandas as pd  # here for start-up time

        return pd.DataFrame(people_columns(self._found))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of disaster.json."""
        return disaster_report(self._found, self._study)

    def plot(self, path: str | PathLike[str] | None = None) -> "Image":
        """Return a picture of the messages sent over time; also as a PNG file, if given."""
        return picture(draw_messages_sent(self._found, self.to_dict()), path)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write disaster.json, the curve, the layer, the map and the pictures; OperationError if it fails."""
        write_disaster(self._found, self._study, Path(folder))
        return Path(folder)

    def answer(self) -> str:
        """Return the text without the table of assumed values."""
        return disaster_text(self._found, self._study)

    def rows(self) -> list[list[str]]:
        """Return the effect of each assumed value alone as texts, below a header; without messages none."""
        return study_rows(self._study) if self._found.sending.queued[0] > 0 else []

    def rows_title(self) -> str:
        """Return the line above the table of assumed values."""
        span = f"{self._study.scenario.time.duration_h:g} h"
        return f"effect of each assumed value alone, over {span} (why it is assumed: disaster.json):"

    def __str__(self) -> str:
        """Return the answer, and the table of assumed values."""
        rows = self.rows()
        return (
            f"{self.answer()}\n\n{self.rows_title()}\n\n{text_table(rows, texts=2)}"
            if rows
            else self.answer()
        )

    def __repr__(self) -> str:
        """Return the title."""
        return f"<d2c.DisasterStudy: {self.scenario.title}>"


def disaster(
    area: str | PathLike[str] | None = None,
    scenario: str | PathLike[str] = "earthquake-laquila",
    *,
    service: str | Service = "text",
    traffic: str = "text-message",
    messages_per_person: float = 1.0,
    time: Instant | None = None,
    hours: float = 6.0,
    only: Sequence[str] = (),
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
    progress: Progress | None = None,
) -> DisasterStudy:
    """Compute how long until everybody in an area has sent a message, and vary each assumed value alone.

    The terrestrial network is down and all people of the area send at the same instant, over a network whose beams hop
    between beam cells and interfere.

    Parameters
    ----------
    area : str or path, optional
        Area of the population: a name or a polygon file; by default the scenario's.
    scenario : str or path
        Satellites, handset, link and beams: a built-in scenario or a TOML file.
    service : str or Service
        Service that carries the messages.
    traffic : str
        Kind of traffic of the library: beam resources for each message.
    messages_per_person : float
        0.5 if half of the people send one.
    time : str, datetime or datetime64, optional
        Time of sending, UTC; by default the scenario's start.
    hours : float
        Span over which contacts are computed; the study of assumed values takes its first two hours.
    only : sequence of str
        Assumed values to vary, such as `"beams.load"`; all if empty.
    set : mapping, optional
        Values that replace those of the scenario's keys.
    progress : callable, optional
        Called with the number of steps done and their total.

    Returns
    -------
    DisasterStudy

    Raises
    ------
    ScenarioError
        If an input is invalid, or a key of `only` is no assumed value.

    Warns
    -----
    D2CWarning
        If an input is doubtful.

    Examples
    --------
    >>> import d2c
    >>> study = d2c.disaster("molise", hours=0.1, only=["traffic.uplink_kbps"], set={"grid.resolution": 4})
    >>> study.to_dict()["area"]["people"]
    289840
    """
    resolved = _scenario(area, scenario, service, time, hours, set)
    kind = read_traffic(traffic)
    disaster_parameters(resolved, kind, only=only)  # reports an unknown name before any run
    with compilation_logged():
        found = run_disaster(resolved, kind, per_person=messages_per_person, progress=progress)
        study = run_disaster_sensitivity(
            found, duration_h=min(_STUDY_H, resolved.time.duration_h), only=only, progress=progress
        )
    for warning in found.inputs.warnings:
        warn(warning)
    return DisasterStudy(found, study)


def refuse_other_disaster(
    folder: Path,
    area: str | None,
    scenario: str,
    *,
    service: str,
    time: str | None,
    hours: float,
    set: Changes,  # noqa: A002  # as --set of the command line
) -> None:
    """Raise ResultError if a folder holds the study of another question; errors as for `disaster`."""
    refuse_other_question(folder, _scenario(area, scenario, service, time, hours, set), file="disaster.json")


def _scenario(
    area: str | PathLike[str] | None,
    scenario: str | PathLike[str],
    service: str | Service,
    time: Instant | None,
    hours: float,
    changes: Changes | None,
) -> Scenario:
    return read_disaster(
        str(scenario),
        area=None if area is None else str(area),
        service=entry_name(service),
        at=None if time is None else instant_text(time),
        duration_h=hours,
        overrides=change_texts(changes),
    )

"""What is computed for one place: passes, the sky at an instant, and the best server over time, as objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2c.api.picture import picture
from d2c.output.format.calendar import calendar_text
from d2c.output.reports.passes import (
    GAP_COLUMNS,
    PASS_COLUMNS,
    WINDOW_COLUMNS,
    passes_csv,
    passes_text,
)
from d2c.output.reports.sky import sky_columns, sky_text
from d2c.output.reports.timeline import timeline_columns, timeline_text
from d2c.results.format.text_files import csv_text, write_text
from d2c.scenario.model import Scenario
from d2c.site.inputs import SiteInputs
from d2c.site.passes import PassSearch
from d2c.site.site import Site
from d2c.site.sky import ServerLine, SkyView

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image


@dataclass(frozen=True, eq=False, repr=False)
class SiteAnswer:
    """What is computed for one place; printed, it is the text of the command of its name.

    Attributes
    ----------
    site : Site
        The place.
    scenario : Scenario
        The scenario as used.
    """

    _inputs: SiteInputs
    _report: Mapping[str, Any]

    @property
    def site(self) -> Site:
        """Return the place."""
        return self._inputs.site

    @property
    def scenario(self) -> Scenario:
        """Return the scenario as used."""
        return self._inputs.scenario

    @property
    def elements(self) -> tuple[str, ...]:
        """Return the names of the satellites."""
        return self._inputs.satellites.constellation.name

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, rounded as they are printed: what the command prints with --json."""
        return dict(self._report)


@dataclass(frozen=True, eq=False, repr=False)
class Passes(SiteAnswer):
    """Satellite passes over a place, and the windows in which a service is served; made by `passes`.

    Printed, it is the table of `d2c passes`.

    Examples
    --------
    >>> import d2c
    >>> found = d2c.passes("Lampedusa", hours=1)
    >>> found.wait_s, round(found.served_fraction, 3)
    (0.0, 0.951)
    >>> found.gaps["duration_s"].max()
    np.float64(66.427)
    """

    _search: PassSearch

    @property
    def wait_s(self) -> float | None:
        """Return the wait for service from the start of the span, in seconds; None if there is no service."""
        return self._search.wait_s

    @property
    def served_fraction(self) -> float:
        """Return the share of the span with service."""
        served_s = sum(window.duration_s for window in self._search.served)
        return served_s / self._search.span.duration_s

    @property
    def windows(self) -> "pd.DataFrame":
        """Return a row for each window of service: begin and end (UTC), duration, wait, passes, best margin."""
        return _frame(self._report["windows"], WINDOW_COLUMNS)

    @property
    def gaps(self) -> "pd.DataFrame":
        """Return a row for each gap without service: begin and end (UTC) and duration in seconds."""
        return _frame(self._report["gaps"], GAP_COLUMNS)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each pass: satellite, rise, culmination and set (UTC; NaT outside the span), figures."""
        return _frame(self._report["passes"], PASS_COLUMNS)

    def to_csv(self) -> str:
        """Return the passes as CSV."""
        return passes_csv(self._report)

    def to_ics(self) -> str:
        """Return the windows of service as an iCalendar (RFC 5545)."""
        return calendar_text(self._report, place=self.site.label)

    def plot(self, path: str | PathLike[str] | None = None) -> "Image":
        """Return a picture of the passes over time, the windows of service in colour; also as a PNG file, if given."""
        from d2c.output.plots.passes import draw_passes  # here for start-up time: matplotlib

        return picture(draw_passes(self._inputs, self._search, self._report), path)

    def __len__(self) -> int:
        """Return the number of passes."""
        return len(self._search.passes)

    def __str__(self) -> str:
        """Return the table of `d2c passes`."""
        return passes_text(self._inputs, self._report)

    def __repr__(self) -> str:
        """Return the number of passes and their place."""
        return f"<d2c.Passes: {len(self)} over {self.site.label}>"


@dataclass(frozen=True, eq=False, repr=False)
class Sky(SiteAnswer):
    """The satellites above the horizon of a place at an instant; made by `sky`.

    Printed, it is the table of `d2c sky`.

    Examples
    --------
    >>> import d2c
    >>> view = d2c.sky("Lampedusa")
    >>> len(view), view.server
    (26, 'D2C 53-08/05 NOMINAL')
    >>> view.plot().size
    (1440, 1179)
    """

    _view: SkyView

    @property
    def server(self) -> str | None:
        """Return the name of the best server, the satellite with the highest C/N above the mask; None without one."""
        return self.elements[int(self._view.satellite[0])] if self._view.above_mask else None

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each satellite above the horizon, best server first; NaN for levels below the mask."""
        return _frame(list(map(_flat, self._report["satellites"])), sky_columns(self._report))

    def plot(self, path: str | PathLike[str] | None = None) -> "Image":
        """Return a polar picture of the sky, north up; also as a PNG file, if given."""
        from d2c.output.plots.sky import draw_sky  # here for start-up time: matplotlib takes 0.3 s to load

        return picture(draw_sky(self._inputs, self._view), path)

    def __len__(self) -> int:
        """Return the number of satellites above the horizon."""
        return len(self._view.satellite)

    def __str__(self) -> str:
        """Return the table of `d2c sky`."""
        return sky_text(self._inputs, self._report)

    def __repr__(self) -> str:
        """Return the number of satellites, the place and the instant."""
        return f"<d2c.Sky: {len(self)} satellites over {self.site.label} at {self._report['utc']}>"


@dataclass(frozen=True, eq=False, repr=False)
class ServerTimeline(SiteAnswer):
    """The best server of a place at each step of a span; made by `timeline`.

    Printed, it is the text of `d2c timeline`.

    Examples
    --------
    >>> import d2c
    >>> line = d2c.timeline("Lampedusa", hours=0.5)
    >>> line.to_frame()["c_n_db"].median().round(1)
    np.float64(22.5)
    """

    _line: ServerLine

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each step, by UTC: the server by name, its direction, C/N and margins; NaN without one."""
        import pandas as pd  # here for start-up time

        columns = timeline_columns(self._inputs, self._line)
        index = pd.DatetimeIndex(columns.pop("utc"), tz="UTC", name="utc")
        return pd.DataFrame(columns, index=index)

    def to_csv(self, path: str | PathLike[str] | None = None) -> str:
        """Return the steps as CSV, and write them to `path` if given."""
        text = csv_text(timeline_columns(self._inputs, self._line))
        if path is not None:
            write_text(Path(path), text)
        return text

    def plot(self, path: str | PathLike[str] | None = None) -> "Image":
        """Return a picture of C/N and elevation of the best server over time; also as a PNG file, if given."""
        from d2c.output.plots.timeline import (
            draw_timeline,  # here for start-up time: matplotlib takes 0.3 s to load
        )

        step_us = round(self._report["step_s"] * 1e6)
        return picture(draw_timeline(self._inputs, self._line, step_us=step_us), path)

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self._line.utc)

    def __str__(self) -> str:
        """Return the text of `d2c timeline`."""
        return timeline_text(self._inputs, self._report)

    def __repr__(self) -> str:
        """Return the number of steps and the place."""
        return f"<d2c.ServerTimeline: {len(self)} steps over {self.site.label}>"


def _flat(satellite: Mapping[str, Any]) -> dict[str, Any]:
    """Return a satellite of the sky with a column for each service."""
    margins = {f"{name}_margin_db": margin for name, margin in satellite["margin_db"].items()}
    shares = {f"{name}_probability": share for name, share in (satellite["probability"] or {}).items()}
    return {**satellite, **margins, **shares}


def _frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "pd.DataFrame":
    """Return rows as a table, with their instants as such."""
    import pandas as pd  # here for start-up time

    frame = pd.DataFrame(rows, columns=list(columns))
    instants = [name for name in columns if name.endswith("_utc")]
    frame[instants] = frame[instants].apply(pd.to_datetime, utc=True, format="ISO8601")
    return frame

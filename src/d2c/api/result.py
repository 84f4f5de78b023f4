"""Coverage result for Python and notebooks: cells and timeline as tables, maps, explanations, HTML summary."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from PIL import Image
from shapely.geometry.base import BaseGeometry

from d2c.api.area_table import AreaTable, area_table
from d2c.api.compiling import compilation_logged
from d2c.api.explanations import Explanation, explain_cell
from d2c.api.settings import Instant, instant_text
from d2c.coverage.ground import drawn_area
from d2c.coverage.result import Columns, CoverageResult
from d2c.errors import ArgumentError, RegionError, ResultError
from d2c.files import atomic_folder
from d2c.notices import warn
from d2c.output.folder.beam_maps import write_beams
from d2c.output.folder.result_folder import RESULT_FILES, write_result
from d2c.output.format.markup import escape
from d2c.output.format.percent import percent_text
from d2c.output.maps.basemap import basemap_layers
from d2c.output.maps.contact_sheet import draw_contact_sheet
from d2c.output.maps.picture import draw_map
from d2c.output.reports.caption import run_caption, run_subtitle
from d2c.output.reports.headline import network_text
from d2c.output.reports.summary import summary_report
from d2c.output.web.text import cautions, lead, services_table
from d2c.output.web.text import subtitle as page_subtitle
from d2c.printable import checked_title
from d2c.results.column_lookup import default_map_column, map_quantities
from d2c.results.format.rounding import round_column
from d2c.results.layers.cells import cells_frame
from d2c.results.run_inputs import INPUTS
from d2c.results.stored import ResultTables, open_result, read_stored_area
from d2c.site.site import Site


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Result(ResultTables):
    """Result of a coverage run, equal whether computed or read from its folder; numbers are rounded as in the files.

    Made by `run` and `open_result`. A notebook shows the services and what is left out.

    Attributes
    ----------
    cells : GeoDataFrame
        A row for each cell with its polygon, EPSG:4326; docs/columns.md explains the columns.
    timeline : DataFrame
        A row for each step, by UTC: satellites in view, fractions of cells and area visible and served.
    summary : dict
        The content of summary.json: area-weighted figures, assumptions, versions, hashes of the inputs.
    scenario : Scenario
        The scenario as used, with the start of the run.
    folder : Path or None
        Where it was read from; None for a result that was computed.

    Examples
    --------
    >>> import d2c
    >>> result = d2c.run("italy", area="molise", set={"time.duration_h": 1, "grid.resolution": 5})
    >>> result.cells[["cell_id", "region"]].head(1)
               cell_id  region
    0  851e810ffffffff  Molise
    >>> len(result.timeline)
    120
    >>> result.table(by="province").to_frame()[["province", "population"]]
          province  population
    0   Campobasso      210063
    1      Isernia       79777
    >>> result.explain("Campobasso").agrees
    True
    >>> result.map("text_longest_gap_s").width
    1440
    """

    timeline: pd.DataFrame
    _write: Callable[[Path], None] = field(repr=False)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return a copy of the cells."""
        return self.cells.copy()

    def map(self, column: str | None = None, *, title: str | None = None) -> Image.Image:
        """Return a printed map of a column, by default the one that `d2c run` draws.

        Parameters
        ----------
        column : str, optional
            Name of a column of `cells`.
        title : str, optional
            By default the scenario's.

        Raises
        ------
        ResultError
            If the column has no map.
        """
        with TemporaryDirectory() as folder:
            path = self.save_map(Path(folder) / "map.png", column, title=title)
            with Image.open(path) as picture:
                picture.load()
                return picture

    def save_map(
        self, path: str | PathLike[str], column: str | None = None, *, title: str | None = None
    ) -> Path:
        """Write a printed map of a column as PNG, SVG or PDF, by the ending of the path; errors as for `map`."""
        column = column or default_map_column(self.cells.columns)
        draw_map(self.cells, Path(path), column=column, **self._map_labels(title))
        return Path(path)

    def save_map_sheet(self, path: str | PathLike[str], *, title: str | None = None) -> Path:
        """Write the maps of all columns on one sheet, as PNG."""
        columns = list(map_quantities(self.cells.columns))
        draw_contact_sheet(self.cells, Path(path), columns=columns, **self._map_labels(title))
        return Path(path)

    def save_beams(
        self,
        path: str | PathLike[str],
        *,
        time: Instant | None = None,
        minutes: float | None = None,
        title: str | None = None,
    ) -> Path:
        """Write a map of who serves the beam cells at an instant, or with `minutes` an animation (GIF) from it on.

        Parameters
        ----------
        path : str or path
            File with the ending .png, .svg, .pdf or, for an animation, .gif; or a folder for `beams.png` or `.gif`.
        time : str, datetime or datetime64, optional
            The instant, UTC; by default the start of the span.
        minutes : float, optional
            Length of the animation.

        Raises
        ------
        ResultError
            If the result has no beams, or an input has changed since the run.
        ScenarioError
            If the instant is outside the span, or the ending does not fit.
        """
        self._warn_of_changed_inputs()
        with compilation_logged():
            instant = None if time is None else instant_text(time)
            return write_beams(
                self, Path(path), title=self._map_labels(title)["title"], instant=instant, minutes=minutes
            )

    def table(self, by: str | PathLike[str] = "region") -> AreaTable:
        """Return people served, availability, gaps and waits by area.

        Parameters
        ----------
        by : str or path
            One row for each "region", "province" or "municipality" of Italy, "country", "cell", or for each polygon
            of a file.

        Raises
        ------
        ResultError
            If no cell lies in Italy, in a known country or in a polygon.
        RegionError
            If the file is no polygon file.
        """
        self._warn_of_changed_inputs()
        return area_table(self, str(by))

    def explain(
        self, site: Site | str | None = None, *, cell: str | None = None, time: Instant | None = None
    ) -> Explanation:
        """Explain the figures of one cell: its budget at an instant, who is in view, and a check by the exact formula.

        Parameters
        ----------
        site : Site or str, optional
            A place in the cell.
        cell : str, optional
            The `cell_id`, instead of a place.
        time : str, datetime or datetime64, optional
            The instant, UTC; by default that of the lowest margin of the first service.

        Raises
        ------
        RegionError
            If no cell has this id or contains the place.
        ResultError
            If an input has changed since the run.
        """
        self._warn_of_changed_inputs()
        return explain_cell(self, site, cell=cell, time=time)

    def _warn_of_changed_inputs(self) -> None:
        for notice in self.notices:
            warn(notice)

    def _map_labels(self, title: str | None) -> dict[str, Any]:
        try:
            shown = checked_title(title or self.summary["title"])
        except ValueError as error:
            raise ArgumentError(str(error)) from None
        return {
            "title": shown,
            "subtitle": run_subtitle(self.summary),
            "caption": run_caption(self.summary),
            "area": self._drawn_area(),
            **basemap_layers(),
        }

    def _drawn_area(self) -> BaseGeometry | None:
        """Return what maps outline; None where the file of the area has changed or is gone."""
        try:
            read_stored_area(self)
            return drawn_area(self.scenario)
        except (ResultError, RegionError):
            return None

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write the result folder as `d2c run` does and return its path; ResultError if it cannot be written."""
        folder = Path(folder)
        self._write(folder)
        return folder

    def __repr__(self) -> str:
        """Return a one-line description."""
        services = (
            f"{name} {percent_text(service['availability'], decimals=2)}"
            for name, service in self.summary["services"].items()
        )
        served_by = network_text(self.summary["scenario"].get("beams"))
        cells = f"{len(self.cells):,} cells"
        return f"<d2c.Result: {self.summary['title']}, {cells}, {', '.join(services)}, {served_by}>"

    def _repr_html_(self) -> str:
        """Return the HTML shown by notebooks: title, time span, services and limitations."""
        texts = f"<p>{lead(self.summary)}</p><p>{page_subtitle(self.summary)}</p>"
        heading = f"<h3>{escape(self.summary['title'])}</h3>{texts}"
        return f"<div>{heading}{services_table(self.summary)}{cautions(self.summary)}</div>"


def result_from_run(result: CoverageResult) -> Result:
    """Return the result of a coverage run."""
    summary = summary_report(result)
    time = result.scenario.time.model_copy(update={"start": summary["start_utc"]})
    return Result(
        folder=None,
        scenario=result.scenario.model_copy(update={"time": time}),
        inputs_sha256=dict(result.inputs.sha256),
        cells=cells_frame(result.columns(), result.inputs.grid.boundary),
        timeline=_timeline(result.timeline_columns()),
        summary=summary,
        _write=partial(write_result, result),
    )


def result_from_folder(folder: Path) -> Result:
    """Read the result in a folder; ResultError if it is not one or is damaged."""
    opened = open_result(folder)
    path = folder / "timeline.csv"
    try:
        table = pd.read_csv(path, parse_dates=["utc"])
        timeline = _timeline({str(name): table[name].to_numpy() for name in table})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultError(
            f"{path} cannot be read as the timeline of a run; make the result again with d2c run"
        ) from error
    return Result(
        folder=folder,
        scenario=opened.scenario,
        inputs_sha256=opened.inputs_sha256,
        cells=opened.cells,
        summary=opened.summary,
        notices=opened.notices,
        timeline=timeline,
        _write=partial(_copy, folder),
    )


def _timeline(columns: Columns) -> pd.DataFrame:
    """Return the timeline indexed by `utc`, with the same types from memory and from a file."""
    utc = pd.DatetimeIndex(pd.to_datetime(columns["utc"], utc=True), name="utc").as_unit("us")
    figures = {
        name: round_column(name, np.asarray(values)) for name, values in columns.items() if name != "utc"
    }
    integers = {name: np.int64 for name, values in figures.items() if values.dtype.kind in "iu"}
    return pd.DataFrame(figures, index=utc).astype(integers)


def _copy(source: Path, folder: Path) -> None:
    with atomic_folder(folder, replaces=RESULT_FILES) as staging:
        for file in (source / name for name in RESULT_FILES):
            if file.is_file():
                shutil.copyfile(file, staging / file.name)
        if (source / INPUTS).is_dir():
            shutil.copytree(source / INPUTS, staging / INPUTS)

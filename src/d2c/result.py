"""Coverage result for Python and notebooks: cells and timeline as data frames, printed maps, HTML summary."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
from PIL import Image

from d2c.coverage.result import Columns, CoverageResult
from d2c.errors import ResultError
from d2c.files import atomic_folder
from d2c.output.folder.result_folder import RESULT_FILES, write_result
from d2c.output.format.percent import percent_text
from d2c.output.maps.basemap import basemap_layers
from d2c.output.maps.picture import draw_map
from d2c.output.reports.caption import run_caption, run_subtitle
from d2c.output.reports.headline import network_text
from d2c.output.reports.summary import summary_report
from d2c.output.web.text import cautions, lead, services_table
from d2c.output.web.text import subtitle as page_subtitle
from d2c.results.column_lookup import default_map_column
from d2c.results.format.rounding import round_column
from d2c.results.layers.cells import cells_frame
from d2c.results.run_inputs import INPUTS
from d2c.results.stored import ResultTables, open_result


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Result(ResultTables):
    """Result of a coverage run, equal whether computed or read from its folder; numbers are rounded as in the files.

    timeline: a row per step, indexed by `utc`: satellites in view, fractions of cells and area visible and served. The
    rest as in ResultTables: scenario, cells, summary, folder.
    """

    timeline: pd.DataFrame
    _write: Callable[[Path], None] = field(repr=False)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return a copy of the cells."""
        return self.cells.copy()

    def map(self, column: str | None = None, *, title: str | None = None) -> Image.Image:
        """Return a printed map of a column, by default the one that `d2c run` draws.

        Raises ResultError for a column that has no map.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "map.png"
            draw_map(
                self.cells,
                path,
                column=column or default_map_column(self.cells.columns),
                title=title or self.summary["title"],
                subtitle=run_subtitle(self.summary),
                caption=run_caption(self.summary),
                **basemap_layers(),
            )
            with Image.open(path) as picture:
                picture.load()
                return picture

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

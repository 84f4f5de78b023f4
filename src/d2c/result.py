"""A result in Python: frames to work with, pictures to look at, and what a notebook shows of it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from PIL import Image

from d2c.coverage.result import Columns, CoverageResult
from d2c.errors import ResultError
from d2c.files import atomic_folder
from d2c.output.folder.result_folder import RESULT_FILES, write_result
from d2c.output.maps.basemap import ground
from d2c.output.maps.picture import draw_map
from d2c.output.reports.summary import caption, subtitle, summary
from d2c.output.web.text import cautions, services_table
from d2c.output.web.text import subtitle as page_subtitle
from d2c.results.columns import first_to_show
from d2c.results.format.rounding import rounded
from d2c.results.layers.cells import cells_frame
from d2c.results.stored import open_result
from d2c.scenario.model import Scenario


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Result:
    """What a run found, the same whether computed now or opened from its folder; numbers are rounded as in the files.

    scenario: as asked, but starting at the instant of the run. cells: a row a cell with its polygon (docs/columns.md).
    timeline: a row a step, by `utc`: satellites in view, fractions of cells and area visible and served. summary: the
    content of summary.json.
    """

    scenario: Scenario
    cells: gpd.GeoDataFrame
    timeline: pd.DataFrame
    summary: dict[str, Any]
    _write: Callable[[Path], None] = field(repr=False)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return a copy of the cells, to change at will."""
        return self.cells.copy()

    def map(self, column: str | None = None, *, title: str | None = None) -> Image.Image:
        """Return a printed map of a column, of the one that `d2c run` draws unless given; notebooks show it.

        Raises ResultError for a column that has no map.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "map.png"
            draw_map(
                self.cells,
                path,
                column=column or first_to_show(self.cells.columns),
                title=title or self.summary["title"],
                subtitle=subtitle(self.summary),
                caption=caption(self.summary),
                **ground(),
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
        """Return the result in a line."""
        services = (
            f"{name} {100 * service['availability']:.2f} %"
            for name, service in self.summary["services"].items()
        )
        return f"<d2c.Result: {self.summary['title']}, {len(self.cells):,} cells, {', '.join(services)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: when and where, the services, and what to know before believing it."""
        found = self.summary
        heading = f"<h3>{escape(found['title'])}</h3><p>{page_subtitle(found)}</p>"
        return f"<div>{heading}{services_table(found)}{cautions(found)}</div>"


def computed(result: CoverageResult) -> Result:
    """Return a run's result."""
    found = summary(result)
    time = result.scenario.time.model_copy(update={"start": found["start_utc"]})
    return Result(
        scenario=result.scenario.model_copy(update={"time": time}),
        cells=cells_frame(result.columns(), result.inputs.grid.boundary),
        timeline=_timeline(result.timeline_columns()),
        summary=found,
        _write=partial(write_result, result),
    )


def stored(folder: Path) -> Result:
    """Return the result in a folder; ResultError if it is none or is damaged."""
    opened = open_result(folder)
    path = folder / "timeline.csv"
    try:
        read = pd.read_csv(path, parse_dates=["utc"])
        timeline = _timeline({str(name): read[name].to_numpy() for name in read})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultError(
            f"{path} cannot be read as the timeline of a run; make the result again with d2c run"
        ) from error
    return Result(
        scenario=opened.scenario,
        cells=opened.cells,
        timeline=timeline,
        summary=opened.summary,
        _write=partial(_copy, folder),
    )


def _timeline(columns: Columns) -> pd.DataFrame:
    """Return the columns of a timeline by `utc`, with the same types from memory as from a file."""
    utc = pd.DatetimeIndex(pd.to_datetime(columns["utc"], utc=True), name="utc").as_unit("us")
    figures = {name: rounded(name, np.asarray(values)) for name, values in columns.items() if name != "utc"}
    whole = {name: np.int64 for name, values in figures.items() if values.dtype.kind in "iu"}
    return pd.DataFrame(figures, index=utc).astype(whole)


def _copy(source: Path, folder: Path) -> None:
    with atomic_folder(folder, replaces=RESULT_FILES) as staging:
        for file in (source / name for name in RESULT_FILES):
            if file.is_file():
                shutil.copyfile(file, staging / file.name)

"""Comparison of two results."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2c.analysis import comparison
from d2c.api.result import Result
from d2c.output.folder.comparison_folder import write_comparison
from d2c.output.reports.comparison import comparison_report, comparison_text, comparison_title
from d2c.results.stored import ResultTables, open_result

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ResultChange:
    """What a second result has more or less of; made by `compare`. Printed, it is the text of `d2c compare`.

    Examples
    --------
    >>> import d2c
    >>> short = {"time.duration_h": 1}
    >>> before = d2c.run(area="molise", set=short, best_case=True)
    >>> after = d2c.run(area="molise", set={**short, "link.min_elevation_deg": 40}, best_case=True)
    >>> change = d2c.compare(before, after)
    >>> change.differences
    {'link.min_elevation_deg': (25.0, 40.0)}
    >>> bool((change.cells["text_availability_change"] <= 0).all())
    True
    """

    _change: comparison.Comparison
    _report: dict[str, Any]
    _title: str

    @property
    def cells(self) -> "gpd.GeoDataFrame":
        """Return the cells of the finer grid with a column `NAME_change` for each common column, after minus before."""
        return self._change.cells

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Return the keys of the scenarios that differ, with both values."""
        return dict(self._change.differences)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each service and share of the time: area in km2 and people, gained and lost."""
        import pandas as pd  # here for start-up time

        rows = {
            (service, float(share)): gained_and_lost
            for service, figures in self._change.table.items()
            for share, gained_and_lost in figures["gained_and_lost_by_availability"].items()
        }
        frame = pd.DataFrame.from_dict(rows, orient="index")
        return frame.rename_axis(["service", "availability"])

    def to_dict(self) -> dict[str, Any]:
        """Return the content of comparison.json."""
        return dict(self._report)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write the difference as layers in all formats, with a map and comparison.json; OperationError if it fails."""
        write_comparison(self._change, Path(folder), title=self._title, report=self._report)
        return Path(folder)

    def __str__(self) -> str:
        """Return the text of `d2c compare`."""
        return comparison_text(self._report)

    def __repr__(self) -> str:
        """Return the titles and the number of cells."""
        return f"<d2c.ResultChange: {self._title}, {len(self.cells):,} cells>"


def compare(before: Result | str | PathLike[str], after: Result | str | PathLike[str]) -> ResultChange:
    """Compare two results: coverage gained and lost from the first to the second.

    Parameters
    ----------
    before, after : Result, str or path
        Results, or the folders of results; if their grids differ, the finer one is used.

    Returns
    -------
    ResultChange

    Raises
    ------
    ResultError
        If one is no result, or they have no area or no figure in common.

    Examples
    --------
    >>> import d2c
    >>> result = d2c.run(area="molise", set={"time.duration_h": 0.5})
    >>> int(d2c.compare(result, result).to_frame()["lost_people"].sum())
    0
    """
    first, second = _tables(before), _tables(after)
    change = comparison.compare(first, second)
    return ResultChange(change, comparison_report(change, first, second), comparison_title(first, second))


def _tables(result: Result | str | PathLike[str]) -> ResultTables:
    return result if isinstance(result, ResultTables) else open_result(Path(result))

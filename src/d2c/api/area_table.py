"""A result by Italian region, province or municipality, by country, by cell, or by polygons of the user's own."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2c.analysis.admin_areas import Table, admin_area_table, people_outside_italy
from d2c.analysis.area_table import cell_table, country_table, polygon_table
from d2c.analysis.table_files import table_bytes, table_rows
from d2c.api.defaults import ADMIN_LEVELS, FILE_KINDS
from d2c.errors import ResultError
from d2c.files import write_bytes
from d2c.output.reports.headline import asked_text, headline
from d2c.results.stored import ResultTables

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class AreaTable:
    """People, availability, gaps and waits by area; made by `Result.table`.

    Printed, it is the Markdown of `d2c table`.

    Attributes
    ----------
    by : str
        What a row is: "region", "province", "municipality", "country", "cell", or a polygon of this file.
    people_elsewhere : int
        People of the result who live outside Italy and are in no row.

    Examples
    --------
    >>> import d2c
    >>> table = d2c.run(area="molise", set={"time.duration_h": 0.5}).table(by="province")
    >>> table.to_frame()["province"].tolist()
    ['Campobasso', 'Isernia']
    """

    by: str
    people_elsewhere: int
    _table: Table
    _services: tuple[str, ...]
    _head: tuple[str, ...]

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each area; ISTAT codes, in whose order Italian areas stand, keep their leading zeros."""
        import pandas as pd  # here for start-up time

        return pd.DataFrame(self._table)

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the rows; None for a missing figure."""
        return table_rows(self._table)

    def to_bytes(self, kind: str) -> bytes:
        """Return the table as `csv`, `xlsx`, `parquet` or `markdown`; ScenarioError if a package lacks."""
        return table_bytes(self._table, kind, by=self.by, services=self._services, head=self._head)

    def save(self, path: str | PathLike[str], *, kind: str | None = None) -> Path:
        """Write the table as its ending (.csv, .xlsx, .parquet, .md) or `kind` says; ResultError for another ending."""
        path = Path(path)
        if kind is None and path.suffix not in FILE_KINDS:
            raise ResultError(f"{path}: unknown file ending; use {', '.join(FILE_KINDS)}")
        write_bytes(path, self.to_bytes(kind or FILE_KINDS[path.suffix]))
        return path

    def __len__(self) -> int:
        """Return the number of areas."""
        return len(self._table["population"])

    def __str__(self) -> str:
        """Return the table as Markdown."""
        return self.to_bytes("markdown").decode().rstrip("\n")

    def __repr__(self) -> str:
        """Return the number of areas."""
        return f"<d2c.AreaTable: {len(self)} rows by {self.by}>"


def area_table(stored: ResultTables, by: str) -> AreaTable:
    """Return a result by area; errors as for `Result.table`."""
    table, elsewhere = _table(stored, by)
    summary = stored.summary
    return AreaTable(
        by,
        elsewhere,
        table,
        tuple(summary["services"]),
        (f"# {summary['title']}", headline(summary), asked_text(summary)),
    )


def _table(stored: ResultTables, by: str) -> tuple[Table, int]:
    """Return the table, and how many people of the result live outside Italy where it has Italian areas."""
    for level in ADMIN_LEVELS:
        if by == level:
            table = admin_area_table(stored, level)
            return table, people_outside_italy(stored, table)
    if by == "cell":
        return cell_table(stored), 0
    return (country_table(stored) if by == "country" else polygon_table(stored, Path(by))), 0

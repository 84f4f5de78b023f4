"""Why a cell of a result has its figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from d2c.api.compiling import compilation_logged
from d2c.api.settings import Instant, instant_text
from d2c.errors import RegionError
from d2c.orbit.epoch import start_utc
from d2c.output.reports.explanation import explanation_report
from d2c.output.reports.explanation_text import explanation_text
from d2c.region.cell_lookup import cell_at_position, cell_by_id
from d2c.results.stored import ResultTables, read_stored_inputs
from d2c.site.site import Site

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class Explanation:
    """Why a cell of a result has its figures; made by `Result.explain`.

    Printed, it is the text of `d2c explain`.

    Examples
    --------
    >>> import d2c
    >>> explanation = d2c.run("molise", set={"time.duration_h": 0.5, "grid.resolution": 5}).explain("Campobasso")
    >>> explanation.cell_id, explanation.agrees
    ('851e816ffffffff', True)
    """

    _report: Mapping[str, Any]

    @property
    def cell_id(self) -> str:
        """Return the id of the cell."""
        return str(self._report["cell"]["cell_id"])

    @property
    def server(self) -> str | None:
        """Return the name of the serving satellite at the instant; None if nobody serves."""
        server: str | None = self._report["server"]
        return server

    @property
    def agrees(self) -> bool:
        """Return whether the stored figures are those of the exact formula."""
        return bool(self._report["agreement"]["agrees"])

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each satellite in view at the instant, best server first."""
        import pandas as pd  # here for start-up time

        return pd.DataFrame(self._report["in_view"])

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, unrounded."""
        return dict(self._report)

    def __str__(self) -> str:
        """Return the text of `d2c explain`."""
        return explanation_text(self._report)

    def __repr__(self) -> str:
        """Return the cell, the instant and the server."""
        return f"<d2c.Explanation: cell {self.cell_id} at {self._report['time']['utc']}, served by {self.server}>"


def explain_cell(
    stored: ResultTables, site: Site | str | None, *, cell: str | None, time: Instant | None
) -> Explanation:
    """Return the explanation of the cell of a site, or of the one with this id; errors as for `Result.explain`."""
    if (site is None) == (cell is None):
        raise RegionError("give either a site or a cell")
    with compilation_logged():
        inputs = read_stored_inputs(stored)
        if cell is not None:
            index = cell_by_id(inputs.grid, cell)
        else:
            at = site if isinstance(site, Site) else Site(site)
            place = {"latitude_deg": at.latitude_deg, "longitude_deg": at.longitude_deg}
            index = cell_at_position(inputs.grid, **place)
        instant_utc = None if time is None else start_utc(instant_text(time), inputs.constellation)
        return Explanation(explanation_report(stored, inputs, index, instant_utc=instant_utc))

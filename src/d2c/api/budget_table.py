"""Link budget of one satellite and one handset at one or several elevations, as an object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from d2c.api.link_geometry import LinkRequest
from d2c.library.models import Handset, LossSet, Payload
from d2c.link.budget import LinkBudget
from d2c.link.margins import LinkAnalysis, ServiceMargin
from d2c.link.satellite_geometry import SatelliteGeometry
from d2c.output.format.tables import Notes, as_csv, as_markdown, as_text, report_rows, report_sections

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class BudgetTable:
    """Link budget of one satellite and one handset, at one or several elevations; made by `link_budget`.

    Printed, it is the table of `d2c link`. Arrays have the shape of the elevations, () for one.

    Attributes
    ----------
    payload, handset, losses : Payload, Handset, LossSet
        The entries as used.

    Examples
    --------
    >>> import d2c
    >>> budget = d2c.link_budget(altitude_km=360, elevation_deg=[30, 90])
    >>> budget.services["text"].margin_db.round(1)
    array([21.2, 29. ])
    >>> budget.uplink.lines[0].name
    'handset EIRP'
    """

    payload: Payload
    handset: Handset
    losses: LossSet
    _keys: Mapping[str, Any]
    _header: Sequence[str]
    _request: LinkRequest
    _analysis: LinkAnalysis
    _reports: Sequence[Mapping[str, Any]]

    @property
    def geometry(self) -> SatelliteGeometry:
        """Return elevation, slant range and off-nadir angle (`look`), delay and Doppler."""
        return self._request.geometry

    @property
    def downlink(self) -> LinkBudget:
        """Return the downlink: `lines` in dB with their sources, `c_n_db`, `c_n0_dbhz`, `pfd_dbw_m2_mhz`."""
        return self._analysis.downlink

    @property
    def uplink(self) -> LinkBudget | None:
        """Return the uplink; None for a payload without one."""
        return self._analysis.uplink

    @property
    def services(self) -> dict[str, ServiceMargin]:
        """Return the margin of each service by name: `margin_db`, `direction_margin_db`, `probability`."""
        return {margin.name: margin for margin in self._analysis.margins}

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each figure by section and name: sign, unit, a column for each elevation, and the source."""
        import pandas as pd  # here for start-up time

        columns = [list(report_rows(report)) for report in self._reports]
        names = [report["geometry"]["elevation_deg"] for report in self._reports]
        rows, index = [], []
        for several in zip(*columns, strict=True):
            section, name, sign, _, unit, source, assumed = several[0]
            values = [row[3] for row in several]
            if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
                index.append((section, name))
                rows.append([sign, unit, *map(float, values), source, assumed])
        return pd.DataFrame(
            rows,
            index=pd.MultiIndex.from_tuples(index, names=["section", "name"]),
            columns=["sign", "unit", *names, "source", "assumed"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all figures unrounded; of several elevations a list under the key `budgets`."""
        reports = list(self._reports)
        return {**self._keys, **(reports[0] if len(reports) == 1 else {"budgets": reports})}

    def to_csv(self) -> str:
        """Return all figures as CSV, one a row."""
        return as_csv(self._reports)

    def to_markdown(self) -> str:
        """Return the tables as Markdown."""
        notes = Notes()
        return as_markdown(report_sections(self._reports, notes), notes, head=self._header)

    def __str__(self) -> str:
        """Return the table of `d2c link`."""
        notes = Notes()
        return as_text(report_sections(self._reports, notes), notes, head=self._header)

    def __repr__(self) -> str:
        """Return payload, handset and the margins."""
        margins = ", ".join(
            f"{name} {' '.join(f'{row:.1f}' for row in margin.margin_db.ravel())} dB"
            for name, margin in self.services.items()
        )
        return f"<d2c.BudgetTable: {self.payload.title} to {self.handset.title}; margin {margins}>"

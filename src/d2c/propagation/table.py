"""Tables of standards: reader of the TOML files that hold one printed table each, with its source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.propagation.model_range import check_range


@dataclass(frozen=True, eq=False, slots=True)
class StandardTable:
    """One table as printed; `columns` are locked arrays of one length, named with their units."""

    document: str
    edition: str
    table: str
    title: str
    source: str
    """Document or copy in which the figures were read."""
    checked: str
    """How the figures were verified."""
    assumed: str
    """Reason why a figure is assumed, where no source could be read; empty if none is."""
    columns: Mapping[str, NDArray[np.float64]]

    @property
    def name(self) -> str:
        """Return the reference of the table for messages and listings."""
        return f"{self.document} {self.edition}".strip() + f", {self.table}"

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        """Return a column."""
        return self.columns[column]

    def at_elevation(self, column: str, *, elevation_deg: Any) -> Any:
        """Return a column at elevations, same shape: exact at printed points, linear interpolation between them.

        ModelRangeError outside the printed elevations.
        """
        printed = self["elevation_deg"]
        check_range(
            name="elevation",
            value=elevation_deg,
            low=printed[0],
            high=printed[-1],
            unit="deg",
            document=self.name,
        )
        return np.interp(elevation_deg, printed, self[column])


@cache
def read_table(name: str, *, package: str = "d2c.propagation") -> StandardTable:
    """Read a table from the `tables/` folder of a package; cached."""
    text = (resources.files(package) / "tables" / f"{name}.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    columns = {column: np.array(values, dtype=float) for column, values in content.pop("columns").items()}
    for values in columns.values():
        values.setflags(write=False)
    return StandardTable(columns=MappingProxyType(columns), **content)

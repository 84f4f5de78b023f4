"""A result by Italian region, province and municipality: who is served, how much of the time, after what wait.

The people of a cell belong to municipalities in the shares of region/population.py, so that every table sums up to
the Italian population of the whole result. Figures that are means are means over people.
"""

import io
import json
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from d2c.errors import ResultError
from d2c.region.grid import Grid
from d2c.region.population import ABROAD, Spread, municipalities, spread_people
from d2c.results.format.rounding import rounded
from d2c.results.format.text_files import csv_text
from d2c.results.stored import StoredResult, read_stored_area

Level = Literal["region", "province", "municipality"]
Table = dict[str, NDArray[Any]]

LEVELS: tuple[Level, ...] = get_args(Level)
_CODE = {"region": "region_code", "province": "province_code", "municipality": "istat_code"}
_OF_A_REGION = ("region_code", "region")
_OF_A_PROVINCE = ("province_code", "province", "province_short", *_OF_A_REGION)
_NAMES = {
    "region": _OF_A_REGION,
    "province": _OF_A_PROVINCE,
    "municipality": ("istat_code", "municipality", *_OF_A_PROVINCE),
}
_SHARES = (0.9, 0.99)
_FIGURES = ("availability", "longest_gap_s", "mean_wait_s")
_PRINTED = (
    "availability",
    "population_90",
    "population_99",
    "longest_gap_s",
    "longest_gap_mean_s",
    "mean_wait_s",
)
_HEADER = "| {} | code | people | availability | people with 90 % | with 99 % | longest gap | its mean | mean wait |"
_ROW = "| {} | {} | {:,} | {} | {:,} | {:,} | {} | {} | {} |"


def territory_table(stored: StoredResult, by: Level) -> Table:
    """Return one row a territory of Italy that the result has cells of, in the order of ISTAT's codes.

    First ISTAT's codes and names, then population and cells (those in which its people live), then of each service:
    _availability, _longest_gap_mean_s and _mean_wait_s, means over people; _population_90 and _population_99, who
    have it for that much of the time; _longest_gap_s, the worst of its cells. NaN where nobody is known to live.
    ResultError where the result has no cell of Italy.
    """
    spread = _spread_of(stored)
    italian = spread.municipality != ABROAD
    if not italian.any():
        raise ResultError(
            f"{stored.folder}: none of its {spread.cells:,} cells lies in an Italian municipality, and tables by "
            f"{by} are of Italy only; use the columns country and population of its layer"
        )
    cell, people = spread.cell[italian], spread.people[italian]
    towns = municipalities()
    town = spread.municipality[italian]
    _, representative, territory = np.unique(
        getattr(towns, _CODE[by])[town], return_index=True, return_inverse=True
    )
    table: Table = {name: getattr(towns, name)[town[representative]] for name in _NAMES[by]}
    rows = len(representative)
    table["population"] = _sum(territory, people, rows)
    pair = np.unique(territory * spread.cells + cell)
    table["cells"] = np.bincount(pair // spread.cells, minlength=rows)
    for name in stored.summary["services"]:
        figures = {key: stored.cells[f"{name}_{key}"].to_numpy(float)[cell] for key in _FIGURES}
        table |= _service_columns(name, figures, territory, people, table["population"])
    return {name: rounded(name, values) for name, values in table.items()}


def _service_columns(
    name: str,
    figures: dict[str, NDArray[np.float64]],
    territory: NDArray[np.int64],
    people: NDArray[np.int64],
    population: NDArray[np.int64],
) -> Table:
    """Return the columns of one service from its figures in each pair of cell and municipality."""

    def mean(key: str) -> NDArray[np.float64]:
        total = np.bincount(territory, people * figures[key], minlength=len(population))
        with np.errstate(invalid="ignore"):
            return np.asarray(total / population)

    worst = np.zeros(len(population))
    np.maximum.at(worst, territory, figures["longest_gap_s"])
    served = {
        f"{name}_population_{100 * share:g}": _sum(
            territory, np.where(figures["availability"] >= share, people, 0), len(population)
        )
        for share in _SHARES
    }
    return {
        f"{name}_availability": mean("availability"),
        **served,
        f"{name}_longest_gap_s": worst,
        f"{name}_longest_gap_mean_s": mean("longest_gap_s"),
        f"{name}_mean_wait_s": mean("mean_wait_s"),
    }


def _sum(territory: NDArray[np.int64], people: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    return np.bincount(territory, people, minlength=rows).astype(np.int64)


def _spread_of(stored: StoredResult) -> Spread:
    """Return who lives in which cell of a result, as when it was made."""
    frame = stored.cells
    texts = {name: frame[name].fillna("").to_numpy(np.str_) for name in ("surface", "country", "region")}
    choice = stored.scenario.grid
    grid = Grid(
        kind=choice.kind,
        cell_id=frame["cell_id"].to_numpy(np.str_),
        latitude_deg=frame["latitude_deg"].to_numpy(float, copy=True),
        longitude_deg=frame["longitude_deg"].to_numpy(float, copy=True),
        height_m=np.zeros(len(frame)),
        area_m2=frame["area_km2"].to_numpy(float) * 1e6,
        **texts,
        step_deg=choice.step_deg if choice.kind == "latlon" else 0.0,
    )
    spread = spread_people(read_stored_area(stored), grid)
    if not np.array_equal(spread.population(), frame["population"].to_numpy()):
        raise ResultError(
            f"{stored.folder}: its column population is not what the shipped municipalities give; make it again with "
            "d2c run"
        )
    return spread


def people_abroad(stored: StoredResult, table: Table) -> int:
    """Return how many people of the result are in no row of a table."""
    return int(stored.cells["population"].sum() - table["population"].sum())


def table_bytes(table: Table, kind: str, *, by: Level, services: Sequence[str]) -> bytes:
    """Return a table as csv, parquet or markdown; codes are texts, with their zeros."""
    if kind == "parquet":
        out = io.BytesIO()
        pd.DataFrame(table).to_parquet(out, index=False, compression="zstd")
        return out.getvalue()
    text = csv_text(table) if kind == "csv" else markdown(table, by=by, services=services)
    return text.encode("utf-8")


def table_json(table: Table) -> str:
    """Return a table as a JSON list of its rows, null where there is no figure."""
    columns = {name: pd.Series(values).astype(object) for name, values in table.items()}
    frame = pd.DataFrame({name: values.where(values.notna(), None) for name, values in columns.items()})
    return json.dumps(frame.to_dict("records"), indent=2, ensure_ascii=False)


def markdown(table: Table, *, by: Level, services: Sequence[str]) -> str:
    """Return a table for people, one part a service, in per cent, minutes and seconds."""
    parts = []
    for name in services:
        lines = [f"## {name}", "", _HEADER.format(by), "|---|---|" + "---:|" * 7]
        for row in range(len(table["population"])):
            figures = {key: table[f"{name}_{key}"][row] for key in _PRINTED}
            lines.append(
                _ROW.format(
                    table[by][row],
                    table[_CODE[by]][row],
                    table["population"][row],
                    _text(figures["availability"], "%", 100),
                    figures["population_90"],
                    figures["population_99"],
                    _text(figures["longest_gap_s"], "min", 1 / 60),
                    _text(figures["longest_gap_mean_s"], "min", 1 / 60),
                    _text(figures["mean_wait_s"], "s", 1),
                )
            )
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _text(value: float, unit: str, factor: float) -> str:
    """Return a figure as printed, a dash where there is none."""
    return "-" if np.isnan(value) else f"{value * factor:.{1 if unit == 'min' else 2}f} {unit}"

"""Tables of a result by Italian region, province or municipality: people served, availability, gaps and waits.

The population of a cell is divided among municipalities in the shares of region/population.py, so that every table
sums to the Italian population of the whole result. Means are weighted by population.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.errors import ResultError
from d2c.region.admin_level import AdminLevel
from d2c.region.grid import Grid
from d2c.region.population import ABROAD, PopulationDistribution, distribute_population, municipalities
from d2c.results.format.rounding import round_column
from d2c.results.stored import ResultTables, read_stored_area

Table = dict[str, NDArray[Any]]
CODES = {"region": "region_code", "province": "province_code", "municipality": "istat_code"}
_REGION_NAMES = ("region_code", "region")
_PROVINCE_NAMES = ("province_code", "province", "province_short", *_REGION_NAMES)
_NAMES = {
    "region": _REGION_NAMES,
    "province": _PROVINCE_NAMES,
    "municipality": ("istat_code", "municipality", *_PROVINCE_NAMES),
}
_SHARES = (0.9, 0.99)
_FIGURES = ("availability", "longest_gap_s", "mean_wait_s")
_CUT = "longest_gap_is_lower_bound"


def admin_area_table(stored: ResultTables, by: AdminLevel) -> Table:
    """Return one row per Italian administrative area with cells in the result, in the order of the ISTAT codes.

    First the ISTAT codes and names, then population and cells (those with inhabitants of the area), then per service:
    _availability, _longest_gap_mean_s and _mean_wait_s, means over the population; _population_90 and _population_99,
    people served for at least that percentage of the time; _population_never, those in cells whose median phone is
    never served, which gaps and waits leave out; _longest_gap_s, the worst of its cells, and whether the span cuts it.
    NaN without recorded population or where nobody is ever served. ResultError if the result has no cell in Italy.
    """
    distribution = _population_distribution(stored)
    italian = distribution.municipality != ABROAD
    if not italian.any():
        raise ResultError(
            f"{stored.label}: none of its {distribution.cells:,} cells lies in an Italian municipality, and "
            f"tables by {by} cover Italy only; use the columns country and population of its layer"
        )
    cell, people = distribution.cell[italian], distribution.people[italian]
    register = municipalities()
    municipality = distribution.municipality[italian]
    _, representative, area = np.unique(
        getattr(register, CODES[by])[municipality], return_index=True, return_inverse=True
    )
    table: Table = {name: getattr(register, name)[municipality[representative]] for name in _NAMES[by]}
    rows = len(representative)
    table["population"] = _population_sum(area, people, rows)
    area_and_cell = np.unique(area * distribution.cells + cell)
    table["cells"] = np.bincount(area_and_cell // distribution.cells, minlength=rows)
    for name in stored.summary["services"]:
        figures = service_figures(stored, name, cell)
        table |= service_columns(name, figures, area, people, weight=people, rows=rows)
    return {name: round_column(name, values) for name, values in table.items()}


def service_figures(
    stored: ResultTables, name: str, cell: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Return the figures (N,) of a service in cells (N,), for `service_columns`."""
    figures = {key: stored.cells[f"{name}_{key}"].to_numpy(float)[cell] for key in _FIGURES}
    cut = f"{name}_{_CUT}"  # folders written before this was counted do not say
    figures[_CUT] = stored.cells[cut].to_numpy(float)[cell] if cut in stored.cells else np.zeros(len(cell))
    return figures


def service_columns(
    name: str,
    figures: dict[str, NDArray[np.float64]],
    area: NDArray[np.int64],
    people: NDArray[Any],
    *,
    weight: NDArray[Any],
    rows: int,
) -> Table:
    """Return the columns of one service from its figures for each pair (N,) of a cell and an area, by `area`.

    people: those of the pair; weight: that of the pair in the means.
    """

    def mean(key: str) -> NDArray[np.float64]:
        known = ~np.isnan(figures[key])
        total = np.bincount(area[known], (weight * figures[key])[known], minlength=rows)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.bincount(area[known], weight[known], minlength=rows))

    worst = np.full(rows, np.nan)
    np.fmax.at(worst, area, figures["longest_gap_s"])
    cut = np.isnan(worst)
    np.logical_or.at(cut, area, (figures[_CUT] > 0) & (figures["longest_gap_s"] == worst[area]))
    never = _population_sum(area, np.where(np.isnan(figures["longest_gap_s"]), people, 0), rows)
    served = {
        f"{name}_population_{100 * share:g}": _population_sum(
            area, np.where(figures["availability"] >= share, people, 0), rows
        )
        for share in _SHARES
    }
    return {
        f"{name}_availability": mean("availability"),
        **served,
        f"{name}_population_never": never,
        f"{name}_longest_gap_s": worst,
        f"{name}_{_CUT}": cut,
        f"{name}_longest_gap_mean_s": mean("longest_gap_s"),
        f"{name}_mean_wait_s": mean("mean_wait_s"),
    }


def _population_sum(area: NDArray[np.int64], people: NDArray[Any], rows: int) -> NDArray[np.int64]:
    return np.rint(np.bincount(area, people, minlength=rows)).astype(np.int64)


def _population_distribution(stored: ResultTables) -> PopulationDistribution:
    """Return the population of the cells of a result by municipality, as distributed when it was computed."""
    frame = stored.cells
    text_columns = {
        name: frame[name].fillna("").to_numpy(np.str_) for name in ("surface", "country", "region")
    }
    grid_choice = stored.scenario.grid
    grid = Grid(
        kind=grid_choice.kind,
        cell_id=frame["cell_id"].to_numpy(np.str_),
        latitude_deg=frame["latitude_deg"].to_numpy(float, copy=True),
        longitude_deg=frame["longitude_deg"].to_numpy(float, copy=True),
        height_m=np.zeros(len(frame)),
        area_m2=frame["area_km2"].to_numpy(float) * 1e6,
        **text_columns,
        step_deg=grid_choice.step_deg if grid_choice.kind == "latlon" else 0.0,
    )
    distribution = distribute_population(read_stored_area(stored), grid)
    if not np.array_equal(distribution.population(), frame["population"].to_numpy()):
        raise ResultError(
            f"{stored.label}: its column population differs from that of the shipped municipalities; "
            "compute it again with d2c run"
        )
    return distribution


def people_outside_italy(stored: ResultTables, table: Table) -> int:
    """Return the population of the result that no row of a table contains."""
    return int(stored.cells["population"].sum() - table["population"].sum())

"""Comparison of two results: the change of every figure per cell, and area and people gained or lost per service."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from d2c.errors import ResultError
from d2c.results.column_lookup import map_quantities
from d2c.results.layers.cells import cells_frame
from d2c.results.stored import ResultTables
from d2c.scenario.model import Scenario
from d2c.scenario.question import scenario_differences

_PLACE = (
    "cell_id",
    "latitude_deg",
    "longitude_deg",
    "area_km2",
    "population",
    "surface",
    "country",
    "region",
)
_SHARES = (0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True, eq=False, slots=True)
class Comparison:
    """The change from `before` to `after` on the finer of the two grids.

    cells: NAME_change for every column of both results, after minus before; left_out: number of cells of the finer
    grid without a counterpart, not in `cells`. table: the changes over the region by service. differences: scenario
    values and files that differ, (before, after) by key.
    """

    cells: gpd.GeoDataFrame
    left_out: int
    table: dict[str, Any]
    differences: dict[str, tuple[Any, Any]]


def compare(before: ResultTables, after: ResultTables) -> Comparison:
    """Compare two results; ResultError if they have no area or no column in common."""
    finer, coarser, swapped = before.cells, after.cells, False
    if finer["area_km2"].median() > coarser["area_km2"].median():
        finer, coarser, swapped = coarser, finer, True
    fine_rows, coarse_rows = _matching_rows(finer, coarser)
    if not len(fine_rows):
        raise ResultError(
            f"{before.label} and {after.label} have no area in common, so that nothing can be compared"
        )
    common = [
        name for name in map_quantities(finer.columns) if name in coarser.columns and name not in _PLACE
    ]
    if not common:
        raise ResultError(
            f"{before.label} and {after.label} have no service or other figure in common to compare"
        )
    fine, coarse = (
        finer.iloc[fine_rows].reset_index(drop=True),
        coarser.iloc[coarse_rows].reset_index(drop=True),
    )
    first, second = (coarse, fine) if swapped else (fine, coarse)
    columns: dict[str, NDArray[Any]] = {name: fine[name].to_numpy() for name in _PLACE}
    for name in common:
        columns[f"{name}_change"] = second[name].to_numpy(dtype=float) - first[name].to_numpy(dtype=float)
    area, people = fine["area_km2"].to_numpy(), fine["population"].to_numpy()
    services = [name.removesuffix("_availability") for name in common if name.endswith("_availability")]
    return Comparison(
        cells=cells_frame(columns, fine.geometry.to_numpy()),
        left_out=len(finer) - len(fine_rows),
        table={name: _service_changes(name, first, second, area, people) for name in services},
        differences=scenario_differences(_settings(before), _settings(after))
        | _different_files(before, after),
    )


def _matching_rows(
    finer: gpd.GeoDataFrame, coarser: gpd.GeoDataFrame
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of the finer grid and the coarser cell that contains each, matched by id or by centre."""
    if finer["cell_id"].tolist() == coarser["cell_id"].tolist():
        all_rows = np.arange(len(finer))
        return all_rows, all_rows
    centres = gpd.points_from_xy(finer["longitude_deg"], finer["latitude_deg"])
    centre, cell = coarser.sindex.query(np.asarray(centres), predicate="intersects")
    _, first = np.unique(centre, return_index=True)  # a centre on an edge counts once
    return centre[first], cell[first]


def _service_changes(
    name: str,
    first: gpd.GeoDataFrame,
    second: gpd.GeoDataFrame,
    area_km2: NDArray[np.float64],
    people: NDArray[np.int64],
) -> dict[str, Any]:
    """Return the area and people that gained or lost a service; area_km2 and people (G,) of the finer cells."""
    before, after = (frame[f"{name}_availability"].to_numpy() for frame in (first, second))
    gap_before, gap_after = (frame[f"{name}_longest_gap_s"].to_numpy() for frame in (first, second))
    thresholds = {}
    for share in _SHARES:
        gained, lost = (after >= share) & (before < share), (after < share) & (before >= share)
        thresholds[f"{share:g}"] = {
            "gained_km2": round(float(area_km2[gained].sum()), 3),
            "lost_km2": round(float(area_km2[lost].sum()), 3),
            "gained_people": int(people[gained].sum()),
            "lost_people": int(people[lost].sum()),
        }
    return {
        "availability_before": round(float(np.average(before, weights=area_km2)), 6),
        "availability_after": round(float(np.average(after, weights=area_km2)), 6),
        "gained_and_lost_by_availability": thresholds,
        "median_longest_gap_before_s": _median_gap_s(gap_before),
        "median_longest_gap_after_s": _median_gap_s(gap_after),
    }


def _settings(stored: ResultTables) -> Scenario:
    """Return the scenario with the names of files as given, wherever they are read from now."""
    given = {**stored.summary["scenario"], "time": stored.scenario.time.model_dump()}
    return Scenario.model_validate(given)


def _different_files(before: ResultTables, after: ResultTables) -> dict[str, tuple[Any, Any]]:
    """Return the hashes of files of one name that are not the same file."""
    first, second = before.inputs_sha256, after.inputs_sha256
    return {
        f"file {name}": (f"SHA-256 {first[name][:12]}...", f"SHA-256 {second[name][:12]}...")
        for name in first
        if name in second and first[name] != second[name]
    }


def _median_gap_s(gap_s: NDArray[np.float64]) -> float | None:
    """Return the median over the cells, those that are never served at the end; None if the median is such a cell."""
    median = float(np.median(np.where(np.isnan(gap_s), np.inf, gap_s)))
    return median if np.isfinite(median) else None

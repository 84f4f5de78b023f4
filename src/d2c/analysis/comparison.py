"""Two results side by side: what the second has more or less of than the first, per cell and in a table."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from d2c.errors import ResultError
from d2c.results.columns import quantities
from d2c.results.layers.cells import cells_frame
from d2c.results.stored import StoredResult

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
    """The change from `before` to `after` on the finer of their grids.

    cells: NAME_change for every column that both have, after minus before; cells that only one of them covers are
    left out, and counted. table: the figures of the region. differences: what the two were asked differently.
    """

    cells: gpd.GeoDataFrame
    left_out: int
    table: dict[str, Any]
    differences: dict[str, tuple[Any, Any]]


def compare(before: StoredResult, after: StoredResult) -> Comparison:
    """Return how the second result differs from the first; ResultError if they share no ground or no column."""
    finer, coarser, turned = before.cells, after.cells, False
    if finer["area_km2"].median() > coarser["area_km2"].median():
        finer, coarser, turned = coarser, finer, True
    mine, theirs = _matched(finer, coarser)
    if not len(mine):
        raise ResultError(
            f"{before.folder} and {after.folder} share no ground, so that nothing can be compared"
        )
    shared = [name for name in quantities(finer.columns) if name in coarser.columns and name not in _PLACE]
    if not shared:
        raise ResultError(f"{before.folder} and {after.folder} share no service or other figure to compare")
    fine, coarse = finer.iloc[mine].reset_index(drop=True), coarser.iloc[theirs].reset_index(drop=True)
    first, second = (coarse, fine) if turned else (fine, coarse)
    columns: dict[str, NDArray[Any]] = {name: fine[name].to_numpy() for name in _PLACE}
    for name in shared:
        columns[f"{name}_change"] = second[name].to_numpy(dtype=float) - first[name].to_numpy(dtype=float)
    area, people = fine["area_km2"].to_numpy(), fine["population"].to_numpy()
    services = [name.removesuffix("_availability") for name in shared if name.endswith("_availability")]
    return Comparison(
        cells=cells_frame(columns, fine.geometry.to_numpy()),
        left_out=len(finer) - len(mine),
        table={name: _of_service(name, first, second, area, people) for name in services},
        differences=_differences(
            before.scenario.model_dump(mode="json"), after.scenario.model_dump(mode="json")
        ),
    )


def _matched(finer: gpd.GeoDataFrame, coarser: gpd.GeoDataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which rows of the finer grid lie in which rows of the coarser one, by id or by their centre."""
    if finer["cell_id"].tolist() == coarser["cell_id"].tolist():
        everything = np.arange(len(finer))
        return everything, everything
    centres = gpd.points_from_xy(finer["longitude_deg"], finer["latitude_deg"])
    centre, cell = coarser.sindex.query(np.asarray(centres), predicate="intersects")
    _, first = np.unique(centre, return_index=True)  # a centre on an edge counts once
    return centre[first], cell[first]


def _of_service(
    name: str,
    first: gpd.GeoDataFrame,
    second: gpd.GeoDataFrame,
    area_km2: NDArray[np.float64],
    people: NDArray[np.int64],
) -> dict[str, Any]:
    """Return what a region gained and lost of a service; area_km2 and people (G,) are those of the finer cells."""
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
        "median_longest_gap_before_s": float(np.median(gap_before)),
        "median_longest_gap_after_s": float(np.median(gap_after)),
    }


def _differences(before: Any, after: Any, key: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the keys of two nested tables whose values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for name in before | after:
            found |= _differences(before.get(name), after.get(name), f"{key}.{name}".removeprefix("."))
        return found
    return {} if before == after else {key: (before, after)}

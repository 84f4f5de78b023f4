"""Tables of a result by country or by polygons of the user's own, and the table of its cells."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.analysis.admin_areas import Table, service_columns, service_figures
from d2c.errors import RegionError, ResultError
from d2c.region.polygon_file import read_features
from d2c.results.format.rounding import round_column
from d2c.results.stored import ResultTables
from d2c.text_files import is_file

_EQUAL_AREA = "EPSG:6933"
_NAMES = ("name", "NAME", "Name", "nome", "id")


def cell_table(stored: ResultTables) -> Table:
    """Return the cells of a result without their polygons, a row each."""
    frame = stored.cells.drop(columns="geometry")
    return {str(name): frame[name].to_numpy() for name in frame}


def country_table(stored: ResultTables) -> Table:
    """Return a row per country of the cells, by name, with the columns of `polygon_table`.

    Cells without land are in no row. ResultError if no cell has any.
    """
    country = stored.cells["country"].fillna("").to_numpy(np.str_)
    cell = np.flatnonzero(country != "")
    if not len(cell):
        raise ResultError(f"{stored.label}: none of its cells has land of a known country")
    names, area = np.unique(country[cell], return_inverse=True)
    return _table(stored, names, cell, area, np.ones(len(cell)))


def polygon_table(stored: ResultTables, path: Path) -> Table:
    """Return a row per feature of a polygon file, in its order: name, area_km2, population, cells, figures by service.

    A cell counts with its area in the polygon, at most that in the region, and with people in proportion. Means are
    weighted by area. Features are called by their attribute `name`, or numbered. RegionError for a file that is no
    polygon file, ResultError where no cell lies in any polygon.
    """
    names, polygons = _read_features(path)
    outlines = stored.cells.geometry.to_numpy()
    polygon, cell = shapely.STRtree(outlines).query(polygons, predicate="intersects")
    parts = gpd.GeoSeries(shapely.intersection(outlines[cell], polygons[polygon]), crs=stored.cells.crs)
    km2 = parts.to_crs(_EQUAL_AREA).area.to_numpy() / 1e6
    own_km2 = stored.cells["area_km2"].to_numpy(float)[cell]  # rounded: 0 for a sliver
    share = np.divide(km2, own_km2, out=np.ones(len(cell)), where=own_km2 > 0)
    share = np.where(km2 > 0, np.minimum(share, 1.0), 0.0)
    share[shapely.covers(polygons[polygon], outlines[cell])] = 1.0  # not what rounded outlines make of it
    inside = share > 0
    if not inside.any():
        raise ResultError(f"{path}: none of its {len(names):,} polygons has a part of {stored.label}")
    return _table(stored, names, cell[inside], polygon[inside], share[inside])


def _table(
    stored: ResultTables,
    names: NDArray[Any],
    cell: NDArray[np.int64],
    area: NDArray[np.int64],
    share: NDArray[np.float64],
) -> Table:
    """Return the table from pairs (N,) of a cell and an area, with the share of the cell in the area."""
    frame, rows = stored.cells, len(names)
    km2 = frame["area_km2"].to_numpy(float)[cell] * share
    people = frame["population"].to_numpy(float)[cell] * share
    table: Table = {
        "name": names,
        "area_km2": np.bincount(area, km2, minlength=rows),
        "population": np.rint(np.bincount(area, people, minlength=rows)).astype(np.int64),
        "cells": np.bincount(area, minlength=rows),
    }
    for name in stored.summary["services"]:
        table |= service_columns(
            name, service_figures(stored, name, cell), area, people, weight=km2, rows=rows
        )
    return {name: round_column(name, values) for name, values in table.items()}


def _read_features(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    if not is_file(path):
        levels = "region, province, municipality, country, cell"
        raise RegionError(f"{path}: there is no such file, and the levels are {levels}")
    features = read_features(path)
    keys = {key for row, _ in features for key in row}
    key = next((name for name in _NAMES if name in keys), None)
    names = [str(k if key is None else row.get(key)) for k, (row, _) in enumerate(features, start=1)]
    return np.array(names), np.array([polygon for _, polygon in features], object)

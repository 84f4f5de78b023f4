"""Polygon file of the user (any GDAL vector format) to polygons in WGS 84."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely import MultiPolygon, Polygon

from d2c.errors import RegionError
from d2c.region.boundaries import Area
from d2c.region.polygon_tiles import only_polygons
from d2c.region.reproject import WGS84, reproject

# A straight line in a projected system is a curve in longitude and latitude; pieces of a hundredth of the
# extent follow it within about a millionth of its length.
PIECES_PER_EXTENT = 100


def read_area(path: Path) -> Area:
    """Read the union of all polygons in a file that GDAL supports, named like the file.

    RegionError if it cannot be read, has no polygons or an invalid one, or no coordinate system.
    """
    polygons, crs = _read(path)
    if crs is None:
        raise RegionError(
            f"{path} has no coordinate system; write it as GeoJSON in longitude and latitude, "
            "or add the .prj file"
        )
    polygons = _to_wgs84(polygons, crs, path)
    for number, polygon in enumerate(polygons, start=1):
        Area(f"{path}, polygon {number}", polygon)  # raises with the position of the fault
    merged = shapely.union_all(polygons)
    if not isinstance(merged, Polygon | MultiPolygon):
        raise RegionError(f"{path} has no polygon with an area")
    return Area(path.stem, merged)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raise what GDAL and GEOS find wrong with a polygon file as a RegionError."""
    try:
        yield
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        shapely.GEOSException,
    ) as error:
        reason = str(error).partition(";")[0]
        raise RegionError(f"{path} cannot be read as a polygon file: {reason}") from error


def _read(path: Path) -> tuple[NDArray[Any], str | None]:
    """Return the single polygons of the only polygon layer, and its coordinate system."""
    layers: dict[str, tuple[NDArray[Any], str | None]] = {}
    with warnings.catch_warnings(), readable(path):
        warnings.simplefilter("ignore")  # GDAL's warnings; the polygons are validated below
        for layer, geometry_type in pyogrio.list_layers(path):
            if geometry_type is None:
                continue
            meta, _, wkb, _ = pyogrio.raw.read(path, layer=layer, columns=[], force_2d=True)
            polygons, _ = only_polygons(shapely.from_wkb(wkb))
            if len(polygons):
                layers[layer] = polygons, meta["crs"]
    if not layers:
        raise RegionError(f"{path} has no polygons; an area needs polygons, not points or lines")
    if len(layers) > 1:
        raise RegionError(
            f"{path} has {len(layers)} layers with polygons ({', '.join(layers)}); keep one of them"
        )
    return next(iter(layers.values()))


def _to_wgs84(polygons: NDArray[Any], crs: str, path: Path) -> NDArray[Any]:
    """Reproject the polygons to longitude and latitude."""
    system = CRS.from_user_input(crs)
    if system.equals(CRS.from_user_input(WGS84), ignore_axis_order=True):
        return polygons
    if system.is_projected:
        west, south, east, north = shapely.total_bounds(polygons)
        polygons = shapely.segmentize(polygons, max(east - west, north - south) / PIECES_PER_EXTENT)
    reprojected: NDArray[Any] = reproject(polygons, Transformer.from_crs(system, WGS84, always_xy=True))
    if not np.isfinite(shapely.get_coordinates(reprojected)).all():
        raise RegionError(f"{path} has coordinates outside the range of its own system, {system.name}")
    return reprojected

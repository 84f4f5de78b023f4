"""Polygon file of the user to polygons in WGS 84."""

from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely import MultiPolygon, Polygon

from d2c.constants import EARTH_EQUATORIAL_RADIUS_M
from d2c.errors import RegionError
from d2c.region.boundaries import Area
from d2c.region.polygon_tiles import only_polygons
from d2c.region.reproject import WGS84, reproject
from d2c.region.vector_file import Layer, read_layers

# A straight line in a projected system is a curve in longitude and latitude; pieces of a hundredth of the
# extent follow it within about a millionth of its length.
PIECES_PER_EXTENT = 100
_LARGEST_DIFFERENCE_M = (
    50_000.0  # of the equatorial radius: figures of the Earth differ by 10 km, Mars is half as large
)


def read_area(path: Path) -> Area:
    """Read the union of all polygons in a file, named like the file.

    RegionError if it cannot be read, has no polygons or an invalid one, or no coordinate system of the Earth.
    """
    layer, polygons = _only_layer(path)
    polygons = _to_wgs84(polygons, _system(layer.crs, path), path)
    for number, polygon in enumerate(polygons, start=1):
        check_polygon(f"{path}, polygon {number}", polygon)
    merged = shapely.union_all(polygons)
    if not isinstance(merged, Polygon | MultiPolygon) or merged.is_empty:
        raise RegionError(f"{path} has no polygon with an area")
    return Area(path.stem, merged)


def read_features(path: Path) -> list[tuple[dict[str, Any], Polygon | MultiPolygon]]:
    """Read the properties and the polygon of each feature in the first layer of a file; errors as `read_area`."""
    layers = read_layers(path, with_properties=True)
    kinds = {shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON}
    if not layers or not set(shapely.get_type_id(layers[0].geometry).tolist()) <= kinds:
        raise RegionError(f"{path} has features that are not polygons")
    layer = layers[0]
    polygons = _to_wgs84(layer.geometry, _system(layer.crs, path), path)
    for number, polygon in enumerate(polygons, start=1):
        check_polygon(f"{path}, polygon {number}", polygon)
    return [(dict(row), polygon) for row, polygon in zip(layer.properties, polygons, strict=True)]


def check_polygon(name: str, polygon: Polygon | MultiPolygon) -> None:
    """Raise RegionError for a polygon that is invalid, has no area, or has an edge whose way round is unclear."""
    Area(name, polygon)  # raises with the position of the fault
    if not polygon.area > 0:
        raise RegionError(f"{name} has no area")
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(polygon)), return_index=True)
    length_deg = np.abs(np.diff(points[:, 0]))
    at_pole = (np.abs(points[1:, 1]) == 90) & (np.abs(points[:-1, 1]) == 90)
    # An edge of 360 deg runs around the whole Earth; one a little shorter is meant to run the other way.
    unclear = (ring[1:] == ring[:-1]) & (length_deg > 180) & (length_deg < 360) & ~at_pole
    if unclear.any():
        k = int(np.flatnonzero(unclear)[0])
        edge = " to ".join(f"{x:g},{y:g}" for x, y in points[k : k + 2])
        raise RegionError(
            f"{name} has an edge longer than 180 deg, from longitude,latitude {edge}; cut the polygon at the 180th "
            "meridian (RFC 7946, 3.1.9), or give a long edge points in between"
        )


def _only_layer(path: Path) -> tuple[Layer, NDArray[Any]]:
    """Return the only layer with polygons, and its single polygons."""
    layers = []
    for layer in read_layers(path):
        polygons, _ = only_polygons(layer.geometry)
        if len(polygons):
            layers.append((layer, polygons))
    if not layers:
        raise RegionError(f"{path} has no polygons; an area needs polygons, not points or lines")
    if len(layers) > 1:
        names = ", ".join(layer.name for layer, _ in layers)
        raise RegionError(f"{path} has {len(layers)} layers with polygons ({names}); keep one of them")
    return layers[0]


def _system(crs: str | None, path: Path) -> CRS:
    """Return the coordinate system of a file; RegionError if it has none, or none of the Earth."""
    if crs is None:
        raise RegionError(
            f"{path} has no coordinate system; write it as GeoJSON in longitude and latitude, "
            "or add the .prj file"
        )
    way_out = "write it as GeoJSON in longitude and latitude"
    try:
        system = CRS.from_user_input(crs)
    except ProjError:
        raise RegionError(f"{path} has a coordinate system that is damaged or unknown; {way_out}") from None
    if not (system.is_geographic or system.is_projected):
        raise RegionError(
            f"{path} has the coordinate system {system.name!r}, no place on the Earth; {way_out}"
        )
    radius_m = system.ellipsoid.semi_major_metre if system.ellipsoid else 0.0
    if abs(radius_m - EARTH_EQUATORIAL_RADIUS_M) > _LARGEST_DIFFERENCE_M:
        raise RegionError(
            f"{path} has the coordinate system {system.name!r}, which is not of the Earth; {way_out}"
        )
    return system


def _to_wgs84(polygons: NDArray[Any], system: CRS, path: Path) -> NDArray[Any]:
    """Reproject the polygons to longitude and latitude."""
    if not np.isfinite(shapely.get_coordinates(polygons)).all():
        raise RegionError(f"{path} has coordinates that are not numbers")
    if system.equals(CRS.from_user_input(WGS84), ignore_axis_order=True):
        return polygons
    if system.is_projected:
        west, south, east, north = shapely.total_bounds(polygons)
        longest = max(east - west, north - south) / PIECES_PER_EXTENT
        polygons = shapely.segmentize(polygons, longest) if longest > 0 else polygons
    try:
        reprojected: NDArray[Any] = reproject(polygons, Transformer.from_crs(system, WGS84, always_xy=True))
    except ProjError:
        raise RegionError(
            f"{path} has the coordinate system {system.name!r}, which PROJ cannot use"
        ) from None
    if not np.isfinite(shapely.get_coordinates(reprojected)).all():
        raise RegionError(f"{path} has coordinates outside the range of its own system, {system.name}")
    return reprojected

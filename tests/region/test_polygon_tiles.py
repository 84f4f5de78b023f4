"""Polygon tiles: the quadtree preserves area and terminates."""

import numpy as np
import pytest
import shapely

from d2c.region.area import find_area
from d2c.region.boundaries import land
from d2c.region.polygon_tiles import TILE_VERTICES, cut_into_tiles, only_polygons


def test_tiles_are_small_and_partition_the_polygons():
    regions = [area.polygon for area in land().regions]
    tiles = cut_into_tiles(regions)
    assert shapely.get_num_coordinates(tiles.polygons).max() <= TILE_VERTICES
    area = np.bincount(tiles.owner, shapely.area(tiles.polygons))
    assert area == pytest.approx(shapely.area(regions), rel=1e-12)
    for polygon, owner in zip(tiles.polygons[::20], tiles.owner[::20], strict=True):
        assert polygon.difference(regions[owner]).area < 1e-12


def test_only_polygons_within_the_bounds_are_split():
    regions = [area.polygon for area in land().regions]
    around = find_area("12,41,13,42").polygon
    tiles = cut_into_tiles(regions, within=around)
    assert shapely.area(tiles.polygons).sum() == pytest.approx(
        shapely.union_all(regions).intersection(around).area
    )
    assert {land().regions[owner].name for owner in tiles.owner} == {"Lazio"}
    assert len(cut_into_tiles(regions, within=find_area("0,0,1,1").polygon).polygons) == 0


def test_many_vertices_in_one_point_terminate():
    # Two hundred triangular holes that touch each other in the middle.
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False).reshape(200, 2)
    holes = [[(0, 0), *np.column_stack([np.cos(a), np.sin(a)])] for a in angle]
    star = shapely.Polygon([(-2, -2), (2, -2), (2, 2), (-2, 2)], holes)
    assert star.is_valid
    tiles = cut_into_tiles([star])
    assert shapely.area(tiles.polygons).sum() == pytest.approx(star.area)


def test_clipping_gives_the_intersections():
    polygon = find_area("sicilia").polygon
    boxes = shapely.box(np.arange(12.0, 16), 37.0, np.arange(13.0, 17), 38.0)
    shape, _, part = cut_into_tiles([polygon]).clip(boxes)
    area = np.bincount(shape, shapely.area(part), minlength=len(boxes))
    assert area == pytest.approx(shapely.area(shapely.intersection(boxes, polygon)), rel=1e-12)


def test_only_polygons_of_collections_are_kept():
    box = shapely.box(0, 0, 1, 1)
    shapes = np.array(
        [
            shapely.Point(0, 0),
            shapely.GeometryCollection([box, shapely.MultiPolygon([box, shapely.box(2, 2, 3, 3)])]),
            shapely.Polygon(),
            box,
        ]
    )
    polygons, index = only_polygons(shapes)
    assert list(index) == [1, 1, 1, 3]
    assert set(shapely.get_type_id(polygons)) == {shapely.GeometryType.POLYGON}

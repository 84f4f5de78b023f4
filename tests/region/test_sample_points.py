"""Points within cells: inside them, evenly spread, and only where levels differ inside a cell."""

import h3
import numpy as np
import shapely

from d2c import geodesy
from d2c.region.area import find_area
from d2c.region.grid import h3_grid, latlon_grid
from d2c.region.sample_points import sample_points


def degrees(up):
    longitude_deg, latitude_deg = np.moveaxis(geodesy.normal_longitude_latitude_deg(up), -1, 0)
    return longitude_deg, latitude_deg


def test_points_of_h3_cells_are_the_centres_of_their_children():
    grid = h3_grid(find_area("molise"), resolution=5)
    point_m, up = sample_points(grid, spacing_m=10e3)
    assert point_m.shape == up.shape == (7, len(grid), 3)
    longitude_deg, latitude_deg = degrees(up)
    for g in range(len(grid)):
        parents = {
            h3.cell_to_parent(h3.latlng_to_cell(latitude_deg[p, g], longitude_deg[p, g], 6), 5)
            for p in range(7)
        }
        assert parents == {grid.cell_id[g]}
    np.testing.assert_allclose(point_m.mean(axis=0), grid.position_m, atol=100)


def test_points_of_boxes_are_nine_equal_parts():
    grid = latlon_grid(find_area("molise"), step_deg=0.1)
    point_m, up = sample_points(grid, spacing_m=10e3)
    assert point_m.shape == (9, len(grid), 3)
    longitude_deg, latitude_deg = degrees(up)
    inside = shapely.contains_xy(grid.boundary, longitude_deg, latitude_deg)
    assert inside.all()
    steps = np.unique(np.round(latitude_deg - grid.latitude_deg, 9))
    np.testing.assert_allclose(steps, [-0.1 / 3, 0.0, 0.1 / 3], atol=1e-9)


def test_small_cells_have_their_centre_only():
    grid = h3_grid(find_area("13.5,41.5,13.6,41.6"), resolution=8)
    point_m, up = sample_points(grid, spacing_m=10e3)
    np.testing.assert_array_equal(point_m, grid.position_m[None])
    np.testing.assert_array_equal(up, grid.up[None])

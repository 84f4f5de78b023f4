"""Lattices of hexagons: equal areas, neighbours at one distance, every place in the nearest hexagon."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c import geodesy
from d2c.region.area import find_area
from d2c.region.hexagons import hexagon_lattice


def lattice_of(name, radius_km, *, buffer_km=0.0):
    return hexagon_lattice(
        find_area(name, buffer_km=buffer_km), radius_m=radius_km * 1e3, middle=find_area(name)
    )


@pytest.fixture(scope="module")
def italy():
    return lattice_of("italy", 25)


def test_hexagons_have_the_area_of_their_radius(italy):
    """1.5 sqrt(3) R^2; straight edges in longitude and latitude change it by a millionth."""
    assert italy.area_m2 == pytest.approx(1.5 * np.sqrt(3) * 25e3**2)
    np.testing.assert_allclose(geodesy.area_m2(italy.boundary), italy.area_m2, rtol=1e-5)


def test_hexagons_cover_the_area_and_no_more(italy):
    area = find_area("italy").polygon
    outlines = italy.boundary
    assert shapely.intersects(outlines, area).mean() > 0.99  # edges are straight on the map
    assert shapely.area(area.difference(shapely.union_all(shapely.buffer(outlines, 1e-6)))) < 1e-4


def test_neighbours_are_root_3_radii_away(italy):
    near = italy.within(1.8 * 25e3)
    assert near.shape[1] == 6
    pairs = np.argwhere(near >= 0)
    apart_m = np.linalg.norm(italy.position_m[near[near >= 0]] - italy.position_m[pairs[:, 0]], axis=1)
    np.testing.assert_allclose(apart_m, np.sqrt(3) * 25e3, rtol=0.01)  # the projection is not conformal


@settings(max_examples=40, deadline=None)
@given(st.floats(36, 47), st.floats(7, 18))
def test_a_place_lies_in_the_hexagon_with_the_nearest_centre(italy, latitude, longitude):
    place = {"latitude_deg": np.array([latitude]), "longitude_deg": np.array([longitude])}
    around = italy.around(**place, rings=2)[0]
    assert len(around) == 19
    cell = italy.cell_at(**place)[0]
    assert cell == around[0]
    if cell >= 0:
        apart_m = np.linalg.norm(italy.position_m - geodesy.position_m(**place, height_m=np.zeros(1)), axis=1)
        assert apart_m[cell] <= 1.01 * apart_m.min()
        assert apart_m[cell] <= 1.01 * 25e3


def test_the_lattice_is_the_same_for_any_margin():
    near, far = (lattice_of("molise", 12, buffer_km=buffer_km) for buffer_km in (10, 80))
    here = {tuple(ij) for ij in near.ij.tolist()}
    assert here < {tuple(ij) for ij in far.ij.tolist()}
    of_far = {tuple(ij): k for k, ij in enumerate(far.ij.tolist())}
    index = [of_far[tuple(ij)] for ij in near.ij.tolist()]
    np.testing.assert_array_equal(far.position_m[index], near.position_m)

"""Cell lookup by id and by position."""

import h3
import pytest

from d2c.errors import RegionError
from d2c.region.area import find_area
from d2c.region.cell_lookup import cell_at_position, cell_by_id
from d2c.region.grid import h3_grid, latlon_grid


@pytest.fixture(scope="module")
def sicily():
    return h3_grid(find_area("sicilia"), resolution=5)


@pytest.fixture(scope="module")
def boxes():
    return latlon_grid(find_area("12,36,16,39"), step_deg=0.5)


@pytest.mark.parametrize(("latitude_deg", "longitude_deg"), [(37.5, 14.3), (38.1157, 13.3615), (36.75, 15.1)])
def test_the_cell_of_a_position_matches_h3(sicily, latitude_deg, longitude_deg):
    index = cell_at_position(sicily, latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    assert sicily.cell_id[index] == h3.latlng_to_cell(latitude_deg, longitude_deg, 5)


def test_the_box_of_a_position(boxes):
    index = cell_at_position(boxes, latitude_deg=37.6, longitude_deg=14.4)
    assert boxes.cell_id[index] == "N37.7500E014.2500"


def test_a_position_on_a_border_has_one_cell(boxes):
    index = cell_at_position(boxes, latitude_deg=37.5, longitude_deg=14.25)
    assert boxes.cell_id[index] in ("N37.2500E014.2500", "N37.7500E014.2500")


def test_every_cell_resolves_by_its_id(sicily):
    assert [cell_by_id(sicily, cell_id) for cell_id in sicily.cell_id] == list(range(len(sicily)))
    assert cell_by_id(sicily, f" {sicily.cell_id[3]} ") == 3


def test_error_outside_the_grid_names_the_nearest_cell(sicily):
    # Malta: nearest are the cells of the south-east coast, some 90 km away
    with pytest.raises(
        RegionError, match=r"outside every cell of the result; the nearest, \d+ km away"
    ) as caught:
        cell_at_position(sicily, latitude_deg=35.9, longitude_deg=14.5)
    near = cell_by_id(sicily, str(caught.value).split()[-1])
    assert sicily.latitude_deg[near] < 37.2


def test_unknown_id_suggests_a_neighbour(sicily):
    # a cell of Calabria, within 100 km of Messina
    outside = h3.latlng_to_cell(38.9, 16.2, 5)
    with pytest.raises(RegionError, match="the nearest is 85") as caught:
        cell_by_id(sicily, outside)
    near = cell_by_id(sicily, str(caught.value).split()[-1])
    assert h3.get_base_cell_number(str(sicily.cell_id[near])) == h3.get_base_cell_number(outside)


@pytest.mark.parametrize("query", ["", "zzz", "0", "851e8053ffffff0"])
def test_invalid_id_gives_a_one_line_error(sicily, query):
    with pytest.raises(RegionError, match="none of the") as caught:
        cell_by_id(sicily, query)
    assert "\n" not in str(caught.value)

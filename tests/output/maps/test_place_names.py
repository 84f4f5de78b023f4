"""The largest towns that have room: inside the frame, over nothing else, each beside its dot."""

import itertools

import numpy as np
import pytest
import shapely

from d2c.output.maps.map_view import MapView
from d2c.output.maps.place_names import place_names
from d2c.output.maps.sheet import Sheet
from d2c.region.gazetteer import Place, places

SHAPES = {
    "Campi Flegrei": shapely.box(14.0, 40.77, 14.2, 40.93),
    "Italy": shapely.box(6.6, 35.5, 18.5, 47.1),
    "the Mediterranean": shapely.box(-5.6, 30.2, 36.3, 45.8),
    "the world": shapely.box(-170, -60, 170, 60),
    "ocean": shapely.box(-40, 30, -30, 40),
}


def sheet_of(shape):
    return Sheet.laid_out(MapView.around(np.array([shape])), title="T", subtitle="S", caption="C")


@pytest.mark.parametrize("shape", SHAPES)
def test_names_overlap_neither_one_another_nor_dots_nor_the_frame(shape):
    sheet = sheet_of(SHAPES[shape])
    view = sheet.view
    frame = shapely.box(view.left_m, view.bottom_m, view.right_m, view.top_m)
    found = place_names(sheet, places(), occupied=[])
    assert len(found) <= 12
    for name in found:
        assert frame.contains(name.room)
        assert name.room.distance(shapely.Point(name.x_m, name.y_m)) < 0.01 * view.width_m
    for a, b in itertools.combinations(found, 2):
        assert not a.room.intersects(b.room), (a.text, b.text)
        assert not a.room.intersects(shapely.Point(b.x_m, b.y_m)), (a.text, b.text)


def test_the_largest_come_first_and_suburbs_stand_back():
    """Roma, Milano, Napoli, Torino, Palermo and Genova are Italy's largest municipalities (ISTAT)."""
    found = [name.text for name in place_names(sheet_of(SHAPES["Italy"]), places(), occupied=[])]
    italian = [name for name in found if name in {"Roma", "Milano", "Napoli", "Torino", "Palermo", "Genova"}]
    assert italian == ["Roma", "Milano", "Napoli", "Torino", "Palermo", "Genova"]
    assert "Giugliano in Campania" not in found  # beside Napoli
    assert not any("/" in name for name in found)


def test_what_is_taken_stays_free():
    sheet = sheet_of(SHAPES["Italy"])
    view = sheet.view
    middle = (view.bottom_m + view.top_m) / 2
    south = shapely.box(view.left_m, view.bottom_m, view.right_m, middle)
    found = place_names(sheet, places(), occupied=[south])
    assert found
    assert all(name.room.bounds[1] > middle for name in found)


def test_a_name_turns_to_the_side_that_has_room():
    sheet = sheet_of(shapely.box(10, 40, 12, 42))
    view = sheet.view
    x, y = view.to_map.transform(11.0, 41.0)
    town = Place("Town", 41.0, 11.0, "Italy", "", 1000)
    (right,) = place_names(sheet, [town], occupied=[])
    assert right.room.bounds[0] > x
    (left,) = place_names(sheet, [town], occupied=[right.room])
    assert left.room.bounds[2] < x
    thinner = [room.buffer(-np.ptp(room.bounds[1::2]) / 4) for room in (right.room, left.room)]
    (above,) = place_names(sheet, [town], occupied=thinner)
    assert above.room.bounds[1] > y
    everything = shapely.box(view.left_m, view.bottom_m, view.right_m, view.top_m)
    assert place_names(sheet, [town], occupied=[everything]) == []


def test_a_place_without_known_people_is_left_out():
    assert place_names(sheet_of(SHAPES["ocean"]), [Place("?", 35.0, -35.0, "", "", None)], occupied=[]) == []

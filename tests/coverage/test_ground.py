"""The ground of a scenario: cells of a size that suits the area, and what maps outline."""

from d2c.coverage.ground import drawn_area, read_ground
from d2c.scenario.load import read_scenario


def test_areas_have_some_hundred_cells_unless_a_scenario_says_otherwise():
    cells = {
        name: len(read_ground(read_scenario("italy", overrides=[f"region.area={name}"])).grid)
        for name in ("italy", "molise", "campi-flegrei", "12.4,41.8,12.6,42.0")
    }
    assert cells["italy"] == 1407  # as with resolution 5
    assert all(100 < number < 1000 for name, number in cells.items() if name != "italy")
    fixed = read_scenario("italy", overrides=["region.area=molise", "grid.resolution=5"])
    assert read_ground(fixed).grid.resolution == 5


def test_maps_outline_what_has_no_shipped_border():
    def of(*overrides):
        return drawn_area(read_scenario("italy", overrides=overrides))

    assert of() is None
    assert of("region.area=molise") is None
    assert of("region.area=molise", "region.buffer_km=10") is not None
    assert of("region.area='12.4,41.8,12.6,42.0'").bounds == (12.4, 41.8, 12.6, 42.0)

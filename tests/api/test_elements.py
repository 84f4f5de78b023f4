"""`d2c.Elements`: satellites by name, and the scenario that has the same ones."""

import pytest

import d2c
from d2c.api.settings import scenario_of
from d2c.coverage.inputs import read_satellites
from d2c.errors import CatalogueError, ScenarioError

SHIPPED = "starlink-d2c-2026-08"


def chosen(elements):
    """Return the names of the satellites of a scenario with these elements."""
    return read_satellites(scenario_of("italy", elements=elements)).constellation.name


@pytest.fixture(scope="module")
def shipped():
    return d2c.Elements.read(SHIPPED)


def test_a_scenario_has_the_same_satellites(shipped):
    low = shipped.select(inclination_deg=(40, 45))
    assert 0 < len(low) < len(shipped)
    assert all(name.startswith("D2C 43") for name in low.names)
    few = low.select(name="43-01/").select(name="/0[1-3]")
    assert len(few) == 3
    for elements in (shipped, low, few, d2c.Elements.walker("53:60/6/1", altitude_km=550)):
        assert chosen(elements) == elements.names


def test_a_file_is_read_where_it_lies(shipped, tmp_path):
    lines = ["D2C ONE", *_lines_of("D2C 53-01/01 NOMINAL")]
    path = tmp_path / "one.tle"
    path.write_text("\n".join(lines) + "\n")
    one = d2c.Elements.read(path)
    assert one.names == ("D2C ONE",)
    assert "D2C ONE" in one
    assert one.find("80001") == one.find("d2c one") == 0
    assert chosen(one) == one.names
    frame = one.to_frame().loc["D2C ONE"]
    assert (frame["norad_id"], round(frame["inclination_deg"], 4)) == (80001, 53.16)
    assert str(frame["epoch_utc"]) == "2026-08-22 18:00:00+00:00"


def _lines_of(name):
    from d2c.orbit.catalogue import find_elements

    lines = find_elements(SHIPPED).read_text().splitlines()
    return lines[lines.index(name) + 1 : lines.index(name) + 3]


def test_what_cannot_be_is_said(shipped):
    with pytest.raises(CatalogueError, match="no satellite meets name 'IRIDIUM'"):
        shipped.select(name="IRIDIUM")
    with pytest.raises(ScenarioError, match="not those of a Walker shell"):
        d2c.Elements.walker("53:60/6/1", altitude_km=550).select(name="P01")
    with pytest.raises(ScenarioError, match="notation"):
        d2c.Elements.walker("60", altitude_km=550)
    with pytest.raises(CatalogueError, match="update once without offline"):
        d2c.Elements.update("no-such-group", offline=True)

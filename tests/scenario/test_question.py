"""What a scenario asks: the name of its folder, and how two scenarios differ."""

import pytest

from d2c.scenario.load import read_scenario
from d2c.scenario.question import asked_differently, question_name


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ([], "italy"),
        (["region.area=italy"], "italy"),  # says what the scenario says
        (["region.area=greece"], "italy-greece"),
        (["region.area=sicilia", "link.environment=urban"], "italy-sicilia-environment-urban"),
        (["link.min_elevation_deg=40"], "italy-min-elevation-deg-40"),
        (["region.area=greece", "region.area=sicilia"], "italy-sicilia"),
        (["region.area=-6.5,30,36.25,46"], "italy--6.5,30,36.25,46"),
        (["link.services=['text']"], "italy-services-text"),
        (["title=My map", "output.formats=['png']"], "italy"),
    ],
)
def test_a_folder_is_named_after_the_question(overrides, name):
    assert question_name("italy", overrides) == name


def test_long_names_stay_different():
    names = {
        question_name("italy", [f"constellation.gateways={'x' * 200}", f"time.duration_h={h}"])
        for h in (1, 2)
    }
    assert len(names) == 2
    assert all(len(name) < 120 for name in names)


def test_title_and_output_are_not_asked():
    scenario = read_scenario("italy")
    stored = read_scenario("italy", overrides=["title=x", "output.formats=['png']"]).model_dump(mode="json")
    assert asked_differently(stored, scenario) == {}
    del stored["link"]["service_rule"]  # a key that the version of the folder did not know
    assert asked_differently(stored, scenario) == {}
    elsewhere = read_scenario("italy", overrides=["region.area=maps/p.geojson"])
    stored["region"]["area"] = "p.geojson"
    assert asked_differently(stored, elsewhere) == {}
    stored["region"]["area"] = "greece"
    assert asked_differently(stored, scenario) == {"region.area": ("greece", "italy")}

"""docs/scenarios: a page for every built-in scenario, current, and every built-in scenario runs."""

import importlib.util
import re
from pathlib import Path

import pytest

from d2c.coverage.run import run_coverage
from d2c.region.area import find_area
from d2c.region.boundaries import land
from d2c.scenario.load import ITALIAN_REGIONS, read_scenario, scenario_names, scenario_text

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "build_scenarios.py"
LARGEST_PICTURE = 200_000


def loaded():
    spec = importlib.util.spec_from_file_location("build_scenarios", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = loaded()


def text_of(name):
    return (build.FOLDER / f"{name}.md").read_text(encoding="utf-8")


def test_every_scenario_has_a_page_and_every_page_a_scenario():
    pages = {"README", *build.page_names()}
    assert {file.stem for file in build.FOLDER.glob("*.md")} == pages
    assert {file.stem for file in build.FOLDER.glob("*.png")} == pages - {"README"}
    assert (build.FOLDER / "README.md").read_text(encoding="utf-8") == build.page_index()


@pytest.mark.parametrize("name", build.page_names())
def test_the_page_shows_the_scenario_that_ships(name):
    """Its figures are those of a run, which the slow test repeats; all else is made anew here."""
    text = text_of(name)
    assert text == build.page(name, build.figures_of_page(text)), f"run python docs/build_scenarios.py {name}"
    shown = build.EXAMPLE if name == build.REGIONS else name
    assert f"```toml\n{scenario_text(shown)}```" in text
    assert build.question(scenario_text(shown)).endswith((".", "?")) or "--set" in text


@pytest.mark.parametrize("name", build.page_names())
def test_the_page_has_its_map_figures_and_assumptions(name):
    text = text_of(name)
    assert 10_000 < (build.FOLDER / f"{name}.png").stat().st_size < LARGEST_PICTURE
    assert f"]({name}.png)" in text
    for heading in ("Assumed (not published):", "Not modelled:", "| case | service |"):
        assert heading in text
    area = find_area(read_scenario(build.EXAMPLE if name == build.REGIONS else name).region.area)
    assert area.assumed in text
    rows = re.findall(r"^\| .*? %", text, re.MULTILINE)
    services = len(read_scenario("italy" if name == build.REGIONS else name).link.services)
    runs = len(ITALIAN_REGIONS) if name == build.REGIONS else 1 + len(build.WHAT_IF.get(name, {}))
    assert len(rows) == runs * services


@pytest.mark.slow
@pytest.mark.parametrize("name", ["campi-flegrei", "earthquake-laquila", "fishing-lampedusa", "government"])
def test_the_figures_are_those_of_a_run(name):
    assert build.figures_of_page(text_of(name)) == build.figures(name)


@pytest.mark.parametrize("name", scenario_names())
def test_every_built_in_scenario_runs(name):
    """Half an hour of sky on coarse cells; each has the services it asks for, and ground."""
    short = ["time.duration_h=0.5", "time.step_s=60", "grid.resolution=3"]
    result = run_coverage(read_scenario(name, overrides=short))
    columns = result.columns()
    for service in result.scenario.link.services:
        availability = columns[f"{service}_availability"]
        assert ((availability >= 0) & (availability <= 1)).all()
    assert len(result.inputs.grid) >= 1


def test_every_region_of_italy_is_a_scenario_of_its_own_area():
    areas = {region.name.split("/")[0] for region in land().regions}
    assert set(ITALIAN_REGIONS.values()) == areas
    for name, title in ITALIAN_REGIONS.items():
        scenario = read_scenario(name)
        assert scenario.region.area == name
        assert find_area(name).name.split("/")[0] == title
        assert scenario.title == f"{title}, Starlink Direct to Cell"
        changed = read_scenario("italy", overrides=[f"region.area={name}", "grid.resolution=6"])
        assert scenario.model_copy(update={"title": changed.title}) == changed

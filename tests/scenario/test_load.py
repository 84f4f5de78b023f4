"""Scenario reader: built-in scenarios, files, overrides, error messages, and the JSON schema."""

import json

import pytest

from d2c.errors import ScenarioError
from d2c.scenario.load import override_scenario, read_scenario, scenario_names, scenario_text
from d2c.scenario.model import Scenario
from d2c.scenario.schema import scenario_schema


@pytest.mark.parametrize("name", scenario_names())
def test_built_in_scenarios_are_valid(name):
    assert read_scenario(name).title


def test_main_scenarios_exist():
    assert {"italy", "mediterranean", "italy-mediterranean"} <= set(scenario_names())


def test_built_in_text_is_a_valid_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(scenario_text("italy"), encoding="utf-8")
    assert read_scenario(str(file)) == read_scenario("italy")


@pytest.mark.parametrize(
    ("overrides", "path", "value"),
    [
        (["time.duration_h=1"], "time.duration_h", 1.0),
        (["time.start=2026-08-22"], "time.start", "2026-08-22"),
        (["time.start=2026-08-22T18:00:00Z"], "time.start", "2026-08-22T18:00:00+00:00"),
        (["grid.resolution=6"], "grid.resolution", 6),
        (["region.area=sicilia"], "region.area", "sicilia"),
        (["region.area='6,36,19,48'"], "region.area", "6,36,19,48"),
        (["region.area=6,36,19,48"], "region.area", "6,36,19,48"),
        (["link.services=['text']"], "link.services", ("text",)),
        (["link.service_rule=operator-reported"], "link.service_rule", "operator-reported"),
        (
            ["constellation.walker=53:648/36/1", "constellation.altitude_km=530"],
            "constellation.elements",
            None,
        ),
        (
            ["constellation.altitude_km=530", "constellation.walker=53:648/36/1"],
            "constellation.altitude_km",
            530,
        ),
        (["constellation.select.name=STARLINK-11"], "constellation.select.name", "STARLINK-11"),
    ],
)
def test_overrides(overrides, path, value):
    value_read = read_scenario("italy", overrides=overrides)
    for part in path.split("."):
        value_read = getattr(value_read, part)
    assert value_read == value


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("time.step_s=0", r"\[time\] step_s = 0: .*greater than or equal to 0.1"),
        ("time.step_s=-30", r"\[time\] step_s = -30"),
        ("time.stepp_s=30", r"\[time\] stepp_s: unknown key; did you mean 'step_s'"),
        ("grid.kind=hex", r"\[grid\] kind = 'hex': .*'h3' or 'latlon'"),
        ("gird.kind=h3", r"gird: unknown key; did you mean 'grid'"),
        ("beams.cell_radius_km=0.5", r"\[beams\] cell_radius_km = 0.5: .*'auto', or input should be .*1"),
        ("beams.beam_cells=4", r"\[beams\].*beam_cells is gone with the old network model; .*cell_radius_km"),
        ("beams.handover_margin_db=1", r"\[beams\].*handover_margin_db is gone .*hysteresis"),
        ("beams.elsewhere=some", r"\[beams\] elsewhere = 'some': .*'all' or 'none'"),
        ("time=3", r"must be a section \[time\] with keys; there are: .*step_s"),
        (
            "beams.exclusions=['medicina']",
            r"section \[beams.exclusions.0\] with keys; there are: area, distance_km",
        ),
        ("link.services=[]", r"\[link\] services must name"),
        ("link.service_rule=bit", r"\[link\] service_rule = 'bit': .*'bits' or 'operator-reported'"),
        ("link.services=['text','text']", r"\[link\] services must name"),
        ("link.min_elevation_deg=90", r"min_elevation_deg = 90"),
        ("constellation.walker=53:648/36/1", "walker and altitude_km go together"),
        ("constellation.shells=[{walker='53:1/1/0'}]", r"\[constellation.shells.0\] altitude_km: missing"),
        (
            "constellation.select.only=true",
            r"\[constellation.select\] only: unknown key; did you mean 'only_d2c'",
        ),
        ("constellation.select.altitude_km=[500,300]", "must be"),
        ("link.services=text", r"\[link\] services = 'text': must be a list; write \['text'\]"),
        ("title", "write section.key=value"),
        ("=3", "write section.key=value"),
        ("title.x=3", "title is not a section"),
        ("time.duration_h=nan", r"duration_h = nan"),
        ("time.duration_h=0.001", "longer than the span"),
    ],
)
def test_error_messages_of_invalid_overrides(override, message):
    with pytest.raises(ScenarioError, match=message):
        read_scenario("italy", overrides=[override])


def test_select_is_for_elements_only(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text("[constellation]\nwalker='53:10/5/1'\naltitude_km=500\nselect.only_d2c=true\n")
    with pytest.raises(ScenarioError, match="select filters elements"):
        read_scenario(str(file))


def test_unknown_names_and_files(tmp_path):
    with pytest.raises(ScenarioError, match="unknown scenario 'itali'; did you mean 'italy'"):
        read_scenario("itali")
    with pytest.raises(ScenarioError, match=r"nothing\.toml: cannot read the scenario: No such file"):
        read_scenario(str(tmp_path / "nothing.toml"))
    broken = tmp_path / "broken.toml"
    broken.write_text("title = [")
    with pytest.raises(ScenarioError, match="not valid TOML"):
        read_scenario(str(broken))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="not a text file"):
        read_scenario(str(binary))


def test_files_are_resolved_in_the_folder_of_the_scenario(tmp_path):
    (tmp_path / "mine.tle").write_text("")
    file = tmp_path / "s.toml"
    file.write_text("[constellation]\nelements = 'mine.tle'\n")
    assert read_scenario(str(file)).constellation.elements == str(tmp_path / "mine.tle")


def test_samples_count_whole_steps():
    def samples(**time):
        return Scenario(constellation={"elements": "x"}, time=time).time.samples

    assert samples() == 2880
    assert samples(duration_h=1, step_s=7) == 514  # 3600 / 7 = 514.3
    assert samples(duration_h=0.1, step_s=0.1) == 3600  # 3599 in floating point


def test_schema_names_every_key():
    schema = scenario_schema()
    assert json.dumps(schema)
    time = schema["$defs"]["Time"]["properties"]
    assert set(time) == {"start", "duration_h", "step_s"}
    assert "description" in time["step_s"]


@pytest.mark.parametrize(
    ("overrides", "title"),
    [
        ([], "Italy, Starlink Direct to Cell"),
        (["time.duration_h=1", "region.area=italy"], "Italy, Starlink Direct to Cell"),
        (["region.area=greece"], "Greece, Starlink Direct to Cell, as it flies"),
        (["region.area=12.5,41.8,12.6,41.9"], "12.5,41.8,12.6,41.9, Starlink Direct to Cell, as it flies"),
        (["constellation.system=ast-bluebird"], "Italy, AST SpaceMobile BlueBird, as planned"),
        (
            ["constellation.walker=53:648/36/1", "constellation.altitude_km=550"],
            "Italy, Walker 53:648/36/1 at 550 km",
        ),
        (["constellation.elements=oneweb.csv"], "Italy, oneweb"),
        (["title=Mine", "region.area=greece"], "Mine"),
    ],
)
def test_titles_say_area_and_satellites(overrides, title):
    assert read_scenario("italy", overrides=overrides).title == title


def test_a_changed_load_is_no_longer_under_full_load():
    assert "full load" in read_scenario("italy-loaded").title
    assert "full load" not in read_scenario("italy-loaded", overrides=["beams.load=0.3"]).title


def test_overrides_of_a_resolved_scenario_give_a_new_title():
    scenario = read_scenario("italy", overrides=["constellation.system=starlink-d2c"])
    changed = override_scenario(scenario, overrides=["region.area=molise"])
    assert changed.title == "Molise, Starlink Direct to Cell, as it flies"
    walker = ["constellation.walker=53:648/36/1", "constellation.altitude_km=550"]
    assert override_scenario(scenario, overrides=walker).title == "Italy, Walker 53:648/36/1 at 550 km"

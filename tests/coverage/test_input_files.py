"""The files that a run reads: which they are, relative to what, what is copied, and what is called missing."""

import json
import shutil
from pathlib import Path

import pytest

from d2c.coverage.input_files import hashes, input_files
from d2c.errors import D2CError, ScenarioError
from d2c.library import models
from d2c.library.entry import entry_toml
from d2c.orbit.catalogue import find_elements
from d2c.region.area import find_area
from d2c.scenario.load import read_scenario
from d2c.scenario.named_files import named_files
from d2c.scenario.tradeoff import read_tradeoff

SQUARE = '{"type":"Polygon","coordinates":[[[13,41],[14,41],[14,42],[13,42],[13,41]]]}'
SCENARIO = """
[constellation]
elements = "own.tle"
[region]
area = "own.geojson"
[beams]
area = "own.geojson"
exclusions = [{ area = "own.geojson" }, { area = "medicina" }]
[link]
payload = "own/payload.toml"
handset = "own/handset.toml"
losses = "own/losses.toml"
phones = "own/phones.toml"
services = ["text", "own/service.toml"]
limits = ["own/limit.toml"]
"""
OWN = {
    "payload": models.read_payload("starlink-d2c"),
    "handset": models.read_handset("smartphone"),
    "losses": models.read_loss_set("outdoor"),
    "phones": models.read_entry("phones", "hand", models.PhoneMix),
    "service": models.read_service("voice"),
    "limit": models.read_limit("rr-21-4-2200mhz"),
}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a scenario and all that it names."""
    folder = tmp_path / "work"
    (folder / "own").mkdir(parents=True)
    (folder / "own.geojson").write_text(SQUARE)
    shutil.copy(find_elements("starlink-d2c-2026-08"), folder / "own.tle")
    for name, entry in OWN.items():
        (folder / "own" / f"{name}.toml").write_text(entry_toml(entry), encoding="utf-8")
    (folder / "scenario.toml").write_text(SCENARIO)
    return folder


def test_every_file_of_a_scenario_is_relative_to_it(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = input_files(read_scenario("work/scenario.toml"))
    assert {file.path for file in files} == {
        Path("work/own.tle"),
        Path("work/own.geojson"),
        *(Path(f"work/own/{name}.toml") for name in OWN),
    }
    assert all(file.own and file.content == file.path.read_bytes() for file in files)
    assert set(hashes(files)) == {"own.tle", "own.geojson", *(f"{name}.toml" for name in OWN)}


@pytest.mark.parametrize("file", ["own.tle", "own.geojson", *(f"own/{name}.toml" for name in OWN)])
def test_a_file_of_the_current_folder_is_not_taken_for_one_of_the_scenario(
    folder, tmp_path, monkeypatch, file
):
    monkeypatch.chdir(tmp_path)
    shutil.move(folder / file, tmp_path / "kept")
    Path(file).parent.mkdir(exist_ok=True)
    shutil.move("kept", file)  # where the command is started
    scenario = read_scenario("work/scenario.toml")
    with pytest.raises(D2CError, match=r"(the file is|: it is) missing") as caught:
        find_area(scenario.region.area) and input_files(scenario)
    assert f"work/{file}" in str(caught.value)


def test_names_of_the_library_are_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("italy", "text", "outdoor", "starlink-d2c"):  # such as a result folder's name
        Path(name).write_text("")
    files = input_files(read_scenario("italy"))
    assert [(file.kind, file.name, file.own) for file in files] == [
        ("elements", "starlink-d2c-2026-08", False)
    ]


def test_a_folder_beside_a_scenario_is_not_taken_for_a_built_in_area(tmp_path):
    for name in ("molise", "text", "smartphone", "starlink-d2c"):
        (tmp_path / "work" / name).mkdir(parents=True)
    (tmp_path / "work" / "s.toml").write_text(
        '[constellation]\nelements = "starlink-d2c-2026-08"\n[region]\narea = "molise"\n'
        '[link]\nhandset = "smartphone"\nservices = ["text"]\n'
    )
    scenario = read_scenario(str(tmp_path / "work" / "s.toml"))
    assert (scenario.region.area, scenario.link.handset, scenario.link.services) == (
        "molise",
        "smartphone",
        ("text",),
    )
    assert [file.kind for file in input_files(scenario)] == ["elements"]


def test_an_override_is_relative_to_the_current_folder(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(folder / "own" / "payload.toml", tmp_path / "mine.toml")
    scenario = read_scenario("work/scenario.toml", overrides=["link.payload=mine.toml"])
    assert scenario.link.payload == "mine.toml"


def test_an_entry_that_rests_on_another_file_is_taken_complete(folder, tmp_path, monkeypatch):
    (tmp_path / "derived.toml").write_text(
        'title = "D"\nbased_on = "work/own/handset.toml"\ntx_gain_dbi = 3\n'
    )
    scenario = read_scenario("italy", overrides=[f"link.handset={tmp_path / 'derived.toml'}"])
    (copy,) = (file for file in input_files(scenario) if file.kind == "handsets")
    (tmp_path / "copy.toml").write_bytes(copy.content)
    derived = models.read_handset(str(tmp_path / "derived.toml"))
    assert models.read_handset(str(tmp_path / "copy.toml")) == derived.model_copy(update={"based_on": None})
    before = copy.sha256
    path = folder / "own" / "handset.toml"
    path.write_text(path.read_text().replace("value = 9.0", "value = 8.0"))
    assert {file.sha256 for file in input_files(scenario) if file.kind == "handsets"} != {before}


def test_files_of_one_name_are_all_kept(folder, tmp_path):
    (tmp_path / "own.geojson").write_text(SQUARE.replace("14", "15"))
    overrides = [f"beams.area={tmp_path / 'own.geojson'}"]
    files = input_files(read_scenario(str(folder / "scenario.toml"), overrides=overrides))
    assert [file.copy for file in files if file.kind == "areas"] == [
        "areas/own.geojson",
        "areas-2/own.geojson",
    ]
    assert {"own.geojson", "areas-2/own.geojson"} < set(hashes(files))


def test_services_of_one_name_are_refused(folder, tmp_path):
    from d2c.coverage.inputs import read_services

    shutil.copy(folder / "own" / "service.toml", tmp_path / "text.toml")
    chosen = read_scenario(
        "italy", overrides=[f"link.services={json.dumps(['text', str(tmp_path / 'text.toml')])}"]
    )
    with pytest.raises(ScenarioError, match="would both be 'text' in the result; rename a file"):
        read_services(chosen.link, {})


def test_every_name_of_a_scenario_is_a_kind_of_file():
    names = named_files(read_scenario("italy-loaded").model_dump(mode="json"))
    assert {"elements", "areas", "payloads", "handsets", "losses", "phones", "services"} <= {
        k for k, _ in names
    }
    assert ("payloads", "starlink-d2c") in names


def test_a_payload_of_an_own_system_is_relative_to_the_system(folder, tmp_path, monkeypatch):
    system = entry_toml(models.read_system("ast-bluebird"))
    (folder / "system.toml").write_text(system.replace('"ast-bluebird"', '"own/payload.toml"'))
    (folder / "s.toml").write_text('[constellation]\nsystem = "system.toml"\n')
    monkeypatch.chdir(tmp_path)
    scenario = read_scenario("work/s.toml")
    assert scenario.link.payload == "work/own/payload.toml"
    assert {(file.kind, file.name) for file in input_files(scenario)} == {
        ("constellations", "work/system.toml"),
        ("payloads", "work/own/payload.toml"),
    }


def test_files_of_a_tradeoff_are_relative_to_it(folder, tmp_path, monkeypatch):
    (folder / "t.toml").write_text(
        'title = "T"\nareas = ["own.geojson", "molise"]\n[[group]]\nname = "g"\nhandset = "own/handset.toml"\n'
        'losses = "own/losses.toml"\nservices = ["own/service.toml"]\n[[option]]\nname = "o"\n'
        'payload = "own/payload.toml"\nconstellation = { elements = "own.tle" }\n'
    )
    monkeypatch.chdir(tmp_path)
    read = read_tradeoff("work/t.toml")
    assert read.areas == ("work/own.geojson", "molise")
    group, option = read.group[0], read.option[0]
    assert (group.handset, group.losses) == ("work/own/handset.toml", "work/own/losses.toml")
    assert group.services == ("work/own/service.toml",)
    assert (option.payload, option.constellation.elements) == ("work/own/payload.toml", "work/own.tle")


def test_a_shapefile_is_copied_with_its_parts(tmp_path):
    import geopandas
    from shapely import box

    geopandas.GeoDataFrame(geometry=[box(13, 41, 14, 42)], crs=4326).to_file(tmp_path / "a.shp")
    files = input_files(read_scenario("italy", overrides=[f"region.area={tmp_path / 'a.shp'}"]))
    parts = [file.copy for file in files if file.kind == "areas"]
    assert {"areas/a.shp", "areas/a.shx", "areas/a.dbf", "areas/a.prj"} <= set(parts)
    assert parts[0] == "areas/a.shp"

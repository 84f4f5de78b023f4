"""A result folder carries its inputs: it explains itself from anywhere, and after the originals have changed."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import d2c
from d2c.cli.main import d2c as command_line
from d2c.errors import D2CError
from d2c.library import models
from d2c.library.entry import entry_toml
from d2c.orbit.catalogue import find_elements
from d2c.results.seal import seal
from d2c.results.stored import open_result, read_stored_inputs

SQUARE = '{"type":"Polygon","coordinates":[[[13,41],[14,41],[14,42],[13,42],[13,41]]]}'
SCENARIO = """
[time]
duration_h = 0.5
[constellation]
elements = "mine.tle"
[region]
area = "mine.geojson"
[grid]
resolution = 4
[link]
payload = "p.toml"
services = ["text"]
[output]
formats = ["parquet"]
"""
AT = ("--site", "41.5,13.5")


def run(*arguments):
    return CliRunner().invoke(command_line, list(map(str, arguments)))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with a scenario of one's own in `work`, and its result in `out`."""
    root = tmp_path_factory.mktemp("made")
    work = root / "work"
    work.mkdir()
    (work / "mine.geojson").write_text(SQUARE)
    shutil.copy(find_elements("starlink-d2c-2026-08"), work / "mine.tle")
    (work / "base.toml").write_text(entry_toml(models.read_payload("starlink-d2c")), encoding="utf-8")
    (work / "p.toml").write_text('title = "P"\nbased_on = "base.toml"\n[uplink]\ng_over_t_db_k = 8\n')
    (work / "s.toml").write_text(SCENARIO)
    done = run("run", work / "s.toml", "-q", "-o", root / "out")
    assert done.exit_code == 0, done.output
    return root


@pytest.fixture
def root(made, tmp_path, monkeypatch):
    """Return a copy of the folder of which files may be changed, while the current folder is another one."""
    shutil.copytree(made, tmp_path / "root")
    summary = tmp_path / "root" / "out" / "summary.json"
    content = json.loads(summary.read_text().replace(str(made), str(tmp_path / "root")))
    content = {key: value for key, value in content.items() if key not in ("files_sha256", "summary_sha256")}
    summary.write_text(json.dumps(seal(content, summary.parent)))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "root"


def explained(folder):
    done = run("explain", folder, *AT)
    assert done.exit_code == 0, (done.output, done.exception)
    assert "agrees with the exact formula" in done.stdout
    return done.stderr


def test_the_copies_are_the_files_with_their_hashes(made):
    summary = json.loads((made / "out" / "summary.json").read_text())
    records = {record["name"]: record for record in summary["inputs"]}
    assert {Path(name).name for name in records} == {"mine.tle", "mine.geojson", "p.toml"}
    for name, record in records.items():
        copy = (made / "out" / record["copy"]).read_bytes()
        assert (
            hashlib.sha256(copy).hexdigest() == record["sha256"] == summary["inputs_sha256"][Path(name).name]
        )
        if name.endswith("p.toml"):
            assert models.read_payload(str(made / "out" / record["copy"])).uplink.g_over_t_db_k.value == 8
        else:
            assert copy == Path(name).read_bytes()


def test_it_explains_itself_from_anywhere(root):
    assert explained(root / "out") == ""


@pytest.mark.parametrize("file", ["p.toml", "mine.tle", "mine.geojson"])
def test_a_changed_original_is_named_and_the_copy_is_read(root, file):
    before = open_result(root / "out")
    (root / "work" / file).write_text("changed")
    told = explained(root / "out")
    assert (
        told
        == f"d2c: warning: {file} is not the file of the run; the copy in {root / 'out' / 'inputs'} is used\n"
    )
    assert read_stored_inputs(open_result(root / "out")).sha256 == before.inputs_sha256


def test_a_changed_base_of_an_entry_changes_the_entry(root):
    base = root / "work" / "base.toml"
    base.write_text(base.read_text().replace("54.67", "50"))
    assert "p.toml is not the file of the run" in explained(root / "out")


def test_it_explains_itself_without_the_originals(root):
    shutil.rmtree(root / "work")
    shutil.move(root / "out", root / "moved")
    assert explained(root / "moved") == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda copy: copy.write_text(copy.read_text() + "\n"), "p.toml is not the file of the run"),
        (lambda copy: copy.unlink(), "p.toml': the file is missing"),
    ],
)
def test_a_copy_that_is_not_that_of_the_run_is_refused(root, change, message):
    shutil.rmtree(root / "work")
    change(root / "out" / "inputs" / "payloads" / "p.toml")
    assert message in str(run("explain", root / "out", *AT).exception)


def test_other_commands_read_the_copies_too(root):
    (root / "work" / "mine.geojson").write_text("changed")
    done = run("table", root / "out")
    assert done.exit_code == 0
    assert "mine.geojson is not the file of the run" in done.stderr


def test_its_scenario_runs_again_with_the_same_result(root):
    shutil.rmtree(root / "work")
    done = run("run", root / "out" / "inputs" / "scenario.toml", "-q", "-o", root / "again")
    assert done.exit_code == 0, done.exception
    again, before = d2c.open_result(root / "again"), d2c.open_result(root / "out")
    assert again.cells.equals(before.cells)
    assert again.timeline.equals(before.timeline)


@pytest.mark.filterwarnings("ignore:assumed of the satellites")
@pytest.mark.parametrize(
    "overrides",
    [
        {"constellation.system": "national-walker"},
        {"constellation.system": "starlink-d2c", "constellation.lose": "planes=1"},
        {"link.environment": "none", "link.phones": "none"},
    ],
)
def test_the_scenario_of_any_result_runs_again(tmp_path, overrides):
    small = {"region.area": "molise", "time.duration_h": 0.2, "output.formats": ["parquet"]}
    result = d2c.run("italy", set=small | overrides)
    result.save(tmp_path)
    again = d2c.run(tmp_path / "inputs" / "scenario.toml")
    assert again.cells.equals(result.cells)
    assert again.summary["title"] == result.summary["title"]


def test_a_saved_result_carries_them_too(root):
    copy = d2c.open_result(root / "out").save(root / "saved")
    assert (copy / "inputs" / "payloads" / "p.toml").is_file()
    shutil.rmtree(root / "work")
    assert explained(copy) == ""


def test_a_shipped_set_is_copied_but_read_by_its_name(tmp_path):
    small = {"region.area": "molise", "time.duration_h": 0.2, "output.formats": ["parquet"]}
    d2c.run("italy", set=small).save(tmp_path)
    shipped = find_elements("starlink-d2c-2026-08")
    assert (tmp_path / "inputs" / "elements" / shipped.name).read_bytes() == shipped.read_bytes()
    assert open_result(tmp_path).scenario.constellation.elements == "starlink-d2c-2026-08"


def test_what_a_folder_inputs_holds_besides_stays(tmp_path):
    small = {"region.area": "molise", "time.duration_h": 0.2, "output.formats": ["parquet"]}
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "mine.txt").write_text("mine")
    d2c.run("italy", set=small).save(tmp_path)
    assert (tmp_path / "inputs" / "mine.txt").read_text() == "mine"


def test_a_file_named_inputs_is_in_the_way(tmp_path):
    small = {"region.area": "molise", "time.duration_h": 0.2, "output.formats": ["parquet"]}
    (tmp_path / "inputs").write_text("mine")
    with pytest.raises(D2CError, match="inputs"):
        d2c.run("italy", set=small).save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["inputs"]


def test_a_comparison_tells_files_apart_by_their_content(root):
    shutil.copytree(root / "out", root / "same")
    base = root / "work" / "base.toml"
    base.write_text(base.read_text().replace("54.67", "40"))
    assert run("run", root / "work" / "s.toml", "-q", "-o", root / "other").exit_code == 0
    assert "same scenario settings" in run("compare", root / "out", root / "same").stdout
    told = run("compare", root / "out", root / "other").stdout
    assert "scenario differences:\n  file p.toml: SHA-256 " in told

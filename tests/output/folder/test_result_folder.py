"""A result folder holds one question: no other result is lost, and no old picture stays beside a new one."""

import json

import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c

QUICK = ["--set", "grid.resolution=3", "--set", "time.duration_h=1", "--set", "link.phones=none"]
QUICK += ["--set", "link.environment=none", "--set", "output.formats=['parquet', 'png']"]


def run(*arguments):
    return CliRunner().invoke(d2c, ["run", "italy", "-q", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "result"
    assert run(*QUICK, "-o", folder).exit_code == 0
    return folder


def test_a_result_of_another_question_is_kept(folder):
    before = (folder / "summary.json").read_bytes()
    other = run(*QUICK, "--set", "region.area=greece", "-o", folder)
    assert "region.area italy -> greece" in str(other.exception)
    assert "ask to replace it" in str(other.exception)
    assert (folder / "summary.json").read_bytes() == before
    assert run(*QUICK, "--set", "region.area=greece", "-o", folder, "--replace").exit_code == 0
    assert json.loads((folder / "summary.json").read_text())["scenario"]["region"]["area"] == "greece"


def test_the_same_question_replaces_its_result_and_the_pictures_drawn_from_it(folder):
    old = ["map-text_longest_gap_s.pdf", "map-all.png", "beams.gif"]
    own = ["map-of-my-house.png", "notes.txt"]
    for name in [*old, *own]:
        (folder / name).write_text("x")
    assert run(*QUICK, "--set", "title=Another", "-o", folder).exit_code == 0
    names = {file.name for file in folder.iterdir()}
    assert names.isdisjoint(old)
    assert names.issuperset(own)


def test_a_damaged_summary_may_be_replaced(folder):
    (folder / "summary.json").write_text("{")
    assert run(*QUICK, "-o", folder).exit_code == 0


def test_a_summary_of_an_earlier_version_is_kept(folder):
    path = folder / "summary.json"
    summary = json.loads(path.read_text())
    summary["scenario"]["link"]["no_longer_known"] = 1
    path.write_text(json.dumps(summary))
    assert "earlier version" in str(run(*QUICK, "-o", folder).exception)


def test_a_network_is_the_same_question_again(tmp_path):
    """Its automatic choices stand in the summary as made."""
    options = [
        *QUICK[:4],
        "--set",
        "region.area=molise",
        "--set",
        "output.formats=['parquet']",
        "-o",
        tmp_path / "n",
    ]
    assert run(*options).exit_code == 0
    again = run(*options)
    assert again.exit_code == 0, again.exception
    assert "network" in str(run(*options, "--best-case").exception)

"""`d2c tradeoff` and `d2c size`: what they write, print and refuse."""

import csv
import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c as command_line
from d2c.errors import D2CError

SPEC = """
title = "A <b> & |"
areas = ["sicilia"]
services = ["text"]
time.duration_h = 1
grid.resolution = 3

[[option]]
name = "W | <i>"
constellation = { walker = "50:120/12/1", altitude_km = 525 }
payload = "starlink-d2c"
cost_per_satellite_meur = { value = 1.5, assumed = "an <example>" }

[[option]]
name = "OneWeb"
constellation.system = "oneweb"
"""
SIZE = ("size", "--area", "sicilia", "--altitude-km", "1200", "--inclination-deg", "38,46", "--hours", "1")


def d2c(*arguments):
    command = [sys.executable, "-m", "d2c", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tradeoff(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tradeoff")
    (folder / "spec.toml").write_text(SPEC, encoding="utf-8")
    done = d2c("tradeoff", folder / "spec.toml", "-o", folder / "out")
    assert done.returncode == 0, done.stderr
    return done, folder / "out"


def test_every_form_has_the_same_rows(tradeoff):
    done, folder = tradeoff
    assert {file.name for file in folder.iterdir()} == {
        f"tradeoff.{e}" for e in ("md", "csv", "json", "html", "png")
    }
    content = json.loads((folder / "tradeoff.json").read_text(encoding="utf-8"))
    with (folder / "tradeoff.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert (
        [row["option"] for row in lines]
        == [row["option"] for row in content["rows"]]
        == ["W | <i>", "OneWeb"]
    )
    served, refused = content["rows"]
    assert float(lines[0]["availability"]) == served["availability"]
    assert (served["satellites"], served["cost_meur"], lines[0]["cost_meur"]) == (120, 180.0, "180.000")
    assert refused["refused"] == lines[1]["refused"] == "serves terminals, no handsets"
    assert refused["availability"] is None
    assert lines[1]["availability"] == ""
    percent = f"{100 * served['availability']:.2f} %"
    for text in (done.stdout, (folder / "tradeoff.html").read_text(encoding="utf-8")):
        assert percent in text
        assert "serves terminals, no handsets" in text
    assert content["costs"] == {"W | <i>": "1.5 MEUR per satellite; assumed: an <example>"}
    assert any("min_elevation_deg" in key for key in content["assumptions"])


def test_back_ticks_of_the_note_are_code_on_the_page(tradeoff, tmp_path):
    (tmp_path / "spec.toml").write_text(f'note = "as `italy` & `<b>`"\n{SPEC}', encoding="utf-8")
    done = CliRunner().invoke(
        command_line, ["tradeoff", str(tmp_path / "spec.toml"), "-q", "-o", str(tmp_path / "o")]
    )
    assert done.exit_code == 0, done.output
    page = (tmp_path / "o" / "tradeoff.html").read_text(encoding="utf-8")
    assert "as <code>italy</code> &amp; <code>&lt;b&gt;</code>" in page
    assert "`" not in page


def test_the_page_is_one_file_and_nothing_in_it_is_taken_for_html(tradeoff):
    _, folder = tradeoff
    page = (folder / "tradeoff.html").read_text(encoding="utf-8")
    assert "<i>" not in page
    assert "<b>" not in page
    assert "W | &lt;i&gt;" in page
    assert "<script" not in page
    sources = re.findall(r'(?:src|href)="([^"]{0,22})', page)
    assert sources == ["data:image/png;base64,"]


def test_markdown_tables_keep_their_columns(tradeoff):
    _, folder = tradeoff
    lines = (folder / "tradeoff.md").read_text(encoding="utf-8").splitlines()
    table = [re.sub(r"\\\|", "", line) for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert len(table) == 4


@pytest.fixture(scope="module")
def sized(tmp_path_factory):
    folder = tmp_path_factory.mktemp("size") / "out"
    done = d2c(*SIZE, "--target", "availability >= 0.9 for 90% of population", "-o", folder, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder


def test_size_writes_the_curve_and_says_what_it_is(sized):
    report, folder = sized
    assert {file.name for file in folder.iterdir()} == {f"size.{e}" for e in ("md", "csv", "json", "png")}
    assert json.loads((folder / "size.json").read_text(encoding="utf-8")) == report
    best = report["best"]
    assert best["meets"]
    assert best["achieved"] >= 0.9
    assert best["planes"] * best["satellites_per_plane"] == best["satellites"]
    assert report["doubled"]["cells_lower"] == 0
    assert "not a proof" in report["searched"]["note"]
    with (folder / "size.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["satellites"]) for line in lines] == [row["satellites"] for row in report["curve"]]
    text = (folder / "size.md").read_text(encoding="utf-8")
    assert report["command"] in text
    assert "not a proof" in text
    assert (folder / "size.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_found_is_an_answer_and_no_success(tmp_path):
    folder = tmp_path / "out"
    done = d2c(*SIZE[:3], "--altitude-km", "40000", "--inclination-deg", "50", "--hours", "1", "-o", folder)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "does not close" in done.stdout
    assert "no shell in the search meets the target" in done.stdout
    assert json.loads((folder / "size.json").read_text(encoding="utf-8"))["best"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SPEC.replace('["sicilia"]', '["sicilia", "nowhere"]'), "unknown area 'nowhere'"),
        (SPEC.replace("altitude_km = 525", "altitude_km = 525, lose = 'planes=12'"), "has 12 planes"),
    ],
)
def test_a_wrong_area_or_loss_is_told_before_any_run(text, message, tmp_path):
    (tmp_path / "spec.toml").write_text(text, encoding="utf-8")
    done = d2c("tradeoff", tmp_path / "spec.toml", "-o", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "1 of" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tradeoff", "compare"), "unknown trade-off 'compare'; did you mean 'compare-options'?"),
        (("tradeoff", "compare-options", "--hours", "-1"), "duration_h = -1"),
        (("size", "--target", "availability > 1"), "write QUANTITY >= VALUE for SHARE%"),
        (("size", "--altitude-km", "low"), "--altitude-km low: write numbers from 150 to 50000"),
        (("size", "--altitude-km", "10"), "write numbers from 150 to 50000"),
        (("size", "--inclination-deg", "60..38"), "--inclination-deg 60..38: write numbers from 0 to 180"),
        (("size", "--inclination-deg", "0..180:0.001"), "at most 40 of them"),
        (("size", "--payload", "nothing"), "unknown payload 'nothing'"),
        (("size", "--service", "nothing"), "unknown service 'nothing'"),
        (("size", "--payload", "wp4c-system3"), "needs an uplink"),
        (("size", "--area", "atlantis"), "atlantis"),
    ],
)
def test_refusals(tmp_path, arguments, message):
    done = CliRunner().invoke(command_line, [*arguments, "-o", str(tmp_path / "x")])
    assert isinstance(done.exception, D2CError)  # of which cli/main makes one line and exit 2
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not (tmp_path / "x").exists()


def test_a_refusal_is_one_line_and_exit_2():
    done = d2c("tradeoff", "compare")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_size_takes_the_options_of_a_question_and_its_command_has_them():
    asked = (
        "--mix",
        "hand",
        "--environment",
        "urban",
        "--set",
        "grid.resolution=4",
        "--min-elevation-deg",
        "30",
    )
    target = ("--target", "availability >= 0.3 for 50% of area")
    done = CliRunner().invoke(command_line, [*SIZE, *asked, *target, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["phones"], found["environment"], found["min_elevation_deg"]) == ("hand", "urban", 30)
    for key in (
        "link.phones=hand",
        "link.environment=urban",
        "grid.resolution=4",
        "link.min_elevation_deg=30",
    ):
        assert f"--set {key}" in found["command"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--service", "text,voice"), "a target is of one"),
        (
            ("--set", "beams.load=1"),
            "beams.load: a search for satellites has keys of region, grid, link, time",
        ),
    ],
)
def test_size_refuses_what_it_does_not_search_by(options, message):
    done = CliRunner().invoke(command_line, [*SIZE, *options])
    assert message in str(done.exception)


def test_tradeoff_takes_the_options_of_a_question(tmp_path):
    (tmp_path / "spec.toml").write_text(SPEC, encoding="utf-8")
    asked = ("--area", "molise", "--service", "voice", "--environment", "urban", "--losses", "pocket")
    done = CliRunner().invoke(command_line, ["tradeoff", str(tmp_path / "spec.toml"), *asked, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert {(row["area"], row["service"]) for row in found["rows"]} == {("molise", "voice")}
    assert "losses pocket, urban" in json.dumps(found["asked"])

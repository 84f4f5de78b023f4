"""`d2c disaster`: the page, the JSON, the files, and what it refuses."""

import csv
import json

import numpy as np
import pyogrio
import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.output.reports.disaster import DISASTER_FILES

SHORT = ["--hours", "0.5", "--set", "grid.resolution=5", "--set", "beams.margin_km=50"]
ONLY = ["--only", "beams.load", "--only", "traffic.uplink_kbps"]
PNG = b"\x89PNG\r\n"


def run(*arguments):
    return CliRunner().invoke(d2c, ["disaster", *arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("disaster") / "out"


@pytest.fixture(scope="module")
def page(folder):
    done = run(*SHORT, *ONLY, "-o", str(folder))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def found(page, folder):
    return json.loads((folder / "disaster.json").read_text(encoding="utf-8"))


def test_the_page_answers_the_question(page, found):
    lines = {line[2:18].strip(): line[19:] for line in page.splitlines() if line.startswith("  ")}
    people = found["area"]["people"]
    assert page.startswith(
        "L'Aquila after the earthquake of 2009: time until everybody has sent a message by text"
    )
    assert f"{people:,} people" in page
    assert page.splitlines()[1].strip() == found["headline"]
    assert "of the people have no place from which a message gets through in 0.5 h" in found["headline"]
    assert "levels as measured, network of beams at load 0.3" in found["asked"]
    assert "(median person)" in lines["first contact"]
    assert "min of an hour" in lines["contact"]
    assert lines["active beam"] == "12.5 messages/s, limited by the uplink (25 handsets at once, 1 s each)"
    assert f"{found['capacity']['messages_per_hour']:,.0f} messages an hour" in lines["all beams"]
    assert lines["within 0.5 h"].endswith(f"of {people:,} messages")
    assert [part.split(":")[0] for part in lines["until"].split(", ")] == ["50 %", "90 %", "99 %", "100 %"]
    assert lines["decided by"] == found["decided_by"][-1]


def test_the_table_has_the_parameters_that_were_asked_for(page):
    table = page.splitlines()
    head = next(k for k, line in enumerate(table) if line.startswith("parameter"))
    assert {line.split()[0] for line in table[head + 2 :]} == {"beams.load", "traffic.uplink_kbps"}


def test_all_files_are_there_and_nothing_else(page, folder):
    assert {file.name for file in folder.iterdir()} == set(DISASTER_FILES)
    for name in ("disaster.png", "tornado.png", "map.png"):
        assert (folder / name).read_bytes().startswith(PNG)


def test_curve_layer_and_json_say_the_same(page, folder, found):
    with (folder / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sent = np.array([float(row["sent_fraction"]) for row in rows])
    minutes = np.array([float(row["since_instant_min"]) for row in rows])
    assert (sent[0], minutes[0], minutes[1]) == (0.0, 0.0, 0.5)
    assert (np.diff(sent) >= 0).all()
    messages = found["messages"]
    assert sent[60] == pytest.approx(messages["sent_within_span_share"], abs=1e-6)
    half = messages["minutes_until_share"]["0.5"]
    assert minutes[np.argmax(sent >= 0.5 - 1e-6)] == half
    layer = pyogrio.read_dataframe(folder / "disaster.gpkg", layer="disaster")
    assert layer["population"].sum() == found["area"]["people"]
    home = layer[layer["population"] > 0]
    contact = found["contact"]
    assert home["next_contact_min"].max() <= contact["first_latest_min"]
    never = (home["population"] * home["never_served_fraction"]).sum()
    assert never == pytest.approx(contact["people_never_served"], abs=0.5)
    assert contact["people_never_served_fraction"] == pytest.approx(never / found["area"]["people"], abs=1e-5)
    mean = np.average(home["contact_min_per_hour"], weights=home["population"])
    assert mean == pytest.approx(contact["minutes_per_hour_mean"], abs=0.01)
    assert f"{100 * mean / 60:.1f} % of people and time" in found["headline"]
    assert (
        home["all_sent_min"].dropna() >= home["next_contact_min"][home["all_sent_min"].notna()] + 0.5
    ).all()


def test_every_assumed_figure_of_the_messages_says_why(found):
    assumed = {key for key, entry in found["traffic"].items() if isinstance(entry, dict) and entry["assumed"]}
    assert {f"traffic: {key}" for key in assumed} == {
        k for k in found["assumptions"] if k.startswith("traffic: ")
    }
    assert "message_octets" not in assumed
    assert any(key.startswith("beams: ") for key in found["assumptions"])
    for parameter in found["sensitivity"]["parameters"]:
        assert parameter["why_assumed"]
        assert len(parameter["tried"]) > 1


def test_json_on_the_terminal_is_that_of_the_file(folder, found):
    done = run(*SHORT, *ONLY, "-o", str(folder), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == found


def test_an_area_without_people_has_an_answer(tmp_path):
    at_sea = ["--area", "6.0,40.5,6.4,40.8", "--set", "beams.demand=uniform"]
    done = run(*at_sea, *SHORT, "--only", "beams.load", "-o", str(tmp_path / "sea"))
    assert done.exit_code == 0, done.output
    assert " 0 people" in done.stdout
    assert "none: no known residents in the area" in done.stdout
    assert "100" not in done.stdout
    assert "no assumed value changes the share sent" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "beams.lod"], "did you mean 'beams.load'"),
        (["--service", "cell-broadcast"], "has no uplink"),
        (["--traffic", "text"], "unknown kind of traffic 'text'"),
        (["--area", "nowhere"], "unknown area 'nowhere'"),
        (["--messages-per-person", "0"], "0.0 is not in the range"),
        (["--messages-per-person", "nan"], "messages per person = nan: write a number above 0"),
        (["--messages-per-person", "inf"], "messages per person = inf: write a number above 0"),
        (["--set", "grid.resolution=9"], "cells are more than the 20,000"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(arguments, told, tmp_path):
    done = run(*arguments, "--hours", "0.5", "-o", str(tmp_path / "out"))
    assert done.exit_code != 0
    text = done.output or str(done.exception)
    assert told in text or told in str(done.exception)
    assert not (tmp_path / "out").exists()

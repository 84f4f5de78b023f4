"""One way of asking: the same options mean the same in every command, and old names keep working."""

import csv
import io
import json

import click
import pytest
from click.testing import CliRunner

from d2c.cli.main import COMMANDS, d2c
from d2c.cli.option_order import _RANKS, _rank
from d2c.cli.value_lists import parse_numbers
from d2c.errors import RegionError, ScenarioError
from d2c.region.gazetteer import places_named


def run(*arguments):
    return CliRunner().invoke(d2c, list(map(str, arguments)))


def commands():
    context = click.Context(d2c)
    for name in COMMANDS:
        command = d2c.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", one) for sub, one in command.commands.items())
        else:
            yield name, command


ASKED = {
    "--area": ("sicilia", "region.area", "sicilia"),
    "--system": ("starlink-d2c", "constellation.system", "starlink-d2c"),
    "--payload": ("starlink-d2c-filed", "link.payload", "starlink-d2c-filed"),
    "--handset": ("smartphone", "link.handset", "smartphone"),
    "--losses": ("pocket", "link.losses", "pocket"),
    "--environment": ("urban", "link.environment", "urban"),
    "--mix": ("none", "link.phones", None),
    "--service": ("voice,text", "link.services", ["voice", "text"]),
    "--min-elevation-deg": ("40", "link.min_elevation_deg", 40.0),
    "--from": ("2026-08-22T20:00Z", "time.start", "2026-08-22T20:00Z"),
    "--hours": ("2", "time.duration_h", 2.0),
}


@pytest.mark.parametrize("option", ASKED)
def test_an_option_is_a_key_of_the_scenario(option, monkeypatch):
    value, key, wanted = ASKED[option]
    seen = []
    module = "d2c.cli.commands.scenario"
    reader = pytest.importorskip(module).read_scenario

    def reading(name, *, overrides):
        seen.append(reader(name, overrides=overrides))
        raise ScenarioError("seen enough")

    monkeypatch.setattr(f"{module}.read_scenario", reading)
    run("scenario", "check", "italy", option, value)
    section, name = key.split(".")
    assert seen[0].model_dump(mode="json")[section][name] == wanted


def test_every_command_that_runs_a_scenario_takes_the_same_options():
    names = {name: {o for p in one.params for o in p.opts} for name, one in commands()}
    for name in ("run", "scenario check", "sensitivity", "disaster"):
        assert {*ASKED, "--set", "--elements"} <= names[name], name
    assert {*ASKED, "--set"} - {"--system", "--elements", "--from"} <= names["size"]
    assert {*ASKED} - {"--system", "--payload", "--elements"} <= names["tradeoff"]
    for name in ("passes", "sky", "timeline"):
        assert {"--site", "--system", "--losses", "--min-elevation-deg", "--elements"} <= names[name], name


def test_options_stand_in_one_order():
    for name, command in commands():
        ranks = [_rank(p) for p in command.params]
        assert ranks == sorted(ranks), name
    assert _RANKS["area"] < _RANKS["hours"] < _RANKS["set"] < _RANKS["output"] < _RANKS["json"]


def test_old_names_are_read_with_a_note():
    renamed = {name: one.renamed for name, one in commands() if getattr(one, "renamed", None) and one.renamed}
    assert set(renamed) == {"explain", "map", "link", "disaster", "sensitivity"}
    for name, pairs in renamed.items():
        for old, new in pairs.items():
            done = run(*name.split(), old, "x")
            assert f"{old} is now {new}" in done.output, name


def test_a_place_is_an_argument_or_a_site():
    args = ("--hours", 0.5, "--json")
    same = [
        json.loads(run("passes", *place, *args).output) for place in (["Lampedusa"], ["--site", "Lampedusa"])
    ]
    assert same[0] == same[1]
    assert run("passes").exit_code == 2
    assert run("passes", "Lampedusa", "--site", "Lampedusa").exit_code == 2


def test_the_csv_of_passes_has_windows_and_gaps():
    args = ("passes", "Lampedusa", "--hours", 1)
    report = json.loads(run(*args, "--json").output)
    rows = list(csv.DictReader(io.StringIO(run(*args, "--csv").output)))
    for kind in ("pass", "window", "gap"):
        found = [row for row in rows if row["kind"] == kind]
        wanted = report["passes" if kind == "pass" else f"{kind}s"]
        assert [float(row["duration_s"]) for row in found] == [one["duration_s"] for one in wanted]
    assert sum(float(row["duration_s"]) for row in rows if row["kind"] != "pass") == pytest.approx(
        3600, abs=1
    )


def test_a_plot_has_the_name_it_is_given(tmp_path):
    for _ in range(2):  # also onto itself
        assert run("timeline", "Lampedusa", "--hours", 0.5, "-o", tmp_path / "x.png").exit_code == 0
    assert {file.name for file in tmp_path.iterdir()} == {"x.png", "x.csv"}


def test_lists_of_numbers():
    assert parse_numbers("10,20,30", "K") == (10, 20, 30)
    assert parse_numbers("10..90:40", "K") == (10, 50, 90)
    assert parse_numbers("0.1..0.35:0.1", "K") == (0.1, 0.2, 0.3, 0.35)
    for wrong in ("", "a", "3..1:1", "1..3", "1..3:0", "0..100:1"):
        with pytest.raises(ScenarioError, match=r"LOW\.\.HIGH:STEP"):
            parse_numbers(wrong, "K")


def test_suggestions_stay_on_one_continent():
    with pytest.raises(RegionError, match="did you mean 'Londa' or 'Lodine'"):
        places_named("Londn")  # not Lod, in Israel


def test_areas_are_listed():
    names = json.loads(run("area", "list", "--json").output)
    assert names["sicilia"] == "Sicilia"
    assert {"italy", "mediterranean", "laquila-earthquake"} <= set(names)

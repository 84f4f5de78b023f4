"""`d2c compare`: two results become a difference."""

import json
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.output.reports.comparison import _value_text
from d2c.scenario.model import Beams


def run(*arguments):
    return CliRunner().invoke(d2c, list(map(str, arguments)))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("compare")
    shared = [
        "run",
        "italy",
        "--best-case",
        "-q",
        "--set",
        "region.area=molise",
        "--set",
        "time.duration_h=6",
    ]
    shared += ["--set", "link.phones=none", "--set", "link.environment=none"]
    for name, more in {
        "a": [],
        "b": ["--set", "link.min_elevation_deg=40"],
        "coarse": ["--set", "grid.resolution=4"],
        "far": ["--set", "region.area=sardegna"],
    }.items():
        done = run(*shared, *more, "-o", root / name)
        assert done.exit_code == 0, done.output
    return root


def test_difference_layer_is_after_minus_before(results):
    out = results / "out"
    assert run("compare", results / "a", results / "b", "-o", out).exit_code == 0
    before, after, change = (
        geopandas.read_parquet(Path(folder) / f"{layer}.parquet").set_index("cell_id")
        for folder, layer in ((results / "a", "coverage"), (results / "b", "coverage"), (out, "difference"))
    )
    for column in ("text_availability", "mean_visible", "text_longest_gap_s"):
        wanted = after[column] - before[column]
        np.testing.assert_allclose(change[f"{column}_change"], wanted[change.index], atol=1e-6)
    # a higher mask can only take away
    assert (change["visible_fraction_change"] <= 0).all()
    assert {"difference.gpkg", "difference.geojson", "map.png"} <= {file.name for file in out.iterdir()}


def test_table_counts_the_area_lost_and_names_what_was_asked_differently(results):
    found = json.loads(run("compare", results / "a", results / "b", "--json").output)
    frames = [geopandas.read_parquet(results / name / "coverage.parquet") for name in ("a", "b")]
    before, after = (frame["text_availability"] for frame in frames)
    lost = frames[0]["area_km2"][(before >= 0.9) & (after < 0.9)].sum()
    people = frames[0]["population"][(before >= 0.9) & (after < 0.9)].sum()
    assert people > 0
    assert found["services"]["text"]["gained_and_lost_by_availability"]["0.9"] == {
        "gained_km2": 0.0,
        "lost_km2": pytest.approx(lost, abs=0.01),
        "gained_people": 0,
        "lost_people": people,
    }
    assert found["asked_differently"] == {"link.min_elevation_deg": [25.0, 40.0]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "not given"),
        (25.0, "25.0"),
        (
            Beams(
                exclusions=({"area": "medicina", "distance_km": 20},), full_power_beams=4, isolation_km=150
            ).model_dump(),
            (
                "16 beams per satellite sharing the power of 4, up to 60° off its nadir, 30 % of the beam cells ask, "
                "busy everywhere, frequency reuse 1, co-channel beams at least 150 km apart; none over medicina "
                "and 20 km around"
            ),
        ),
        (
            Beams(polarisations=2, demand="population", area="sicilia").model_dump(),
            (
                "16 beams per satellite, up to 60° off its nadir, 30 % of the beam cells ask, busy everywhere, "
                "frequency reuse 1, 2 polarisations with 0 dB isolation at the handset; serving sicilia, "
                "in proportion to population"
            ),
        ),
    ],
)
def test_what_was_asked_is_told_in_words(value, shown):
    assert _value_text(value) == shown


def test_a_result_against_itself_is_no_change(results):
    out = results / "same"
    assert run("compare", results / "a", results / "a", "-o", out).exit_code == 0
    change = geopandas.read_parquet(out / "difference.parquet").filter(like="_change")
    assert (change.fillna(0) == 0).all().all()


def test_other_grids_are_compared_on_the_finer_one(results):
    for pair in (("a", "coarse"), ("coarse", "a")):
        found = json.loads(run("compare", results / pair[0], results / pair[1], "--json").output)
        cells = len(geopandas.read_parquet(results / "a" / "coverage.parquet"))
        assert found["cells"] + found["cells_left_out"] == cells
        assert found["cells"] > 0.8 * cells


def test_results_without_common_ground(results):
    assert "have no area in common" in str(run("compare", results / "a", results / "far").exception)


def test_the_layer_brings_styles_centred_on_zero(results):
    compared = results / "styled"
    assert run("compare", results / "a", results / "b", "-o", compared).exit_code == 0
    with closing(sqlite3.connect(compared / "difference.gpkg")) as database:
        styles = database.execute(
            "SELECT styleName, useAsDefault, styleQML FROM layer_styles WHERE f_table_name = 'difference'"
        ).fetchall()
    assert [name for name, default, _ in styles if default] == ["Change of availability, text (points)"]
    assert len(styles) == len({name for name, _, _ in styles}) > 5
    classes = [rule.get("label") for rule in ET.fromstring(styles[0][2]).iter("rule") if rule.get("label")]
    # as many classes for the better as for the worse, and one for what did not change
    assert classes[3] == "−0.1 to 0.1 points"
    assert [label.strip("≥<− ")[:2] for label in classes[:3]] == ["10", "1–", "0."]
    assert (compared / "difference.qml").read_text(encoding="utf-8") == styles[0][2]

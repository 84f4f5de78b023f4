"""`d2c table`: a result by Italian region, province and municipality, and people in the summary."""

import io
import json

import geopandas
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.region.area import find_area
from d2c.region.grid import h3_grid
from d2c.region.population import distribute_population, municipalities

SULMONA = 22_175
SERVICES = ("text", "voice")
CODES = {"region": "region_code", "province": "province_code", "municipality": "istat_code"}


def run(*arguments):
    return CliRunner().invoke(d2c, list(map(str, arguments)))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Central Italy in cells that regions share, with gaps; the same in boxes; Malta; a polygon file."""
    root = tmp_path_factory.mktemp("table")
    (root / "area.geojson").write_text(
        '{"type":"Polygon","coordinates":[[[13,41.2],[15,41.2],[15,42.5],[13,42.5],[13,41.2]]]}'
    )
    shared = ["--set", "time.duration_h=2", "--set", "link.min_elevation_deg=40", "-q"]
    formats = "output.formats=['geojson']"
    for name, more in {
        "centre": ["--set", "region.area=13,41.2,15,42.5"],
        "boxes": [
            "--set",
            f"region.area={root / 'area.geojson'}",
            "--set",
            "grid.kind=latlon",
            "--set",
            formats,
        ],
        "malta": ["--set", "region.area=malta", "--set", formats],
        "corsica": ["--set", "region.area=8.4,40.9,9.6,42", "--set", "output.formats=['gpkg']"],
    }.items():
        done = run("run", "italy", "--best-case", *shared, *more, "-o", root / name)
        assert done.exit_code == 0, done.output
    return root


def table(folder, by, *more):
    done = run("table", folder, "--by", by, "--format", "csv", *more)
    assert done.exit_code == 0, done.output
    texts = dict.fromkeys((*CODES.values(), "province_short"), str)
    return pd.read_csv(io.StringIO(done.stdout), dtype=texts, keep_default_na=False, na_values=[""])


@pytest.mark.parametrize("by", CODES)
@pytest.mark.parametrize("name", ["centre", "boxes"])
def test_tables_sum_to_the_whole(root, name, by):
    summary = json.loads((root / name / "summary.json").read_text())
    found = table(root / name, by)
    assert found[CODES[by]].is_monotonic_increasing
    assert found[CODES[by]].is_unique
    assert found["population"].sum() == summary["region"]["population"] > 2_000_000
    for service in SERVICES:
        served = summary["services"][service]["population_served_availability"]
        assert found[f"{service}_population_90"].sum() == served["0.9"]
        assert found[f"{service}_population_99"].sum() == served["0.99"]
        assert 0 < found[f"{service}_longest_gap_s"].max() <= summary["services"][service]["longest_gap_s"]
    both = table(root / name, "region")
    for column in ("text_availability", "text_mean_wait_s", "voice_longest_gap_mean_s"):
        mean, again = (np.average(t[column].fillna(0), weights=t["population"]) for t in (found, both))
        assert mean == pytest.approx(again, abs=1e-3 if column.endswith("_s") else 1e-6)


def test_a_table_against_a_slow_count(root):
    area = find_area("13,41.2,15,42.5")
    cells = geopandas.read_parquet(root / "centre" / "coverage.parquet")
    spread = distribute_population(area, h3_grid(area, resolution=5))
    towns = municipalities()
    found = table(root / "centre", "province").set_index("province_code")
    for code in ("060", "066", "094"):
        people, weighted, served, worst, homes = 0, 0.0, 0, 0.0, set()
        for cell, town, n in zip(spread.cell, spread.municipality, spread.people, strict=True):
            if towns.province_code[town] == code:
                row = cells.iloc[cell]
                people += n
                weighted += n * row["text_availability"]
                served += n * (row["text_availability"] >= 0.9)
                worst = max(worst, row["text_longest_gap_s"])
                homes.add(cell)
        assert found.loc[code, "population"] == people
        assert found.loc[code, "cells"] == len(homes)
        assert found.loc[code, "text_availability"] == pytest.approx(weighted / people, abs=1e-6)
        assert found.loc[code, "text_population_90"] == served
        assert found.loc[code, "text_longest_gap_s"] == worst


def test_people_of_the_layer_are_those_of_the_summary(root):
    summary = json.loads((root / "centre" / "summary.json").read_text())
    cells = geopandas.read_parquet(root / "centre" / "coverage.parquet")
    assert cells["population"].sum() == summary["region"]["population"]
    assert summary["region"]["population_is_lower_bound"] is False
    for service in SERVICES:
        found = summary["services"][service]
        for share, people in found["population_served_availability"].items():
            assert people == cells["population"][cells[f"{service}_availability"] >= float(share)].sum()
        for wait, people in found["population_served_within"].items():
            share = cells[f"{service}_availability" if wait == "0min" else f"{service}_within_{wait}"]
            expected = (cells["population"] * share).sum()
            assert people == pytest.approx(expected, abs=0.5 + 1e-6 * cells["population"].sum())
        waits = list(found["population_served_within"].values())
        assert waits == sorted(waits)


def test_a_known_municipality_by_its_code(root):
    # Sulmona lies inside the box as a whole; ISTAT's code and population are the source's
    sulmona = table(root / "centre", "municipality").set_index("istat_code").loc["066098"]
    assert (sulmona["municipality"], sulmona["province"], sulmona["region"]) == (
        "Sulmona",
        "L'Aquila",
        "Abruzzo",
    )
    assert sulmona["population"] == SULMONA


def test_files_hold_the_same(root, tmp_path):
    printed = table(root / "centre", "province")
    for name in ("a.csv", "a.parquet", "a.md"):
        assert run("table", root / "centre", "--by", "province", "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == run(
        "table", root / "centre", "--by", "province", "--format", "csv"
    ).stdout
    stored = pd.read_parquet(tmp_path / "a.parquet")
    assert stored["province_code"].tolist() == printed["province_code"].tolist()
    np.testing.assert_array_equal(stored["text_population_90"], printed["text_population_90"])
    rows = json.loads(run("table", root / "centre", "--by", "province", "--json").stdout)
    assert [row["population"] for row in rows] == printed["population"].tolist()
    lines = (tmp_path / "a.md").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# 13,41.2,15,42.5, Starlink Direct to Cell")
    assert lines[2].startswith("best case, the best satellite over noise alone: a satellite in view ")
    assert "losses outdoor" in lines[4]
    assert lines[6] == "## text"
    assert sum(line.startswith("| L'Aquila | 066 |") for line in lines) == len(SERVICES)


def test_people_abroad_are_in_no_row_and_said(root):
    done = run("table", root / "corsica", "--format", "csv")
    assert done.exit_code == 0
    assert "people of the result live outside Italy and are not in the table" in done.stderr
    assert "Sardegna" in done.stdout
    assert json.loads((root / "corsica" / "summary.json").read_text())["region"]["population_is_lower_bound"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("malta",), "none of its 468 cells lies in an Italian municipality"),
        (("centre", "--format", "parquet"), "name a file with -o FILE.parquet"),
        (("centre", "-o", "table.txt"), "unknown file ending"),
        (("centre", "--json", "-o", "table.csv"), "--json prints to standard output"),
    ],
)
def test_bad_input(root, arguments, message):
    done = run("table", root / arguments[0], *arguments[1:])
    assert done.exit_code != 0
    assert message in done.output + str(done.exception)


def test_a_region_file_that_has_changed(root):
    file = root / "area.geojson"
    copy = root / "boxes" / "inputs" / "areas" / "area.geojson"
    before = file.read_text()
    try:
        file.write_text(before.replace("42.5", "42.4"))
        assert "area.geojson is not the file of the run; the copy in" in run("table", root / "boxes").stderr
        copy.write_text(before.replace("42.5", "42.3"))
        assert "area.geojson has changed since the run" in str(run("table", root / "boxes").exception)
    finally:
        file.write_text(before)
        copy.write_text(before)

"""`d2c explain` as its user meets it: a result opened again, one cell, one instant."""

import json
import math
import shutil
import subprocess
import sys

import geopandas
import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.errors import D2CError, ResultError
from d2c.orbit.catalogue import find_elements
from d2c.results.seal import seal

ROME = ("--site", "41.9,12.5")


def run(*arguments):
    return CliRunner().invoke(d2c, ["explain", *map(str, arguments)])


def explained(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def error_of(*arguments, kind=D2CError):
    result = run(*arguments)
    assert isinstance(result.exception, kind), result.output
    assert result.stdout == ""
    assert "\n" not in str(result.exception)
    return str(result.exception)


@pytest.fixture(scope="module")
def elements(tmp_path_factory):
    """Return an element file of the user's own."""
    path = tmp_path_factory.mktemp("elements") / "mine.tle"
    shutil.copy(find_elements("starlink-d2c-2026-08"), path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory, elements):
    """Italy for two hours in coarse cells, from the user's elements, starting between two whole minutes."""
    folder = tmp_path_factory.mktemp("run") / "italy"
    quick = (
        "grid.resolution=3",
        "time.duration_h=2",
        "time.start='2026-08-22T18:00:10Z'",
        "link.environment=rural",
    )
    overrides = [part for key in quick for part in ("--set", key)]
    result = CliRunner().invoke(
        d2c, ["run", "italy", "--best-case", *overrides, "--elements", str(elements), "-o", str(folder), "-q"]
    )
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def copy(folder, tmp_path):
    """Return a copy of the result to spoil."""
    return shutil.copytree(folder, tmp_path / "copy")


def change_summary(folder, change):
    path = folder / "summary.json"
    content = json.loads(path.read_text())
    change(content)
    reseal(folder, content)


def reseal(folder, content=None):
    """Write a summary anew as if a run had written the files as they are now."""
    content = content or json.loads((folder / "summary.json").read_text())
    content = {key: value for key, value in content.items() if key not in ("files_sha256", "summary_sha256")}
    (folder / "summary.json").write_text(json.dumps(seal(content, folder)))


def test_statistics_are_those_of_the_layer(folder):
    found = explained(folder, *ROME)
    layer = geopandas.read_parquet(folder / "coverage.parquet").set_index("cell_id")
    row = layer.loc[found["cell"]["cell_id"]]
    assert found["statistics"]["visible_fraction"] == row["visible_fraction"]
    assert found["statistics"]["voice_availability"] == row["voice_availability"]
    assert found["cell"]["country"] == "Italy"
    assert explained(folder, "--cell", found["cell"]["cell_id"]) == found


def test_it_agrees_and_says_so(folder):
    found = explained(folder, *ROME)
    agreement = found["agreement"]
    assert agreement["agrees"]
    instant = next(check for check in agreement["kernel"] if check["name"] == "C/N at the instant (dB)")
    assert abs(instant["difference"]) <= instant["allowed"] == 0.01
    assert instant["exact"] == pytest.approx(found["budget"]["downlink"]["c_n_db"], abs=1e-9)
    text = run(folder, *ROME).stdout
    assert "The stored cell agrees with the exact formula." in text
    assert "C/N at the instant (dB)" in text


def test_budget_is_that_of_the_server_and_adds_up(folder):
    found = explained(folder, *ROME)
    best = found["in_view"][0]
    assert best["serves"]
    assert found["server"] == best["name"]
    assert not any(one["serves"] for one in found["in_view"][1:])
    for direction, key in (("downlink", "c_n_db"), ("uplink", "uplink_c_n_db")):
        budget = found["budget"][direction]
        assert sum(line["sign"] * line["value"] for line in budget["lines"]) == pytest.approx(
            best[key], abs=1e-9
        )
    assert found["budget"]["geometry"]["slant_range_m"] == pytest.approx(best["slant_range_m"], abs=1e-6)
    for service in found["budget"]["services"]:
        assert service["margin_db"] == pytest.approx(best["margin_db"][service["name"]], abs=1e-9)
        assert found["served"][service["name"]] == service["closes"]
        assert 0 < service["probability"] <= 1


def test_default_instant_is_the_lowest_margin(folder):
    found = explained(folder, *ROME)
    assert found["time"]["chosen"] == "lowest margin of text with a satellite in view"
    lowest = found["in_view"][0]["margin_db"]["text"]
    for minute in (5, 35, 65, 95):
        other = explained(folder, *ROME, "--time", f"2026-08-22T{18 + minute // 60}:{minute % 60:02}:00Z")
        if other["in_view"]:
            assert other["in_view"][0]["margin_db"]["text"] >= lowest


def test_an_instant_between_samples_is_moved_and_said(folder):
    found = explained(folder, *ROME, "--time", "2026-08-22T19:00:00Z")
    # samples at 18:00:10 + 30 k: the one whose step holds 19:00:00 is k = 119
    assert (found["time"]["sample"], found["time"]["utc"]) == (119, "2026-08-22T18:59:40Z")
    text = run(folder, *ROME, "--time", "2026-08-22T19:00:00Z").stdout
    assert "requested: 2026-08-22T19:00:00Z; this is the sample whose step contains it" in text
    exact = explained(folder, *ROME, "--time", "2026-08-22T18:59:40Z")
    assert exact["in_view"] == found["in_view"]
    assert "this is the sample" not in run(folder, *ROME, "--time", "2026-08-22T18:59:40Z").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either --cell ID or --site LAT,LON"),
        ((*ROME, "--cell", "x"), "give either --cell ID or --site LAT,LON"),
        (("--site", "41.9"), "latitude,longitude"),
        (("--site", "48.8,2.3"), "outside every cell of the result; the nearest, "),
        (("--cell", "831fb4fffffffff"), "the nearest is 83"),
        ((*ROME, "--time", "noon"), "not a valid time"),
        ((*ROME, "--time", "2026-08-22T18:00:09Z"), "choose an instant from 2026-08-22T18:00:10Z to before"),
        ((*ROME, "--time", "2026-08-22T20:00:10Z"), "to before 2026-08-22T20:00:10Z"),
    ],
)
def test_bad_input_is_one_line(folder, arguments, message):
    assert message in error_of(folder, *arguments)


def test_last_sample_of_the_span(folder):
    found = explained(folder, *ROME, "--time", "2026-08-22T20:00:09.999Z")
    assert found["time"]["sample"] == 239


def test_folder_that_is_no_result(tmp_path, copy):
    assert "not a result folder" in error_of(tmp_path / "nowhere", *ROME, kind=ResultError)
    (copy / "summary.json").write_text("{")
    assert "cannot be read as the summary" in error_of(copy, *ROME, kind=ResultError)
    (copy / "summary.json").write_text("[]")
    assert "cannot be read as the summary" in error_of(copy, *ROME, kind=ResultError)
    (copy / "summary.json").unlink()
    assert "has no summary.json" in error_of(copy, *ROME, kind=ResultError)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update(schema_version=99), "schema version 99"),
        (lambda s: s.pop("inputs_sha256"), "lacks the scenario, the start or the inputs' hashes"),
        (lambda s: s.pop("scenario"), "lacks the scenario"),
        (lambda s: s["inputs_sha256"].update({"mine.tle": "00" * 32}), "mine.tle has changed since the run"),
        (lambda s: s["scenario"]["constellation"].update(elements="gone.tle"), "its element file is missing"),
        (lambda s: s["scenario"]["grid"].update(resolution=4), "cells, the layer holds"),
        (lambda s: s["inputs_sha256"].update(italy="00"), "its region file 'italy' is missing"),
    ],
)
def test_inputs_that_are_not_those_of_the_run(copy, change, message):
    change_summary(copy, change)
    assert message in error_of(copy, *ROME, kind=ResultError)


def test_changed_element_file(copy, elements, tmp_path):
    changed = tmp_path / "mine.tle"
    changed.write_text(elements.read_text().replace("NOMINAL", "NOMINEE"))
    change_summary(copy, lambda s: s["scenario"]["constellation"].update(elements=str(changed)))
    assert "mine.tle has changed since the run" in error_of(copy, *ROME, kind=ResultError)


def test_layer_that_does_not_agree(copy):
    path = copy / "coverage.parquet"
    layer = geopandas.read_parquet(path)
    layer["text_availability"] -= 0.1
    layer.to_parquet(path)
    reseal(copy)
    result = run(copy, *ROME)
    assert result.exit_code == 3
    assert "The stored cell DIFFERS from the exact formula." in result.stdout
    assert "text_availability" in [
        line.split()[0] for line in result.stdout.splitlines() if "DIFFERS" in line
    ]


def test_result_without_parquet(copy):
    (copy / "coverage.parquet").unlink()
    assert explained(copy, *ROME)["agreement"]["agrees"]


def test_constellation_that_is_never_seen(tmp_path):
    keys = (
        "constellation.walker='5:10/1/0'",
        "constellation.altitude_km=525",
        "region.area=sicilia",
        "grid.resolution=3",
        "time.duration_h=1",
        "time.start='2026-08-22T18:00:00Z'",
    )
    overrides = [part for key in keys for part in ("--set", key)]
    asked = ["run", "italy", "--best-case", *overrides]
    done = CliRunner().invoke(d2c, [*asked, "-o", str(tmp_path / "none"), "-q"])
    assert done.exit_code == 0, done.output
    found = explained(tmp_path / "none", "--site", "37.5,14.2")
    assert found["time"]["chosen"].startswith("middle of the span")
    assert (found["time"]["sample"], found["server"], found["budget"], found["in_view"]) == (
        60,
        None,
        None,
        [],
    )
    assert found["statistics"]["c_n_p50_db"] is None
    assert found["agreement"]["agrees"]
    text = run(tmp_path / "none", "--site", "37.5,14.2").stdout
    assert "no satellite above the mask of 25 deg" in text


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Molise under a network of beams for an hour."""
    folder = tmp_path_factory.mktemp("run") / "loaded"
    quick = (
        "region.area=molise",
        "time.duration_h=1",
        "time.start='2026-08-22T18:00:00Z'",
        "beams.margin_km=60",
        "output.formats=['parquet']",
    )
    overrides = [part for key in quick for part in ("--set", key)]
    result = CliRunner().invoke(d2c, ["run", "italy-loaded", *overrides, "-o", str(folder), "-q"])
    assert result.exit_code == 0, result.output
    return folder


CAMPOBASSO = ("--site", "41.56,14.66")


def test_serving_beam_and_its_interferers(loaded):
    # the mask is that of a beam cell's centre: elsewhere in it the server may be below the mask, and not in view
    found = explained(loaded, *CAMPOBASSO, "--time", "2026-08-22T18:31:00Z")
    network = found["network"]
    beam = network["serving_beam"]
    assert network["camps"]
    assert beam["satellite"] == found["server"]
    assert [one["name"] for one in found["in_view"] if one["serves"]] == [found["server"]]
    assert beam["c_n_db"] == pytest.approx(
        beam["steered_c_n_db"] - beam["back_off_db"] - beam["off_axis_loss_db"], abs=1e-9
    )
    # noise figure 7 dB at 290 K, as in `d2c link`
    assert beam["rsrp_dbm"] == pytest.approx(beam["c_n_db"] - 125.214, abs=0.001)
    assert 0 < beam["share"] <= 1
    strongest = network["interferers"]
    assert len(strongest) == 8
    assert [one["c_i_db"] for one in strongest] == sorted(one["c_i_db"] for one in strongest)
    assert beam["beam_cell_id"] not in [one["beam_cell_id"] for one in strongest]
    assert all(0 < one["chance"] < 1 for one in strongest)
    assert 0 < sum(one["of_mean"] for one in strongest) <= 1
    for one in strongest:
        assert one["same_satellite"] == (one["satellite"] == beam["satellite"])
    mean = 10 ** (network["interference"]["mean_over_noise_db"] / 10)
    assert network["interference"]["c_in_db"] == pytest.approx(
        beam["c_n_db"] - 10 * math.log10(1 + mean), abs=1e-9
    )
    assert found["served"] == {name: margin >= 0 for name, margin in network["margin_db"].items()}
    assert found["budget"]["downlink"]["rsrq_load"] == 1.0


def test_a_network_agrees_and_says_so(loaded):
    found = explained(loaded, *CAMPOBASSO)
    assert found["agreement"]["agrees"]
    compared = {check["name"] for check in found["agreement"]["network"]}
    for column in ("rsrp_p50_dbm", "c_in_p50_db", "duty", "text_availability", "handovers_per_hour"):
        assert column in compared
    assert found["time"]["chosen"] == "lowest margin of text with a beam to camp on"
    text = run(loaded, *CAMPOBASSO).stdout
    beam = found["network"]["serving_beam"]
    assert f"serving beam {beam['beam_cell_id']} of {beam['satellite']}, elevation" in text
    assert "strongest interferers (C/I of each alone" in text
    assert "another satellite" in text or "same satellite" in text
    assert "as if each had a beam steered to the cell, over noise alone" in text
    assert "The stored network of beams, against the exact formula over the whole span" in text
    assert "The stored cell agrees with the exact formula." in text


def test_a_network_at_an_instant_asked_for(loaded):
    found = explained(loaded, *CAMPOBASSO, "--time", "2026-08-22T18:31:10Z")
    # level steps of 270 s: the one before 18:31:00
    assert found["time"]["utc"] == "2026-08-22T18:31:00Z"
    assert found["network"]["sampled"]["utc"] == "2026-08-22T18:30:00Z"
    lowest = explained(loaded, *CAMPOBASSO)["network"]["margin_db"]["text"]
    assert found["network"]["margin_db"]["text"] >= lowest


def test_a_result_without_beams_has_no_network(folder):
    found = explained(folder, *ROME)
    assert found["network"] is None
    assert "network" not in found["agreement"]


def test_network_that_does_not_agree(loaded, tmp_path):
    copy = shutil.copytree(loaded, tmp_path / "copy")
    layer = geopandas.read_parquet(copy / "coverage.parquet")
    layer["c_in_p50_db"] += 1.0
    layer.to_parquet(copy / "coverage.parquet")
    reseal(copy)
    result = run(copy, *CAMPOBASSO)
    assert result.exit_code == 3
    assert [line.split()[0] for line in result.stdout.splitlines() if line.endswith("DIFFERS")] == [
        "c_in_p50_db"
    ]


QUICK = ("time.duration_h=1", "time.start='2026-08-22T18:00:00Z'", "output.formats=['parquet']")
SKY = ("italy", ("network=false", "region.area=sicilia", "grid.resolution=4"), ("--site", "37.5,14.2"))
NETWORK = ("italy-loaded", ("region.area=molise", "beams.margin_km=60"), CAMPOBASSO)


@pytest.mark.parametrize(
    ("scenario", "phones", "number"),
    [
        (SKY, ("link.phones=mix", "link.environment=rural"), 16),
        (SKY, ("link.phones=none", "link.environment=none", "link.losses=indoor"), 16),
        (NETWORK, ("link.phones=mix", "link.environment=urban"), 16),
        (NETWORK, ("link.phones=none", "link.environment=none"), 1),
    ],
)
def test_phones_agree_and_their_shares_add_up(tmp_path, scenario, phones, number):
    name, keys, place = scenario
    overrides = [part for key in (*QUICK, *keys, *phones) for part in ("--set", key)]
    done = CliRunner().invoke(d2c, ["run", name, *overrides, "-o", str(tmp_path / "run"), "-q"])
    assert done.exit_code == 0, done.output
    found = explained(tmp_path / "run", *place)
    assert found["agreement"]["agrees"]
    compared = {
        check["name"]: check for group in ("stored", "network") for check in found["agreement"].get(group, [])
    }
    assert found["phones"]["number"] == number
    for service, shares in found["phones"]["shares"].items():
        assert sum(shares.values()) == pytest.approx(1, abs=1e-12)
        assert shares["served"] == pytest.approx(compared[f"{service}_availability"]["exact"], abs=1e-12)
        assert ("capacity" in shares) == ("interference" in shares) == (scenario is NETWORK)
        for figure in ("longest_gap_s", "mean_wait_s", "within_1min", "within_60min", "margin_p50_db"):
            assert f"{service}_{figure}" in compared
        assert not any(column.endswith("_probability") for column in compared)
    text = run(tmp_path / "run", *place).stdout
    assert f"{number} phone{'s' if number > 1 else ''} of the cell (" in text
    assert ("capacity" in text) == (scenario is NETWORK)
    assert "no satellite" in text


def test_exit_codes(folder, tmp_path):
    def code(*arguments):
        command = [sys.executable, "-m", "d2c", "explain", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert code(folder, *ROME).returncode == 0
    for arguments, expected in (((tmp_path, *ROME), 2), ((folder, "--cell", "x"), 2)):
        done = code(*arguments)
        assert (done.returncode, done.stdout) == (expected, "")
        assert len(done.stderr.splitlines()) == 1


def test_a_figure_that_the_exact_formula_does_not_give_ends_with_3_as_help_and_docs_say(
    folder, elements, tmp_path
):
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    layer = changed / "coverage.parquet"
    cells = geopandas.read_parquet(layer)
    cells["c_n_p50_db"] += 1
    cells.to_parquet(layer)
    reseal(changed)
    done = run(changed, *ROME)
    assert done.exit_code == 3
    assert "differs from the exact formula" in done.stderr
    assert "exit code 3 if they differ" in run("--help").stdout.replace("\n ", "")

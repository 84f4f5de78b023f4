"""`d2c sensitivity`: what it writes and tells, that its figures are those of `d2c run`, and where it refuses."""

import csv
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c

QUICK = (
    "--set", "region.area=molise", "--set", "grid.resolution=4", "--set", "beams.margin_km=50",
    "--set", "time.duration_h=0.5",
)  # fmt: skip
WITHOUT_BEAMS = (
    "--best-case", *QUICK[:4], *QUICK[6:], "--set", "link.phones=none", "--set", "link.environment=none",
)  # fmt: skip
FILES = {"sensitivity.json", "sensitivity.csv", "sensitivity.png"}


def run(*arguments):
    return CliRunner().invoke(d2c, list(map(str, arguments)))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sensitivity") / "loaded"
    only = ("--only", "beams.load", "--only", "beams.active_share")
    done = run("sensitivity", "italy-loaded", *QUICK, *only, "-o", folder)
    assert done.exit_code == 0, done.output
    return folder, done


def test_table_and_files(loaded):
    folder, done = loaded
    assert {file.name for file in folder.iterdir()} == FILES
    assert "0.5 h, every 30 s" in done.stdout
    lines = done.stdout.splitlines()
    (at,) = (k for k, line in enumerate(lines) if line.startswith("as it is"))
    assert lines[at + 1].split()[:2] == ["beams.load", "1"]
    assert lines[at + 2].split()[:5] == ["beams.active_share", "0.001", "0.0001,", "0.001,", "0.01"]


def test_what_decides_stands_before_the_table_and_the_values_are_counted(loaded):
    folder, done = loaded
    assert "; 7 values, each alone; what decides:" in done.stdout.splitlines()[1]
    decided_by = json.loads((folder / "sensitivity.json").read_text(encoding="utf-8"))["decided_by"]
    lines = done.stdout.splitlines()
    assert [line.strip() for line in lines[2 : 2 + len(decided_by)]] == decided_by
    (level,) = (text for text in decided_by if text.startswith("C/(I+N), median (dB): "))
    assert "beams.load" in level
    assert "beams.active_share" not in level  # users at once share a beam's time and change no level


def test_figures_are_those_of_the_run_with_that_value(loaded, tmp_path):
    folder, _ = loaded
    rows = {
        (row["parameter"], row["value"]): row
        for row in csv.DictReader((folder / "sensitivity.csv").read_text(encoding="utf-8").splitlines())
    }
    assert len(rows) == 1 + 4 + 3
    done = run("run", "italy-loaded", *QUICK, "--set", "beams.load=0.3", "--set", "output.formats=['parquet']",
               "-o", tmp_path / "x", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    wanted = json.loads(done.stdout)
    row = rows["beams.load", "0.3"]
    for name, service in wanted["services"].items():
        assert float(row[f"{name}_availability"]) == service["availability"]
    assert float(row["c_in_p50_db"]) == wanted["network"]["c_in_p50_db"]
    assert float(row["beam_mbps"]) == wanted["network"]["mbps_per_beam_mean"]
    # more load never raises C/(I+N)
    levels = [float(rows["beams.load", load]["c_in_p50_db"]) for load in ("0.1", "0.3", "0.6", "1")]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > levels[-1]


def test_same_bytes_again(loaded, tmp_path):
    folder, done = loaded
    only = ("--only", "beams.load", "--only", "beams.active_share")
    again = run("sensitivity", "italy-loaded", *QUICK, *only, "-o", tmp_path / "again")
    assert again.stdout == done.stdout
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_without_beams_the_link_decides(tmp_path):
    done = run("sensitivity", "italy", *WITHOUT_BEAMS, "-o", tmp_path / "x", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found == json.loads((tmp_path / "x" / "sensitivity.json").read_text(encoding="utf-8"))
    assert set(found["as_it_is"]) == {"text_availability", "voice_availability", "c_n_p50_db"}
    by_name = {entry["name"]: entry for entry in found["parameters"]}
    assert set(by_name) == {"link.min_elevation_deg", "link.payload", "link.losses"}
    # the outdoor handset loses 4 dB to the body, the one in a pocket 10 dB (losses/outdoor.toml, pocket.toml)
    levels = {one["value"]: one["c_n_p50_db"] for one in by_name["link.losses"]["tried"]}
    assert levels["outdoor"] - levels["pocket"] == pytest.approx(6.0, abs=0.01)


def test_the_span_is_short_unless_asked_for(tmp_path):
    arguments = (
        "italy",
        *WITHOUT_BEAMS[:5],
        *WITHOUT_BEAMS[7:],
        "--only",
        "link.losses",
        "-o",
        tmp_path / "x",
    )
    assert "the first 4 h of the 24 h" in run("sensitivity", *arguments).stdout
    other = run("sensitivity", *arguments, "--hours", 1)
    assert "time.duration_h 4.0 -> 1.0" in str(other.exception)  # another question, and its folder is kept
    assert "the first 1 h of the 24 h" in run("sensitivity", *arguments, "--hours", 1, "--replace").stdout


def test_without_a_folder_it_is_named_after_the_question(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("sensitivity", "italy", *WITHOUT_BEAMS, "--only", "link.min_elevation_deg", "--hours", 0.1)
    assert done.exit_code == 0, done.output
    (folder,) = (tmp_path / "out").iterdir()
    assert folder.name.startswith("italy-molise-")
    assert folder.name.endswith("duration-h-0.1-sensitivity")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "unknown scenario 'nowhere'"),
        (("italy", "--best-case", "--only", "beams.load"), "'beams.load' is no assumed parameter of"),
        (("italy", "--hours", "0"), "[time] duration_h = 0.0: input should be greater than 0"),
        (("italy", "--set", "link.losses=nowhere"), "unknown loss set 'nowhere'"),
    ],
)
def test_refusals_write_nothing(tmp_path, arguments, message):
    command = [sys.executable, "-m", "d2c", "sensitivity", *arguments, "-o", str(tmp_path / "x")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "x").exists()

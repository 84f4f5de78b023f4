"""`d2c run` as its user meets it: files, numbers that agree, errors in one line, exit codes."""

import csv
import json
import subprocess
import sys

import geopandas
import numpy as np
import pytest

from d2c.cli.main import COMMANDS

QUICK = ("--set", "grid.resolution=3", "--set", "time.duration_h=1", "--best-case")


PLACE_AND_SKY = [
    "cell_id",
    "latitude_deg",
    "longitude_deg",
    "area_km2",
    "population",
    "surface",
    "country",
    "region",
    "visible_fraction",
    "mean_visible",
    "max_visible",
    "max_elevation_deg",
    "c_n_p05_db",
    "c_n_p50_db",
    "c_n_p95_db",
    "rsrp_p50_dbm",
]


def d2c(*arguments, **options):
    command = [sys.executable, "-m", "d2c", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def one_line(result, code):
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1, result.stderr
    assert result.stdout == ""
    return lines[0]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "italy"
    done = d2c("run", "italy", *QUICK, "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_a_run_for_parquet_alone_starts_without_what_it_does_not_need(tmp_path):
    options = [*QUICK, "--set", "output.formats=['parquet']", "-o", tmp_path / "italy"]
    command = [sys.executable, "-X", "importtime", "-m", "d2c", "run", "italy", *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "numba" in loaded
    assert loaded.isdisjoint({"pandas", "geopandas", "pyogrio", "matplotlib"})


def test_result_folder(result):
    folder, done = result
    names = {
        "coverage.gpkg",
        "coverage.geojson",
        "coverage.parquet",
        "timeline.csv",
        "map.png",
        "waiting.png",
        "summary.json",
    }
    assert names <= {file.name for file in folder.iterdir()}
    assert [file.name for file in folder.iterdir() if file.name.startswith(".")] == [".d2c-lock"]
    assert "Italy" in done.stdout
    assert "not modelled" in done.stdout


def test_formats_hold_the_same_numbers(result):
    folder, _ = result
    parquet = geopandas.read_parquet(folder / "coverage.parquet")
    services = [
        f"{service}_{figure}"
        for service in ("text", "voice")
        for figure in (
            *("availability", "longest_gap_s", "longest_gap_is_lower_bound", "mean_wait_s"),
            *("within_1min", "within_5min", "within_15min", "within_60min"),
            "margin_p50_db",
        )
    ]
    columns = [*PLACE_AND_SKY, *services]
    assert list(parquet.columns) == [*columns, "geometry"]
    for name in ("coverage.gpkg", "coverage.geojson"):
        other = geopandas.read_file(folder / name, layer="coverage")
        for column in columns:
            found, wanted = other[column].to_numpy(), parquet[column].to_numpy()
            if found.dtype.kind == "f":
                np.testing.assert_array_equal(found, wanted.astype(float), err_msg=column)
            else:
                assert list(found) == list(wanted), column


def test_summary_says_where_from(result):
    folder, _ = result
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["schema_version"] == 3
    assert summary["satellites"]["used"] == 639
    assert summary["satellites"]["refused"] == 0
    assert len(summary["inputs_sha256"]["starlink-d2c-2026-08.tle"]) == 64
    assert summary["scenario"]["time"]["duration_h"] == 1.0
    assert {"d2c", "skyfield", "sgp4", "numba"} <= set(summary["versions"])
    assert any("starlink-d2c" in name for name in summary["assumptions"])
    frame = geopandas.read_parquet(folder / "coverage.parquet")
    weighted = np.average(frame["text_availability"], weights=frame["area_km2"])
    assert summary["services"]["text"]["availability"] == pytest.approx(weighted, abs=1e-5)


@pytest.mark.parametrize(("weight", "column"), [("area", "area_km2"), ("population", "population")])
def test_summary_says_how_long_the_region_waits(result, weight, column):
    folder, _ = result
    waiting = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["waiting"]
    frame = geopandas.read_parquet(folder / "coverage.parquet")
    curve = dict(zip(waiting["minutes"], waiting[weight]["text"], strict=True))
    for minutes, figure in (
        (0, "availability"),
        (1, "within_1min"),
        (5, "within_5min"),
        (60, "within_60min"),
    ):
        wanted = np.average(frame[f"text_{figure}"], weights=frame[column])
        assert curve[minutes] == pytest.approx(wanted, abs=2e-6)


def test_timeline(result):
    folder, _ = result
    rows = list(csv.DictReader((folder / "timeline.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 120
    assert rows[0]["utc"] == "2026-08-22T18:00:00Z"
    frame = geopandas.read_parquet(folder / "coverage.parquet")
    # each says of the same samples how many were visible: by step here, by cell there
    by_step = np.mean([float(row["visible_cell_fraction"]) for row in rows])
    assert by_step == pytest.approx(frame["visible_fraction"].mean(), abs=2e-6)
    area = np.average(frame["visible_fraction"], weights=frame["area_km2"])
    assert np.mean([float(row["visible_area_fraction"]) for row in rows]) == pytest.approx(area, abs=2e-6)


def test_same_input_gives_the_same_bytes_with_any_workers(result, tmp_path):
    folder, _ = result
    assert d2c("run", "italy", *QUICK, "-o", tmp_path, "--workers", 1, "-q").returncode == 0
    for name in ("coverage.geojson", "coverage.parquet", "timeline.csv", "coverage.gpkg", "map.png"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_json_is_all_there_is_on_stdout(tmp_path):
    done = d2c("run", "italy", *QUICK, "-o", tmp_path, "--json", "--workers", 99)
    assert json.loads(done.stdout)["title"] == "Italy, Starlink Direct to Cell"
    assert "99" in done.stderr


def test_fewer_formats(tmp_path):
    done = d2c("run", "italy", *QUICK, "-o", tmp_path, "-q", "--set", "output.formats=['parquet']")
    assert done.returncode == 0
    assert done.stdout == ""
    assert {file.name for file in tmp_path.iterdir()} == {
        "coverage.parquet",
        "timeline.csv",
        "summary.json",
        "inputs",
        ".d2c-lock",
    }


def test_walker_shells(tmp_path):
    done = d2c(
        "run", "italy", *QUICK, "-o", tmp_path, "--json",
        "--set", "constellation.walker=53:648/36/1", "--set", "constellation.altitude_km=530",
    )  # fmt: skip
    summary = json.loads(done.stdout)
    assert summary["satellites"]["used"] == 648
    assert "median_age_days" not in summary["satellites"]


GOOD = """STARLINK-1 [DTC]
1 58705U 24002A   26234.14238832  .00001859  00000+0  20202-4 0  9993
2 58705  53.1606 178.3937 0001639  63.1086 297.0099 15.69709206152424
"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 4, "binary"),
        (GOOD[:100].encode(), "line 2 has 13 of 69 characters"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
    ],
)
def test_bad_element_files(tmp_path, content, message):
    file = tmp_path / "bad.tle"
    file.write_bytes(content)
    out = tmp_path / "out"
    line = one_line(d2c("run", "italy", *QUICK, "--elements", file, "-o", out), 2)
    assert message in line
    assert "bad.tle" in line
    assert not out.exists()


def test_element_files_without_direct_to_cell_satellites(tmp_path):
    line = one_line(
        d2c("run", "italy", *QUICK, "--elements", "starlink-sample-2026-09", "-o", tmp_path / "o"), 2
    )
    assert "256" in line
    assert "only_d2c" in line


def test_old_elements_are_refused_unless_allowed(tmp_path):
    late = ("--set", "time.start=2026-10-01")
    assert "max_age_days" in one_line(d2c("run", "italy", *QUICK, *late, "-o", tmp_path / "o"), 2)
    done = d2c("run", "italy", *QUICK, *late, "-o", tmp_path, "--set", "constellation.max_age_days=60")
    assert done.returncode == 0
    assert "warning" in done.stderr


def test_refused_sets_are_listed_and_the_rest_is_used(tmp_path):
    file = tmp_path / "mixed.tle"
    file.write_text(GOOD + GOOD.replace("9993", "9990").replace("58705", "58706"))
    done = d2c("run", "italy", *QUICK, "--elements", file, "-o", tmp_path / "o")
    assert done.returncode == 0, done.stderr
    assert "line 5" in done.stderr
    assert "checksum" in done.stderr
    summary = json.loads((tmp_path / "o" / "summary.json").read_text())
    assert summary["satellites"]["used"] == 1
    assert summary["satellites"]["refused_sets"][0]["line"] == 5


def polygon(*corners):
    ring = [list(corner) for corner in corners]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (polygon((200, 40), (210, 40), (210, 50), (200, 40)), "outside the Earth"),
        (polygon((10, 40), (12, 42), (12, 40), (10, 42), (10, 40)), "self-intersection"),
        ({"type": "FeatureCollection", "features": []}, "no polygon"),
    ],
)
def test_bad_polygons(tmp_path, feature, message):
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps(feature))
    line = one_line(d2c("run", "italy", *QUICK, "--set", f"region.area={file}", "-o", tmp_path / "o"), 2)
    assert message in line.lower() or message in line
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("region.area=sicily", "sicilia"),
        ("region.area=tuscany", "toscana"),
        ("time.step_s=0", "step_s"),
        ("time.step_s=-1", "step_s"),
        ("grid.resolution=12", "more than 2,000,000"),
        ("link.payload=starlink", "did you mean"),
        ("link.services=['fax']", "service"),
        ("time.start=tomorrow", "start"),
    ],
)
def test_bad_overrides(tmp_path, override, message):
    line = one_line(d2c("run", "italy", "--set", override, "-o", tmp_path / "o"), 2)
    assert message in line
    assert not (tmp_path / "o").exists()


def test_a_thousand_million_cells_are_refused_with_the_number(tmp_path):
    line = one_line(d2c("run", "mediterranean", "--set", "grid.resolution=12", "-o", tmp_path / "o"), 2)
    assert ",000,000 cells" in line
    assert "use" in line


def test_output_in_the_place_of_a_file(tmp_path):
    (tmp_path / "taken").write_text("mine")
    done = d2c("run", "italy", *QUICK, "-o", tmp_path / "taken" / "deeper")
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    assert (tmp_path / "taken").read_text() == "mine"


def contents(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_disk_full_keeps_what_was_there(result, tmp_path):
    small = d2c("run", "italy", *QUICK, "-o", tmp_path, "--set", "region.area=molise")
    assert small.returncode == 0
    before = contents(tmp_path)
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "import d2c.cli.commands.run, d2c.coverage.kernels._accumulate;"
        "from d2c.cli.main import main; sys.argv = ['d2c', 'run', 'italy', '--set', 'time.duration_h=1', '-q', "
        "'--replace', '-o', "
        f"{str(tmp_path)!r}];"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(tmp_path) == before


def test_every_help_works_and_the_first_is_quick():
    for command in (
        (), ("run",), ("scenario",), ("scenario", "list"), ("scenario", "show"), ("scenario", "check"),
        ("scenario", "schema"), ("elements",), ("elements", "info"), ("elements", "update"),
    ):  # fmt: skip
        done = d2c(*command, "--help")
        assert done.returncode == 0
        assert "Usage:" in done.stdout
    heavy = "import sys, d2c.cli.main; print(*sorted(set(sys.modules) & {'numpy', 'numba', 'geopandas', 'pydantic'}))"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"doctor", "library", "scenario"}))
def test_a_help_loads_no_library_of_computing(command):
    heavy = "{'numba', 'pandas', 'geopandas', 'matplotlib', 'skyfield', 'pydantic', 'shapely', 'pyproj'}"
    code = f"import sys, d2c.cli.commands.{command}; print(*sorted(set(sys.modules) & {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

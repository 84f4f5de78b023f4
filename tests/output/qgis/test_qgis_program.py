"""The result folder in the real QGIS: every file loaded, and the window as a person sees it.

Skipped only where QGIS is not installed (.ci/qgis installs it); where it is and does not work, the tests fail.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from d2c.output.qgis.style import with_unit
from d2c.results.column_lookup import map_quantities

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("qgis") is None, reason="QGIS is not installed; .ci/qgis installs it"),
]

SYSTEM_PYTHON = "/usr/bin/python3"  # which distributions build PyQGIS for
HERE = Path(__file__).parent
PATIENCE_S = 120
TABLES = ("coverage", "hourly", "borders")
TICKED = "Hourly: Availability, text (%)"


def run(command, *, folder, **more):
    """Run a program in a session of its own, so that all of it ends with its time."""
    # Nothing of the environment that pytest runs in may lead QGIS to other libraries or settings.
    own = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PROJ_", "GDAL_", "VIRTUAL_ENV"))
    }
    environment = own | {"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)} | more
    log = folder / "log.txt"
    with log.open("w") as output:
        program = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        try:
            code = program.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            code = f"no end after {PATIENCE_S} s"
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)
    assert code == 0, f"{command[0]}: {code}\n{log.read_text()[-3000:]}"


def made(folder, *more):
    command = [
        sys.executable,
        "-m",
        "d2c",
        "run",
        "italy",
        "--best-case",
        "--quiet",
        "--output",
        str(folder),
        *more,
    ]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    return folder


@pytest.fixture(scope="module", params=["as shipped", "hardly any coverage"])
def result(request, tmp_path_factory):
    """A result in a folder that it was moved to, with a name that needs care in addresses."""
    folder = tmp_path_factory.mktemp("result")
    few = ["--set", "link.min_elevation_deg=84", "--set", "time.duration_h=2"]
    environment = ["--set", "link.environment=suburban"]
    made(folder / "first", *(few if request.param == "hardly any coverage" else environment))
    return (folder / "first").rename(folder / "Città #1 & more")


@pytest.fixture(scope="module", params=["UTC", "Asia/Kolkata"])
def told(request, result, tmp_path_factory):
    """What PyQGIS says of the result, where the clocks are set like this."""
    folder = tmp_path_factory.mktemp("told")
    command = [SYSTEM_PYTHON, str(HERE / "qgis_load.py"), str(result), str(folder / "told.json"), *TABLES]
    run(command, folder=folder, QT_QPA_PLATFORM="offscreen", TZ=request.param)
    return json.loads((folder / "told.json").read_text())


def cells_of(result):
    return pd.read_parquet(result / "coverage.parquet").drop(columns="geometry")


def title_of(result):
    return json.loads((result / "summary.json").read_text())["title"]


def expected_classes(column, values):
    entry = map_quantities([column])[column]
    labels = [with_unit(label, entry) for label in entry.class_labels()] + [entry.missing]
    return [[labels[k]] for k in entry.classes(np.asarray(values, dtype=float))]


def test_every_file_opens_as_what_it_is(told, result):
    cells = cells_of(result)
    for name in (*TABLES, "geojson"):
        assert told[name]["valid"], name
        assert told[name]["crs"] == "EPSG:4326"
        assert told[name]["renderer"] == "RuleRenderer"
    assert told["coverage"]["features"] == told["geojson"]["features"] == len(cells)
    assert told["hourly"]["features"] == len(cells) * len(told["project"]["frames"])
    west, south, east, north = told["coverage"]["extent"]
    assert west < cells["longitude_deg"].min() < cells["longitude_deg"].max() < east
    assert south < cells["latitude_deg"].min() < cells["latitude_deg"].max() < north
    assert told["hourly"]["extent"] == told["coverage"]["extent"]


def test_each_cell_is_drawn_in_the_class_of_its_figure(told, result):
    expected = expected_classes("text_availability", cells_of(result)["text_availability"])
    assert told["coverage"]["classes"] == told["geojson"]["classes"] == expected
    assert told["coverage"]["legend"][0] == "≥ 99.9 %"
    assert told["coverage"]["legend"][-2:] == ["< 20 %", "no data"]


def test_each_cell_has_its_class_in_every_style_that_is_offered(told, result):
    cells = cells_of(result)
    known = map_quantities(cells.columns)
    assert set(told["styles"]) == {entry.title for entry in known.values()}
    for column, entry in known.items():
        assert told["styles"][entry.title] == expected_classes(column, cells[column]), column
    if cells["c_n_p50_db"].isna().any():
        assert ["no data"] in told["styles"]["Downlink C/N, median of the time in view (dB)"]


def test_each_row_of_the_hours_has_one_class_and_each_shape_of_the_borders_a_line_or_none(told):
    assert {len(labels) for labels in told["hourly"]["classes"]} == {1}
    assert told["borders"]["classes"][0] == []  # the sheet of sea has no line
    assert {labels[0] for labels in told["borders"]["classes"][1:]} == {"Coast and borders", "Regions"}


def test_people_read_names_units_and_origin(told, result):
    assert told["coverage"]["aliases"]["text_longest_gap_s"] == "Longest gap, text (s)"
    assert told["geojson"]["aliases"]["text_availability"] == "Availability, text (0 to 1)"
    assert told["hourly"]["aliases"]["start_utc"] == "Start (UTC)"
    assert all(
        told[name]["aliases"][field] for name in TABLES for field in told[name]["aliases"] if field != "fid"
    )
    assert told["coverage"]["title"] == title_of(result)
    assert "639 satellites" in told["coverage"]["abstract"]
    assert "ISTAT" in told["coverage"]["licences"][0]
    first = cells_of(result).iloc[0]
    tip = told["coverage"]["tip"]
    assert first["cell_id"] in tip
    assert f">{first['text_longest_gap_s'] / 60:.1f} min<" in tip
    assert f">{first['text_availability'] * 100:.2f} %<" in tip
    assert "Eval Error" not in tip
    assert "%]" not in tip


def test_the_project_opens_whole_wherever_the_folder_is(told, result):
    project = told["project"]
    assert project["title"] == title_of(result)
    assert project["crs"] == "EPSG:3857"
    assert all(valid and source.startswith(str(result)) for valid, source in project["layers"].values())
    _, members, exclusive = project["group"]
    assert exclusive
    assert members[0] == "Availability, text (%)"
    assert TICKED in members
    assert project["checked"] == ["Availability, text (%)", "Coast and borders", "Land and sea"]
    assert (project["drawn"][0], project["drawn"][-1]) == ("Coast and borders", "Land and sea")


def test_every_frame_of_the_temporal_controller_shows_each_cell_once_at_its_hour(told, result):
    cells = len(cells_of(result))
    assert len(told["project"]["frames"]) in (2, 24)
    assert told["project"]["start"] == "2026-08-22T18:00:00Z"
    for begin, starts, rows in told["project"]["frames"]:
        assert (starts, rows) == ([begin], cells)


# ---- a loaded network


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The folder of a result with beams, and what PyQGIS says of it."""
    folder = tmp_path_factory.mktemp("loaded")
    result = folder / "molise"
    asked = ["--set", "region.area=molise", "--set", "time.duration_h=2", "--set", "beams.margin_km=100"]
    command = [sys.executable, "-m", "d2c", "run", "italy-loaded", "--quiet", "-o", str(result), *asked]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    command = [
        SYSTEM_PYTHON,
        str(HERE / "qgis_load.py"),
        str(result),
        str(folder / "told.json"),
        *TABLES,
        "beams",
    ]
    run(command, folder=folder, QT_QPA_PLATFORM="offscreen")
    return result, json.loads((folder / "told.json").read_text())


def test_the_beam_cells_open_in_their_classes(loaded):
    result, told = loaded
    beams = pd.read_parquet(result / "beams.parquet")
    assert told["beams"]["valid"]
    assert told["beams"]["features"] == len(beams)
    assert told["beams"]["classes"] == expected_classes("throughput_mbps", beams["throughput_mbps"])
    assert told["beams"]["aliases"]["beam_cell_id"] == "Beam cell"
    assert told["coverage"]["aliases"]["rate_p50_kbps"] == "Bit rate of a beam, median (kbit/s)"
    assert beams.iloc[0]["beam_cell_id"] in told["beams"]["tip"]
    assert "Eval Error" not in told["beams"]["tip"]
    _, members, exclusive = told["project"]["group"]
    assert exclusive
    assert {
        "Beam cells: Throughput of a beam cell, mean (Mbit/s)",
        "Hop share of the serving beam (%)",
    } <= set(members)
    assert all(valid for valid, _ in told["project"]["layers"].values())


# ---- the window


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """Pictures of the program after it has opened the project, and what its window says."""
    folder = tmp_path_factory.mktemp("window")
    result = made(folder / "italy")
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
    settings = ["--nologo", "--noversioncheck", "--noplugins", "--profiles-path", str(folder / "profiles")]
    asked = ["--project", str(result / "coverage.qgz"), "--code", str(HERE / "qgis_window.py")]
    run(
        [*screen, "qgis", *settings, *asked],
        folder=folder,
        D2C_QGIS_OUT=str(folder),
        D2C_QGIS_TICKED=TICKED,
    )
    said = json.loads((folder / "window.json").read_text())
    said["pictures"] = {
        name: np.asarray(Image.open(folder / f"{name}.png").convert("RGB")) for name in ("opened", "hourly")
    }
    return said


def share(picture, colour):
    """Return which part of a picture has exactly this colour."""
    return float((picture == list(bytes.fromhex(colour[1:]))).all(axis=2).mean())


def test_the_program_opens_without_a_question_or_a_warning(window):
    assert window["dialog"] is None
    # Any QGIS but one says for some seconds that another version wrote the project.
    assert [text for text in window["messages"] if "saved by QGIS version" not in text] == []
    assert window["active"] == "Availability, text (%)"


@pytest.mark.parametrize("name", ["opened", "hourly"])
def test_the_map_shows_cells_land_sea_and_the_panel_the_legend(window, name):
    left = window["map"][0]
    drawn, panel = window["pictures"][name][:, left:], window["pictures"][name][:, :left]
    colours = map_quantities(["text_availability"])["text_availability"].colours
    assert sum(share(drawn, colour) for colour in colours) > 0.05
    assert share(drawn, "#f3f1ea") > 0.2
    assert share(drawn, "#dfe8f0") > 0.2
    # Every class has its swatch in the panel, also those that the map has not.
    assert all(share(panel, colour) > 20 / panel[:, :, 0].size for colour in colours)


def test_a_layer_of_the_hours_takes_the_place_of_the_whole_day_and_follows_the_controller(window):
    assert (window["mode"], window["frames"]) == (1, 24)
    assert window["visible"] == [TICKED, "Coast and borders", "Land and sea"]
    assert window["shown_from"] == "2026-08-22T23:00"
    assert (window["pictures"]["opened"] != window["pictures"]["hourly"]).any()

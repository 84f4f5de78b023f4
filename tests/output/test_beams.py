"""Result folder of a loaded network: beam cells, satellites, texts, footprints on maps and on the page."""

import base64
import gzip
import itertools
import json
import re
import zipfile

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from d2c import geodesy
from d2c.cli.main import d2c
from d2c.coverage.network.footprints import beam_footprints, footprints
from d2c.coverage.run import run_coverage
from d2c.coverage.windows import Window
from d2c.output.folder.beam_maps import write_beams
from d2c.output.folder.result_folder import RESULT_FILES, write_result
from d2c.output.format.colours import SATELLITE_COLOURS
from d2c.output.maps import beam_picture
from d2c.output.reports.caption import run_caption
from d2c.output.reports.summary import summary_report, summary_text
from d2c.output.web import text as page_text
from d2c.output.web.beams import count_footprints_over, ellipses
from d2c.output.web.outlines import Lattice
from d2c.results.column_lookup import column_meaning, map_quantities
from d2c.results.format.rounding import round_column
from d2c.results.stored import open_result
from d2c.scenario.load import read_scenario

SMALL = ["region.area=molise", "time.duration_h=2", "time.step_s=60"]
FORMATS = "output.formats=['gpkg','geojson','parquet','flatgeobuf','png','html']"
LOADED = [*SMALL, FORMATS, "beams.margin_km=120", "beams.reuse=3", "link.limits=['rr-21-4-2200mhz']"]
LIMIT = "rr_21_4_2200mhz_limit_margin_db"


@pytest.fixture(scope="module")
def result():
    return run_coverage(read_scenario("italy-loaded", overrides=LOADED), workers=2)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    folder = tmp_path_factory.mktemp("loaded")
    write_result(result, folder)
    return folder


# ---- files


def test_the_layer_of_beam_cells_is_the_same_in_all_formats(result, folder):
    exact = pd.read_parquet(folder / "beams.parquet").drop(columns="geometry")
    for name, values in result.network.beam_cell_columns().items():
        np.testing.assert_array_equal(exact[name], round_column(name, values), err_msg=name)
    sources = {
        "coverage.gpkg": {"layer": "beams"},
        "beams.geojson": {},
        "beams.fgb": {},
    }
    outlines = pyogrio.read_dataframe(folder / "beams.geojson").geometry
    for file, which in sources.items():
        frame = pyogrio.read_dataframe(folder / file, **which)
        frame = frame.set_index("beam_cell_id").loc[exact["beam_cell_id"]].reset_index()
        assert list(frame.columns.drop("geometry")) == list(exact.columns), file
        for name in exact.columns:
            if exact[name].dtype == bool:
                assert frame[name].astype(bool).tolist() == exact[name].tolist()
            elif pd.api.types.is_numeric_dtype(exact[name]):
                np.testing.assert_array_equal(
                    frame[name].astype(float), exact[name].astype(float), err_msg=f"{file} {name}"
                )
            else:
                assert frame[name].tolist() == exact[name].tolist()
        assert frame.crs == "EPSG:4326"
        assert (
            shapely.equals_exact(frame.geometry.to_numpy(), outlines.to_numpy(), 1e-9).all()
            or file == "beams.fgb"
        )


def test_beams_of_satellites_and_of_beam_cells_and_of_steps_add_up(result, folder):
    """Three tables count the same beams: satellite by satellite, beam cell by beam cell, step by step."""
    satellites, timeline = pd.read_csv(folder / "satellites.csv"), pd.read_csv(folder / "timeline.csv")
    cells = pd.read_parquet(folder / "beams.parquet")
    beams = timeline["active_beams"].sum()
    by_satellite = (satellites["beams_used"] * satellites["in_reach"]).sum() * result.samples
    assert by_satellite == pytest.approx(beams, abs=0.01 * len(satellites))  # six decimals of a share
    assert cells["duty"].sum() * result.samples == pytest.approx(beams, abs=0.01 * len(cells))
    at_most = result.scenario.beams.beams_per_satellite
    np.testing.assert_allclose(satellites["beams_used"] + satellites["idle_beams"], at_most, atol=2e-6)
    assert satellites["norad_id"].is_unique


def test_every_file_is_one_that_the_next_run_replaces(folder):
    assert {file.name for file in folder.iterdir()} <= set(RESULT_FILES)
    assert {"beams.fgb", "beams.geojson", "beams.parquet", "beams.qml", "satellites.csv"} <= set(RESULT_FILES)


def test_a_run_without_beams_leaves_none_of_their_files(result, tmp_path):
    write_result(result, tmp_path)
    plain = run_coverage(read_scenario("italy", overrides=[*SMALL, "output.formats=['gpkg']"]), workers=2)
    write_result(plain, tmp_path)
    names = {file.name for file in tmp_path.iterdir()}
    assert not [name for name in names if name.startswith(("beams", "satellites"))]
    assert "beams" not in pyogrio.list_layers(tmp_path / "coverage.gpkg")[:, 0]


def test_the_project_has_the_beam_cells_in_every_figure(folder):
    with zipfile.ZipFile(folder / "coverage.qgz") as archive:
        text = archive.read("coverage.qgs").decode()
    for title in (
        "Throughput of a beam cell, mean (Mbit/s)",
        "Time with a beam (%)",
        "Time without a free beam (%)",
    ):
        assert f'name="Beam cells: {title}"' in text
    assert "layername=beams" in text
    assert 'name="Downlink C/(I+N), median of the time with a beam (dB)"' in text
    assert "of all beams together to the limit" in text
    assert "Throughput" in (folder / "beams.qml").read_text()


# ---- words


def test_margins_to_limits_are_of_all_beams_only_where_there_are_beams():
    loaded = map_quantities([LIMIT, "pfd_max_dbw_m2_mhz"])
    assert loaded[LIMIT].title == "Smallest margin of all beams together to the limit, rr 21 4 2200mhz (dB)"
    assert map_quantities([LIMIT])[LIMIT].title == "Smallest margin to the limit, rr 21 4 2200mhz (dB)"
    assert "together" in loaded["pfd_max_dbw_m2_mhz"].label


@pytest.mark.parametrize(
    "column", ["rate_p50_kbps", "handovers_per_hour", "pfd_max_dbw_m2_mhz", "kbps_per_person"]
)
def test_changes_of_a_loaded_network_have_classes(column):
    entry = map_quantities([f"{column}_change"])[f"{column}_change"]
    assert len(entry.colours) == len(entry.limits) + 1
    assert list(entry.limits) == sorted(set(entry.limits))


def test_the_terminal_says_what_the_network_did(result):
    network = summary_report(result)["network"]
    text = summary_text(result)
    assert f"{network['active_beams_mean']:,.1f} beams active on average" in text
    assert (
        f"C/(I+N) {network['c_in_p50_db']:.1f} dB (median; quartiles {network['c_in_p25_db']:.1f} and "
        in text
    )
    assert f"{network['mbps_per_active_beam_mean']:.1f} Mbit/s a beam" in text


def test_captions_say_what_is_assumed(result):
    assert "Assumed, since not published: 16 beams per satellite" in run_caption(summary_report(result))


def test_the_page_speaks_of_interference_only_where_there_are_beams(result, folder):
    page = (folder / "map.html").read_text()
    assert "Services are over C/(I+N)" in page
    assert (
        "16 beams per satellite, up to 60° off its nadir, busy 100 % of the time, frequency reuse 3" in page
    )
    assert "best case" not in page
    assert "interference" in column_meaning("text_availability", loaded=True)
    assert "interference" not in column_meaning("text_availability")
    found = json.loads(json.dumps(summary_report(result)))
    del found["network"], found["scenario"]["beams"]
    assert "C/(I+N)" not in page_text.cautions(found)
    assert "Read this as the best case." in page_text.cautions(found)


# ---- footprints of the page


def of_page(folder):
    """Return the content of the page and a function that returns its arrays."""
    page = (folder / "map.html").read_text()
    content = json.loads(re.search(r'id="content">(.*?)</script>', page, re.DOTALL)[1])
    raw = gzip.decompress(base64.b64decode(re.search(r'id="arrays">(.*?)</script>', page, re.DOTALL)[1]))

    def array(name):
        kind, start, length = content["arrays"][name]
        return np.frombuffer(raw, np.dtype(kind).newbyteorder("<"), length, start)

    return content, array


def test_the_page_has_the_footprints_of_each_hour(result, folder):
    content, array = of_page(folder)
    lattice = Lattice.around(result.inputs.grid.boundary)
    assert content["beams"]["when"] == ["22 Aug 2026, 18:00:00 UTC", "22 Aug 2026, 19:00:00 UTC"]
    first = array("beams.first")
    for hour, step in enumerate((0, 60)):
        (lit,) = beam_footprints(result.scenario, result.inputs, Window(step, 1))
        assert content["beams"]["told"][hour].startswith(
            f"{len(lit)} beams of {len(set(lit.satellite))} satellites"
        )
        these = slice(first[hour], first[hour + 1])
        outlines = shapely.polygons(
            np.stack(lattice.square.to_map.transform(lit.footprint[..., 0], lit.footprint[..., 1]), -1)
        )
        x = lattice.square.left_m + array("beams.x")[these] * lattice.unit_m
        y = lattice.square.top_m - array("beams.y")[these] * lattice.unit_m
        middles = shapely.points(x, y)
        tree = shapely.STRtree(outlines)
        assert len(set(tree.query(middles, predicate="within")[0])) == len(middles) > 0
        area = (
            np.pi * array("beams.long")[these].astype(float) * array("beams.short")[these] * lattice.unit_m**2
        )
        inside = [
            bool(
                lattice.square.left_m <= p.x <= lattice.square.right_m
                and lattice.square.bottom_m <= p.y <= lattice.square.top_m
            )
            for p in shapely.centroid(outlines)
        ]
        np.testing.assert_allclose(area, shapely.area(outlines)[inside], rtol=2e-3)


def test_the_page_counts_the_beams_over_each_cell(result, folder):
    """By hand: for each cell every footprint of the hour asked whether it holds the cell's centre."""
    content, array = of_page(folder)
    grid = result.inputs.grid
    (entry,) = [entry for entry in content["quantities"] if entry["column"] == "beams_over"]
    assert entry["decimals"] == {"hours": 0}
    stored = array("hours.beams_over").reshape(2, -1)
    for hour, step in enumerate((0, 60)):
        (lit,) = beam_footprints(result.scenario, result.inputs, Window(step, 1))
        centres = shapely.points(grid.longitude_deg, grid.latitude_deg)
        slow = [
            sum(shapely.Polygon(outline).contains(centre) for outline in lit.footprint) for centre in centres
        ]
        assert stored[hour].tolist() == slow
    assert count_footprints_over(
        [], longitude_deg=grid.longitude_deg, latitude_deg=grid.latitude_deg
    ).shape == (
        0,
        len(grid),
    )


@given(
    x=st.floats(-1e4, 1e4), y=st.floats(-1e4, 1e4), long=st.floats(10, 1000), ratio=st.floats(0.1, 0.95),
    turn=st.floats(0, 3.1), clockwise=st.booleans(),
)  # fmt: skip
def test_an_ellipse_is_found_again(x, y, long, ratio, turn, clockwise):
    t = 2 * np.pi * np.arange(200) / 200 * (-1 if clockwise else 1)
    u, v = long * np.cos(t), long * ratio * np.sin(t)
    corners = np.stack(
        [x + u * np.cos(turn) - v * np.sin(turn), y + u * np.sin(turn) + v * np.cos(turn)], axis=-1
    )
    middle, half, found = ellipses(corners[None])
    np.testing.assert_allclose(middle[0], [x, y], atol=1e-6 * long + 1e-6)
    np.testing.assert_allclose(half[0], [long, long * ratio], rtol=1e-3)  # 200 corners inside the ellipse
    assert abs((found[0] - turn + np.pi / 2) % np.pi - np.pi / 2) < 1e-6


@pytest.mark.parametrize("degrees_away", [0.0, 2.0, 4.0, 5.5])
def test_footprints_are_ellipses_to_a_hundredth_of_their_size(degrees_away):
    """Down to 25 deg of elevation at 360 km (5.5 deg along the ground), on a map in metres about the beam."""
    at = {"latitude_deg": np.array([42.0 + degrees_away]), "longitude_deg": np.array([12.0])}
    satellite = geodesy.position_m(**at, height_m=np.array([360e3]))
    centre = geodesy.position_m(
        latitude_deg=np.array([42.0]), longitude_deg=np.array([12.0]), height_m=np.zeros(1)
    )
    toward = (centre - satellite) / np.linalg.norm(centre - satellite)
    outline = footprints(satellite, toward=toward, half_angle_deg=2.64, corners=96)
    square = Lattice.around(shapely.polygons(outline)).square
    corners = np.stack(square.to_map.transform(outline[..., 0], outline[..., 1]), axis=-1)
    (middle,), (half,), (turn,) = ellipses(corners)
    x, y = (corners[0] - middle).T
    radius = np.hypot(
        (x * np.cos(turn) + y * np.sin(turn)) / half[0], (y * np.cos(turn) - x * np.sin(turn)) / half[1]
    )
    assert np.abs(radius - 1).max() < 0.02


# ---- pictures


def run_map(*arguments):
    return CliRunner().invoke(d2c, ["map", *map(str, arguments)])


def rgb(colour):
    return np.array([*bytes.fromhex(colour[1:])], dtype=float)


def test_the_map_shows_each_satellite_in_its_colour(result, folder, tmp_path):
    done = run_map(folder, "--beams", "--at", "2026-08-22T18:30:20Z", "-o", tmp_path / "beams.png")
    assert done.exit_code == 0, done.output
    assert done.output.strip() == str(tmp_path / "beams.png")
    (lit,) = beam_footprints(result.scenario, result.inputs, Window(30, 1))
    with Image.open(tmp_path / "beams.png") as picture:
        assert picture.width == 1440
        pixels = np.asarray(picture.convert("RGB"), dtype=float).reshape(-1, 3)
    paper = np.array([255.0, 255.0, 255.0])
    for k in range(
        min(len(set(lit.satellite)), len(SATELLITE_COLOURS))
    ):  # the swatches of the legend, on white
        swatch = beam_picture.ALPHA * rgb(SATELLITE_COLOURS[k]) + (1 - beam_picture.ALPHA) * paper
        assert (np.abs(pixels - swatch).max(axis=1) <= 1).sum() > 300, SATELLITE_COLOURS[k]


def test_the_same_instant_gives_the_same_bytes(folder, tmp_path):
    stored = open_result(folder)
    for name in ("a", "b"):
        write_beams(stored, tmp_path / f"{name}.svg", kind="svg", title="Mine", instant=None, minutes=None)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    text = (tmp_path / "a.svg").read_text()
    assert "Mine" in text


def test_the_animation_has_a_frame_for_each_step(folder):
    done = run_map(folder, "--beams", "--at", "2026-08-22T19:00:00Z", "--animate", 4)
    assert done.exit_code == 0, done.output
    file = folder / "beams.gif"
    with Image.open(file) as picture:
        assert picture.n_frames == 4
        assert picture.info["loop"] == 0
        frames = []
        for k in range(4):
            picture.seek(k)
            frames.append(np.asarray(picture.convert("RGB")))
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    assert file.stat().st_size < 3e6
    file.unlink()


def test_satellites_keep_their_colours_and_differ_while_there_are_enough():
    class Lit:
        def __init__(self, satellites):
            self.satellite = np.array(satellites)

    moments = [Lit([1, 1, 2]), Lit([2, 3]), Lit([3, 4]), *(Lit([k, k + 1]) for k in range(4, 30))]
    colours = beam_picture.satellite_colours(moments)
    assert set(colours) == set(range(1, 31))
    for lit in moments:
        served = sorted(set(lit.satellite.tolist()))
        assert len({colours[k] for k in served}) == len(served)
    assert set(beam_picture.satellite_colours([Lit(np.arange(40))]).values()) == set(SATELLITE_COLOURS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--beams", "--all"], "--beams draws no column"),
        (["--beams", "--column", "duty"], "--beams draws no column"),
        (["--animate", "5"], "--at and --animate require --beams"),
        (["--at", "2026-08-22T18:00:00Z"], "--at and --animate require --beams"),
        (
            ["--beams", "--at", "2026-08-22T20:00:00Z"],
            "--at 2026-08-22T20:00:00Z is outside the result's span",
        ),
        (["--beams", "--at", "2026-08-22T19:58:00Z", "--animate", "3"], "the result has 2 min left"),
        (["--beams", "--animate", "3", "--format", "svg"], "--animate writes a GIF"),
        (["--beams", "--animate", "3", "-o", "a.png"], "--animate writes a GIF"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_is_written(folder, arguments, message):
    before = sorted(file.name for file in folder.iterdir())
    done = run_map(folder, *arguments)
    assert message in str(done.exception or done.output)
    assert sorted(file.name for file in folder.iterdir()) == before


def test_a_result_without_beams_says_where_to_get_some(tmp_path):
    plain = run_coverage(read_scenario("italy", overrides=[*SMALL, "output.formats=['parquet']"]), workers=2)
    write_result(plain, tmp_path)
    assert "has no [beams]" in str(run_map(tmp_path, "--beams").exception)

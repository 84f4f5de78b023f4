"""Result folder of a loaded network: beam cells, satellites, texts, who serves what on maps and on the page."""

import base64
import gzip
import itertools
import json
import re
import zipfile

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from PIL import Image

from d2c import geodesy
from d2c.cli.main import d2c
from d2c.coverage.network.beam_service import BeamService, beam_service
from d2c.coverage.run import run_coverage
from d2c.coverage.windows import Window
from d2c.output.folder.beam_maps import write_beams
from d2c.output.folder.result_folder import RESULT_FILES, write_result
from d2c.output.format.colours import SATELLITE_COLOURS, satellite_colours
from d2c.output.maps import beam_picture
from d2c.output.reports.caption import run_caption
from d2c.output.reports.summary import summary_report
from d2c.output.reports.summary_text import summary_text
from d2c.output.web import text as page_text
from d2c.output.web.beams import HourlyBeams, beam_arrays, beam_corners, hop_share
from d2c.output.web.outlines import Lattice
from d2c.region.area import find_area
from d2c.region.hexagons import hexagon_lattice
from d2c.results.column_lookup import column_meaning, map_quantities
from d2c.results.format.rounding import round_column
from d2c.results.stored import open_result
from d2c.scenario.load import read_scenario

SMALL = ["region.area=molise", "time.duration_h=2", "time.step_s=60"]
FORMATS = "output.formats=['gpkg','geojson','parquet','flatgeobuf','png','html']"
LOADED = [
    *SMALL,
    FORMATS,
    "beams.margin_km=120",
    "beams.reuse=3",
    "link.limits=['rr-21-4-2200mhz']",
    "beams.demand=population",
    "beams.load=0.8",
    "beams.max_scan_deg=38",
    "beams.exclusions=[{area='campania'}]",
]  # scan so narrow that some beam cells have no satellite at times
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
    """Three tables count the same: satellite by satellite, beam cell by beam cell, step by step."""
    satellites, timeline = pd.read_csv(folder / "satellites.csv"), pd.read_csv(folder / "timeline.csv")
    cells = pd.read_parquet(folder / "beams.parquet")
    served = (len(cells) - timeline["unserved_beam_cells"] - cells["excluded"].sum()).sum()
    assert 0 < served < (~cells["excluded"]).sum() * result.samples
    digit = 1e-6  # of the stored shares and means
    by_satellite = (satellites["serving"] * satellites["beam_cells"]).sum() * result.samples
    assert by_satellite == pytest.approx(served, abs=digit * len(cells) * result.samples * len(satellites))
    by_cell = cells["served"].sum() * result.samples
    assert by_cell == pytest.approx(served, abs=digit * len(cells) * result.samples)
    alight = timeline["beams_alight"].sum()
    assert cells["alight"].sum() * result.samples == pytest.approx(alight, rel=2e-3)
    at_most = result.scenario.beams.beams_per_satellite
    beams = satellites["beams_alight"] + satellites["idle_beams"]
    np.testing.assert_allclose(beams, at_most, rtol=0, atol=6e-4)  # beams_alight has three decimals
    assert satellites["norad_id"].is_unique


def test_the_drawn_instants_are_those_of_the_run(result, folder):
    timeline, cells = pd.read_csv(folder / "timeline.csv"), pd.read_parquet(folder / "beams.parquet")
    services = beam_service(result.scenario, result.inputs, Window(0, result.samples))
    unserved = [((service.satellite < 0) & ~result.inputs.beams.excluded).sum() for service in services]
    assert unserved == timeline["unserved_beam_cells"].tolist()
    assert [service.alight.sum() for service in services] == pytest.approx(timeline["beams_alight"], abs=0.02)
    alight = np.mean([service.alight for service in services], axis=0)
    np.testing.assert_allclose(alight, cells["alight"], atol=1e-3)


def test_every_file_is_one_that_the_next_run_replaces(folder):
    assert {file.name for file in folder.iterdir()} <= {*RESULT_FILES, "inputs"}
    assert {"beams.fgb", "beams.geojson", "beams.parquet", "beams.qml", "satellites.csv"} <= set(RESULT_FILES)


def test_a_run_without_beams_leaves_none_of_their_files(result, tmp_path):
    write_result(result, tmp_path)
    plain = run_coverage(
        read_scenario("italy", overrides=[*SMALL, "network=false", "output.formats=['gpkg']"]), workers=2
    )
    write_result(plain, tmp_path)
    names = {file.name for file in tmp_path.iterdir()}
    assert not [name for name in names if name.startswith(("beams", "satellites"))]
    assert "beams" not in pyogrio.list_layers(tmp_path / "coverage.gpkg")[:, 0]


def test_the_project_has_the_beam_cells_in_every_figure(folder):
    with zipfile.ZipFile(folder / "coverage.qgz") as archive:
        text = archive.read("coverage.qgs").decode()
    for title in (
        "Throughput of a beam cell, mean (Mbit/s)",
        "Time alight (%)",
        "Time with a satellite (%)",
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
    assert f"{network['beams_alight_mean']:,.1f} beams alight over them on average" in text
    assert (
        f"C/(I+N) {network['c_in_p50_db']:.1f} dB (median; quartiles {network['c_in_p25_db']:.1f} and "
        in text
    )
    assert f"{network['mbps_per_beam_mean']:.1f} Mbit/s a beam" in text


def test_captions_say_what_is_assumed(result):
    assert "Assumed, since not published: 16 beams per satellite" in run_caption(summary_report(result))


def test_the_page_speaks_of_interference_only_where_there_are_beams(result, folder):
    page = (folder / "map.html").read_text()
    assert "Services are over C/(I+N)" in page
    assert (
        "16 beams per satellite, up to 38° off its nadir, 80 % of the beam cells ask, busy everywhere, frequency "
        "reuse 3" in page
    )
    assert "Read this as the best case" not in page
    assert "interference" in column_meaning("text_availability", loaded=True)
    assert "interference" not in column_meaning("text_availability")
    found = json.loads(json.dumps(summary_report(result)))
    del found["network"], found["scenario"]["beams"]
    assert "C/(I+N)" not in page_text.cautions(found)
    assert "Read this as the best case." in page_text.cautions(found)


# ---- beam cells of the page


def of_page(folder):
    """Return the content of the page and a function that returns its arrays."""
    page = (folder / "map.html").read_text()
    content = json.loads(re.search(r'id="content">(.*?)</script>', page, re.DOTALL)[1])
    raw = gzip.decompress(base64.b64decode(re.search(r'id="arrays">(.*?)</script>', page, re.DOTALL)[1]))

    def array(name):
        kind, start, length = content["arrays"][name]
        return np.frombuffer(raw, np.dtype(kind).newbyteorder("<"), length, start)

    return content, array


def at_the_hours(result):
    return [beam_service(result.scenario, result.inputs, Window(step, 1))[0] for step in (0, 60)]


def test_the_page_has_the_beam_cells_in_the_colours_of_their_satellites(result, folder):
    content, array = of_page(folder)
    plan = result.inputs.beams
    lattice = Lattice.around(result.inputs.grid.boundary)
    x, y = lattice.square.to_map.transform(plan.lattice.longitude_deg, plan.lattice.latitude_deg)
    square = lattice.square
    inside = (x > square.left_m) & (x < square.right_m) & (y > square.bottom_m) & (y < square.top_m)
    assert 0 < inside.sum() <= len(plan)
    np.testing.assert_allclose(
        square.left_m + array("beams.x") * lattice.unit_m, x[inside], atol=lattice.unit_m
    )
    np.testing.assert_allclose(
        square.top_m - array("beams.y") * lattice.unit_m, y[inside], atol=lattice.unit_m
    )
    assert array("beams.excluded").tolist() == plan.excluded[inside].tolist()
    assert content["beams"]["when"] == ["22 Aug 2026, 18:00:00 UTC", "22 Aug 2026, 19:00:00 UTC"]
    numbers = array("beams.satellite").reshape(2, -1)
    assert numbers.dtype == np.uint8
    for hour, service in enumerate(at_the_hours(result)):
        told = content["beams"]["told"][hour]
        served, satellites = (service.satellite >= 0).sum(), set(service.satellite.tolist()) - {-1}
        assert told.startswith(
            f"{served} of {len(plan)} beam cells are served by {len(satellites)} satellite"
        )
        assert f"The {plan.excluded.sum()} hatched ones are excluded" in told
        colours = satellite_colours([service])
        drawn = [
            None if k == 255 else content["beams"]["colours"][content["beams"]["colour"][hour][k]]
            for k in numbers[hour].tolist()
        ]
        assert drawn == [colours.get(satellite) for satellite in service.satellite[inside].tolist()]


def test_the_page_has_the_hop_share_of_each_cell(result, folder):
    """By hand: for each ground cell the beam cell whose outline holds its centre, and that one's share."""
    content, array = of_page(folder)
    grid, plan = result.inputs.grid, result.inputs.beams
    (entry,) = [entry for entry in content["quantities"] if entry["column"] == "hop_share"]
    assert entry["decimals"] == {"hours": 6}
    assert entry["unit"] == "%"
    stored = array("hours.hop_share").reshape(2, -1) / 1e6
    places = {"latitude_deg": grid.latitude_deg, "longitude_deg": grid.longitude_deg}
    cell = plan.lattice.cell_at(**places)
    centres = shapely.points(grid.longitude_deg, grid.latitude_deg)
    assert shapely.contains(plan.lattice.boundary[cell], centres).all()
    for hour, service in enumerate(at_the_hours(result)):
        np.testing.assert_allclose(stored[hour], service.share[cell], atol=5e-7)
        assert (stored[hour][service.satellite[cell] < 0] == 0).all()
    assert stored.max() > 0


MOLISE = hexagon_lattice(
    find_area("molise", buffer_km=0), radius_m=20e3, middle=find_area("molise", buffer_km=0)
)
NOON = np.datetime64("2026-08-22T12:00:00", "us")


def made_up(satellite, *, share=0.5, alight=0.25):
    """Return the service of beam cells by these satellites, whose sub-satellite points lie along the equator."""
    satellite = np.asarray(satellite, np.int64)
    serving = np.unique(satellite[satellite >= 0])
    place_m = geodesy.position_m(
        latitude_deg=np.zeros(len(serving)), longitude_deg=serving * 1.0, height_m=np.full(len(serving), 5e5)
    )
    served = satellite >= 0
    return BeamService(NOON, satellite, served * share, served * alight, serving, place_m)


def test_places_outside_all_beam_cells_have_no_hop_share():
    size = len(MOLISE)
    cell = np.array([-1, 0, size - 1])
    beams = HourlyBeams(
        MOLISE, np.zeros(size, bool), cell, [made_up(np.zeros(size)), made_up(np.full(size, -1))]
    )
    assert hop_share(beams).tolist() == [[0.0, 0.5, 0.5], [0.0, 0.0, 0.0]]
    assert hop_share(HourlyBeams(MOLISE, np.zeros(size, bool), cell, [])).shape == (0, 3)


def test_many_satellites_have_wider_numbers():
    """255 stands for no satellite in one byte, so 255 satellites need two."""
    area = find_area("molise", buffer_km=0)
    cells = hexagon_lattice(area, radius_m=1.5e3, middle=area)
    lattice = Lattice.around(cells.boundary)
    for number, kind in ((254, np.uint8), (255, np.uint16)):
        satellite = np.arange(len(cells)) % (number + 1) - 1
        beams = HourlyBeams(cells, np.zeros(len(cells), bool), np.zeros(0, int), [made_up(satellite)])
        numbers = beam_arrays(beams, lattice)["beams.satellite"]
        assert numbers.dtype == kind
        none = np.iinfo(kind).max
        assert np.where(numbers == none, -1, numbers.astype(int)).tolist() == satellite.tolist()


@pytest.mark.parametrize(("area", "radius_m"), [("molise", 5e3), ("italy", 19e3), ("mediterranean", 30e3)])
def test_one_hexagon_fits_all_beam_cells(area, radius_m):
    """Corners of the drawn hexagons are within 1 % of the radius of the projected ones."""
    area = find_area(area, buffer_km=0)
    cells = hexagon_lattice(area, radius_m=radius_m, middle=area)
    lattice = Lattice.around(np.array([area.polygon]))
    corners = np.array(beam_corners(cells, lattice)) * lattice.unit_m
    square = lattice.square
    x, y = square.to_map.transform(cells.longitude_deg, cells.latitude_deg)
    drawn = np.stack([x, y], axis=1)[:, None] + corners * [1, -1]
    true = shapely.get_coordinates(square.projected(cells.boundary)).reshape(len(cells), 7, 2)[:, :6]
    assert np.hypot(*(drawn - true).T).max() < 0.01 * radius_m


# ---- pictures


def run_map(*arguments):
    return CliRunner().invoke(d2c, ["map", *map(str, arguments)])


AT = {"instant": "2026-08-22T18:24:20Z", "title": None}


def faces_drawn(monkeypatch, stored, path, **options):
    """Return for each drawn picture the face colour of the beam cell at each place of the map, by its centre."""
    pictures = []
    collection = beam_picture.PolyCollection

    def noted(corners, *, facecolors, **look):
        places = np.array(corners).reshape(-1, 6, 2).mean(axis=1)
        pictures.append((places, [to_hex(colour) for colour in facecolors]))
        return collection(corners, facecolors=facecolors, **look)

    monkeypatch.setattr(beam_picture, "PolyCollection", noted)
    write_beams(stored, path, **options)
    return pictures


def test_every_served_cell_has_the_colour_of_its_satellite(result, folder, tmp_path, monkeypatch):
    """The colour mixed with white: solved for the satellite's colour it is the same in all cells of a satellite."""
    stored = open_result(folder)
    options = {**AT, "minutes": None}
    ((places, faces),) = faces_drawn(monkeypatch, stored, tmp_path / "beams.png", **options)
    (service,) = beam_service(result.scenario, result.inputs, Window(24, 1))
    plan = result.inputs.beams
    view = beam_picture.MapView.around(plan.lattice.boundary)
    longitude_deg, latitude_deg = view.to_map.transform(*places.T, direction="INVERSE")
    cell = plan.lattice.cell_at(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    assert sorted(cell.tolist()) == np.flatnonzero(service.satellite >= 0).tolist()
    colours = satellite_colours([service])
    busiest = service.alight.max()
    for index, face in zip(cell.tolist(), faces, strict=True):
        part = 0.2 + 0.8 * (service.alight[index] / busiest) ** 0.5
        pure = np.array([*bytes.fromhex(colours[service.satellite[index]][1:])])
        found = np.array([*bytes.fromhex(face[1:])])
        assert np.abs(found - (part * pure + (1 - part) * 255)).max() <= 1


def test_title_and_legend_say_who_serves_how_many_cells(result, folder, tmp_path, monkeypatch):
    file = tmp_path / "beams.svg"
    with monkeypatch.context() as patched:
        patched.setitem(mpl.rcParamsDefault, "svg.fonttype", "none")  # text as text
        done = run_map(folder, "--beams", "--time", AT["instant"], "--format", "svg", "-o", file)
    assert done.exit_code == 0, done.output
    assert done.output.strip() == str(file)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text())
    (service,) = beam_service(result.scenario, result.inputs, Window(24, 1))
    plan = result.inputs.beams
    served = [satellite for satellite in service.satellite.tolist() if satellite >= 0]
    title = f"{len(served)} of {len(plan)} beam cells served by {len(set(served))} satellites"
    assert f"2026-08-22 18:24:00 UTC: {title}" in texts
    for satellite in set(served):
        name = result.inputs.constellation.name[satellite].removesuffix(" NOMINAL")
        share = 100 * np.mean(service.share[service.satellite == satellite])
        (note,) = [texts[k + 1] for k, text in enumerate(texts[:-1]) if text == name and ";" in texts[k + 1]]
        number, percent = note.split("; ")
        assert int(number) == served.count(satellite)
        assert float(percent.strip("< %")) == pytest.approx(share, abs=0.0501)
    without = len(plan) - len(served) - plan.excluded.sum()
    assert texts[texts.index("no satellite") + 1] == str(without)
    assert texts[texts.index("excluded") + 1] == str(plan.excluded.sum())
    assert f"alight {100 * service.alight.max():.1f} % of the time" in texts
    assert "Each cell has one of 3 frequencies (not shown)." in " ".join(texts)
    assert f"Beam cells of {plan.lattice.radius_m / 1e3:.1f}" in " ".join(texts)


def test_an_instant_without_any_satellite_can_be_drawn(result, folder, tmp_path):
    (service,) = beam_service(result.scenario, result.inputs, Window(102, 1))
    assert service.cells_served == len(service.serving) == 0
    done = run_map(folder, "--beams", "--time", "2026-08-22T19:42:00Z", "-o", tmp_path / "none.png")
    assert done.exit_code == 0, done.output
    with Image.open(tmp_path / "none.png") as picture:
        assert picture.width == 1440


@given(alight=st.lists(st.floats(0, 1), min_size=2, max_size=9), busiest=st.floats(1e-6, 1))
def test_busier_cells_are_never_paler(alight, busiest):
    alight = np.sort(alight) * busiest
    shares = beam_picture.intensity(alight, busiest=busiest)
    assert (np.diff(shares) >= 0).all()
    assert ((shares >= beam_picture.PALEST) & (shares <= 1 + 1e-12)).all()
    assert beam_picture.intensity(busiest, busiest=busiest) == 1
    assert beam_picture.intensity(0.0, busiest=0.0) == beam_picture.PALEST


def test_the_same_instant_gives_the_same_bytes(folder, tmp_path):
    stored = open_result(folder)
    for name in ("a", "b"):
        write_beams(stored, tmp_path / f"{name}.svg", title="Mine", instant=None, minutes=None)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    text = (tmp_path / "a.svg").read_text()
    assert "Mine" in text


def test_the_animation_has_a_frame_for_each_step(folder):
    done = run_map(folder, "--beams", "--time", "2026-08-22T19:00:00Z", "--animate", 4)
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


def test_an_animation_keeps_colours_and_scale(result, folder, tmp_path, monkeypatch):
    """A satellite has one colour in all frames; the palest and the fullest colour mean the same in each."""
    options = {**AT, "minutes": 3}
    pictures = faces_drawn(monkeypatch, open_result(folder), tmp_path / "beams.gif", **options)
    services = beam_service(result.scenario, result.inputs, Window(24, 3))
    assert len(pictures) == len(services) == 3
    colours = satellite_colours(services)
    busiest = max(service.alight.max() for service in services)
    for (_, faces), service in zip(pictures, services, strict=True):
        served = np.flatnonzero(service.satellite >= 0)
        part = 0.2 + 0.8 * (service.alight[served] / busiest) ** 0.5
        pure = np.array([[*bytes.fromhex(colours[k][1:])] for k in service.satellite[served].tolist()])
        found = np.array([[*bytes.fromhex(face[1:])] for face in faces])
        assert np.abs(found - (part[:, None] * pure + (1 - part[:, None]) * 255)).max() <= 1


def test_satellites_keep_their_colours_and_differ_while_there_are_enough():
    satellites = [[1, 1, 2], [2, 3], [3, 4], *([k, k + 1] for k in range(4, 30))]
    moments = [made_up(each) for each in satellites]
    colours = satellite_colours(moments)
    assert set(colours) == set(range(1, 31))
    for service in moments:
        assert len({colours[k] for k in service.serving.tolist()}) == len(service.serving)


def test_satellites_of_one_colour_are_far_apart():
    """40 along the equator, 1 deg apart, in 15 colours; neighbours 8 deg apart could share one at best, on average."""
    colours = satellite_colours([made_up(np.arange(40))])
    assert set(colours.values()) == set(SATELLITE_COLOURS)
    apart = [b - a for a, b in itertools.combinations(colours, 2) if colours[a] == colours[b]]
    assert min(apart) >= 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--beams", "--all"], "--beams draws no column"),
        (["--beams", "--column", "duty"], "--beams draws no column"),
        (["--animate", "5"], "--time and --animate require --beams"),
        (["--time", "2026-08-22T18:00:00Z"], "--time and --animate require --beams"),
        (
            ["--beams", "--time", "2026-08-22T20:00:00Z"],
            "2026-08-22T20:00:00Z is outside the result's span",
        ),
        (["--beams", "--time", "2026-08-22T19:58:00Z", "--animate", "3"], "the result has 2 min left"),
        (["--beams", "--animate", "3", "--format", "svg"], "an animation is a GIF"),
        (["--beams", "--animate", "3", "-o", "a.png"], "an animation is a GIF"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_is_written(folder, arguments, message):
    before = sorted(file.name for file in folder.iterdir())
    done = run_map(folder, *arguments)
    assert message in str(done.exception or done.output)
    assert sorted(file.name for file in folder.iterdir()) == before


def test_a_result_without_beams_says_where_to_get_some(tmp_path):
    plain = run_coverage(
        read_scenario("italy", overrides=[*SMALL, "network=false", "output.formats=['parquet']"]), workers=2
    )
    write_result(plain, tmp_path)
    assert "has no [beams]" in str(run_map(tmp_path, "--beams").exception)

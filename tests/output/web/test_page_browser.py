"""The page in Chromium. `.ci/browser` installs one where it can."""

import json
import time

import numpy as np
import pytest

from d2c.coverage.network.beam_service import BeamService
from d2c.coverage.run import run_coverage
from d2c.local_time import read_zone, times_shown_in
from d2c.output.format.colours import SATELLITE_COLOURS
from d2c.output.maps.map_view import MapView
from d2c.output.reports.summary import summary_report
from d2c.output.web.beams import HourlyBeams
from d2c.output.web.page import write_page
from d2c.region.area import find_area
from d2c.region.boundaries import land
from d2c.region.hexagons import hexagon_lattice
from d2c.results.column_lookup import map_quantity
from d2c.results.layers.cells import cells_frame
from d2c.scenario.load import read_scenario

pytestmark = pytest.mark.slow

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780, "sharpness": 2.0, "phone": True}
NARROWEST, WIDEST = 0.8, 2.0  # shapes of the map, as ground.js has them


@pytest.fixture
def opened(chromium, tmp_path, page_input):
    """A function that writes a page of made-up cells, opens it and returns the cells."""

    def open_page(window=DESKTOP, **made):
        given = page_input(**made)
        write_page(*given, tmp_path / "map.html")
        chromium.open(tmp_path / "map.html", **window)
        return given[0]

    return open_page


def choose(chromium, column_title):
    chromium.js(
        f"""(() => {{
            const select = document.getElementById("quantity");
            select.value = [...select.options].find((o) => o.textContent === {json.dumps(column_title)}).value;
            select.dispatchEvent(new Event("change", {{bubbles: true}}));
        }})()"""
    )


def slide(chromium, position):
    chromium.js(
        f"""(() => {{
            const slider = document.getElementById("hour");
            slider.value = {position};
            slider.dispatchEvent(new Event("input", {{bubbles: true}}));
        }})()"""
    )


def on_screen(chromium, frame):
    """Return where the centres of the cells are in the window `(G, 2)`, CSS pixels.

    The map shows the rectangle of MapView whole, as large as fits and in the middle. Projection and
    rectangle are computed here anew.
    """
    chromium.js("document.getElementById('ground').scrollIntoView({block: 'center'})")
    box = json.loads(chromium.js("JSON.stringify(document.getElementById('base').getBoundingClientRect())"))
    view = MapView.around(frame.geometry.to_numpy())
    x, y = view.to_map.transform(frame["longitude_deg"].to_numpy(), frame["latitude_deg"].to_numpy())
    scale = min(box["width"] / view.width_m, box["height"] / view.height_m)
    middle_x, middle_y = (view.left_m + view.right_m) / 2, (view.bottom_m + view.top_m) / 2
    left = box["left"] + box["width"] / 2 + (x - middle_x) * scale
    top = box["top"] + box["height"] / 2 - (y - middle_y) * scale
    return np.column_stack([left, top])


def colours_at(chromium, points):
    """Return the colours of the map at points of the window, as #rrggbb."""
    found = chromium.js(
        f"""(() => {{
            const canvas = document.getElementById("base");
            const box = canvas.getBoundingClientRect();
            const pen = canvas.getContext("2d");
            const sharp = canvas.width / box.width;
            return {json.dumps(points.tolist())}.map(([left, top]) =>
                [...pen.getImageData((left - box.left) * sharp, (top - box.top) * sharp, 1, 1).data.slice(0, 3)]);
        }})()"""
    )
    return ["#" + "".join(f"{part:02x}" for part in colour) for colour in found]


def plain(text):
    """Return a text with ordinary spaces between figures and units."""
    return text.replace("\u00a0", " ")


def cell_figures(chromium):
    """Return the figures beside the map by their terms."""
    rows = chromium.js(
        """[...document.querySelectorAll("#cell div")].map((row) =>
            [row.querySelector("dt").textContent, row.querySelector("dd").textContent])"""
    )
    return {term: plain(figure) for term, figure in rows}


def legend(chromium):
    return chromium.js(
        """[...document.querySelectorAll("#legend tr")].map((row) =>
            [...row.querySelectorAll("td")].slice(1).map((cell) => cell.textContent))"""
    )


def picture(chromium):
    return chromium.js("document.getElementById('base').toDataURL()")


def complaints(chromium):
    """Return what the browser says about errors and warnings of the page."""
    return [
        *chromium.named("Runtime.exceptionThrown"),
        *chromium.named("Log.entryAdded"),
        *chromium.named("Runtime.consoleAPICalled"),
    ]


def requests(chromium):
    return [sent["request"]["url"] for sent in chromium.named("Network.requestWillBeSent")]


def test_every_cell_has_the_colour_of_its_class(chromium, opened):
    """The classes that Python finds, at the limits and a hair below them too; no data is grey."""
    edges = np.array([0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0, 0.29])
    availability = np.tile(np.concatenate([edges, edges - 1e-6, [0.0, np.nan, 0.9992, 0.3]]), 20)
    frame = opened(availability=availability)
    entry = map_quantity("text_availability")
    classes = entry.classes(frame["text_availability"].to_numpy())
    seen = colours_at(chromium, on_screen(chromium, frame))
    expected = [entry.colours[k] if k >= 0 else "grey" for k in classes.tolist()]
    named = ["grey" if colour[1:3] == colour[3:5] == colour[5:7] else colour for colour in seen]
    assert named == expected


def test_hover_shows_the_figures_of_the_cell(chromium, opened):
    frame = opened()
    points = on_screen(chromium, frame)
    for k in (0, 137, 399):
        chromium.mouse("mouseMoved", *points[k])
        shown = cell_figures(chromium)
        assert chromium.text("#cell-title") == "Erewhon"
        assert shown["Cell"] == f"cell-{k}"
        # By hand: availability k / 400 with 2 decimals, gaps of 30 s times k in minutes, k modulo 9 satellites.
        assert shown["Availability, text"] == f"{k / 4:.2f} %"
        assert shown["Longest gap, text"] == f"{k / 2:.1f} min"
        assert shown["Satellites in view, most at once"] == str(k % 9)
        assert shown["Centre"] == f"{40.125 + 0.25 * (k // 20):.4f}° N, {10.125 + 0.25 * (k % 20):.4f}° E"
        assert plain(chromium.text("#tip strong")) == f"{k / 4:.2f} %"
    chromium.mouse("mouseMoved", 5, 5)
    assert cell_figures(chromium)["Cell"] == "–"
    assert complaints(chromium) == []


def test_a_click_keeps_the_cell(chromium, opened):
    points = on_screen(chromium, opened())
    for kind in ("mousePressed", "mouseReleased"):
        chromium.mouse(kind, *points[210], button="left", clickCount=1)
    chromium.mouse("mouseMoved", 5, 5)
    assert cell_figures(chromium)["Cell"] == "cell-210"
    assert plain(chromium.text("#spoken")) == "Erewhon: Availability, text 52.50 %"


def test_slider_changes_picture_legend_and_figures(chromium, opened):
    frame = opened()
    points = on_screen(chromium, frame)
    before = picture(chromium)
    slide(chromium, 24)  # 17:00 to 18:00: every cell has 23 / 24, the first nothing
    assert picture(chromium) != before
    assert chromium.text("#shown-when") == "23 Aug 2026, 17:00 to 18:00 UTC"
    entry = map_quantity("text_availability")
    assert colours_at(chromium, points[[0, 399]]) == [entry.colours[0], entry.colours[5]]
    assert legend(chromium)[2] == ["95–99", "> 99 %"]
    assert legend(chromium)[-1] == ["< 20", "< 1 %"]
    chromium.mouse("mouseMoved", *points[399])
    assert cell_figures(chromium)["Availability, text, 17:00 to 18:00 UTC"] == "95.83 %"  # 23 / 24
    slide(chromium, 0)
    assert chromium.text("#shown-when").startswith("Whole span")
    chromium.mouse("mouseMoved", 5, 5)
    assert picture(chromium) == before


def test_quantity_changes_legend_and_stills_the_slider_where_there_are_no_hours(chromium, opened):
    opened()
    slide(chromium, 5)
    before = picture(chromium)
    choose(chromium, "Longest gap, text (min)")
    entry = map_quantity("text_longest_gap_s")
    assert [text for text, _ in legend(chromium)] == list(entry.class_labels())[::-1]
    assert chromium.text("#legend-unit") == "min"
    assert chromium.text("#shown") == "Longest gap, text (min)"
    assert chromium.text("#shown-when").startswith("Whole span")
    assert chromium.js("document.getElementById('hour').disabled")
    assert picture(chromium) != before
    # By hand: gaps of 0.5 min times 0..399; those of 360 and more are 180 min and longer, 40 of 400.
    assert legend(chromium)[0] == ["≥ 180", "10 %"]
    choose(chromium, "Availability, text (%)")
    assert not chromium.js("document.getElementById('hour').disabled")


def test_beam_cells_lie_over_the_cells_in_the_colours_of_their_satellites(chromium, page_input, tmp_path):
    """In hour h satellite 4 serves the beam cells west of 12.5 deg + h / 10, satellite 7 the rest; one is excluded."""
    given = page_input(availability=np.zeros(400))
    area = find_area("9.9,39.9,15.1,45.1", buffer_km=0)
    cells = hexagon_lattice(area, radius_m=20e3, middle=area)
    centres = given[0][["longitude_deg", "latitude_deg"]].to_numpy()
    cell = cells.cell_at(latitude_deg=centres[:, 1], longitude_deg=centres[:, 0])
    excluded = np.arange(len(cells)) == cell[210]

    def service(hour):
        satellite = np.where(excluded, -1, np.where(cells.longitude_deg < 12.5 + hour / 10, 4, 7))
        share = np.where(satellite == 4, 0.015, 0.3) * (satellite >= 0)
        places = np.array([[11.0, 42.0], [14.0, 43.0]])
        return BeamService(given[1]["start_utc"][hour], satellite, share, share, np.array([4, 7]), places)

    services = [service(hour) for hour in range(len(given[1]["start_utc"]))]
    write_page(*given, tmp_path / "map.html", beams=HourlyBeams(cells, excluded, cell, services))
    chromium.open(tmp_path / "map.html", **DESKTOP)
    choose(chromium, "Hop share at the start of the hour (%), by the hour")
    slide(chromium, 6)  # the sixth hour
    assert chromium.text("#shown-when") == "22 Aug 2026, 23:00:00 UTC"
    told = f"{len(cells) - 1} of {len(cells)} beam cells are served by 2 satellites"
    assert told in chromium.text("#meaning")
    entry = map_quantity("hop_share")
    screen = on_screen(chromium, given[0])
    # ground cells whose centres are well inside a beam cell and not near its outline
    middle = np.stack([cells.longitude_deg, cells.latitude_deg], axis=1)[cell]
    near = np.hypot(*((centres - middle) * [0.74, 1.0]).T) < 0.08
    inside = np.flatnonzero(near & ~excluded[cell])
    assert len(inside) > 50
    of_second = (services[5].satellite[cell[inside]] == 7).astype(int)
    assert 10 < of_second.sum() < len(inside) - 10
    greys = np.array([[*bytes.fromhex(entry.colours[k][1:])] for k in (2, 6)])  # 1.5 % and 30 %
    colours = np.array([[*bytes.fromhex(colour[1:])] for colour in SATELLITE_COLOURS[:2]])
    expected = 0.5 * colours[of_second] + 0.5 * greys[of_second]
    assert complaints(chromium) == []  # before this test reads the canvas, of which the browser complains
    found = [[*bytes.fromhex(colour[1:])] for colour in colours_at(chromium, screen[inside])]
    np.testing.assert_allclose(found, expected, atol=2)
    of_excluded = set(colours_at(chromium, screen[excluded[cell]]))
    assert of_excluded.isdisjoint({f"#{r:02x}{g:02x}{b:02x}" for r, g, b in found})
    choose(chromium, "Availability, text (%)")
    slide(chromium, 0)
    assert set(colours_at(chromium, screen[inside])) == {map_quantity("text_availability").colours[0]}


def test_the_wait_is_told_for_five_minutes_and_where_one_points(chromium, opened):
    opened()
    told = lambda: plain(chromium.text("#waiting .value"))  # noqa: E731
    assert told() == "within 5 min: 90.0 % of the area, > 99.9 % of the people"
    chromium.js("document.getElementById('waiting').scrollIntoView({block: 'center'})")
    box = json.loads(
        chromium.js("JSON.stringify(document.querySelector('#waiting svg').getBoundingClientRect())")
    )
    # Four waits at equal distances between the labels of the vertical axis and half a label of the other.
    x = box["left"] + 44 + (box["width"] - 44 - 16) * np.array([0, 1, 3]) / 3
    for left, wanted in zip(x, ("at once: 75.0", "within 30 s: 80.0", "within 1 h: 100.0"), strict=True):
        chromium.mouse("mouseMoved", left + 1, box["top"] + 30)
        assert told().startswith(f"{wanted} % of the area, ")
    chromium.mouse("mouseMoved", 5, 5)
    assert told().startswith("within 5 min")
    assert complaints(chromium) == []


def test_mean_and_ends_of_the_area(chromium, opened):
    """By hand: k / 400 for k = 0..399 has the mean 49.875 %, the ends 0 and 99.75 %."""
    opened()
    told = plain(chromium.text("#spread"))
    assert told == "Mean over the area 49.88 %, lowest 0.00 %, highest 99.75 %."
    chromium.js("document.getElementById('find-best').click()")
    assert cell_figures(chromium)["Cell"] == "cell-399"


def test_everything_works_by_keyboard(chromium, opened):
    opened()
    chromium.js("document.getElementById('overlay').focus()")
    chromium.key("ArrowRight")
    first = int(cell_figures(chromium)["Cell"].removeprefix("cell-"))
    assert first in (189, 190, 209, 210)  # the four in the middle of 20 x 20
    for key, step in (("ArrowRight", 1), ("ArrowUp", 20), ("ArrowLeft", -1), ("ArrowDown", -20)):
        before = int(cell_figures(chromium)["Cell"].removeprefix("cell-"))
        chromium.key(key)
        assert int(cell_figures(chromium)["Cell"].removeprefix("cell-")) == before + step
    assert f"{first / 4:.2f}" in chromium.text("#spoken")
    before = picture(chromium)
    chromium.key("+")
    assert picture(chromium) != before
    chromium.key("0")
    assert picture(chromium) == before
    chromium.key("Escape")
    assert cell_figures(chromium)["Cell"] == "–"


def test_a_place_is_found_by_its_coordinates(chromium, opened):
    opened()

    def find(text):
        chromium.js(
            f"document.getElementById('place-text').value = {json.dumps(text)};"
            "document.getElementById('place').requestSubmit()"
        )

    find("42.6, 12.6")
    assert cell_figures(chromium)["Cell"] == "cell-210"  # row 10, column 10
    find("0 0")
    assert "No cell there" in chromium.text("#place-note")
    find("Rome")
    assert "two numbers" in chromium.text("#place-note")
    find("42.6; 12.6")
    assert chromium.text("#place-note") == ""


def test_zoom_shows_the_same_cells_larger_and_pans(chromium, opened):
    frame = opened()
    points = on_screen(chromium, frame)
    middle = points.mean(axis=0)
    chromium.js("document.getElementById('zoom-in').click()")
    for k in (189, 210):
        chromium.mouse("mouseMoved", *(middle + 2 * (points[k] - middle)))
        assert cell_figures(chromium)["Cell"] == f"cell-{k}"
    drag = np.array([40.0, 20.0])
    chromium.mouse("mousePressed", *middle, button="left", clickCount=1)
    chromium.mouse("mouseMoved", *(middle + drag), button="left", buttons=1)
    chromium.mouse("mouseReleased", *(middle + drag), button="left", clickCount=1)
    chromium.mouse("mouseMoved", *(middle + 2 * (points[210] - middle) + drag))
    assert cell_figures(chromium)["Cell"] == "cell-210"


@pytest.mark.parametrize(
    "window", [DESKTOP, PHONE, {"width": 320, "height": 640}], ids=["desktop", "phone", "narrow"]
)
@pytest.mark.parametrize("shape", [(20, 20), (40, 10), (8, 40)], ids=["square", "wide", "tall"])
def test_the_page_fits_the_window(chromium, opened, window, shape):
    frame = opened(window, across=shape[0], rows=shape[1])
    assert chromium.js("document.documentElement.scrollWidth <= innerWidth")
    points = on_screen(chromium, frame)
    box = json.loads(chromium.js("JSON.stringify(document.getElementById('ground').getBoundingClientRect())"))
    assert box["width"] <= window["width"]
    assert box["height"] <= window["height"]
    assert (points[:, 0] > box["left"]).all()
    assert (points[:, 0] < box["right"]).all()
    assert (points[:, 1] > box["top"]).all()
    assert (points[:, 1] < box["bottom"]).all()
    assert complaints(chromium) == []


def test_all_times_are_in_the_zone_of_the_reader(chromium, opened):
    with times_shown_in(read_zone("Asia/Kathmandu")):  # UTC+5:45
        opened()
    slide(chromium, 1)
    assert chromium.text("#shown-when") == "22 Aug 2026, 23:45 to 23 Aug 2026, 00:45 Asia/Kathmandu"
    labels = "[...document.querySelectorAll('#timeline text[text-anchor=middle]')].map((t) => t.textContent)"
    ticks = json.loads(chromium.js(f"JSON.stringify({labels})"))
    assert ticks[0] == "23 Aug"
    assert all(tick.endswith((":00", "Aug")) for tick in ticks)
    assert "UTC" not in chromium.text("body")


def test_a_finger_chooses_a_cell(chromium, opened):
    points = on_screen(chromium, opened(PHONE))
    x, y = points[137]
    chromium.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    chromium.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    chromium.until("document.getElementById('cell').textContent.includes('cell-137')")
    assert plain(chromium.text("#tip strong")) == "34.25 %"  # 137 / 400


def test_nothing_leaves_and_nothing_is_complained_of(chromium, opened, tmp_path):
    opened(land=land())
    for position in (3, 0):
        slide(chromium, position)
    chromium.js("document.getElementById('play').click()")
    time.sleep(1)
    chromium.js("document.getElementById('play').click()")
    chromium.call("Page.printToPDF", printBackground=True)
    assert requests(chromium) == [(tmp_path / "map.html").as_uri()]
    assert complaints(chromium) == []
    assert chromium.text("#state") == ""


def test_the_page_may_not_ask_the_network_even_if_it_wanted(chromium, opened):
    opened()
    fetched = "fetch('https://example.org/').then(() => 'sent', () => 'refused')"
    image = """new Promise((told) => Object.assign(new Image(), {
        onload: () => told("sent"), onerror: () => told("refused"), src: "https://example.org/a.png"}))"""
    assert [chromium.js(attempt) for attempt in (fetched, image)] == ["refused", "refused"]
    # The browser announces the request of an image, and then that it has not sent it.
    asked = {
        sent["requestId"] for sent in chromium.named("Network.requestWillBeSent") if "example" in str(sent)
    }
    stopped = {
        each["requestId"]
        for each in chromium.named("Network.loadingFailed")
        if each["blockedReason"] == "csp"
    }
    assert asked <= stopped
    assert "Content Security Policy" in json.dumps(complaints(chromium))


def test_hostile_names_do_nothing(chromium, page_input, tmp_path):
    harm = "document.title = 'broken into'"
    hostile = f'</script><script>{harm}</script><img src=x onerror="{harm}">'
    frame, hourly, timeline, summary_, ground = page_input()
    summary_["title"] = summary_["satellites"]["source"] = hostile
    summary_["warnings"] = [hostile]
    summary_["satellites"]["refused_sets"][0]["name"] = hostile
    summary_["services"][hostile] = summary_["services"]["text"]
    timeline[f"{hostile}_area_fraction"] = timeline["text_area_fraction"]
    hourly[f"{hostile}_availability"] = hourly["text_availability"]
    frame = frame.assign(
        country=hostile, region=hostile, **{f"{hostile}_availability": frame["text_availability"]}
    )
    write_page(frame, hourly, timeline, summary_, ground, tmp_path / "map.html")
    chromium.open(tmp_path / "map.html", **DESKTOP)
    choose(chromium, f"Availability, {hostile} (%)")
    slide(chromium, 3)
    chromium.mouse("mouseMoved", *on_screen(chromium, frame)[5])
    assert chromium.text("#shown") == f"Availability, {hostile} (%)"
    assert f"Area with {hostile}" in chromium.text("#timeline")
    assert chromium.js("document.title") == hostile
    assert chromium.text("h1") == hostile
    assert chromium.text("#cell-title") == f"{hostile}, {hostile}"
    assert chromium.js("document.images.length") == 0
    assert complaints(chromium) == []


def test_everything_that_can_be_reached_has_a_name(chromium, opened):
    """As a screen reader is told: no button, field, slider or map without a name."""
    opened()
    chromium.call("Accessibility.enable")
    nodes = chromium.call("Accessibility.getFullAXTree")["nodes"]
    chromium.call("Accessibility.disable")
    focusable = [
        node
        for node in nodes
        if any(p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", []))
    ]
    roles = {
        node["role"]["value"]: node["name"]["value"]
        for node in focusable
        if node["role"]["value"] != "RootWebArea"
    }
    assert {"combobox", "slider", "button", "textbox", "application"} <= set(roles)
    assert [node["role"] for node in focusable if not node["name"]["value"].strip()] == []
    headings = [node["name"]["value"] for node in nodes if node["role"]["value"] == "heading"]
    assert headings[0] == "A made-up area"
    assert "Sources" in headings


def test_paper_gets_the_map_finer_and_without_buttons(chromium, opened):
    opened()
    before = picture(chromium)
    chromium.call("Emulation.setEmulatedMedia", media="print")
    chromium.js("dispatchEvent(new Event('beforeprint'))")
    hidden = ("#quantity", "#hours", "#zoom-in", "#overlay", "#keys", "#place")
    shown = [s for s in hidden if chromium.js(f"document.querySelector('{s}').checkVisibility()")]
    assert shown == []
    assert chromium.js("document.getElementById('base').checkVisibility()")
    assert chromium.js("document.getElementById('base').width > 1000")
    chromium.call("Emulation.setEmulatedMedia", media="")
    chromium.js("dispatchEvent(new Event('afterprint'))")
    assert picture(chromium) == before


def test_a_real_result_and_how_long_it_takes(chromium, tmp_path, capsys, request):
    """As many cells as the Mediterranean has at H3 resolution 5; the times are told, not asserted."""
    overrides = ["network=false", "region.area=italy-mediterranean", "time.duration_h=24", "time.step_s=60"]
    result = run_coverage(read_scenario("italy", overrides=overrides))
    frame = cells_frame(result.columns(), result.inputs.grid.boundary)
    given = (frame, result.hourly_columns(), result.timeline_columns(), summary_report(result), land())
    path = tmp_path / "map.html"
    began = time.perf_counter()
    write_page(*given, path)
    written_s = time.perf_counter() - began
    chromium.open(path, **DESKTOP)
    assert requests(chromium) == [path.as_uri()]
    assert path.stat().st_size < 6e6
    drawn_s = chromium.js("performance.getEntriesByName('map drawn')[0].startTime") / 1e3
    paint_s = chromium.js("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1e3
    slides_s = chromium.js(
        """(async () => {
            const slider = document.getElementById("hour");
            const times = [];
            for (let k = 1; k <= 24; k++) {
                const began = performance.now();
                slider.value = k;
                slider.dispatchEvent(new Event("input"));
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                times.push((performance.now() - began) / 1e3);
            }
            return times;
        })()"""
    )
    best = frame["text_availability"].idxmax()
    chromium.mouse("mouseMoved", *on_screen(chromium, frame)[best])
    assert cell_figures(chromium)["Cell"] == frame["cell_id"][best]
    assert complaints(chromium) == []
    with capsys.disabled():
        request.config.get_terminal_writer().line(
            f"\nmap.html, {len(frame):,} cells: {path.stat().st_size / 1e6:.2f} MB, written in {written_s:.2f} s, "
            f"first paint {paint_s:.2f} s, map {drawn_s:.2f} s, slider {np.median(slides_s):.2f} s (median) "
            f"and {max(slides_s):.2f} s (longest)"
        )

import base64
import gzip
import hashlib
import itertools
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import Transformer

from d2c.errors import ResultError
from d2c.local_time import read_zone, times_shown_in
from d2c.output.reports.headline import asked_text, headline
from d2c.output.web.arrays import packed, whole_numbers
from d2c.output.web.outlines import outlines
from d2c.output.web.page import write_page
from d2c.output.web.text import span_text
from d2c.printable import printable
from d2c.region.boundaries import Area, Land, land
from d2c.results.column_lookup import column_meaning, map_quantity
from d2c.results.columns import COLUMNS
from d2c.results.format.rounding import round_column

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'\u2028"


class Parsed(HTMLParser):
    """The elements of a page with their attributes, and the text of each of the scripts."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.scripts, self.inside, self.words = [], {}, None, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside = dict(attributes).get("id", "program") if tag == "script" else None

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside is None:
            self.words += data
        else:
            self.scripts[self.inside] = self.scripts.get(self.inside, "") + data


def written(tmp_path, given):
    write_page(*given, tmp_path / "map.html")
    return (tmp_path / "map.html").read_text(encoding="utf-8")


def content(text):
    """Return the JSON of the page and its arrays, read as a browser reads them."""
    scripts = Parsed(text).scripts
    found = json.loads(scripts["content"])
    raw = gzip.decompress(base64.b64decode(scripts["arrays"]))
    kinds = {name: np.dtype(kind).newbyteorder("<") for name, (kind, _, _) in found["arrays"].items()}
    return found, {
        name: np.frombuffer(raw, kinds[name], length, start)
        for name, (_, start, length) in found["arrays"].items()
    }


@given(
    st.sampled_from(["text_availability", "c_n_p50_db", "text_longest_gap_s", "max_visible"]),
    arrays(np.float64, (2, 3), elements=st.floats(-3e9, 3e9, width=64) | st.just(np.nan)),
)
def test_whole_numbers_give_back_the_published_ones_bit_for_bit(column, values):
    stored, decimals = whole_numbers(column, values)
    missing = np.isnan(stored) if stored.dtype.kind == "f" else stored == np.iinfo(stored.dtype).min
    back = np.where(missing, np.nan, stored / 10.0**decimals)
    np.testing.assert_array_equal(back, round_column(column, values))


def test_whole_numbers_are_small():
    """By hand: 6 decimals of a share need 20 bits; 327.67 dB with 2 decimals is the last of 16 bits."""
    assert whole_numbers("text_availability", np.array([1.0]))[0].dtype == np.int32
    assert whole_numbers("c_n_p50_db", np.array([-327.67]))[0].dtype == np.int16
    assert whole_numbers("c_n_p50_db", np.array([327.68]))[0].dtype == np.int32
    assert whole_numbers("max_visible", np.array([9]))[0].dtype == np.int16


def test_packed_arrays_start_where_a_browser_can_read_them():
    where, text = packed(
        {"a": np.arange(3, dtype=np.uint8), "b": np.array([1.5]), "c": np.array([-1], np.int16)}
    )
    assert where == {"a": ["uint8", 0, 3], "b": ["float64", 8, 1], "c": ["int16", 16, 1]}
    raw = gzip.decompress(base64.b64decode(text))
    assert raw[:3] == b"\x00\x01\x02"
    assert np.frombuffer(raw, "<f8", 1, 8) == 1.5


def decoded(arrays_, name):
    """Return the shapes of an outline as lists of rings `(N, 2)` in steps of the lattice."""
    x, y, corners, rings = (arrays_[f"{name}.{part}"] for part in ("x", "y", "rings", "shapes"))
    points = np.column_stack([x, y]).astype(float)
    return [
        [points[corners[r] : corners[r + 1]] for r in range(first, end)]
        for first, end in itertools.pairwise(rings)
    ]


def test_corners_lie_where_the_equal_area_projection_puts_them():
    """PROJ, asked directly for the azimuthal projection about the middle of the area."""
    cells = shapely.box([10.0, 10.5], 40.0, [10.5, 11.0], 41.0)
    lattice, found, _ = outlines(cells, Land((), (), frozenset(), (0.0, 30.0, 20.0, 50.0)))
    to_map = Transformer.from_crs(
        "EPSG:4326", "+proj=laea +lat_0=40.5 +lon_0=10.5 +datum=WGS84", always_xy=True
    )
    for box, (ring,) in zip(cells, decoded(found, "cells"), strict=True):
        metres = np.column_stack(to_map.transform(*shapely.get_coordinates(box)[:-1].T))
        x = lattice.square.left_m + ring[:, 0] * lattice.unit_m
        y = lattice.square.top_m - ring[:, 1] * lattice.unit_m
        # Half a step of the lattice either way.
        np.testing.assert_allclose(np.column_stack([x, y]), metres, atol=0.51 * lattice.unit_m)
    left, top, right, bottom = lattice.frame()
    assert 0 < left < right < 65535
    assert 0 < top < bottom < 65535


def test_cells_of_several_parts_and_with_holes_keep_their_rings():
    holed = shapely.box(10, 40, 11, 41).difference(shapely.box(10.4, 40.4, 10.6, 40.6))
    parts = shapely.MultiPolygon([shapely.box(12, 40, 13, 41), shapely.box(14, 40, 15, 41)])
    _, found, _ = outlines(np.array([holed, parts, shapely.box(11, 40, 12, 41)]), land())
    shapes = decoded(found, "cells")
    assert [len(rings) for rings in shapes] == [2, 2, 1]
    assert all(len(ring) == 4 for rings in shapes for ring in rings)


def test_neighbours_share_their_corners():
    cells = shapely.box([10.0, 10.1], 40.0, [10.1, 10.2], 40.1)
    _, found, _ = outlines(cells, land())
    (west,), (east,) = decoded(found, "cells")
    assert len(set(map(tuple, west)) & set(map(tuple, east))) == 2


def test_borders_stay_common_when_they_are_simplified(tmp_path):
    _, found, _ = outlines(shapely.box([6.6], [36.6], [18.5], [47.1]), land())
    corners = [tuple(p) for rings in decoded(found, "countries") for ring in rings for p in ring.astype(int)]
    inland = set(corners) & {c for c in set(corners) if corners.count(c) > 1}
    assert 2_000 < len(corners) < 30_000
    assert len(inland) > 200  # Italy's own neighbours and those further north and east


def test_small_islands_are_there_when_they_are_asked_about():
    """Linosa has 5.4 km2, Lampedusa 20.2 km2 (ISTAT); on a map of the two both are seen."""
    _, found, _ = outlines(shapely.box([12.4], [35.4], [13.0], [35.95]), land())
    (italy,) = (rings for rings in decoded(found, "countries") if rings)
    assert len([ring for ring in italy if shapely.Polygon(ring).area > 0]) >= 2


def test_names_stand_in_their_country_clear_of_the_cells():
    east = shapely.box(15.2, 39.0, 17.0, 46.0)
    under = shapely.box(10, 40, 12.5, 45)
    made = Land((Area("East", east), Area("Under", under)), (), frozenset(), (0, 30, 30, 60))
    cells = shapely.box(10, 40, 15, 45)
    lattice, _, names = outlines(np.array([cells]), made)
    ((name, x, y, radius),) = names
    assert name == "East"
    metres = (lattice.square.left_m + x * lattice.unit_m, lattice.square.top_m - y * lattice.unit_m)
    place = shapely.Point(lattice.view.to_map.transform(*metres, direction="INVERSE"))
    assert east.contains(place)
    assert radius > 0


@pytest.mark.parametrize("box", [(-60, -50, 60, 70), (-60, -40, -50, -30), (12.5, 35.4, 12.6, 35.5)])
def test_small_and_large_areas_anywhere_make_a_page(tmp_path, page_input, box):
    west, south, east, north = box
    k = np.arange(400)
    dx, dy = (east - west) / 20, (north - south) / 20
    x, y = west + dx * (k % 20), south + dy * (k // 20)
    frame, *rest = page_input(land=land())
    frame = frame.set_geometry(shapely.box(x, y, x + dx, y + dy), crs="EPSG:4326")
    found, numbers = content(written(tmp_path, (frame, *rest)))
    assert len(numbers["cells.shapes"]) == 401
    assert all(np.isfinite(found["frame"]))


def test_figures_travel_unchanged(tmp_path, page_input):
    given = page_input()
    frame, hourly = given[:2]
    found, numbers = content(written(tmp_path, given))
    for entry in found["quantities"]:
        decimals = entry["decimals"]["span"]
        stored = numbers[f"span.{entry['column']}"] / 10**decimals
        np.testing.assert_array_equal(stored, frame[entry["column"]])
    hours = numbers["hours.text_availability"].reshape(24, 400) / 10**6
    np.testing.assert_array_equal(hours, np.round(hourly["text_availability"], 6))
    ids = numbers["place.cell_id"].tobytes().decode().split("\n")
    assert ids == frame["cell_id"].tolist()
    assert [found["places"]["country"][k] for k in numbers["place.country"]] == ["Erewhon"] * 400


def test_classes_come_from_the_table_of_quantities(tmp_path, page_input):
    found, _ = content(written(tmp_path, page_input()))
    names = [entry["column"] for entry in found["quantities"]]
    assert names == ["text_availability", "text_longest_gap_s", "max_visible"]
    for entry in found["quantities"]:
        quantity = map_quantity(entry["column"])
        assert entry["title"] == quantity.title
        assert entry["limits"] == list(quantity.limits)
        assert entry["colours"] == list(quantity.colours)
        assert entry["classes"] == list(quantity.class_labels())
        assert entry["meaning"]
    assert [entry["digits"] for entry in found["quantities"]] == [2, 1, 0]
    assert [entry["group"] for entry in found["quantities"]] == ["text", "text", ""]


def test_timeline_keeps_the_worst_and_the_best_step_of_each_point(tmp_path, page_input):
    """By hand: 2,880 steps in 288 points of 10; every ten steps the share falls from 100 % to 55 %, mean 77.5 %."""
    found, _ = content(written(tmp_path, page_input()))
    line = found["timeline"]
    text, satellites = line["series"]
    assert line["point"] == 300_000
    assert line["end"] - line["start"] == 86_400_000
    assert text["low"] == [55.0] * 288
    assert text["mean"] == [77.5] * 288
    assert text["high"] == [100.0] * 288
    assert max(satellites["high"]) == 6
    assert min(satellites["low"]) == 0


def test_waits_in_words_and_shares_in_per_cent(tmp_path, page_input):
    found, _ = content(written(tmp_path, page_input()))
    assert found["waiting"] == {
        "waits": ["at once", "30 s", "5 min", "1 h"],
        "told": 2,
        "of_what": {"area": "of the area", "population": "of the people"},
        "panels": [
            {
                "name": "text",
                "curves": {"area": [75.0, 80.0, 90.0, 100.0], "population": [50.0, 60.0, 99.999, 100.0]},
            }
        ],
    }


def test_a_timeline_of_an_odd_length_loses_no_step(tmp_path, page_input):
    frame, hourly, timeline, *rest = page_input()
    short = {name: values[:577].copy() for name, values in timeline.items()}
    short["text_area_fraction"][576] = 0.0  # alone in the last point
    found, _ = content(written(tmp_path, (frame, hourly, short, *rest)))
    text = found["timeline"]["series"][0]
    assert len(text["low"]) == 193  # 577 / 3, rounded up
    assert text["low"][-1] == text["mean"][-1] == text["high"][-1] == 0.0


def test_one_step_and_no_hours(tmp_path, page_input):
    frame, hourly, timeline, *rest = page_input()
    bare = {name: values[:0] for name, values in hourly.items()}
    one = {name: values[:1] for name, values in timeline.items()}
    found, numbers = content(written(tmp_path, (frame, bare, one, *rest)))
    assert found["hours"] == []
    assert not any(name.startswith("hours.") for name in numbers)


def test_nothing_from_outside_becomes_markup(tmp_path, page_input):
    frame, hourly, timeline, summary, _ = page_input()
    plain = Parsed(written(tmp_path, (frame, hourly, timeline, summary, land())))
    hostile = json.loads(json.dumps(summary))
    hostile["title"] = hostile["satellites"]["source"] = HOSTILE
    hostile["satellites"]["refused_sets"][0] |= {"name": HOSTILE, "reason": HOSTILE}
    hostile["scenario"]["link"] |= {"payload": HOSTILE, "handset": HOSTILE, "services": [HOSTILE]}
    hostile["scenario"]["region"]["area"] = HOSTILE
    hostile["warnings"] = hostile["not_modelled"] = hostile["satellites"]["shells"] = [HOSTILE]
    hostile["assumptions"] = {HOSTILE: HOSTILE}
    hostile["inputs_sha256"] = {HOSTILE: HOSTILE}
    frame = frame.assign(country=HOSTILE, region=HOSTILE, surface=HOSTILE, cell_id=HOSTILE)
    text = written(tmp_path, (frame, hourly, timeline, hostile, land()))
    found = Parsed(text)
    assert found.elements == plain.elements
    assert printable(HOSTILE) in found.words
    assert json.loads(found.scripts["content"])["places"]["country"] == [HOSTILE]
    assert text.count("alert(1)") == found.words.count("alert(1)") + found.scripts["content"].count(
        "alert(1)"
    )


def test_names_of_services_are_escaped(tmp_path, page_input):
    frame, hourly, timeline, summary, ground = page_input()
    summary["services"] = {HOSTILE: summary["services"]["text"]}
    timeline[f"{HOSTILE}_area_fraction"] = timeline["text_area_fraction"]
    elements = Parsed(written(tmp_path, (frame, hourly, timeline, summary, ground))).elements
    assert len([tag for tag, _ in elements if tag == "script"]) == 3
    assert "img" not in [tag for tag, _ in elements]


def test_the_page_may_run_its_own_script_only_and_load_nothing(tmp_path, page_input):
    text = written(tmp_path, page_input(land=land()))
    found = Parsed(text)
    (policy,) = (a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    script = base64.b64encode(hashlib.sha256(found.scripts["program"].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{script}'" in policy
    assert "unsafe" not in policy
    assert not [
        a
        for _, a in found.elements
        if a.keys() & {"src", "href", "style"} or any(k.startswith("on") for k in a)
    ]
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not a place


def test_every_quantity_says_what_it_means():
    """Every column and ending of columns.py needs a description."""
    entries = [entry for entries in COLUMNS.values() for entry in entries]
    names = [f"text{entry.name}" if entry.name.startswith("_") else entry.name for entry in entries]
    assert [column for column in names if not column_meaning(column)] == []
    assert column_meaning("text_limit_margin_db") != column_meaning("text_margin_p50_db")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-08-22T18:00:00Z", "2026-08-22T19:00:00Z", "22 Aug 2026, 18:00 to 19:00 UTC"),
        ("2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z", "31 Dec 2026, 23:00 to 1 Jan 2027, 00:00 UTC"),
    ],
)
def test_spans_in_words(start, end, text):
    assert span_text(start, end) == text


def test_words_of_the_page(tmp_path, page_input):
    given = page_input()
    words = Parsed(written(tmp_path, given)).words
    for told in (
        f"{headline(given[3])}.",
        f"{asked_text(given[3])}.",
        "Read this as the best case. Noise only: made up.",
        "The orbits are those of made-up.tle, 1.2 days old at the start (median; the oldest 2.5).",
        "Made-up.tle: an old set",
        "line 4, OLD 1: checksum",
        "25 deg: made up",
        "not considered: line of sight to the satellite",
        "Boundaries: ISTAT, Openpolis, CC BY 4.0; Natural Earth",
        "−1.5 dB",
    ):
        assert told.casefold() in words.casefold(), told


def test_nominal_orbits_are_called_so(tmp_path, page_input):
    frame, hourly, timeline, summary, ground = page_input()
    summary["scenario"]["constellation"]["elements"] = None
    del summary["satellites"]["median_age_days"], summary["satellites"]["oldest_age_days"]
    assert (
        "The orbits are nominal"
        in Parsed(written(tmp_path, (frame, hourly, timeline, summary, ground))).words
    )
    shipped = page_input()
    shipped[3]["satellites"]["nominal"] = True
    assert "stand in for the real satellites" in Parsed(written(tmp_path, shipped)).words


def test_the_same_input_gives_the_same_bytes(tmp_path, page_input):
    given = page_input(land=land())
    first = written(tmp_path, given)
    assert written(tmp_path, given) == first
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]


def test_eleven_thousand_cells_stay_under_six_megabytes(tmp_path, page_input):
    """The worst for compression: random availability of 120 samples an hour, for 24 hours and two figures."""
    frame, hourly, *rest = page_input(across=110, rows=100, step=0.1, land=land())
    random = np.random.default_rng(1)
    hourly["text_availability"] = random.integers(0, 121, (24, 11_000)) / 120
    hourly["max_visible"] = random.normal(10, 3, (24, 11_000)).round()
    write_page(frame, hourly, *rest, tmp_path / "map.html")
    assert (tmp_path / "map.html").stat().st_size < 6e6


def test_nothing_to_draw_is_refused(tmp_path, page_input):
    frame, *rest = page_input()
    with pytest.raises(ResultError, match="the result has no cells"):
        write_page(frame.iloc[:0], *rest, tmp_path / "map.html")
    rest[0] = {name: rest[0][name][:0] for name in ("start_utc", "end_utc")}
    bare = frame.drop(columns=["text_availability", "text_longest_gap_s", "max_visible"])
    with pytest.raises(ResultError, match="no column that can be drawn"):
        write_page(bare, *rest, tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_the_area_asked_for_is_on_the_page(tmp_path, page_input):
    area = shapely.box(11.0, 41.0, 13.0, 43.0)
    write_page(*page_input(), tmp_path / "a.html", area=area)
    _, arrays = content((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert len(arrays["area.rings"]) == 2  # one ring
    assert len(arrays["area.x"]) >= 4
    _, without = content(written(tmp_path, page_input()))
    assert len(without["area.x"]) == 0


def test_times_of_the_page_are_in_the_zone(tmp_path, page_input):
    with times_shown_in(read_zone("Europe/Rome")):
        text = written(tmp_path, page_input())
    found, _ = content(text)
    assert (found["zone"], found["shift_ms"]) == ("Europe/Rome", 7_200_000)
    assert found["hours"][0]["text"] == "22 Aug 2026, 20:00 to 21:00 Europe/Rome"
    assert "UTC" not in Parsed(text).words

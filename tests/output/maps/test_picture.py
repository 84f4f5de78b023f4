import itertools

import matplotlib as mpl
import numpy as np
import pytest
import shapely
from PIL import Image

from d2c.errors import ResultError
from d2c.output.format.colours import AREA_COLOUR, SATELLITE_COLOURS
from d2c.output.format.page import DPI
from d2c.output.maps.map_view import MapView
from d2c.output.maps.picture import draw_map
from d2c.output.maps.sheet import Sheet
from d2c.results.column_lookup import map_quantities, map_quantity
from d2c.results.layers.cells import cells_frame

FEW = 500  # pixels that any grey may have at the rims of letters
TEXTS = {"title": "Coverage", "subtitle": "24 h from 2026-08-22", "caption": "Noise only. " * 20}


def squares(availability, *, west=10.0, south=40.0, step=0.25, across=20):
    """Return square cells, row by row from the south-west, with the availability given."""
    k = np.arange(len(availability))
    x, y = west + step * (k % across), south + step * (k // across)
    return cells_frame({"text_availability": np.asarray(availability)}, shapely.box(x, y, x + step, y + step))


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])


def pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).reshape(-1, 3)


def count(path, colour: str) -> int:
    return int((pixels(path) == rgb(colour)).all(axis=1).sum())


def draw(frame, path, **changed):
    draw_map(frame, path, **({"column": "text_availability", "land": [], **TEXTS} | changed))
    return path


def test_colours_cover_as_much_of_the_map_as_their_classes_of_the_area(tmp_path):
    """An equal-area map shows shares as pixels: 50 %, 30 % and 20 % of 400 cells of nearly equal area."""
    frame = squares(np.repeat([0.2, 0.97, 1.0], [200, 120, 80]))
    path = draw(frame, tmp_path / "map.png")
    colours = map_quantity("text_availability").colours
    empty = draw(squares(np.full(400, np.nan)), tmp_path / "empty.png")  # the legend alone
    seen = np.array([count(path, colour) - count(empty, colour) for colour in colours])
    projected = MapView.around(frame.geometry.to_numpy()).projected(frame.geometry.to_numpy())
    area = shapely.area(projected)
    expected = np.array([0, area[:200].sum(), 0, 0, 0, area[200:320].sum(), 0, area[320:].sum()]) / area.sum()
    # The graticule hides some pixels, of some classes more than of others.
    np.testing.assert_allclose(seen / seen.sum(), expected, atol=0.01)
    assert seen.sum() > 300_000


def test_aspect_is_that_of_the_ground(tmp_path):
    """At 60 N a degree of longitude is half as long as one of latitude: 2 x 1 degrees look square."""
    k = np.arange(200)
    x, y = 10 + 0.1 * (k % 20), 59.5 + 0.1 * (k // 20)
    frame = cells_frame({"text_availability": np.ones(200)}, shapely.box(x, y, x + 0.1, y + 0.1))
    path = draw(frame, tmp_path / "map.png")
    with Image.open(path) as image:
        inside = (np.asarray(image.convert("RGB")) == rgb(map_quantity("text_availability").colours[-1])).all(
            axis=2
        )
    inside[:, 1080:] = False  # the legend
    height, width = np.ptp(np.flatnonzero(inside.any(axis=1))), np.ptp(np.flatnonzero(inside.any(axis=0)))
    # By hand: 2 deg * cos(59.5 deg) = 1.015 at the southern, widest side; the ellipsoid adds 0.2 %.
    assert width / height == pytest.approx(1.015, abs=0.015)


def test_no_data_is_hatched_and_not_a_class(tmp_path):
    availability = np.ones(400)
    without = draw(squares(availability), tmp_path / "without.png")
    availability[:200] = np.nan
    path = draw(squares(availability), tmp_path / "map.png")
    best = map_quantity("text_availability").colours[-1]
    assert count(path, best) == pytest.approx(count(without, best) / 2, rel=0.03)
    assert count(without, "#dddddd") < FEW
    assert count(path, "#dddddd") > 50_000


def test_land_sea_and_neutral_ground(tmp_path):
    sea, land, neutral = "#dce9f2", "#e9e7e3", "#f4f4f4"
    frame = squares(np.ones(400))
    bare = draw(frame, tmp_path / "bare.png")
    assert count(bare, neutral) > 20_000
    assert max(count(bare, sea), count(bare, land)) < FEW
    # A country east of the cells, with a lake, and one too far away to be seen.
    country = shapely.box(15.2, 30, 40, 60).difference(shapely.box(15.25, 41, 15.4, 42))
    path = draw(frame, tmp_path / "map.png", land=[("East", country), ("Far", shapely.box(-60, 0, -50, 5))])
    assert count(path, sea) > 10_000
    assert count(path, land) > 10_000
    assert count(path, neutral) < FEW


def test_beyond_the_box_of_the_land_nobody_knows(tmp_path):
    """The same country, known up to 12.5 E only: half of what was sea becomes neutral ground."""
    frame, island = squares(np.full(400, np.nan)), [("Island", shapely.box(10.1, 40.1, 10.3, 40.3))]
    whole = draw(frame, tmp_path / "whole.png", land=island)
    half = draw(frame, tmp_path / "half.png", land=island, land_box=(0.0, 30.0, 12.5, 60.0))
    sea, neutral = "#dce9f2", "#f4f4f4"
    assert count(whole, neutral) < FEW
    assert count(half, sea) == pytest.approx(count(whole, sea) / 2, rel=0.05)
    assert count(half, neutral) == pytest.approx(count(whole, sea) / 2, rel=0.05)


def test_borders_are_drawn_over_the_cells(tmp_path):
    frame = squares(np.ones(400))
    plain = draw(frame, tmp_path / "plain.png", land=[("All", shapely.box(0, 30, 30, 60))])
    path = draw(
        frame,
        tmp_path / "map.png",
        land=[("All", shapely.box(0, 30, 30, 60))],
        lines=[shapely.box(11, 41, 14, 44)],
    )
    assert (pixels(plain) != pixels(path)).any(axis=1).sum() > 1000


def test_the_same_input_gives_the_same_bytes_whatever_the_user_has_set(tmp_path):
    frame = squares(np.linspace(0, 1, 400))
    first = draw(frame, tmp_path / "a.png").read_bytes()
    with mpl.rc_context(
        {"font.size": 20, "axes.facecolor": "red", "savefig.bbox": "tight", "figure.dpi": 30}
    ):
        assert draw(frame, tmp_path / "b.png").read_bytes() == first
        assert mpl.rcParams["font.size"] == 20
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.png", "b.png"]
    with Image.open(tmp_path / "a.png") as image:
        assert image.width == 1440
        assert image.info["Title"] == "Coverage"
        assert "Software" not in image.info


@pytest.mark.parametrize("title", ["Cost $5 to $9", r"$\frac{", "<script>", "日本", "x" * 400, "", "a\nb"])
def test_any_title_is_drawn_as_it_stands(tmp_path, title):
    path = draw(squares(np.ones(4)), tmp_path / "map.png", title=title)
    assert count(path, map_quantity("text_availability").colours[-1]) > 1000


def test_unknown_columns_suggest_one_that_the_result_has(tmp_path):
    frame = squares(np.ones(4))
    with pytest.raises(
        ResultError, match="no column 'txt_availability' to draw; did you mean 'text_availability'"
    ):
        draw(frame, tmp_path / "map.png", column="txt_availability")
    with pytest.raises(ResultError, match="no column 'voice_longest_gap_s'"):
        draw(frame, tmp_path / "map.png", column="voice_longest_gap_s")  # known, but not in this result
    assert list(tmp_path.iterdir()) == []


def test_a_column_without_a_map_says_what_is_missing_and_where(tmp_path):
    frame = squares(np.ones(4)).assign(cell_id="a", beam_reuse=3.0, beam_reuse_change=1.0)
    where = r"d2c/results/columns\.py"
    for column in ("beam_reuse", "beam_reuse_change"):
        with pytest.raises(ResultError, match=f"'{column}' cannot be drawn: it has no description.*{where}"):
            draw(frame, tmp_path / "map.png", column=column)
    with pytest.raises(ResultError, match=f"'cell_id' cannot be drawn.*no map classes.*{where}"):
        draw(frame, tmp_path / "map.png", column="cell_id")


def test_a_layer_without_cells_is_refused(tmp_path):
    with pytest.raises(ResultError, match="the result has no cells"):
        draw(squares(np.ones(4)).iloc[:0], tmp_path / "map.png")


SHAPES = {
    "one small cell": shapely.box(12.5, 35.4, 12.7, 35.6),
    "square": shapely.box(10, 40, 14, 43),
    "tall": shapely.box(10, 36, 12, 47),
    "very tall": shapely.box(10, 30, 10.5, 60),
    "wide": shapely.box(-5, 31, 36, 45),
    "very wide": shapely.box(-20, 40, 40, 41),
    "north": shapely.box(5, 58, 31, 71),
    "south of the equator": shapely.box(-60, -40, -50, -30),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("column", ["text_availability", "emergency_text_margin_p50_db", "c_n_p05_db"])
def test_no_text_is_cut_or_lies_over_another_or_over_the_map(shape, column):
    view = MapView.around(np.array([SHAPES[shape]]))
    sheet = Sheet.laid_out(
        view,
        title="A title of many words, " * 6,
        subtitle="Which service and when, " * 8,
        caption="And so on. " * 60,
    )
    axes = sheet.map_axes()
    entry = map_quantity(column)
    sheet.draw_legend(entry, np.full(len(entry.colours) + 1, 1 / (len(entry.colours) + 1)))
    sheet.page.figure.draw_without_rendering()
    texts = [text for text in sheet.page.figure.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    width, height = sheet.page.figure.get_size_inches() * DPI
    for text, box in zip(texts, boxes, strict=True):
        assert box.x0 >= 0, text
        assert box.x1 <= width, text
        assert box.y0 >= 0, text
        assert box.y1 <= height, text
        assert not box.overlaps(axes.get_window_extent()), text
    for (a, box_a), (b, box_b) in itertools.combinations(zip(texts, boxes, strict=True), 2):
        # Line boxes of a block touch, since they hold the room for the longest letters.
        assert shared(box_a, box_b) <= 0.15 * min(box_a.height * box_a.width, box_b.height * box_b.width), (
            a,
            b,
        )


def shared(a, b) -> float:
    """Return the area in which two boxes overlap."""
    return max(0.0, min(a.x1, b.x1) - max(a.x0, b.x0)) * max(0.0, min(a.y1, b.y1) - max(a.y0, b.y0))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_sheet_has_a_sane_size(shape):
    sheet = Sheet.laid_out(MapView.around(np.array([SHAPES[shape]])), **TEXTS)
    width, height = sheet.page.figure.get_size_inches() * DPI
    assert width == 1440
    assert 700 <= height <= 1700
    box, view = sheet.map_box, sheet.view
    assert view.width_m / view.height_m == pytest.approx(box.width / box.height)


def test_an_area_is_outlined_in_a_colour_of_its_own(tmp_path):
    frame = squares(np.full(400, 1.0))
    area = shapely.box(11.0, 41.0, 13.0, 43.0)
    without, outlined = draw(frame, tmp_path / "a.png"), draw(frame, tmp_path / "b.png", area=area)
    assert count(without, AREA_COLOUR) == 0
    assert count(outlined, AREA_COLOUR) > 500


def test_no_palette_has_the_colour_of_the_area():
    of_cells = {
        colour
        for quantity in map_quantities(
            ["text_availability", "text_mean_wait_s", "c_n_p50_db_change"]
        ).values()
        for colour in quantity.colours
    }
    assert AREA_COLOUR not in of_cells | set(SATELLITE_COLOURS)

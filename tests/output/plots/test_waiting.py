"""The picture of the wait: curves where they belong, no text cut, the same bytes each time."""

import copy

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from d2c.output.plots.waiting import draw_waiting
from d2c.output.reports.waiting import wait_text, waiting_panels

AREA, PEOPLE = "#2166ac", "#b35806"


@pytest.fixture
def found(page_input):
    """What summary.json holds, of a made-up region."""
    return page_input()[3]


def pixels(png, tmp_path):
    path = tmp_path / "waiting.png"
    path.write_bytes(png)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def rows_of(picture, colour):
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return np.flatnonzero((np.abs(picture - rgb).max(axis=2) < 3).sum(axis=1) > 0)


def test_services_with_the_same_curves_share_a_panel():
    same, other = [0.5, 1.0], [0.25, 1.0]
    waiting = {"minutes": [0.0, 1.0], "area": {"text": same, "cell_broadcast": same, "data": other}}
    assert waiting_panels(waiting) == [("text, cell broadcast", {"area": same}), ("data", {"area": other})]
    waiting["population"] = {"text": same, "cell_broadcast": other, "data": other}
    assert [name for name, _ in waiting_panels(waiting)] == ["text", "cell broadcast", "data"]


@pytest.mark.parametrize(
    ("minutes", "text"), [(0.0, "at once"), (0.5, "30 s"), (1.0, "1 min"), (30.0, "30 min"), (480.0, "8 h")]
)
def test_waits_as_people_say_them(minutes, text):
    assert wait_text(minutes) == text


def test_people_are_drawn_where_there_are_any(found, tmp_path):
    assert rows_of(pixels(draw_waiting(found), tmp_path), PEOPLE).size
    del found["waiting"]["population"]
    without = pixels(draw_waiting(found), tmp_path)
    assert rows_of(without, AREA).size
    assert not rows_of(without, PEOPLE).size


def test_a_better_curve_stands_higher(found, tmp_path):
    """Both panels reach from 0 to 100 %: what is 10 % in one is at its foot, 90 % near its top."""
    found["waiting"] = {"minutes": [0.0, 5.0, 60.0], "area": {"a": [0.1] * 3, "b": [0.9, 0.1, 0.9]}}
    picture = pixels(draw_waiting(found), tmp_path)
    rows = rows_of(picture[:, 300:], AREA)  # without the key
    first, second = np.split(rows, np.flatnonzero(np.diff(rows) > 50)[:1] + 1)
    assert np.ptp(first) < 10
    assert 0.75 * 1.25 * 150 * 0.9 < np.ptp(second) < 1.25 * 150  # eight tenths of a panel of 1.25 inches


def test_same_bytes_whatever_the_user_has_set(found):
    before = draw_waiting(found)
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red", "lines.linewidth": 9, "savefig.dpi": 30}):
        assert draw_waiting(copy.deepcopy(found)) == before


@pytest.mark.parametrize("name", ["Cost $5 to $9", r"$\\frac{", "日本", "x" * 300, "many names, " * 30])
def test_any_name_is_drawn_and_none_is_cut(found, tmp_path, name):
    found["title"] = name
    for curves in (found["waiting"]["area"], found["waiting"]["population"]):
        curves[name] = [0.5, 0.6, 0.7, 0.8]
    picture = pixels(draw_waiting(found), tmp_path)
    assert picture.shape[1] == 1440
    edges = np.concatenate([picture[:, :15].ravel(), picture[:, -15:].ravel()])
    assert (edges == 255).all()

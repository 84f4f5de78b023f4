"""The pictures of a place: same bytes each time, no text cut, and colours where they belong."""

import copy
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from d2c.output.plots.sky import draw_sky
from d2c.output.plots.timeline import draw_timeline
from d2c.output.reports.timeline import served_samples
from d2c.scenario.load import read_scenario
from d2c.site.inputs import read_site_inputs
from d2c.site.site import Site
from d2c.site.sky import server_line, sky_at

LAMPEDUSA = Site("Lampedusa")
INSTANT = np.datetime64("2026-08-22T18:04:00", "us")
STEP_US = 30_000_000
RED, MARGIN_ABOVE_15_DB, BELOW_MASK = "#f4c7c3", "#053061", "#9a9a9a"


@pytest.fixture(scope="module")
def inputs():
    return read_site_inputs(read_scenario("italy"), LAMPEDUSA)


@pytest.fixture(scope="module")
def sky(inputs):
    return sky_at(inputs.satellites.constellation, inputs.site, inputs.radio, utc=INSTANT)


def line_of(inputs, samples):
    return server_line(
        inputs.satellites.constellation,
        inputs.site,
        inputs.radio,
        start=INSTANT,
        step_us=STEP_US,
        samples=samples,
    )


def pixels(png, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(png)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def has(picture, colour):
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return (picture == rgb).all(axis=2)


def test_same_bytes_whatever_the_user_has_set(inputs, sky):
    line = line_of(inputs, 60)
    before = draw_sky(inputs, sky), draw_timeline(inputs, line, step_us=STEP_US)
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red", "lines.linewidth": 9, "savefig.dpi": 30}):
        after = draw_sky(inputs, sky), draw_timeline(inputs, line, step_us=STEP_US)
        assert mpl.rcParams["font.size"] == 20
    assert before == after


@pytest.mark.parametrize("label", ["Cost $5 to $9", r"$\frac{", "<script>", "日本", "x" * 300, "a\nb"])
def test_any_label_is_drawn_as_it_stands(inputs, sky, label):
    site = copy.copy(LAMPEDUSA)
    object.__setattr__(site, "label", label)
    inputs = replace(inputs, site=site)
    assert draw_sky(inputs, sky).startswith(b"\x89PNG")
    assert draw_timeline(inputs, line_of(inputs, 3), step_us=STEP_US).startswith(b"\x89PNG")


def test_pictures_are_1440_pixels_wide(inputs, sky, tmp_path):
    line = line_of(inputs, 20)
    for png in (draw_sky(inputs, sky), draw_timeline(inputs, line, step_us=STEP_US)):
        assert pixels(png, tmp_path).shape[1] == 1440


def test_north_is_up_east_is_right(inputs, sky, tmp_path):
    """The centres of the dots, found by colour, against azimuth and elevation, one satellite at a time."""
    for n in range(sky.above_mask):
        only = replace(
            sky,
            satellite=sky.satellite[[n]],
            azimuth_deg=sky.azimuth_deg[[n]],
            look=type(sky.look)(*(getattr(sky.look, name)[[n]] for name in type(sky.look).__slots__)),
            levels=type(sky.levels)(
                *(getattr(sky.levels, name)[..., [n]] for name in type(sky.levels).__slots__)
            ),
            track_azimuth_deg=sky.track_azimuth_deg[:, [n]] * np.nan,
            track_elevation_deg=sky.track_elevation_deg[:, [n]] * np.nan,
        )
        picture = pixels(draw_sky(inputs, only), tmp_path)
        rows, columns = np.nonzero(has(picture, MARGIN_ABOVE_15_DB)[:, :960])  # without the legend
        # the sheet: 0.25 in edge, the plot 6.2 in wide from -1.1 to 1.1, 150 dots an inch
        radius = 6.2 / 2.2 * 150
        centre = 0.25 * 150 + 6.2 * 150 / 2
        x = (columns.mean() - centre) / radius
        expected = (90 - sky.look.elevation_deg[n]) / 90
        azimuth = np.radians(sky.azimuth_deg[n])
        assert x == pytest.approx(expected * np.sin(azimuth), abs=0.01)
        ring = np.nonzero(has(picture, "#ececec").sum(axis=1) > 60)[0]  # the dome's upper and lower rim
        y = ((ring.min() + ring.max()) / 2 - rows.mean()) / radius
        assert y == pytest.approx(expected * np.cos(azimuth), abs=0.01)


def test_red_is_as_wide_as_the_time_without_service(inputs, tmp_path):
    line = line_of(inputs, 720)  # one row of six hours
    picture = pixels(draw_timeline(inputs, line, step_us=STEP_US), tmp_path)
    red = has(picture, RED)
    # the row of the panel where most red is: between the lines, and not in the key
    widest = red[int(np.argmax(red.sum(axis=1)))].sum()
    panel = (9.6 - 0.25 - 0.85) * 150
    missing = 1 - served_samples(line)[0].mean()
    assert 0.005 < missing < 0.2
    assert widest / panel == pytest.approx(missing, abs=0.01)


@pytest.mark.parametrize("samples", [1, 2, 119, 721, 2880])
def test_timelines_of_any_length(inputs, samples, tmp_path):
    picture = pixels(draw_timeline(inputs, line_of(inputs, samples), step_us=STEP_US), tmp_path)
    rows = -(-samples // 720)
    assert picture.shape[0] == pytest.approx(150 * (1.95 * rows + 1.8), abs=60)

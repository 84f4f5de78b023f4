"""Table, columns, JSON and picture of a sensitivity study, of made-up outcomes."""

import math

import numpy as np
import pytest
from PIL import Image

from d2c.analysis.sensitivity import Sensitivity, Variation, VariationResult, assumed_parameters
from d2c.output.plots.tornado import draw_tornado
from d2c.output.reports.sensitivity import (
    deciding_sentences,
    figure_label,
    figure_text,
    sensitivity_columns,
    sensitivity_report,
    span_text,
    table_header,
    table_rows,
)
from d2c.results.format.text_files import csv_text
from d2c.scenario.load import read_scenario

ORANGE, BLUE = "#b35806", "#2166ac"


@pytest.fixture(scope="module")
def scenario():
    return read_scenario("italy-loaded")


def study(**changed):
    """Return a study of two figures: load moves both, up and down, noise rise moves nothing."""
    figures = {
        ("beams.load", "0.5"): (0.3, 4.0),
        ("beams.load", "1"): (0.2, 2.0),
        ("beams.noise_rise_db", "6"): (0.2, 2.0),
    } | {("beams.reuse", key): value for key, value in changed.items()}
    outcomes = (
        VariationResult(Variation(*key, ()), {"text_availability": text, "beam_mbps": rate})
        for key, (text, rate) in figures.items()
    )
    return Sensitivity({"text_availability": 0.2, "beam_mbps": 2.0}, tuple(outcomes))


def test_table_has_what_decides_on_top_and_says_what_does_not(scenario):
    found = study(many=(0.1, 2.0))
    assert table_header(found)[3:] == ["text availability (%)", "Mbit/s of a beam"]
    assert table_rows(scenario, found) == [
        ["as it is", "", "", "20.0", "2.00"],
        ["beams.load", "1", "0.5, 1", "20.0 to 30.0", "2.00 to 4.00"],
        ["beams.reuse", "1", "many", "10.0 to 20.0", "same"],
        ["beams.noise_rise_db", "3", "6", "same", "same"],
    ]


def test_what_decides_each_figure_is_named_in_order():
    found = study(many=(0.05, 2.0))
    assert deciding_sentences(found) == [
        "text availability (%): beams.reuse 5.0 to 20.0, beams.load 20.0 to 30.0",
        "Mbit/s of a beam: beams.load 2.00 to 4.00",
    ]
    still = Sensitivity(
        {"camping": 0.5}, (VariationResult(Variation("beams.load", "1", ()), {"camping": 0.5}),)
    )
    assert deciding_sentences(still) == ["camping (%): no assumed value changes it"]


def test_csv_has_a_row_for_each_value(scenario):
    lines = csv_text(sensitivity_columns(scenario, study())).splitlines()
    assert lines == [
        "parameter,value,is_the_scenarios,text_availability,beam_mbps",
        ",,False,0.200000,2.0000",
        "beams.load,0.5,False,0.300000,4.0000",
        "beams.load,1,True,0.200000,2.0000",
        "beams.noise_rise_db,6,False,0.200000,2.0000",
    ]


def test_json_says_why_and_how_far(scenario):
    parameters = assumed_parameters(scenario)
    report = sensitivity_report(scenario, study(none=(math.nan, math.nan)), parameters)
    assert report["as_it_is"] == {"text_availability": 0.2, "beam_mbps": 2.0}
    load = report["parameters"][0]
    assert load["name"] == "beams.load"
    assert load["why_assumed"].startswith("no operator publishes how many of its beam cells ask at a time")
    assert load["value"] == "1"
    assert load["swing"] == {"text_availability": 0.1, "beam_mbps": 2.0}
    assert load["tried"][0] == {"value": "0.5", "text_availability": 0.3, "beam_mbps": 4.0}
    (reuse,) = [entry for entry in report["parameters"] if entry["name"] == "beams.reuse"]
    assert reuse["swing"] == {"text_availability": 0.0, "beam_mbps": 0.0}
    assert reuse["tried"] == [{"value": "none", "text_availability": None, "beam_mbps": None}]


@pytest.mark.parametrize(
    ("figure", "value", "text"),
    [
        ("voice_availability", 0.12345, "12.3"),
        ("c_in_p50_db", -1.25, "-1.2"),
        ("beam_mbps", 3.14159, "3.14"),
        ("c_in_p50_db", math.nan, "-"),
    ],
)
def test_figures_as_people_read_them(figure, value, text):
    assert figure_text(figure, value) == text


def test_labels_have_units():
    assert figure_label("voice_availability") == "voice availability (%)"
    assert figure_label("c_in_p50_db") == "C/(I+N), median (dB)"


def test_span_says_what_was_left_out(scenario):
    short = scenario.model_copy(update={"time": scenario.time.model_copy(update={"duration_h": 4.0})})
    assert span_text(short, whole_h=24.0) == "the first 4 h of the 24 h, every 30 s"
    assert span_text(scenario, whole_h=24.0) == "24 h, every 30 s"


def pixels(png, tmp_path):
    path = tmp_path / "tornado.png"
    path.write_bytes(png)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def bars(picture, colour):
    """Return the rows in which a colour stands for longer than a swatch of the key."""
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return np.flatnonzero((np.abs(picture - rgb).max(axis=2) < 3).sum(axis=1) > 60)


def test_bars_are_as_long_as_swings_and_on_their_side(scenario, tmp_path):
    """In the first panel 0.2 becomes 0.3 and 0.1, in the second 2 becomes 4 only: blue in both, orange in one."""
    picture = pixels(draw_tornado(scenario, study(many=(0.1, 2.0)), span="4 h"), tmp_path)
    blue, orange = bars(picture, BLUE), bars(picture, ORANGE)
    assert (np.diff(blue) > 1).sum() == 1  # two bars
    assert (np.diff(orange) > 1).sum() == 0  # one
    widths = {
        colour: (
            np.abs(picture[rows[0] + 5] - np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])).max(
                axis=1
            )
            < 3
        ).sum()
        for colour, rows in ((BLUE, blue), (ORANGE, orange))
    }
    assert widths[BLUE] == pytest.approx(widths[ORANGE], abs=3)  # ten points up, ten points down


def test_same_picture_each_time_and_with_any_values(scenario):
    first = draw_tornado(scenario, study(), span="4 h")
    assert draw_tornado(scenario, study(), span="4 h") == first
    draw_tornado(scenario, study(none=(math.nan, math.nan)), span="$5 to $9")
    still = Sensitivity(
        {"text_availability": 0.2},
        (VariationResult(Variation("beams.load", "1", ()), {"text_availability": 0.2}),),
    )
    draw_tornado(scenario, still, span="4 h")
    unknown = Sensitivity(
        {"beam_mbps": math.nan}, (VariationResult(Variation("beams.load", "1", ()), {"beam_mbps": 1.0}),)
    )
    draw_tornado(scenario, unknown, span="4 h")

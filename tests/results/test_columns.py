import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ResultError
from d2c.results.column import Quantity
from d2c.results.column_lookup import map_quantities, map_quantity

SHARED = ["cell_id", "latitude_deg", "longitude_deg", "area_km2", "surface", "country", "region"]
DRAWN = [
    "population",
    *("visible_fraction", "mean_visible", "max_visible", "max_elevation_deg"),
    *("c_n_p05_db", "c_n_p50_db", "c_n_p95_db"),
    *("text_availability", "text_longest_gap_s", "text_mean_wait_s"),
    *("text_within_1min", "text_within_5min", "text_within_15min", "text_within_60min"),
    "text_margin_p50_db",
]


def test_every_figure_of_the_layer_has_a_map_and_no_name_has():
    assert list(map_quantities(SHARED + DRAWN)) == DRAWN


@pytest.mark.parametrize("column", DRAWN)
def test_the_table_is_complete(column):
    entry = map_quantity(column)
    assert len(entry.colours) == len(set(entry.colours)) == len(entry.limits) + 1 == len(entry.class_labels())
    assert list(entry.limits) == sorted(set(entry.limits))
    assert entry.title
    assert entry == map_quantities([column])[column]


def test_service_names_become_words():
    assert map_quantity("emergency_text_longest_gap_s").title == "Longest gap, emergency text (min)"


@pytest.mark.parametrize(
    ("column", "stored", "label"),
    [
        ("text_availability", 0.199999, "< 20"),
        ("text_availability", 0.5, "50–80"),
        ("text_availability", 0.95, "95–99"),
        ("text_availability", 0.999, "≥ 99.9"),
        ("text_availability", 0.998999, "99–99.9"),
        ("text_availability", 1.0, "≥ 99.9"),
        ("text_longest_gap_s", 0.0, "< 1"),
        ("text_longest_gap_s", 60.0, "1–2"),
        ("text_longest_gap_s", 86400.0, "≥ 180"),
        ("text_mean_wait_s", 6.0, "0.1–0.5"),
        ("text_within_15min", 0.9, "90–95"),
        ("text_margin_p50_db", -0.01, "−5 to 0"),
        ("text_margin_p50_db", 0.0, "0–5"),
        ("max_visible", 0, "0"),
        ("max_visible", 1, "1"),
        ("max_visible", 3, "2–3"),
        ("max_visible", 4, "4–5"),
        ("max_visible", 99, "≥ 16"),
        ("max_elevation_deg", 24.9, "< 25"),
        ("population", 0, "0"),
        ("population", 99, "1–99"),
        ("population", 49_999, "10,000–49,999"),
        ("population", 100_000, "≥ 100,000"),
    ],
)
def test_classes_by_hand(column, stored, label):
    entry = map_quantity(column)
    assert entry.class_labels()[entry.classes(np.array([stored]))[0]] == label


@pytest.mark.parametrize("column", DRAWN)
@given(stored=st.floats(-1e12, 1e12) | st.just(np.nan))
def test_every_number_has_one_class(column, stored):
    entry = map_quantity(column)
    (k,) = entry.classes(np.array([stored]))
    if np.isnan(stored):
        assert k == -1
        return
    edges = [-np.inf, *entry.limits, np.inf]
    assert edges[k] <= entry.display_values(stored) < edges[k + 1]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, "relative luminance")."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("column", DRAWN)
def test_classes_can_be_told_apart_without_colour(column):
    """Luminance runs one way, or for margins from both ends to zero: readable in grey and colour-blind."""
    entry: Quantity = map_quantity(column)
    steps = np.diff([luminance(colour) for colour in entry.colours])
    if entry.limits[len(entry.limits) // 2] == 0.0 and "margin" in column:
        assert (steps[:3] > 0).all()
        assert (steps[4:] < 0).all()
    else:
        assert (steps > 0).all() or (steps < 0).all()


@pytest.mark.parametrize(
    ("column", "suggestion"),
    [
        ("text_availabilty", "text_availability"),
        ("mean_visble", "mean_visible"),
        ("voice_gap_s", "voice_longest_gap_s"),
    ],
)
def test_an_unknown_column_suggests_the_nearest(column, suggestion):
    with pytest.raises(
        ResultError, match=f"'{column}' cannot be drawn as a map; did you mean '{suggestion}'"
    ):
        map_quantity(column)


def test_an_ending_alone_is_no_column():
    with pytest.raises(ResultError, match="'_availability' cannot be drawn"):
        map_quantity("_availability")

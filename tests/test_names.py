"""One way from a name to its key: for areas, places and file names alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.names import slug
from d2c.region.area import find_area
from d2c.region.gazetteer import places_named
from d2c.site.site import Site


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Valle d'Aosta", "valle-d-aosta"),
        ("L'Aquila", "l-aquila"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("Adapazarı", "adapazari"),
        ("Bosnia & Herzegovina", "bosnia-herzegovina"),
        ("  Forlì-Cesena (2) ", "forli-cesena-2"),
        ("東京", ""),
    ],
)
def test_names_lose_case_accents_and_punctuation(name, key):
    assert slug(name) == key


@given(st.text())
def test_a_slug_is_its_own_slug_and_a_safe_file_name(name):
    key = slug(name)
    assert slug(key) == key
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not key.startswith("-")


def test_look_ups_and_file_names_follow_it():
    assert find_area("VALLE D'AOSTA").name == find_area("valle-d-aosta").name
    assert places_named("laquila")[0] == places_named("L’Aquila")[0] == places_named("l aquila")[0]
    assert Site("L'Aquila").file_stem == "l-aquila"
    assert Site("Adapazari").file_stem == "adapazari"  # spelled Adapazarı

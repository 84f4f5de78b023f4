"""Area lookup by name, box and surface."""

import contextlib

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from d2c import geodesy
from d2c.errors import RegionError
from d2c.region.area import area_names, find_area, has_shipped_border, land
from d2c.region.boundaries import sea


def area_m2(polygon):
    return geodesy.area_m2(shapely.get_parts(polygon)).sum()


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("italy", "Italy"),
        ("ITALY", "Italy"),
        ("sicilia", "Sicilia"),
        ("Valle d'Aosta", "Valle d'Aosta/Vallée d'Aoste"),
        ("vallee-d-aoste", "Valle d'Aosta/Vallée d'Aoste"),
        ("Valle d'Aosta/Vallée d'Aoste", "Valle d'Aosta/Vallée d'Aoste"),
        ("südtirol", "Trentino-Alto Adige/Südtirol"),
        ("trentino alto adige", "Trentino-Alto Adige/Südtirol"),
        ("emilia-romagna", "Emilia-Romagna"),
        ("Friuli Venezia Giulia", "Friuli-Venezia Giulia"),
        ("bosnia_and_herzegovina", "Bosnia and Herzegovina"),
        ("mediterranean", "Mediterranean Sea"),
        ("italy-mediterranean", "Italy and the Mediterranean Sea"),
    ],
)
def test_names_ignore_case_accents_and_punctuation(spelling, name):
    assert find_area(spelling).name == name


def test_every_listed_name_resolves():
    names = area_names()
    assert len(set(names)) == len(names)
    for name in names:
        assert area_m2(find_area(name).polygon) > 0
    for region in land().regions:
        assert find_area(region.name).polygon.equals(region.polygon)


def test_countries_clipped_by_the_box_are_not_listed():
    west, south, east, north = land().box
    edge = shapely.box(west, south, east, north).exterior
    for country in land().countries:
        offered = country.name in land().complete
        assert offered == (country.polygon.distance(edge) > 0), country.name
    with pytest.raises(RegionError, match="unknown area 'germany'"):
        find_area("germany")


def test_italy_and_the_sea_are_the_sum_of_their_parts():
    both = find_area("italy-mediterranean").polygon
    parts = area_m2(find_area("italy").polygon) + area_m2(sea().polygon)
    assert area_m2(both) == pytest.approx(parts, rel=1e-12)


def test_a_box_is_west_south_east_north():
    area = find_area("6.5, 36,19,+47.5")
    assert area.polygon.bounds == (6.5, 36.0, 19.0, 47.5)
    assert find_area("-10,-5,1e1,.5").polygon.bounds == (-10.0, -5.0, 10.0, 0.5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sicily", "did you mean 'sicilia'"),
        ("lombardy", "did you mean 'lombardia'"),
        ("atlantis", "unknown area 'atlantis'"),
        ("", "unknown area ''"),
        ("x" * 5000, "unknown area"),
        ("a\0b", "unknown area"),
        ("no/such/file.geojson", "unknown area"),
        ("6,36,19", "unknown area"),
        ("6,36,19,nan", "unknown area"),
        ("19,36,6,47", "west 19 is not below east 6"),
        ("6,47,19,36", "south 47 is not below north 36"),
        ("6,36,6,47", "west 6 is not below east 6"),
        ("170,0,190,10", "outside the Earth"),
        ("6,36,19,91", "outside the Earth"),
        ("6,36,19,1e300", "outside the Earth"),
    ],
)
def test_an_unknown_area_is_an_error(name, message):
    with pytest.raises(RegionError, match=message) as refused:
        find_area(name)
    assert "\n" not in str(refused.value)


BOX = "11,36,17,42"


def test_land_and_sea_add_up_to_the_area():
    whole, on_land, at_sea = (find_area(BOX, surface=s).polygon for s in ("all", "land", "sea"))
    assert area_m2(on_land) + area_m2(at_sea) == pytest.approx(area_m2(whole), rel=1e-12)
    # The sea in the box lies wholly in the Mediterranean, so its own polygon must give the same.
    assert area_m2(at_sea) == pytest.approx(area_m2(sea().polygon.intersection(whole)), rel=1e-9)


def test_a_country_is_all_land_and_no_sea():
    assert area_m2(find_area("italy", surface="land").polygon) == pytest.approx(
        area_m2(find_area("italy").polygon), rel=1e-9
    )
    assert area_m2(find_area("mediterranean", surface="sea").polygon) == pytest.approx(
        area_m2(sea().polygon), rel=1e-9
    )
    with pytest.raises(RegionError, match="surface = 'sea' leaves no part of area 'Umbria'"):
        find_area("umbria", surface="sea")


def test_the_sea_far_from_any_land_is_sea():
    assert find_area("4,38,5,39", surface="sea").polygon.equals(find_area("4,38,5,39").polygon)
    with pytest.raises(RegionError, match="leaves no part of area"):
        find_area("4,38,5,39", surface="land")


def test_a_surface_beyond_the_shipped_land_is_an_error():
    with pytest.raises(RegionError, match=r"extends over 10,50,20,60, beyond the shipped countries"):
        find_area("10,50,20,60", surface="land")


def test_an_unknown_surface_is_an_error():
    with pytest.raises(RegionError, match="surface = 'water' is not allowed"):
        find_area("italy", surface="water")


@given(st.text(max_size=40))
def test_any_text_is_an_area_or_a_region_error(text):
    with contextlib.suppress(RegionError):  # any other exception fails the test
        assert not find_area(text).polygon.is_empty


def test_which_areas_have_a_border_on_every_map(tmp_path):
    for name in ("italy", "Molise", "mediterranean", "italy-mediterranean", "Valle d'Aosta"):
        assert has_shipped_border(name)
    for name in ("campi-flegrei", "5,40,6,41", str(tmp_path / "mine.geojson")):
        assert not has_shipped_border(name)

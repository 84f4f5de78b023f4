"""The beam plan: size and colours of beam cells, exclusions, demand, the ground cells in them, and bad input."""

import numpy as np
import pytest
import shapely
from network_case import APERTURE, SMALL

from d2c import geodesy
from d2c.coverage.engine.checkpoint import checkpoint_key
from d2c.coverage.inputs import read_inputs
from d2c.coverage.run import run_coverage
from d2c.errors import D2CError
from d2c.link.geometry import footprint_radius_m
from d2c.region.area import find_area
from d2c.scenario.load import read_scenario


def plan_of(*overrides):
    return read_inputs(read_scenario("italy-loaded", overrides=[*SMALL, *overrides])).beams


def neighbours(plan):
    """Return the pairs of beam cells (N, 2) whose outlines touch in more than a corner."""
    tree = shapely.STRtree(shapely.buffer(plan.lattice.boundary, 0.01))
    pairs = tree.query(shapely.buffer(plan.lattice.boundary, 0.01), predicate="intersects").T
    return pairs[pairs[:, 0] < pairs[:, 1]]


@pytest.mark.parametrize("polarisations", [1, 2])
@pytest.mark.parametrize("reuse", [3, 4])
def test_neighbours_never_share_a_colour(reuse, polarisations):
    plan = plan_of("region.area=italy", f"beams.reuse={reuse}", f"beams.polarisations={polarisations}")
    pairs = neighbours(plan)
    assert len(pairs) > 2.4 * len(plan)  # inside a lattice three pairs a cell
    frequency = plan.colour % reuse
    assert (frequency[pairs[:, 0]] != frequency[pairs[:, 1]]).all()
    used = np.bincount(plan.colour, minlength=reuse * polarisations)
    assert len(used) == reuse * polarisations
    assert used.min() > 0.8 * used.mean()
    if polarisations == 2:  # of the six nearest of one frequency, four have the other polarisation
        apart_m = np.linalg.norm(plan.lattice.position_m[:, None] - plan.lattice.position_m, axis=-1)
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


@pytest.mark.parametrize("altitude_km", [360, 1200])
def test_corners_of_automatic_cells_lie_4_db_down_at_the_nadir(altitude_km):
    """2 J1(x) / x = -4 dB at x = 1.84438 (its series, by bisection)."""
    plan = plan_of(APERTURE, "constellation.walker=53:40/10/1", f"constellation.altitude_km={altitude_km}")
    wave_number = 2 * np.pi * 2e9 / 299_792_458
    off_axis_deg = np.degrees(np.arcsin(1.84438 / wave_number / 1.0))
    radius_m = footprint_radius_m(altitude_m=altitude_km * 1e3, half_beamwidth_deg=off_axis_deg)
    assert plan.lattice.radius_m == pytest.approx(radius_m, rel=1e-3)


def test_a_given_radius_is_taken_and_the_lattice_does_not_move_with_the_margin():
    narrow, wide = (plan_of("beams.cell_radius_km=17", f"beams.margin_km={margin}") for margin in (20, 90))
    assert narrow.lattice.radius_m == wide.lattice.radius_m == 17e3
    here = {tuple(place) for place in np.round(narrow.lattice.position_m).tolist()}
    assert here < {tuple(place) for place in np.round(wide.lattice.position_m).tolist()}


def test_cells_near_an_excluded_area_get_no_demand():
    area = find_area("puglia", buffer_km=30)
    plan = plan_of("beams.exclusions=[{area = 'puglia', distance_km = 30}]")
    touch = shapely.intersects(plan.lattice.boundary, area.polygon)
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
    away_m = np.linalg.norm(plan.lattice.position_m - place, axis=1)
    assert plan.excluded[np.argmin(away_m)]
    edge_m = plan.lattice.radius_m
    if distance_km == 0:
        assert plan.excluded.sum() == 1
    else:
        assert plan.excluded[away_m < distance_km * 1e3 - 100].all()
        assert not plan.excluded[away_m > distance_km * 1e3 + 1.1 * edge_m].any()


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
    np.testing.assert_allclose(plan.weight, plan.population / plan.population.mean())
    assert (plan.population == 0).any()  # the sea
    assert plan.population.sum() > 300_000  # Molise and what is around it


def test_ground_cells_beyond_the_beam_cells_have_none():
    plan = plan_of("region.area=italy", "grid.resolution=4", "beams.area=sicilia", "beams.margin_km=20")
    inputs = read_inputs(
        read_scenario("italy-loaded", overrides=[*SMALL, "region.area=italy", "grid.resolution=4"])
    )
    with_beam = plan.cell >= 0
    assert 0 < with_beam.sum() < 0.3 * len(with_beam)
    assert inputs.grid.latitude_deg[with_beam].max() < 39.5


def test_ground_cells_belong_to_the_beam_cell_around_them():
    inputs = read_inputs(read_scenario("italy-loaded", overrides=SMALL))
    plan, grid = inputs.beams, inputs.grid
    outline = plan.lattice.boundary[plan.cell]
    assert (
        shapely.contains_xy(outline, grid.longitude_deg, grid.latitude_deg).mean() > 0.99
    )  # edges are curved
    nearest = np.linalg.norm(grid.position_m[:, None] - plan.lattice.position_m, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(plan.cell, nearest)
    np.testing.assert_array_equal(plan.candidates[:, 0], nearest)


@pytest.mark.parametrize("elsewhere", ["all", "none"])
def test_demand_counts_the_whole_earth_in_beam_cells_or_these_alone(elsewhere):
    plan = plan_of(f"beams.elsewhere={elsewhere}")
    demand = plan.demand(plan.kernel_cells())
    assert demand.weight[: demand.inside].sum() == pytest.approx(len(plan))
    earth = 510.06e12 / plan.lattice.area_m2 if elsewhere == "all" else len(plan)
    assert demand.weight.sum() == pytest.approx(earth, rel=1e-3)


def own_payload(folder, beam):
    file = folder / "own.toml"
    file.write_text(f'title = "of my own"\nbased_on = "starlink-d2c"\n[beam]\n{beam}\n', encoding="utf-8")
    return f"link.payload={file}"


def test_a_payload_without_pattern_has_no_interference(tmp_path):
    with pytest.raises(D2CError, match=r"\[beams\]: the beam of payload '.*own.toml' has no antenna pattern"):
        plan_of(own_payload(tmp_path, 'pattern = "isotropic"'))


def test_a_beam_wider_than_the_earth_has_no_footprint(tmp_path):
    wide = own_payload(
        tmp_path,
        'pattern = "aperture"\naperture_m = { value = 0.05, source = "made up" }\ngain_as_printed = "made up"',
    )
    with pytest.raises(D2CError, match="give a radius, such as cell_radius_km = 100"):
        plan_of(wide)
    assert len(plan_of(wide, "beams.cell_radius_km=50")) > 0


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["link.payload=3gpp-set4-leo600"],
            r"\[beams\]: the beam of payload '3gpp-set4-leo600' is fixed to the nadir",
        ),
        (["output.cube=true"], r"\[output\] cube = true: .* network = false"),
        (["beams.exclusions=[{area = 'medicna'}]"], "telescope; did you mean 'medicina'"),
        (["beams.exclusions=[{area = 'atlantis'}]"], "telescope; there are: medicina, noto, srt"),
        (["beams.exclusions=[{area = 'mediterranean', distance_km = 400}]"], "exclusions cover all"),
        (
            ["beams.area=12.5,38.5,12.6,38.6", "beams.margin_km=0", "beams.demand=population"],
            "no population in any of the",
        ),
        (["beams.area=sicilia", "beams.margin_km=20"], "none of its beam cells is near 'molise'"),
        (["beams.area=atlantis"], "unknown area 'atlantis'"),
        (["beams.beams_per_satellite=0"], "beams_per_satellite"),
        (["beams.full_power_beams=0"], "full_power_beams"),
        (["beams.load=1.5"], "load"),
        (["beams.reuse=2"], "reuse"),
        (["beams.max_scan_deg=0"], "max_scan_deg"),
        (["beams.cell_radius_km=0.2"], "cell_radius_km"),
        (["beams.cell_radius_km=fine"], "cell_radius_km"),
        (["beams.cell_radius_km=1", "region.area=mediterranean"], "choose cell_radius_km = [2-9] or more"),
        (
            ["beams.beam_cells=4"],
            "beam_cells is gone with the old network model; its successor is cell_radius_km",
        ),
        (["beams.elsewhere=some"], "elsewhere"),
        (["beams.signalling_share=0.1"], r"signalling_share = 0.1: .* of its 16 beams; choose at most 0.00"),
        (
            ["link.handset=satcom-vsat", "constellation.system=oneweb", "link.payload=3gpp-set1-leo600-ka"],
            r"\[beams\]: handset 'satcom-vsat' points an antenna",
        ),
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
    with pytest.raises(D2CError, match="network of beams: 30 cells are more than 10"):
        run_coverage(read_scenario("italy-loaded", overrides=SMALL))

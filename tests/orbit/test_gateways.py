"""Bent pipes: a satellite serves only while it sees a gateway."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyfield.api import EarthSatellite, load, wgs84

from d2c.coverage.inputs import Inputs, position_stream, read_inputs
from d2c.coverage.run import run_coverage
from d2c.errors import ScenarioError
from d2c.orbit.ephemeris import step_positions
from d2c.orbit.gateways import Gateways, remove_unconnected
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.scenario.load import read_scenario
from d2c.scenario.model import ConstellationChoice, Scenario

FUCINO = {"name": "Fucino", "latitude_deg": 41.98, "longitude_deg": 13.60}
SMALL = (
    "network=false", "time.duration_h=2", "time.step_s=120", "grid.resolution=3", "link.phones=none",
    "link.environment=none",
)  # fmt: skip


def constellation(elevation_deg: float, *places: dict[str, object]) -> ConstellationChoice:
    return ConstellationChoice.model_validate(
        {"system": "starlink-d2c", "gateways": places, "gateway_elevation_deg": elevation_deg}
    )


@functools.cache
def satellites() -> tuple[Scenario, Inputs]:
    scenario = read_scenario("italy", overrides=SMALL)
    return scenario, read_inputs(scenario)


def gateways_in(choice: ConstellationChoice) -> Gateways | None:
    """Return the gateways that the positions of a run with this constellation follow."""
    scenario, inputs = satellites()
    return position_stream(scenario.model_copy(update={"constellation": choice}), inputs).gateways


def availability(*overrides: str) -> np.ndarray:
    scenario = read_scenario("italy", overrides=(*SMALL, *overrides))
    return run_coverage(scenario).columns()["text_availability"]


def gateways(text: str, elevation_deg: float = 10.0) -> tuple[str, str]:
    return f"constellation.gateways={text}", f"constellation.gateway_elevation_deg={elevation_deg}"


def test_elevations_at_a_gateway_are_those_of_skyfield() -> None:
    start = np.datetime64("2026-08-22T18:00:00", "us")
    made = walker_constellation([parse_walker("53:24/6/1", altitude_km=550)], epoch=start)
    position_m = step_positions(made, start=start, step_us=60_000_000, first=0, count=60)
    stations = gateways_in(constellation(25.0, FUCINO))
    assert stations is not None
    connected = stations.connect(position_m)
    here = wgs84.latlon(FUCINO["latitude_deg"], FUCINO["longitude_deg"])
    utc = load.timescale(builtin=True).utc(2026, 8, 22, 18, np.arange(60))
    for s, record in enumerate(made.records):
        satellite = EarthSatellite.from_satrec(record, load.timescale(builtin=True))
        elevation_deg = (satellite - here).at(utc).altaz()[0].degrees
        clear = np.abs(elevation_deg - 25.0) > 0.01
        assert (connected[clear, s] == (elevation_deg >= 25.0)[clear]).all()
    assert connected.any()


def test_a_gateway_on_the_other_side_connects_nothing_over_italy() -> None:
    far = gateways("[{name='far',latitude_deg=-41.98,longitude_deg=-166.4}]")
    assert not availability(*far).any()


def test_fewer_or_lower_gateways_never_raise_availability() -> None:
    plain = availability()
    one = availability(*gateways("[{name='Fucino',latitude_deg=41.98,longitude_deg=13.6}]", 40))
    two = availability(
        *gateways(
            "[{name='Fucino',latitude_deg=41.98,longitude_deg=13.6},{name='b',latitude_deg=45,longitude_deg=9}]",
            40,
        )
    )
    assert (one <= two).all()
    assert (two <= plain).all()
    assert (one < plain).any()


@given(elevation_deg=st.floats(0, 89), lower_deg=st.floats(0, 89))
def test_a_higher_horizon_connects_a_part_of_what_a_lower_one_does(
    elevation_deg: float, lower_deg: float
) -> None:
    low, high = sorted((elevation_deg, lower_deg))
    rng = np.random.default_rng(1)
    position_m = rng.normal(size=(5, 7, 3))
    position_m *= 6_900e3 / np.linalg.norm(position_m, axis=-1)[..., None]
    of_low, of_high = (gateways_in(constellation(deg, FUCINO)) for deg in (low, high))
    assert of_low is not None
    assert of_high is not None
    assert not (of_high.connect(position_m) & ~of_low.connect(position_m)).any()


def test_a_decayed_satellite_is_not_connected() -> None:
    position_m = np.full((2, 3, 3), np.nan)
    remove_unconnected(position_m, gateways_in(constellation(10.0, FUCINO)))
    assert np.isnan(position_m).all()
    assert gateways_in(constellation(10.0)) is None


def test_a_gateway_with_invalid_coordinates_is_an_error() -> None:
    with pytest.raises(ScenarioError, match=r"latitude_deg = 99"):
        read_scenario("italy", overrides=gateways("[{name='a',latitude_deg=99,longitude_deg=0}]"))

"""TR 38.811 models at the printed points, between them and outside."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError, ScenarioError
from d2c.propagation.tr38811 import (
    ENVIRONMENTS,
    band_of,
    clutter_loss_db,
    environment_tables,
    line_of_sight_probability,
    shadow_fading_sigma_db,
    tropospheric_scintillation_loss_db,
)

FIGURES = Path(__file__).parents[2].parent / "shared" / "figures" / "tr38811_tables.json"
ELEVATIONS = np.arange(10.0, 91.0, 10.0)
SHADOW = {
    "dense-urban": "dense_urban_table_6.6.2-1",
    "urban": "urban_table_6.6.2-2",
    "suburban": "suburban_rural_table_6.6.2-3",
    "rural": "suburban_rural_table_6.6.2-3",
}
LINE_OF_SIGHT = {
    "dense-urban": "dense_urban",
    "urban": "urban",
    "suburban": "suburban_rural",
    "rural": "suburban_rural",
}


@pytest.fixture(scope="module")
def figures():
    if not FIGURES.is_file():
        pytest.skip("the figures read from two other programs are not here")
    return json.loads(FIGURES.read_text())


def printed(entry):
    return [entry["value"][f"{e:g}"] for e in ELEVATIONS]


@pytest.mark.parametrize("environment", SHADOW)
def test_line_of_sight_at_every_printed_point(figures, environment):
    expected = printed(figures["los_probability_table_6.6.1-1"][LINE_OF_SIGHT[environment]])
    assert line_of_sight_probability(environment=environment, elevation_deg=ELEVATIONS).tolist() == expected


@pytest.mark.parametrize("environment", SHADOW)
@pytest.mark.parametrize("band", ["S", "Ka"])
def test_shadowing_and_clutter_at_every_printed_point(figures, environment, band):
    table = figures["shadow_clutter"][SHADOW[environment]]
    at = {"environment": environment, "elevation_deg": ELEVATIONS, "band": band}
    assert shadow_fading_sigma_db(**at, line_of_sight=True).tolist() == printed(table[f"{band}_LOS_sigma"])
    assert shadow_fading_sigma_db(**at, line_of_sight=False).tolist() == printed(table[f"{band}_NLOS_sigma"])
    assert clutter_loss_db(**at).tolist() == printed(table[f"{band}_NLOS_CL"])


def test_printed_points_without_the_figures():
    """Values transcribed from the tables: checked also in a checkout without the figures."""
    assert line_of_sight_probability(environment="urban", elevation_deg=30.0) == 0.493
    assert line_of_sight_probability(environment="rural", elevation_deg=10.0) == 0.782
    s_band = {"environment": "dense-urban", "elevation_deg": 30.0, "band": "S"}
    assert shadow_fading_sigma_db(**s_band, line_of_sight=True) == 2.9
    assert shadow_fading_sigma_db(**s_band, line_of_sight=False) == 12.4
    assert clutter_loss_db(environment="suburban", elevation_deg=50.0, band="S") == 18.63
    assert clutter_loss_db(environment="urban", elevation_deg=90.0, band="Ka") == 32.9


@given(st.sampled_from(ENVIRONMENTS), st.sampled_from(["S", "Ka"]), st.floats(10, 90))
def test_interpolation_between_printed_points_is_linear(environment, band, elevation_deg):
    low = min(80.0, 10.0 * (elevation_deg // 10))
    share = (elevation_deg - low) / 10.0
    for quantity in (
        lambda e: line_of_sight_probability(environment=environment, elevation_deg=e),
        lambda e: shadow_fading_sigma_db(
            environment=environment, elevation_deg=e, band=band, line_of_sight=True
        ),
        lambda e: clutter_loss_db(environment=environment, elevation_deg=e, band=band),
    ):
        expected = (1 - share) * quantity(low) + share * quantity(low + 10.0)
        assert quantity(elevation_deg) == pytest.approx(expected, abs=1e-12)


def test_line_of_sight_rises_with_elevation_everywhere():
    elevation = np.linspace(10, 90, 801)
    for environment in ENVIRONMENTS:
        probability = line_of_sight_probability(environment=environment, elevation_deg=elevation)
        assert (np.diff(probability) >= 0).all()
        assert ((probability > 0) & (probability <= 1)).all()


@pytest.mark.parametrize("band", ["S", "Ka"])
def test_open_sea_is_rural_line_of_sight_without_clutter(band):
    at = {"elevation_deg": ELEVATIONS, "band": band}
    assert (line_of_sight_probability(environment="open-sea", elevation_deg=ELEVATIONS) == 1).all()
    assert (clutter_loss_db(environment="open-sea", **at) == 0).all()
    rural = shadow_fading_sigma_db(environment="rural", line_of_sight=True, **at)
    for line_of_sight in (True, False):
        sea = shadow_fading_sigma_db(environment="open-sea", line_of_sight=line_of_sight, **at)
        assert sea.tolist() == rural.tolist()


def test_assumptions_are_marked():
    for table in environment_tables("open-sea"):
        assert "no document seen gives an open-sea environment" in table.assumed
    for environment in SHADOW:
        assert [table.assumed for table in environment_tables(environment)] == ["", ""]


def test_tropospheric_scintillation():
    """R1-1913224 carries 1.08 dB; TR 38.821's LEO rows at 30 deg carry 0.3 dB at 20 and 30 GHz."""
    assert tropospheric_scintillation_loss_db(frequency_hz=20e9, elevation_deg=10.0) == 1.08
    assert tropospheric_scintillation_loss_db(frequency_hz=30e9, elevation_deg=30.0) == 0.3
    assert tropospheric_scintillation_loss_db(
        frequency_hz=2e9, elevation_deg=np.array([10.0, 90.0])
    ).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("ghz", "band"),
    [(0.5, "S"), (0.7, "S"), (2.0, "S"), (6.0, "S"), (19.0, "Ka"), (20.0, "Ka"), (30.0, "Ka")],
)
def test_band_of(ghz, band):
    assert band_of(ghz * 1e9) == band


@pytest.mark.parametrize("ghz", [0.4, 6.1, 12.0, 41.0])
def test_no_band(ghz):
    with pytest.raises(
        ModelRangeError, match=r"outside the 0\.5 to 6 GHz and 19 to 40 GHz that 3GPP TR 38\.811"
    ):
        band_of(ghz * 1e9)


@pytest.mark.parametrize("elevation_deg", [9.999, 90.001, [20.0, 5.0]])
def test_other_elevations_are_errors(elevation_deg):
    message = r"is outside the 10 to 90 deg that 3GPP TR 38\.811 V15\.4\.0, table 6\.6\."
    with pytest.raises(ModelRangeError, match=message):
        line_of_sight_probability(environment="urban", elevation_deg=elevation_deg)
    with pytest.raises(ModelRangeError, match=message):
        clutter_loss_db(environment="urban", elevation_deg=elevation_deg, band="S")


def test_nan_passes():
    got = line_of_sight_probability(environment="urban", elevation_deg=np.array([np.nan, 20.0]))
    assert np.isnan(got[0])
    assert got[1] == 0.386


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(ScenarioError, match=r"unknown environment 'subburban'; did you mean 'suburban'\?"):
        line_of_sight_probability(environment="subburban", elevation_deg=30.0)
    with pytest.raises(ScenarioError, match="unknown band 'X'"):
        clutter_loss_db(environment="urban", elevation_deg=30.0, band="X")

"""`d2c.link_budget` in Python: the figures of the command, as arrays and as a table."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

import d2c
from d2c.cli.main import d2c as command
from d2c.errors import CatalogueError, ScenarioError

EARTH_KM = 6371.0
SUM_OF_DOUBLES = 1e-10


def printed(*arguments):
    result = CliRunner().invoke(command, ["link", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_it_is_what_the_command_prints():
    budget = d2c.link_budget("3gpp-set1-leo600", altitude_km=600, elevation_deg=[30, 90], losses="outdoor")
    arguments = ("--payload", "3gpp-set1-leo600", "--altitude-km", "600", "--elevation-deg", "30", "90")
    assert f"{budget}\n" == printed(*arguments)
    assert budget.to_dict() == json.loads(printed(*arguments, "--json"))
    assert budget.to_csv() == printed(*arguments, "--csv")
    assert f"{budget.to_markdown()}\n" == printed(*arguments, "--markdown")


def test_free_space_by_hand():
    """ITU-R P.525-4: 32.45 + 20 log10(f / MHz) + 20 log10(d / km), the range by the law of cosines."""
    budget = d2c.link_budget(altitude_km=600, elevation_deg=30, frequency_mhz=2000)
    sine = EARTH_KM * math.sin(math.radians(30))
    range_km = math.sqrt(sine**2 + 600**2 + 2 * EARTH_KM * 600) - sine
    assert float(budget.geometry.look.slant_range_m) / 1e3 == pytest.approx(range_km, rel=1e-12)
    by_hand = 32.45 + 20 * math.log10(2000) + 20 * math.log10(range_km)
    assert budget.to_frame().loc[("downlink", "free-space loss"), 30.0] == pytest.approx(by_hand, abs=0.005)


def test_arrays_are_of_the_elevations():
    several = d2c.link_budget(elevation_deg=[30, 60])
    assert several.downlink.c_n_db.shape == several.services["text"].margin_db.shape == (2,)
    for n, elevation in enumerate((30, 60)):
        one = d2c.link_budget(elevation_deg=elevation)
        assert one.geometry.look.elevation_deg.shape == ()
        assert float(one.downlink.c_n_db) == several.downlink.c_n_db[n]
        assert float(one.uplink.c_n_db) == several.uplink.c_n_db[n]
        assert one.geometry.doppler == several.geometry.doppler[n]


def test_lines_of_the_table_add_up():
    budget = d2c.link_budget(elevation_deg=[30, 60])
    frame = budget.to_frame().loc["downlink"]
    lines = frame[frame["sign"] != ""]
    total = (lines["sign"].astype(float).to_numpy()[:, None] * lines[[30.0, 60.0]].to_numpy()).sum(axis=0)
    assert total == pytest.approx(budget.downlink.c_n_db, abs=SUM_OF_DOUBLES)


def test_objects_stand_for_names():
    by_name = d2c.link_budget(elevation_deg=40, services=["voice"])
    by_object = d2c.link_budget(
        d2c.Payload.from_toml("starlink-d2c"),
        handset=d2c.Handset.from_toml("3gpp-handheld"),
        losses=d2c.LossSet.from_toml("outdoor"),
        altitude_km=360,
        elevation_deg=40,
        services=[d2c.Service.from_toml("voice")],
    )
    assert by_object.downlink.c_n_db == by_name.downlink.c_n_db
    (margin,) = by_object.services.values()
    assert margin.margin_db == by_name.services["voice"].margin_db
    assert "given by the user" not in str(by_object)


def test_given_figures_are_those_of_the_command():
    own = {
        "eirp_dbw": 40,
        "frequency_mhz": 2000,
        "bandwidth_mhz": 5,
        "g_over_t_db_k": 5,
        "noise_figure_db": 6,
    }
    losses = {"body loss": 1, "rain": 2}
    budget = d2c.link_budget(**own, losses_db=losses, altitude_km=600, elevation_deg=30)
    options = [text for key, value in own.items() for text in (f"--{key.replace('_', '-')}", str(value))]
    options += ["--loss", "body loss=1", "rain=2", "--altitude-km", "600", "--elevation-deg", "30"]
    assert f"{budget}\n" == printed(*options)
    assert budget.to_dict() == json.loads(printed(*options, "--json"))
    assert budget.payload.downlink.eirp_figure.source == "given by the user"


def test_given_figures_replace_those_of_an_object():
    """G/T is a line of the sum: 1 dB more of it is 1 dB more of C/N."""
    payload = d2c.Payload.from_toml("starlink-d2c")
    before, after = (
        d2c.link_budget(payload, altitude_km=360, elevation_deg=40, g_over_t_db_k=value) for value in (8, 9)
    )
    assert float(after.uplink.c_n_db - before.uplink.c_n_db) == pytest.approx(1, abs=SUM_OF_DOUBLES)
    assert after.downlink.c_n_db == before.downlink.c_n_db


def test_a_satellite_at_a_place_by_its_name():
    rome = d2c.Site(latitude_deg=41.9, longitude_deg=12.5)
    at = {"satellite": "D2C 53-01/01 NOMINAL", "time": np.datetime64("2026-08-23T03:22:00")}
    budget = d2c.link_budget(site=rome, **at)
    assert budget.to_dict()["satellite"]["norad_id"] == 80001
    again = d2c.link_budget(site=rome, elements=d2c.Elements.read("starlink-d2c-2026-08"), **at)
    assert again.to_dict() == budget.to_dict()
    assert "from Roma/Rome (RM), Italy" in str(d2c.link_budget(site="Roma", **at))


def test_old_elements_are_warned_of():
    with pytest.warns(d2c.D2CWarning, match="'D2C 53-01/01 NOMINAL' are 3.4 days old") as caught:
        d2c.link_budget(satellite="80001", site="41.9,12.5", time="2026-08-26T04:47:00Z")
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"payload": "3gpp-set1-leo600"}, ScenarioError, "give altitude_km or a satellite"),
        ({"services": []}, ScenarioError, "at least one service"),
        ({"services": ["text", "text"]}, ScenarioError, "each once"),
        ({"satellite": "80001"}, ScenarioError, "needs a site and a time"),
        ({"site": "Roma"}, ScenarioError, "are of a satellite"),
        ({"satellite": "SPACEMOBILE", "site": "Roma", "time": "epoch"}, CatalogueError, "nearest name"),
        ({"elevation_deg": []}, d2c.D2CError, "0 to 90 deg"),
        ({"frequency_mhz": -1}, ScenarioError, "frequency_mhz = -1 must be above 0"),
        (
            {"eirp_dbw": 40},
            ScenarioError,
            r"^frequency_mhz, bandwidth_mhz, altitude_km \(or satellite\): neither given nor of an entry",
        ),
        ({"losses_db": {"body los": 3}}, ScenarioError, "^losses_db body los: did you mean 'body loss'"),
        ({"losses_db": {"rain": np.nan}}, ScenarioError, "losses_db rain = nan must lie within"),
        ({"losses_db": {"EIRP": 3}}, ScenarioError, "but no loss; give eirp_dbw"),
        ({"payload": "3gpp-set2-leo600-ka", "altitude_km": 600}, ScenarioError, "is of the S band"),
    ],
)
def test_bad_input_names_the_argument(arguments, error, message):
    with pytest.raises(error, match=message) as caught:
        d2c.link_budget(**arguments)
    assert "--" not in str(caught.value)

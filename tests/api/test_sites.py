"""`d2c.passes`, `d2c.sky` and `d2c.timeline` in Python: the figures of the commands, with satellites by name."""

import io
import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import d2c
from d2c.cli.main import d2c as command
from d2c.errors import RegionError, ScenarioError


def printed(*arguments):
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def passes():
    return d2c.passes("Lampedusa", hours=1)


def test_it_is_what_the_commands_print(passes, tmp_path):
    assert f"{passes}\n" == printed("passes", "Lampedusa", "--hours", "1")
    assert passes.to_dict() == json.loads(printed("passes", "Lampedusa", "--hours", "1", "--json"))
    assert passes.to_csv() == printed("passes", "Lampedusa", "--hours", "1", "--csv")
    sky = d2c.sky("Lampedusa")
    assert f"{sky}\n" == printed("sky", "Lampedusa")
    line = d2c.timeline("Lampedusa", hours=1)
    assert f"{line}\n" == printed("timeline", "Lampedusa", "--hours", "1", "-o", str(tmp_path), "-q")
    assert line.to_csv() == (tmp_path / "timeline-lampedusa.csv").read_text()
    line.plot(tmp_path / "line.png")
    assert (tmp_path / "line.png").read_bytes() == (tmp_path / "timeline-lampedusa.png").read_bytes()


def test_passes_as_tables(passes):
    frame, windows, gaps = passes.to_frame(), passes.windows, passes.gaps
    assert len(frame) == len(passes)
    assert set(frame["satellite"]) <= set(passes.elements)
    known = frame.dropna(subset=["rise_utc", "culmination_utc", "set_utc"])
    assert (known["rise_utc"] <= known["culmination_utc"]).all()
    assert (known["culmination_utc"] <= known["set_utc"]).all()
    assert passes.served_fraction == pytest.approx(windows["duration_s"].sum() / 3600, abs=1e-5)
    assert windows["duration_s"].sum() + gaps["duration_s"].sum() == pytest.approx(3600, abs=0.01)
    assert passes.wait_s == windows["wait_s"].iloc[0]


def test_none_is_an_empty_table():
    tropical = d2c.Elements.walker("20:12/3/1", altitude_km=550)
    nobody = d2c.passes(d2c.Site(latitude_deg=59, longitude_deg=0), hours=0.5, elements=tropical)
    assert nobody.wait_s is None
    assert (len(nobody), len(nobody.to_frame()), len(nobody.windows)) == (0, 0, 0)
    assert {"satellite", "rise_utc"} <= set(nobody.to_frame())
    assert nobody.gaps["duration_s"].tolist() == [1800]
    assert nobody.plot().width == 1440
    empty = d2c.sky("59,0", elements=tropical)
    assert (empty.server, len(empty), len(empty.to_frame())) == (None, 0, 0)


def test_sky_and_timeline_have_the_same_server():
    instant = pd.Timestamp("2026-08-22T18:10:00Z")
    line = d2c.timeline("Lampedusa", hours=1).to_frame()
    sky = d2c.sky("Lampedusa", time=instant.to_pydatetime())
    best = sky.to_frame().iloc[0]
    assert (sky.server, best["satellite"]) == (line.loc[instant, "satellite"],) * 2
    assert best["c_n_db"] == pytest.approx(line.loc[instant, "c_n_db"], abs=0.01)
    assert best["text_margin_db"] == pytest.approx(line.loc[instant, "text_margin_db"], abs=0.01)
    assert sky.plot().width == 1440


@pytest.mark.parametrize(
    "start",
    [
        "2026-08-22T19:00:00Z",
        np.datetime64("2026-08-22T19:00:00"),
        datetime(2026, 8, 22, 19, tzinfo=UTC),
        pd.Timestamp("2026-08-22T21:00", tz="Europe/Rome"),
    ],
)
def test_instants_as_python_has_them(start):
    assert d2c.passes("Lampedusa", hours=0.1, start=start).to_dict()["from_utc"] == "2026-08-22T19:00:00.0Z"


def test_arguments_stand_for_keys_of_the_scenario():
    by_key = {"link.losses": "indoor", "link.services": ["voice"], "link.min_elevation_deg": 40}
    named = d2c.passes(
        "Lampedusa", hours=1, losses="indoor", service="voice", set={"link.min_elevation_deg": 40}
    )
    assert named.to_dict() == d2c.passes("Lampedusa", hours=1, set=by_key).to_dict()
    texts = ["link.losses=indoor", "link.services=['voice']", "link.min_elevation_deg=40"]
    assert named.to_dict() == d2c.passes("Lampedusa", hours=1, set=texts).to_dict()


def test_objects_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    handset = d2c.Handset.from_toml("3gpp-handheld").model_copy(update={"title": "Better phone"})
    better = handset.model_copy(
        update={"rx_gain_dbi": handset.rx_gain_dbi.model_copy(update={"value": 10.0})}
    )
    sky, plain = d2c.sky("Lampedusa", handset=better).to_frame(), d2c.sky("Lampedusa").to_frame()
    gained = sky["c_n_db"].iloc[0] - plain["c_n_db"].iloc[0]
    assert gained == pytest.approx(10 - handset.rx_gain_dbi.value, abs=0.011)  # printed to 0.01 dB
    walker = d2c.passes("Roma", hours=0.2, elements=d2c.Elements.walker("53:648/36/1", altitude_km=550))
    assert walker.to_frame()["satellite"].str.startswith("WALKER 53:648/36/1").all()


def test_one_of_several_places_is_warned_of():
    with pytest.warns(d2c.D2CWarning, match="'Tripoli' is taken as Tripoli, Libya, .* Tripoli, Lebanon"):
        assert d2c.Site("Tripoli").place.country == "Libya"
    assert d2c.Site("Tripoli, Lebanon").place.country == "Lebanon"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "Atlantis"}, "unknown place 'Atlantis'"),
        ({"name": "95,0"}, "95,0: latitude is -90 to 90"),
        ({"latitude_deg": 45}, "needs a name, or"),
        ({"latitude_deg": float("nan"), "longitude_deg": 0}, "latitude is -90 to 90"),
        ({"name": "Roma", "latitude_deg": 45}, "not both"),
        ({}, "needs a name, or"),
    ],
)
def test_what_is_no_place_is_said(arguments, message):
    with pytest.raises(RegionError, match=message):
        d2c.Site(**arguments)


def test_bad_input_names_the_argument():
    with pytest.raises(ScenarioError, match="hours = 0 must be above 0"):
        d2c.passes("Roma", hours=0)
    with pytest.raises(ScenarioError, match=r"hours = 0\.001 is shorter than one step of 30 s"):
        d2c.timeline("Roma", hours=0.001)


def test_the_calendar_is_that_of_the_command(passes):
    assert io.StringIO(passes.to_ics(), newline="").read().startswith("BEGIN:VCALENDAR\r\n")

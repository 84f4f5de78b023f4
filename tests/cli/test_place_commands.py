"""`d2c passes`, `d2c sky` and `d2c timeline` as their user meets them."""

import csv
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.errors import D2CError
from d2c.region.gazetteer import places_named

TENTHS = re.compile(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\dZ")


def run(*arguments):
    return CliRunner().invoke(d2c, arguments)


def report(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def error_of(*arguments):
    result = run(*arguments)
    assert isinstance(result.exception, D2CError), result.output
    assert result.stdout == ""
    assert "\n" not in str(result.exception)
    return str(result.exception)


ABOUT = {
    "place",
    "title",
    "start_rule",
    "min_elevation_deg",
    "payloads",
    "handset",
    "losses",
    "environment",
    "served_by",
    "elements",
    "notes",
    "warnings",
}


def test_passes_as_json():
    found = report("passes", "Lampedusa")
    assert set(found) == ABOUT | {
        "service",
        "service_title",
        "from_utc",
        "until_utc",
        "wait_s",
        "served_fraction",
        "longest_gap_s",
        "longest_gap_is_lower_bound",
        "windows",
        "gaps",
        "passes",
    }
    assert (found["from_utc"], found["until_utc"]) == ("2026-08-22T18:00:00.0Z", "2026-08-22T21:00:00.0Z")
    assert "epoch" in found["start_rule"]
    assert found["place"]["name"] == "Lampedusa"
    assert found["service"] == "text"
    assert found["elements"]["nominal"] is True
    assert any("nominal" in note for note in found["notes"])
    assert any("noise alone" in note for note in found["notes"])
    for one in found["passes"]:
        assert set(one) == {
            "satellite",
            "norad_id",
            "payload",
            "rise_utc",
            "culmination_utc",
            "set_utc",
            "duration_s",
            "highest_elevation_deg",
            "rise_azimuth_deg",
            "culmination_azimuth_deg",
            "set_azimuth_deg",
            "best_margin_db",
            "wait_s",
            "served_s",
            "served",
        }
        for key in ("rise_utc", "culmination_utc", "set_utc"):
            assert one[key] is None or TENTHS.fullmatch(one[key])
        assert 25 <= one["highest_elevation_deg"] <= 90
        assert one["served_s"] <= one["duration_s"] + 1e-3
    for one in (*found["windows"], *found["gaps"]):
        assert TENTHS.fullmatch(one["begin_utc"])
        assert one["duration_s"] > 0
    total = sum(one["duration_s"] for one in (*found["windows"], *found["gaps"]))
    assert total == pytest.approx(3 * 3600, abs=0.05)
    served = sum(one["duration_s"] for one in found["windows"])
    assert served / 10800 == pytest.approx(found["served_fraction"], abs=1e-5)
    assert found["longest_gap_s"] == max(one["duration_s"] for one in found["gaps"])
    # every pass that serves is told in a window
    assert sum(one["passes"] for one in found["windows"]) == sum(
        1 for one in found["passes"] if one["served"]
    )


def test_notes_say_that_beams_are_left_out():
    notes = report("sky", "Lampedusa", "--scenario", "italy-loaded")["notes"]
    assert any("Best case" in note and "noise alone" in note for note in notes)


def test_waits_count_from_the_instant_given():
    gap = next(gap for gap in report("passes", "Lampedusa")["gaps"] if gap["duration_s"] > 20)
    instant = np.datetime64(gap["begin_utc"][:-1]) + np.timedelta64(5, "s")
    later = report("passes", "Lampedusa", "--from", f"{instant}Z", "--hours", "0.5")
    assert later["start_rule"] == "as given"
    assert later["wait_s"] == later["windows"][0]["wait_s"]
    assert later["wait_s"] == pytest.approx(gap["duration_s"] - 5, abs=0.1)
    assert later["windows"][0]["begin_utc"] == gap["end_utc"]


def test_csv_has_the_same_passes():
    found = report("passes", "45.83,6.94", "--hours", "1")
    text = run("passes", "45.83,6.94", "--hours", "1", "--csv").stdout
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["kind"] == "pass"]
    assert "\r" not in text
    assert len(rows) == len(found["passes"])
    for row, one in zip(rows, found["passes"], strict=True):
        assert set(one) - {"served"} <= set(row)
        for key, value in row.items():
            if key not in one:
                continue
            expected = one[key]
            assert value == ("" if expected is None else str(expected))


def test_calendar_has_the_windows():
    found = report("passes", "L'Aquila")
    result = run("passes", "L'Aquila", "--ics")
    text = result.stdout_bytes.decode()
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert "\n" not in text.replace("\r\n", "")
    whole_seconds = [one for one in found["windows"] if one["duration_s"] > 2]
    assert text.count("BEGIN:VEVENT\r\n") == len(whole_seconds)
    assert "LOCATION:L'Aquila (AQ)\\, Italy" in text


def test_table_names_the_next_windows_and_passes():
    text = run("passes", "Courmayeur", "--service", "voice").stdout
    assert "Courmayeur (AO), Italy" in text
    assert "from 2026-08-22T18:00:00.0Z (median epoch of the elements, to the hour)" in text
    assert "voice (Voice call)" in text
    assert re.search(r"\d\d:\d\d:\d\d\.\d +\d\d:\d\d:\d\d\.\d +\d\d:\d\d:\d\d\.\d", text)
    assert "all as CSV and JSON" in text
    assert max(map(len, text.splitlines())) <= 130


def test_a_service_that_never_closes():
    found = run("passes", "Roma", "--set", "link.payload=3gpp-set1-leo600", "--set", "link.losses=indoor")
    assert "text (Text message): not served in this time: the link closes in none of the" in found.stdout
    told = report("passes", "Roma", "--set", "link.payload=3gpp-set1-leo600", "--set", "link.losses=indoor")
    assert (told["wait_s"], told["windows"], told["served_fraction"]) == (None, [], 0.0)
    assert all(one["best_margin_db"] < 0 and one["wait_s"] is None for one in told["passes"])


def test_a_pass_that_lasts_longer_than_the_span_has_no_ends():
    found = report("passes", "Roma", "--hours", "0.01")
    assert found["passes"]
    for one in found["passes"]:
        assert one["duration_s"] <= 36.0
    assert any(one["rise_utc"] is None and one["set_utc"] is None for one in found["passes"])
    assert "up already" in run("passes", "Roma", "--hours", "0.01").stdout
    assert "still up" in run("passes", "Roma", "--hours", "0.01").stdout


def test_places_south_and_west_need_no_dashes():
    found = report("passes", "-33.9,-18.4", "--hours", "1")
    assert found["place"] == {
        "name": None,
        "province": None,
        "country": None,
        "population": None,
        "latitude_deg": -33.9,
        "longitude_deg": -18.4,
    }
    assert "33.9° S, 18.4° W" in run("sky", "-33.9,-18.4").stdout


def test_one_of_several_places_is_said_to_be_so():
    result = run("sky", "Tripoli")
    assert "Tripoli, Libya" in result.stdout
    assert "there is also Tripoli, Lebanon" in result.stderr
    assert run("sky", "Tripoli, Lebanon").stderr == ""


def test_a_name_gives_what_its_coordinates_give():
    place = places_named("Courmayeur")[0]
    by_name = report("passes", "Courmayeur", "--hours", "1")
    by_numbers = report("passes", f"{place.latitude_deg},{place.longitude_deg}", "--hours", "1")
    assert by_name["passes"] == by_numbers["passes"]


def test_sky_as_json_and_table():
    found = report("sky", "Lampedusa", "--time", "2026-08-22T18:04:00Z")
    assert set(found) == ABOUT | {"utc", "services", "above_mask", "satellites"}
    assert found["utc"] == "2026-08-22T18:04:00Z"
    assert list(found["services"]) == ["text", "voice"]
    keys = {
        "satellite",
        "norad_id",
        "payload",
        "azimuth_deg",
        "elevation_deg",
        "slant_range_m",
        "above_mask",
        "c_n_db",
        "uplink_c_n_db",
        "margin_db",
        "probability",
        "serves",
    }
    for number, one in enumerate(found["satellites"]):
        assert set(one) == keys
        assert one["above_mask"] == (number < found["above_mask"]) == (one["elevation_deg"] >= 25)
        assert (one["c_n_db"] is None) == (not one["above_mask"])
    assert found["satellites"][0]["serves"] == ["text", "voice"]
    text = run("sky", "Lampedusa", "--time", "2026-08-22T18:04:00Z").stdout
    assert "serves text, voice" in text
    assert "Above the horizon, below the mask of 25 deg" in text
    assert found["satellites"][0]["satellite"] in text


def test_sky_with_an_environment_gives_probabilities():
    found = report("sky", "Lampedusa", "--set", "link.environment=dense-urban")
    assert 0 < found["satellites"][0]["probability"]["text"] < 1


def test_sky_when_nothing_is_above_the_mask():
    found = run("sky", "Lampedusa", "--set", "link.min_elevation_deg=89.9")
    assert "No satellite above the mask of 89.9 deg" in found.stdout


def test_files_are_written(tmp_path):
    png = tmp_path / "new" / "sky.png"
    assert run("sky", "Roma", "--png", str(png)).exit_code == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    folder = tmp_path / "out"
    found = report("timeline", "L'Aquila", "--hours", "1", "-o", str(folder))
    assert sorted(path.name for path in folder.iterdir()) == [
        "timeline-l-aquila.csv",
        "timeline-l-aquila.png",
    ]
    assert set(found) == ABOUT | {
        "from_utc",
        "until_utc",
        "step_s",
        "samples",
        "visible_fraction",
        "mean_visible",
        "c_n_p05_db",
        "c_n_p50_db",
        "c_n_p95_db",
        "services",
        "files",
    }
    assert found["samples"] == 120
    again = (folder / "timeline-l-aquila.png").read_bytes()
    assert run("timeline", "L'Aquila", "--hours", "1", "-o", str(folder)).exit_code == 0
    assert (folder / "timeline-l-aquila.png").read_bytes() == again


def test_timeline_csv_and_its_summary(tmp_path):
    options = (
        "--hours",
        "2",
        "--set",
        "link.min_elevation_deg=40",
        "--set",
        "link.environment=none",
        "-o",
        str(tmp_path),
    )
    found = report("timeline", "35.5,12.6", *options)
    text = (tmp_path / "timeline-35.5n-12.6e.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [
        "utc",
        "satellites_in_view",
        "satellite",
        "norad_id",
        "elevation_deg",
        "azimuth_deg",
        "slant_range_m",
        "c_n_db",
        "uplink_c_n_db",
        "text_margin_db",
        "voice_margin_db",
    ]
    assert rows[0]["utc"] == "2026-08-22T18:00:00Z"
    assert rows[1]["utc"] == "2026-08-22T18:00:30Z"
    assert len(rows) == 240
    gap = longest = served = 0
    for row in rows:
        empty = [
            row[key] == "" for key in ("satellite", "norad_id", "elevation_deg", "c_n_db", "text_margin_db")
        ]
        assert set(empty) == {row["satellites_in_view"] == "0"}
        closes = row["text_margin_db"] != "" and float(row["text_margin_db"]) >= 0
        served += closes
        gap = 0 if closes else gap + 1
        longest = max(longest, gap)
    assert found["services"]["text"]["availability"] == pytest.approx(served / 240, abs=1e-6)
    assert found["services"]["text"]["longest_gap_s"] == 30 * longest
    assert 0 < longest < 240


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("passes", "Lampedussa"), "did you mean 'Lampedusa'?"),
        (("sky", "Courmayer"), "did you mean 'Courmayeur'?"),
        (("timeline", "qqqqqq"), "latitude,longitude in degrees"),
        (("passes", "91,0"), "91,0: latitude is -90 to 90"),
        (("passes", "-91,0"), "-91,0: latitude is -90 to 90"),
        (("passes", "nan,0"), "nan,0: latitude is -90 to 90"),
        (("passes", "41.9"), "unknown place '41.9'"),
        (("passes", "Livo, XX"), "there are: Livo (TN), Italy; Livo (CO), Italy"),
        (("passes", "Roma", "--hours", "0"), "hours = 0 must be above 0"),
        (("passes", "Roma", "--hours", "-1"), "hours = -1 must be above 0"),
        (("passes", "Roma", "--hours", "nan"), "hours = nan"),
        (("timeline", "Roma", "--hours", "337"), "at most 336"),
        (("timeline", "Roma", "--from", "25:00"), "--from 25:00: not a valid time"),
        (("timeline", "Roma", "--hours", "0.001"), "shorter than one step of 30 s"),
        (("passes", "Roma", "--service", "vice"), "did you mean 'voice'?"),
        (("passes", "Roma", "--from", "noon"), "--from noon: not a valid time"),
        (("sky", "Roma", "--time", "noon"), "--time noon: not a valid time"),
        (("passes", "Roma", "--from", "2027-01-01"), "more than 14"),
        (("passes", "Roma", "--scenario", "itly"), "did you mean 'italy'?"),
        (("passes", "Roma", "--elements", "nope"), "no file, shipped set"),
        (("passes", "Roma", "--set", "link.mask=3"), "unknown key"),
        (("sky", "80,0"), "-60 to 60 deg"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(arguments, message):
    assert message in error_of(*arguments)


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in error_of("sky", "Roma", "--png", str(tmp_path / "file" / "sky.png"))
    result = run("timeline", "Roma", "--hours", "0.1", "-o", str(tmp_path / "file" / "x"))
    assert "cannot be written" in str(result.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_exit_codes():
    def code(*arguments):
        command = [sys.executable, "-m", "d2c", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert code("passes", "Roma", "--hours", "0.1").returncode == 0
    bad = code("passes", "Lampedussa")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("d2c: unknown place 'Lampedussa'")
    assert len(bad.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["passes", "sky", "timeline"])
def test_times_are_read_and_printed_in_the_zone_of_tz(command, tmp_path):
    option = "--time" if command == "sky" else "--from"
    files = ["-o", str(tmp_path)] if command == "timeline" else []
    local = [command, "Lampedusa", option, "2026-08-22T22:30", "--tz", "Europe/Rome", *files]
    utc = [command, "Lampedusa", option, "2026-08-22T20:30:00Z", *files]
    assert report(*local) == report(*utc)  # figures stay in UTC
    text = run(*local).stdout
    assert re.search(r"(from|at) 2026-08-22T22:30:00(\.0)?\+02:00", text)
    assert not re.search(r"\dZ|UTC", text)
    assert "2026-08-22T20:30:00" in run(*utc).stdout  # and the zone is forgotten after its command


def test_an_unknown_zone_is_named_with_near_ones():
    assert "did you mean Europe/Rome" in error_of("passes", "Lampedusa", "--tz", "Europe/Roma")

"""`d2c link` as its user meets it."""

import csv
import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from skyfield.api import EarthSatellite, load, wgs84

from d2c.cli.main import d2c
from d2c.errors import D2CError
from d2c.orbit.catalogue import find_elements

SUM_OF_DOUBLES = 1e-10
KA_LINK = ("--payload", "3gpp-set2-leo600-ka", "--handset", "satcom-vsat", "--altitude-km", "600")
ROME = "41.9,12.5"


def run(*arguments):
    return CliRunner().invoke(d2c, ["link", *arguments])


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


def test_one_elevation_is_one_object():
    found = report("--elevation-deg", "30")
    assert {"geometry", "downlink", "uplink", "services", "limits"} <= set(found)
    assert (found["payload"], found["handset"], found["losses"]) == (
        "starlink-d2c",
        "3gpp-handheld",
        "outdoor",
    )
    for direction in ("downlink", "uplink"):
        for line in found[direction]["lines"]:
            assert {"name", "sign", "value", "unit", "source", "assumed"} == set(line)
        total = sum(line["sign"] * line["value"] for line in found[direction]["lines"])
        assert total == pytest.approx(found[direction]["c_n_db"], abs=SUM_OF_DOUBLES)
    # the filing's cap, which this beam reaches at 360 km
    assert found["downlink"]["pfd_dbw_m2_mhz"] == pytest.approx(-80.0, abs=1e-9)
    assert [service["name"] for service in found["services"]] == ["text", "voice"]


def test_services_say_their_rule_and_bits():
    found = report("--elevation-deg", "30", "--service", "text-nbiot", "voice")
    assert found["service_rule"] == "bits"
    nb_iot, voice = found["services"]
    assert (nb_iot["uplink_bit_rate_kbps"], nb_iot["uplink_repetitions"]) == (0.16, 64)
    assert (voice["downlink_required_c_n_db"], voice["downlink_block_error_rate"]) == (-6.7, 0.1)
    printed = " ".join(run("--elevation-deg", "30", "--service", "voice").stdout.split())
    assert "required downlink C/N of services by the rule bits" in printed
    assert "CQI 3: 38.8 kbit/s with all headers in 0.18 MHz, each block sent once" in printed


def test_services_as_an_operator_reports():
    options = ("--elevation-deg", "30", "--service", "data", "--service-rule", "operator-reported")
    found = report(*options)
    assert found["service_rule"] == "operator-reported"
    (data,) = found["services"]
    assert (data["downlink_required_c_n_db"], data["uplink_required_c_n_db"]) == (5.0, 2.4)
    assert data["downlink_bit_rate_kbps"] == 1000
    assert data["downlink_margin_db"] == pytest.approx(found["downlink"]["c_n_db"] - 5.0, abs=SUM_OF_DOUBLES)
    printed = " ".join(run(*options).stdout.split())
    assert "by the rule operator-reported" in printed
    assert "SpaceX names 5 dB for voice (secondary source); assumed: data is taken for voice" in printed


def test_a_service_without_a_reported_c_n(tmp_path):
    path = tmp_path / "mine.toml"
    figures = (
        'bit_rate_kbps = { value = 1, source = "me" }\nbandwidth_mhz = { value = 0.18, source = "me" }\n'
    )
    path.write_text(f'title = "Mine"\n[downlink]\n{figures}')
    assert report("--elevation-deg", "30", "--service", str(path))["services"][0]["name"] == "mine"
    message = error_of("--service", str(path), "--service-rule", "operator-reported")
    assert "service 'mine' has no operator_reported_c_n_db" in message
    assert "use service_rule = 'bits'" in message


def test_reference_signals_by_hand():
    found = report("--elevation-deg", "30")["downlink"]
    # noise figure 7 dB at 290 K: k T 15 kHz is -203.975 + 7 + 41.761 dBW, + 30 for dBm
    assert found["rsrp_dbm"] == pytest.approx(found["c_n_db"] - 125.214, abs=0.001)
    # 22.46 dB over noise, data in every resource block: 1 / (12 + 12 / 176) is 0.03 dB below the highest, -10.79 dB
    assert found["rsrq_load"] == 1.0
    assert found["rsrq_db"] == pytest.approx(-10.82, abs=0.005)
    text = " ".join(run("--elevation-deg", "30").stdout.split())
    assert f"RSRP in 15 kHz {found['rsrp_dbm']:.2f} dBm" in text
    assert "RSRQ at load 1 -10.82 dB" in text
    assert "no interference, data in 100 % of the resource blocks" in text
    rows = csv.DictReader(io.StringIO(run("--elevation-deg", "30", "--csv").stdout))
    rows = {row["name"]: row for row in rows if row["section"] == "downlink"}
    assert float(rows["rsrp_dbm"]["value"]) == found["rsrp_dbm"]
    assert "| RSRQ at load 1 | -10.82 |" in " ".join(
        run("--elevation-deg", "30", "--markdown").stdout.split()
    )


def test_published_row_of_tr_38821():
    # TR 38.821 V16.1.0, table 6.1.3.3-1, SC9 (LEO-600, S band, set 1): C/N 6.6 dB down, 2.8 dB up at 30 deg
    found = report(
        *(
            "--payload",
            "3gpp-set1-leo600",
            "--losses",
            "tr38821",
            "--altitude-km",
            "600",
            "--elevation-deg",
            "30",
        )
    )
    assert found["downlink"]["c_n_db"] == pytest.approx(6.6, abs=0.1)
    assert found["uplink"]["c_n_db"] == pytest.approx(2.8, abs=0.1)


@pytest.mark.parametrize(
    ("altitude_km", "distance_km", "doppler_ppm", "rate_ppm_s"),
    [(600, 1932, 24, 0.29), (1200, 3131, 21, 0.13)],
)
def test_geometry_within_the_maxima_of_tr_36763(altitude_km, distance_km, doppler_ppm, rate_ppm_s):
    # TR 36.763 V0.0.12; its 0.27 ppm/s at 600 km is passed by 8 %, see tests/link/test_geometry.py
    low, high = report("--altitude-km", str(altitude_km), "--elevation-deg", "10", "90")["budgets"]
    assert low["geometry"]["slant_range_m"] / 1e3 == pytest.approx(distance_km, abs=0.5)
    assert low["geometry"]["delay_s"] == pytest.approx(distance_km * 1e3 / 299_792_458, rel=1e-3)
    assert 0 < low["geometry"]["doppler_ppm"] <= doppler_ppm
    assert 0 < -high["geometry"]["doppler_rate_ppm_s"] <= rate_ppm_s + 0.001
    assert high["geometry"]["off_nadir_deg"] == pytest.approx(0, abs=1e-9)


def test_several_elevations_stand_side_by_side():
    together = report("--elevation-deg", "25", "40")
    again = report("--elevation-deg", "25", "--elevation-deg", "40")
    assert together == again
    alone = report("--elevation-deg", "40")
    assert {key: alone[key] for key in together["budgets"][1]} == together["budgets"][1]
    for listed in (("25,40",), ("25..40:15",), ("25", "25..40:15")):
        assert report("--elevation-deg", *listed) == together
    header = run("--elevation-deg", "25", "40").stdout
    assert "elevation" in header
    assert "25.00    40.00  deg" in header


def test_default_is_four_elevations_at_the_height_of_starlink():
    found = report()
    assert [one["geometry"]["elevation_deg"] for one in found["budgets"]] == [25, 40, 60, 90]
    assert found["altitude_km"] == 360


def test_changed_frequency_and_bandwidths():
    before, after = report("--elevation-deg", "40"), report("--elevation-deg", "40", "--frequency-mhz", "850")
    lines = [{line["name"]: line["value"] for line in one["downlink"]["lines"]} for one in (before, after)]
    # 20 log10(1992.5 / 850) = 7.40 dB less
    assert lines[0]["free-space loss"] - lines[1]["free-space loss"] == pytest.approx(7.399, abs=0.001)
    assert after["uplink"]["frequency_mhz"] == 850
    narrow = report(
        "--elevation-deg", "40", "--uplink-bandwidth-mhz", "0.015", "--downlink-bandwidth-mhz", "1.08"
    )
    # 10 log10(180 / 15) = 10.79 dB less noise, the power stays; downlink by density: the C/N stays
    assert narrow["uplink"]["c_n_db"] - before["uplink"]["c_n_db"] == pytest.approx(10.792, abs=0.001)
    assert narrow["downlink"]["c_n_db"] == pytest.approx(before["downlink"]["c_n_db"], abs=1e-9)


def test_environment_gives_a_probability():
    found = report("--elevation-deg", "30", "--environment", "urban", "--service", "voice")
    assert 0.4 < found["services"][0]["probability"] < 1
    assert report("--elevation-deg", "30", "--service", "voice")["services"][0]["probability"] is None


def test_beam_radius_as_given_or_from_the_footprint():
    given = report("--elevation-deg", "90", "--beam-radius-km", "24")
    assert given["geometry"]["beam_radius_km"] == 24
    assert given["beam_radius"]["source"] == "given by the user"
    own = report("--elevation-deg", "90")
    assert own["beam_radius"]["source"] == (
        "radius of the -3 dB footprint to the nadir, pattern planar-array of the square array of equal area"
    )
    assert "which side lies along the track" in own["beam_radius"]["assumed"]
    ratio = given["geometry"]["residual_doppler_ppm"] / own["geometry"]["residual_doppler_ppm"]
    assert ratio == pytest.approx(24 / own["geometry"]["beam_radius_km"], rel=0.01)


def test_limits_are_compared():
    found = report("--elevation-deg", "40", "--limit", "fcc-25-202k", "fcc-25-208w-pcs")
    assert [limit["name"] for limit in found["limits"]] == ["fcc-25-202k", "fcc-25-208w-pcs"]
    assert found["limits"][0]["margin_db"] == pytest.approx(-40.0, abs=1e-6)


def test_csv_and_markdown():
    rows = list(csv.DictReader(io.StringIO(run("--elevation-deg", "30", "60", "--csv").stdout)))
    assert {row["elevation_deg"] for row in rows} == {"30.0", "60.0"}
    assert {"geometry", "downlink", "uplink", "service text", "service voice"} == {
        row["section"] for row in rows
    }
    assert "| + | EIRP |" in run("--elevation-deg", "30", "--markdown").stdout


def test_real_satellite_equals_skyfield():
    timescale = load.timescale(builtin=True)
    lines = find_elements("starlink-d2c-2026-08").read_text().splitlines()
    satellite = EarthSatellite(lines[1], lines[2], lines[0], timescale)
    path = satellite - wgs84.latlon(41.9, 12.5)
    elevation, _, distance = path.at(timescale.utc(2026, 8, 23, 3, 22)).altaz()
    found = report("--satellite", "80001", "--site", ROME, "--time", "2026-08-23T03:22:00Z")
    assert found["satellite"] == {"name": "D2C 53-01/01 NOMINAL", "norad_id": 80001}
    assert found["geometry"]["elevation_deg"] == pytest.approx(elevation.degrees, abs=1e-6)
    assert found["geometry"]["slant_range_m"] == pytest.approx(distance.m, abs=0.01)
    assert found["utc"] == "2026-08-23T03:22:00Z"


def test_old_elements_are_warned_of_then_refused():
    at = ("--satellite", "80001", "--site", ROME, "--time")
    for day in range(27, 31):
        result = run(*at, f"2026-08-{day}T01:50:00Z")
        assert result.exception is None or "below the horizon" in str(result.exception)
        assert f"days old at 2026-08-{day}T01:50:00Z" in result.stderr
    assert "more than 14" in error_of(*at, "2026-10-01")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--payload", "starlink-d2"), "did you mean 'starlink-d2c'"),
        (("--handset", "3gpp-handhold"), "did you mean '3gpp-handheld'"),
        (("--losses", "outdor"), "did you mean 'outdoor'"),
        (("--service", "vice"), "did you mean 'voice'"),
        (("--service", "text", "text"), "each once"),
        (("--limit", "fcc-25-202"), "did you mean 'fcc-25-202k'"),
        (("--environment", "subburban"), "did you mean 'suburban'"),
        (("--environment", "urban", "--elevation-deg", "5"), "10 to 90 deg"),
        (("--elevation-deg", "95"), "elevation 95 deg is outside the 0 to 90 deg"),
        (("--elevation-deg", "30", "-1"), "elevation -1 deg"),
        (("--elevation-deg", "nan"), "0 to 90 deg"),
        (("--altitude-km", "20"), "150 to 50000 km"),
        (("--altitude-km", "nan"), "150 to 50000 km"),
        (("--payload", "3gpp-set1-leo600"), "give altitude_km"),
        (("--frequency-mhz", "0"), "above 0"),
        (("--frequency-mhz", "90000"), "in neither band"),
        (
            (*KA_LINK, "--frequency-mhz", "39000"),
            "0.1 to 30 GHz",
        ),
        (("--downlink-bandwidth-mhz", "inf"), "above 0"),
        (("--beam-radius-km", "-3"), "above 0"),
        (("--site", ROME), "are of a satellite"),
        (("--elements", "x"), "are of a satellite"),
        (("--satellite", "80001"), "needs a site and a time"),
        (("--satellite", "80001", "--elevation-deg", "40"), "leave out"),
        (("--satellite", "80001", "--site", "91,0", "--time", "epoch"), "latitude is -90 to 90"),
        (("--satellite", "80001", "--site", "Rome", "--time", "epoch"), "latitude,longitude"),
        (("--satellite", "80001", "--site", ROME, "--time", "noon"), "not a valid time"),
        (("--satellite", "80001", "--site", ROME, "--time", "epoch"), "below the horizon of 41.9,12.5 at 2026-08-22"),
        (("--satellite", "80001", "--site", "80,0", "--time", "epoch"), "does not rise within a day"),
        (("--satellite", "1", "--site", ROME, "--time", "epoch", "--elements", "nope"), "no file, shipped set"),
        (("--satellite", "SPACEMOBILE", "--site", ROME, "--time", "epoch"), "nearest name is"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(arguments, message):
    assert message in error_of(*arguments)


def test_two_way_service_over_a_payload_without_uplink(tmp_path):
    text = (
        'title = "Only down"\nbased_on = "starlink-d2c"\n'
        'beam = { peak_gain_dbi = { value = 35.0, source = "test" } }\n'
    )
    deaf = tmp_path / "deaf.toml"
    deaf.write_text(text)
    arguments = ("--payload", str(deaf), "--altitude-km", "500", "--elevation-deg", "40")
    found = report(*arguments)
    assert found["uplink"] is not None  # based_on brings it, so write one without
    deaf.write_text(
        'title = "Only down"\n[downlink]\nfrequency_mhz = { value = 1992.5, source = "test" }\n'
        'bandwidth_mhz = { value = 4.5, source = "test" }\neirp_density_dbw_mhz = { value = 50, source = "test" }\n'
        '[beam]\npeak_gain_dbi = { value = 35.0, source = "test" }\n'
    )
    assert "needs an uplink" in error_of(*arguments, "--service", "text")
    assert report(*arguments)["uplink"] is None


def test_exit_codes():
    def code(*arguments):
        command = [sys.executable, "-m", "d2c", "link", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert code("--elevation-deg", "30").returncode == 0
    bad = code("--payload", "x")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("d2c: unknown payload 'x'")
    assert len(bad.stderr.splitlines()) == 1


def test_a_gain_as_printed_is_a_note_of_the_budget():
    arguments = ("--payload", "wp4c-system3", "--altitude-km", "525", "--elevation-deg", "40")
    scan = next(line for line in report(*arguments)["downlink"]["lines"] if line["name"] == "scan loss")
    assert scan["assumed"].startswith(
        "no scan loss in the source; gain as printed: the working party's pattern"
    )
    fixed = report("--payload", "3gpp-set4-leo600", "--altitude-km", "600", "--elevation-deg", "40")
    off_axis = next(line for line in fixed["downlink"]["lines"] if line["name"] == "off-axis loss")
    assert "6.0 dBi by itself" in off_axis["assumed"]


def test_payload_that_only_sends_needs_no_service_to_be_named():
    # ITU-R WP 4C's System 3 at 525 km: -85.5 dBW/m2/MHz at the nadir, by 39.9 dBW/MHz and 4 pi d^2
    done = CliRunner().invoke(
        d2c, ["link", "--payload", "wp4c-system3", "--altitude-km", "525", "--elevation-deg", "90", "--json"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["uplink"] is None
    assert found["downlink"]["pfd_dbw_m2_mhz"] == pytest.approx(-85.5, abs=0.05)


OWN = ("--eirp-dbw", "40", "--frequency-mhz", "2000", "--bandwidth-mhz", "5")
OWN_ORBIT = ("--altitude-km", "600", "--elevation-deg", "30")


def test_a_satellite_of_ones_own_needs_no_entry():
    phone = ("--rx-gain-dbi", "0", "--noise-figure-db", "7", "--g-over-t-db-k", "5")
    found = report(*OWN, *phone, *OWN_ORBIT)
    assert (found["payload"], found["handset"]) == (None, "3gpp-handheld")  # the rest of the handset
    assert found["given"] == {
        "eirp_dbw": 40,
        "g_over_t_db_k": 5,
        "frequency_mhz": 2000,
        "bandwidth_mhz": 5,
        "rx_gain_dbi": 0,
        "noise_figure_db": 7,
    }
    lines = {line["name"]: line for line in found["downlink"]["lines"]}
    assert (lines["EIRP"]["value"], lines["EIRP"]["source"]) == (pytest.approx(40), "given by the user")
    assert [service["name"] for service in found["services"]] == ["text", "voice"]
    text = run(*OWN, *phone, *OWN_ORBIT).stdout
    assert text.startswith("satellite given by the user\nto 3gpp-handheld (")
    assert "given by the user: eirp_dbw = 40, g_over_t_db_k = 5" in text


def test_without_a_g_over_t_it_has_no_uplink():
    found = report(*OWN, *OWN_ORBIT)
    assert found["uplink"] is None
    assert [service["name"] for service in found["services"]] == ["cell-broadcast"]


def test_what_is_neither_given_nor_of_an_entry_is_named():
    assert error_of("--eirp-dbw", "40") == (
        "--frequency-mhz, --bandwidth-mhz, --altitude-km (or --satellite): neither given nor of an entry; give what is "
        "missing, or the --payload that has it"
    )
    assert error_of(*OWN).startswith("--altitude-km (or --satellite): neither")


def test_given_figures_and_losses_replace_those_of_entries():
    found = report("--g-over-t-db-k", "12", "--loss", "body loss=1", "rain=2", "--elevation-deg", "30")
    plain = report("--elevation-deg", "30")
    assert found["payload"] == "starlink-d2c"
    assert found["given"] == {"g_over_t_db_k": 12, "loss body loss": 1, "loss rain": 2}
    assert plain["given"] == {}
    # body loss of 4 dB in the set, G/T of 9.5 dB/K in the payload
    assert found["downlink"]["c_n_db"] == pytest.approx(plain["downlink"]["c_n_db"] + 3 - 2)
    assert found["uplink"]["c_n_db"] == pytest.approx(plain["uplink"]["c_n_db"] + 3 - 2 + 2.5)


def test_names_that_are_alike_are_told_apart():
    found = report("--loss", "ionospheric scintillation=1", "rain=1", "rains=2", "--elevation-deg", "30")
    values = {line["name"]: line["value"] for line in found["downlink"]["lines"]}
    assert (values["ionospheric scintillation"], values["rain"], values["rains"]) == (1, 1, 2)


def test_all_figures_of_a_handset_need_no_entry():
    figures = ("--tx-power-dbm", "33", "--tx-gain-dbi", "30", "--rx-gain-dbi", "30", "--noise-figure-db", "3")
    ka = (
        "--eirp-dbw",
        "40",
        "--frequency-mhz",
        "20000",
        "--bandwidth-mhz",
        "5",
        "--losses",
        "terminal",
        *OWN_ORBIT,
    )
    assert "'3gpp-handheld' is of the S band" in error_of(*ka, *figures)
    found = report(*ka, *figures, "--antenna-temperature-k", "150")
    assert found["handset"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--eirp-dbw", "nan"), "--frequency-mhz, --bandwidth-mhz"),
        (
            (*OWN, *OWN_ORBIT, "--eirp-density-dbw-mhz", "3"),
            "give --eirp-dbw or --eirp-density-dbw-mhz, not both",
        ),
        (("--noise-figure-db", "inf"), "--noise-figure-db inf must be a finite number"),
        (("--bandwidth-mhz", "0"), "--bandwidth-mhz 0 must be above 0"),
        (("--loss", "body loss"), "write NAME=DB, such as 'body loss=3'"),
        (("--loss", "=3"), "write NAME=DB"),
        (("--loss", "rain=nan"), "write NAME=DB"),
        (("--loss", "body los=3"), "--loss body los: did you mean 'body loss'?"),
        (("--loss", "Gases=3"), "--loss Gases: did you mean 'gases'?"),
        (("--loss", "off-axis loss=3"), "this budget has no such line; its lines are: EIRP, scan loss"),
        (("--loss", "EIRP=3"), "'EIRP' is a line of link budgets, but no loss; give --eirp-dbw"),
        ((*OWN, *OWN_ORBIT, "--service", "text"), "service 'text' needs an uplink"),
        (
            ("--payload", "wp4c-system4", "--altitude-km", "690", "--g-over-t-db-k", "3"),
            "has no uplink; to give it one, give --frequency-mhz and --bandwidth-mhz too",
        ),
    ],
)
def test_odd_figures_are_one_line(arguments, message):
    assert message in error_of(*arguments)

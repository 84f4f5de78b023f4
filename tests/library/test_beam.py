"""Beams of payloads: no pattern radiates more than its power, unless it says that a source prints it so."""

import math

import numpy as np
import pytest

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.beam import ROUNDING_DB, Beam
from d2c.library.entry import Figure, entry_names
from d2c.scenario.assumptions import scenario_assumptions
from d2c.scenario.model import Link, Scenario
from d2c.units import from_db

PAYLOADS = {name: models.read_payload(name) for name in entry_names("payloads")}
PATTERNS = {name: payload for name, payload in PAYLOADS.items() if payload.beam.pattern != "isotropic"}
PRINTED = {"wp4c-system3", "wp4c-system4", "3gpp-set4-leo600"}
PER_CENT = 0.5  # printed without decimals


def directivity_dbi(payload):
    return payload.beam.directivity_dbi(frequency_hz=payload.downlink.frequency_mhz.value * 1e6)


def write(folder, text, *, base="starlink-d2c"):
    path = folder / "mine.toml"
    path.write_text(f'title = "Mine"\nbased_on = "{base}"\n[beam]\n{text}\n', encoding="utf-8")
    return str(path)


def figure(value):
    return f'{{ value = {value}, source = "made up" }}'


@pytest.mark.parametrize(
    ("name", "radiated_percent"),
    [("wp4c-system3", 204), ("3gpp-set4-leo600", 318), ("3gpp-set1-leo600", 57), ("3gpp-set1-geo-ka", 64)],
)
def test_power_that_the_printed_gains_radiate(name, radiated_percent):
    """Found by an independent integration of the patterns: 204 %, 318 %, and 57 to 64 % for the apertures of 3GPP."""
    payload = PAYLOADS[name]
    radiated = 100 * from_db(payload.beam.peak_gain_dbi.value - directivity_dbi(payload))
    assert radiated == pytest.approx(radiated_percent, abs=PER_CENT)


def test_power_of_the_envelope_of_system_4():
    """The same integration: 353 % within 90 deg of the axis; behind it the 0 dBi of S.1528 are half of everything."""
    payload = PAYLOADS["wp4c-system4"]
    radiated = 100 * from_db(payload.beam.peak_gain_dbi.value - directivity_dbi(payload))
    assert radiated == pytest.approx(353 + 50, abs=PER_CENT)


def test_the_pattern_of_system_3_does_not_have_the_gain_of_the_filing(tmp_path):
    """An independent integration gives 31.25 dBi for a Taylor pattern of 1.78 m at 1992.5 MHz, 3.75 dB below 35."""
    text = f'aperture_m = {figure(1.78)}\ngain_as_printed = "so it is"\npeak_gain_dbi = {figure(35)}'
    text += f"\n[downlink]\nfrequency_mhz = {figure(1992.5)}"
    mine = models.read_payload(write(tmp_path, text, base="wp4c-system3"))
    assert directivity_dbi(mine) == pytest.approx(31.25, abs=0.005)


@pytest.mark.parametrize("name", PATTERNS)
def test_gain_is_above_the_directivity_only_as_printed(name):
    beam, directivity = PATTERNS[name].beam, directivity_dbi(PATTERNS[name])
    above = beam.peak_gain_dbi.value > directivity + ROUNDING_DB
    assert above == bool(beam.gain_as_printed) == (name in PRINTED)
    if above:
        assert f" {directivity:.1f} dBi by itself" in beam.gain_as_printed


@pytest.mark.parametrize("name", [name for name in PATTERNS if PATTERNS[name].beam.pattern != "planar-array"])
def test_directivity_is_that_of_even_steps(name):
    """The same integral with two million even steps of the off-axis angle."""
    payload = PATTERNS[name]
    reach = 180 if payload.beam.pattern.startswith("s1528") and "taylor" not in payload.beam.pattern else 90
    off_axis_deg = (np.arange(2_000_000) + 0.5) / 2_000_000 * reach
    gain = from_db(
        payload.beam.off_axis_gain_db(
            off_axis_deg=off_axis_deg, frequency_hz=payload.downlink.frequency_mhz.value * 1e6
        )
    )
    total = (gain * np.sin(np.radians(off_axis_deg))).mean() * math.radians(reach)
    assert directivity_dbi(payload) == pytest.approx(10 * math.log10(2 / total), abs=0.001)


@pytest.mark.parametrize("gain", [29, 32, 38])
def test_apertures_of_the_filed_beams_have_their_gain_in_the_proportions_of_the_array(gain):
    beam, wavelength_m = PAYLOADS[f"starlink-d2c-{gain}dbi"].beam, 299_792_458.0 / 1992.5e6
    area_m2 = beam.length_along_m.value * beam.length_across_m.value
    assert 10 * math.log10(4 * math.pi * area_m2 / wavelength_m**2) == pytest.approx(gain, abs=0.02)
    assert beam.length_along_m.value / beam.length_across_m.value == pytest.approx(2.7 / 2.3, abs=0.01)
    assert beam.length_along_m.assumed


def test_the_38_dbi_beam_says_that_its_antenna_does_not_fly():
    payload = PAYLOADS["starlink-d2c-38dbi"]
    for text in (payload.note, payload.beam.length_along_m.assumed):
        assert "11.4 m2" in text
        assert "6.2 m2" in text


def test_a_gain_above_the_directivity_is_refused(tmp_path):
    path = write(tmp_path, f"peak_gain_dbi = {figure(36)}")
    with pytest.raises(ScenarioError) as refused:
        models.read_payload(path)
    text = str(refused.value)
    assert text.startswith(
        f"{path}: [beam] peak_gain_dbi = 36 dBi is above the 35.4 dBi that pattern planar-array"
    )
    assert text.endswith('less gain, or gain_as_printed = "reason" to keep the gain that a source prints')
    assert models.read_payload(write(tmp_path, f"peak_gain_dbi = {figure(35.5)}"))  # rounding
    for ways_out in (
        f"peak_gain_dbi = {figure(36)}\nlength_along_m = {figure(3.1)}",
        f'peak_gain_dbi = {figure(36)}\npattern = "isotropic"',
        f'peak_gain_dbi = {figure(36)}\ngain_as_printed = "their page"',
    ):
        assert models.read_payload(write(tmp_path, ways_out)).beam.peak_gain_dbi.value == 36


def test_what_is_said_of_a_gain_is_not_inherited_by_another_gain(tmp_path):
    kept = models.read_payload(write(tmp_path, 'polarisation = "linear"', base="wp4c-system3"))
    assert kept.beam.gain_as_printed == PAYLOADS["wp4c-system3"].beam.gain_as_printed
    lower = models.read_payload(write(tmp_path, f"peak_gain_dbi = {figure(31)}", base="wp4c-system3"))
    assert lower.beam.gain_as_printed == ""
    with pytest.raises(ScenarioError, match=r"peak_gain_dbi = 33 dBi is above the 31\.0 dBi"):
        models.read_payload(write(tmp_path, f"peak_gain_dbi = {figure(33)}", base="wp4c-system3"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'steering = "fixed-nadir"',
            "pattern planar-array is that of a steered beam; give steering = 'steered'",
        ),
        (f"length_across_m = {figure(0)}", r"length_across_m = 0 must be above 0"),
        (f"scan_loss_exponent = {figure(-1)}", r"scan_loss_exponent = -1 must be at least 0"),
        (f'pattern = "aperture"\naperture_m = {figure(-2)}', r"aperture_m = -2 must be above 0"),
        (
            f'pattern = "s1528-leo"\nbeamwidth_deg = {figure(40)}\npeak_gain_dbi = {figure(8)}',
            r"mine\.toml: peak gain 8 dBi is below the 11\.75 dBi that ITU-R S\.1528-0",
        ),
    ],
)
def test_invalid_beams(tmp_path, text, message):
    with pytest.raises(ScenarioError, match=message):
        models.read_payload(write(tmp_path, text))


def test_a_planar_array_needs_its_sides_and_its_scan_loss():
    missing = "(?s)scan_loss_exponent .of pattern planar-array.*length_along_m .of.*length_across_m .of"
    with pytest.raises(ValueError, match=missing):
        Beam(peak_gain_dbi=Figure(value=30, source="made up"), pattern="planar-array")


def test_a_gain_as_printed_is_among_the_assumptions_of_a_run():
    assumed = scenario_assumptions(
        Scenario(
            constellation={"elements": "x"}, link=Link(payload="wp4c-system3", services=("cell-broadcast",))
        )
    )
    assert "31.0 dBi by itself" in assumed["wp4c-system3: beam.gain_as_printed"]
    ours = scenario_assumptions(Scenario(constellation={"elements": "x"}))
    assert not any("gain_as_printed" in key for key in ours)
    assert "Schedule S" in ours["starlink-d2c: beam.scan_loss_exponent"]

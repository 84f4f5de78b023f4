"""Spectral efficiency and bit rate against printed tables, filed peak rates and known maxima."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError, ScenarioError
from d2c.link.rate import (
    block_error_rate_c_n_db,
    channel_names,
    channel_rate_bit_s,
    efficiency_bit_symbol,
    filed_peak_rate_bit_s,
    occupied_bandwidth_hz,
    rate_table,
    required_c_n_db,
)

MAXIMUM_C_N_DB = 60.0


@pytest.mark.parametrize("name", ["cqi", "nr_mcs"])
def test_printed_efficiency_is_modulation_times_code_rate(name):
    """TS 36.213 and TS 38.214 print four decimals; 2.4062 and 2.4063 are both 4 * 616 / 1024."""
    table = rate_table(name)
    product = table["modulation_order"] * table["code_rate_x1024"] / 1024
    np.testing.assert_allclose(table["efficiency_bit_symbol"], product, rtol=0, atol=0.51e-4)


def test_thresholds_are_above_the_shannon_bound():
    """The gap to log2(1 + S/N) is 2.8 to 6.1 dB."""
    shannon_db = 10 * np.log10(2 ** rate_table("cqi")["efficiency_bit_symbol"] - 1)
    gap = rate_table("cqi_thresholds")["c_n_db"] - shannon_db
    assert gap.min() == pytest.approx(2.83, abs=0.005)
    assert gap.max() == pytest.approx(6.07, abs=0.005)


@pytest.mark.parametrize(
    ("c_n_db", "expected"),
    [(-6.8, 0.0), (-6.7, 0.1523), (0.0, 0.377), (0.2, 0.6016), (22.7, 5.5547), (math.inf, 5.5547)],
)
def test_efficiency_by_cqi(c_n_db, expected):
    assert efficiency_bit_symbol(c_n_db=c_n_db) == expected


@pytest.mark.parametrize(
    ("c_n_db", "expected"), [(-2.7, 0.0), (-2.6, 0.4902), (3.5, 1.3262), (3.6, 1.3281), (19.6, 5.5547)]
)
def test_efficiency_by_mcs(c_n_db, expected):
    assert efficiency_bit_symbol(c_n_db=c_n_db, table="nr-mcs") == expected


@given(st.sampled_from(["cqi", "nr-mcs"]), st.floats(-30, 40), st.floats(0, 20))
def test_efficiency_rises_with_c_n(table, c_n_db, more_db):
    low, high = efficiency_bit_symbol(c_n_db=np.array([c_n_db, c_n_db + more_db]), table=table)
    assert low <= high


@pytest.mark.parametrize(
    ("channel", "direction", "printed_mbit_s"),
    [
        ("lte-1.4", "downlink", 4.4),
        ("lte-5", "downlink", 18.3),
        ("lte-1.4", "uplink", 3.0),
        ("lte-5", "uplink", 7.2),
    ],
)
def test_filed_peak_rates(channel, direction, printed_mbit_s):
    """FCC SAT-MOD-20230207-00021, Technical Narrative."""
    assert round(filed_peak_rate_bit_s(channel=channel, direction=direction) / 1e6, 1) == printed_mbit_s


@pytest.mark.parametrize(("channel", "printed_mbit_s"), [("lte-1.4", 4.4), ("lte-5", 18.3)])
def test_maximum_c_n_gives_the_filed_downlink_rate(channel, printed_mbit_s):
    assert round(channel_rate_bit_s(c_n_db=MAXIMUM_C_N_DB, channel=channel) / 1e6, 1) == printed_mbit_s


def test_filed_blocks_are_marked_assumed():
    assert "matching" in rate_table("fcc_peak_rates").assumed


def test_lte_blocks_fit_the_resource_blocks():
    """A block cannot exceed 6 bits on each of the 12 * 14 resource elements of its resource blocks."""
    table = rate_table("lte_transport_blocks")
    for blocks in (6, 15, 25, 50):
        bits = table[f"blocks_{blocks}_bit"]
        assert (np.diff(bits) > 0).all()
        assert bits[-1] < 6 * 168 * blocks


def test_nr_peak_of_ts38306():
    """4.1.2: 6 bits * 948/1024 * 300 subcarriers * 14,000 symbols/s * (1 - 0.14) = 20.06 Mbit/s."""
    expected = 6 * 948 / 1024 * 12 * 25 * 14_000 * (1 - 0.14)
    assert channel_rate_bit_s(c_n_db=MAXIMUM_C_N_DB, channel="nr-5") == pytest.approx(expected, rel=1e-5)
    uplink = channel_rate_bit_s(c_n_db=MAXIMUM_C_N_DB, channel="nr-5", direction="uplink")
    assert uplink == pytest.approx(expected / 0.86 * 0.92, rel=1e-5)


@pytest.mark.parametrize(("direction", "known_kbit_s"), [("downlink", 226.7), ("uplink", 250.0)])
def test_nb_iot_peaks(direction, known_kbit_s):
    """Release 13: 680 bits in three subframes down, 1000 bits in four resource units up."""
    rate = channel_rate_bit_s(c_n_db=MAXIMUM_C_N_DB, channel="nb-iot", direction=direction)
    assert round(rate / 1e3, 1) == known_kbit_s


@pytest.mark.parametrize(
    ("channel", "mhz"),
    [("lte-1.4", 1.08), ("lte-3", 2.7), ("lte-5", 4.5), ("lte-10", 9.0), ("nr-30", 28.8), ("nb-iot", 0.18)],
)
def test_occupied_bandwidth(channel, mhz):
    assert occupied_bandwidth_hz(channel) == pytest.approx(mhz * 1e6)


def test_channels_and_guard_bands():
    expected = "lte-1.4 lte-3 lte-5 lte-10 nr-5 nr-10 nr-15 nr-20 nr-25 nr-30 nb-iot"
    assert " ".join(channel_names()) == expected
    guard = {
        c: (1 - occupied_bandwidth_hz(c) / 1e6 / float(c.split("-")[1])) / 2 for c in channel_names()[:-1]
    }
    assert all(0.0199 < share < 0.0501 for channel, share in guard.items() if channel.startswith("nr-"))
    assert all(0.0499 < share < 0.12 for channel, share in guard.items() if channel.startswith("lte-"))


@given(
    st.sampled_from(channel_names()),
    st.sampled_from(["downlink", "uplink"]),
    st.floats(-20, 40),
    st.floats(0, 20),
)
def test_bit_rate_rises_with_c_n_below_the_shannon_bound(channel, direction, c_n_db, more_db):
    low, high = channel_rate_bit_s(
        c_n_db=np.array([c_n_db, c_n_db + more_db]), channel=channel, direction=direction
    )
    assert low <= high
    assert low <= occupied_bandwidth_hz(channel) * math.log2(1 + 10 ** (c_n_db / 10))


@pytest.mark.parametrize("channel", channel_names())
def test_every_channel_has_a_rate_at_the_lowest_cqi(channel):
    for direction in ("downlink", "uplink"):
        rate_bit_s = channel_rate_bit_s(c_n_db=np.array([-6.71, -6.7]), channel=channel, direction=direction)
        assert rate_bit_s[0] == 0
        assert rate_bit_s[1] > 0


def test_required_c_n_by_hand():
    """In a resource block CQI 3 carries 0.377 * 180 kHz * 14/15 * 0.86 = 54.5 kbit/s, CQI 2 33.9.

    So AMR 4.75 plain (54 bytes every 20 ms, 21.6 kbit/s) needs CQI 1, in an ESP tunnel (108 bytes, 43.2) CQI
    3.
    """
    assert required_c_n_db(bit_rate_bit_s=21.6e3, bandwidth_hz=180e3) == -6.7
    assert required_c_n_db(bit_rate_bit_s=43.2e3, bandwidth_hz=180e3) == -2.3
    assert required_c_n_db(bit_rate_bit_s=54.4e3, bandwidth_hz=180e3) == -2.3
    assert required_c_n_db(bit_rate_bit_s=54.6e3, bandwidth_hz=180e3) == 0.2


@given(st.floats(1e3, 20e6), st.sampled_from([name for name in channel_names() if name.startswith("nr-")]))
def test_required_c_n_is_the_minimum_for_the_rate(bit_rate, channel):
    bandwidth_hz = occupied_bandwidth_hz(channel)
    required_db = required_c_n_db(bit_rate_bit_s=bit_rate, bandwidth_hz=bandwidth_hz)
    assert channel_rate_bit_s(c_n_db=required_db, channel=channel) >= bit_rate * (1 - 1e-12)
    if required_db > -6.7:
        assert channel_rate_bit_s(c_n_db=required_db - 0.01, channel=channel) < bit_rate


@pytest.mark.parametrize(
    ("bit_rate", "bandwidth_hz", "message"),
    [
        (1e6, 180e3, r"1000 kbit/s is more than the 802\.\d kbit/s that CQI 15 carries in 180 kHz"),
        (0.0, 180e3, "must be above 0"),
        (1e3, -1.0, "must be above 0"),
        (math.nan, 180e3, "must be above 0"),
    ],
)
def test_required_c_n_range_errors(bit_rate, bandwidth_hz, message):
    with pytest.raises(ModelRangeError, match=message):
        required_c_n_db(bit_rate_bit_s=bit_rate, bandwidth_hz=bandwidth_hz)


def test_unknown_names_suggest_the_nearest_name():
    with pytest.raises(ScenarioError, match=r"unknown channel 'lte5'; did you mean 'lte-5'\?"):
        channel_rate_bit_s(c_n_db=10.0, channel="lte5")
    with pytest.raises(ScenarioError, match="no filed peak rate for channel 'lte-10'"):
        filed_peak_rate_bit_s(channel="lte-10", direction="downlink")
    with pytest.raises(ScenarioError, match="unknown efficiency table 'mcs'; did you mean 'nr-mcs'"):
        efficiency_bit_symbol(c_n_db=0.0, table="mcs")


@given(st.floats(0.1, 20), st.integers(1, 64), st.floats(0.01, 0.1))
def test_repetitions_help_and_fewer_errors_cost(kbps, repetitions, block_error_rate):
    rate = {"bit_rate_bit_s": kbps * 1e3 / repetitions, "bandwidth_hz": 180e3}
    once = required_c_n_db(**rate)
    assert required_c_n_db(**rate, repetitions=repetitions) <= once
    assert required_c_n_db(**rate, block_error_rate=block_error_rate) >= once


@pytest.mark.parametrize("block_error_rate", [0.5, 0.1, 0.01])
def test_block_error_rates_as_printed(block_error_rate):
    """Between neighbouring printed points, and 0 dB at 10 %, for which the thresholds hold."""
    offset_db = block_error_rate_c_n_db(block_error_rate)
    ten_percent_db = -1.0 + 0.6 * math.log(0.132 / 0.1) / math.log(0.132 / 0.00868)
    low, high = {0.5: (-1.6, -1.0), 0.1: (ten_percent_db, ten_percent_db), 0.01: (-1.0, -0.4)}[
        block_error_rate
    ]
    assert low - 1e-12 <= offset_db + ten_percent_db <= high + 1e-12


def test_block_error_rate_outside_the_table():
    with pytest.raises(ModelRangeError, match=r"block error rate 0\.1 % is outside the 0\.868 to 88\.6 %"):
        block_error_rate_c_n_db(0.001)

"""Spectral efficiency and bit rate for a C/N: CQI and MCS tables, LTE, NR and NB-IoT channels."""

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from d2c.errors import ModelRangeError, ScenarioError, did_you_mean
from d2c.propagation.model_range import check_range
from d2c.propagation.table import StandardTable, read_table
from d2c.units import to_db

Direction = Literal["downlink", "uplink"]

RESOURCE_BLOCK_HZ = 180e3  # 12 subcarriers of 15 kHz, TS 36.211 and TS 38.211
SYMBOLS_PER_S_HZ = 14.0 / 15.0  # 14 symbols per ms and 15 kHz subcarrier, normal cyclic prefix
# Control and reference signals: TS 38.306, 4.1.2, frequency range 1
NR_OVERHEAD = {"downlink": 0.14, "uplink": 0.08}
CQI_BLOCK_ERROR_RATE = 0.1  # of the table cqi_thresholds
# Assumed: see the tables nb_iot_downlink and nb_iot_uplink
_NB_IOT_SYMBOLS_PER_MS = {"downlink": 160.0, "uplink": 144.0}


def useful_symbols_per_s(bandwidth_hz: float, direction: Direction = "downlink") -> float:
    """Return the symbols per second of an occupied bandwidth that carry data, control and reference signals left out.

    Source: TS 36.211 and TS 38.306, as said at the constants of this module.
    """
    return bandwidth_hz * SYMBOLS_PER_S_HZ * (1.0 - NR_OVERHEAD[direction])


def rate_table(name: str) -> StandardTable:
    """Return a table of this package with its source and its assumptions."""
    return read_table(name, package="d2c.link")


def cqi(c_n_db: Any) -> Any:
    """Return the channel quality indicator (CQI) for a C/N, 0 to 15, same shape; 0 below CQI 1 and for NaN."""
    return _thresholds_reached(c_n_db, _thresholds_and_efficiency("cqi")[0])


def efficiency_bit_symbol(*, c_n_db: Any, table: Literal["cqi", "nr-mcs"] = "cqi") -> Any:
    """Return the bits per symbol at a block error rate of 10 %, same shape; zero below the lowest threshold.

    `cqi`: TS 36.213, table 7.2.3-1, with thresholds of an LTE receiver; `nr-mcs`: TS 38.214, table 5.1.3.1-1,
    with thresholds of an NR receiver, MCS 3 to 28 only.
    """
    thresholds, efficiency = _thresholds_and_efficiency(table)
    return np.append(0.0, efficiency)[_thresholds_reached(c_n_db, thresholds)]


def required_cqi(*, bit_rate_bit_s: float, bandwidth_hz: float) -> int:
    """Return the lowest CQI that carries a bit rate in a bandwidth.

    `bandwidth_hz` is the occupied bandwidth, 180 kHz per resource block. The rate of a CQI is its efficiency times 14
    symbols per millisecond and 15 kHz, less the overhead of 14 % of TS 38.306 for control and reference signals
    (the downlink value, for both directions). ModelRangeError if no CQI carries it, or for a rate or bandwidth not
    above zero.
    Source: TS 36.213, table 7.2.3-1.
    """
    if not (bit_rate_bit_s > 0 and bandwidth_hz > 0):
        raise ModelRangeError(
            f"bit rate {bit_rate_bit_s:g} bit/s and bandwidth {bandwidth_hz:g} Hz must be above 0"
        )
    efficiency = _thresholds_and_efficiency("cqi")[1]
    cqi_rate_bit_s = efficiency * useful_symbols_per_s(bandwidth_hz)
    sufficient = np.flatnonzero(cqi_rate_bit_s >= bit_rate_bit_s)
    if not sufficient.size:
        raise ModelRangeError(
            f"{bit_rate_bit_s / 1e3:g} kbit/s is more than the {cqi_rate_bit_s[-1] / 1e3:.1f} kbit/s that CQI 15 "
            f"carries in {bandwidth_hz / 1e3:g} kHz (TS 36.213, table 7.2.3-1); "
            "use more bandwidth, a lower rate or fewer repetitions"
        )
    return int(sufficient[0]) + 1


def required_c_n_db(
    *,
    bit_rate_bit_s: float,
    bandwidth_hz: float,
    repetitions: int = 1,
    block_error_rate: float = CQI_BLOCK_ERROR_RATE,
) -> float:
    """Return the C/N that a bit rate requires in a bandwidth: the threshold of the lowest CQI that carries it.

    Each block is sent `repetitions` times: the CQI carries so many times the rate, and the receiver adds up the energy
    without loss (assumed). ModelRangeError as for `required_cqi`, and for an error rate outside the table.
    Source: TS 36.213, table 7.2.3-1.
    """
    needed = required_cqi(bit_rate_bit_s=bit_rate_bit_s * repetitions, bandwidth_hz=bandwidth_hz)
    threshold_db = _thresholds_and_efficiency("cqi")[0][needed - 1]
    return float(threshold_db - to_db(repetitions) + block_error_rate_c_n_db(block_error_rate))


def block_error_rate_c_n_db(block_error_rate: float) -> float:
    """Return the C/N that a block error rate needs beyond that of 10 %, negative above 10 %.

    Interpolated in the logarithm of the error rate; ModelRangeError outside the table `block_error_rates`.
    """
    table = rate_table("block_error_rates")
    printed = table["block_error_rate"][::-1]
    check_range(
        name="block error rate",
        value=100 * block_error_rate,
        low=100 * printed[0],
        high=100 * printed[-1],
        unit="%",
        document=table.name,
    )
    wanted_db, reference_db = np.interp(
        np.log([block_error_rate, CQI_BLOCK_ERROR_RATE]), np.log(printed), table["c_n_db"][::-1]
    )
    return float(wanted_db - reference_db)


def channel_names() -> tuple[str, ...]:
    """Return the names of the channels with a bit rate: LTE and NR by bandwidth in MHz, and NB-IoT."""
    return (*_resource_blocks(), "nb-iot")


def occupied_bandwidth_hz(channel: str) -> float:
    """Return the occupied bandwidth of a channel; ScenarioError for an unknown one."""
    return RESOURCE_BLOCK_HZ * (1 if _checked_channel(channel) == "nb-iot" else _resource_blocks()[channel])


def channel_rate_bit_s(*, c_n_db: Any, channel: str, direction: Direction = "downlink") -> Any:
    """Return the bit rate of a fully scheduled channel, one layer, same shape as the C/N.

    The CQI follows from the C/N. LTE: transport block of the MCS with the efficiency of that CQI, TS 36.213, table
    7.1.7.2.1-1. NR: TS 38.306, 4.1.2, with that efficiency. NB-IoT: fastest transport block whose bits per symbol
    the CQI carries, without repetitions. Zero below CQI 1 and for NaN. ScenarioError for an unknown channel.
    """
    thresholds, efficiency = _thresholds_and_efficiency("cqi")
    cqi_index = _thresholds_reached(c_n_db, thresholds)
    if _checked_channel(channel) == "nb-iot":
        return np.append(0.0, _nb_iot_rates(direction))[cqi_index]
    blocks = _resource_blocks()[channel]
    if channel.startswith("lte-"):
        index = rate_table("lte_mcs")[f"i_tbs_{direction}"].astype(int)
        block_bit = rate_table("lte_transport_blocks")[f"blocks_{blocks}_bit"]
        return np.append(0.0, block_bit[index] * 1e3)[cqi_index]
    symbols_per_s = useful_symbols_per_s(blocks * RESOURCE_BLOCK_HZ, direction)
    return np.append(0.0, efficiency * symbols_per_s)[cqi_index]


def filed_peak_rate_bit_s(*, channel: str, direction: Direction) -> float:
    """Return the peak rate of a Starlink beam, from the LTE transport block that matches the FCC filing.

    ScenarioError for a channel that is not in the filing. Source: FCC SAT-MOD-20230207-00021; the blocks
    are `assumed` in the table.
    """
    table = rate_table("fcc_peak_rates")
    channels = [f"lte-{mhz:g}" for mhz in table["channel_mhz"]]
    if channel not in channels:
        raise ScenarioError(
            f"no filed peak rate for channel '{channel}'{did_you_mean(channel, set(channels))}"
        )
    row = np.flatnonzero((np.array(channels) == channel) & (table["uplink"] == (direction == "uplink")))[0]
    block_bit = rate_table("lte_transport_blocks")[f"blocks_{_resource_blocks()[channel]}_bit"]
    return float(block_bit[int(table["i_tbs"][row])] * 1e3)


@cache
def _thresholds_and_efficiency(table: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the C/N thresholds, ascending, and the efficiency at each."""
    if table == "cqi":
        return rate_table("cqi_thresholds")["c_n_db"], rate_table("cqi")["efficiency_bit_symbol"]
    if table == "nr-mcs":
        thresholds, schemes = rate_table("nr_mcs_thresholds"), rate_table("nr_mcs")
        efficiency = schemes["efficiency_bit_symbol"][thresholds["mcs"].astype(int)]
        return thresholds["c_n_db"], np.maximum.accumulate(efficiency)
    raise ScenarioError(f"unknown efficiency table '{table}'{did_you_mean(table, ('cqi', 'nr-mcs'))}")


def _thresholds_reached(c_n_db: Any, thresholds: NDArray[np.float64]) -> Any:
    """Return the number of thresholds at or below a C/N, same shape; zero for NaN."""
    c_n = np.asarray(c_n_db, dtype=float)
    return np.searchsorted(thresholds, np.where(np.isnan(c_n), -np.inf, c_n), side="right")


@cache
def _resource_blocks() -> dict[str, int]:
    return {
        f"{technology}-{mhz:g}": int(blocks)
        for technology in ("lte", "nr")
        for mhz, blocks in zip(*rate_table(f"{technology}_resource_blocks").columns.values(), strict=True)
    }


@cache
def _nb_iot_rates(direction: Direction) -> NDArray[np.float64]:
    """Return the NB-IoT bit rate of CQI 1 to 15."""
    table = rate_table(f"nb_iot_{direction}")
    bits_per_ms = table["block_bit"] / table["milliseconds"]
    cqi_bit_per_ms = rate_table("cqi")["efficiency_bit_symbol"][:, None] * _NB_IOT_SYMBOLS_PER_MS[direction]
    rates: NDArray[np.float64] = np.where(bits_per_ms <= cqi_bit_per_ms, bits_per_ms, 0.0).max(axis=1) * 1e3
    return rates


def _checked_channel(channel: str) -> str:
    if channel not in channel_names():
        raise ScenarioError(f"unknown channel '{channel}'{did_you_mean(channel, channel_names())}")
    return channel

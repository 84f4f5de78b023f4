"""Required C/N of services, stated or derived from their bit rate."""

import itertools
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError, ScenarioError
from d2c.library import models
from d2c.library.entry import entry_names
from d2c.library.models import Figure, Requirement
from d2c.link.service import (
    downlink_c_n_db,
    required_bit_rate_bit_s,
    required_cn_with_cqi,
    requirement_c_n_db,
    service_by_rule,
    uplink_c_n_db,
)

HALF_A_DIGIT = 5e-4  # of the logarithms in the derivations
FIGURES = Path(__file__).parents[2].parent / "shared" / "figures" / "cqi.json"


def rate_requirement(kbps, mhz):
    return Requirement(
        bit_rate_kbps=Figure(value=kbps, source="test"), bandwidth_mhz=Figure(value=mhz, source="test")
    )


def stated(c_n_db):
    return Requirement(c_n_db=Figure(value=c_n_db, source="test"))


def two_way_services():
    services = {name: models.read_service(name) for name in entry_names("services")}
    return {name: service for name, service in services.items() if service.uplink}


def test_encrypted_voice_by_hand():
    """44.8 kbit/s in a resource block: 180 kHz x 14/15 x 0.86 = 144.48 ksymbol/s.

    CQI 2 carries 0.2344 bit per symbol, 33.9 kbit/s; CQI 3 0.377, 54.5 kbit/s, from -2.3 dB.
    """
    required = required_cn_with_cqi(models.read_service("voice-encrypted").uplink)
    assert (required.c_n_db, required.cqi, required.derived) == (-2.3, 3, True)
    assert (required.repetitions, required.block_error_rate) == (1, 0.1)


def test_packet_of_encrypted_voice_by_hand():
    """RFC 4867: 4 + 6 + 95 bit in whole octets; RFC 4303: payload, padding and 2 octets of trailer in words of 4."""
    inner = math.ceil((4 + 6 + 95) / 8) + 12 + 8 + 20
    padded = 4 * math.ceil((inner + 2) / 4)
    packet = 20 + 8 + 8 + padded + 16
    assert packet == 108
    service = models.read_service("voice-encrypted")
    for requirement in (service.downlink, service.uplink):
        assert requirement.bit_rate_kbps.value == pytest.approx((packet + 4) * 8 / 20, abs=1e-12)


@pytest.mark.skipif(not FIGURES.is_file(), reason="the measured packets are not available")
def test_packets_as_measured():
    packets = json.loads(FIGURES.read_text())["voice_packet_bytes"]
    encrypted = packets["AMR-NB 4.75"]["ip_v4_esp_AES-GCM_tunnel"]["value"]
    plain = packets["AMR-WB 12.65"]["ip_v6_plain"]["value"]
    for name, octets in (("voice-encrypted", encrypted), ("voice", plain)):
        service = models.read_service(name)
        for requirement in (service.downlink, service.uplink):
            rate = requirement.bit_rate_kbps.value
            assert rate == pytest.approx((octets + 4) * 8 / 20, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "downlink", "uplink", "reported"),
    # Thresholds of the lowest CQI that carries the rate, by hand. One block: 144.48 ksymbol/s, CQI 1 to 5 carry 22.0,
    # 33.9, 54.5, 86.9 and 126.7 kbit/s; 25 blocks: 550, 847, 1362. Reported: AT&T and Verizon ex-parte summaries.
    [
        ("text", -6.7, -6.7, 0.0),  # 0.16 (CQI 1)
        ("data-64kbps", -6.7, 0.2, 5.0),  # 64 of 550 (CQI 1); 64 of 54.5 and 86.9 (CQI 4)
        ("voice", -6.7, -2.3, 5.0),  # 38.8 of 550 (CQI 1); more than 33.9 (CQI 2), less than 54.5 (CQI 3)
        ("voice-encrypted", -6.7, -2.3, 5.0),  # 44.8: as voice
        ("data-1mbps", -2.3, 2.4, 5.0),  # 1000: 847 (CQI 2), 1362 (CQI 3); 100: 86.9 (CQI 4), 126.7 (CQI 5)
        ("data", -2.3, 2.4, 5.0),
    ],
)
def test_required_c_n_of_library_services(name, downlink, uplink, reported):
    service = models.read_service(name)
    assert downlink_c_n_db(service) == downlink
    assert uplink_c_n_db(service) == uplink
    by_report = service_by_rule(service, "operator-reported", name=name)
    assert downlink_c_n_db(by_report) == reported
    assert uplink_c_n_db(by_report) == uplink
    for direction in ("downlink", "uplink"):
        bits = [required_bit_rate_bit_s(getattr(s, direction)) for s in (service, by_report)]
        assert bits[0] == bits[1] > 0


def test_nb_iot_by_hand():
    """0.16 kbit/s x 64 = 10.24 of 22.0 (CQI 1, -6.7 dB); 10 log10 8 = 9.031 and 10 log10 64 = 18.062 dB."""
    service = models.read_service("text-nbiot")
    assert downlink_c_n_db(service) == pytest.approx(-6.7 - 9.031, abs=HALF_A_DIGIT)
    assert uplink_c_n_db(service) == pytest.approx(-6.7 - 18.062, abs=HALF_A_DIGIT)
    assert [required_cn_with_cqi(r).repetitions for r in (service.downlink, service.uplink)] == [8, 64]


def test_cell_broadcast_by_hand():
    """2216 bit each 640 ms are 3.4625 kbit/s (CQI 1, -6.7 dB), at 1 % instead of 10 %.

    Of the printed curve (-1.0 dB: 0.132, -0.4 dB: 0.00868; logarithms -0.8794 and -2.0615) 10 % lies 0.1206 and 1 %
    1.1206 below the first: 0.6 x (1.1206 - 0.1206) / 1.1821 = 0.5076 dB.
    """
    service = models.read_service("cell-broadcast")
    assert required_bit_rate_bit_s(service.downlink) == pytest.approx(2216 / 0.640, abs=1e-9)
    assert downlink_c_n_db(service) == pytest.approx(-6.7 + 0.5076, abs=HALF_A_DIGIT)
    assert uplink_c_n_db(service) == -math.inf
    assert downlink_c_n_db(service_by_rule(service, "operator-reported", name="cell-broadcast")) == 0.0


def test_more_bits_never_need_less():
    services = two_way_services()
    nb_iot = services.pop("text-nbiot")
    for one, other in itertools.permutations(services.values(), 2):
        for direction in ("downlink", "uplink"):
            less, more = getattr(one, direction), getattr(other, direction)
            if required_bit_rate_bit_s(less) <= required_bit_rate_bit_s(more):
                assert requirement_c_n_db(less) <= requirement_c_n_db(more), (one.title, other.title)
    text = services["text"]
    assert downlink_c_n_db(nb_iot) <= downlink_c_n_db(text)
    assert uplink_c_n_db(nb_iot) <= uplink_c_n_db(text)


def test_a_stated_c_n_decides_and_the_bits_stay():
    mine = Requirement.model_validate(
        rate_requirement(1000, 4.5).model_dump() | {"c_n_db": {"value": 3.0, "source": "me"}}
    )
    assert requirement_c_n_db(mine) == 3.0
    assert not required_cn_with_cqi(mine).derived
    assert required_bit_rate_bit_s(mine) == 1e6
    assert required_bit_rate_bit_s(stated(3.0)) is None


def test_a_service_that_no_operator_speaks_of_is_refused():
    mine = models.Service(title="Mine", downlink=rate_requirement(10, 0.18))
    assert service_by_rule(mine, "bits", name="mine") is mine
    with pytest.raises(
        ScenarioError, match=r"'mine' has no operator_reported_c_n_db; .*service_rule = 'bits'"
    ):
        service_by_rule(mine, "operator-reported", name="mine")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "state bit_rate_kbps and bandwidth_mhz, or c_n_db"),
        ({"bit_rate_kbps": 1}, "go together"),
        ({"c_n_db": 1, "repetitions": 2}, "need bit_rate_kbps"),
        ({"bit_rate_kbps": 1, "bandwidth_mhz": 1, "repetitions": 1.5}, "whole number"),
        ({"bit_rate_kbps": 1, "bandwidth_mhz": 1, "repetitions": 0}, "whole number"),
        ({"bit_rate_kbps": 1, "bandwidth_mhz": 1, "block_error_rate": 1}, "between 0 and 1"),
    ],
)
def test_requirements_that_say_nothing(keys, message):
    with pytest.raises(ValueError, match=message):
        Requirement.model_validate({key: {"value": v, "source": "test"} for key, v in keys.items()})


@pytest.mark.parametrize(("c_n_db", "cqi"), [(-7.0, 0), (-6.7, 1), (0.0, 3), (5.0, 6), (30.0, 15)])
def test_cqi_of_a_stated_requirement(c_n_db, cqi):
    # thresholds -6.7, -4.7, -2.3, 0.2, 2.4, 4.3, 5.9 ... 22.7 dB
    assert required_cn_with_cqi(stated(c_n_db)).cqi == cqi


@given(st.floats(0.1, 700), st.floats(0.1, 90), st.sampled_from([0.18, 1.08, 4.5]))
def test_required_c_n_rises_with_bit_rate(kbps, extra_kbps, mhz):
    assert requirement_c_n_db(rate_requirement(kbps, mhz)) <= requirement_c_n_db(
        rate_requirement(kbps + extra_kbps, mhz)
    )


def test_bit_rate_above_the_bandwidth_limit():
    # CQI 15 carries 5.5547 bit in each of 144.48 ksymbol/s: 802.5 kbit/s
    with pytest.raises(ModelRangeError, match=r"803 kbit/s is more than the 802\.5 kbit/s"):
        requirement_c_n_db(rate_requirement(803, 0.18))

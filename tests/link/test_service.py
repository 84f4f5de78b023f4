"""Required C/N of services, stated or derived from their bit rate."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError
from d2c.library import models
from d2c.library.models import Figure, Requirement
from d2c.link.service import downlink_c_n_db, required_cn_with_cqi, requirement_c_n_db, uplink_c_n_db

FIGURES = Path(__file__).parents[2].parent / "shared" / "figures" / "cqi.json"


def rate_requirement(kbps, mhz):
    return Requirement(
        bit_rate_kbps=Figure(value=kbps, source="test"), bandwidth_mhz=Figure(value=mhz, source="test")
    )


def test_stated_requirements():
    # AT&T and Verizon ex-parte summaries: 0 dB for text, 5 dB for voice
    assert downlink_c_n_db(models.read_service("text")) == 0.0
    assert downlink_c_n_db(models.read_service("voice")) == 5.0
    assert not required_cn_with_cqi(models.read_service("voice").downlink).derived


def test_encrypted_voice_by_hand():
    """44.8 kbit/s in a resource block: 180 kHz x 14/15 x 0.86 = 144.48 ksymbol/s.

    CQI 2 carries 0.2344 bit per symbol, 33.9 kbit/s; CQI 3 0.377, 54.5 kbit/s, from -2.3 dB.
    """
    required = required_cn_with_cqi(models.read_service("voice-encrypted").downlink)
    assert (required.c_n_db, required.cqi, required.derived) == (-2.3, 3, True)
    assert uplink_c_n_db(models.read_service("voice-encrypted")) == -2.3


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
        rate = models.read_service(name).uplink.bit_rate_kbps.value
        assert rate == pytest.approx((octets + 4) * 8 / 20, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "downlink", "uplink"),
    # thresholds of the lowest CQI that carries the rate, by hand as above (25 blocks: 3612 ksymbol/s)
    [
        ("cell-broadcast", -6.7, -math.inf),  # 221.6 kbit/s of 550 (CQI 1); no uplink
        ("text", 0.0, -6.7),  # 1.6 of 22.0 (CQI 1)
        ("voice", 5.0, -2.3),  # 38.8: more than 33.9 (CQI 2), less than 54.5 (CQI 3)
        ("data", -2.3, 2.4),  # 1000: 847 (CQI 2), 1362 (CQI 3); 100: 86.9 (CQI 4), 126.7 (CQI 5)
    ],
)
def test_required_c_n_of_library_services(name, downlink, uplink):
    service = models.read_service(name)
    assert downlink_c_n_db(service) == downlink
    assert uplink_c_n_db(service) == uplink


@pytest.mark.parametrize(("c_n_db", "cqi"), [(-7.0, 0), (-6.7, 1), (0.0, 3), (5.0, 6), (30.0, 15)])
def test_cqi_of_a_stated_requirement(c_n_db, cqi):
    # thresholds -6.7, -4.7, -2.3, 0.2, 2.4, 4.3, 5.9 ... 22.7 dB
    requirement = Requirement(c_n_db=Figure(value=c_n_db, source="test"))
    assert required_cn_with_cqi(requirement).cqi == cqi


@given(st.floats(0.1, 700), st.floats(0.1, 90), st.sampled_from([0.18, 1.08, 4.5]))
def test_required_c_n_rises_with_bit_rate(kbps, extra_kbps, mhz):
    assert requirement_c_n_db(rate_requirement(kbps, mhz)) <= requirement_c_n_db(
        rate_requirement(kbps + extra_kbps, mhz)
    )


def test_bit_rate_above_the_bandwidth_limit():
    # CQI 15 carries 5.5547 bit in each of 144.48 ksymbol/s: 802.5 kbit/s
    with pytest.raises(ModelRangeError, match=r"803 kbit/s is more than the 802\.5 kbit/s"):
        requirement_c_n_db(rate_requirement(803, 0.18))

"""Margins, probabilities and bit rates of services on a link."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError, ScenarioError
from d2c.library import models
from d2c.link.budget import Line, LinkBudget, RadioLink
from d2c.link.margins import carried_bit_s, service_margin
from d2c.link.rate import required_c_n_db


def budget(direction, c_n_db, *, frequency_mhz=2000.0, bandwidth_mhz=0.18):
    line = Line("C/N", 1, np.asarray(c_n_db, dtype=float), "dB", "test")
    return LinkBudget(direction, frequency_mhz * 1e6, bandwidth_mhz * 1e6, (line,))


def service(down_db, up_db=None):
    def requirement(c_n_db):
        return {"c_n_db": {"value": c_n_db, "source": "test"}}

    uplink = None if up_db is None else requirement(up_db)
    return models.Service.model_validate(
        {"title": "Test", "downlink": requirement(down_db), "uplink": uplink}
    )


def margin_of(down_db, up_db, service_model, **options):
    uplink = None if up_db is None else budget("uplink", up_db)
    return service_margin(
        "test", service_model, downlink=budget("downlink", down_db), uplink=uplink, **options
    )


def test_the_worse_direction_decides():
    result = margin_of([10.0, 10.0], [4.0, 2.0], service(5.0, 3.0), elevation_deg=45.0)
    assert result.required_c_n_db == {"downlink": 5.0, "uplink": 3.0}
    assert result.direction_margin_db["downlink"].tolist() == [5.0, 5.0]
    assert result.direction_margin_db["uplink"].tolist() == [1.0, -1.0]
    assert result.margin_db.tolist() == [1.0, -1.0]
    assert result.probability is None


def test_downlink_only_needs_no_uplink():
    result = margin_of(-6.0, None, service(-6.7), elevation_deg=45.0)
    assert set(result.direction_margin_db) == {"downlink"}
    assert result.margin_db == pytest.approx(0.7)


def test_missing_uplink_is_an_error():
    with pytest.raises(ScenarioError, match="needs an uplink"):
        margin_of(10.0, None, service(0.0, 0.0), elevation_deg=45.0)


def test_probability_by_hand():
    # suburban, S band, 40 deg, 3GPP TR 38.811 V15.4.0, tables 6.6.1-1 and 6.6.2-3: line of sight 92.9 %, sigma 0.92;
    # without it sigma 10.25 and clutter 18.28. A margin of 18.28 dB suffices always with it, half the time without:
    # 0.929 + 0.071 / 2 = 0.9645
    result = margin_of(18.28, 20.0, service(0.0, 0.0), elevation_deg=40.0, environment="suburban")
    assert result.probability == pytest.approx(0.9645, abs=1e-4)


def test_probability_outside_the_tables():
    with pytest.raises(ModelRangeError, match="10 to 90 deg"):
        margin_of(18.0, 20.0, service(0.0), elevation_deg=5.0, environment="urban")
    interpolated = service_margin(
        "test",
        service(0.0),
        downlink=budget("downlink", 3.0, frequency_mhz=2000.0),
        uplink=None,
        elevation_deg=50.0,
        environment="rural",
    )
    assert 0 < interpolated.probability < 1


@given(
    st.floats(-20, 40), st.floats(-20, 40), st.floats(10, 90), st.sampled_from(["urban", "open-sea", "rural"])
)
def test_probability_is_that_of_the_worse_direction(down_db, up_db, elevation_deg, environment):
    options = {"elevation_deg": elevation_deg, "environment": environment}
    both_directions = margin_of(down_db, up_db, service(0.0, 0.0), **options).probability
    worse_direction = margin_of(min(down_db, up_db), None, service(0.0), **options).probability
    assert both_directions == pytest.approx(worse_direction, abs=1e-12)


@given(st.floats(10e3, 600e3), st.sampled_from([0.18, 0.36, 1.08]))
def test_required_c_n_carries_the_bit_rate(rate_bit_s, bandwidth_mhz):
    # inverse functions through the CQI table
    try:
        required_db = required_c_n_db(bit_rate_bit_s=rate_bit_s, bandwidth_hz=bandwidth_mhz * 1e6)
    except ModelRangeError:
        return
    rate_at_threshold = carried_bit_s(budget("downlink", required_db, bandwidth_mhz=bandwidth_mhz))
    assert rate_at_threshold >= rate_bit_s
    rate_below_threshold = carried_bit_s(budget("downlink", required_db - 1e-9, bandwidth_mhz=bandwidth_mhz))
    assert rate_below_threshold < rate_bit_s


def test_peak_rate_by_hand():
    # CQI 15: 5.5547 bit per symbol, 14 symbols per ms, 12 subcarriers, 25 resource blocks, less 14 %:
    # 5.5547 * 14e3 * 12 * 25 * 0.86 = 20.06 Mbit/s (TS 36.213, table 7.2.3-1; TS 38.306, 4.1.2)
    assert carried_bit_s(budget("downlink", 40.0, bandwidth_mhz=4.5)) == pytest.approx(20.06e6, rel=1e-3)
    assert carried_bit_s(budget("downlink", -10.0, bandwidth_mhz=4.5)) == 0


def test_text_closes_on_starlink():
    link = RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    at = {"slant_range_m": 540e3, "elevation_deg": 40.0, "off_nadir_deg": 46.5}
    result = service_margin(
        "text",
        models.read_service("text"),
        downlink=link.downlink(**at),
        uplink=link.uplink(**at),
        elevation_deg=40.0,
    )
    assert result.margin_db == min(result.direction_margin_db.values())
    assert result.margin_db > 0

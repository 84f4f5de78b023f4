"""Walker shells against geometry derived by hand."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ScenarioError
from d2c.orbit.walker import WalkerShell, parse_walker, walker_constellation

EPOCH = np.datetime64("2026-08-22T18:00:00", "us")


def angles_deg(constellation):
    """Return right ascension of the node and argument of latitude of each satellite."""
    node = np.degrees([r.nodeo for r in constellation.records])
    latitude = np.degrees([r.argpo + r.mo for r in constellation.records])
    return np.round(node, 9).tolist(), np.round(latitude % 360, 9).tolist()


def test_notation():
    shell = parse_walker("53:648/36/1", altitude_km=530)
    assert shell == WalkerShell("delta", 53.0, 648, 36, 1, 530)
    assert shell.notation == "53:648/36/1"
    assert parse_walker(" 86.4 : 66 / 6 / 2 ", altitude_km=780, pattern="star").notation == "86.4:66/6/2"


def test_delta_spacing_and_phasing():
    # 60:6/3/1 by hand: 3 planes, nodes 360/3 = 120 deg apart; 6/3 = 2 satellites in each, 180 deg apart; from
    # plane to plane the phase grows by 1 * 360/6 = 60 deg.
    made = walker_constellation([parse_walker("60:6/3/1", altitude_km=500)], epoch=EPOCH)
    node, latitude = angles_deg(made)
    assert node == [0, 0, 120, 120, 240, 240]
    assert latitude == [0, 180, 60, 240, 120, 300]
    assert made.name[0] == "WALKER 60:6/3/1 P01S01"
    assert made.name[-1] == "WALKER 60:6/3/1 P03S02"
    assert made.norad_id.tolist() == list(range(90_001, 90_007))
    assert made.inclination_deg == pytest.approx(60, abs=1e-12)
    assert (made.epoch_utc == EPOCH).all()
    assert made.source == "Walker delta 60:6/3/1 at 500 km"


def test_star_spans_half_a_turn():
    # Six planes over 180 deg: 30 deg apart, so that all adjacent planes but the first and last co-rotate.
    made = walker_constellation([parse_walker("86.4:66/6/2", altitude_km=780, pattern="star")], epoch=EPOCH)
    node, latitude = angles_deg(made)
    assert node[::11] == [0, 30, 60, 90, 120, 150]
    assert latitude[11] == pytest.approx(2 * 360 / 66)
    assert made.name[0] == "WALKER STAR 86.4:66/6/2 P01S01"


def test_several_shells_have_consecutive_numbers():
    shells = [parse_walker("53:4/2/1", altitude_km=530), parse_walker("70:6/3/0", altitude_km=570)]
    made = walker_constellation(shells, epoch=EPOCH)
    assert made.norad_id.tolist() == list(range(90_001, 90_011))
    assert made.altitude_km[[0, 4]] == pytest.approx([530, 570], abs=1e-6)
    assert made.source == "Walker delta 53:4/2/1 at 530 km + Walker delta 70:6/3/0 at 570 km"


@given(inclination_deg=st.floats(0, 180), altitude_km=st.floats(200, 36_000))
def test_sgp4s_semi_major_axis_is_radius_plus_altitude(inclination_deg, altitude_km):
    shell = WalkerShell("delta", inclination_deg, 1, 1, 0, altitude_km)
    made = walker_constellation([shell], epoch=EPOCH)
    assert made.altitude_km[0] == pytest.approx(altitude_km, abs=1e-6)
    assert made.perigee_km[0] == pytest.approx(altitude_km, abs=1e-6)


def test_propagated_radius_stays_at_the_altitude():
    # J2 lowers and oscillates the radius of a circular mean orbit by less than 3/2 J2 R^2/a = 9.6 km, the oscillation
    # of the mean eccentricity by J3 by less than J3/(2 J2) R = 7.5 km.
    made = walker_constellation([parse_walker("53:1/1/0", altitude_km=530)], epoch=EPOCH)
    (record,) = made.records
    radius_km = [np.linalg.norm(record.sgp4_tsince(m)[1]) for m in np.linspace(0, 95, 200)]
    assert np.abs(np.array(radius_km) - 6378.137 - 530).max() < 17


@given(
    per_plane=st.integers(1, 8),
    planes=st.integers(1, 8),
    star=st.booleans(),
    data=st.data(),
    i=st.floats(1, 179),
)
def test_every_slot_is_distinct(per_plane, planes, star, data, i):
    phasing = data.draw(st.integers(0, planes - 1))
    shell = WalkerShell("star" if star else "delta", i, per_plane * planes, planes, phasing, 600.0)
    made = walker_constellation([shell], epoch=EPOCH)
    assert len(made) == per_plane * planes
    assert len(set(made.name)) == len(made)
    assert len(set(zip(*angles_deg(made), strict=True))) == len(made)


@pytest.mark.parametrize(
    ("notation", "message"),
    [
        (
            "53:648/36",
            "is not in the notation inclination:satellites/planes/phasing, for example 53:648/36/1",
        ),
        ("648/36/1", "is not in the notation"),
        ("", "is not in the notation"),
        ("-53:648/36/1", "is not in the notation"),
        ("53:650/36/1", "650 satellites do not divide into 36 planes"),
        ("53:648/0/1", "648 satellites do not divide into 0 planes"),
        ("53:648/36/36", "phasing 36 is outside 0 to 35"),
        ("181:648/36/1", "inclination 181 deg is outside 0 to 180"),
        ("53:0/1/0", "0 satellites; allowed are 1 to 100000"),
        ("53:999999999/1/0", "999999999 satellites; allowed are 1 to 100000"),
    ],
)
def test_wrong_notations_are_errors(notation, message):
    with pytest.raises(ScenarioError, match=re.escape(message)) as caught:
        parse_walker(notation, altitude_km=530)
    assert f"walker '{notation}'" in str(caught.value)


@pytest.mark.parametrize("altitude_km", [0, -5, float("nan"), float("inf")])
def test_wrong_altitudes_are_errors(altitude_km):
    with pytest.raises(ScenarioError, match=r"altitude_km = .* is not above 0"):
        parse_walker("53:648/36/1", altitude_km=altitude_km)


def test_wrong_pattern_is_an_error():
    with pytest.raises(ScenarioError, match="pattern 'rosette' is neither 'delta' nor 'star'"):
        parse_walker("53:648/36/1", altitude_km=530, pattern="rosette")

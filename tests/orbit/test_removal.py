"""Removal of planes and satellites: planes against published ones, and nested removals."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ScenarioError
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.constellation import build_constellation
from d2c.orbit.element_set import ElementSet
from d2c.orbit.removal import orbital_planes, remove_satellites
from d2c.orbit.walker import WalkerShell, walker_constellation

EPOCH = np.datetime64("2026-01-01T00:00:00", "us")
ACTIVE = Path(__file__).parents[2].parent / "shared" / "data" / "tles" / "active_2026-08-22.3le"


def walker(*shells):
    return walker_constellation(
        [WalkerShell(pattern, deg, t, p, 0, km) for pattern, deg, t, p, km in shells], epoch=EPOCH
    )


def renamed(constellation):
    """Return the same satellites without the names that give their planes."""
    sets = [
        ElementSet(0, f"SAT {i}", int(constellation.norad_id[i]), record)
        for i, record in enumerate(constellation.records)
    ]
    return build_constellation(sets, rejected=(), source="mine")


def test_iridium_has_six_planes_of_eleven():
    """The operator's own figures: 6 planes of 11, of which one held 12 on 2026-08-22 (a spare)."""
    if not ACTIVE.is_file():
        pytest.skip("../shared/data holds no elements of all active objects")
    every = read_elements(ACTIVE)
    at_work = [
        i
        for i, name in enumerate(every.name)
        if name.startswith("IRIDIUM") and 770 < every.altitude_km[i] < 780
    ]
    count = np.bincount(orbital_planes(every.take(np.array(at_work))))
    assert sorted(count) == [11, 11, 11, 11, 11, 12]


def test_planes_of_the_shipped_shells():
    """docs: 311 at 53 deg in about 24 planes, 328 at 43 deg in 26 planes, at most 13 in a plane."""
    count = np.bincount(orbital_planes(read_elements(find_elements("starlink-d2c-2026-08"))))
    assert count.max() <= 13
    assert 50 <= len(count) <= 55


@pytest.mark.parametrize(
    "shells",
    [
        [("delta", 53.0, 48, 8, 550.0)],
        [("star", 86.4, 66, 6, 781.0)],
        [("delta", 53.0, 48, 8, 550.0), ("delta", 43.0, 30, 5, 550.0), ("star", 97.6, 20, 4, 560.0)],
        [("delta", 53.0, 40, 40, 690.0), ("delta", 53.0, 23, 23, 520.0)],
    ],
)
def test_planes_match_those_of_the_generated_shells(shells):
    made = walker(*shells)
    for plane in (orbital_planes(made), orbital_planes(renamed(made))):
        assert len(np.unique(plane)) == sum(p for _, _, _, p, _ in shells)
        size = np.bincount(plane)[plane]
        wanted = [t // p for _, _, t, p, _ in shells for _ in range(t)]
        assert size.tolist() == wanted


def test_walker_names_separate_planes_that_lie_close_together():
    made = walker(("delta", 53.0, 800, 400, 550.0), ("delta", 53.0, 800, 400, 555.0))
    assert len(np.unique(orbital_planes(made))) == 800


@given(
    st.integers(0, 2**32),
    st.integers(0, 7),
    st.permutations(range(48)),
)
def test_removal_is_nested_and_independent_of_the_order(seed, count, order):
    every = walker(("delta", 53.0, 48, 8, 550.0))
    left = [
        set(remove_satellites(every, f"planes={n}", seed=seed)[0].name) for n in (count, min(count + 1, 7))
    ]
    assert left[1] <= left[0] <= set(every.name)
    assert len(left[0]) == 6 * (8 - count)
    shuffled = every.take(np.array(order))
    assert set(remove_satellites(shuffled, f"planes={count}", seed=seed)[0].name) == left[0]


@pytest.mark.parametrize(
    ("text", "left"), [("satellites=10%", 43), ("satellites=48%", 25), ("satellites = 5", 43)]
)
def test_satellites_in_number_and_per_cent(text, left):
    every = walker(("delta", 53.0, 48, 8, 550.0))
    remaining = remove_satellites(every, text, seed=1)[0]
    assert len(remaining) == left
    assert remaining.source.endswith(f"without {48 - left} of 48 satellites (seed 1)")
    assert remove_satellites(every, text, seed=1)[0].name == remaining.name
    assert remove_satellites(every, text, seed=2)[0].name != remaining.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("planes=8", "has 8 planes; whole numbers from 0 to 7"),
        ("planes=1.5", "whole numbers"),
        ("planes=10%", "write planes=2, satellites=64 or satellites=10%"),
        ("satellites=100%", "has 48 satellites; whole numbers from 0 to 47"),
        ("satellites=-1", "write planes=2"),
        ("shells=1", "write planes=2"),
        ("", "write planes=2"),
    ],
)
def test_invalid_removals_are_errors(text, message):
    with pytest.raises(ScenarioError, match=message):
        remove_satellites(walker(("delta", 53.0, 48, 8, 550.0)), text)

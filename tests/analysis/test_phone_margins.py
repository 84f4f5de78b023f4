"""What phones of a cell lose, near the edges of their tables too, and why they are not served: cases made by hand."""

import itertools

import numpy as np
import pytest

from d2c.analysis.phone_losses import Directions, PhonesOfCell
from d2c.analysis.phone_margins import CAUSES, SkyLevels, causes, join_margins, sky_margins
from d2c.link.phones import VARIANTS, CellPhones, Phones

ELEVATIONS, AZIMUTHS = 256, 128


def phones_by_hand(posture_db, *, hidden=(), clutter_db=30.0):
    """Return phones of a cell with these losses by posture; the hidden ones see nothing, the others everything."""
    number = len(posture_db)
    obstruction = np.zeros((VARIANTS, number, AZIMUTHS), np.int64)
    obstruction[:, list(hidden)] = number * VARIANTS - 1
    path_db = np.zeros((2, ELEVATIONS, number * VARIANTS))
    path_db[1] = clutter_db
    return PhonesOfCell(
        Phones(
            posture_db=np.broadcast_to(
                np.array(posture_db, float)[:, None], (VARIANTS, number, ELEVATIONS)
            ).copy(),
            obstruction=obstruction,
            shadowing=np.zeros_like(obstruction),
            line_of_sight=np.full(ELEVATIONS, 0.5),
            path_db=path_db,
            postures=(),
            posture=np.zeros((VARIANTS, number), np.int64),
        ),
        CellPhones(0, 0),
    )


def towards(*elevation_azimuth):
    elevation, azimuth = np.array(elevation_azimuth, float).reshape(-1, 2).T
    return Directions(elevation, azimuth, np.full(len(elevation), 5e5))


def sky(step, steps, *, down_db, margin_db, seen=True, sure=True):
    number = len(step)
    return SkyLevels(
        steps,
        np.array(step, np.int64),
        towards(*[(40.0 + 3 * k, 10.0 + 40 * k) for k in range(number)]),
        np.array(down_db, float),
        np.array([margin_db], float),
        np.broadcast_to(seen, number),
        np.broadcast_to(sure, number),
    )


def names(margins):
    return [[CAUSES[cause] for cause in phone] for phone in margins.cause[0]]


def test_each_cause_of_the_sky():
    # a margin of 20 dB in the open: a posture of 10 dB leaves some, one of 25 dB none; 30 dB of clutter neither
    phones = phones_by_hand([0.0, 10.0, 25.0, 0.0, 25.0], hidden=(3, 4))
    levels = sky([0], 2, down_db=[15.0], margin_db=[20.0])
    margins = sky_margins(levels, phones)
    np.testing.assert_allclose(margins.exact[0, :, 0], [20, 10, -5, -10, -35])
    assert np.isnan(margins.exact[0, :, 1]).all()
    first = [phone[0] for phone in names(margins)]
    assert first == ["served", "served", "level", "sight", "level"]
    assert [phone[1] for phone in names(margins)] == ["no_satellite"] * 5
    shares = margins.shares()[0]
    assert shares == {
        "served": 0.2,
        "capacity": 0.0,
        "interference": 0.0,
        "sight": 0.1,
        "level": 0.2,
        "no_satellite": 0.5,
    }


def test_a_phone_takes_another_satellite_where_the_best_is_hidden():
    """The first is 3 dB stronger in the open; a phone that has it behind a house hears the second better."""
    phones = phones_by_hand([0.0, 0.0])
    obstruction = phones.phones.obstruction
    obstruction[:, 1, : AZIMUTHS // 12] = 15  # to the north-east, where the first stands
    margins = sky_margins(sky([0, 0], 1, down_db=[15.0, 12.0], margin_db=[8.0, 7.0]), phones)
    np.testing.assert_allclose(margins.exact[0, :, 0], [8.0, 7.0])


def test_a_satellite_near_the_mask_is_in_doubt():
    phones = phones_by_hand([0.0, 9.0])
    margins = sky_margins(sky([0], 1, down_db=[15.0], margin_db=[8.0], sure=False), phones)
    assert (margins.lowest == -np.inf).all()
    np.testing.assert_allclose(margins.highest[0, :, 0], [8.01, -0.99])
    unseen = sky_margins(sky([0], 1, down_db=[15.0], margin_db=[8.0], seen=False, sure=False), phones)
    assert np.isnan(unseen.exact).all()
    np.testing.assert_allclose(unseen.highest[0, :, 0], [8.01, -0.99])
    assert names(unseen) == [["no_satellite"], ["no_satellite"]]


def test_of_two_satellites_as_strong_either_may_serve():
    phones = phones_by_hand([0.0, 0.0])
    margins = sky_margins(sky([0, 0], 1, down_db=[15.0, 14.999], margin_db=[5.0, -5.0]), phones)
    np.testing.assert_allclose(margins.exact[0, :, 0], 5.0)
    np.testing.assert_allclose(margins.lowest[0, :, 0], -5.01)
    np.testing.assert_allclose(margins.highest[0, :, 0], 5.01)
    apart = sky_margins(sky([0, 0], 1, down_db=[15.0, 14.99], margin_db=[5.0, -5.0]), phones)
    np.testing.assert_allclose(apart.lowest[0, :, 0], 4.99)


@pytest.mark.parametrize(
    ("azimuth_deg", "in_doubt"),
    [(2.8125, True), (2.8124, True), (2.8126, True), (2.81, False), (4.0, False), (360.0 - 1e-7, True)],
)
def test_losses_beside_the_edge_of_an_azimuth_step(azimuth_deg, in_doubt):
    # steps are 360 / 128 = 2.8125 deg wide
    phones = phones_by_hand([0.0, 0.0])
    phones.phones.obstruction[:, 1, ::2] = 15
    losses = phones.losses(towards((40.0, azimuth_deg)))
    assert (losses.least[0, 1] < losses.most[0, 1]) == in_doubt
    assert losses.least[0, 1] <= losses.exact[0, 1] <= losses.most[0, 1]
    assert losses.least[0, 0] == losses.most[0, 0] == 0


def test_near_the_zenith_an_azimuth_is_less_sure():
    # at 500 km, 0.01 deg from the zenith: 87 m aside, so that 2 m are 1.3 deg
    phones = phones_by_hand([0.0, 0.0])
    phones.phones.obstruction[:, 1, ::2] = 15
    for elevation_deg, in_doubt in ((89.99, True), (80.0, False)):
        losses = phones.losses(towards((elevation_deg, 3.5)))
        assert (losses.least[0, 1] < losses.most[0, 1]) == in_doubt


def test_losses_beside_the_edge_of_an_elevation_step():
    # steps of the sine are 1 / 255 wide, and an edge is in the middle between two: 100.5 / 255
    phones = phones_by_hand([0.0, 0.0])
    phones.phones.posture_db[:, 1] = np.arange(ELEVATIONS)
    edge_deg = np.degrees(np.arcsin(100.5 / 255))
    for beside_deg, expected in ((0.0, (100, 101)), (0.01, (101, 101)), (-0.01, (100, 100))):
        for losses in (phones.losses, phones.posture_losses):
            found = losses(towards((edge_deg + beside_deg, 7.0)))
            assert (found.least[0, 1], found.most[0, 1]) == expected


def test_the_first_cause_counts():
    for flags in itertools.product([False, True], repeat=3):  # served without capacity, interference, sight
        without = [(number, np.array([flag])) for number, flag in enumerate(flags, 1)]
        found = CAUSES[causes(np.array([False]), without, np.array([False]))[0]]
        fails_on = [
            name for name, flag in zip(("capacity", "interference", "sight"), flags, strict=True) if flag
        ]
        assert found == [*fails_on, "level"][0]
    assert causes(np.array([True]), [(1, np.array([True]))], np.array([False])) == [0]


def test_parts_of_a_span_are_the_span(monkeypatch):
    phones = phones_by_hand([0.0, 10.0, 25.0], hidden=(1,))
    step = [0, 0, 1, 3, 3, 3, 4]
    levels = sky(step, 6, down_db=[15, 14, 9, 3, 5, 4, 8], margin_db=[20, 18, 4, 2, 12, 6, 1])
    whole = sky_margins(levels, phones)
    monkeypatch.setattr("d2c.analysis.phone_margins._LOSSES_AT_ONCE", 1)
    parts = sky_margins(levels, phones)
    for name in type(whole).__slots__:
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert join_margins([whole, whole]).exact.shape == (1, 3, 12)

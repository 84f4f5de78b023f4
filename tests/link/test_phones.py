"""Phones of a cell: their losses and skylines against the distributions that they stand for."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from link_case import FREQUENCY_HZ, some_phones

from d2c.coverage.ground_end import read_phone_nodes
from d2c.errors import ModelRangeError, ScenarioError
from d2c.library import models
from d2c.library.phones import PhoneMix, read_phones
from d2c.link.budget import RadioLink
from d2c.link.phones import SINES, VARIANTS, CellPhones, alike_phones, cell_phones, phones_of
from d2c.link.satellite_links import FlownPayloads, SatelliteLinks
from d2c.propagation.building import building_entry_loss_db
from d2c.propagation.skyline import AZIMUTHS
from d2c.propagation.tr38811 import clutter_loss_db, line_of_sight_probability, shadow_fading_sigma_db
from d2c.region.area import find_area
from d2c.region.grid import h3_grid
from d2c.scenario.model import Link

ELEVATION_DEG = np.degrees(np.arcsin(np.linspace(0, 1, SINES)))
STEP_DEG = 360.0 / AZIMUTHS


def everywhere(phones, *, elevation_deg, azimuth_deg):
    """Return the loss of all phones of cells of every variant and turn, (N, K, ...)."""
    azimuth_deg = np.asarray(azimuth_deg)[..., None] + np.arange(AZIMUTHS) * STEP_DEG
    elevation_deg = np.broadcast_to(np.asarray(elevation_deg, float)[..., None], azimuth_deg.shape)
    loss = [
        phones.loss_db(CellPhones(variant, 0), elevation_deg=elevation_deg, azimuth_deg=azimuth_deg % 360)
        for variant in range(VARIANTS)
    ]
    return np.moveaxis(np.array(loss), (0, -2, -1), (0, 1, 2)).reshape(-1, *np.shape(azimuth_deg)[:-1])


def own_mix(*postures, **more):
    figures = [
        {
            key: {"value": value, "assumed": "for the test"} if isinstance(value, float) else value
            for key, value in posture.items()
        }
        for posture in postures
    ]
    return PhoneMix.model_validate({"title": "own", "postures": figures, **more})


def of_mix(mix, *, number=16, environment=None):
    return phones_of(
        models.read_loss_set("outdoor"),
        mix,
        environment=environment,
        frequency_hz=FREQUENCY_HZ,
        number=number,
        correlation_deg=45.0,
    )


def test_without_a_mix_a_posture_or_an_environment_there_is_one_phone_that_loses_nothing():
    for phones in (alike_phones(), some_phones()):
        assert phones.alike
        assert phones.number == 1
        where = {"elevation_deg": np.array([20.0, 90.0]), "azimuth_deg": np.array([0.0, 359.999])}
        np.testing.assert_array_equal(phones.loss_db(CellPhones(3, 77), **where), np.zeros((2, 1)))
        np.testing.assert_array_equal(phones.expected_gain(), np.ones(SINES))


@pytest.mark.parametrize("number", [2, 5, 16, 100])
def test_levels_of_all_variants_divide_the_distributions_evenly(number):
    phones = some_phones("hand", environment="urban", number=number)
    levels = np.arange(number * VARIANTS)
    for table in (phones.obstruction, phones.shadowing):
        for a in (0, 17, 127):
            np.testing.assert_array_equal(np.sort(table[:, :, a].ravel()), levels)
            # and a cell on its own has one level in each of its K parts
            np.testing.assert_array_equal(np.sort(table[:, :, a] // VARIANTS, axis=1)[3], np.arange(number))
    # the hand spreads by 3 dB: the quantiles in the middle of L parts
    wanted = [3.0 * NormalDist().inv_cdf((level + 0.5) / len(levels)) for level in levels.tolist()]
    np.testing.assert_allclose(np.sort(phones.posture_db[:, :, 40].ravel()), wanted, atol=1e-9)


def test_any_two_of_posture_skyline_and_shadowing_meet_evenly_over_the_variants():
    """Of 16 x 16 pairs of ranks 128 occur, each rank with eight others that are spread over all: no correlation."""
    phones = some_phones("hand", environment="urban")
    posture = np.argsort(np.argsort(phones.posture_db[:, :, 0], axis=1), axis=1)
    for a in (0, 31, 64, 100):
        rank = {
            "posture": posture,
            "obstruction": phones.obstruction[:, :, a] // VARIANTS,
            "shadowing": phones.shadowing[:, :, a] // VARIANTS,
        }
        for one, other in (
            ("posture", "obstruction"),
            ("posture", "shadowing"),
            ("obstruction", "shadowing"),
        ):
            pairs = {(int(x), int(y)) for x, y in zip(rank[one].ravel(), rank[other].ravel(), strict=True)}
            assert len(pairs) == 128, (one, other)
            correlation = np.corrcoef(rank[one].ravel(), rank[other].ravel())[0, 1]
            # half of one standard deviation of 16 pairs at random, 1 / sqrt(15)
            assert abs(correlation) < 0.13, (one, other)


def test_postures_have_their_weights():
    """One in four at 5 dB, three at 20 dB: 32 and 96 of 128; a weight is a share of the sum."""
    phones = of_mix(
        own_mix(
            {"name": "a", "weight": 0.5, "loss_db": 5.0},
            {"name": "none", "weight": 0.0, "loss_db": 90.0},
            {"name": "b", "weight": 1.5, "loss_db": 20.0},
        )
    )
    loss, count = np.unique(phones.posture_db[:, :, 0], return_counts=True)
    assert dict(zip(loss.tolist(), count.tolist(), strict=True)) == {5.0: 32, 20.0: 96}


def test_the_shipped_mix_is_that_of_its_postures():
    """At 40 deg: 35 % in the hand, 20 % in pockets, 15 % in cars, 30 % indoors by P.2109, drawn afresh."""
    random, draws = np.random.default_rng(5), 200_000
    posture = random.choice(4, draws, p=[0.35, 0.20, 0.15, 0.30])
    loss = random.normal(np.array([0.0, 6.0, 9.0, 0.0])[posture], np.array([3.0, 3.0, 5.0, 0.0])[posture])
    quantile = np.linspace(0.0005, 0.9995, 1000)
    entry = [
        building_entry_loss_db(
            frequency_hz=FREQUENCY_HZ, elevation_deg=40.0, building="traditional", probability=q
        )
        for q in quantile
    ]
    indoors = posture == 3
    loss[indoors] = np.interp(random.random(indoors.sum()), quantile, entry)
    phones = some_phones("mix", number=64)
    e = int(np.argmin(np.abs(ELEVATION_DEG - 40.0)))
    found = phones.posture_db[:, :, e].ravel()
    for most_db in (-3.0, 0.0, 3.0, 6.0, 10.0, 15.0, 20.0, 30.0):
        # four standard errors, and one of 512 levels
        assert (found <= most_db).mean() == pytest.approx((loss <= most_db).mean(), abs=0.0045 + 1 / 512)


@pytest.mark.parametrize("losses", ["pocket", "car", "indoor", "indoor-thermally-efficient"])
def test_loss_sets_that_are_a_posture_spread_around_their_median(losses):
    phones = some_phones(losses=losses)
    posture = phones.posture_db.reshape(-1, SINES)
    assert (posture < 0).mean() == pytest.approx(0.5, abs=0.01)
    assert posture.max() > 1.0
    assert posture.min() < -1.0


def test_indoors_is_the_printed_distribution():
    """P.2109: of 16 x 8 levels, number n loses what the model gives at the probability (n + 1/2) / 128."""
    phones = some_phones(losses="indoor")
    e = int(np.argmin(np.abs(ELEVATION_DEG - 60.0)))
    at = {"frequency_hz": FREQUENCY_HZ, "elevation_deg": ELEVATION_DEG[e], "building": "traditional"}
    found = np.sort(phones.posture_db[:, :, e].ravel())
    median = building_entry_loss_db(**at, probability=0.5)
    for n in (0, 20, 64, 127):
        wanted = building_entry_loss_db(**at, probability=(n + 0.5) / 128) - median
        assert found[n] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("environment", ["rural", "urban", "dense-urban", "open-sea"])
def test_as_many_phones_are_in_sight_as_the_table_says(environment):
    phones = some_phones(environment=environment)
    levels = phones.sight_levels()
    for elevation_deg in (10.0, 25.0, 40.0, 63.0, 90.0):
        e = int(np.argmin(np.abs(ELEVATION_DEG - elevation_deg)))
        wanted = line_of_sight_probability(
            environment=environment, elevation_deg=max(float(ELEVATION_DEG[e]), 10.0)
        )
        for a in (0, 50, 127):
            share = (phones.obstruction[:, :, a] < levels[e]).mean()
            assert share == pytest.approx(wanted, abs=0.5 / 128 + 1e-9)


def test_path_losses_are_the_normal_distributions_of_the_report():
    phones = some_phones(environment="urban", number=64)
    e = int(np.argmin(np.abs(ELEVATION_DEG - 45.0)))
    at = {"environment": "urban", "elevation_deg": float(ELEVATION_DEG[e])}
    for hidden, median in ((0, 0.0), (1, clutter_loss_db(**at, band="S"))):
        sigma = shadow_fading_sigma_db(**at, band="S", line_of_sight=not hidden)
        loss = phones.path_db[hidden, e]
        assert loss.mean() == pytest.approx(median, abs=1e-9)
        assert loss.std() == pytest.approx(
            sigma, rel=0.01
        )  # the outermost of 512 parts are cut at their middle
        assert np.quantile(loss, 0.8413447) == pytest.approx(median + sigma, rel=0.01)


@pytest.mark.parametrize("environment", [None, "rural", "urban"])
def test_expected_gain_is_the_mean_over_sight_and_shadowing(environment):
    """E[10^(-X / 10)] of a normal X of mean m and deviation s is exp(-c m + (c s)^2 / 2), c = ln 10 / 10."""
    phones = some_phones("hand", environment=environment, number=256)
    found = phones.expected_gain()
    if environment is None:
        np.testing.assert_array_equal(found, np.ones(SINES))
        return
    c = np.log(10) / 10
    for elevation_deg in (20.0, 45.0, 80.0):
        e = int(np.argmin(np.abs(ELEVATION_DEG - elevation_deg)))
        at = {"environment": environment, "elevation_deg": float(ELEVATION_DEG[e])}
        sight = line_of_sight_probability(**at)
        mean = 0.0
        for probability, in_sight in ((sight, True), (1 - sight, False)):
            sigma = shadow_fading_sigma_db(**at, band="S", line_of_sight=in_sight)
            median = 0.0 if in_sight else clutter_loss_db(**at, band="S")
            mean += probability * np.exp(-c * median + (c * sigma) ** 2 / 2)
        # the outermost of 2,048 parts, which the highest levels are in, are taken at their middle
        assert found[e] == pytest.approx(mean, rel=0.02)


@given(st.integers(0, VARIANTS - 1), st.integers(0, AZIMUTHS - 1), st.integers(0, AZIMUTHS - 1))
@settings(max_examples=20)
def test_a_turned_cell_sees_what_another_sees_in_another_direction(variant, turn, more):
    phones = some_phones("mix", environment="urban")
    azimuth_deg = (np.arange(AZIMUTHS) + 0.5) * STEP_DEG
    elevation_deg = np.full(AZIMUTHS, 35.0)
    one = phones.loss_db(CellPhones(variant, turn), elevation_deg=elevation_deg, azimuth_deg=azimuth_deg)
    other = phones.loss_db(
        CellPhones(variant, (turn + more) % AZIMUTHS), elevation_deg=elevation_deg, azimuth_deg=azimuth_deg
    )
    np.testing.assert_array_equal(np.roll(one, -more, axis=0), other)


def test_in_sight_leaves_the_posture_only():
    phones = some_phones("mix", environment="dense-urban")
    where = {"elevation_deg": np.array([30.0, 70.0]), "azimuth_deg": np.array([10.0, 200.0])}
    posture = phones.loss_db(CellPhones(2, 9), **where, in_sight=True)
    assert posture.shape == (2, 16)
    open_sky = some_phones("mix").loss_db(CellPhones(2, 9), **where)
    np.testing.assert_array_equal(posture, open_sky)


def test_variants_and_turns_are_spread_over_the_cells_and_follow_from_their_places():
    grid = h3_grid(find_area("italy"), resolution=5)
    variant, turn = cell_phones(grid.position_m)
    order = np.random.default_rng(1).permutation(len(grid))
    again = cell_phones(grid.position_m[order])
    np.testing.assert_array_equal(again[0], variant[order])
    np.testing.assert_array_equal(again[1], turn[order])
    for values, number in ((variant, VARIANTS), (turn // 8, AZIMUTHS // 8), (turn % 8, 8)):
        count = np.bincount(values, minlength=number)
        expected = len(grid) / number
        assert ((count - expected) ** 2 / expected).sum() < number + 4 * np.sqrt(2 * number)  # chi squared
    assert abs(np.corrcoef(variant, turn)[0, 1]) < 4 / np.sqrt(len(grid))


AZIMUTH_DEG, HEIGHT_DEG = np.array([20.0, 110.0, 260.0]), np.array([35.0, 60.0, 45.0])


def shares(correlation_deg, *, most_db=15.0):
    """Return the share of phones that three satellites reach, each and together: losses up to 15 dB, urban."""
    phones = some_phones(environment="urban", number=256, correlation_deg=correlation_deg)
    loss = everywhere(phones, elevation_deg=HEIGHT_DEG, azimuth_deg=AZIMUTH_DEG)
    return (loss <= most_db).mean(axis=0), (loss <= most_db).any(axis=1).mean()


def test_correlation_takes_availability_from_independent_satellites_to_one_fate():
    """Independent: 1 - prod(1 - p). One fate, here nearly that of sight alone: the best satellite."""
    found = {angle: shares(angle) for angle in (0.1, 10.0, 45.0, 90.0, 300.0, 1e5)}
    alone = found[0.1][0]
    independent = 1 - np.prod(1 - alone)
    assert independent - alone.max() > 0.1
    assert found[0.1][1] == pytest.approx(independent, abs=0.005)
    assert found[1e5][1] == pytest.approx(
        found[1e5][0].max(), abs=0.015
    )  # shadowing of the unseen: up to 1 point
    together = [found[angle][1] for angle in sorted(found)]
    assert (np.diff(together) < 0.005).all()  # half a point of sampling
    for angle, (single, any_of_them) in found.items():
        np.testing.assert_allclose(single, alone, atol=0.01, err_msg=str(angle))
        assert single.max() - 1e-12 <= any_of_them <= independent + 0.005


@pytest.mark.parametrize("losses", ["pocket", "car", "indoor", "indoor-thermally-efficient"])
def test_a_mix_with_a_loss_set_that_is_a_posture_is_refused(losses):
    chosen = Link(losses=losses, phones="mix")
    handset = models.read_handset(chosen.handset)
    link = RadioLink(models.read_payload(chosen.payload), handset, models.read_loss_set(losses))
    flown = FlownPayloads((chosen.payload,), np.zeros(1, np.int64))
    with pytest.raises(ScenarioError) as told:
        read_phone_nodes(chosen, SatelliteLinks(flown, (link,)))
    for words in (
        f"losses = '{losses}' and phones = 'mix'",
        "link.losses=outdoor",
        "link.phones=none",
    ):
        assert words in str(told.value)


def test_an_unknown_mix_is_refused():
    with pytest.raises(ScenarioError, match=r"hnad.*hand"):
        read_phones("hnad")


def test_frequencies_without_tables_are_refused():
    with pytest.raises(ModelRangeError, match="12 GHz"):
        phones_of(
            models.read_loss_set("outdoor"),
            None,
            environment="urban",
            frequency_hz=12e9,
            number=16,
            correlation_deg=45.0,
        )


FIGURE = "{{ value = {}, assumed = 'x' }}"


@pytest.mark.parametrize(
    ("postures", "told"),
    [
        (
            "[[postures]]\nname = 'a'\nweight = {minus}\nloss_db = {one}\n",
            "weight = -1 must be between 0 and 1e+06",
        ),
        ("postures = []\n", "at least one with a weight above 0"),
        (
            "[[postures]]\nname = 'a'\nweight = {zero}\nloss_db = {one}\n",
            "at least one with a weight above 0",
        ),
        ("[[postures]]\nname = 'a'\nweight = {one}\n", "either loss_db or building"),
        (
            "[[postures]]\nname = 'a'\nweight = {one}\nloss_db = {one}\nbuilding = 'traditional'\n",
            "either loss_db or building",
        ),
        (
            "[[postures]]\nname = 'a'\nweight = {one}\nspread_db = {one}\nbuilding = 'traditional'\n",
            "spread_db goes with loss_db",
        ),
        (
            "[[postures]]\nname = 'a'\nweight = {one}\nloss_db = {one}\nspread_db = {minus}\n",
            "spread_db = -1 must be between 0 and 30",
        ),
        ("[[postures]]\nname = 'a'\nweight = {one}\nbuilding = 'igloo'\n", "building"),
        (2 * "[[postures]]\nname = 'a'\nweight = {one}\nloss_db = {one}\n", "different names"),
    ],
)
def test_an_own_mix_that_says_too_much_or_too_little_is_refused(tmp_path, postures, told):
    file = tmp_path / "own.toml"
    figures = {name: FIGURE.format(value) for name, value in (("one", 1.0), ("zero", 0.0), ("minus", -1.0))}
    file.write_text('title = "own"\n' + postures.format(**figures), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_phones(str(file))
    assert told in str(error.value)
    assert "own.toml" in str(error.value)

"""One value at a time: which variations there are, that they are run as said, and how swings are read off."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.analysis.sensitivity import (
    Sensitivity,
    Variation,
    VariationResult,
    assumed_parameters,
    value_of,
    value_text,
    variations,
    vary,
)
from d2c.errors import ScenarioError
from d2c.library.models import read_payload
from d2c.scenario import model
from d2c.scenario.assumptions import BEAM_ASSUMPTIONS
from d2c.scenario.load import read_scenario
from d2c.scenario.resolve import resolve


@pytest.fixture(scope="module")
def loaded():
    return resolve(read_scenario("italy-loaded"))


@pytest.fixture(scope="module")
def plain():
    return read_scenario("italy", overrides=["network=false"])


def made(as_is, **by_name):
    """Return a study with the figure `x`: values by parameter."""
    outcomes = [
        VariationResult(Variation(name, str(k), ()), {"x": x})
        for name, xs in by_name.items()
        for k, x in enumerate(xs)
    ]
    return Sensitivity({"x": as_is}, tuple(outcomes))


def test_every_unpublished_value_of_the_beams_is_varied(loaded):
    parameters = assumed_parameters(loaded)
    of_beams = {
        key.removeprefix("beams."): entry for key, entry in parameters.items() if key.startswith("beams.")
    }
    assert of_beams == BEAM_ASSUMPTIONS
    assert set(parameters) - {f"beams.{key}" for key in BEAM_ASSUMPTIONS} == {
        "link.min_elevation_deg", "link.payload", "link.phones", "link.phone_loss_db", "link.skyline_correlation_deg",
    }  # fmt: skip


def test_without_beams_only_the_link_is_varied(plain):
    of_phones = {"link.phones", "link.skyline_correlation_deg"}
    assert set(assumed_parameters(plain)) == {"link.min_elevation_deg", "link.payload"} | of_phones
    open_sky = read_scenario(
        "italy", overrides=["network=false", "link.phones=none", "link.environment=none"]
    )
    assert set(assumed_parameters(open_sky)) == {"link.min_elevation_deg", "link.payload", "link.losses"}
    measured = read_scenario("italy", overrides=["link.operating=measured"])
    assert "link.phone_loss_db" in assumed_parameters(measured)


@pytest.mark.parametrize(
    ("override", "gone"),
    [("link.payload=3gpp-set1-leo600", "link.payload"), ("link.phones=none", "link.phones")],
)
def test_choices_are_varied_only_among_their_like(override, gone):
    """What the Starlink beams are to Starlink says nothing about another payload; a loss set of a standard stays."""
    assert gone not in assumed_parameters(read_scenario("italy", overrides=[override]))


@pytest.mark.parametrize("name", ["italy", "italy-loaded"])
def test_what_a_network_rests_on_is_varied(name):
    scenario = resolve(read_scenario(name))
    parameters = assumed_parameters(scenario)
    of_network = {"elsewhere", "signalling_share", "load", "beams_per_satellite"}
    of_phones = {"payload", "phone_loss_db", "phones", "skyline_correlation_deg"}
    assert {
        *(f"beams.{key}" for key in of_network),
        *(f"link.{key}" for key in of_phones),
    } <= parameters.keys()
    arrays = [read_payload(payload).beam for payload in parameters["link.payload"].plausible]
    assert (
        len({beam.length_along_m.value * beam.length_across_m.value for beam in arrays}) == len(arrays) == 4
    )


@pytest.mark.parametrize("name", ["italy", "italy-loaded"])
def test_each_plausible_value_is_one_variation_and_takes_hold(name):
    scenario = resolve(read_scenario(name))
    parameters = assumed_parameters(scenario)
    asked = variations(parameters)
    assert [variation.name for variation in asked] == [
        key for key, entry in parameters.items() for _ in entry.plausible
    ]
    seen = []
    vary(scenario, asked, lambda one, _: seen.append(one) or {"x": 0.0})
    for variation, value in zip(asked, (v for e in parameters.values() for v in e.plausible), strict=True):
        hit = [
            one
            for one in seen
            if value_of(one, variation.name) == value and differences(one, scenario) <= {variation.name}
        ]
        assert hit, variation


def differences(one, other):
    return {
        f"{section}.{key}"
        for section in ("time", "constellation", "region", "grid", "link", "beams")
        if getattr(one, section) is not None
        for key in type(getattr(one, section)).model_fields
        if getattr(getattr(one, section), key) != getattr(getattr(other, section), key)
    }


def test_only_some(loaded):
    assert list(assumed_parameters(loaded, only=["beams.load"])) == ["beams.load"]
    with pytest.raises(
        ScenarioError, match=r"'beams.lod' is no assumed parameter .* did you mean 'beams.load'\?"
    ):
        assumed_parameters(loaded, only=["beams.lod"])


def test_beams_cannot_be_asked_of_a_scenario_without(plain):
    with pytest.raises(
        ScenarioError, match=r"'beams.load' is no assumed parameter of 'Italy, .*there are: link"
    ):
        assumed_parameters(plain, only=["beams.load"])


def test_equal_scenarios_run_once_and_all_outcomes_are_there(loaded):
    parameters = assumed_parameters(loaded, only=["beams.load", "beams.reuse"])
    ran = []

    def load_and_reuse(scenario, show):
        ran.append(scenario)
        show(scenario.time.samples, scenario.time.samples)
        return {"load": scenario.beams.load, "reuse": float(scenario.beams.reuse)}

    shown = []
    found = vary(loaded, variations(parameters), load_and_reuse, progress=lambda *at: shown.append(at))
    # load 0.1, 0.3, 0.6 and reuse 3, 4 beside the scenario itself, which has load 1 and reuse 1
    assert len(ran) == len(set(ran)) == 6
    assert found.baseline == {"load": 1.0, "reuse": 1.0}
    assert [outcome.figures["load"] for outcome in found.of("beams.load")] == [0.1, 0.3, 0.6, 1.0]
    assert found.swing("beams.load", "load") == 0.9
    assert found.swing("beams.load", "reuse") == 0.0  # what is not used does not move
    assert found.swing("beams.reuse", "reuse") == 3.0
    samples = loaded.time.samples
    assert shown == [(k * samples, 6 * samples) for k in range(1, 7)]


def test_a_wrong_variation_is_refused_before_the_first_run(loaded):
    asked = [
        Variation("beams.load", "0.5", ("beams.load=0.5",)),
        Variation("beams.load", "2", ("beams.load=2",)),
    ]
    with pytest.raises(ScenarioError, match="load"):
        vary(loaded, asked, lambda *_: pytest.fail("a run began"))


def test_order_is_by_the_widest_swing_of_any_figure():
    figures = {"a": (1.0, 0.0), "b": (5.0, 0.0), "c": (0.0, 100.0), "d": (0.0, 0.0)}
    outcomes = (VariationResult(Variation(n, "1", ()), {"x": x, "y": y}) for n, (x, y) in figures.items())
    found = Sensitivity({"x": 0.0, "y": 0.0}, tuple(outcomes))
    # b is the widest of x and c of y, a has a fifth of x, d nothing
    assert found.by_swing(["x", "y"]) == ("b", "c", "a", "d")
    assert found.by_swing(["x"])[0] == "b"
    assert found.by_swing(["y"])[0] == "c"


def test_nan_counts_for_nothing():
    assert made(1.0, a=[math.nan, 3.0]).value_range("a", "x") == (1.0, 3.0)
    assert made(math.nan, a=[2.0, 3.0]).value_range("a", "x") == (2.0, 3.0)
    nothing = made(math.nan, a=[math.nan])
    assert all(math.isnan(end) for end in nothing.value_range("a", "x"))
    assert nothing.swing("a", "x") == 0.0
    assert nothing.by_swing(["x"]) == ("a",)


@given(st.floats(-1e6, 1e6), st.lists(st.floats(-1e6, 1e6), min_size=1), st.randoms())
def test_swing_depends_neither_on_order_nor_on_a_value_tried_twice(as_is, tried, random):
    shuffled = [*tried, tried[0]]
    random.shuffle(shuffled)
    found, again = made(as_is, a=tried), made(as_is, a=shuffled)
    assert found.value_range("a", "x") == again.value_range("a", "x")
    low, high = found.value_range("a", "x")
    assert low <= as_is <= high
    assert found.swing("a", "x") == high - low


@pytest.mark.parametrize(
    ("value", "text"), [(None, "all"), (25.0, "25"), (0.25, "0.25"), (4, "4"), ("auto", "auto")]
)
def test_values_as_people_read_them(value, text):
    assert value_text(value) == text


def test_unpublished_names_are_keys_of_the_beams():
    assert set(BEAM_ASSUMPTIONS) <= set(model.Beams.model_fields)

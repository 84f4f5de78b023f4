"""Entries and scenarios as objects: from plain numbers, to TOML and back."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import d2c
from d2c.library.entry import entry_names
from d2c.library.models import MODELS
from d2c.scenario.load import scenario_names
from d2c.toml import toml_text

ENTRIES = [(kind, name) for kind in MODELS for name in entry_names(kind)]
_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _VALUES, max_size=4))
def test_any_table_is_read_as_it_was_written(table):
    assert tomllib.loads(toml_text(table)) == table


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_each_entry_is_the_same_from_its_file(kind, name, tmp_path):
    entry = MODELS[kind].from_toml(name)
    entry.to_toml(tmp_path / "own.toml")
    again = MODELS[kind].from_toml(tmp_path / "own.toml")
    assert again == entry.model_copy(update={"based_on": None})


@pytest.mark.parametrize("name", scenario_names())
def test_each_scenario_is_the_same_from_its_file(name, tmp_path):
    scenario = d2c.Scenario.from_toml(name)
    scenario.to_toml(tmp_path / "own.toml")
    assert d2c.Scenario.from_toml(tmp_path / "own.toml") == scenario


def test_a_plain_number_is_given_by_the_user():
    handset = d2c.Handset.from_toml("3gpp-handheld")
    numbers = {key: value["value"] for key, value in handset.model_dump().items() if isinstance(value, dict)}
    own = d2c.Handset(title="Mine", **numbers)
    assert {figure.source for figure in (own.tx_power_dbm, own.noise_figure_db)} == {"given by the user"}
    theirs, mine = (d2c.link_budget(handset=one, elevation_deg=40) for one in (handset, own))
    assert mine.downlink.c_n_db == theirs.downlink.c_n_db
    assert "given by the user" in str(mine)


def test_a_scenario_of_ones_own_runs():
    scenario = d2c.Scenario(
        title="An hour",
        time={"duration_h": 1},
        constellation={"walker": "53:240/12/1", "altitude_km": 360},
        region={"area": "molise"},
    )
    result = d2c.run(scenario, set={"time.duration_h": 0.5})
    assert len(result.timeline) == 60
    assert result.summary["title"] == "An hour"
    assert scenario.time.duration_h == 1


def test_a_system_of_a_scenario_object_is_filled_in_after_changes():
    """A terminal gets the system's payload for terminals, as from a file."""
    scenario = d2c.Scenario(constellation={"system": "starlink-d2c"}, region={"area": "molise"})
    elements = d2c.sky("Roma", scenario).scenario
    assert elements.link.payload == d2c.Scenario.from_toml("italy").link.payload
    own = d2c.sky("Roma", scenario, set={"link.min_elevation_deg": 40}).scenario
    assert (own.link.min_elevation_deg, own.constellation.elements) == (40, elements.constellation.elements)

"""Numbers are numbers: what scenarios and entries take, in code and in their JSON schemas alike."""

from typing import Any

import numpy as np
import pytest

from d2c.errors import ScenarioError
from d2c.library.models import MODELS
from d2c.scenario.load import read_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.schema import scenario_schema
from d2c.toml import validate_model

BASE: dict[str, Any] = {"constellation": {"walker": "53:24/4/1", "altitude_km": 550}}


@pytest.mark.parametrize(
    "override",
    [
        "time.duration_h=true",
        "time.duration_h='24'",
        "time.step_s=false",
        "grid.resolution=5.5",
        "grid.resolution=true",
        "grid.resolution='5'",
        "output.cube=1",
        "output.cube='yes'",
        "network=1",
        "link.min_elevation_deg='25'",
        "link.phones_per_cell=16.0",
        "constellation.select.norad_id=[true]",
        "constellation.select.inclination_deg=[40, true]",
        "constellation.seed='1'",
        "beams.load=true",
        "time.duration_h=nan",
        "time.duration_h=" + "9" * 400,
        "link=5",
        "region=[]",
        "time=true",
    ],
)
def test_what_is_no_number_is_refused_by_its_key(override):
    with pytest.raises(ScenarioError) as error:
        read_scenario("italy", overrides=[override])
    message = str(error.value)
    assert override.split("=")[0].rpartition(".")[2] in message
    assert "\n" not in message
    assert len(message) < 600


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 2000 + "]" * 2000, "0x" + "f" * 5000])
def test_numbers_and_brackets_beyond_reason_are_one_line(tmp_path, text):
    file = tmp_path / "s.toml"
    file.write_text(f"[constellation]\nelements = 'starlink-d2c-2026-08'\n[time]\nduration_h = {text}\n")
    with pytest.raises(ScenarioError) as error:
        read_scenario(str(file))
    assert len(str(error.value)) < 600
    with pytest.raises(ScenarioError) as error:
        read_scenario("italy", overrides=[f"time.duration_h={text}"])
    assert len(str(error.value)) < 600


def test_a_whole_number_stands_for_a_fraction_and_numpys_for_pythons():
    scenario = validate_model(
        Scenario,
        BASE
        | {
            "time": {"duration_h": 2},
            "grid": {"resolution": np.int64(4)},
            "region": {"buffer_km": np.float32(5)},
        },
        origin="x",
    )
    assert (scenario.time.duration_h, scenario.grid.resolution, scenario.region.buffer_km) == (2.0, 4, 5.0)


def leaves(schema, node, path=()):
    """Yield path and schema of each number in a schema."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    for branch in node.get("anyOf", node.get("allOf", ())):
        yield from leaves(schema, branch, path)
    for key, value in node.get("properties", {}).items():
        yield from leaves(schema, value, (*path, key))
    if node.get("type") in ("number", "integer") and path:
        yield path, node


BOUNDS = {"minimum": -1, "exclusiveMinimum": 0, "maximum": 1, "exclusiveMaximum": 0}
LIMITS = [
    (path, key, node[key], node["type"])
    for path, node in leaves(scenario_schema(), scenario_schema())
    for key in BOUNDS
    if key in node
]


def test_the_schema_has_limits():
    assert {path[0] for path, *_ in LIMITS} >= {"time", "grid", "link", "beams", "constellation"}


@pytest.mark.parametrize(("path", "key", "limit", "kind"), LIMITS)
def test_the_code_refuses_what_the_schema_refuses(path, key, limit, kind):
    beyond = limit + BOUNDS[key] * (1 if kind == "integer" else 1e-6 * max(1, abs(limit)))
    data: Any = beyond
    for part in reversed(path):
        data = {part: data}
    with pytest.raises(ScenarioError, match=rf"\b{path[-1]}\b"):
        validate_model(Scenario, BASE | data, origin="x")


@pytest.mark.parametrize("kind", MODELS)
def test_entries_take_no_text_for_a_number(kind):
    schema = MODELS[kind].model_json_schema()
    for path, _ in leaves(schema, schema):
        for wrong in (True, "1"):
            data: Any = wrong
            for part in reversed(path):
                data = {part: data}
            with pytest.raises(ScenarioError):
                validate_model(MODELS[kind], {"title": "x"} | data, origin="x")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "network=False",
            "italy: network = 'False': must be true or false, as TOML writes them, or input should be 'auto'",
        ),
        ("output.cube=yes", "italy: [output] cube = 'yes': must be true or false, as TOML writes them"),
        ("time.duration_h=true", "italy: [time] duration_h = true: input should be a valid number"),
    ],
)
def test_a_message_says_what_was_written_and_what_may_be(override, message):
    with pytest.raises(ScenarioError) as caught:
        read_scenario("italy", overrides=[override])
    assert str(caught.value) == message

"""JSON schema of scenario files."""

from typing import Any

from d2c.library.schema import SchemaWithTexts
from d2c.scenario.model import Scenario


def scenario_schema() -> dict[str, Any]:
    """Return the JSON schema of scenario files."""
    return Scenario.model_json_schema(schema_generator=SchemaWithTexts)

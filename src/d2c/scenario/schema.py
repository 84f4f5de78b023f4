"""JSON schema of scenario files, with the texts below the keys in the source of their models as descriptions.

Pydantic can take these texts itself, but then reads the source of every model at every start of d2c, for 0.1 s.
"""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from d2c.scenario.model import Scenario


def scenario_schema() -> dict[str, Any]:
    """Return the JSON schema of scenario files."""
    return Scenario.model_json_schema(schema_generator=_WithTexts)


class _WithTexts(GenerateJsonSchema):
    def model_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of a model; pydantic calls this for each."""
        found = super().model_schema(schema)
        for key, text in _texts(schema["cls"]).items():
            found["properties"][key]["description"] = text
        return found


def _texts(model: type) -> dict[str, str]:
    """Return the texts below the keys of a model, by key."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(definition, ast.ClassDef)
    texts = {}
    for key, below in pairwise(definition.body):
        match key, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                texts[name] = inspect.cleandoc(text)
    return texts

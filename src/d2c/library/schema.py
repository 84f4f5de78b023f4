"""JSON schemas of library entries, with the texts below the keys in the source of the models as descriptions.

Pydantic can take these texts itself, but then reads the source of every model at every start of d2c, for 0.1 s.
"""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from d2c.library.entry import Kind
from d2c.library.models import MODELS
from d2c.toml import StrictModel

# What an entry must hold itself; all else it may have from the entry that it is based on.
_NOT_INHERITED = ("title", "name", "value")


def entry_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON schema of the entries of a kind.

    An entry may inherit any key through `based_on`, so the schema asks for few; `check_entry` knows what is missing.
    """
    schema = MODELS[kind].model_json_schema(schema_generator=SchemaWithTexts)
    for table in (schema, *schema.get("$defs", {}).values()):
        required = [key for key in table.pop("required", ()) if key in _NOT_INHERITED]
        table.update({"required": required} if required else {})
    return schema


class SchemaWithTexts(GenerateJsonSchema):
    """Generator of JSON schemas with the texts below the keys."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of a model; pydantic calls this for each."""
        found = super().model_schema(schema)
        for model in schema["cls"].__mro__:
            for key, text in _texts(model).items() if issubclass(model, StrictModel) else ():
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

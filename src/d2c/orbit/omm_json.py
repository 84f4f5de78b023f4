"""Orbit mean-elements messages as JSON: a list, single objects, one object a line."""

import json
from collections.abc import Iterator

from d2c.errors import CatalogueError
from d2c.json_values import NestedTooDeepError, json_values
from d2c.orbit.element_set import ElementSet, RejectedSet
from d2c.orbit.omm import element_set

# Numbers stay the text that they are, so that all formats are read by the same rule.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def parse_json(text: str, source: str) -> Iterator[ElementSet | RejectedSet]:
    """Yield the element set of each object, or its rejection; CatalogueError if the JSON is damaged."""
    try:
        for number, value in json_values(text, decoder=_DECODER):
            if isinstance(value, dict):
                yield element_set(value, number)
            else:
                yield RejectedSet(number, repr(value)[:40], "it is not a JSON object")
    except json.JSONDecodeError as error:
        raise CatalogueError(
            f"{source}: the JSON is cut off or damaged at line {error.lineno}: {error.msg}; download it again"
        ) from None
    except NestedTooDeepError as error:
        raise CatalogueError(f"{source}: the JSON cannot be read: {error}") from None

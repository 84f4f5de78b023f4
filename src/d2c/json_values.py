"""JSON texts as people write them: one value, several after each other, one a line; each with its line."""

import json
import re
from collections.abc import Iterator
from typing import Any

_BLANKS = re.compile(r"[ \t\n]*")


class NestedTooDeepError(ValueError):
    """Brackets in brackets, more than can be read."""


def json_values(text: str, *, decoder: json.JSONDecoder | None = None) -> Iterator[tuple[int, Any]]:
    """Yield line number and value of every value of a text; members of lists one by one.

    Nothing is passed over: JSONDecodeError for text that is no value, NestedTooDeepError for one that is too deep.
    """
    # Value by value, because json.loads does not give line numbers.
    decoder = decoder or json.JSONDecoder()
    line, counted, in_list = 1, 0, False
    at = _after_blanks(text, 0)
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        if not in_list and text[at] == "[":
            at, in_list = _after_blanks(text, at + 1), True
            if text.startswith("]", at):
                at, in_list = _after_blanks(text, at + 1), False
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            raise
        except ValueError:  # from int()
            raise json.JSONDecodeError("a number has thousands of digits", text, at) from None
        except RecursionError:
            raise NestedTooDeepError(f"brackets are nested too deep at line {line}") from None
        yield line, value
        at = _after_blanks(text, at)
        if in_list and text.startswith(",", at):
            at = _after_blanks(text, at + 1)
        elif in_list and text.startswith("]", at):
            at, in_list = _after_blanks(text, at + 1), False
        elif in_list:
            raise json.JSONDecodeError("the list does not end", text, at)
    if in_list:
        raise json.JSONDecodeError("the list does not end", text, at)


def _after_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at

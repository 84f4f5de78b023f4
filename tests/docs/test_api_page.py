"""docs/api.md is the reference that the docstrings give, and knows every public name."""

import importlib.util
import re
from pathlib import Path

import pytest

import d2c

SCRIPT = Path(__file__).parents[2] / "docs" / "build_api.py"


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_api", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(build):
    assert build.PAGE.read_text(encoding="utf-8") == build.page(), "run python docs/build_api.py"


def test_every_public_name_has_its_part(build):
    parts = re.findall(r"^### (\w+)$", build.page(), re.MULTILINE)
    assert sorted(parts) == sorted(set(d2c.__all__) - {"__version__"})


def test_sections_become_lists_and_examples(build):
    text = build._markdown(
        "One line.\n\nReturns\n-------\nint\n    Its\n    number.\n\nExamples\n--------\n>>> 1\n1"
    )
    assert (
        text
        == "One line.\n\n**Returns**\n\n- `int`: Its number.\n\n**Examples**\n\n```pycon\n>>> 1\n1\n```\n"
    )

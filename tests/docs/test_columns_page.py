"""docs/columns.md: its tables are those of the program."""

import importlib.util
from pathlib import Path

import pytest

from d2c.results.columns import COLUMNS

SCRIPT = Path(__file__).parents[2] / "docs" / "build_columns.py"


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_columns", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_current(build):
    text = build.PAGE.read_text(encoding="utf-8")
    assert text == build.page(text), "run python docs/build_columns.py"


def test_a_page_without_the_marks_of_a_table_is_refused(build):
    text = build.PAGE.read_text(encoding="utf-8")
    for name in COLUMNS:
        with pytest.raises(ValueError, match=f"lacks the lines '<!-- table {name}:"):
            build.page(text.replace(build.begin(name), ""))

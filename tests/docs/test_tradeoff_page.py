"""docs/tradeoff.md: its tables are those of the shipped specification."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "build_tradeoff.py"


@pytest.mark.slow
@pytest.mark.timeout(600)  # twenty runs
def test_the_tables_are_current():
    spec = importlib.util.spec_from_file_location("build_tradeoff", SCRIPT)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    text = build.PAGE.read_text(encoding="utf-8")
    assert build.BEGIN in text
    assert text == build.page(text), "run python docs/build_tradeoff.py"

"""docs/systems.md: its table is that of the library."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "build_systems.py"


def test_the_table_is_current():
    spec = importlib.util.spec_from_file_location("build_systems", SCRIPT)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    text = build.PAGE.read_text(encoding="utf-8")
    assert build.BEGIN in text
    assert text == build.page(text), "run python docs/build_systems.py"

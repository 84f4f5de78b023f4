"""docs/nomenclature.md: every symbol of its table is used in the source."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "nomenclature.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| term")
]


@pytest.fixture(scope="module")
def source():
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "d2c").rglob("*.py"))


def test_every_row_has_all_columns_and_each_term_is_listed_once():
    assert all(len(row) == 5 for row in ROWS)
    terms = [row[0] for row in ROWS]
    assert len(set(terms)) == len(terms) > 50


def test_every_symbol_is_used_in_the_source(source):
    symbols = {symbol for row in ROWS for symbol in re.findall(r"`([^`]+)`", row[1])}
    missing = {
        s for s in symbols if not re.search(rf"(?<![a-z]){re.escape(s.removeprefix('NAME'))}\b", source)
    }
    assert missing == set()

"""How long the first run compiles is said in one way: by d2c itself, README and docs."""

import re
from pathlib import Path

import pytest

from d2c.api import compiling

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/quickstart.md", "docs/tutorial-coverage.md", "docs/api.md")


@pytest.mark.parametrize("page", PAGES)
def test_pages_say_what_the_first_run_says(page):
    said = re.search(r"about \w+ minutes", compiling._MESSAGE).group()
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    (sentence,) = {
        s for s in re.split(r"(?<=[.;]) ", text) if "ompiles" in s and "kernels" in s and "first" in s
    }
    assert said in sentence

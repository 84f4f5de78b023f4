"""Write the output of `d2c tradeoff compare-options` into docs/tradeoff.md, between its two marks."""

from pathlib import Path

from marked_tables import replace_between

from d2c.analysis.tradeoff import run_tradeoff
from d2c.output.reports.tradeoff import tradeoff_tables
from d2c.scenario.tradeoff import read_tradeoff

PAGE = Path(__file__).with_name("tradeoff.md")
BEGIN, END = "<!-- table: docs/build_tradeoff.py -->", "<!-- end of the table -->"


def table() -> str:
    """Return the tables of the built-in specification in Markdown, headings one level down."""
    text = tradeoff_tables(run_tradeoff(read_tradeoff("compare-options")))
    return text[text.index("## ") :].replace("## ", "### ").rstrip()


def page(text: str) -> str:
    """Return the page with the current tables."""
    return replace_between(text, BEGIN, END, table())


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

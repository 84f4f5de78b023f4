"""Write the tables of columns in docs/columns.md from d2c.results.columns, each between its two marks."""

from pathlib import Path

from d2c.results.column import Column
from d2c.results.columns import COLUMNS

PAGE = Path(__file__).with_name("columns.md")
END = "<!-- end of the table -->"
_HEAD = "| column | unit | decimals | on maps | meaning |\n|---|---|---|---|---|"
_OWNERS = {"limits": "LIMIT"}  # of the endings in a table; else services


def begin(name: str) -> str:
    """Return the mark before a table."""
    return f"<!-- table {name}: docs/build_columns.py -->"


def table(name: str) -> str:
    """Return a table of columns in Markdown."""
    owner = _OWNERS.get(name, "NAME")
    return "\n".join([_HEAD, *(_row(entry, owner) for entry in COLUMNS[name])])


def page(text: str) -> str:
    """Return the page with the current tables; ValueError if it lacks the marks of one."""
    for name in COLUMNS:
        before, mark, rest = text.partition(begin(name))
        _, end, after = rest.partition(END)
        if not (mark and end):
            raise ValueError(
                f"{PAGE.name} lacks the lines '{begin(name)}' and '{END}'; add them where the table belongs"
            )
        text = f"{before}{mark}\n{table(name)}\n{end}{after}"
    return text


def _in_sentence(text: str) -> str:
    """Return a sentence as part of another; an abbreviation at its beginning keeps its capitals."""
    return text if text[1].isupper() else f"{text[0].lower()}{text[1:]}"


def _row(entry: Column, owner: str) -> str:
    name = f"{owner}{entry.name}" if entry.name.startswith("_") else entry.name
    quantity = entry.quantity()
    decimals = "" if entry.decimals is None else str(entry.decimals)
    return (
        f"| `{name}` | {entry.unit} | {decimals} | {quantity.title if quantity else ''} | {_meaning(entry)} |"
    )


def _meaning(entry: Column) -> str:
    """Return the meaning, and what it is in a network with beams."""
    loaded = entry.loaded_meaning
    return f"{entry.meaning} With beams: {_in_sentence(loaded)}" if loaded else entry.meaning


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

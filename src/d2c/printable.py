"""Texts of files and of users, made harmless before a terminal, a picture, a page or a spreadsheet shows them."""

import re

MOST_LETTERS = 300  # of a title: three times the longest one that ships

# C0, DEL and C1; the separators and the overrides of direction, which let a text look like another one
_CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_ONE_LINE = re.compile(f"[{_CONTROL}]")
_COLOUR = r"\x1b(?=\[[0-9;]*m)"  # which tables on a terminal have in their heads
_LINES = re.compile(f"(?![\n\t])[{_CONTROL}]")
_LINES_IN_COLOUR = re.compile(f"(?![\n\t]|{_COLOUR})[{_CONTROL}]")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_FIGURE = re.compile(r"[+-]?(\d[\d.,:]*([eE][+-]?\d+)?|inf|nan)?( %)?$|[-+]$")


def printable(text: str) -> str:
    """Return the text in one line, each control character shown as U+FFFD."""
    return _ONE_LINE.sub("\ufffd", text)


def printable_lines(text: str, *, colour: bool = False) -> str:
    """Return the text with its lines and tabs, each other control character shown as U+FFFD; `colour`: colours stay."""
    return (_LINES_IN_COLOUR if colour else _LINES).sub("\ufffd", text)


def spreadsheet_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before =, +, - and @; figures stay.

    Source: OWASP, CSV Injection.
    """
    text = printable_lines(text)
    return f"'{text}" if _FORMULA.match(text) and not _FIGURE.match(text) else text


def checked_title(title: str) -> str:
    """Return a title, printable; ValueError if it is too long."""
    if len(title) > MOST_LETTERS:
        raise ValueError(f"a title of {len(title):,} letters is longer than {MOST_LETTERS}; shorten it")
    return printable(title)

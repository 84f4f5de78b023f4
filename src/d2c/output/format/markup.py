"""Text in HTML."""

import html

from d2c.printable import printable_lines


def escape(text: str) -> str:
    """Return a text for HTML, also in attributes, without the control characters that HTML does not allow."""
    return html.escape(printable_lines(text))

"""Durations as text, in one unit each so that a column of them compares: minutes for gaps, seconds for waits."""


def minutes_text(seconds: float, *, at_least: bool = False) -> str:
    """Return a gap: "1,011.5 min", or ">= 1,011.5 min" where it is cut."""
    return f"{'>= ' if at_least else ''}{seconds / 60:,.1f} min"


def seconds_text(seconds: float) -> str:
    """Return a wait: "1,135.3 s"."""
    return f"{seconds:,.1f} s"

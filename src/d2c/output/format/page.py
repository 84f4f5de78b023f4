"""Printed page of maps and plots: fonts, colours, and title, subtitle and caption around a body. Lengths in inches.

Drawings do not depend on the user's matplotlib settings.
"""

import io
import re
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from d2c.errors import ResultError
from d2c.printable import printable, printable_lines

DPI = 150
WIDTH = 9.6  # 1440 pixels
EDGE = 0.25  # empty border
TEXT, FAINT = "#1f1f1f", "#5a5a5a"
TITLE_PT, SUBTITLE_PT, LABEL_PT, SMALL_PT = 15.0, 10.0, 9.0, 7.5
LINE = 1.35 / 72  # line height per point of font size

# A line is measured, which takes a millisecond, only where the widths of its words do not tell whether it fits.
_UNSURE = 0.1
_ABOVE_CAPTION, _BELOW_SUBTITLE, _BELOW_TITLE = 0.1, 0.12, 0.05
# Settings of windows and files are kept; all others are reset to matplotlib defaults.
_KEPT_SETTINGS = {
    "backend",
    "backend_fallback",
    "interactive",
    "toolbar",
    "timezone",
    "webagg",
    "keymap",
    "tk",
    "macosx",
}
# Without dates and library versions the bytes depend on the drawing only.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def drawing_settings() -> Iterator[None]:
    """Use the default settings of matplotlib instead of the user's while drawing."""
    defaults = {
        name: value for name, value in mpl.rcParamsDefault.items() if name.split(".")[0] not in _KEPT_SETTINGS
    }
    with (
        mpl.rc_context({**defaults, "hatch.linewidth": 0.6, "svg.hashsalt": "d2c"}),
        warnings.catch_warnings(),
    ):
        # Characters missing from the font are drawn as boxes, without a warning on the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def image_format(path: Path) -> str:
    """Return the image format of a path by its extension; ResultError for an unsupported one."""
    kind = path.suffix.removeprefix(".")
    if kind not in _METADATA:
        raise ResultError(f"{path} cannot be drawn: its extension must be one of .{', .'.join(_METADATA)}")
    return kind


class Page:
    """A figure with title, subtitle and caption; its content is placed in the body between them.

    Places are measured from the left edge of the page and from the bottom of the body.
    """

    def __init__(self, *, body: float, title: str, subtitle: str, caption: str) -> None:
        """Lay out the texts above and below a body of this height."""
        title, subtitle, caption = printable(title), printable(subtitle), printable(caption)
        width = WIDTH - 2 * EDGE
        titles = wrapped(title, size_pt=TITLE_PT, width=width, weight="bold")
        subtitles = wrapped(subtitle, size_pt=SUBTITLE_PT, width=width)
        captions = wrapped(caption, size_pt=SMALL_PT, width=width)
        self._title = title
        self.bottom = EDGE + _height(captions, SMALL_PT) + _ABOVE_CAPTION
        subtitle_bottom = body + _BELOW_SUBTITLE
        title_bottom = subtitle_bottom + _height(subtitles, SUBTITLE_PT) + _BELOW_TITLE
        height = self.bottom + title_bottom + _height(titles, TITLE_PT) + EDGE
        self.figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
        self._block(titles, title_bottom, size_pt=TITLE_PT, weight="bold")
        self._block(subtitles, subtitle_bottom, size_pt=SUBTITLE_PT, color=FAINT)
        self._block(captions, EDGE - self.bottom, size_pt=SMALL_PT, color=FAINT)

    def axes(self, *, left: float, bottom: float, width: float, height: float) -> Axes:
        """Add axes."""
        whole_width, whole_height = self.figure.get_size_inches()
        return self.figure.add_axes(
            (
                left / whole_width,
                (self.bottom + bottom) / whole_height,
                width / whole_width,
                height / whole_height,
            )
        )

    def text(self, x: float, y: float, text: str, *, size_pt: float, **look: Any) -> None:
        """Write one line with its baseline at y, literally (a dollar sign starts no formula)."""
        look = {"color": TEXT, "transform": self.figure.dpi_scale_trans, **look}
        self.figure.text(x, self.bottom + y, text, fontsize=size_pt, parse_math=False, **look)

    def swatch(self, left: float, bottom: float, *, width: float, height: float, **look: Any) -> None:
        """Draw a rectangle, such as a colour of a legend."""
        look = {"edgecolor": FAINT, "linewidth": 0.5, "transform": self.figure.dpi_scale_trans, **look}
        self.figure.add_artist(Rectangle((left, self.bottom + bottom), width, height, **look))

    def rendered(self, kind: str = "png") -> bytes:
        """Return the page as png, svg or pdf; the bytes depend on the drawing only."""
        out = io.BytesIO()
        self.figure.savefig(out, format=kind, dpi=DPI, metadata={**_METADATA[kind], "Title": self._title})
        if kind == "svg":  # each text stands in it as a comment too
            return printable_lines(out.getvalue().decode("utf-8")).encode("utf-8")
        return out.getvalue()

    def _block(self, lines: list[str], bottom: float, *, size_pt: float, **look: Any) -> None:
        """Write lines upwards from `bottom`."""
        for k, line in enumerate(reversed(lines)):
            self.text(EDGE, bottom + (k + 0.25) * size_pt * LINE, line, size_pt=size_pt, **look)


def wrapped(text: str, *, size_pt: float, width: float, weight: str = "normal") -> list[str]:
    """Wrap the text to lines of at most `width`, at spaces or inside longer words."""

    def fits(line: str) -> bool:
        about = sum(_advance(word, size_pt, weight) for word in re.split("( )", line))
        if abs(about - width) > _UNSURE:
            return about < width
        return _width(line, size_pt, weight) <= width

    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in re.split(r"[ \t]+", paragraph.strip(" \t")):  # not at no-break spaces
            longer = f"{line} {word}" if line else word
            if fits(longer):
                line = longer
                continue
            if line:
                lines.append(line)
            while not fits(word):
                end = _longest_start(word, fits)
                lines.append(word[:end])
                word = word[end:]
            line = word
        lines.append(line)
    return lines


def text_width(text: str, *, size_pt: float) -> float:
    """Return the width of one line."""
    return _width(text, size_pt)


def _height(lines: list[str], size_pt: float) -> float:
    return len(lines) * size_pt * LINE


def _longest_start(word: str, fits: Callable[[str], bool]) -> int:
    """Return the number of leading characters of a word that fit, at least one."""
    return max(1, bisect_left(range(1, len(word)), True, key=lambda end: not fits(word[:end])))


@lru_cache(maxsize=4096)  # the texts of a run share most of their words
def _advance(word: str, size_pt: float, weight: str) -> float:
    """Return what a word or a space adds to the width of a line."""
    return _width(f"n{word}n", size_pt, weight) - _width("nn", size_pt, weight)


def _width(text: str, size_pt: float, weight: str = "normal") -> float:
    font = FontProperties(size=size_pt, weight=weight)
    renderer: Any = RendererAgg(8, 8, DPI)  # type: ignore[no-untyped-call]
    return float(renderer.get_text_width_height_descent(text, font, ismath=False)[0]) / DPI

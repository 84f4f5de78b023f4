"""How plots of a place look, whatever a user has set for matplotlib: type, colours, a sheet with texts."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from d2c.output.maps.sheet import DPI, wrapped

WIDTH = 9.6  # inches: 1440 pixels
EDGE = 0.25
TEXT, FAINT, GRID = "#1f1f1f", "#5a5a5a", "#d9d9d9"
SERIES_COLOURS = ("#2166ac", "#b35806", "#1b7837", "#762a83", "#8c510a", "#35788a")
TITLE_PT, SUBTITLE_PT, LABEL_PT, SMALL_PT = 15.0, 10.0, 9.0, 7.5
_LINE = 1.35 / 72  # inches of a line per point of its size
# Settings of windows and files; all others of matplotlib's own are put in place.
_NOT_OURS = {
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


@contextmanager
def plain_settings() -> Iterator[None]:
    """Have matplotlib forget a user's own settings while we draw."""
    plain = {
        name: value for name, value in mpl.rcParamsDefault.items() if name.split(".")[0] not in _NOT_OURS
    }
    with mpl.rc_context(plain), warnings.catch_warnings():
        # A name in a script that the font lacks shows boxes; that is no reason to speak on the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def plain_axes(axes: Axes, *, grid: Literal["both", "x"] = "both") -> None:
    """Give axes the look that all plots have: a faint grid below what is drawn, small ticks, a thin frame."""
    axes.grid(axis=grid, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL_PT, length=3, color=FAINT, labelcolor=TEXT)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)


class Page:
    """A sheet with a title on top and a caption at the foot; the room between is for axes. Lengths in inches."""

    def __init__(self, *, body: float, title: str, subtitle: str, caption: str) -> None:
        """Lay the texts out around a body of this height, as wide as the sheet between its edges."""
        width = WIDTH - 2 * EDGE
        titles = wrapped(title, size_pt=TITLE_PT, width=width, weight="bold")
        subtitles = wrapped(subtitle, size_pt=SUBTITLE_PT, width=width)
        captions = wrapped(caption, size_pt=SMALL_PT, width=width)
        self.bottom = EDGE + len(captions) * SMALL_PT * _LINE + 0.1
        subtitle_bottom = self.bottom + body + 0.12
        title_bottom = subtitle_bottom + len(subtitles) * SUBTITLE_PT * _LINE + 0.05
        height = title_bottom + len(titles) * TITLE_PT * _LINE + EDGE
        self.figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
        self._block(titles, title_bottom, size_pt=TITLE_PT, weight="bold")
        self._block(subtitles, subtitle_bottom, size_pt=SUBTITLE_PT, color=FAINT)
        self._block(captions, EDGE, size_pt=SMALL_PT, color=FAINT)

    def axes(self, *, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return axes; `bottom` is above the foot of the body, `left` from the left side of the sheet."""
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
        """Write one line with its baseline at y above the body's foot, as it stands (a dollar starts no formula)."""
        self._write(x, self.bottom + y, text, size_pt=size_pt, **look)

    def swatch(self, left: float, bottom: float, *, width: float, height: float, colour: str) -> None:
        """Draw a rectangle in a colour of the legend; `bottom` is above the body's foot."""
        place, transform = (left, self.bottom + bottom), self.figure.dpi_scale_trans
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": FAINT, "linewidth": 0.5}
        self.figure.add_artist(Rectangle(place, width, height, transform=transform, **look))

    def png(self, *, title: str) -> bytes:
        """Return the picture; the bytes depend on what is drawn only."""
        out = io.BytesIO()
        self.figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None, "Title": title})
        return out.getvalue()

    def _block(self, lines: list[str], bottom: float, *, size_pt: float, **look: Any) -> None:
        for k, line in enumerate(reversed(lines)):
            self._write(EDGE, bottom + (k + 0.25) * size_pt * _LINE, line, size_pt=size_pt, **look)

    def _write(self, x: float, y: float, text: str, *, size_pt: float, **look: Any) -> None:
        look = {"color": TEXT, "transform": self.figure.dpi_scale_trans, **look}
        self.figure.text(x, y, text, fontsize=size_pt, parse_math=False, **look)

"""Draw the figures of the code's structure: python docs/build_figures.py writes docs/figures/*.svg."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

FOLDER = Path(__file__).with_name("figures")
WIDTH, GAP = 226, 26  # of a box, and to the next
INK, FAINT, FILL, STRONG = "#1f1f1f", "#5a5a5a", "#eef3f8", "#2166ac"

LAYERS = (
    ("cli", "arguments in, exit code out"),
    ("api", "what `import d2c` gives"),
    ("output", "maps, plots, QGIS, page, reports, result folders"),
    ("validation", "checks against printed tables and other programs"),
    ("analysis", "explain, compare, sensitivity, trade-off, sizing, disaster"),
    ("results", "columns, layers, cube; a stored result"),
    ("site", "one place: passes, sky, timeline"),
    ("coverage", "windows, kernels, statistics, network, engine"),
    ("link", "budget, beams, services, rates"),
    ("scenario", "the question, checked"),
    ("library", "payloads, handsets, services, losses, limits"),
    ("orbit | region | antenna", "elements to positions | areas to cells | gain patterns"),
    ("propagation", "one file for each Recommendation"),
    ("toml, files, geodesy, utc, units, errors", "shared basics"),
)
FLOW = (
    ("tile", "up to 256 neighbouring cells,\none SIMD lane each"),
    ("candidates", "satellites that may be above\nthe mask somewhere in the tile"),
    ("bounds", "range, elevation and C/N that\nno cell of the tile can exceed"),
    ("best server", "only candidates that may win are\nevaluated, for all cells at once"),
    ("counters", "histograms, served steps, gaps:\nintegers per cell and service"),
)

LEVELS = (
    ("points", "one of each cell, in turn;\nhow each satellite sees it,\nas the phone that plays hears"),
    ("near beams", "those that may serve:\nserver and four strongest\nothers of each cell"),
    ("other beams", "one by one, a SIMD lane each;\nfar from the tile by the\nmean of their side lobes"),
    ("satellites", "mean and variance, with the\nchance beside the server;\nPFD over limits"),
    ("outcomes", "four coins, a gamma for the\nrest: histograms of\nC/(I+N), C/I, RSRP"),
)
SERVICES = (
    ("centres", "how each satellite\nnear the tile sees them"),
    ("near beams", "strongest and sum\nof each satellite"),
    ("phones", "sixteen lanes: which satellite\neach hears best, and over what"),
    ("levels", "of all phones of the tile,\nboth directions, in dB"),
    ("margins", "of each service: levels\nand the beam's time"),
)

_STATE = "loaded before the window, stored after it; the next window goes on"
_MARGINS = "a network of beams gives margins per cell and step instead; the same counters take them"


def _text(x: float, y: float, text: str, *, size: int = 13, colour: str = INK, weight: str = "normal") -> str:
    lines = "".join(
        f'<tspan x="{x}" dy="{0 if k == 0 else 1.3 * size}">{escape(line)}</tspan>'
        for k, line in enumerate(text.split("\n"))
    )
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}">{lines}</text>'


def _box(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="{FILL}" stroke="{STRONG}"/>'


def _svg(width: int, height: int, title: str, parts: list[str]) -> str:
    arrow = (
        '<marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z" fill="{FAINT}"/></marker>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" role="img">'
        f"<title>{escape(title)}</title><defs>{arrow}</defs>"
        f'<rect width="{width}" height="{height}" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{FAINT}" stroke-width="1.5" marker-end="url(#to)"/>'


def architecture() -> str:
    """Return the layers: a module imports only from those below its own."""
    row, parts = 34, [_text(20, 26, "A module imports only from the rows below its own", colour=FAINT)]
    for k, (name, what) in enumerate(LAYERS):
        y = 42 + k * row
        parts += [
            _box(20, y, 640, row - 6),
            _text(32, y + 19, name, weight="bold"),
            _text(300, y + 19, what, size=12),
        ]
    return _svg(680, 42 + len(LAYERS) * row + 12, "The layers of d2c", parts)


def _flow(steps: Sequence[tuple[str, str]], y: int, height: int) -> list[str]:
    """Return boxes in a row, with arrows from each to the next."""
    parts = []
    for k, (name, what) in enumerate(steps):
        x = 20 + k * (WIDTH + GAP)
        parts += [
            _box(x, y, WIDTH, height),
            _text(x + 12, y + 22, name, size=15, weight="bold"),
            _text(x + 12, y + 46, what, size=12),
        ]
        if k:
            parts.append(_arrow(x - GAP + 3, y + height // 2, x - 3, y + height // 2))
    return parts


def network() -> str:
    """Return the way of one tile through a level step and through a time step of a network."""
    across, first = (
        2 * 20 + 5 * WIDTH + 4 * GAP,
        "levels: for each tile in parallel, for each level step (120 s)",
    )
    parts = [_text(20, 26, first, colour=FAINT), *_flow(LEVELS, 42, 98)]
    parts += [
        _arrow(20 + WIDTH / 2 + 3 * (WIDTH + GAP), 142, 20 + WIDTH / 2 + 2 * (WIDTH + GAP), 202),
        _text(
            20 + 3 * (WIDTH + GAP) + 24,
            178,
            "mean interference of the beams that are not around a cell",
            size=12,
        ),
        _text(20, 190, "services: for each tile in parallel, for each time step", colour=FAINT),
        *_flow(SERVICES, 206, 84),
    ]
    return _svg(across, 308, "The kernels of a network", parts)


def kernel() -> str:
    """Return the way of one tile through one time step."""
    width, gap = WIDTH, GAP
    parts = [
        _text(20, 26, "For each tile in parallel, for each time step:", colour=FAINT),
        *_flow(FLOW, 42, 84),
    ]
    last = 20 + (len(FLOW) - 1) * (width + gap)
    parts += [
        _arrow(last + width / 2, 128, last + width / 2, 160),
        _box(last - width - gap, 164, 2 * width + gap, 52),
        _text(last - width - gap + 12, 185, "accumulator state", size=15, weight="bold"),
        _text(last - width - gap + 12, 204, _STATE, size=12),
        _box(20, 164, 3 * width + gap - 24, 52),
        _text(32, 185, "accumulate_margins", size=15, weight="bold"),
        _text(32, 204, _MARGINS, size=12),
        _arrow(20 + 3 * width + gap - 24, 190, last - width - gap - 3, 190),
    ]
    return _svg(2 * 20 + 5 * width + 4 * gap, 232, "The coverage kernel", parts)


def main() -> None:
    """Write the figures."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "architecture.svg").write_text(architecture(), encoding="utf-8")
    (FOLDER / "kernel.svg").write_text(kernel(), encoding="utf-8")
    (FOLDER / "network.svg").write_text(network(), encoding="utf-8")


if __name__ == "__main__":
    main()

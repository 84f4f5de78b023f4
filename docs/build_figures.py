"""Draw the two figures of the code's structure: python docs/build_figures.py writes docs/figures/*.svg."""

from html import escape
from pathlib import Path

FOLDER = Path(__file__).with_name("figures")
INK, FAINT, FILL, STRONG = "#1f1f1f", "#5a5a5a", "#eef3f8", "#2166ac"

LAYERS = (
    ("cli", "arguments in, exit code out"),
    ("api, result", "what `import d2c` gives"),
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


def kernel() -> str:
    """Return the way of one tile through one time step."""
    width, gap = 226, 26
    parts = [_text(20, 26, "For each tile in parallel, for each time step:", colour=FAINT)]
    for k, (name, what) in enumerate(FLOW):
        x = 20 + k * (width + gap)
        parts += [
            _box(x, 42, width, 84),
            _text(x + 12, 64, name, size=15, weight="bold"),
            _text(x + 12, 88, what, size=12),
        ]
        if k:
            parts.append(_arrow(x - gap + 3, 84, x - 3, 84))
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
    """Write both figures."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "architecture.svg").write_text(architecture(), encoding="utf-8")
    (FOLDER / "kernel.svg").write_text(kernel(), encoding="utf-8")


if __name__ == "__main__":
    main()

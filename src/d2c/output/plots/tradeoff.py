"""Plot of a trade-off study: a panel for each area and user group, options sorted by number of satellites."""

from matplotlib.axes import Axes

from d2c.analysis.tradeoff import WELL_SERVED, TradeoffResult, TradeoffRow
from d2c.output.format.page import EDGE, FAINT, LABEL_PT, SMALL_PT, WIDTH, Page, drawing_settings, wrapped
from d2c.output.plots.axes import SERIES_COLOURS, style_axes
from d2c.output.reports.tradeoff import served_by_text

_ROW, _HEAD, _FOOT, _KEY = 0.46, 0.36, 0.34, 0.34  # inches
_LEFT, _RIGHT = 2.7, WIDTH - EDGE - 1.5
_MARKERS = ("o", "s", "^", "D", "v", "P")


def draw_tradeoff(result: TradeoffResult) -> bytes:
    """Return a PNG: the area mean of availability, with a line to its 5th percentile over the area."""
    tradeoff = result.tradeoff
    panels = [
        (f"{area}, {group.name}", [r for r in result.rows if (r.area, r.group) == (area, group.name)])
        for area in tradeoff.areas
        for group in tradeoff.groups
    ]
    services = list(dict.fromkeys(row.service for row in result.rows))
    heights = [_HEAD + _ROW * len(tradeoff.option) + _FOOT for _ in panels]
    caption = (
        "Markers: mean over the area; lines: down to the 5th percentile over the area. On the right the "
        f"people served {100 * WELL_SERVED:g} % of the time, by the services in the order of the key. Assumptions "
        "differ between options: see the table."
    )
    with drawing_settings():
        page = Page(
            body=_KEY + sum(heights),
            title=tradeoff.title,
            subtitle=f"Availability over {tradeoff.time.duration_h:g} h, every {tradeoff.time.step_s:g} s; "
            f"{served_by_text(result)}",
            caption=caption,
        )
        _draw_key(page, services, sum(heights) + _KEY - 0.16)
        for number, (heading, rows) in enumerate(panels):
            _draw_panel(page, heading, rows, services, bottom=sum(heights[number + 1 :]) + _FOOT)
        return page.rendered()


def _draw_key(page: Page, services: list[str], y: float) -> None:
    x = _LEFT
    for number, service in enumerate(services):
        page.swatch(x, y, width=0.1, height=0.1, facecolor=SERIES_COLOURS[number % len(SERIES_COLOURS)])
        page.text(x + 0.18, y, service, size_pt=LABEL_PT)
        x += 0.5 + 0.085 * len(service)


def _draw_panel(
    page: Page, heading: str, rows: list[TradeoffRow], services: list[str], *, bottom: float
) -> None:
    options = sorted({row.option for row in rows}, key=lambda name: _size(rows, name), reverse=True)
    height = _ROW * len(options)
    axes = page.axes(left=_LEFT, bottom=bottom, width=_RIGHT - _LEFT, height=height)
    page.text(EDGE, bottom + height + 0.1, heading, size_pt=LABEL_PT, weight="bold")
    for place, option in enumerate(options):
        y = bottom + (place + 0.5) * _ROW
        of_option = [row for row in rows if row.option == option]
        _draw_option_name(page, of_option[0], y)
        if of_option[0].refused:
            (reason, *_) = wrapped(of_option[0].refused, size_pt=SMALL_PT, width=_RIGHT - _LEFT - 0.2)
            page.text(_LEFT + 0.1, y - 0.03, reason, size_pt=SMALL_PT, color=FAINT, style="italic")
            continue
        for row in of_option:
            _draw_row(axes, row, services.index(row.service), place, len(of_option), of_option.index(row))
        served = [row.people_served for row in of_option if row.people_served is not None]
        if served:
            people_text = " / ".join(f"{people / 1e6:.1f}" for people in served)
            page.text(_RIGHT + 0.15, y - 0.04, f"{people_text} M", size_pt=SMALL_PT, color=FAINT)
    _format_axes(axes, len(options))


def _size(rows: list[TradeoffRow], option: str) -> float:
    """Return the number of satellites of an option; infinity if it does not serve these users."""
    satellites = next(row.satellites for row in rows if row.option == option)
    return float("inf") if satellites is None else satellites


def _draw_option_name(page: Page, row: TradeoffRow, y: float) -> None:
    (name, *_) = wrapped(row.option, size_pt=LABEL_PT, width=_LEFT - EDGE - 0.1)
    page.text(EDGE, y, name, size_pt=LABEL_PT)
    satellites = "not compared" if row.satellites is None else f"{row.satellites:,} satellites, {row.payload}"
    (line, *_) = wrapped(satellites, size_pt=SMALL_PT, width=_LEFT - EDGE - 0.1)
    page.text(EDGE, y - 0.15, line, size_pt=SMALL_PT, color=FAINT)


def _draw_row(axes: Axes, row: TradeoffRow, service: int, place: int, count: int, k: int) -> None:
    """Draw one service of one option; services are offset vertically."""
    assert row.availability is not None
    assert row.availability_p05 is not None
    y = place + 0.5 + 0.24 * ((count - 1) / 2 - k)
    colour = SERIES_COLOURS[service % len(SERIES_COLOURS)]
    axes.plot([100 * row.availability_p05, 100 * row.availability], [y, y], color=colour, linewidth=1.2)
    marker = _MARKERS[service % len(_MARKERS)]
    axes.plot(100 * row.availability, y, marker, color=colour, markersize=5, clip_on=False, zorder=4)


def _format_axes(axes: Axes, options: int) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(0, options)
    axes.set_yticks(range(1, options), [""] * (options - 1))
    axes.xaxis.set_major_formatter("{x:g} %")
    style_axes(axes)
    axes.tick_params(axis="y", length=0)

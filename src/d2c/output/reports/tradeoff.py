"""Trade-off study as JSON, CSV, Markdown and HTML, with the same rows in each."""

import base64
import re
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from d2c.analysis.tradeoff import TradeoffResult, TradeoffRow
from d2c.output.format.markup import escape
from d2c.output.format.percent import percent_text
from d2c.output.reports.headline import network_text, scenario_text
from d2c.output.reports.summary import assumed_figures, not_modelled, versions
from d2c.results.column_lookup import decimals_of
from d2c.results.format.durations import minutes_text, seconds_text
from d2c.results.format.text_files import csv_text

SCHEMA_VERSION = 1
# Columns that columns.py does not have.
_DECIMALS = {"availability": 6, "availability_p05": 6, "within_15min": 6, "cost_meur": 3}
_COST_ONLY = "satellites only, as the specification gives them: no launches, ground or operation"
_NEVER, _MEDIAN_NEVER = "never served", "median phone never"  # the gap is that of the median phone
_HEAD = (
    "service",
    "option",
    "satellites",
    "cost, MEUR",
    "availability",
    "worst 5 % of area",
    "people with 99 %",
    "people never served",
    "longest gap",
    "mean wait",
    "within 15 min",
    "margin",
)
_CODE = re.compile("`([^`]+)`")
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1f1f1f; margin: 2em auto; max-width: 72em; padding: 0 1em }
table { border-collapse: collapse; margin: .6em 0 1.6em }
th, td { padding: .25em .7em; border-bottom: 1px solid #d9d9d9 }
th, td { text-align: right } th:nth-child(-n+2), td:nth-child(-n+2), .why { text-align: left }
.why { color: #5a5a5a; font-style: italic } img { max-width: 100% } .scroll { overflow-x: auto }
"""


def tradeoff_report(result: TradeoffResult) -> dict[str, Any]:
    """Return the content of tradeoff.json; numbers are rounded, missing values None."""
    tradeoff = result.tradeoff
    return {
        "schema_version": SCHEMA_VERSION,
        "title": tradeoff.title,
        "note": tradeoff.note.strip(),
        "served_by": served_by_text(result),
        "asked": [
            {"area": area, "group": group.name, "asked": _asked(result, area, group.name)}
            for area in tradeoff.areas
            for group in tradeoff.groups
        ],
        "specification": tradeoff.model_dump(mode="json"),
        "rows": [_plain(row) for row in result.rows],
        "costs": _costs(result),
        "warnings": list(result.warnings),
        "not_modelled": _not_modelled(result),
        "assumptions": _assumptions(result),
        "versions": versions(),
        "run_time_s": round(result.run_time_s, 3),
    }


def tradeoff_csv(result: TradeoffResult) -> str:
    """Return all rows as CSV; missing values are empty."""
    rows = [asdict(row) for row in result.rows]
    columns: dict[str, np.ndarray] = {}
    for field in fields(TradeoffRow):
        values = [row[field.name] for row in rows]
        if _digits(field.name) is not None:
            columns[field.name] = np.array([np.nan if v is None else v for v in values], np.float64)
        else:
            columns[field.name] = np.array(values, object)
    return csv_text(columns, decimals=_DECIMALS)


def tradeoff_markdown(result: TradeoffResult) -> str:
    """Return the study as a Markdown page, without the plot."""
    parts = [tradeoff_tables(result)]
    for heading, texts in _lists(result):
        items = "\n".join(f"- {text}" for text in texts)
        parts.append(f"## {heading}\n\n{items}\n")
    return "\n".join(parts)


def tradeoff_tables(result: TradeoffResult) -> str:
    """Return the tables only, in Markdown, for a terminal."""
    parts = [f"# {result.tradeoff.title}", f"{served_by_text(result)}."]
    parts += [result.tradeoff.note.strip()] if result.tradeoff.note else []
    for heading, asked, head, lines in _tables(result):
        rule = "|---|---|" + "---:|" * (len(head) - 2)
        rows = [f"| {' | '.join(map(_cell, line))} |" for line in lines]
        parts += [
            f"## {heading}",
            *(f"{text}." for text in asked),
            "\n".join([f"| {' | '.join(head)} |", rule, *rows]),
        ]
    return "\n\n".join(parts) + "\n"


def served_by_text(result: TradeoffResult) -> str:
    """Return by what each group is served, the network or the best case; options by name where they differ."""
    parts = []
    for group in result.tradeoff.groups:
        options: dict[str, dict[str, None]] = {}
        for case in result.cases:
            if case.group.name == group.name:
                beams = case.scenario.beams
                text = network_text(beams.model_dump() if beams else None)
                options.setdefault(text, {})[case.option.name] = None
        of_group = (
            [f"{', '.join(names)}: {text}" for text, names in options.items()]
            if len(options) > 1
            else [*options]
        )
        if of_group:
            parts.append(f"{group.name}: {'; '.join(of_group)}")
    return "; ".join(parts) or "no option serves these users"


def _asked(result: TradeoffResult, area: str, group: str) -> list[str]:
    """Return ground end and network of a group in an area, with the options where they differ."""
    options: dict[str, list[str]] = {}
    for case in result.cases:
        if (case.area, case.group.name) == (area, group):
            options.setdefault(scenario_text(case.scenario), []).append(case.option.name)
    return [f"{', '.join(names)}: {text}" if len(options) > 1 else text for text, names in options.items()]


def tradeoff_html(result: TradeoffResult, picture: bytes) -> str:
    """Return a self-contained HTML page with the embedded PNG plot."""
    title = escape(result.tradeoff.title)
    data = base64.b64encode(picture).decode("ascii")
    served_by = f"<p>{escape(served_by_text(result))}.</p>"
    body = [f"<h1>{title}</h1>", served_by, f"<p>{_html_text(result.tradeoff.note.strip())}</p>"]
    body.append(f'<p><img alt="Availability of the options" src="data:image/png;base64,{data}"></p>')
    for heading, asked, head_line, lines in _tables(result):
        body.append(f"<h2>{escape(heading)}</h2>")
        body += [f"<p>{escape(text)}.</p>" for text in asked]
        body.append('<div class="scroll"><table>')
        body.append(_html_row(head_line, "th"))
        body += [_html_row(line, "td") if line[-1] else _html_refused(line) for line in lines]
        body.append("</table></div>")
    for heading, texts in _lists(result):
        items = "\n".join(f"<li>{_html_text(text)}</li>" for text in texts)
        body.append(f"<h2>{escape(heading)}</h2>\n<ul>\n{items}\n</ul>")
    head = f'<meta charset="utf-8">\n<title>{title}</title>\n<style>{_STYLE}</style>'
    page = ["<!doctype html>", '<html lang="en">', f"<head>\n{head}\n</head>", "<body>", *body]
    return "\n".join([*page, "</body>", "</html>"]) + "\n"


def _html_text(text: str) -> str:
    """Return a text of Markdown as HTML: what stands between back-ticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _html_row(texts: tuple[str, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts) + "</tr>"


def _html_refused(texts: tuple[str, ...]) -> str:
    service, option, why = texts[:3]
    rest = f'<td class="why" colspan="{len(texts) - 2}">{escape(why)}</td>'
    return f"<tr><td>{escape(service)}</td><td>{escape(option)}</td>{rest}</tr>"


def _tables(
    result: TradeoffResult,
) -> Iterator[tuple[str, list[str], tuple[str, ...], list[tuple[str, ...]]]]:
    """Yield heading, what was asked, column headers and rows for each area and group.

    Rows of refused options end with empty cells.
    """
    costed = any(row.cost_meur is not None for row in result.rows)
    head = tuple(name for name in _HEAD if costed or name != "cost, MEUR")
    for area in result.tradeoff.areas:
        for group in result.tradeoff.groups:
            rows = [row for row in result.rows if (row.area, row.group) == (area, group.name)]
            people = next((row.people for row in rows if row.people), None)
            heading = f"{area}, {group.name}" + (f" ({people:,} people)" if people else "")
            lines = [_line(row, costed=costed) for row in rows if not row.refused]
            refused = {row.option: row.refused for row in rows if row.refused}
            blank = ("",) * (len(head) - 3)
            lines += [("all", option, why, *blank) for option, why in refused.items()]
            yield heading, _asked(result, area, group.name), head, lines


def _line(row: TradeoffRow, *, costed: bool) -> tuple[str, ...]:
    assert row.satellites is not None
    cost = ("-" if row.cost_meur is None else f"{row.cost_meur:,.0f}",) if costed else ()
    return (
        row.service,
        row.option,
        f"{row.satellites:,}",
        *cost,
        _percent(row.availability),
        _percent(row.availability_p05),
        "-" if row.people_served is None else f"{row.people_served:,}",
        "-" if row.people_never is None else f"{row.people_never:,}",
        _gap_text(row),
        "-" if row.mean_wait_s is None else seconds_text(row.mean_wait_s),
        _percent(row.within_15min),
        _dash(row.margin_p50_db, "+.1f", " dB"),
    )


def _gap_text(row: TradeoffRow) -> str:
    if row.longest_gap_s is None:
        return _NEVER if row.availability == 0 else _MEDIAN_NEVER
    return minutes_text(row.longest_gap_s, at_least=bool(row.longest_gap_is_lower_bound))


def _percent(share: float | None) -> str:
    return "-" if share is None else percent_text(share, decimals=2)


def _dash(value: float | None, form: str, unit: str) -> str:
    return (
        "-" if value is None else f"{round(value, 1) + 0.0:{form}}{unit}"
    )  # adding zero turns -0.0 into 0.0


def _cell(text: str) -> str:
    """Escape a text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _lists(result: TradeoffResult) -> Iterator[tuple[str, list[str]]]:
    yield "What is not modelled", _not_modelled(result)
    if costs := _costs(result):
        yield "Costs", [*(f"{option}: {text}" for option, text in costs.items()), _COST_ONLY]
    if result.warnings:
        yield "Warnings", list(result.warnings)
    yield "Assumed", [f"{where}: {why}" for where, why in _assumptions(result).items()]


def _costs(result: TradeoffResult) -> dict[str, str]:
    """Return the satellite cost of each option with its source."""
    costs = {option.name: option.cost_per_satellite_meur for option in result.tradeoff.option}
    return {
        name: f"{cost.value:g} MEUR per satellite; {cost.source}{'; ' if cost.source and cost.assumed else ''}"
        + (f"assumed: {cost.assumed}" if cost.assumed else "")
        for name, cost in costs.items()
        if cost
    }


def _not_modelled(result: TradeoffResult) -> list[str]:
    return list(dict.fromkeys(text for scenario in result.scenarios for text in not_modelled(scenario)))


def _assumptions(result: TradeoffResult) -> dict[str, str]:
    """Return the assumed figures of all scenarios run, without duplicates."""
    assumptions: dict[str, str] = {}
    for scenario in result.scenarios:
        assumptions |= assumed_figures(scenario)
    return assumptions


def _plain(row: TradeoffRow) -> dict[str, Any]:
    rounded = {}
    for name, value in asdict(row).items():
        digits = _digits(name)
        rounded[name] = value if value is None or digits is None else round(float(value), digits)
    return rounded


def _digits(name: str) -> int | None:
    """Return the decimals of a column, None for texts and integers."""
    whole = ("satellites", "people", "people_served", "people_never", "longest_gap_is_lower_bound")
    return None if name in whole else _DECIMALS.get(name, decimals_of(name))

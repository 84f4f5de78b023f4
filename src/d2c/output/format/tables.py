"""Link budget tables as terminal text, Markdown and CSV, with one column per elevation."""

import csv
import io
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from d2c.printable import spreadsheet_text

Report = Mapping[str, Any]

_WIDTH = 110
_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table row: sign (or empty), name, unit, one text per column, and the number of its note (0: none)."""

    sign: str
    name: str
    unit: str
    values: tuple[str, ...]
    note: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of rows."""

    title: str
    rows: tuple[TableRow, ...]


class Notes:
    """Numbered notes of sources without duplicates; notes of assumed figures are starred."""

    def __init__(self) -> None:
        """Start with an empty list."""
        self._texts: list[str] = []

    def number(self, *, source: str, assumed: str) -> int:
        """Return the number of a source's note, negative for an assumed figure; add the note if it is new."""
        text = source
        if assumed:
            text = f"assumed: {assumed}" + (f" (from: {source})" if source else "")
        if text not in self._texts:
            self._texts.append(text)
        number = self._texts.index(text) + 1
        return -number if assumed else number

    def texts(self) -> tuple[str, ...]:
        """Return the notes in order."""
        return tuple(self._texts)


def report_sections(reports: Sequence[Report], notes: Notes) -> list[Section]:
    """Return the table sections of reports on the same link, one column per report."""
    first = reports[0]
    sections = [Section("Geometry", tuple(_geometry_rows([r["geometry"] for r in reports])))]
    for direction in ("downlink", "uplink"):
        if first[direction] is None:
            continue
        head = first[direction]
        title = f"{direction.capitalize()}, {head['frequency_mhz']:g} MHz, {head['bandwidth_mhz']:g} MHz wide"
        sections.append(Section(title, tuple(_budget_rows([r[direction] for r in reports], notes))))
    for index, service in enumerate(first["services"]):
        rows = _service_rows([r["services"][index] for r in reports], notes)
        sections.append(Section(f"Service {service['name']}: {service['title']}", tuple(rows)))
    for index, limit in enumerate(first["limits"]):
        rows = _limit_rows([r["limits"][index] for r in reports], notes)
        sections.append(Section(f"Limit {limit['name']}: {limit['title']}", tuple(rows)))
    return sections


def residual_doppler_text(report: Report) -> str:
    """Describe the reference point of the residual Doppler, from a report with the key beam_radius."""
    radius = report["beam_radius"]
    if radius is None:
        return "no residual Doppler: the payload's beamwidth is unknown; give beam_radius_km"
    assumed = f"assumed: {radius['assumed']}" if radius["assumed"] else ""
    provenance = "; ".join(filter(None, (radius["source"], assumed)))
    return f"residual Doppler: shift compensated at a beam centre away along the ground track ({provenance})"


def _geometry_rows(geometries: Sequence[Report]) -> Iterator[TableRow]:
    def row(name: str, key: str, unit: str, *, decimals: int = _DECIMALS, factor: float = 1.0) -> TableRow:
        return TableRow("", name, unit, _column(geometries, key, decimals=decimals, factor=factor))

    yield row("elevation", "elevation_deg", "deg")
    yield row("altitude over 6,371 km", "altitude_km", "km")
    yield row("slant range", "slant_range_m", "km", factor=1e-3)
    yield row("off-nadir angle", "off_nadir_deg", "deg")
    yield row("one-way delay", "delay_s", "ms", decimals=3, factor=1e3)
    yield row("Doppler", "doppler_ppm", "ppm", decimals=3)
    yield row("Doppler, downlink", "doppler_hz", "Hz", decimals=0)
    if geometries[0]["uplink_doppler_hz"] is not None:
        yield row("Doppler, uplink", "uplink_doppler_hz", "Hz", decimals=0)
    yield row("Doppler rate", "doppler_rate_ppm_s", "ppm/s", decimals=4)
    yield row("Doppler rate, downlink", "doppler_rate_hz_s", "Hz/s", decimals=1)
    if geometries[0]["beam_radius_km"] is not None:
        yield row("distance to beam centre", "beam_radius_km", "km")
        yield row("residual Doppler", "residual_doppler_ppm", "ppm", decimals=3)
        yield row("the same, downlink", "residual_doppler_hz", "Hz", decimals=0)
        yield row("residual Doppler rate", "residual_doppler_rate_ppm_s", "ppm/s", decimals=5)
        yield row("the same, downlink", "residual_doppler_rate_hz_s", "Hz/s", decimals=1)


def _budget_rows(budgets: Sequence[Report], notes: Notes) -> Iterator[TableRow]:
    for lines in zip(*(budget["lines"] for budget in budgets), strict=True):
        note = notes.number(source=lines[0]["source"], assumed=lines[0]["assumed"])
        sign = "+" if lines[0]["sign"] > 0 else "-"
        yield TableRow(sign, lines[0]["name"], lines[0]["unit"], _column(lines, "value"), note)
    yield TableRow("=", "C/N", "dB", _column(budgets, "c_n_db"))
    yield TableRow("", "C/N0", "dBHz", _column(budgets, "c_n0_dbhz"))
    if "rsrp_dbm" in budgets[0]:
        yield TableRow("", "RSRP in 15 kHz", "dBm", _column(budgets, "rsrp_dbm"))
        load = budgets[0]["rsrq_load"]
        data = f"data in {100 * load:g} % of the resource blocks"
        note = notes.number(source="", assumed=f"one antenna port, no interference, {data}")
        yield TableRow("", f"RSRQ at load {load:g}", "dB", _column(budgets, "rsrq_db"), note)
    if "pfd_dbw_m2_mhz" in budgets[0]:
        yield TableRow("", "PFD at the ground", "dBW/m2/MHz", _column(budgets, "pfd_dbw_m2_mhz"))
        yield TableRow("", "field strength", "dBuV/m", _column(budgets, "field_strength_dbuv_m"))
    yield TableRow("", "efficiency by CQI", "bit/symbol", _column(budgets, "spectral_efficiency_bit_symbol"))
    yield TableRow("", "bit rate by CQI", "kbit/s", _column(budgets, "bit_rate_kbps", decimals=1))


def _service_rows(services: Sequence[Report], notes: Notes) -> Iterator[TableRow]:
    for direction in ("downlink", "uplink"):
        if services[0][f"{direction}_margin_db"] is not None:
            required = _column(services, f"{direction}_required_c_n_db")
            note = notes.number(source=services[0][f"{direction}_required_from"], assumed="")
            yield TableRow("", f"{direction} C/N required", "dB", required, note)
            yield TableRow("", f"{direction} margin", "dB", _column(services, f"{direction}_margin_db"))
    yield TableRow("", "closes", "", tuple("yes" if service["closes"] else "no" for service in services))
    if services[0]["probability"] is not None:
        percent = _column(services, "probability", decimals=1, factor=100)
        yield TableRow("", "probability under shadowing", "%", percent)


def _limit_rows(limits: Sequence[Report], notes: Notes) -> Iterator[TableRow]:
    scope = f"{limits[0]['emission']}, {limits[0]['scope']}: {limits[0]['applies_to']}"
    beam_note = {"aggregate": ", one beam alone", "single": ""}[limits[0]["scope"]]
    name = {"in-band": "margin", "out-of-band": "margin of the channel itself"}[limits[0]["emission"]]
    yield TableRow("", "level on the ground", limits[0]["unit"], _column(limits, "level"))
    note = notes.number(source=scope, assumed="")
    yield TableRow("", "limit", limits[0]["unit"], _column(limits, "limit"), note)
    yield TableRow("", f"{name}{beam_note}", "dB", _column(limits, "margin_db"))


def _column(
    entries: Sequence[Report], key: str, *, decimals: int = _DECIMALS, factor: float = 1.0
) -> tuple[str, ...]:
    return tuple("-" if entry[key] is None else _text(entry[key] * factor, decimals) for entry in entries)


def _text(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:.{decimals}f}"  # adding zero avoids "-0.00"


def as_text(sections: Sequence[Section], notes: Notes, *, head: Sequence[str] = ()) -> str:
    """Return the sections as aligned terminal text, below the lines of `head` and above the notes."""
    rows = [row for section in sections for row in section.rows]
    name = max(len(row.name) for row in rows)
    unit = max(len(row.unit) for row in rows)
    value = max(len(text) for row in rows for text in row.values) + 2
    lines = [*_wrapped(head), *([""] if head else [])]
    for section in sections:
        lines += [section.title]
        for row in section.rows:
            values = "".join(f"{text:>{value}}" for text in row.values)
            line = f"  {row.sign:1} {row.name:{name}}{values}  {row.unit:{unit}}  {_mark(row.note)}"
            lines.append(line.rstrip())
        lines.append("")
    return "\n".join([*lines, *_note_lines(notes)])


def as_markdown(sections: Sequence[Section], notes: Notes, *, head: Sequence[str] = ()) -> str:
    """Return the sections as Markdown tables, below the lines of `head` and above the notes."""
    lines = [*(f"{line}  " for line in head), *([""] if head else [])]
    for section in sections:
        columns = len(section.rows[0].values)
        cells = ["", "line", *[""] * columns, "unit", "note"]
        lines += [
            f"**{section.title}**",
            "",
            _pipes(cells),
            _pipes(["---"] * 2 + ["---:"] * columns + ["---"] * 2),
        ]
        lines += [
            _pipes([row.sign, row.name, *row.values, row.unit, _mark(row.note)]) for row in section.rows
        ]
        lines.append("")
    return "\n".join([*lines, *(f"{line}  " for line in _note_lines(notes, wrapped=False))])


def _note_lines(notes: Notes, *, wrapped: bool = True) -> list[str]:
    lines = [f"[{number}] {text}" for number, text in enumerate(notes.texts(), 1)]
    if any(text.startswith("assumed") for text in notes.texts()):
        lines.append("*   no source was found for this figure: it is assumed")
    lines.append(
        "Lines are rounded to 0.01 dB each; in JSON and CSV they are unrounded and add up to C/N exactly."
    )
    if not wrapped:
        return lines
    return _wrapped(lines)


def _wrapped(lines: Sequence[str]) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, _WIDTH, subsequent_indent="    ")]


def _mark(note: int) -> str:
    return "" if note == 0 else f"[{abs(note)}]{'*' if note < 0 else ''}"


def _pipes(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_CSV_HEADER = ("elevation_deg", "section", "name", "sign", "value", "unit", "source", "assumed")


def as_csv(reports: Sequence[Report]) -> str:
    """Return all figures as CSV, one per row, unrounded; sections: geometry, downlink, uplink, services, limits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for report in reports:
        elevation = repr(report["geometry"]["elevation_deg"])
        for row in report_rows(report):
            writer.writerow([elevation, *(spreadsheet_text(v) if isinstance(v, str) else v for v in row)])
    return out.getvalue()


def report_rows(report: Report) -> Iterator[list[Any]]:
    """Yield the figures of a report: section, name, sign, value, unit, source and assumption of each."""

    def section_rows(
        section: str, figures: Report, include: Callable[[str], bool] = lambda _: True
    ) -> Iterator[list[Any]]:
        for name, value in figures.items():
            if value is not None and include(name):
                yield [section, name, "", value, "", "", ""]

    yield from section_rows("geometry", report["geometry"])
    for direction in ("downlink", "uplink"):
        budget = report[direction]
        if budget is None:
            continue
        for line in budget["lines"]:
            row = (line[key] for key in ("name", "sign", "value", "unit", "source", "assumed"))
            yield [direction, *row]
        yield from section_rows(direction, budget, lambda name: name != "lines")
    for service in report["services"]:
        yield from section_rows(
            f"service {service['name']}", service, lambda name: name not in ("name", "title")
        )
    for limit in report["limits"]:
        yield from section_rows(
            f"limit {limit['name']}", limit, lambda name: name in ("level", "limit", "margin_db")
        )

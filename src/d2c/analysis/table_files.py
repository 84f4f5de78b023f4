"""Tables of a result as CSV, XLSX, Parquet, JSON or Markdown."""

import importlib.util
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from d2c.analysis.admin_areas import CODES, Table
from d2c.errors import ScenarioError
from d2c.printable import spreadsheet_text
from d2c.results.format.durations import minutes_text, seconds_text
from d2c.results.format.text_files import csv_text

_MARKDOWN_FIGURES = (
    "availability",
    "population_90",
    "population_99",
    "population_never",
    "longest_gap_s",
    "longest_gap_is_lower_bound",
    "longest_gap_mean_s",
    "mean_wait_s",
)
_HEADER = (
    "| {} | code | people | availability | people with 90 % | with 99 % | never served | longest gap | its mean "
    "| mean wait |"
)
_ROW = "| {} | {} | {:,} | {} | {:,} | {:,} | {:,} | {} | {} | {} |"


def table_bytes(
    table: Table, kind: str, *, by: str, services: Sequence[str], head: Sequence[str] = ()
) -> bytes:
    """Return a table as csv, parquet, xlsx or markdown; codes are texts and keep their leading zeros.

    head: paragraphs above a table in Markdown. ScenarioError without the package that writes xlsx.
    """
    if kind == "xlsx":
        return _xlsx(table)
    if kind == "parquet":
        out = io.BytesIO()
        pd.DataFrame(table).to_parquet(out, index=False, compression="zstd")
        return out.getvalue()
    if kind == "csv":
        return csv_text(table).encode("utf-8")
    return "\n\n".join([*head, markdown_table(table, by=by, services=services)]).encode("utf-8")


def _xlsx(table: Table) -> bytes:
    if importlib.util.find_spec("openpyxl") is None:
        raise ScenarioError("xlsx needs the package openpyxl: pip install 'd2c[xlsx]', or write csv")
    out = io.BytesIO()
    safe = {
        spreadsheet_text(name): [
            spreadsheet_text(value) if isinstance(value, str) else value for value in values
        ]
        for name, values in table.items()
    }
    pd.DataFrame(safe).to_excel(out, index=False, sheet_name="d2c", engine="openpyxl", freeze_panes=(1, 0))
    return out.getvalue()


def table_rows(table: Table) -> list[dict[str, Any]]:
    """Return the rows of a table by column, None for a missing figure."""
    columns = {name: pd.Series(values).astype(object) for name, values in table.items()}
    frame = pd.DataFrame({name: values.where(values.notna(), None) for name, values in columns.items()})
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def markdown_table(table: Table, *, by: str, services: Sequence[str]) -> str:
    """Return a table as Markdown, one section per service, in per cent, minutes and seconds."""
    parts = []
    for name in services:
        lines = [f"## {name}", "", _HEADER.format(by), "|---|---|" + "---:|" * 8]
        for row in range(len(table["population"])):
            figures = {key: table[f"{name}_{key}"][row] for key in _MARKDOWN_FIGURES}
            lines.append(
                _ROW.format(
                    table[by if by in CODES else "name"][row],
                    table[CODES[by]][row] if by in CODES else "-",
                    table["population"][row],
                    "-" if np.isnan(figures["availability"]) else f"{100 * figures['availability']:.2f} %",
                    figures["population_90"],
                    figures["population_99"],
                    figures["population_never"],
                    _gap_text(figures["longest_gap_s"], cut=figures["longest_gap_is_lower_bound"]),
                    _gap_text(figures["longest_gap_mean_s"], cut=figures["longest_gap_is_lower_bound"]),
                    "-" if np.isnan(figures["mean_wait_s"]) else seconds_text(figures["mean_wait_s"]),
                )
            )
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _gap_text(seconds: float, *, cut: bool = False) -> str:
    """Return a gap, ">=" where the span cuts it, a dash where nobody is ever served."""
    return "-" if np.isnan(seconds) else minutes_text(seconds, at_least=bool(cut))

"""Folder of a trade-off study, written atomically."""

from pathlib import Path

from d2c.analysis.tradeoff import TradeoffResult
from d2c.files import atomic_folder
from d2c.output.plots.tradeoff import draw_tradeoff
from d2c.output.reports.tradeoff import tradeoff_csv, tradeoff_html, tradeoff_markdown, tradeoff_report
from d2c.results.format.text_files import write_json, write_text

_FILES = tuple(f"tradeoff.{ending}" for ending in ("md", "csv", "json", "html", "png"))


def write_tradeoff(result: TradeoffResult, folder: Path) -> None:
    """Write the folder; ResultError if it cannot be written, and then the folder is unchanged."""
    picture = draw_tradeoff(result)
    with atomic_folder(folder, replaces=_FILES) as staging:
        write_text(staging / "tradeoff.md", tradeoff_markdown(result))
        write_text(staging / "tradeoff.csv", tradeoff_csv(result))
        write_json(staging / "tradeoff.json", tradeoff_report(result))
        write_text(staging / "tradeoff.html", tradeoff_html(result, picture))
        (staging / "tradeoff.png").write_bytes(picture)

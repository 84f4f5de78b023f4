"""Folder of a sizing study, written atomically."""

from pathlib import Path

from d2c.analysis.sizing.search import SizeResult
from d2c.files import atomic_folder
from d2c.output.plots.size import draw_size
from d2c.output.reports.size import size_csv, size_markdown, size_report
from d2c.results.format.text_files import write_json, write_text

_FILES = ("size.md", "size.csv", "size.json", "size.png")


def write_size(result: SizeResult, folder: Path) -> None:
    """Write the folder; ResultError if it cannot be written, and then the folder is unchanged."""
    with atomic_folder(folder, replaces=_FILES) as staging:
        write_text(staging / "size.md", size_markdown(result))
        write_text(staging / "size.csv", size_csv(result))
        write_json(staging / "size.json", size_report(result))
        (staging / "size.png").write_bytes(draw_size(result))

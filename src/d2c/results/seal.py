"""What binds the files of a result folder to one run: their hashes in summary.json, and that of the summary."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from d2c.errors import ResultError
from d2c.results.layers.layer_file import FORMATS, layer_file

_FILES, _SUMMARY = "files_sha256", "summary_sha256"
_BOUND = (
    *(layer_file(layer, kind) for layer in ("coverage", "beams") for kind in FORMATS),
    "timeline.csv",
    "satellites.csv",
)


def seal(summary: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a summary, as JSON has it, with the hashes of the files in the folder and of itself."""
    files = {name: file_sha256(folder / name) for name in _BOUND if (folder / name).is_file()}
    content = {**summary, _FILES: files}
    return {**content, _SUMMARY: _content_sha256(content)}


def unseal(summary: dict[str, Any], path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a summary without its hashes, and those of the files; ResultError if it is not as the run wrote it."""
    content = {key: value for key, value in summary.items() if key != _SUMMARY}
    if _FILES not in content or summary.get(_SUMMARY) != _content_sha256(content):
        raise ResultError(f"{path} is not as the run wrote it; make the result again with d2c run")
    files = content.pop(_FILES)
    return content, files


def file_sha256(path: Path) -> str:
    """Return the hash of a file; of a GeoPackage that of its cells, as programs change other bytes by opening it.

    OSError if it cannot be read, ResultError for a GeoPackage that is damaged.
    """
    if path.suffix == ".gpkg":
        return _rows_sha256(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            for row in database.execute("SELECT * FROM coverage ORDER BY fid"):
                digest.update(repr(row).encode())
    except sqlite3.DatabaseError as error:
        raise ResultError(f"{path} cannot be read: {error}; make the result again") from error
    return digest.hexdigest()


def _content_sha256(content: Mapping[str, Any]) -> str:
    """Return a hash that depends on keys and values alone, not on how a JSON file is laid out."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

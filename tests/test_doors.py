"""Errors of libraries are caught where the library is called, by their names."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "d2c"

# library, door, and the error that the door must name in a handler
DOORS = [
    ("numba", "coverage/kernels/cache.py", "RuntimeError"),
    ("numba", "coverage/kernels/cache.py", "OSError"),
    ("numba", "coverage/engine/engine.py", "ValueError"),
    ("httpx", "orbit/download.py", "httpx.HTTPError"),
    ("httpx", "orbit/download.py", "httpx.InvalidURL"),
    ("httpx", "orbit/download.py", "ImportError"),
    ("SQLite", "files.py", "sqlite3.DatabaseError"),
    ("SQLite", "results/seal.py", "sqlite3.DatabaseError"),
    ("SQLite", "results/layers/geopackage.py", "sqlite3.OperationalError"),
    ("GDAL", "results/layers/cells.py", "DataSourceError"),
    ("GDAL", "results/layers/streamed.py", "DataSourceError"),
    ("Dask", "coverage/engine/dask.py", "OSError"),
    (
        "pandas",
        "api/result.py",
        "ValueError",
    ),  # of which pandas.errors.ParserError and EmptyDataError are kinds
    ("memory", "cli/surroundings.py", "MemoryError"),
    ("output", "cli/surroundings.py", "OSError"),
    ("installation", "cli/surroundings.py", "ImportError"),
]

# Handlers of BaseException clean up and raise again.
_ANY = {"Exception", "BaseException"}


def handlers(path):
    """Yield the handlers of a file, with the names of the errors they take."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            yield node, {ast.unparse(kind) for kind in kinds if kind is not None}


@pytest.mark.parametrize(("library", "door", "error"), DOORS)
def test_a_door_names_the_error(library, door, error):
    assert error in set().union(*(names for _, names in handlers(SOURCE / door))), library


def test_the_doors_stand_in_the_documentation():
    text = (SOURCE.parents[1] / "docs" / "reliability.md").read_text(encoding="utf-8")
    for _, door, _ in DOORS:
        assert door in text or door.rpartition("/")[0] + "/" in text, door


def test_no_handler_takes_any_error_and_goes_on():
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node, names in handlers(path):
            raises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            if (not names or names & _ANY) and not raises:
                found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert found == []

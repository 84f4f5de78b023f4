"""The house rules that no linter knows: one door for each heavy library, no hidden imports, no machine's paths."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "d2c"

DOORS = {
    # the cache of compiled kernels looks at this folder
    "numba": ("coverage/kernels/",),
    # the checks against outside truth ask Skyfield itself
    "skyfield": ("orbit/ephemeris.py", "validation/orbit_checks.py"),
    "sgp4": ("orbit/", "validation/orbit_checks.py"),
    "heyoka": ("orbit/heyoka_engine.py",),
    "zarr": ("results/cube/layout.py",),
    "h3": ("region/h3_cells.py",),
    "httpx": ("orbit/download.py",),
    "p676": ("propagation/gases.py",),
    "p835": ("propagation/gases.py",),
    "click": ("cli/",),
    "rich": ("cli/",),
    "pydantic": ("toml.py", "library/", "scenario/"),
    "matplotlib": ("output/format/page.py", "output/maps/", "output/plots/"),
    "geopandas": ("results/", "output/", "analysis/", "api/"),
    # the layer at once, and in pieces
    "pyogrio": ("results/layers/", "region/vector_file.py"),
}


def modules():
    return sorted(SOURCE.rglob("*.py"))


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node, name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module.split(".")[0]


@pytest.mark.parametrize("library", DOORS)
def test_one_door_for_each_library(library):
    users = {
        str(path.relative_to(SOURCE))
        for path in modules()
        for _, name in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name == library
    }
    assert users, f"nobody imports {library}"
    assert {u for u in users if not u.startswith(DOORS[library])} == set()


def test_imports_in_functions_say_why():
    silent = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Import | ast.ImportFrom):
                        near = lines[inner.lineno - 2 : inner.end_lineno]
                        above = inner.lineno - 2  # a comment stands for all imports below it
                        while lines[above].lstrip().startswith(("from ", "import ")):
                            above -= 1
                            near.append(lines[above])
                        if not any("#" in line for line in near):
                            silent.append(f"{path.relative_to(ROOT)}:{inner.lineno}")
    assert silent == []


def test_kernels_import_nothing_that_changes():
    # the cache of compiled kernels looks at their folder only, and would serve stale code for a constant elsewhere
    kernels = re.compile(r"d2c\.coverage\.kernels\.(_\w+|layout|network_layout|compiling|cache)")
    compiled = []
    for path in sorted((SOURCE / "coverage" / "kernels").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {name for _, name in imports(tree)}
        own = modules_of_d2c(tree)
        if "numba" not in names and "d2c.coverage.kernels.compiling" not in own:
            continue
        compiled.append(path.name)
        assert names <= {"numba", "numpy", "math", "typing", "d2c"} or path.name in (
            "compiling.py",
            "cache.py",
        )
        assert [name for name in own if not kernels.fullmatch(name)] == [], path.name
    assert {"layout.py", "compiling.py", "_accumulate.py", "_tables.py"} <= set(compiled)


def modules_of_d2c(tree):
    """Return the modules of d2c that a file imports, by their full names."""
    return [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [n.name for n in node.names])
        if name and name.split(".")[0] == "d2c"
    ]


MOST_LINES = 320
# loops that share the rows of a tile
MOST_LINES_OF = {"coverage/kernels/_accumulate.py": 400, "coverage/kernels/_best_server.py": 400}


def test_modules_are_small():
    long = {
        name: count
        for path in modules()
        if (count := len(path.read_text(encoding="utf-8").splitlines()))
        > MOST_LINES_OF.get(name := path.relative_to(SOURCE).as_posix(), MOST_LINES)
    }
    assert long == {}


def test_no_two_classes_have_one_name():
    places = defaultdict(list)
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path.relative_to(SOURCE).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_path_of_a_machine():
    pattern = re.compile(r"(?<![\w.])/(work|root|home|tmp)/\w")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("src", "tests", "docs", "benchmarks", "tles", "regions", ".ci")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".md", ".toml", ".txt", "") and path.is_file() and ".venv" not in str(path)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []

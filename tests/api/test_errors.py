"""Errors and warnings of the library are those of a library: no options, and from one class each."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import d2c
from d2c.errors import D2CError, ScenarioError

SOURCE = Path(d2c.__file__).parent
OPTION = re.compile(r"(?<![\w`-])--[a-z][a-z-]+")
HEAVY = (
    "numba",
    "numpy",
    "pandas",
    "geopandas",
    "matplotlib",
    "pydantic",
    "rich",
    "skyfield",
    "click",
    "PIL",
)


def messages(tree):
    """Yield the texts of a module that are raised, warned of or logged, and all that are put together for it."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_messages_know_no_options():
    # the page docs/validation.md, and the command that d2c size proposes
    commands = {"validation/report.py", "output/reports/size.py"}
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {text}"
        for path in sorted(SOURCE.rglob("*.py"))
        if not path.is_relative_to(SOURCE / "cli") and str(path.relative_to(SOURCE)) not in commands
        for line, text in messages(ast.parse(path.read_text(encoding="utf-8")))
        if OPTION.search(text)
    ]
    assert found == []


def test_importing_loads_nothing_heavy():
    code = "import d2c, sys, json; dir(d2c); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name for name in HEAVY if f'"{name}"' in done.stdout}


def test_a_place_needs_no_plots():
    code = "import d2c, sys; d2c.passes('Roma', hours=0.1); d2c.link_budget(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"matplotlib", "geopandas", "pandas", "rich", "click"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: d2c.Handset(title="x", tx_power_dbm=23), r"^handset: .*missing"),
        (lambda: d2c.Payload(title="x", downlink={}, beam={}), r"^payload: .*downlink"),
        (lambda: d2c.Service(title="x", downlink={"c_n_db": "low"}), r"^service: .*c_n_db"),
        (lambda: d2c.LossSet(title="x", models=["rain"]), r"^loss set: .*models"),
        (lambda: d2c.LossSet(title="x", loses=()), r"^loss set: loses: unknown key; did you mean 'losses'"),
        (lambda: d2c.Constellation(title="x", serves=[]), r"^constellation: "),
        (lambda: d2c.Scenario(constellation={}), r"^scenario: .*exactly one of elements, walker"),
        (lambda: d2c.Handset.from_toml("3gpp-handhelt"), "did you mean '3gpp-handheld'"),
        (lambda: d2c.Scenario.from_toml("itly"), "did you mean 'italy'"),
    ],
)
def test_objects_say_what_is_wrong_in_one_line(build, message):
    with pytest.raises(ScenarioError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
    assert issubclass(ScenarioError, D2CError)

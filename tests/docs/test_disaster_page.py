"""docs/disaster.md: what it prints is what the commands above it print."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c

PAGE = Path(__file__).parents[2] / "docs" / "disaster.md"
EXAMPLE = re.compile(
    r"^```console\n(d2c disaster[^\n]*)\n```\n\n```text\n(.*?)^```", re.DOTALL | re.MULTILINE
)


def examples():
    """Yield the examples with their output; the one over the whole span takes long."""
    for command, printed in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        slow = () if "--hours" in command else (pytest.mark.slow,)
        yield pytest.param(command, printed, id=command, marks=slow)


def test_there_is_a_short_example_and_a_long_one():
    assert sorted(len(example.marks) for example in examples()) == [0, 1]


@pytest.mark.parametrize(("command", "printed"), list(examples()))
def test_the_page_shows_what_the_command_prints(command, printed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(d2c, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    assert "\n".join(line.rstrip() for line in done.stdout.splitlines()) == printed.rstrip()

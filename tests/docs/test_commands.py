"""Every command and every piece of Python in README.md and docs/ runs, in the order in which a reader gives them.

Each page begins in an empty folder, but for the files that it shows: blocks of TOML that begin with their name.
Runs are shortened to some minutes of sky and one format; what is left out says why.
"""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

import d2c
from d2c.cli.main import d2c as command_line
from d2c.scenario.question import question_name

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
HOURS = 0.1
SLOW = {
    "README",
    "disaster",
    "faq",
    "quickstart",
    "systems",
    "tradeoff",
}  # a quarter of a minute or more each

NOT_RUN = {  # how a command begins, or what it holds, and why it is not run
    "make ": "makes an environment and downloads packages",
    "d2c elements update": "network: CelesTrak, at most once in two hours",
    "--elements starlink": "needs what d2c elements update downloads",
    "_D2C_COMPLETE=": "changes the shell; tests/cli/test_everyday.py tries the completion",
    "d2c verify": "tests/validation runs it",
    "d2c size": "a minute each; tests/cli/test_tradeoff_and_size.py runs it on less",
}


def asked_of(pages):
    return [pytest.param(p, marks=[pytest.mark.slow] * (p.stem in SLOW), id=p.stem) for p in pages]


def blocks(page, language):
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def commands(page):
    for block in blocks(page, "console"):
        for line in block.splitlines():
            if words := shlex.split(line, comments=True):
                yield line, words


def reason(line):
    """Return why a command is not run, None if it is."""
    written = line.split("  #")[0]
    return next(
        (why for part, why in NOT_RUN.items() if re.search(rf"{re.escape(part)}(?!-)", written)), None
    )


def shortened(words):
    if words[0] == "run":
        changes = [value for option, value in pairwise(words) if option == "--set"]
        # named here, as the shorter span would name another
        own = [] if "-o" in words else ["-o", f"out/{question_name(words[1], changes)}"]
        return [*words, *own, "--set", f"time.duration_h={HOURS}", "--set", "output.formats=['parquet']"]
    if words[0] in ("disaster", "sensitivity"):
        return [*words, "--hours", str(HOURS), "--only", "beams.load"]
    return [*words, "--hours", "0.5"] if words[0] in ("passes", "timeline", "tradeoff") else words


@pytest.mark.parametrize("page", asked_of(p for p in PAGES if list(commands(p))))
def test_commands_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks(page, "toml"):
        if name := re.match(r"# (\S+\.toml)$", block.split("\n", 1)[0]):
            Path(name[1]).write_text(block, encoding="utf-8")
    ran = 0
    for line, words in commands(page):
        if reason(line):
            continue
        assert words[0] == "d2c", f"{line}: run it here, or say in NOT_RUN why not"
        file = words[-1] if ">" in words else None
        asked = words[1:-2] if file else words[1:]
        done = CliRunner().invoke(command_line, shortened(asked))
        assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception!r}"
        if file:
            Path(file).write_bytes(done.stdout_bytes)
        ran += 1
    assert ran


@pytest.mark.parametrize("page", asked_of(p for p in PAGES if blocks(p, "python")))
def test_python_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    real = d2c.run

    def short_run(*scenario, **asked):
        short = {**asked.pop("set", {}), "time.duration_h": HOURS}
        return real(*scenario, set=short, **asked)

    monkeypatch.setattr(d2c, "run", short_run, raising=False)
    names = {}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)


def test_every_reason_is_needed():
    written = [line for page in PAGES for line, _ in commands(page)]
    left_out = {reason(line) for line in written} - {None}
    assert left_out == set(NOT_RUN.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_gallery_shows_all_its_pictures_and_they_are_small():
    shown = set(
        re.findall(r"\(gallery/([^)]+)\)", (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8"))
    )
    there = {file.name: file.stat().st_size for file in (ROOT / "docs" / "gallery").iterdir()}
    assert shown == set(there)
    for name, size in there.items():
        assert size < (1_500_000 if name.endswith(".gif") else 300_000), name

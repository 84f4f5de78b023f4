"""What every command has: help with examples, -v and -q, completion; and what is said of compiling and in colours."""

import json
import os
import re
import shlex
import subprocess
import sys

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner
from numba import njit

from d2c.cli.main import COMMANDS, LazyGroup, d2c
from d2c.coverage.kernels.compiling import on_compiling
from d2c.errors import ScenarioError

TINY = (
    "--best-case",
    "--set",
    "region.area=molise",
    "--set",
    "time.duration_h=0.1",
    "--set",
    "output.formats=['parquet']",
)


def leaves(command, names=()):
    """Yield every command that does something, with the words that call it."""
    if isinstance(command, LazyGroup):
        below = {name: command.get_command(click.Context(command), name) for name in COMMANDS}
    elif isinstance(command, click.Group):
        below = command.commands
    else:
        yield names, command
        return
    for name, inner in below.items():
        yield from leaves(inner, (*names, name))


ALL = dict(leaves(d2c))


def run(*arguments):
    return CliRunner().invoke(d2c, list(map(str, arguments)))


def examples(text):
    lines = text[text.index("Example") :].splitlines()[1:]
    for line in lines:
        if not line.startswith("    d2c "):
            return
        yield shlex.split(line, comments=True)[1:]


def without_redirection(words):
    return words[: words.index(">")] if ">" in words else words


@pytest.mark.parametrize("names", [(), *ALL, ("scenario",), ("library",), ("elements",)], ids=" ".join)
def test_help_has_an_example_that_is_understood(names):
    text = run(*names, "--help").output
    found = list(examples(text))
    assert found, text
    for words in map(without_redirection, found):
        assert tuple(words[: len(names)]) == names
        called = max((name for name in ALL if tuple(words[: len(name)]) == name), key=len)
        if "--help" not in words:
            ALL[called].make_context(
                "d2c", words[len(called) :]
            )  # click.UsageError for what it does not take
    prose = [line for line in text.splitlines() if not line.startswith("    d2c ")]
    assert max(map(len, prose)) <= 80


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_every_command_takes_v_and_q_and_says_what_its_options_are(names):
    options = {name for param in ALL[names].params for name in param.opts}
    assert {"-v", "--verbose", "-q", "--quiet"} <= options
    assert all(param.help for param in ALL[names].params if isinstance(param, click.Option))


@pytest.mark.parametrize(
    "names", [names for names in ALL if names != ("map",) and names[-1] != "schema"], ids=" ".join
)
def test_whoever_prints_a_table_prints_json_too(names):
    assert "--json" in {name for param in ALL[names].params for name in param.opts}


def test_scenario_check_as_json():
    found = json.loads(run("scenario", "check", "italy", "--json").stdout)
    assert found["satellites"] == 639
    assert found["steps"] == 2880
    assert found["start_utc"] == "2026-08-22T18:00:00Z"


@pytest.mark.parametrize("order", [("-q", "sky", "Tripoli"), ("sky", "Tripoli", "-q")])
def test_quiet_stands_before_or_behind_the_command(order):
    plain, quiet = run("sky", "Tripoli"), run(*order)
    assert "there is also" in plain.stderr
    assert quiet.stderr == ""
    assert quiet.stdout == plain.stdout


def test_quiet_leaves_errors():
    done = subprocess.run(
        [sys.executable, "-m", "d2c", "-q", "sky", "Lampedussa"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "did you mean 'Lampedusa'?" in done.stderr


def test_verbose_says_more_and_changes_no_answer():
    plain, verbose = run("sky", "Roma"), run("sky", "Roma", "-v")
    assert plain.stderr == ""
    assert "639 satellites" in verbose.stderr
    assert re.search(r"took \d+\.\d s; version ", verbose.stderr)
    assert verbose.stdout == plain.stdout
    assert run("-v", "sky", "Roma").stderr.splitlines()[0] == verbose.stderr.splitlines()[0]


def test_verbose_run_lists_its_files(tmp_path):
    done = run("run", "italy", *TINY, "-o", tmp_path, "-v")
    assert f"wrote {tmp_path / 'coverage.parquet'}, " in done.stderr
    assert "summary.json" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("passes", "Roma", "--from"),
        ("timeline", "Roma", "--from"),
        ("sky", "Roma", "--time"),
        ("link", "--satellite", "1", "--site", "41,12", "--time"),
    ],
)
@pytest.mark.parametrize("text", ["noon", "2026-13-01", "0001-01-01T00:00+14:00", ""])
def test_bad_instants_name_the_option(command, text):
    error = run(*command, text).exception
    assert isinstance(error, ScenarioError)
    assert str(error).startswith(
        f"{command[-1]} {text}: not a valid time; write now, epoch or for example 2026-"
    )


def completions(*words):
    args, incomplete = list(words[:-1]), words[-1]
    return [
        item.value for item in BashComplete(d2c, {}, "d2c", "_D2C_COMPLETE").get_completions(args, incomplete)
    ]


def test_completion_of_commands_options_names_and_files():
    assert completions("") == list(COMMANDS)
    assert completions("ex") == ["explain"]
    assert completions("scenario", "sh") == ["show"]
    assert completions("passes", "--fr") == ["--from"]
    assert completions("run", "italy-l") == ["italy-loaded"]
    assert "italy" in completions("sky", "Roma", "--scenario", "")
    files = BashComplete(d2c, {}, "d2c", "_D2C_COMPLETE").get_completions(["run"], "mine.t")
    assert [(item.value, item.type) for item in files] == [("mine.t", "file")]


def test_completion_of_commands_imports_none_of_them():
    code = (
        "import atexit, sys; sys.argv[0] = 'd2c'; slow = {'numpy', 'pydantic', 'd2c.cli.commands.run'}\n"
        "atexit.register(lambda: print(sorted(slow & set(sys.modules))))\n"
        "from d2c.cli.main import main; main()"
    )
    asked = os.environ | {"_D2C_COMPLETE": "bash_complete", "COMP_WORDS": "d2c pas", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=asked, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["plain,passes", "[]"]


def test_compiling_is_told_once_and_only_when_it_happens():
    @njit
    def twice(x):
        return 2 * x

    @njit
    def four_times(x):
        return twice(twice(x))

    told = []
    with on_compiling(lambda: told.append("compiling")):
        assert told == []
        assert four_times(1.0) == 4.0
        assert told == ["compiling"]
    with on_compiling(lambda: told.append("again")):
        assert four_times(2.0) == 8.0
    assert told == ["compiling"]


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("-q",)])
def test_first_run_says_that_it_compiles_though_nobody_sits_at_a_terminal(tmp_path, flags):
    fresh = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "d2c", "run", "italy", *TINY, "-o", str(tmp_path / "out"), *flags]
    first = subprocess.run(command, env=fresh, capture_output=True, text=True, check=True)
    second = subprocess.run(command, env=fresh, capture_output=True, text=True, check=True)
    assert first.stderr.count("compiling the kernels") == (0 if flags else 1)
    assert "compiling" not in second.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_no_color_takes_the_colours_from_the_progress_bar(tmp_path):
    def shown(**environment):
        import pty  # not there on Windows

        parent, child = pty.openpty()
        clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
        with subprocess.Popen(
            [sys.executable, "-m", "d2c", "run", "italy", *TINY, "-o", str(tmp_path), "--fresh"],
            stdout=subprocess.DEVNULL,
            stderr=child,
            env=clean | {"TERM": "xterm-256color"} | environment,
        ) as process:
            os.close(child)
            text = b""
            try:
                while part := os.read(parent, 65536):
                    text += part
            except OSError:  # how Linux says that the other end is closed
                pass
            os.close(parent)
        assert process.returncode == 0, text
        return text

    colour = re.compile(rb"\x1b\[[\d;]*\b(3\d|9\d)(;\d+)*m")
    assert colour.search(shown())
    plain = shown(NO_COLOR="1")
    assert b"preparing" in plain
    assert not colour.search(plain)


def test_a_reader_that_leaves_is_no_failure():
    command = [sys.executable, "-m", "d2c", "scenario", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        started.stdout.close()  # as `head` does when it has enough
        told = started.stderr.read()
    assert (started.returncode, told) == (0, "")

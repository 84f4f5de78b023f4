"""Commands in bad surroundings: full and closed outputs, signals, no memory, libraries that do not load."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import click
import pytest

from d2c.cli.surroundings import exit_code

D2C = [sys.executable, "-m", "d2c"]
FULL = "/dev/full"
SMALL = ("italy", "--area", "molise", "--best-case", "--set", "time.duration_h=0.1")

needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason=f"needs {FULL}")  # noqa: PTH110  # a device


def shell(command, **more):
    return subprocess.run(["bash", "-c", command, *D2C], capture_output=True, text=True, check=False, **more)


@needs_full
@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "library list", "run --help", "area list --json"]
)
def test_a_full_output_is_one_line(arguments):
    done = shell(f'"$0" "$@" {arguments} > {FULL}')
    assert done.returncode == 1
    assert done.stderr == "d2c: the output cannot be written: No space left on device\n"


def test_a_closed_output_is_one_line():
    done = shell('"$0" "$@" library list >&-')
    assert done.returncode == 1
    assert done.stderr == "d2c: the output cannot be written: Bad file descriptor\n"


def test_a_closed_output_takes_no_number_from_a_file(tmp_path):
    # the numbers 0 to 2 would go to the first files that are opened, and what libraries print would stand in them
    done = shell(f'"$0" "$@" run {" ".join(SMALL)} -q -o {tmp_path}/out <&- >&- 2>&-')
    assert done.returncode == 0
    assert shell(f'"$0" "$@" table {tmp_path}/out --by region').returncode == 0


@needs_full
@pytest.mark.parametrize("errors", [f"2>{FULL}", "2>&-"])
def test_messages_that_cannot_be_written_change_no_exit_code(errors):
    assert shell(f'"$0" "$@" nonsense {errors}').returncode == 2
    assert shell(f'"$0" "$@" area show nowhere {errors}').returncode == 2
    done = shell(f'"$0" "$@" -v area list {errors}')
    assert done.returncode == 0
    assert "italy" in done.stdout


@pytest.mark.parametrize("arguments", ["--help", "run --help", "library list"])
def test_a_reader_that_has_enough_is_no_error(arguments):
    done = shell(f'"$0" "$@" {arguments} | true; echo "${{PIPESTATUS[0]}}"')
    assert done.stdout == "0\n"
    assert done.stderr == ""


def hear_all():
    """Undo that a shell lets what it starts in the background ignore SIGINT."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def started(folder, preexec_fn=hear_all):
    """Start a run that takes long, give it once it computes, and leave nothing of it behind."""
    command = [*D2C, "run", "italy", "--best-case", "--set", "time.duration_h=2000", "-o", str(folder)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=preexec_fn)
    try:
        deadline = time.monotonic() + 120
        while not (folder / ".d2c-progress").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield running
    finally:
        running.kill()
        running.wait()


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "interrupted by SIGTERM"),
        (signal.SIGHUP, 129, "interrupted by SIGHUP"),
    ],
)
def test_signals_end_a_run_as_ctrl_c_does(tmp_path, number, code, text):
    with started(tmp_path / "out") as running:
        running.send_signal(number)
        _, errors = running.communicate(timeout=60)
    assert (running.returncode, errors.strip().splitlines()[-1]) == (code, f"d2c: {text}")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [".d2c-progress"]  # to go on from


def test_nohup_is_respected(tmp_path):
    with started(tmp_path / "out", lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as running:
        running.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            running.communicate(timeout=1)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
        assert running.returncode == 143


def raising(error):
    def run():
        raise error

    return exit_code(run)


@pytest.fixture
def plain_process(monkeypatch):
    """Leave signals and streams of the tests as they are."""
    monkeypatch.setattr("d2c.cli.surroundings._open_streams", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)


@pytest.mark.usefixtures("plain_process")
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), "not enough memory"),
        (ImportError("libx.so: no such file", name="libx"), "a library cannot be loaded: libx.so"),
    ],
)
def test_what_a_user_can_mend_is_one_line(error, text, capsys):
    assert raising(error) == 1
    assert capsys.readouterr().err.startswith(f"d2c: {text}")


@pytest.mark.usefixtures("plain_process")
@pytest.mark.parametrize(
    "error",
    [OSError(5, "of a file"), ImportError("d2c.x", name="d2c.x"), RuntimeError(), EOFError(), ValueError()],
)
def test_a_bug_keeps_its_traceback(error):
    with pytest.raises(type(error)):
        raising(error)


@pytest.mark.usefixtures("plain_process")
def test_the_end_of_a_file_is_no_interruption():
    @click.command
    def command():
        raise EOFError

    with pytest.raises(EOFError):
        exit_code(lambda: command.main([], standalone_mode=False))


@pytest.mark.parametrize(("name", "value"), [("THREADING_LAYER", "none"), ("NUM_THREADS", "0")])
def test_variables_of_numba_that_it_refuses(tmp_path, name, value):
    command = [*D2C, "run", *SMALL, "-o", str(tmp_path / "out")]
    environment = os.environ | {f"NUMBA_{name}": value}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("d2c: ")
    assert "numba cannot start" in done.stderr
    assert "Traceback" not in done.stderr

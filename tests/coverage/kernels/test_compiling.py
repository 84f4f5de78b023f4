"""Compiled kernels on disk: a changed file of their folder is noticed, also by those that only call into it."""

import ast
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from d2c.coverage.kernels.cache import cache_state
from d2c.coverage.kernels.compiling import on_compiling

CALLEE = """
from {decorator_from} import {decorator}

FACTOR = {factor}

@{decorator}({options})
def scaled(x):
    return FACTOR * x
"""
CALLER = """
from {decorator_from} import {decorator}
from {callee} import scaled

@{decorator}({options})
def one_more(x):
    return scaled(x) + 1
"""
ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from d2c.coverage.kernels.cache import unsaid_faults
from d2c.coverage.kernels.compiling import on_compiling
from {caller} import one_more
compiled = []
with on_compiling(lambda: compiled.append(True)):
    value = one_more({argument})
print((int(value), bool(compiled), unsaid_faults()))
"""
OURS = {"decorator_from": "d2c.coverage.kernels.compiling", "decorator": "kernel", "options": ""}
NUMBA = {"decorator_from": "numba", "decorator": "njit", "options": "cache=True"}


def write(folder, how, *, factor):
    folder.mkdir(exist_ok=True)
    names = {"callee": "callee", "factor": factor, **how}
    (folder / "callee.py").write_text(CALLEE.format(**names), encoding="utf-8")
    caller = folder / "caller.py"
    if not caller.exists():  # it stays as it is, time stamp included
        caller.write_text(CALLER.format(**names), encoding="utf-8")


def ask(folder, tmp_path, said=None, *, before="", argument="10"):
    """Return what another process computes with the two modules, and whether it had to compile."""
    # Python's own cache goes by seconds and size, and both versions are written in one second
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    program = before + ASK.format(caller="caller", argument=argument)
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    value, compiled, faults = ast.literal_eval(done.stdout)
    if said is not None:
        said += faults
    return value, compiled


def test_a_change_in_another_file_of_the_folder_is_seen(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=2)
    assert ask(folder, tmp_path) == (21, True)
    assert ask(folder, tmp_path) == (21, False)  # from the cache
    write(folder, OURS, factor=3)
    assert ask(folder, tmp_path) == (31, True)
    assert ask(folder, tmp_path) == (31, False)


def test_a_new_file_of_the_folder_is_seen(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=2)
    assert ask(folder, tmp_path) == (21, True)
    (folder / "more.py").write_text("", encoding="utf-8")
    assert ask(folder, tmp_path) == (21, True)


def test_the_cache_of_numba_alone_gives_the_old_value(tmp_path):
    """Why kernels are not compiled with `njit(cache=True)`; if this fails, numba has learnt it, and ours may go."""
    folder = tmp_path / "plain"
    write(folder, NUMBA, factor=2)
    assert ask(folder, tmp_path) == (21, True)
    write(folder, NUMBA, factor=3)
    assert ask(folder, tmp_path) == (21, False)


@pytest.mark.parametrize("calls", [0, 2])
def test_compiling_is_told_once(calls):
    from numba import njit  # only here, to have something to compile

    told = []
    with on_compiling(lambda: told.append(True)):
        for k in range(calls):
            njit(lambda x, k=k: x + k)(1.0)
    assert len(told) == min(calls, 1)


def files(tmp_path):
    return [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def cut(file):
    file.write_bytes(file.read_bytes()[:-7])


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [lambda file: file.write_bytes(b""), cut, flip, lambda file: file.write_bytes(b"no code")],
    ids=["empty", "cut", "a bit is flipped", "something else"],
)
def test_a_damaged_file_is_compiled_anew_and_said_once(tmp_path, damage):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=3)
    assert ask(folder, tmp_path) == (31, True)
    assert len(files(tmp_path)) == 2  # one for each function
    for file in files(tmp_path):
        damage(file)
    said = []
    assert ask(folder, tmp_path, said) == (31, True)
    assert len(said) == 1
    assert said[0].startswith(str(tmp_path / "cache"))
    assert "is damaged" in said[0]
    assert ask(folder, tmp_path, said := []) == (31, False)
    assert said == []


def test_a_folder_in_place_of_a_file_is_said(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=3)
    ask(folder, tmp_path)
    for file in files(tmp_path):
        file.unlink()
        file.mkdir()
    assert ask(folder, tmp_path, said := []) == (31, True)
    assert [text.partition("(")[2].partition(")")[0] for text in said] == ["Is a directory", ""]
    assert "NUMBA_CACHE_DIR" in said[1]


def test_the_code_of_earlier_files_is_removed(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=2)
    ask(folder, tmp_path)
    before = {file.name for file in files(tmp_path)}
    write(folder, OURS, factor=3)
    ask(folder, tmp_path)
    after = {file.name for file in files(tmp_path)}
    assert len(before) == len(after) == 2
    assert not before & after


def test_a_full_disk_keeps_nothing_and_says_so(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=3)
    # a limit on the size of files fails as a full disk does, for files that hold something
    full = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    full += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
    assert ask(folder, tmp_path, said := [], before=full) == (31, True)
    assert len(said) == 1
    assert "compiled kernels are not kept" in said[0]
    assert "NUMBA_CACHE_DIR" in said[0]
    assert files(tmp_path) == []


def test_without_a_folder_that_can_be_written_all_is_compiled_anew(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=3)
    nowhere = "import numba.core.caching as c; c.CacheImpl._locator_classes = []\n"
    for _ in range(2):
        assert ask(folder, tmp_path, said := [], before=nowhere) == (31, True)
        assert len(said) == 1
        assert "every process compiles them anew" in said[0]
        assert "NUMBA_CACHE_DIR" in said[0]


def test_eight_first_runs_share_a_cache(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=3)
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: ask(folder, tmp_path), range(8)))
    assert {value for value, _ in values} == {31}
    assert ask(folder, tmp_path) == (31, False)
    assert [file for file in files(tmp_path) if file.suffix != ".nbc"] == []


def test_two_signatures_have_their_own_files(tmp_path):
    folder = tmp_path / "kernels"
    write(folder, OURS, factor=3)
    assert ask(folder, tmp_path) == (31, True)
    assert ask(folder, tmp_path, argument="10.0") == (31, True)
    assert ask(folder, tmp_path, argument="10.0") == (31, False)
    assert ask(folder, tmp_path) == (31, False)


def test_the_state_of_the_cache_names_what_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path))
    state = cache_state()
    assert state.folder.parent == tmp_path
    assert (state.files, state.damaged) == (0, ())
    content = b"code"
    (state.folder / "whole.nbc").write_bytes(hashlib.sha256(content).digest() + content)
    for name, content in {"cut.nbc": b"", "other.nbc": b"x" * 100}.items():
        (state.folder / name).write_bytes(content)
    state = cache_state()
    assert state.files == 3
    assert [file.name for file in state.damaged] == ["cut.nbc", "other.nbc"]
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert cache_state().folder is None

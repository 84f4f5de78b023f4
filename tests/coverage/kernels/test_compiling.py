"""Compiled kernels on disk: a changed file of their folder is noticed, also by those that only call into it."""

import os
import pickle
import subprocess
import sys

import numba
import pytest

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
from d2c.coverage.kernels.compiling import on_compiling
from {caller} import one_more
compiled = []
with on_compiling(lambda: compiled.append(True)):
    value = one_more(10)
print(value, bool(compiled))
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


def ask(folder, tmp_path):
    """Return what another process computes with the two modules, and whether it had to compile."""
    # Python's own cache goes by seconds and size, and both versions are written in one second
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    program = ASK.format(caller="caller")
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    value, compiled = done.stdout.split()
    return int(value), compiled == "True"


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


@pytest.mark.parametrize(
    "index",
    [b"cd2c.coverage.kernels.layout\nNoSuchClass\n.", b"no pickle"],
    ids=["a class that is gone", "damaged"],
)
def test_an_index_that_cannot_be_read_is_made_anew(tmp_path, index):
    folder = tmp_path / "code"
    write(folder, OURS, factor=3)
    assert ask(folder, tmp_path) == (31, True)
    # as numba writes it: its version, then stamp and versions of the function
    version = pickle.dumps(numba.__version__)
    for file in (tmp_path / "cache").rglob("*.nbi"):
        file.write_bytes(version + index)
    assert ask(folder, tmp_path) == (31, True)
    assert ask(folder, tmp_path) == (31, False)

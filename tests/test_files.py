import errno
import json
import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import OperationError, ResultError
from d2c.files import LOCK, atomic_folder, atomic_path, exclusive_lock, folder_lock
from d2c.results.format.text_files import write_csv, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_new_content_replaces_the_old(tmp_path):
    target = tmp_path / "deep" / "er" / "a.txt"
    write_text(target, "old\n")
    write_text(target, "new: città\n")
    assert target.read_bytes() == "new: città\n".encode()
    assert names(target.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_an_error_in_the_middle_leaves_the_old_file_and_no_temporary(tmp_path, error):
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def half_write():
        with atomic_path(target) as temporary:
            temporary.write_text("ne")
            raise error

    with pytest.raises(ResultError if isinstance(error, OSError) else type(error)):
        half_write()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_an_unused_created_folder_is_removed(tmp_path):
    def fail():
        with atomic_path(tmp_path / "x" / "y" / "a.txt"):
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        fail()
    assert names(tmp_path) == []


def test_permissions_of_a_new_file_follow_the_umask(tmp_path):
    before = os.umask(0o022)
    try:
        write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left on the disk"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_system_errors_are_one_line_with_path_and_remedy(tmp_path, monkeypatch, number, words):
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ResultError) as caught:
        write_text(target, "new")
    message = str(caught.value)
    assert str(target) in message
    assert words in message
    assert "output folder" in message
    assert "\n" not in message
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@contextmanager
def small_files_only():
    """Limit the file size to 1000 bytes, as a full disk would; not while the tests report."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_real_system_error_while_writing(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with (
        small_files_only(),
        pytest.raises(ResultError, match=r"a\.txt cannot be written: the file exceeds the size limit"),
    ):
        write_text(target, "x" * 5000)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_permission_denied_for_real(tmp_path):
    root = os.geteuid() == 0
    tmp_path.chmod(0o555)
    if root:
        os.seteuid(65534)  # user nobody: root has all permissions
    try:
        with pytest.raises(ResultError, match="permission denied; choose an output folder"):
            write_text(tmp_path / "a.txt", "x")
    finally:
        if root:
            os.seteuid(0)
        tmp_path.chmod(0o755)
    assert names(tmp_path) == []


def test_a_file_where_a_folder_should_be(tmp_path):
    write_text(tmp_path / "file", "x")
    with pytest.raises(ResultError, match="a file with the name of the folder exists"):
        write_text(tmp_path / "file" / "a.txt", "x")
    with pytest.raises(ResultError, match="a part of this path is a file"):
        write_text(tmp_path / "file" / "sub" / "a.txt", "x")


def test_a_folder_where_a_file_should_be(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(ResultError, match="a folder with the name of the file exists"):
        write_text(tmp_path / "a.txt", "x")
    assert names(tmp_path) == ["a.txt"]


def write_result(folder: Path, files: dict[str, str], *, replaces=(), fail=False):
    with atomic_folder(folder, replaces=replaces) as staging:
        for name, text in files.items():
            write_text(staging / name, text)
        if fail:
            raise RuntimeError("a bug after all files were written")


def test_a_folder_is_filled_at_once_and_keeps_other_files(tmp_path):
    folder = tmp_path / "out"
    write_result(folder, {"a": "1", "b": "1"})
    write_text(folder / "notes.txt", "mine")
    write_result(folder, {"a": "2"}, replaces=["a", "b", "c"])
    assert {name: (folder / name).read_text() for name in names(folder)} == {"a": "2", "notes.txt": "mine"}


def test_a_folder_is_unchanged_after_an_error(tmp_path):
    folder = tmp_path / "out"
    write_result(folder, {"a": "1", "b": "1"})
    with pytest.raises(RuntimeError):
        write_result(folder, {"a": "2", "c": "2"}, replaces=["b"], fail=True)
    assert {name: (folder / name).read_text() for name in names(folder)} == {"a": "1", "b": "1"}
    with pytest.raises(RuntimeError):
        write_result(tmp_path / "new" / "one", {"a": "2"}, fail=True)
    assert names(tmp_path) == ["out"]


def test_an_error_inside_a_folder_names_the_final_path(tmp_path):
    with small_files_only(), pytest.raises(ResultError) as caught:
        write_result(tmp_path / "out", {"a": "1", "b": "x" * 5000})
    assert str(caught.value).startswith(f"{tmp_path / 'out' / 'b'} cannot be written: the file exceeds")
    assert names(tmp_path) == []


def test_a_conflicting_folder_is_detected_before_the_first_move(tmp_path):
    write_result(tmp_path, {"a": "1"})
    (tmp_path / "z").mkdir()
    with pytest.raises(ResultError, match="z cannot be written: a folder with the name of the file exists"):
        write_result(tmp_path, {"a": "2", "z": "2"})
    assert (tmp_path / "a").read_text() == "1"
    assert names(tmp_path) == ["a", "z"]


def test_a_pipe_gets_the_bytes_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        write_text(pipe, "a")
        assert read.result(10) == "a"
    assert pipe.is_fifo()


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "a.txt")
    for text in ("1", "2"):
        write_text(tmp_path / "link.txt", text)
    assert (tmp_path / "real" / "a.txt").read_text() == "2"
    assert (tmp_path / "link.txt").is_symlink()
    assert names(tmp_path / "real") == ["a.txt"]


def test_what_killed_writers_left_is_removed_under_the_lock(tmp_path):
    left = tmp_path / ".writing-0000"
    (left / "inputs").mkdir(parents=True)
    (left / "inputs" / "a").write_text("half")
    (tmp_path / ".writing-1111.png").write_text("half")
    write_result(tmp_path, {"a": "1"})
    assert names(tmp_path) == ["a"]


def test_what_another_process_writes_is_not_removed(tmp_path):
    (tmp_path / ".writing-0000").mkdir()
    with (
        folder_lock(tmp_path.parent / "other"),
        exclusive_lock(tmp_path / LOCK),
        pytest.raises(OperationError, match="another run is writing into this folder"),
    ):
        write_result(tmp_path, {"a": "1"})
    assert names(tmp_path) == [LOCK, ".writing-0000"]


@pytest.mark.parametrize("garbage", [b"mine", b"x" * 5000, bytes(5000)])
def test_a_lock_that_is_none_is_one_line(tmp_path, garbage):
    (tmp_path / LOCK).write_bytes(garbage)
    with pytest.raises(OperationError, match="is not a lock of d2c") as caught:
        write_result(tmp_path, {"a": "1"})
    assert "\n" not in str(caught.value)
    assert (tmp_path / LOCK).read_bytes() == garbage


@pytest.mark.parametrize("moves", range(1, 5))
def test_a_kill_between_the_moves_leaves_no_report(tmp_path, moves, monkeypatch):
    files = {"a": "1", "b": "1", "inputs/c": "1", "report.json": "1"}
    write_result(tmp_path, files)
    replace, counted = Path.replace, []

    def killed(path, target):
        if not path.name.startswith(".writing-"):  # a move, not the writing of a file
            counted.append(path)
        if len(counted) == moves:
            raise SystemExit  # as a kill: nothing that is moved goes back
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(SystemExit):
        write_result(tmp_path, dict.fromkeys(files, "2"))
    monkeypatch.undo()
    assert not (tmp_path / "report.json").exists()
    write_result(tmp_path, dict.fromkeys(files, "3"))
    assert {name: (tmp_path / name).read_text() for name in files} == dict.fromkeys(files, "3")


def test_json_content(tmp_path):
    path = tmp_path / "summary.json"
    content = {
        "b": np.float64(0.1),
        "a": np.int32(3),
        "nan": float("nan"),
        "array": np.array([1.0, np.nan]),
        "flag": np.bool_(True),
        "none": None,
        "text": "Città",
        "utc": np.datetime64("2026-08-22T18:00:00.000000", "us"),
        "utcs": np.array(["2026-08-22T18:00:00.5", "NaT"], dtype="datetime64[ms]"),
        "clock": datetime(2026, 8, 22, 18, tzinfo=UTC),
        "path": Path("tles") / "a.tle",
        7: (1, 2),
    }
    write_json(path, content)
    text = path.read_text(encoding="utf-8")
    read = json.loads(text, parse_constant=pytest.fail)  # NaN and Infinity are not JSON
    assert list(read) == [
        "b",
        "a",
        "nan",
        "array",
        "flag",
        "none",
        "text",
        "utc",
        "utcs",
        "clock",
        "path",
        "7",
    ]
    assert read["array"] == [1.0, None]
    assert (read["b"], read["a"], read["nan"], read["flag"]) == (0.1, 3, None, True)
    assert read["utc"] == read["clock"] == "2026-08-22T18:00:00Z"
    assert read["utcs"] == ["2026-08-22T18:00:00.500Z", None]
    assert read["path"] == "tles/a.tle"
    assert "Città" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("content", "error"), [({"a": float("inf")}, ValueError), ({"a": object()}, TypeError)]
)
def test_json_unsupported_values_are_errors(tmp_path, content, error):
    with pytest.raises(error):
        write_json(tmp_path / "a.json", content)
    assert names(tmp_path) == []


def test_csv_as_printed_by_hand(tmp_path):
    path = tmp_path / "timeline.csv"
    columns = {
        "utc": np.array(["2026-08-22T18:00:00", "2026-08-22T18:00:30"], dtype="datetime64[us]"),
        "satellites": np.array([12, 0]),
        "area_fraction": np.array([2 / 3, np.nan], dtype=np.float32),
        "c_n_p50_db": np.array([-0.001, 12.345]),
        "wait": np.array([0.5, 1.25]),
        "name": np.array(['a "b", c', None], dtype=object),
    }
    write_csv(path, columns, decimals={"wait": 1, "c_n_p50_db": 1})
    assert path.read_bytes().decode() == (
        "utc,satellites,area_fraction,c_n_p50_db,wait,name\n"
        '2026-08-22T18:00:00Z,12,0.666667,0.0,0.5,"a ""b"", c"\n'
        "2026-08-22T18:00:30Z,0,,12.3,1.2,\n"
    )


def test_csv_gives_parts_of_a_second_to_every_row_or_to_none(tmp_path):
    times = np.array(["2026-01-01", "2026-01-01T00:00:00.25", "NaT"], dtype="datetime64[us]")
    write_csv(tmp_path / "a.csv", {"utc": times})
    assert (tmp_path / "a.csv").read_text().splitlines()[1:] == [
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00.250Z",
        '""',  # an empty line would be no row
    ]


def test_csv_rejects_unequal_columns_and_floats_without_decimals(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        write_csv(tmp_path / "a.csv", {"a": np.arange(3), "b": np.arange(2)})
    with pytest.raises(ValueError, match="'odd'"):
        write_csv(tmp_path / "a.csv", {"odd": np.array([1.0])})
    assert names(tmp_path) == []


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.integers(0, 6))
def test_csv_numbers_read_back_within_half_their_last_digit(tmp_path_factory, values, decimals):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_csv(path, {"x": np.array(values)}, decimals={"x": decimals})
    read = [float(line) for line in path.read_text().splitlines()[1:]]
    # Half of the last digit, and what a double of this size cannot hold.
    np.testing.assert_allclose(read, values, rtol=0, atol=0.5 * 10.0**-decimals * (1 + 1e-6) + 1e-9)
    assert "-0" not in {line.rstrip("0.") for line in path.read_text().split()}

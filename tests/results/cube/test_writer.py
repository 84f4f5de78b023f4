"""The cube, read back with xarray and Zarr, independently of the writer."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c.errors import ResultError
from d2c.results.cube import layout
from d2c.results.cube.layout import NO_C_N, NO_SERVER, CubeLayout
from d2c.results.cube.writer import CubeWriter, remove_cube

SLOTS, CELLS = 13, 11
START = np.datetime64("2026-08-22T18:00:00", "us")
NAMES = ("STARLINK-11072 [DTC]", "STARLINK-11073 [DTC]", "città")


def simplify(patch):
    # even a small cube consists of many chunks: 3 steps x 4 cells, the last ones not full
    patch.setattr(layout, "_CHUNK_CELLS", 4)
    patch.setattr(layout, "_CHUNK_VALUES", 12)
    # no test cuts the power; on a busy disk each call takes milliseconds
    patch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(autouse=True)
def simple(monkeypatch):
    simplify(monkeypatch)


def writer(path, **changes):
    given = {
        "key": "a hash",
        "cell_id": np.array([f"85{i:04x}fffffff" for i in range(CELLS)]),
        "latitude_deg": np.linspace(36.0, 47.0, CELLS),
        "longitude_deg": np.linspace(6.0, 18.0, CELLS),
        "start": START,
        "every_us": 60_000_000,
        "slots": SLOTS,
        "satellite_names": NAMES,
        "norad_id": np.array([60000, 60001, 100123]),
        "title": "Test",
    }
    return CubeWriter(path, **given | changes)


def values(slots=SLOTS, cells=CELLS):
    random = np.random.default_rng(5)
    server = random.integers(-1, 3, (slots, cells)).astype(np.int32)
    level = random.integers(-32767, 32768, (slots, cells)).astype(np.int16)
    level[server < 0] = NO_C_N
    server[:3, :4], level[:3, :4] = NO_SERVER, NO_C_N  # a whole chunk of nothing
    return level, server


LEVEL, SERVER = values()


def finished(path, **changes):
    cube = writer(path, **changes)
    cube.write(0, LEVEL, SERVER)
    cube.finish()
    return path


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        simplify(patch)
        return content(finished(tmp_path_factory.mktemp("cube") / "cube.zarr"))


def test_xarray_reads_what_was_given(tmp_path):
    with xarray.open_dataset(finished(tmp_path / "cube.zarr"), engine="zarr") as cube:
        assert dict(cube.sizes) == {"time": SLOTS, "cell": CELLS, "satellite": 3}
        assert cube.c_n_db.dims == cube.server.dims == ("time", "cell")
        expected = np.where(LEVEL == NO_C_N, np.nan, LEVEL / 100.0)
        np.testing.assert_allclose(cube.c_n_db, expected, rtol=1e-12, atol=0)
        assert np.isnan(cube.c_n_db.values[0, 0])
        assert np.issubdtype(cube.server.dtype, np.integer)  # still an index
        np.testing.assert_array_equal(cube.server, SERVER)
        np.testing.assert_array_equal(cube.time, START + np.arange(SLOTS) * np.timedelta64(60, "s"))
        np.testing.assert_array_equal(cube.latitude, np.linspace(36.0, 47.0, CELLS))
        np.testing.assert_array_equal(cube.longitude, np.linspace(6.0, 18.0, CELLS))
        assert cube.cell_id.values[10] == "85000afffffff"
        assert tuple(cube.satellite_name.values) == NAMES
        assert cube.norad_id.values.tolist() == [60000, 60001, 100123]
        assert cube.attrs["complete"] == 1


def test_names_and_units_are_those_of_cf(tmp_path):
    with xarray.open_dataset(finished(tmp_path / "cube.zarr"), engine="zarr") as cube:
        # CF 1.11 sections 4.1, 4.2, 4.4 (axes), 2.6.2 (global attributes); decibel: CF FAQ, units not in UDUNITS
        assert cube.attrs["Conventions"] == "CF-1.11"
        assert cube.attrs["title"] == "Test"
        assert "history" not in cube.attrs
        assert (cube.latitude.standard_name, cube.latitude.units) == ("latitude", "degrees_north")
        assert (cube.longitude.standard_name, cube.longitude.units) == ("longitude", "degrees_east")
        assert (cube.time.standard_name, cube.time.axis) == ("time", "T")
        assert cube.time.encoding["units"] == "seconds since 2026-08-22 18:00:00"
        assert cube.c_n_db.units == "dB"
        assert cube.c_n_db.encoding["dtype"] == np.int16
        assert cube.c_n_db.encoding["scale_factor"] == 0.01
        assert cube.c_n_db.encoding["_FillValue"] == NO_C_N
        assert set(cube.c_n_db.coords) == {"time", "latitude", "longitude", "cell_id"}
        assert set(cube.server.coords) == {"time", "latitude", "longitude", "cell_id"}


def test_every_chunk_is_there_even_one_of_nothing(tmp_path):
    path = finished(tmp_path / "cube.zarr")
    # 13 steps by 3 and 11 cells by 4 make 5 x 3 chunks
    chunks = {f"{row}/{column}" for row in range(5) for column in range(3)}
    for name in ("c_n_db", "server"):
        assert {"/".join(file.parts[-2:]) for file in (path / name / "c").glob("*/*")} == chunks
        assert zarr.open_array(path / name, mode="r").chunks == (3, 4)


def test_a_user_finds_one_cell_at_one_time_and_its_satellite(tmp_path):
    with xarray.open_dataset(finished(tmp_path / "cube.zarr"), engine="zarr") as cube:
        cells = cube.swap_dims(cell="cell_id")
        slot, cell = np.argwhere(SERVER == 2)[0]
        one = cells.sel(time=START + slot * np.timedelta64(60, "s"), cell_id=f"85{cell:04x}fffffff")
        assert float(one.c_n_db) == pytest.approx(LEVEL[slot, cell] / 100, rel=1e-12)
        assert cube.satellite_name.values[int(one.server)] == "città"


@pytest.mark.parametrize(
    ("start", "every_us"),
    [
        ("2026-08-22T18:00:00.25", 30_000_000),
        ("2026-12-31T23:59:59", 1_000_000),
        ("2026-08-22T18:00:00", 100_000),
    ],
)
def test_times_lose_nothing(tmp_path, start, every_us):
    begin = np.datetime64(start, "us")
    path = finished(tmp_path / "cube.zarr", start=begin, every_us=every_us)
    with xarray.open_dataset(path, engine="zarr") as cube:
        np.testing.assert_array_equal(
            cube.time.values.astype("datetime64[us]"),
            begin + np.arange(SLOTS) * np.timedelta64(every_us, "us"),
        )


def test_more_satellites_than_a_short_index_can_count(tmp_path):
    many = 40_000
    cube = writer(
        tmp_path / "cube.zarr", satellite_names=[f"S{i}" for i in range(many)], norad_id=np.arange(many)
    )
    server = np.where(SERVER < 0, NO_SERVER, SERVER + many - 3).astype(np.int32)
    cube.write(0, LEVEL, server)
    cube.finish()
    with xarray.open_dataset(tmp_path / "cube.zarr", engine="zarr") as found:
        np.testing.assert_array_equal(found.server, server)


parts = st.lists(st.tuples(st.integers(0, SLOTS - 1), st.integers(0, SLOTS)), max_size=4)


@settings(max_examples=10, deadline=None)
@given(parts=parts, order=st.randoms(use_true_random=False))
def test_any_cutting_in_any_order_and_twice_gives_the_same_bytes(tmp_path_factory, undisturbed, parts, order):
    whole = [(first, 1) for first in range(SLOTS)]
    order.shuffle(whole)
    path = tmp_path_factory.mktemp("cut") / "cube.zarr"
    with pytest.MonkeyPatch.context() as patch:
        simplify(patch)
        cube = writer(path)
        for first, count in [*parts, *whole, *parts]:
            cube.write(first, LEVEL[first : first + count], SERVER[first : first + count])
        cube.finish()
    assert content(path) == undisturbed


@given(slots=st.integers(1, 100_000), cells=st.integers(1, 3_000_000))
def test_chunks_are_bounded_and_not_mostly_padding(slots, cells):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "_CHUNK_CELLS", 1 << 14)
        patch.setattr(layout, "_CHUNK_VALUES", 1 << 20)
        none = np.zeros(0)
        cube = CubeLayout(np.empty(cells, "U1"), none, none, START, 1, slots, (), none)
        high, wide = cube.chunks
    assert 1 <= high <= slots
    assert 1 <= wide <= cells
    assert high * wide <= 1 << 20  # 2 MB of int16, 4 MB of int32
    padded = -(-slots // high) * high * -(-cells // wide) * wide
    assert padded < (slots + -(-slots // high)) * (cells + -(-cells // wide))


def test_a_cut_run_leaves_no_cube_and_goes_on(tmp_path, undisturbed):
    path = tmp_path / "cube.zarr"
    cube = writer(path)
    assert cube.leading_slots == 0
    cube.write(0, LEVEL[:5], SERVER[:5])
    cube.write(8, LEVEL[8:10], SERVER[8:10])
    del cube
    assert not path.exists()
    (left,) = tmp_path.iterdir()
    assert zarr.open_group(left, mode="r").attrs["complete"] == 0
    again = writer(path)
    assert again.leading_slots == 5
    again.write(5, LEVEL[5:], SERVER[5:])
    again.finish()
    assert [entry.name for entry in tmp_path.iterdir()] == ["cube.zarr"]
    assert content(path) == undisturbed


def test_a_step_that_was_never_written_is_no_finished_cube(tmp_path):
    cube = writer(tmp_path / "cube.zarr")
    cube.write(0, LEVEL[:4], SERVER[:4])
    cube.write(6, LEVEL[6:], SERVER[6:])
    with pytest.raises(ResultError, match=r"lacks 2 of 13 steps, the first is 4; start anew \(fresh\)"):
        cube.finish()
    assert not (tmp_path / "cube.zarr").exists()


# The run ends by the system's hand at its Nth rename, and every byte that Zarr writes is put in place by one.
# The last but one renames set the earlier cube aside and the new one in its place.
KILLED = """
import os, sys
from pathlib import Path
import numpy as np
import pytest
sys.path.insert(0, {tests!r})
from test_writer import LEVEL, SERVER, simplify, writer
simplify(pytest.MonkeyPatch())
left = {number}
def counted(rename):
    def rename_or_die(self, target):
        global left
        left -= 1
        if left < 0:
            os._exit(137)
        return rename(self, target)
    return rename_or_die
Path.replace, Path.rename = counted(Path.replace), counted(Path.rename)
cube = writer(Path({path!r}))
for first in range(cube.leading_slots, 13, 2):
    cube.write(first, LEVEL[first:first + 2], SERVER[first:first + 2])
cube.finish()
print("renames", {number} - left)
"""


def run_until(number, path):
    script = KILLED.format(tests=str(Path(__file__).parent), number=number, path=str(path))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_a_run_killed_at_any_write_resumes_to_the_same_bytes(tmp_path, undisturbed):
    path = finished(tmp_path / "cube.zarr", title="an earlier question", key="another hash")
    earlier = content(path)
    reference = run_until(10_000, tmp_path / "whole" / "cube.zarr")
    assert reference.returncode == 0, reference.stderr
    last = int(reference.stdout.split()[1]) + 1  # one more: the earlier cube steps aside
    rng = np.random.default_rng(11)
    moments = [0, 5, *sorted(rng.choice(np.arange(6, last - 3), 3, replace=False)), last - 2, last - 1]
    for number in moments:
        killed = run_until(int(number), path)
        assert killed.returncode == 137, killed.stderr
        assert {"cube.zarr", ".cube.zarr-old"} & {entry.name for entry in tmp_path.iterdir()}
        cube = writer(path)
        assert content(path) == earlier
        go_on = cube.leading_slots
        cube.write(go_on, LEVEL[go_on:], SERVER[go_on:])
        cube.finish()
        assert content(path) == undisturbed
        finished(path, title="an earlier question", key="another hash")


def test_values_are_on_the_disk_before_their_times_say_so(tmp_path, monkeypatch):
    cube = writer(tmp_path / "cube.zarr")
    folder = tmp_path / ".cube.zarr-unfinished"
    synced = {}

    def note(path):
        synced[str(path.relative_to(folder))] = (folder / "time/c/0").exists()

    monkeypatch.setattr("d2c.results.cube.writer.sync", note)
    cube.write(2, LEVEL[2:5], SERVER[2:5])  # of the chunks' rows 0 (steps 0 to 2) and 1 (3 to 5)
    chunks = {
        f"{name}/c/{row}/{column}" for name in ("c_n_db", "server") for row in (0, 1) for column in range(3)
    }
    assert {name for name, has_time in synced.items() if not has_time} >= chunks
    assert {name for name, has_time in synced.items() if has_time} == {"time/c/0"}


@pytest.mark.parametrize(
    "change",
    [
        {"key": "another hash"},
        {"every_us": 30_000_000},
        {"start": START + 1},
        {"slots": SLOTS + 1},
        {"norad_id": np.array([1, 2, 3])},
        {"satellite_names": ("A", "B", "C")},
        {"latitude_deg": np.linspace(36.0, 46.0, CELLS)},
        {"fresh": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_question_does_not_go_on_with_what_is_left(tmp_path, change):
    path = tmp_path / "cube.zarr"
    writer(path).write(0, LEVEL[:5], SERVER[:5])
    assert writer(path).leading_slots == 5
    assert writer(path, **change).leading_slots == 0


def test_another_title_goes_on_and_is_the_one_that_is_read(tmp_path):
    path = tmp_path / "cube.zarr"
    writer(path).write(0, LEVEL, SERVER)
    cube = writer(path, title="Better")
    assert cube.leading_slots == SLOTS
    cube.finish()
    with xarray.open_dataset(path, engine="zarr") as found:
        assert found.attrs["title"] == "Better"


def test_an_earlier_cube_stays_until_the_new_one_is_whole(tmp_path, undisturbed):
    path = finished(tmp_path / "cube.zarr", key="another hash")
    earlier = content(path)
    cube = writer(path)
    cube.write(0, LEVEL[:5], SERVER[:5])
    assert content(path) == earlier
    cube.write(5, LEVEL[5:], SERVER[5:])
    cube.finish()
    assert content(path) == undisturbed
    assert [entry.name for entry in tmp_path.iterdir()] == ["cube.zarr"]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    return data[:-6] + bytes([data[-6] ^ 1]) + data[-5:]


@pytest.mark.parametrize("damage", [cut, flipped, lambda data: b""], ids=["cut", "flipped", "empty"])
@pytest.mark.parametrize("name", ["c_n_db", "server"])
def test_damage_is_found_and_not_read_as_other_values(tmp_path, name, damage):
    path = tmp_path / "cube.zarr"
    cube = writer(path)
    cube.write(0, LEVEL[:5], SERVER[:5])
    chunk = tmp_path / ".cube.zarr-unfinished" / name / "c" / "1" / "1"
    chunk.write_bytes(damage(chunk.read_bytes()))
    with pytest.raises(
        ResultError, match=r"cube\.zarr: the part written before is damaged; start anew \(fresh\)"
    ):
        writer(path).write(5, LEVEL[5:], SERVER[5:])
    whole = finished(tmp_path / "other.zarr")
    chunk = whole / name / "c" / "1" / "1"
    chunk.write_bytes(damage(chunk.read_bytes()))
    with xarray.open_dataset(whole, engine="zarr") as found, pytest.raises((ValueError, RuntimeError)):
        found[name].load()


@pytest.mark.parametrize("file", ["zarr.json", "time/zarr.json", "time/c/0", "c_n_db/zarr.json"])
def test_a_damaged_rest_is_done_again(tmp_path, file):
    path = tmp_path / "cube.zarr"
    writer(path).write(0, LEVEL[:5], SERVER[:5])
    (tmp_path / ".cube.zarr-unfinished" / file).write_bytes(b"")
    assert writer(path).leading_slots == 0
    finished(path)


def test_a_full_disk_is_one_line_and_the_run_goes_on_later(tmp_path, monkeypatch, undisturbed):
    path = tmp_path / "cube.zarr"
    cube = writer(path)
    cube.write(0, LEVEL[:5], SERVER[:5])
    with monkeypatch.context() as full:

        def refuse(descriptor):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        full.setattr(os, "fsync", refuse)
        with pytest.raises(ResultError, match=r"cube\.zarr cannot be written: no space left on the disk"):
            cube.write(5, LEVEL[5:], SERVER[5:])
    assert not path.exists()
    cube = writer(path)
    assert cube.leading_slots == 5
    cube.write(5, LEVEL[5:], SERVER[5:])
    cube.finish()
    assert content(path) == undisturbed


def test_a_real_refusal_in_the_middle_of_a_chunk(tmp_path):
    cells = 4000  # random bits do not pack: a chunk of 12 steps x 1 cell stays small, so make them wide
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "_CHUNK_CELLS", cells)
        patch.setattr(layout, "_CHUNK_VALUES", SLOTS * cells)
        level, server = values(cells=cells)
        axis = np.zeros(cells)
        cube = writer(tmp_path / "cube.zarr", cell_id=axis.astype(str), latitude_deg=axis, longitude_deg=axis)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        with pytest.raises(ResultError, match="the file exceeds the size limit") as caught:
            cube.write(0, level, server)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert "\n" not in str(caught.value)
    assert cube.leading_slots == 0


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResultError, match=r"cube\.zarr cannot be written: a part of this path is a file"):
        writer(tmp_path / "file" / "cube.zarr")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_cube_is_neither_replaced_nor_removed(tmp_path, kind):
    path = tmp_path / "cube.zarr"
    if kind == "file":
        path.write_text("mine")
    else:
        path.mkdir()
        (path / "notes.txt").write_text("mine")
    before = content(tmp_path)
    for act in (writer, remove_cube):
        with pytest.raises(ResultError, match="exists and is not a Zarr cube; move it"):
            act(path)
    assert content(tmp_path) == before


def test_remove_takes_the_cube_and_what_a_cut_run_left(tmp_path):
    path = finished(tmp_path / "cube.zarr")
    writer(path, key="another hash").write(0, LEVEL[:5], SERVER[:5])
    (tmp_path / "map.png").write_text("stays")
    remove_cube(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.png"]
    remove_cube(path)  # nothing there is no error


@pytest.mark.parametrize(
    ("first", "level", "server"),
    [
        (0, LEVEL[:5, :4], SERVER[:5, :4]),
        (0, LEVEL[:5], SERVER[:4]),
        (-1, LEVEL[:5], SERVER[:5]),
        (SLOTS - 2, LEVEL[:5], SERVER[:5]),
    ],
)
def test_steps_or_cells_that_are_not_the_cubes(tmp_path, first, level, server):
    with pytest.raises(ValueError, match=r"must both have the shape|are not among"):
        writer(tmp_path / "cube.zarr").write(first, level, server)


def test_a_window_without_a_step_of_the_cube_writes_nothing(tmp_path):
    cube = writer(tmp_path / "cube.zarr")
    cube.write(4, LEVEL[:0], SERVER[:0])
    assert cube.leading_slots == 0


def test_without_the_library_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)  # what Python does for a module that is not there
    with pytest.raises(ResultError, match=r"pip install 'd2c\[cube\]'"):
        writer(tmp_path / "cube.zarr")
    assert list(tmp_path.iterdir()) == []

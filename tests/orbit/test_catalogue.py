"""Element catalogues: resolve, read and select."""

import re

import numpy as np
import pytest
from sgp4.tests import MARIO_CSV, MARIO_TLE

from d2c.errors import CatalogueError, ScenarioError
from d2c.orbit import group_cache
from d2c.orbit.catalogue import find_elements, read_elements, select, shells
from d2c.orbit.walker import WalkerShell, walker_constellation
from d2c.shipped import shipped_folder

EPOCH = np.datetime64("2026-08-22T18:00:00", "us")
POLICY = "GP data has not updated since your last successful download of GROUP=starlink at 2026-11-01."


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Replace the user's cache by an empty folder."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(group_cache, "cache_folder", lambda: folder)
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def nominal():
    return read_elements(shipped_folder("tles") / "starlink-d2c-2026-08.tle")


def test_names_of_shipped_sets():
    expected = shipped_folder("tles") / "starlink-d2c-2026-08.tle"
    assert find_elements("starlink-d2c-2026-08") == expected
    assert find_elements("starlink-d2c-2026-08.tle") == expected
    assert find_elements(str(expected)) == expected


def test_a_path_takes_precedence_over_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "starlink-d2c-2026-08").write_text(MARIO_TLE)
    assert find_elements("starlink-d2c-2026-08").resolve() == (tmp_path / "starlink-d2c-2026-08").resolve()


def test_downloaded_groups_resolve_by_name(cache):
    (cache / "starlink.csv").write_text(MARIO_CSV)
    assert find_elements("starlink") == cache / "starlink.csv"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("starlink-d2c-2026-80", "did you mean 'starlink-d2c-2026-08'?"),
        ("starlink-d2c-2026-80.tle", "did you mean 'starlink-d2c-2026-08'?"),
        ("starlink", "d2c elements update downloads groups"),
        ("NOTICE-gpconf", "no file, shipped set or downloaded CelesTrak group"),
        ("somewhere/mine.tle", "no such file"),
    ],
)
def test_unknown_elements_are_errors(name, message):
    with pytest.raises(CatalogueError, match=re.escape(message)) as caught:
        find_elements(name)
    assert f"'{name}'" in str(caught.value)


def test_a_folder_is_an_error(tmp_path):
    with pytest.raises(CatalogueError, match="this is a folder"):
        find_elements(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \r\n\n", "the file is empty"),
        (bytes(range(256)), "binary file"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "compressed (gzip), and cut off or damaged"),
        (b"<!DOCTYPE html>\n<html><body>Not found</body></html>", "web page (HTML)"),
        (b"<HTML><BODY>Forbidden", "web page (HTML)"),
        (POLICY.encode(), f"begins with '{POLICY}"),
        (b"No GP data found", "begins with 'No GP data found'"),
        (b"a,b,c\n1,2,3\n", "no element sets in the file"),
        (MARIO_TLE[:120].encode(), "none of its 1 element sets can be used; the first, line 3 (MARIO)"),
        (MARIO_CSV.splitlines()[0].encode(), "no element set in the file"),
        (b"[]", "no element set in the file"),
        (b'{"a": 1}', "it lacks NORAD_CAT_ID"),
    ],
)
def test_files_without_elements_are_errors(tmp_path, content, message):
    file = tmp_path / "elements.tle"
    file.write_bytes(content)
    with pytest.raises(CatalogueError, match=re.escape(message)) as caught:
        read_elements(file)
    assert str(caught.value).startswith("elements.tle: ")
    assert "\n" not in str(caught.value)


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(CatalogueError, match="no such element file"):
        read_elements(tmp_path / "none.tle")
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_elements(tmp_path)


def test_utf_16_files_are_read(tmp_path):
    file = tmp_path / "redirected.tle"
    file.write_text(MARIO_TLE, encoding="utf-16")
    assert read_elements(file).name == ("MARIO",)


def test_newest_epoch_of_a_number_is_kept(tmp_path):
    header, row = MARIO_CSV.splitlines()[:2]
    newer = row.replace("MARIO,", "NEWER,").replace("2023-04-25", "2023-04-26")
    other = row.replace("MARIO,", "OTHER,").replace(",55123,", ",55124,")
    file = tmp_path / "twice.csv"
    for rows in ([row, newer, other], [newer, row, other]):
        file.write_text("\n".join([header, *rows, ""]))
        constellation = read_elements(file)
        assert constellation.name == ("NEWER", "OTHER")
        assert len(constellation.dropped) == 1
    assert constellation.source == "twice.csv"


def test_altitudes_of_a_printed_orbit(tmp_path):
    # ISS, 2008-09-20, 15.72125391 revolutions a day. Kepler's third law with WGS 72 (398600.8 km3/s2) gives
    # a = (mu (86400 / (2 pi n))^2)^(1/3) = 6730.96 km; undoing Kozai's mean motion at 51.64 deg adds
    # a/3 * 3/4 J2 (R/a)^2 (3 cos^2 i - 1) * 2 = 0.5 * 6731 * 1.0826e-3 * 0.898 * 0.1553 = 0.51 km.
    file = tmp_path / "iss.tle"
    file.write_text(
        "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927\n"
        "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537\n"
    )
    iss = read_elements(file)
    assert iss.altitude_km[0] == pytest.approx(6730.96 + 0.51 - 6378.137, abs=0.02)
    assert iss.apogee_km[0] - iss.perigee_km[0] == pytest.approx(2 * 0.0006703 * 6731.5, abs=1e-3)
    assert iss.inclination_deg[0] == pytest.approx(51.6416, abs=1e-12)


def test_arrays_are_locked(nominal):
    with pytest.raises(ValueError, match="read-only"):
        nominal.norad_id[0] = 1


def test_conditions_are_all_met(nominal):
    assert len(select(nominal)) == 639
    assert len(select(nominal, only_d2c=True)) == 639
    shell_43 = select(nominal, inclination_deg=(42.0, 44.0))
    assert len(shell_43) == 328  # the geometry table's own count
    assert len(select(nominal, name="^d2c 43-")) == 328  # either case
    assert select(nominal, norad_id=(80_002, 80_001, 5)).norad_id.tolist() == [80_001, 80_002]
    low = select(nominal, altitude_km=(0, 350))
    assert low.altitude_km.max() <= 350
    both = select(nominal, altitude_km=(0, 350), inclination_deg=(42.0, 44.0))
    assert set(both.name) == set(low.name) & set(shell_43.name)


def test_only_d2c_takes_direct_to_cell_starlinks(tmp_path):
    header, row = MARIO_CSV.splitlines()[:2]
    names = ["STARLINK-11072 [DTC]", "STARLINK-1008", "DTC TEST OBJECT", "D2C 53-01/01 NOMINAL", "D2C X"]
    rows = [row.replace("MARIO,", f"{n},").replace(",55123,", f",{i},") for i, n in enumerate(names, 1)]
    file = tmp_path / "names.csv"
    file.write_text("\n".join([header, *rows, ""]))
    chosen = select(read_elements(file), only_d2c=True)
    assert chosen.name == ("STARLINK-11072 [DTC]", "D2C 53-01/01 NOMINAL")


def test_rejected_sets_are_kept_after_a_selection(tmp_path):
    file = tmp_path / "both.tle"
    file.write_text(MARIO_TLE + MARIO_TLE[:140])
    constellation = select(read_elements(file), name="MARIO")
    assert len(constellation.rejected) == 1


def test_empty_selection_error_lists_the_content(nominal):
    with pytest.raises(CatalogueError) as caught:
        select(nominal, name="oneweb", inclination_deg=(80, 90), altitude_km=(1100, 1300), norad_id=(7,))
    message = str(caught.value)
    for part in (
        "starlink-d2c-2026-08.tle",
        "name 'oneweb'",
        "80 to 90 deg",
        "1100 to 1300 km",
        "norad_id 7",
        "639 satellites",
        "at 43.0 deg, 358 to 361 km",
        "'D2C 53-01/01 NOMINAL'",
        "widen the selection",
    ):
        assert part in message
    assert "\n" not in message


def test_wrong_conditions_are_errors(nominal):
    with pytest.raises(ScenarioError, match="is not a regular expression"):
        select(nominal, name="[DTC")
    with pytest.raises(ScenarioError, match="lowest value first"):
        select(nominal, inclination_deg=(54, 52))


def test_shells_of_a_designed_constellation():
    designed = [
        WalkerShell("delta", 53.0, 72, 12, 1, 530.0),
        WalkerShell("delta", 53.0, 60, 6, 0, 360.0),
        WalkerShell("delta", 70.0, 40, 4, 1, 570.0),
    ]
    listed = shells(walker_constellation(designed, epoch=EPOCH))
    assert [(s.count, round(s.inclination_deg, 6)) for s in listed] == [(72, 53.0), (60, 53.0), (40, 70.0)]
    assert [(round(s.lowest_km, 3), round(s.highest_km, 3)) for s in listed] == [
        (530, 530),
        (360, 360),
        (570, 570),
    ]


def test_every_satellite_is_in_one_shell(nominal):
    assert sum(shell.count for shell in shells(nominal)) == len(nominal)

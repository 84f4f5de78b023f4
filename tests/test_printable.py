"""What comes from files and users is harmless on a terminal, in pictures and pages, in spreadsheets and in QGIS."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
import time
from xml.etree import ElementTree as ET

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import d2c
from d2c.analysis.table_files import table_bytes
from d2c.cli.main import d2c as command
from d2c.errors import ScenarioError
from d2c.orbit.catalogue import read_elements
from d2c.output.format.markup import escape
from d2c.printable import MOST_LETTERS, printable, printable_lines, spreadsheet_text
from d2c.results.format.text_files import csv_text

TLE = """{name}
1 56775U 23079A   26235.50000000  .00000000  00000-0  00000-0 0  9994
2 56775  53.0500 100.0000 0001000  90.0000 270.0000 15.50000000    06
"""
EVIL = "A\x1b[2J\x1b]0;owned\x07\x9b31mB\x7f"
CONTROLS = [*range(9), *range(11, 32), *range(0x7F, 0xA0)]


def harmless(text):
    return not any(chr(code) in text for code in CONTROLS)


@given(st.text())
def test_nothing_printable_holds_a_control_character(text):
    assert harmless(printable(text))
    assert "\n" not in printable(text)
    assert harmless(printable_lines(text))
    printable(text).encode("utf-8")
    assert printable_lines(text).count("\n") == text.count("\n")
    assert harmless(escape(text))


@pytest.mark.parametrize("text", ["Città", "Valle d'Aosta", "東京", "a\u0301", "5 °C – ½", "👩‍🚀"])
def test_letters_of_all_scripts_stay(text):
    assert printable(text) == printable_lines(text) == spreadsheet_text(text) == text


def test_a_text_cannot_turn_around():
    assert printable("txt.\u202egpj") == "txt.\ufffdgpj"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\r=1", "\ufffd=1"),
        ("-", "-"),
        ("-12.5", "-12.5"),
        ("+3", "+3"),
        ("-1e-05", "-1e-05"),
        ("-inf", "-inf"),
        ("-0.5 %", "-0.5 %"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(text, shown):
    assert spreadsheet_text(text) == shown


def test_csv_and_xlsx_hold_no_formula():
    table = {
        "name": np.array(['=HYPERLINK("http://x")', "-", "Roma"], object),
        "population": np.array([-1, 2, 3]),
    }
    rows = list(csv.reader(io.StringIO(csv_text(table))))
    assert [row[0] for row in rows] == ["name", '\'=HYPERLINK("http://x")', "-", "Roma"]
    assert [row[1] for row in rows[1:]] == ["-1", "2", "3"]
    book = openpyxl.load_workbook(io.BytesIO(table_bytes(table, "xlsx", by="region", services=[])))
    kinds = {cell.data_type for row in book["d2c"].iter_rows() for cell in row}
    assert kinds == {"s", "n"}  # texts and numbers; "f" would be a formula
    assert book["d2c"]["A2"].value.startswith("'=")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of a scenario whose title and satellite's name are hostile, and its result."""
    folder = tmp_path_factory.mktemp("evil")
    (folder / "evil.tle").write_text(TLE.format(name=f"=STARLINK {EVIL}"), encoding="utf-8")
    title = json.dumps(f"<script>alert(1)</script> {EVIL}")
    (folder / "s.toml").write_text(
        f'title = {title}\nnetwork = false\n[constellation]\nelements = "evil.tle"\n'
        '[region]\narea = "molise"\n[grid]\nresolution = 4\n[time]\nduration_h = 2\n'
        '[link]\npayload = "starlink-d2c"\n',
        encoding="utf-8",
    )
    arguments = ["run", str(folder / "s.toml"), "-o", str(folder / "out")]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert harmless(done.output)
    return folder


def test_names_of_satellites_are_harmless_from_the_reader_on(folder):
    (name,) = read_elements(folder / "evil.tle").name
    assert name.startswith("=STARLINK A\ufffd[2J")
    assert harmless(name)


@pytest.mark.parametrize("file", ["summary.json", "map.html", "coverage.qml", "timeline.csv"])
def test_files_of_a_result_are_harmless(folder, file):
    text = (folder / "out" / file).read_text(encoding="utf-8")
    assert harmless(text)
    assert "<script>alert" not in text or file == "summary.json"


def test_pictures_are_harmless_and_well_formed(folder, tmp_path):
    d2c.open_result(folder / "out").save_map(tmp_path / "m.svg", title=f"<b> & {EVIL}")
    text = (tmp_path / "m.svg").read_text(encoding="utf-8")
    assert harmless(text)
    ET.fromstring(text)


def test_no_control_character_reaches_a_terminal(folder):
    """On a terminal only colours remain; in the name of a satellite they do not."""
    main, terminal = pty.openpty()
    arguments = ["sky", "41.6,14.5", "--scenario", str(folder / "s.toml"), "--min-elevation-deg", "0"]
    running = subprocess.Popen(
        [sys.executable, "-m", "d2c", *arguments], stdout=terminal, stderr=terminal, close_fds=True
    )
    os.close(terminal)
    parts = []
    try:
        while part := os.read(main, 4096):
            parts.append(part)
    except OSError:  # Linux: the other end is closed
        pass
    running.wait(60)
    os.close(main)
    shown = b"".join(parts).decode("utf-8").replace("\r\n", "\n")
    assert "molise" in shown.lower() or "41.6" in shown
    for escaped in shown.split("\x1b")[1:]:
        assert escaped.startswith("[")
        assert escaped[1:].lstrip("0123456789;").startswith("m")
    assert harmless(shown.replace("\x1b", ""))


def scenario_titled(title):
    return d2c.Scenario(**d2c.Scenario.from_toml("italy").model_dump() | {"title": title})


def test_a_long_title_is_an_error_and_costs_nothing():
    begin = time.monotonic()
    with pytest.raises(ScenarioError, match=f"100,000 letters is longer than {MOST_LETTERS}") as caught:
        scenario_titled("x" * 100_000)
    assert time.monotonic() - begin < 1
    assert len(str(caught.value)) < 500
    assert scenario_titled("x" * MOST_LETTERS).title == "x" * MOST_LETTERS


def test_a_long_title_of_a_map_is_an_error(folder, tmp_path):
    result = d2c.open_result(folder / "out")
    with pytest.raises(ScenarioError, match="shorten it"):
        result.save_map(tmp_path / "m.png", title="x" * 100_000)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\u2028b"])
def test_an_error_is_one_line_whatever_it_names(name):
    assert str(ScenarioError(f"unknown loss set '{name}'")).startswith("unknown loss set 'a\ufffd")

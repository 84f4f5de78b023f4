"""The one reader of text: encodings, compression, pipes, and that nothing else reads what users give."""

import ast
import bz2
import gzip
import os
import threading
from pathlib import Path

import pytest

from d2c import text_files
from d2c.errors import ScenarioError
from d2c.orbit.catalogue import read_elements
from d2c.scenario.load import read_scenario
from d2c.text_files import TextError, decode, is_file, read_bytes, read_once, read_text

SOURCE = Path(__file__).parents[1] / "src" / "d2c"
TEXT = "title = 'Caffè'\n"
XML = '<?xml version="1.0" encoding="{}"?>\n<a>Caffè €</a>\n'


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("latin-1"),
        TEXT.replace("\n", "\r\n").encode(),
        gzip.compress(TEXT.encode(), mtime=0),
        gzip.compress(TEXT.encode("utf-16"), mtime=0),
    ],
)
def test_one_text_in_every_encoding(content):
    assert decode(content) == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15", "windows-1252", "utf-16"])
def test_xml_is_read_by_its_own_declaration(encoding):
    assert decode(XML.format(encoding).encode(encoding)) == XML.format(encoding)


def test_a_declaration_of_utf_16_in_single_bytes_is_not_believed():
    assert decode(XML.format("utf-16").encode("utf-8")) == XML.format("utf-16")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes(range(256)), "binary"),
        (b"\x81\x02\x03\xff", "binary"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], "gzip"),
        (b"PK\x03\x04abc", "zip"),
        (bz2.compress(b"abc"), "bzip2"),
        (XML.format("klingon").encode(), "'klingon', which is unknown"),
        (b"\xff\xfe\x00", "not a text file in UTF-16"),
    ],
)
def test_what_is_no_text_says_why(content, reason):
    with pytest.raises(TextError, match=reason):
        decode(content)


def test_a_bomb_stops_at_the_limit(monkeypatch):
    monkeypatch.setattr(text_files, "LARGEST_BYTES", 1000)
    with pytest.raises(TextError, match="larger than"):
        decode(gzip.compress(bytes(10_000)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_scenarios_in_every_encoding(tmp_path, encoding):
    file = tmp_path / "s.toml"
    file.write_text("title = 'È'\n[constellation]\nelements = 'starlink-d2c-2026-08'\n", encoding=encoding)
    assert read_scenario(str(file)).title == "È"


def test_toml_in_latin_1_is_a_clear_error(tmp_path):
    file = tmp_path / "s.toml"
    file.write_bytes("title = 'È'\n".encode("latin-1"))
    with pytest.raises(
        ScenarioError, match=r"s\.toml: .* not a text file in UTF-8 or UTF-16; save it as UTF-8"
    ):
        read_scenario(str(file))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_read_once_and_remembered(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_file(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"abc",))
    writer.start()
    assert read_text(pipe) == "abc"
    writer.join()
    assert read_bytes(pipe) == b"abc"


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "/".join(["a"] * 5000)])
def test_names_that_no_file_can_have(name):
    assert not is_file(name)


def test_what_changes_while_it_is_read_once_stays(tmp_path):
    file = tmp_path / "elements.tle"
    cases = Path(__file__).parent / "orbit" / "cases"
    file.write_bytes((cases / "e01_ok.tle").read_bytes())
    with read_once():
        before = read_bytes(file)
        file.write_bytes((cases / "n1_same0.tle").read_bytes())
        assert len(read_elements(file)) == 1
        assert read_bytes(file) == before
    assert len(read_elements(file)) == 3


# Modules that read files that d2c itself ships, or wrote into a cache or a result folder.
OWN_FILES = {
    "shipped.py",
    "text_files.py",
    "files.py",
    "propagation/table.py",
    "library/entry.py",
    "scenario/load.py",
    "region/boundaries.py",
    "region/gazetteer.py",
    "region/population.py",
    "region/telescopes.py",
    "orbit/celestrak.py",
    "coverage/engine/checkpoint.py",
    "coverage/kernels/cache.py",
    "coverage/memory.py",
    "results/seal.py",
    "results/stored.py",
    "results/cube/writer.py",
    "output/folder/result_folder.py",
    "output/web/page.py",
    "api/folder_runs.py",
    "api/result.py",
    "api/picture.py",
    "validation/case.py",
    "cli/main.py",
    "cli/surroundings.py",
    "cli/commands/doctor.py",
    "output/maps/contact_sheet.py",
    "output/maps/beam_picture.py",
}


def test_nothing_else_reads_what_users_give():
    readers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in ("read_text", "read_bytes", "open"))
            or (isinstance(node.func, ast.Name) and node.func.id == "open")
        )
    }
    assert readers - OWN_FILES == set()

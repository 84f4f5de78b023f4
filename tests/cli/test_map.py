"""`d2c map`: pictures of any column, in three formats."""

import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner
from PIL import Image

from d2c.cli.main import d2c


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    question = [
        "run",
        "italy",
        "--best-case",
        "-q",
        "--set",
        "region.area=molise",
        "--set",
        "time.duration_h=1",
        "-o",
        str(folder),
    ]
    done = CliRunner().invoke(d2c, question)
    assert done.exit_code == 0, done.output
    return folder


def run(*arguments):
    return CliRunner().invoke(d2c, ["map", *map(str, arguments)])


def test_default_is_the_availability_of_the_first_service(folder):
    done = run(folder)
    assert done.exit_code == 0
    file = folder / "map-text_availability.png"
    assert done.output.strip() == str(file)
    with Image.open(file) as picture:
        assert picture.width == 1440


def test_formats_and_titles(folder, tmp_path):
    assert run(folder, "--column", "c_n_p50_db", "--format", "svg", "-o", tmp_path / "a.svg").exit_code == 0
    assert ET.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    assert run(folder, "--format", "pdf", "--title", "Mine", "-o", tmp_path / "a.pdf").exit_code == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert run(folder, "--format", "pdf", "--title", "Mine", "-o", tmp_path / "b.pdf").exit_code == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.slow
def test_contact_sheet_has_every_column(folder):
    assert run(folder, "--all").exit_code == 0
    with Image.open(folder / "map-all.png") as picture:
        assert picture.width == 3 * 960


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--column", "text_gap"), "did you mean 'text_longest_gap_s'"),
        (("--all", "--column", "c_n_p50_db"), "leave out --column and --format"),
        (("-o", "picture.bmp"), "extension must be one of"),
    ],
)
def test_bad_input(folder, arguments, message):
    assert message in str(run(folder, *arguments).exception)


def test_no_result_folder(tmp_path):
    assert "is not a result folder" in str(run(tmp_path).exception)

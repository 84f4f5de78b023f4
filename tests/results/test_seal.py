"""A result folder is of one run or of none: mixed, edited and damaged ones are one line, whoever reads them."""

import json
import shutil
import sqlite3
from contextlib import closing

import geopandas
import pytest
from click.testing import CliRunner

import d2c
from d2c.cli.main import d2c as command
from d2c.errors import ResultError
from d2c.results.layers.layer_file import FORMATS, layer_file
from d2c.results.seal import file_sha256, seal, unseal

SMALL = {"time.duration_h": 0.2, "output.formats": list(FORMATS)}
LAYERS = [layer_file("coverage", kind) for kind in FORMATS]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the folders of two runs of one area, which differ in the mask."""
    root = tmp_path_factory.mktemp("runs")
    for name, mask_deg in (("a", 25), ("b", 45)):
        run = d2c.run(area="molise", best_case=True, set=SMALL | {"link.min_elevation_deg": mask_deg})
        run.save(root / name)
    return root


@pytest.fixture
def copy(runs, tmp_path):
    return shutil.copytree(runs / "a", tmp_path / "copy")


def only(folder, name):
    """Leave one layer in a folder."""
    for other in LAYERS:
        if other != name:
            (folder / other).unlink()


READERS = [
    ("map", "{copy}", "-o", "{copy}/m.png"),
    ("explain", "{copy}", "--site", "Campobasso"),
    ("table", "{copy}"),
    ("compare", "{copy}", "{b}", "-o", "{copy}/change"),
    ("compare", "{b}", "{copy}", "-o", "{copy}/change"),
]


def error_of(arguments, copy, runs):
    texts = [argument.format(copy=copy, b=runs / "b") for argument in arguments]
    done = CliRunner().invoke(command, texts)
    assert isinstance(done.exception, ResultError), (done.output, done.exception)
    assert "\n" not in str(done.exception)
    return str(done.exception)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", LAYERS)
def test_every_reader_refuses_the_layer_of_another_run(runs, copy, reader, name):
    only(copy, name)
    shutil.copyfile(runs / "b" / name, copy / name)
    message = error_of(reader, copy, runs)
    assert message.startswith(str(copy / name))
    assert "it was edited, or is of another run" in message


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_refuses_the_summary_of_another_run(runs, copy, reader):
    shutil.copyfile(runs / "b" / "summary.json", copy / "summary.json")
    assert "or is of another run" in error_of(reader, copy, runs)


def test_the_timeline_of_another_run_is_refused(runs, copy):
    shutil.copyfile(runs / "b" / "timeline.csv", copy / "timeline.csv")
    with pytest.raises(ResultError, match=r"timeline\.csv is not as the run"):
        d2c.open_result(copy)
    (copy / "timeline.csv").unlink()
    with pytest.raises(ResultError, match=r"timeline\.csv cannot be read"):
        d2c.open_result(copy)


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_alone_is_read(copy, name):
    before = d2c.open_result(copy).cells
    only(copy, name)
    after = d2c.open_result(copy).cells
    assert before["text_availability"].tolist() == after["text_availability"].tolist()


def test_an_edited_layer_is_named_with_the_way_out(copy):
    cells = geopandas.read_parquet(copy / "coverage.parquet")
    cells["text_availability"] = 1.0
    cells.to_parquet(copy / "coverage.parquet")
    with pytest.raises(ResultError, match=r"or remove it: coverage\.gpkg holds the same cells"):
        d2c.open_result(copy)
    (copy / "coverage.parquet").unlink()
    assert d2c.open_result(copy).cells["text_availability"].max() < 1.0


def edit(path, statement):
    with closing(sqlite3.connect(path)) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)  # the triggers of the table take them from GDAL
        # as QGIS does
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(statement)
        database.commit()
        database.execute("PRAGMA journal_mode = DELETE")


def test_a_geopackage_that_was_only_opened_is_not_edited(copy):
    only(copy, "coverage.gpkg")
    before = (copy / "coverage.gpkg").read_bytes()
    edit(copy / "coverage.gpkg", "UPDATE gpkg_contents SET last_change = '2027-01-01T00:00:00.000Z'")
    assert (copy / "coverage.gpkg").read_bytes() != before
    assert len(d2c.open_result(copy).cells) == 146


@pytest.mark.parametrize(
    "statement",
    ["UPDATE coverage SET text_availability = 1", "ALTER TABLE coverage ADD COLUMN note TEXT"],
)
def test_cells_edited_in_qgis_are_noticed(copy, statement):
    edit(copy / "coverage.gpkg", statement)
    with pytest.warns(
        d2c.D2CWarning, match=r"coverage\.gpkg has changed since the run; coverage\.parquet is read"
    ):
        d2c.open_result(copy)
    only(copy, "coverage.gpkg")
    with pytest.raises(ResultError, match=r"coverage\.gpkg is not as the run of summary\.json wrote it"):
        d2c.open_result(copy)


def at_every_depth(value, path=()):
    """Yield the paths of all members of a JSON value."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield (*path, key)
        yield from at_every_depth(member, (*path, key))


def test_a_summary_without_a_key_or_with_another_type_is_one_line(copy):
    path = copy / "summary.json"
    text = path.read_text(encoding="utf-8")
    paths = list(at_every_depth(json.loads(text)))
    assert len(paths) > 200
    for spoilt in paths[::7] + [(key,) for key in json.loads(text)]:
        for value in (None, 7, "x" * 300, [], {}):
            summary = json.loads(text)
            place = summary
            for key in spoilt[:-1]:
                place = place[key]
            if place[spoilt[-1]] == value:
                continue
            if value is None and isinstance(place, dict):
                del place[spoilt[-1]]
            else:
                place[spoilt[-1]] = value
            path.write_text(json.dumps(summary), encoding="utf-8")
            with pytest.raises(ResultError) as caught:
                d2c.open_result(copy)
            assert "\n" not in str(caught.value)
            assert "make the result again" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "5", "[" * 100_000, '{"schema_version": ' + "9" * 5000 + "}", "\ud800"],
    ids=["empty", "cut", "a number", "deep", "a long number", "no text"],
)
def test_a_summary_that_is_none_is_one_line(copy, text):
    (copy / "summary.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ResultError, match="cannot be read as the summary of a run") as caught:
        d2c.open_result(copy)
    assert "\n" not in str(caught.value)


def test_the_layout_of_the_summary_does_not_matter(copy):
    path = copy / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(dict(reversed(summary.items())), indent=7), encoding="utf-8")
    assert d2c.open_result(copy).summary["title"] == summary["title"]


def test_a_copied_folder_is_the_same_result(copy, tmp_path):
    again = d2c.open_result(d2c.open_result(copy).save(tmp_path / "again"))
    assert again.summary == d2c.open_result(copy).summary


def test_seal_and_unseal(tmp_path):
    (tmp_path / "timeline.csv").write_bytes(b"abc")
    sealed = seal({"title": "Ä", "numbers": [1, 1.5, None]}, tmp_path)
    content, files = unseal(sealed, tmp_path)
    assert content == {"title": "Ä", "numbers": [1, 1.5, None]}
    # NIST FIPS 180-2, appendix B.1
    assert files == {"timeline.csv": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    with pytest.raises(ResultError, match="is not as the run wrote it"):
        unseal(sealed | {"title": "A"}, tmp_path)


def test_a_geopackage_that_is_none_is_an_error(tmp_path):
    (tmp_path / "coverage.gpkg").write_bytes(b"x" * 4096)
    with pytest.raises(ResultError, match="cannot be read"):
        file_sha256(tmp_path / "coverage.gpkg")

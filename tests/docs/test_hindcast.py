"""docs/hindcast.md: it is built from the data at hand, and one of its rows comes out again."""

import json
from pathlib import Path

import pytest

from d2c.coverage.statistics.waiting import WAITS_S

ROOT = Path(__file__).parents[2]
STATEMENTS = ROOT.parent / "shared" / "figures" / "hindcasts.json"
QUICK = "jp-ping"


@pytest.fixture(scope="module")
def build():
    import build_hindcast

    return build_hindcast


@pytest.fixture(scope="module")
def text(build):
    return build.PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["us-beta", "jp-july"])
def test_longer_rows_come_out_again(build, text, name):
    row = next(row for row in build.data()["rows"] if row["id"] == name)
    assert build.table_line(row) in text.splitlines()


def test_the_inputs_are_those_of_the_tables(build, text):
    assert text == build.page(text, {"readings": build.readings_table(), "inputs": build.inputs_table()}), (
        "run python docs/build_hindcast.py"
    )


@pytest.mark.slow
def test_one_row_comes_out_again(build, text):
    row = next(row for row in build.data()["rows"] if row["id"] == QUICK)
    assert build.table_line(row) in text.splitlines()


def test_every_statement_is_on_the_page(build, text):
    data = build.data()
    assert [row["id"] for row in data["rows"]] == list(build.RULE)
    table, _, rest = text.partition(build.marks("rows")[1])
    for row in data["rows"]:
        assert f"`{row['id']}`" in table
    for row in data["not_replayed"]:
        assert f"`{row['id']}`" in rest.partition("## Not replayed")[2]
        assert row["why"]


def test_statements_that_disagree_are_among_the_misfits(build, text):
    table, _, rest = text.partition(build.marks("rows")[1])
    misfits = rest.partition("## Misfits")[2].partition("##")[0]
    for row in build.data()["rows"]:
        (line,) = [line for line in table.splitlines() if line.startswith(f"| `{row['id']}`")]
        assert ("**disagrees**" in line) == (f"`{row['id']}`" in misfits), row["id"]


def test_all_columns_have_the_same_assumptions(build):
    row = build.data()["rows"][0]
    (run,) = row["replay"]["runs"].values()
    sky, filed, measured = (
        build.scenario_of(row, run, area=run["areas"][0], mode=mode) for mode in build.MODES
    )
    assert sky.beams is None
    assert (sky.link.phones, sky.link.environment) == (None, None)
    assert filed.beams == measured.beams
    assert filed.link == measured.link.model_copy(update={"operating": "filed"})


def test_the_statements_are_copies(build):
    if not STATEMENTS.exists():
        pytest.skip("../shared/figures is not here")
    known = {row["id"]: row for row in json.loads(STATEMENTS.read_text(encoding="utf-8"))["rows"]}
    data = build.data()
    for row in (*data["rows"], *data["not_replayed"]):
        assert {key: value for key, value in row.items() if key not in ("replay", "why")} == known[row["id"]]
    assert {row["id"] for row in (*data["rows"], *data["not_replayed"])} == set(known)


def test_figures_of_one_gap_of_a_minute_in_an_hour(build):
    """Somebody who starts within the gap waits for what is left of it."""
    figures = build.Figures(
        within=tuple(1 - max(60 - wait, 0) / 3600 for wait in WAITS_S),
        longest_gap_s=60.0,
        mean_wait_s=0.5,
        visible=1.0,
        least_visible=1.0,
        c_in_db=0.0,
        beam_mbps=None,
    )
    assert figures.gaps_per_hour() == pytest.approx(1)
    assert figures.contact_s() == pytest.approx(3540)
    assert figures.mean_within_s(120) == pytest.approx(0.5, rel=1e-9)
    assert figures.share_within(45) == pytest.approx(1 - 15 / 3600)
    assert figures.wait_s(0.5) == 0
    assert figures.wait_s(1 - 15 / 3600) == pytest.approx(45)

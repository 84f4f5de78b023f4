"""A service that never comes has no gap and no wait, and a gap that the span cuts is at least so long."""

import json
import re

import geopandas
import numpy as np
import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.output.reports.times import gap_text, never_text, wait_text
from d2c.output.web.text import services_table

NEVER = {
    "availability": 0.0,
    "longest_gap_s": None,
    "longest_gap_is_lower_bound": True,
    "mean_wait_s": None,
    "never_served_area_share": 1.0,
}
RARE = {
    "availability": 0.4,
    "longest_gap_s": 7200.0,
    "longest_gap_is_lower_bound": True,
    "mean_wait_s": 900.0,
    "never_served_area_share": 0.25,
}
OFTEN = {
    "availability": 0.99,
    "longest_gap_s": 120.0,
    "longest_gap_is_lower_bound": False,
    "mean_wait_s": 0.5,
    "never_served_area_share": 0.0,
}


@pytest.mark.parametrize(
    ("service", "gap", "wait", "never"),
    [
        (NEVER, "never in 24 h", "-", ""),
        (RARE, ">= 120.0 min", "900.0 s", "never in 24 h on 25.00 % of the area"),
        (OFTEN, "2.0 min", "0.5 s", ""),
    ],
)
def test_texts(service, gap, wait, never):
    assert gap_text(service, 24.0) == gap
    assert wait_text(service) == wait
    assert never_text(service, 24.0) == never


def test_the_page_says_never_and_at_least():
    summary = {
        "services": {
            name: one | {"margin_p50_db": None, "area_share_available": {"0.99": 0.5}}
            for name, one in (("never", NEVER), ("rare", RARE), ("often", OFTEN))
        },
        "scenario": {"time": {"duration_h": 24.0}},
    }
    rows = re.findall("<tr>(.*?)</tr>", services_table(summary))[1:]
    never, rare, often = (re.findall("<td.*?>(.*?)</td>", row) for row in rows)
    assert never[2:4] == ["never in 24 h", "–"]
    assert rare[2:4] == ["at least 2.0 h", "15.0 min"]
    assert often[2:4] == ["2.0 min", "0.5 s"]


@pytest.fixture(scope="module")
def never_served(tmp_path_factory):
    """Voice through walls: satellites are in view, and no phone is ever served."""
    folder = tmp_path_factory.mktemp("never") / "result"
    options = ["link.losses=indoor", "link.phones=none", "link.environment=none", "region.area=molise"]
    options += ["grid.resolution=3", "time.duration_h=1", "link.services=['text']"]
    options += ["output.formats=['parquet','gpkg']", "link.min_elevation_deg=89"]
    done = CliRunner().invoke(
        d2c, ["run", "italy", *(w for o in options for w in ("--set", o)), "-o", str(folder)]
    )
    assert done.exit_code == 0, done.output
    return folder, done.output


def test_layer_and_summary_have_no_figure_for_what_never_comes(never_served):
    folder, printed = never_served
    layer = geopandas.read_parquet(folder / "coverage.parquet")
    never = layer["text_availability"] == 0
    assert never.any()
    assert layer.loc[never, "text_longest_gap_s"].isna().all()
    assert layer.loc[never, "text_mean_wait_s"].isna().all()
    assert layer.loc[never, "text_longest_gap_is_lower_bound"].all()
    # a table on disk has null, not NaN
    service = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["services"]["text"]
    share = layer["area_km2"][layer["text_longest_gap_s"].isna()].sum() / layer["area_km2"].sum()
    assert service["never_served_area_share"] == pytest.approx(share, abs=1e-5)
    assert (service["longest_gap_s"] is None) == bool(np.isclose(share, 1))
    assert "never in 1 h" in printed
    assert "60.0 min" not in printed

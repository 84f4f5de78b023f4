"""The shipped nominal shells against the real direct-to-cell satellites of the same day."""

from pathlib import Path

import numpy as np
import pytest

from d2c.coverage.run import run_coverage
from d2c.output.reports.summary import summary_report
from d2c.scenario.load import read_scenario

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "tles" / "starlink_dtc_2026-08-22.3le"


@pytest.mark.skipif(not REAL.is_file(), reason="the real element sets may not ship with the project")
@pytest.mark.parametrize("mask_deg", [25, 40])
def test_nominal_set_stands_in_for_the_real_one(mask_deg):
    mask = f"link.min_elevation_deg={mask_deg}"
    shared = ["network=false", "grid.resolution=4", "time.start=2026-08-22T18:00:00Z", mask]
    nominal = summary_report(run_coverage(read_scenario("italy", overrides=shared)))
    real = summary_report(
        run_coverage(read_scenario("italy", overrides=[*shared, f"constellation.elements='{REAL}'"]))
    )
    assert nominal["satellites"]["used"] == real["satellites"]["used"] == 639
    for name in ("text", "voice"):
        difference = nominal["services"][name]["availability"] - real["services"][name]["availability"]
        assert abs(difference) < 0.01  # one percentage point
    ratio = nominal["sky"]["mean_visible"] / real["sky"]["mean_visible"]
    assert np.abs(ratio - 1) < 0.05

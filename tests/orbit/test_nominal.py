"""The shipped nominal set against the table it is made from."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from d2c.orbit.catalogue import read_elements
from d2c.shipped import shipped_folder

ROOT = Path(__file__).parents[2]
GEOMETRY = ROOT.parent / "shared" / "data" / "tles" / "starlink_d2c_geometry_2026-08-22.csv"
SHIPPED = shipped_folder("tles") / "starlink-d2c-2026-08.tle"

needs_geometry = pytest.mark.skipif(
    not GEOMETRY.is_file(), reason="the geometry table does not ship with the project"
)


@pytest.fixture(scope="module")
def nominal():
    return read_elements(SHIPPED)


def test_figures_of_its_readme(nominal):
    assert len(nominal) == 639
    assert not nominal.rejected
    assert nominal.norad_id.tolist() == list(range(80_001, 80_640))
    assert (nominal.epoch_utc == np.datetime64("2026-08-22T18:00:00")).all()
    assert (np.rint(nominal.inclination_deg) == 53).sum() == 311
    assert (np.rint(nominal.inclination_deg) == 43).sum() == 328
    assert nominal.name[0] == "D2C 53-01/01 NOMINAL"
    assert {record.bstar for record in nominal.records} == {0.0}
    assert {record.ecco for record in nominal.records} == {0.0}


@needs_geometry
def test_rebuild_gives_the_same_bytes(tmp_path):
    again = tmp_path / "again.tle"
    script = ROOT / "tles" / "build_nominal.py"
    subprocess.run([sys.executable, script, GEOMETRY, again], check=True)
    assert again.read_bytes() == SHIPPED.read_bytes()


@needs_geometry
def test_it_holds_the_tables_geometry(nominal):
    with GEOMETRY.open(newline="") as file:
        rows = list(csv.DictReader(file))

    def column(key):
        return np.array([float(row[key]) for row in rows])

    node = np.degrees([r.nodeo for r in nominal.records])
    latitude = np.degrees([r.argpo + r.mo for r in nominal.records])
    mean_motion = np.array([r.no_kozai for r in nominal.records]) * 720 / np.pi
    assert nominal.inclination_deg == pytest.approx(column("inclination_deg"), abs=1e-9)
    assert node == pytest.approx(column("raan_deg"), abs=1e-9)
    assert latitude == pytest.approx(column("argument_of_latitude_deg"), abs=1e-9)
    assert mean_motion == pytest.approx(column("mean_motion_rev_per_day"), abs=1e-9)
    # The table's altitude follows from its mean motion by Kepler's third law (WGS 72, 398600.8 km3/s2); half a digit
    # of either column: 0.05 km and 0.00005 * 2/3 * 6737/15.7 = 0.015 km.
    axis_km = np.cbrt(398_600.8 * (86_400 / (2 * np.pi * mean_motion)) ** 2)
    assert axis_km - 6378.137 == pytest.approx(column("mean_altitude_km"), abs=0.066)

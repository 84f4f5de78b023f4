"""`d2c run` with a system and with losses: what it tells, and one line and exit 2 where it refuses."""

import json
import subprocess
import sys

import pytest

QUICK = (
    "--best-case",
    "--set",
    "grid.resolution=2",
    "--set",
    "time.duration_h=0.5",
    "--set",
    "output.formats=['parquet']",
)


def d2c(*arguments):
    command = [sys.executable, "-m", "d2c", "run", "italy", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_system_and_loss_are_told(tmp_path):
    arguments = ("--set", "constellation.system=national-walker", "--lose", "planes=2", "--seed", "1")
    done = d2c(*arguments, *QUICK, "-o", tmp_path / "x", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["title"] == "Italy, National constellation"
    assert found["scenario"]["constellation"]["shells"][0]["walker"] == "50:120/10/1"
    assert (found["scenario"]["constellation"]["lose"], found["scenario"]["constellation"]["seed"]) == (
        "planes=2",
        1,
    )
    assert found["satellites"]["used"] == 96
    assert found["satellites"]["source"] == (
        "national-walker (Walker delta 50:120/10/1 at 600 km) without 2 of 10 planes (24 satellites; seed 1)"
    )
    (warning,) = found["warnings"]
    assert warning.startswith(
        "assumed of the satellites, as nobody publishes it: altitude_km, inclination_deg, node"
    )
    assert found["assumptions"]["national-walker: main.inclination_deg"].startswith("50: ours")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "constellation.system=oneweb"), "serves terminals and no handsets"),
        (("--set", "constellation.system=lynk"), "none is published for system 'lynk'"),
        (
            ("--set", "constellation.system=starshield", "--set", "link.handset=government-terminal"),
            "has no public elements; give a file of your own: constellation.elements=FILE",
        ),
        (("--lose", "planes=99"), "whole numbers from 0 to"),
    ],
)
def test_refusals(tmp_path, arguments, message):
    done = d2c(*arguments, "-o", tmp_path / "x")
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "x").exists()

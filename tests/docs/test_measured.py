"""docs/measured.md: its tables are what the model gives, and what it says was measured is what we know of that."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from d2c.scenario.load import read_scenario

ROOT = Path(__file__).parents[2]
FIGURES = ROOT.parent / "shared" / "figures" / "systems.json"


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_measured", ROOT / "docs" / "build_measured.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text(build):
    return build.PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tables_are_current(build, text):
    assert text == build.page(text, build.tables()), "run python docs/build_measured.py"


def test_tables_stand_between_their_marks(build, text):
    for name in ("beside", "others", "wide"):
        begin, end = build.marks(name)
        assert text.count(begin) == text.count(end) == 1
        assert "|" in text.partition(begin)[2].partition(end)[0]
    assert build.page(text, {}) == text


def test_measured_figures_are_those_we_know(build):
    if not FIGURES.exists():
        pytest.skip("../shared/figures is not here")
    known = json.loads(FIGURES.read_text(encoding="utf-8"))["starlink_d2c"]["measured"]
    assert known["median_sinr"]["value"] == build.MEASURED_DB
    assert build.MEASURED["C/(I+N), dB: median"] == "about 0"
    assert (
        float(build.MEASURED["bit/s/Hz of the channel: median"])
        == known["spectral_efficiency"]["value"]["median"]
    )
    assert (
        float(build.MEASURED["bit/s/Hz of the channel: mean"])
        == known["spectral_efficiency"]["value"]["mean"]
    )
    rates = re.findall(r"about (\d)", build.MEASURED["Mbit/s of a beam: mean"])
    assert list(map(int, rates)) == list(known["dl_capacity"]["value"].values())


def test_bits_of_a_symbol_to_bits_of_the_channel(build, text):
    """14 symbols in each ms and 15 kHz, 14 % overhead, 25 blocks of 180 kHz in 5 MHz."""
    by_hand = 14 / 15 * 0.86 * 25 * 0.18 / 5
    assert build.per_hz(read_scenario("italy-loaded")) == pytest.approx(by_hand, rel=1e-12)
    assert f"{by_hand:.2f} bit/s/Hz for each bit a symbol" in text

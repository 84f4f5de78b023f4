"""Every seed of the fuzzer, and everything it ever found, ends well or in a D2CError of one line."""

import pytest
from seeds import seeds
from targets import TARGETS, survives

import d2c

SMALL = {"grid.resolution": 4, "time.duration_h": 0.1, "output.formats": ["parquet"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return d2c.run("italy", area="molise", best_case=True, set=SMALL)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_survive(name, made, tmp_path):
    played = seeds(name, made.save(tmp_path / "result"))
    assert played
    for seed in played:
        survives(name, seed, tmp_path)
        survives(name, seed[: len(seed) // 2], tmp_path)


def test_a_finding_is_seen(tmp_path, monkeypatch):
    def broken(data, folder):
        raise KeyError(data)

    monkeypatch.setitem(TARGETS, "elements", broken)
    with pytest.raises(KeyError):
        survives("elements", b"x", tmp_path)
